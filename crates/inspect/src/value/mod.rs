//! Bytes as values of a BTF type.
//!
//! A type is worked out once ([`Layout::of`]) and then printed as often as there are values.
mod encode;
mod survey;

pub use encode::EncodeError;

use super::Json;
use osmia_btf::{Btf, TypeId};
use std::sync::Arc;
use survey::survey;

/// How values of a type are laid out and shown.
#[derive(Clone, Debug)]
pub struct Layout {
    shapes: Arc<[Shape]>,
    root: usize,
}

/// A value: bytes and what they mean.
#[derive(Clone, Debug)]
pub struct Value {
    /// What they mean.
    pub layout: Layout,
    /// The bytes.
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Shape {
    /// Not to be shown: `void`, functions, types that are only declared.
    Nothing,
    Int {
        size: usize,
        form: IntForm,
        bits: u8,
        offset: u8,
    },
    Pointer,
    /// A pointer to a function of this type, in whose place stands the number of a program.
    Function(String),
    Float {
        size: usize,
    },
    Enum {
        size: usize,
        names: Vec<(u64, String)>,
    },
    Array {
        element: usize,
        stride: usize,
        len: u32,
        text: bool,
    },
    Composite(Vec<Field>),
    Variable {
        name: String,
        value: usize,
    },
    Section {
        name: String,
        variables: Vec<(usize, usize)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IntForm {
    Unsigned,
    Signed,
    Char,
    Bool,
    /// Of a width that is no machine word's: hexadecimal.
    Bits,
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    /// The byte it begins in.
    at: usize,
    /// The bit in that byte.
    bit: u8,
    /// How many bits, for bit fields.
    width: Option<u8>,
    shape: usize,
}

/// What pointers to functions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Functions {
    /// Addresses, as other pointers.
    Addresses,
    /// Numbers of programs.
    Programs,
}

/// Tells the name of the program with a number.
pub(super) type NameProgram<'a> = &'a dyn Fn(u32) -> Option<String>;

impl Layout {
    /// Works out a type.
    pub fn of(btf: &Btf, ty: TypeId) -> Self {
        let (shapes, root) = survey(btf, ty, Functions::Addresses);
        Self { shapes: shapes.into(), root }
    }

    /// Works out the type of a structure of functions, in whose place the kernel tells the numbers of programs.
    pub(super) fn of_programs(btf: &Btf, ty: TypeId) -> Self {
        let (shapes, root) = survey(btf, ty, Functions::Programs);
        Self { shapes: shapes.into(), root }
    }

    /// Prints the value that these bytes are; what is missing of them counts as zero.
    pub fn print(&self, bytes: &[u8], json: &mut Json) {
        self.print_naming(bytes, &|_| None, json);
    }

    /// The same with the names of programs.
    pub(super) fn print_naming(&self, bytes: &[u8], name: NameProgram<'_>, json: &mut Json) {
        Printing { layout: self, name }.show(self.root, bytes, 0, json);
    }
}

/// A layout while values are printed.
#[derive(Clone, Copy)]
struct Printing<'a> {
    layout: &'a Layout,
    name: NameProgram<'a>,
}

impl Printing<'_> {
    fn show(&self, shape: usize, bytes: &[u8], bit: u8, json: &mut Json) {
        match self.layout.shapes.get(shape).unwrap_or(&Shape::Nothing) {
            Shape::Nothing => json.bare("null"),
            Shape::Int { size, form, bits, offset } => {
                let offset = usize::from(*offset) + usize::from(bit);
                let form = if offset == 0 { *form } else { IntForm::Bits };
                show_int(form, *size, bytes, offset, *bits, json);
            }
            Shape::Pointer => show_pointer(number(bytes, 8) as u64, json),
            Shape::Function(ty) => self.show_function(ty, number(bytes, 8) as u64, json),
            Shape::Float { size } => show_float(*size, bytes, json),
            Shape::Enum { size, names } => show_enum(*size, names, bytes, json),
            Shape::Array { len, text: true, .. } if as_text(bytes, *len).is_some() => {
                json.bytes(as_text(bytes, *len).unwrap_or_default());
            }
            Shape::Array { element, stride, len, .. } => json.array(|json| {
                for place in 0..*len as usize {
                    self.show(*element, from(bytes, place.saturating_mul(*stride)), 0, json);
                }
            }),
            Shape::Composite(fields) => json.object(|json| {
                fields.iter().for_each(|field| self.show_field(field, bytes, json));
            }),
            Shape::Variable { name, value } => json.object(|json| {
                json.name(name);
                self.show(*value, bytes, bit, json);
            }),
            Shape::Section { name, variables } => json.object(|json| {
                json.name(name);
                json.array(|json| {
                    for (at, variable) in variables {
                        self.show(*variable, from(bytes, *at), 0, json);
                    }
                });
            }),
        }
    }

    fn show_function(&self, ty: &str, value: u64, json: &mut Json) {
        match u32::try_from(value) {
            Ok(0) => json.string(&format!("{ty} 0")),
            Ok(id) => {
                let name = (self.name)(id).unwrap_or_else(|| "<unknown_prog_name>".to_owned());
                json.string(&format!("{ty} {name}/prog_id:{id}"));
            }
            Err(_) => show_pointer(value, json),
        }
    }

    fn show_field(&self, field: &Field, bytes: &[u8], json: &mut Json) {
        json.name(&field.name);
        let bytes = from(bytes, field.at);
        match field.width {
            Some(width) => show_bits(bytes, field.bit.into(), width, json),
            None => self.show(field.shape, bytes, field.bit, json),
        }
    }
}

