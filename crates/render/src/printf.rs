//! The `printf` engine. Numbers are padded as C++ streams do it: zeros go before the sign and before `0x`.
use crate::allocation;
use crate::escape;
use crate::style::Style;
use crate::text;
use osmia_event::{Conversion, Format, Length, Letter, Piece, Value, Width};

/// No conversion is made wider: a width that a program sends must not take the reader's memory.
const MAX_WIDTH: usize = 1 << 16;

/// The text of a format with its arguments. Arguments that are missing or do not fit show as `!{reason}`.
pub fn printf(format: &Format, values: &[Value], style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    let mut values = values.iter();
    for piece in &format.pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Argument(conversion) => argument(&mut out, conversion, &mut values, style),
        }
    }
    out
}

pub(crate) fn argument<'a>(
    out: &mut Vec<u8>,
    conversion: &Conversion,
    values: &mut impl Iterator<Item = &'a Value>,
    style: &Style,
) {
    let mut padding = Padding { left: conversion.left, zero: conversion.zero, width: 0 };
    match conversion.width {
        Width::None => {}
        Width::Fixed(width) => padding.width = usize::try_from(width).unwrap_or(usize::MAX),
        Width::Argument => {
            let width = values.next().and_then(Value::bits).unwrap_or(0).cast_signed();
            padding.left |= width < 0;
            padding.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        }
    }
    match values.next().map(|value| convert(conversion, value, style)) {
        Some(Ok(text)) => padding.write(out, &text),
        Some(Err(text)) => {
            out.extend_from_slice(b"!{invalid integer conversion: ");
            out.extend_from_slice(&text);
            out.push(b'}');
        }
        None => out.extend_from_slice(b"!{missing argument}"),
    }
}

/// What is put before or behind a text to make it wide enough.
pub(crate) struct Padding {
    pub(crate) left: bool,
    pub(crate) zero: bool,
    pub(crate) width: usize,
}

impl Padding {
    fn write(&self, out: &mut Vec<u8>, text: &[u8]) {
        let begin = out.len();
        out.extend_from_slice(text);
        self.pad(out, begin);
    }

    /// Makes what `out` has from `begin` on wide enough.
    pub(crate) fn pad(&self, out: &mut Vec<u8>, begin: usize) {
        let fill = if self.zero && !self.left { b'0' } else { b' ' };
        let missing = self.width.min(MAX_WIDTH).saturating_sub(out.len().saturating_sub(begin));
        out.extend(std::iter::repeat_n(fill, missing));
        if let (false, Some(text)) = (self.left, out.get_mut(begin..)) {
            text.rotate_right(missing);
        }
    }
}

/// The value without its padding; the error is the value's usual text.
fn convert(conversion: &Conversion, value: &Value, style: &Style) -> Result<Vec<u8>, Vec<u8>> {
    let bits = || value.bits().ok_or_else(|| text::value(value, style));
    let length = conversion.length;
    Ok(match conversion.letter {
        Letter::Signed => signed(conversion, sign_extend(bits()?, length)),
        Letter::Unsigned => truncate(bits()?, length).to_string().into_bytes(),
        Letter::Octal => in_base(conversion, format!("{:o}", truncate(bits()?, length)), "0"),
        Letter::Hex => in_base(conversion, format!("{:x}", truncate(bits()?, length)), "0x"),
        Letter::UpperHex => in_base(conversion, format!("{:X}", truncate(bits()?, length)), "0X"),
        Letter::Char => vec![bits()?.to_le_bytes()[0]],
        Letter::Pointer => match bits()? {
            0 => b"0".to_vec(),
            address => format!("{address:#x}").into_bytes(),
        },
        Letter::AllocationFlags => allocation::flags(bits()?).into_bytes(),
        Letter::Escaped => buffer(value, escape::printable, style),
        Letter::EscapedHex => buffer(value, escape::all_hex, style),
        Letter::Bytes => buffer(value, escape::digits, style),
        Letter::Str | Letter::Unsupported(_) => text::value(value, style),
    })
}

fn buffer(value: &Value, escape: fn(&[u8]) -> String, style: &Style) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => escape(bytes).into_bytes(),
        _ => text::value(value, style),
    }
}

const fn width(length: Length) -> u32 {
    match length {
        Length::Char => 8,
        Length::Short => 16,
        Length::Int => 32,
        Length::Long => 64,
    }
}

pub(crate) const fn truncate(value: u64, length: Length) -> u64 {
    value & (u64::MAX >> (64 - width(length)))
}

pub(crate) const fn sign_extend(value: u64, length: Length) -> i64 {
    let unused = 64 - width(length);
    (value << unused).cast_signed() >> unused
}

fn signed(conversion: &Conversion, value: i64) -> Vec<u8> {
    let sign = match () {
        () if value < 0 => "",
        () if conversion.plus => "+",
        () if conversion.space => " ",
        () => "",
    };
    format!("{sign}{value}").into_bytes()
}

fn in_base(conversion: &Conversion, digits: String, prefix: &str) -> Vec<u8> {
    if conversion.alternate && digits != "0" {
        format!("{prefix}{digits}").into_bytes()
    } else {
        digits.into_bytes()
    }
}
