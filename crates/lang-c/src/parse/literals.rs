//! What numbers, characters and strings mean (C11 6.4.4, 6.4.5).
use super::Parser;
use crate::ast::{Basic, ExprKind};
use crate::token::{Token, TokenKind};
use osmia_base::Diagnostic;

/// Types of integer constants, from the smallest: how many `l` it takes to begin here, whether it has a sign, and the greatest
/// value.
const INTEGERS: &[(Basic, u8, Signed, u64)] = &[
    (Basic::Int, 0, Signed::Yes, i32::MAX as u64),
    (Basic::UnsignedInt, 0, Signed::No, u32::MAX as u64),
    (Basic::Long, 1, Signed::Yes, i64::MAX as u64),
    (Basic::UnsignedLong, 1, Signed::No, u64::MAX),
    (Basic::LongLong, 2, Signed::Yes, i64::MAX as u64),
    (Basic::UnsignedLongLong, 2, Signed::No, u64::MAX),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signed {
    Yes,
    No,
}

/// Suffixes of integers: whether an `u` is among them, and how many `l`.
const SUFFIXES: &[(&str, Signed, u8)] = &[
    ("", Signed::Yes, 0),
    ("u", Signed::No, 0),
    ("l", Signed::Yes, 1),
    ("ul", Signed::No, 1),
    ("lu", Signed::No, 1),
    ("ll", Signed::Yes, 2),
    ("ull", Signed::No, 2),
    ("llu", Signed::No, 2),
];

/// How the digits of a number begin, and what they count in.
const PREFIXES: &[(&str, u32)] = &[("0x", 16), ("0b", 2), ("0", 8), ("", 10)];

/// Escapes of one letter.
const ESCAPES: &[(char, u8)] = &[
    ('n', b'\n'),
    ('t', b'\t'),
    ('r', b'\r'),
    ('a', 7),
    ('b', 8),
    ('f', 12),
    ('v', 11),
    ('e', 27),
    ('E', 27),
    ('\\', b'\\'),
    ('\'', b'\''),
    ('"', b'"'),
    ('?', b'?'),
];

/// What is wrong with a literal.
type Wrong = &'static str;

impl Parser<'_> {
    /// A number.
    pub(super) fn number(&mut self) -> ExprKind {
        let token = self.bump();
        let text = self.names.text(token.text).to_ascii_lowercase();
        match number(&text) {
            Ok(Number::Float) => ExprKind::Float,
            Ok(Number::Int(value, basic)) => ExprKind::Int(value, basic),
            Err(wrong) => {
                self.complain(token.span, wrong);
                ExprKind::Error
            }
        }
    }

    /// A character constant: a number of type `int`; several characters are its bytes.
    pub(super) fn character(&mut self) -> ExprKind {
        let token = self.bump();
        let bytes = self.quoted(token);
        let value = match bytes.as_slice() {
            [] => {
                self.complain(token.span, "there is no character between these quotes");
                return ExprKind::Error;
            }
            // `char` has a sign.
            [byte] => i32::from(*byte as i8),
            [..] if bytes.len() <= 4 => bytes.iter().fold(0, |value, &byte| value << 8 | i32::from(byte)),
            [..] => {
                let diagnostic = Diagnostic::error(token.span, "an `int` has no room for so many characters");
                self.remark(diagnostic.hint("text stands in `\"`"));
                return ExprKind::Error;
            }
        };
        ExprKind::Int(i64::from(value) as u64, Basic::Int)
    }

    /// `text = string+`
    pub(super) fn text(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.token.kind != TokenKind::Text && !self.lost {
            self.missing("a string");
        }
        while self.token.kind == TokenKind::Text && !self.lost {
            let token = self.bump();
            bytes.extend(self.quoted(token));
        }
        bytes
    }

    /// The bytes of a string or a character constant.
    fn quoted(&mut self, token: Token) -> Vec<u8> {
        let text = self.names.text(token.text);
        let quote = if token.kind == TokenKind::Char { '\'' } else { '"' };
        let (prefix, rest) = text.split_once(quote).unwrap_or(("", text));
        let inner = rest.strip_suffix(quote).unwrap_or(rest);
        let wide = !matches!(prefix, "" | "u8");
        let (mut bytes, mut wrong) = (Vec::with_capacity(inner.len()), None);
        let mut rest = inner;
        while let Some(at) = rest.find('\\') {
            let (plain, escape) = rest.split_at(at);
            bytes.extend(plain.bytes());
            let (length, problem) = unescape(escape.get(1..).unwrap_or(""), &mut bytes);
            wrong = wrong.or(problem);
            rest = escape.get(1 + length..).unwrap_or("");
        }
        bytes.extend(rest.bytes());
        // What a file has that is no UTF-8 was read as this.
        if inner.contains(char::REPLACEMENT_CHARACTER) {
            wrong = wrong.or(Some("this has bytes that are no UTF-8: they are written as `\\xNN`"));
        }
        if wide {
            let text = "programs for BPF know no wide characters";
            self.remark(Diagnostic::error(token.span, text).hint("leave out the letter before the quote"));
        }
        if let Some(wrong) = wrong {
            self.complain(token.span, wrong);
        }
        bytes
    }
}

