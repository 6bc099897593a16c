//! Numbers and strings as they are written in a script, an attach point, or a parameter.
use osmia_base::Span;

/// Nanoseconds in each unit of time.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// C's suffixes, which say nothing here.
const SUFFIXES: [&str; 7] = ["u", "l", "ll", "ul", "ull", "lu", "llu"];

/// The value of a number: decimal, `0x`, `0b`, `0` (octal), `1e6`, with `_` between digits, a C suffix, or a unit of time
/// (then in nanoseconds). What is wrong with it otherwise, in words.
pub fn integer(text: &str) -> Result<u64, String> {
    let (base, digits) = split_base(text);
    let length =
        digits.bytes().position(|byte| !is_digit(byte, base) && byte != b'_').unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(length);
    if digits.ends_with('_') || rest.starts_with('_') {
        return Err("trailing underscore in integer literal".into());
    }
    if base == 8 && rest.starts_with(['8', '9']) {
        return Err(format!("invalid octal number '{text}': a leading 0 means base 8"));
    }
    let value = number(digits, base, text)?;
    let (power, suffix) = if base == 10 { exponent(rest, text)? } else { (1, rest) };
    let scale = scale(suffix, base).ok_or_else(|| format!("invalid integer suffix '{suffix}'"))?;
    let scaled = value.checked_mul(power).and_then(|value| value.checked_mul(scale));
    scaled.ok_or_else(|| overflow(text))
}

fn overflow(text: &str) -> String {
    format!("overflow error, maximum value is {}: {text}", u64::MAX)
}

/// The base, and what follows its prefix.
fn split_base(text: &str) -> (u32, &str) {
    let lower = |prefix: [&str; 2]| prefix.iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(rest) = lower(["0x", "0X"]) {
        (16, rest)
    } else if let Some(rest) = lower(["0b", "0B"]) {
        (2, rest)
    } else if text.starts_with('0')
        && text.as_bytes().get(1).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_')
    {
        (8, &text[1..])
    } else {
        (10, text)
    }
}

fn is_digit(byte: u8, base: u32) -> bool {
    char::from(byte).is_digit(base)
}

fn number(digits: &str, base: u32, text: &str) -> Result<u64, String> {
    let plain: String = digits.chars().filter(|&digit| digit != '_').collect();
    if plain.is_empty() {
        return Err(format!("invalid integer: {text}"));
    }
    u64::from_str_radix(&plain, base).map_err(|_| overflow(text))
}

/// `e6` and what follows: the power of ten, and the rest.
fn exponent<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), String> {
    let Some(after) = rest.strip_prefix(['e', 'E']) else {
        return Ok((1, rest));
    };
    let length = after.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'_').unwrap_or(after.len());
    let (digits, suffix) = after.split_at(length);
    if digits.ends_with('_') {
        return Err("trailing underscore in integer literal".into());
    }
    let power = u32::try_from(number(digits, 10, text)?).ok().and_then(|power| 10u64.checked_pow(power));
    let power = power.ok_or_else(|| overflow(text))?;
    Ok((power, suffix))
}

/// What a suffix multiplies by.
fn scale(suffix: &str, base: u32) -> Option<u64> {
    if suffix.is_empty() || SUFFIXES.contains(&suffix.to_ascii_lowercase().as_str()) {
        return Some(1);
    }
    UNITS.iter().find(|(name, _)| base == 10 && *name == suffix).map(|&(_, scale)| scale)
}

/// What is wrong in a string, and where.
pub type StringError = (Span, String);

/// The bytes of the string `text`, which has its opening quote at byte `start` of the source; its closing quote may be
/// missing. Wrong escapes are reported and stand for themselves.
pub fn unescape(text: &str, start: u32) -> (Vec<u8>, Vec<StringError>) {
    let body = text.strip_prefix('"').unwrap_or(text);
    let mut cursor =
        Unescape { bytes: body.as_bytes(), at: 0, start: start + 1, out: Vec::new(), errors: Vec::new() };
    loop {
        match cursor.bytes.get(cursor.at) {
            Some(b'"') => break,
            Some(b'\\') => cursor.escape(body),
            Some(&byte) => cursor.put(byte, 1),
            None => {
                cursor
                    .errors
                    .push((Span::new(start, start + text.len() as u32), "unterminated string".into()));
                break;
            }
        }
    }
    (cursor.out, cursor.errors)
}

struct Unescape<'a> {
    bytes: &'a [u8],
    at: usize,
    start: u32,
    out: Vec<u8>,
    errors: Vec<StringError>,
}