/// What is left from an offset.
fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// The first `size` bytes as a number of this machine.
fn number(bytes: &[u8], size: usize) -> u128 {
    let byte = |place: usize| u128::from(bytes.get(place).copied().unwrap_or(0));
    let join = |sum: u128, place: usize| sum << 8 | byte(place);
    if cfg!(target_endian = "little") {
        (0..size.min(16)).rev().fold(0, join)
    } else {
        (0..size.min(16)).fold(0, join)
    }
}

/// The same with its sign.
fn signed(bytes: &[u8], size: usize) -> i64 {
    let empty = 64 - 8 * u32::try_from(size.clamp(1, 8)).unwrap_or(8);
    ((number(bytes, size) as u64) << empty).cast_signed() >> empty
}

fn show_int(form: IntForm, size: usize, bytes: &[u8], offset: usize, bits: u8, json: &mut Json) {
    match form {
        IntForm::Bits => show_bits(bytes, offset, bits, json),
        IntForm::Unsigned => json.bare(number(bytes, size) as u64),
        IntForm::Signed => json.bare(signed(bytes, size)),
        IntForm::Bool => json.bare(number(bytes, size) != 0),
        IntForm::Char => match number(bytes, 1) as u8 {
            byte @ b' '..=b'~' => json.bytes(&[byte]),
            byte if json.is_dialect() => json.bare(format_args!("{byte:#x}")),
            byte => json.bare(format_args!("\"\\u00{byte:02x}\"")),
        },
    }
}

fn show_bits(bytes: &[u8], offset: usize, bits: u8, json: &mut Json) {
    let (bytes, offset) = (from(bytes, offset / 8), offset % 8);
    let count = (offset + usize::from(bits)).div_ceil(8).min(16);
    let unused = if cfg!(target_endian = "little") {
        offset
    } else {
        (8 * count).saturating_sub(offset + usize::from(bits))
    };
    let mask = 1_u128.checked_shl(bits.into()).map_or(u128::MAX, |above| above.wrapping_sub(1));
    show_hex(number(bytes, count) >> unused & mask, json);
}

fn show_hex(value: u128, json: &mut Json) {
    if json.is_dialect() {
        json.bare(format_args!("{value:#x}"));
    } else {
        json.bare(format_args!("\"{value:#x}\""));
    }
}

fn show_pointer(value: u64, json: &mut Json) {
    match value {
        0 if json.is_dialect() => json.string("(nil)"),
        _ if json.is_dialect() => json.bare(format_args!("\"{value:#x}\"")),
        _ => json.bare(value),
    }
}

/// A number, or where JSON has no number for it, a string.
fn show_float(size: usize, bytes: &[u8], json: &mut Json) {
    let bits = number(bytes, size);
    let (finite, text) = match size {
        4 => {
            let value = f32::from_bits(bits as u32);
            (value.is_finite(), value.to_string())
        }
        8 => {
            let value = f64::from_bits(bits as u64);
            (value.is_finite(), value.to_string())
        }
        _ => return show_hex(bits, json),
    };
    if finite { json.bare(text) } else { json.string(&text) }
}

fn show_enum(size: usize, names: &[(u64, String)], bytes: &[u8], json: &mut Json) {
    let value = number(bytes, size) as u64;
    match names.iter().find(|(named, _)| *named == value) {
        Some((_, name)) => json.string(name),
        None => json.bare(signed(bytes, size)),
    }
}

/// The text in an array of characters: printable, and with an end.
fn as_text(bytes: &[u8], len: u32) -> Option<&[u8]> {
    let bytes = bytes.get(..len as usize).unwrap_or(bytes);
    let text = bytes.get(..memchr(bytes)?)?;
    text.iter().all(|byte| (b' '..0x7f).contains(byte)).then_some(text)
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Form;

    fn layout(shape: Shape) -> Layout {
        Layout { shapes: vec![Shape::Nothing, shape].into(), root: 1 }
    }

    fn shown(shape: Shape, bytes: &[u8], form: Form) -> String {
        let mut json = if form == Form::Text { Json::dialect(false) } else { Json::new(form) };
        layout(shape).print(bytes, &mut json);
        String::from_utf8(json.take()).unwrap()
    }

    #[test]
    fn what_bpftool_cannot_print_is_json() {
        let float = Shape::Float { size: 8 };
        assert_eq!(shown(float.clone(), &1.5_f64.to_ne_bytes(), Form::Json), "1.5");
        assert_eq!(shown(float, &f64::NAN.to_ne_bytes(), Form::Json), "\"NaN\"");
        let quote = Shape::Int { size: 1, form: IntForm::Char, bits: 8, offset: 0 };
        assert_eq!(shown(quote, b"\"", Form::Json), "\"\\\"\"");
    }

    #[test]
    fn missing_bytes_are_zeros() {
        let long = Shape::Int { size: 8, form: IntForm::Unsigned, bits: 64, offset: 0 };
        assert_eq!(
            shown(long, &[1], Form::Text),
            if cfg!(target_endian = "little") { "1" } else { "72057594037927936" }
        );
        let huge = Shape::Array { element: 0, stride: 1, len: 0, text: false };
        assert_eq!(shown(huge, &[], Form::Text), "[]");
    }

    #[test]
    fn bit_fields_may_begin_anywhere() {
        for (offset, bits, expected) in [(0, 3, "0x7"), (3, 7, "0x4"), (17, 40, "0x0"), (0, 64, "0x27")] {
            let shape = Shape::Int { size: 8, form: IntForm::Bits, bits, offset };
            let shown = shown(shape, &[0x27, 0, 0, 0, 0, 0, 0, 0], Form::Text);
            assert_eq!(shown, expected, "{bits} bits from {offset}");
        }
    }
}