/// Puts what an escape means behind `bytes`; `text` begins behind the `\`. How long it is, and what is wrong with it.
fn unescape(text: &str, bytes: &mut Vec<u8>) -> (usize, Option<Wrong>) {
    let Some(letter) = text.chars().next() else { return (0, Some("there is nothing behind this `\\`")) };
    if let Some(&(_, byte)) = ESCAPES.iter().find(|row| row.0 == letter) {
        bytes.push(byte);
        return (1, None);
    }
    match letter {
        '0'..='7' => octal(text, bytes),
        'x' => hexadecimal(text, bytes),
        'u' => universal(text, 4, bytes),
        'U' => universal(text, 8, bytes),
        _ => {
            (letter.len_utf8(), Some("this string has a `\\` that means nothing before the letter behind it"))
        }
    }
}

/// How many bytes, at most `limit`, are digits.
fn digits(text: &str, radix: u32, limit: usize) -> usize {
    text.chars().take(limit).take_while(|c| c.is_digit(radix)).count()
}

fn octal(text: &str, bytes: &mut Vec<u8>) -> (usize, Option<Wrong>) {
    let length = digits(text, 8, 3);
    let value = u8::from_str_radix(text.get(..length).unwrap_or(""), 8).ok();
    bytes.push(value.unwrap_or(0));
    (length, value.is_none().then_some("a number behind `\\` is at most \\377, one byte"))
}

fn hexadecimal(text: &str, bytes: &mut Vec<u8>) -> (usize, Option<Wrong>) {
    let length = digits(text.get(1..).unwrap_or(""), 16, usize::MAX);
    let value = u8::from_str_radix(text.get(1..=length).unwrap_or(""), 16).ok();
    bytes.push(value.unwrap_or(0));
    (1 + length, value.is_none().then_some("behind `\\x` stand hexadecimal digits, for one byte"))
}

/// `\u0000` and `\U00000000`: as UTF-8.
fn universal(text: &str, count: usize, bytes: &mut Vec<u8>) -> (usize, Option<Wrong>) {
    let length = digits(text.get(1..).unwrap_or(""), 16, count);
    let value = u32::from_str_radix(text.get(1..=length).unwrap_or(""), 16).ok();
    let character = value.and_then(char::from_u32).filter(|_| length == count);
    let mut buffer = [0; 4];
    bytes.extend(character.unwrap_or('?').encode_utf8(&mut buffer).bytes());
    (1 + length, character.is_none().then_some("this is not the number of a character"))
}

/// A number that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Int(u64, Basic),
    Float,
}

