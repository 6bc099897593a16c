//! How the verifier's messages are told apart: literal text with holes.
//!
//! `%` is a whole number, with its sign; `…` is anything, as little as fits. A pattern may stand anywhere in the message.

/// What the holes of a pattern hold, in order.
pub(crate) type Holes<'a> = Vec<&'a str>;

/// The holes of the first place in `message` where `pattern` fits.
pub(crate) fn find<'a>(pattern: &str, message: &'a str) -> Option<Holes<'a>> {
    let literals = pattern.split(['%', '…']);
    // Most patterns are told off by their words alone.
    literals.into_iter().try_fold(message, |rest, literal| Some(rest.split_once(literal)?.1))?;
    let starts = message.char_indices().map(|(at, _)| at);
    starts.filter(|at| may_begin(message, *at)).find_map(|at| fit(pattern, message.get(at..)?))
}

/// A number is not begun in its middle.
fn may_begin(message: &str, at: usize) -> bool {
    let bytes = message.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    at == 0 || !(digit(at) && digit(at - 1))
}

/// Fits the whole of `pattern` to the beginning of `text`.
fn fit<'a>(pattern: &str, text: &'a str) -> Option<Holes<'a>> {
    let hole = pattern.find(['%', '…']).unwrap_or(pattern.len());
    let (literal, rest) = pattern.split_at(hole);
    let text = text.strip_prefix(literal)?;
    let mut kinds = rest.chars();
    let kind = kinds.next();
    let rest = kinds.as_str();
    match kind {
        None => Some(Vec::new()),
        Some('%') => {
            let (number, after) = text.split_at(number_length(text)?);
            with(number, fit(rest, after)?)
        }
        Some(_) if rest.is_empty() => Some(vec![text]),
        Some(_) => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().find_map(|end| {
                let (hole, after) = text.split_at_checked(end)?;
                with(hole, fit(rest, after)?)
            })
        }
    }
}

fn with<'a>(first: &'a str, mut rest: Holes<'a>) -> Option<Holes<'a>> {
    rest.insert(0, first);
    Some(rest)
}

/// How long the number at the beginning is; decimal, or hexadecimal with `0x`.
fn number_length(text: &str) -> Option<usize> {
    let sign = usize::from(text.starts_with('-'));
    let digits = text.get(sign..)?;
    let hex = digits.strip_prefix("0x").map(|hex| 2 + hex.bytes().take_while(u8::is_ascii_hexdigit).count());
    let length = hex
        .filter(|length| *length > 2)
        .unwrap_or_else(|| digits.bytes().take_while(u8::is_ascii_digit).count());
    (length > 0).then_some(sign + length)
}

/// Puts the holes into a text: `{1}` is the first as it is, `{t1}` the first as a type of the verifier's in words.
pub(crate) fn fill(template: &str, holes: &[&str]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        let (typed, number) = name.strip_prefix('t').map_or((false, name), |number| (true, number));
        let hole = number.parse::<usize>().ok().and_then(|number| holes.get(number.checked_sub(1)?));
        match hole {
            Some(hole) if typed => text.push_str(&crate::types::words(hole)),
            Some(hole) => text.push_str(hole.trim()),
            None => {
                text.push('{');
                text.push_str(name);
                text.push('}');
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_found() {
        assert_eq!(
            find("R% type=… expected=…", "R1 type=scalar expected=fp, pkt"),
            Some(vec!["1", "scalar", "fp, pkt"])
        );
        assert_eq!(find("off=% size=%", "invalid access, off=-8 size=16"), Some(vec!["-8", "16"]));
        assert_eq!(find("from insn % to %", "back-edge from insn 12 to 3"), Some(vec!["12", "3"]));
        assert_eq!(find("u64=[%,%]", "u64=[0x10,4]"), Some(vec!["0x10", "4"]));
        assert_eq!(find("R% x", "R x"), None);
        assert_eq!(find("…: end", "é: end"), Some(vec!["é"]));
    }

    #[test]
    fn holes_are_filled() {
        assert_eq!(fill("R{1} of {2}, {3}", &["1", " two "]), "R1 of two, {3}");
        assert_eq!(fill("{t1}{", &["scalar"]), "a plain number{");
    }
}
