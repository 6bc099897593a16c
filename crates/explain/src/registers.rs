//! What the log says that registers and stack slots hold: `R1_w=map_value(map=a,ks=4) R2=scalar(umax=7) fp-8=ctx()`.

/// What is said of one place (`R3`, `fp-8`), the last time that it is said.
pub(crate) fn held<'a>(state: &'a str, place: &str) -> Option<&'a str> {
    let mut found = None;
    for (name, value) in pairs(state) {
        let name = name.split('_').next().unwrap_or(name);
        if name == place {
            found = Some(value);
        }
    }
    found
}

/// The pairs of a state; values may have spaces within brackets.
fn pairs(state: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = state;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return None;
            }
            let (word, after) = rest.split_at(word_length(rest));
            rest = after;
            if let Some(pair) = word.split_once('=') {
                return Some(pair);
            }
        }
    })
}

fn word_length(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// A value in words: its type, and for numbers what is known of them.
pub(crate) fn words(value: &str) -> Option<String> {
    let value = value.strip_prefix('P').filter(|rest| !rest.starts_with("TR")).unwrap_or(value);
    if value.parse::<i64>().is_ok() || value.starts_with("0x") || value.starts_with("-0x") {
        return Some(format!("the number {value}"));
    }
    if value.starts_with("fp") {
        return Some(match value.get(2..) {
            Some("0" | "") | None => "a pointer to the stack".to_owned(),
            Some(offset) => format!("a pointer to the stack at {offset}"),
        });
    }
    let (kind, facts) = value.split_once('(').unwrap_or((value, ""));
    let facts = facts.trim_end_matches(')');
    let words = crate::types::one(kind)?;
    let limits = matches!(kind, "scalar" | "inv").then(|| limits(facts));
    Some(match limits {
        Some(limits) => format!("{words} {limits}"),
        None => match crate::types::one(kind).and(fact(facts, "off")) {
            Some(off) if off != "0" => format!("{words}, {off} bytes in"),
            _ => words,
        },
    })
}

/// One fact: `umax` of `umin=1,smax=umax=7`. Facts that are equal share their value.
fn fact<'a>(facts: &'a str, name: &str) -> Option<&'a str> {
    facts.split(',').find_map(|fact| {
        let (names, value) = fact.rsplit_once('=')?;
        names.split('=').any(|known| known == name).then_some(value)
    })
}

fn limits(facts: &str) -> String {
    let of = |names: [&str; 2]| names.iter().find_map(|name| fact(facts, name));
    match (of(["umin", "umin_value"]), of(["umax", "umax_value"])) {
        (Some(low), Some(high)) => format!("from {low} to {high}"),
        (Some(low), None) => format!("of at least {low}"),
        (None, Some(high)) => format!("from 0 to {high}"),
        (None, None) => match (of(["smin", "smin_value"]), of(["smax", "smax_value"])) {
            (Some(low), Some(high)) => format!("from {low} to {high}"),
            (Some(low), None) => format!("of at least {low}"),
            (None, Some(high)) => format!("of at most {high}, perhaps negative"),
            (None, None) => "of which nothing is known".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read() {
        let state =
            "R0_w=map_value(map=a b,ks=4,vs=8) R1=scalar(umax=7,var_off=(0x0; 0x7)) R10=fp0 fp-8_w=ctx()";
        assert_eq!(held(state, "R1"), Some("scalar(umax=7,var_off=(0x0; 0x7))"));
        assert_eq!(held(state, "fp-8"), Some("ctx()"));
        assert_eq!(held(state, "R2"), None);
        assert_eq!(words("scalar(umax=7,var_off=(0x0; 0x7))").unwrap(), "a plain number from 0 to 7");
        assert_eq!(words("scalar(smin=umin=1,smax=umax=9)").unwrap(), "a plain number from 1 to 9");
        assert_eq!(words("scalar()").unwrap(), "a plain number of which nothing is known");
        assert_eq!(words("map_value(map=a,off=8,ks=4)").unwrap(), "a pointer into a map's value, 8 bytes in");
        assert_eq!(words("fp-16").unwrap(), "a pointer to the stack at -16");
        assert_eq!(words("inv(id=0,umax_value=4294967295)").unwrap(), "a plain number from 0 to 4294967295");
    }
}