/// What a number in lower case means.
fn number(text: &str) -> Result<Number, Wrong> {
    let hexadecimal = text.starts_with("0x");
    let exponent = if hexadecimal { 'p' } else { 'e' };
    if text.contains('.') || text.contains(exponent) {
        return Ok(Number::Float);
    }
    let Some((radix, digits)) =
        PREFIXES.iter().find_map(|&(prefix, radix)| match text.strip_prefix(prefix) {
            // The 0 of octal numbers is a digit.
            Some(_) if radix == 8 => Some((radix, text)),
            Some(rest) => Some((radix, rest)),
            None => None,
        })
    else {
        return Err("this is no number");
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (digits, suffix) = digits.split_at_checked(end).unwrap_or((digits, ""));
    let Some(&(_, signed, longs)) = SUFFIXES.iter().find(|row| row.0 == suffix) else {
        let digit = suffix.starts_with(|c: char| c.is_ascii_digit());
        return Err(match (digit, radix) {
            (true, 8) => "a number that begins with 0 is octal: its digits are 0 to 7",
            (true, 2) => "the digits of a binary number are 0 and 1",
            _ => "this number ends with letters that mean nothing: `u`, `l`, `ul`, `ll` and `ull` do",
        });
    };
    if digits.is_empty() {
        return Err("this number has no digits");
    }
    let value = u64::from_str_radix(digits, radix).map_err(|_| "this number does not fit into 64 bits")?;
    Ok(Number::Int(value, integer_type(value, radix, signed, longs)))
}

/// The first type that has room for the value. Without an `u`, decimal numbers have a sign, if there is room for it at all.
fn integer_type(value: u64, radix: u32, signed: Signed, longs: u8) -> Basic {
    let fits = |&&(_, least, sign, greatest): &&(Basic, u8, Signed, u64)| {
        let allowed = match signed {
            Signed::No => sign == Signed::No,
            Signed::Yes => radix != 10 || sign == Signed::Yes,
        };
        least >= longs && allowed && value <= greatest
    };
    INTEGERS.iter().find(fits).map_or(Basic::UnsignedLongLong, |row| row.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_the_first_type_with_room() {
        let cases = [
            ("0", 0, Basic::Int),
            ("2147483647", 0x7fff_ffff, Basic::Int),
            ("2147483648", 0x8000_0000, Basic::Long),
            ("0x80000000", 0x8000_0000, Basic::UnsignedInt),
            ("037777777777", 0xffff_ffff, Basic::UnsignedInt),
            ("0x100000000", 0x1_0000_0000, Basic::Long),
            ("4294967296u", 0x1_0000_0000, Basic::UnsignedLong),
            ("0xffffffffffffffff", u64::MAX, Basic::UnsignedLong),
            ("18446744073709551615", u64::MAX, Basic::UnsignedLongLong),
            ("1l", 1, Basic::Long),
            ("1lu", 1, Basic::UnsignedLong),
            ("1ll", 1, Basic::LongLong),
            ("0xffffffffffffffffll", u64::MAX, Basic::UnsignedLongLong),
            ("1llu", 1, Basic::UnsignedLongLong),
            ("0b101", 5, Basic::Int),
            ("017", 15, Basic::Int),
        ];
        for (text, value, basic) in cases {
            assert_eq!(number(text), Ok(Number::Int(value, basic)), "{text}");
        }
    }

    #[test]
    fn floating_numbers_are_known_as_such() {
        for text in ["1.0", ".5", "1e9", "1.f", "0x1p3"] {
            assert_eq!(number(text), Ok(Number::Float), "{text}");
        }
        assert_eq!(number("0x1e9"), Ok(Number::Int(0x1e9, Basic::Int)));
    }

    #[test]
    fn wrong_numbers_are_told() {
        for text in ["08", "0b2", "0x", "0b", "1lul", "1x", "18446744073709551616", "0xg"] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn escapes_are_bytes() {
        let cases: [(&str, &[u8], usize); 9] = [
            ("n", b"\n", 1),
            ("0", b"\0", 1),
            ("1234", b"S", 3),
            ("x41g", b"A", 3),
            ("x00", b"\0", 3),
            ("u00e4", "ä".as_bytes(), 5),
            ("U0001f41d", "🐝".as_bytes(), 9),
            ("e[0m", b"\x1b", 1),
            ("\"", b"\"", 1),
        ];
        for (text, want, length) in cases {
            let mut bytes = Vec::new();
            assert_eq!(unescape(text, &mut bytes), (length, None), "{text}");
            assert_eq!(bytes, want, "{text}");
        }
        for text in ["", "x", "x100", "400", "u12", "ud800", "q", "ä"] {
            assert!(unescape(text, &mut Vec::new()).1.is_some(), "{text}");
        }
    }
}
