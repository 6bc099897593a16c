//! Numbers and characters in conditions.
use super::{Sign, Value};

/// The number that an integer constant is.
pub(super) fn integer(text: &str) -> Result<Value, String> {
    let lower = text.to_ascii_lowercase();
    let (base, rest) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)),
        [b'0', b'b', ..] => (2, lower.get(2..)),
        [b'0', b'0'..=b'9', ..] => (8, lower.get(1..)),
        _ => (10, Some(lower.as_str())),
    };
    let rest = rest.unwrap_or("");
    let digits = rest.bytes().take_while(|&byte| char::from(byte).is_digit(base)).count();
    let (digits, suffix) = rest.split_at(digits);
    let known = ["", "u", "l", "ul", "lu", "ll", "ull", "llu", "z", "uz", "zu"].contains(&suffix);
    if digits.is_empty() || !known {
        return Err(format!("`{text}` is no integer"));
    }
    let bits = u64::from_str_radix(digits, base).map_err(|_| format!("`{text}` does not fit in 64 bits"))?;
    let unsigned = suffix.contains('u') || bits > i64::MAX as u64;
    Ok(Value::new(bits, if unsigned { Sign::Unsigned } else { Sign::Signed }))
}

/// The number that a character constant is: of several characters, each is a byte of it; a wide one is a single one.
pub(super) fn character(text: &str) -> Result<Value, String> {
    let inner = text.split_once('\'').and_then(|(prefix, rest)| Some((prefix, rest.strip_suffix('\'')?)));
    let (prefix, inner) = inner.unwrap_or(("", ""));
    let wide = !prefix.is_empty();
    let mut number = 0_u32;
    let mut count = 0_usize;
    let mut rest = inner;
    while let Some((value, behind)) = unit(rest) {
        number = if wide { value } else { (number << 8) | (value & 0xff) };
        count += 1;
        rest = behind;
    }
    match count {
        0 => Err(format!("`{text}` holds no character")),
        1 if !wide => Ok(Value::new(i64::from(number as u8 as i8) as u64, Sign::Signed)),
        _ => Ok(Value::new(i64::from(number as i32) as u64, Sign::Signed)),
    }
}

/// The first character of a constant, escapes understood, and what is behind it.
fn unit(text: &str) -> Option<(u32, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first != '\\' {
        return Some((first.into(), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let value = match escape {
        '0'..='7' => return Some(digits(text.get(1..)?, 8, 3)),
        'x' => return Some(digits(rest, 16, usize::MAX)),
        'u' => return Some(digits(rest, 16, 4)),
        'U' => return Some(digits(rest, 16, 8)),
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        'e' | 'E' => 27,
        other => other.into(),
    };
    Some((value, rest))
}

/// A number of so many digits at most.
fn digits(text: &str, base: u32, most: usize) -> (u32, &str) {
    let length = text.chars().take(most).take_while(|c| c.is_digit(base)).count();
    let (digits, rest) = text.split_at(length);
    let value = digits
        .chars()
        .fold(0_u32, |value, c| value.wrapping_mul(base).wrapping_add(c.to_digit(base).unwrap_or(0)));
    (value, rest)
}
