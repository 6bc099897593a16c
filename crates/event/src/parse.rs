//! Reading `printf`'s format.
use crate::format::{Conversion, Format, Length, Letter, Piece, Width};

/// Letters and what they mean; the longer spelling of two that begin alike stands first.
const LETTERS: &[(&str, Letter)] = &[
    ("d", Letter::Signed),
    ("i", Letter::Signed),
    ("u", Letter::Unsigned),
    ("o", Letter::Octal),
    ("x", Letter::Hex),
    ("X", Letter::UpperHex),
    ("c", Letter::Char),
    ("s", Letter::Str),
    ("p", Letter::Pointer),
    ("rx", Letter::EscapedHex),
    ("rh", Letter::Bytes),
    ("r", Letter::Escaped),
    ("gr", Letter::AllocationFlags),
    ("g", Letter::Unsupported('g')),
    ("G", Letter::Unsupported('G')),
    ("e", Letter::Unsupported('e')),
    ("E", Letter::Unsupported('E')),
    ("f", Letter::Unsupported('f')),
    ("F", Letter::Unsupported('F')),
    ("a", Letter::Unsupported('a')),
    ("A", Letter::Unsupported('A')),
    ("n", Letter::Unsupported('n')),
];

/// Reads a format. Every text is one: a `%` that begins no conversion (flags in the order `-`, `+`, space, `#`, `0`,
/// then width, precision, length, letter) stands for itself, and `%%` for one of them.
pub fn parse(text: &str) -> Format {
    let mut format = Format::default();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match conversion(rest) {
            None => {
                literal.push(c);
                after
            }
            Some((None, after)) => {
                literal.push('%');
                after
            }
            Some((Some(conversion), after)) => {
                flush(&mut literal, &mut format);
                format.pieces.push(Piece::Argument(conversion));
                after
            }
        };
    }
    flush(&mut literal, &mut format);
    format
}

fn flush(literal: &mut String, format: &mut Format) {
    if !literal.is_empty() {
        format.pieces.push(Piece::Text(std::mem::take(literal)));
    }
}

/// conversion = `%` `-`? `+`? ` `? `#`? `0`? width? (`.` width)? length* (letter | `%`). The last stands for a `%`.
fn conversion(text: &str) -> Option<(Option<Conversion>, &str)> {
    let mut rest = text.strip_prefix('%')?;
    let mut flag = |c| rest.strip_prefix(c).map(|after| rest = after).is_some();
    let (left, plus, space, alternate, zero) = (flag('-'), flag('+'), flag(' '), flag('#'), flag('0'));
    let (width, rest) = width(rest);
    let (precision, rest) = precision(rest);
    let after_length = rest.trim_start_matches(['h', 'l', 'L', 'j', 'z', 't']);
    let length = length(rest.strip_suffix(after_length).unwrap_or_default());
    if let Some(rest) = after_length.strip_prefix('%') {
        return Some((None, rest));
    }
    let (letter, rest) = LETTERS
        .iter()
        .find_map(|(spelling, letter)| Some((*letter, after_length.strip_prefix(spelling)?)))?;
    Some((Some(Conversion { left, plus, space, alternate, zero, width, precision, length, letter }), rest))
}

/// width = `*` | digits
fn width(text: &str) -> (Width, &str) {
    if let Some(rest) = text.strip_prefix('*') {
        return (Width::Argument, rest);
    }
    match number(text) {
        (Some(width), rest) => (Width::Fixed(width), rest),
        (None, rest) => (Width::None, rest),
    }
}

/// A precision of `*` is none. Without a number after it the dot is no part of the conversion, which then is none.
fn precision(text: &str) -> (Option<u32>, &str) {
    let Some(rest) = text.strip_prefix('.') else { return (None, text) };
    if let Some(rest) = rest.strip_prefix('*') {
        return (None, rest);
    }
    match number(rest) {
        (None, _) => (None, text),
        found => found,
    }
}

fn number(text: &str) -> (Option<u32>, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.strip_suffix(rest).unwrap_or_default();
    if digits.is_empty() {
        return (None, text);
    }
    (Some(digits.parse().unwrap_or(u32::MAX)), rest)
}

/// What the length letters say together; a combination that C does not have counts as none.
fn length(letters: &str) -> Length {
    match letters {
        "hh" => Length::Char,
        "h" => Length::Short,
        "l" | "ll" | "j" | "z" | "t" => Length::Long,
        _ => Length::Int,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Conversion {
        match &*parse(text).pieces {
            [Piece::Argument(conversion)] => conversion.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_part_of_a_conversion_is_read() {
        let all = one("%-+ #012.34hhx");
        let expected = Conversion {
            left: true,
            plus: true,
            space: true,
            alternate: true,
            zero: true,
            width: Width::Fixed(12),
            precision: Some(34),
            length: Length::Char,
            letter: Letter::Hex,
        };
        assert_eq!(all, expected);
        assert_eq!(one("%*lld").width, Width::Argument);
        assert_eq!(one("%zu").length, Length::Long);
        assert_eq!(one("%.*s").precision, None);
        assert_eq!(one("%99999999999d").width, Width::Fixed(u32::MAX));
        assert_eq!(one("%rh").letter, Letter::Bytes);
        assert_eq!(one("%r").letter, Letter::Escaped);
        assert_eq!(one("%gr").letter, Letter::AllocationFlags);
        assert_eq!(one("%5.2f").letter, Letter::Unsupported('f'));
    }

    #[test]
    fn what_is_no_conversion_stays() {
        for text in ["%", "%q", "%+-d", "100% sure", "%.", "%5.d", "é%é"] {
            let expected = [Piece::Text(text.to_owned())];
            // `% s` is a conversion: a space is a flag.
            if text == "100% sure" {
                assert_eq!(parse(text).pieces.len(), 3, "{text}");
            } else {
                assert_eq!(parse(text).pieces, expected, "{text}");
            }
        }
        assert_eq!(parse("5%%%5%").pieces, [Piece::Text("5%%".into())]);
        assert_eq!(parse("").pieces, []);
    }
}
