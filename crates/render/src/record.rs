//! `printf` straight from a record's bytes: what most events are. Numbers and texts, the usual arguments, are written
//! without making values of them first.
use crate::printf::{Padding, argument, sign_extend, truncate};
use crate::style::Style;
use osmia_event::{
    Conversion, DecodeError, Field, Format, Letter, Lookup, Piece, Stream, Type, Width, decode,
};
use std::ffi::CStr;
use std::io::Write as _;

/// Appends what [`printf`](crate::printf()) makes of a record of `stream`. Where the bytes do not fit, `out` may have got a
/// part of it.
pub fn printf_record(
    out: &mut Vec<u8>,
    format: &Format,
    stream: &Stream,
    bytes: &[u8],
    style: &Style,
    lookup: &mut dyn Lookup,
) -> Result<(), DecodeError> {
    let mut fields = stream.fields.as_slice();
    for piece in &format.pieces {
        let conversion = match piece {
            Piece::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                continue;
            }
            Piece::Argument(conversion) => conversion,
        };
        if let Some((field, rest)) = fields.split_first()
            && is_plain(conversion)
            && direct(out, conversion, field, bytes, style).is_some()
        {
            fields = rest;
            continue;
        }
        let count = 1 + usize::from(conversion.width == Width::Argument);
        let (taken, rest) = fields.split_at_checked(count).unwrap_or((fields, &[]));
        fields = rest;
        let mut values = Vec::with_capacity(count);
        for field in taken {
            let from = bytes.get(start(field)..).unwrap_or_default();
            values.push(decode(&field.kind, from)?.resolve(lookup));
        }
        argument(out, conversion, &mut values.iter(), style);
    }
    Ok(())
}

fn start(field: &Field) -> usize {
    usize::try_from(field.offset).unwrap_or(usize::MAX)
}

/// Whether nothing but a width that is known changes the usual form.
fn is_plain(conversion: &Conversion) -> bool {
    !conversion.plus && !conversion.space && !conversion.alternate && conversion.width != Width::Argument
}

/// Writes a number or a text; `None`, and nothing written, where it is anything else.
fn direct(
    out: &mut Vec<u8>,
    conversion: &Conversion,
    field: &Field,
    bytes: &[u8],
    style: &Style,
) -> Option<()> {
    let begin = out.len();
    match &field.kind {
        kind @ (Type::Str { capacity } | Type::Chars { capacity }) if conversion.letter == Letter::Str => {
            let whole = bytes.get(start(field)..)?.get(..usize::try_from(*capacity).ok()?)?;
            match CStr::from_bytes_until_nul(whole) {
                Ok(text) => out.extend_from_slice(text.to_bytes()),
                Err(_) => {
                    out.extend_from_slice(whole);
                    if !whole.is_empty() && matches!(kind, Type::Str { .. }) {
                        out.extend_from_slice(style.trailer.as_bytes());
                    }
                }
            }
        }
        Type::Int { size, signed } => {
            let number = integer(bytes.get(start(field)..)?, *size, *signed)?;
            write_integer(out, conversion, number, *signed)?;
        }
        _ => return None,
    }
    if let Width::Fixed(width) = conversion.width {
        let width = usize::try_from(width).unwrap_or(usize::MAX);
        Padding { left: conversion.left, zero: conversion.zero, width }.pad(out, begin);
    }
    Some(())
}

/// An integer's 64 bits, extended as its type says.
fn integer(bytes: &[u8], size: u8, signed: bool) -> Option<u64> {
    let number = match size {
        1 => u64::from(*bytes.first()?),
        2 => u64::from(u16::from_ne_bytes(*bytes.first_chunk()?)),
        4 => u64::from(u32::from_ne_bytes(*bytes.first_chunk()?)),
        8 => u64::from_ne_bytes(*bytes.first_chunk()?),
        _ => return None,
    };
    let unused = 64 - u32::from(size) * 8;
    Some(if signed { ((number << unused).cast_signed() >> unused).cast_unsigned() } else { number })
}

fn write_integer(out: &mut Vec<u8>, conversion: &Conversion, bits: u64, signed: bool) -> Option<()> {
    let length = conversion.length;
    let written = match conversion.letter {
        Letter::Signed => write!(out, "{}", sign_extend(bits, length)),
        Letter::Unsigned => write!(out, "{}", truncate(bits, length)),
        Letter::Hex => write!(out, "{:x}", truncate(bits, length)),
        Letter::Str if signed => write!(out, "{}", bits.cast_signed()),
        Letter::Str => write!(out, "{bits}"),
        _ => return None,
    };
    // Writing to memory cannot fail.
    written.ok()
}