/// Escapes of one letter.
const ESCAPES: [(u8, u8); 5] = [(b'n', b'\n'), (b't', b'\t'), (b'r', b'\r'), (b'"', b'"'), (b'\\', b'\\')];

impl Unescape<'_> {
    fn put(&mut self, byte: u8, length: usize) {
        self.out.push(byte);
        self.at += length;
    }

    /// The escape at the cursor.
    fn escape(&mut self, body: &str) {
        let next = self.bytes.get(self.at + 1).copied();
        let simple = ESCAPES.iter().find(|(letter, _)| Some(*letter) == next);
        match next {
            _ if simple.is_some() => self.put(simple.map_or(0, |&(_, byte)| byte), 2),
            Some(b'0'..=b'7') => self.digits(1, 3, 8),
            Some(b'x' | b'X') => self.digits(2, 2, 16),
            None => self.put(b'\\', 1),
            Some(_) => {
                let letter = body.get(self.at + 1..).and_then(|rest| rest.chars().next()).unwrap_or('\\');
                self.error(1 + letter.len_utf8(), format!("invalid escape character '\\{letter}'"));
                self.put(b'\\', 1);
            }
        }
    }

    /// Up to `most` digits, `skip` bytes after the backslash.
    fn digits(&mut self, skip: usize, most: usize, base: u32) {
        let rest = self.bytes.get(self.at + skip..).unwrap_or(&[]);
        let digits: Vec<u8> =
            rest.iter().copied().take(most).take_while(|&byte| is_digit(byte, base)).collect();
        let value = digits
            .iter()
            .fold(0, |value, &digit| value * base + char::from(digit).to_digit(base).unwrap_or(0));
        let length = skip + digits.len();
        if digits.is_empty() {
            self.error(length, "invalid hex escape sequence".into());
        } else if value > 255 {
            self.error(length, "octal escape sequence out of range".into());
        }
        self.put(value as u8, length);
    }

    fn error(&mut self, length: usize, text: String) {
        let start = self.start + self.at as u32;
        self.errors.push((Span::new(start, start + length as u32), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers() {
        let good = [
            ("0", 0),
            ("10", 10),
            ("0x1F", 31),
            ("0b101", 5),
            ("017", 15),
            ("1e6", 1_000_000),
            ("1_000", 1000),
            ("1_2e3", 12_000),
            ("5ull", 5),
            ("0x10UL", 16),
            ("1s", 1_000_000_000),
            ("3us", 3000),
            ("2h", 7_200_000_000_000),
            ("1e3ms", 1_000_000_000),
            ("18446744073709551615", u64::MAX),
            ("0xffffffffffffffff", u64::MAX),
            ("0u", 0),
            ("00", 0),
            ("1d", 86_400_000_000_000),
        ];
        for (text, value) in good {
            assert_eq!(integer(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_numbers() {
        let bad = [
            ("1_", "trailing underscore in integer literal"),
            ("1x", "invalid integer suffix 'x'"),
            ("0x", "invalid integer: 0x"),
            ("089", "invalid octal number '089': a leading 0 means base 8"),
            (
                "18446744073709551616",
                "overflow error, maximum value is 18446744073709551615: 18446744073709551616",
            ),
            ("1e20", "overflow error, maximum value is 18446744073709551615: 1e20"),
            ("99e18", "overflow error, maximum value is 18446744073709551615: 99e18"),
            ("400000d", "overflow error, maximum value is 18446744073709551615: 400000d"),
            ("1e", "invalid integer: 1e"),
            ("0x1s", "invalid integer suffix 's'"),
        ];
        for (text, words) in bad {
            assert_eq!(integer(text), Err(words.to_owned()), "{text}");
        }
    }

    #[test]
    fn resolves_escapes() {
        let (bytes, errors) = unescape(r#""a\n\x41\101\\\"""#, 0);
        assert_eq!((bytes.as_slice(), errors.len()), (&b"a\nAA\\\""[..], 0));
        let (bytes, errors) = unescape("\"é\\q\\xz\\777", 10);
        assert_eq!(bytes, b"\xc3\xa9\\q\x00z\xff");
        let words: Vec<&str> = errors.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(
            words,
            [
                "invalid escape character '\\q'",
                "invalid hex escape sequence",
                "octal escape sequence out of range",
                "unterminated string"
            ]
        );
        assert_eq!(errors[0].0, Span::new(13, 15));
    }
}
