//! Values that people write, as the bytes of a BTF type.
use super::{Field, IntForm, Layout, Shape};
use crate::input::Node;
use std::fmt;

/// Why a value is none of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// Where in the value: `.args[2].fd`; empty for all of it.
    pub place: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.why) } else { write!(f, "{}: {}", self.place, self.why) }
    }
}

impl std::error::Error for EncodeError {}

type Encoded = Result<(), EncodeError>;

fn wrong(why: impl Into<String>) -> EncodeError {
    EncodeError { place: String::new(), why: why.into() }
}

/// Where something lies in bytes.
#[derive(Clone, Copy)]
struct Bits {
    /// The byte from which bits are counted.
    at: usize,
    /// The first bit.
    first: usize,
    /// How many.
    count: usize,
}

impl Layout {
    /// Writes a value over the bytes of another: what it does not name stays as it is.
    pub fn encode(&self, node: &Node, bytes: &mut [u8]) -> Result<(), EncodeError> {
        self.put(self.root, node, 0, bytes)
    }

    /// Whether a value may name some of its parts only, so that the others stay as they are in a map.
    pub fn has_sections(&self) -> bool {
        matches!(self.shapes.get(self.root), Some(Shape::Section { .. }))
    }

    fn put(&self, shape: usize, node: &Node, at: usize, bytes: &mut [u8]) -> Encoded {
        match self.shapes.get(shape).unwrap_or(&Shape::Nothing) {
            Shape::Nothing => Err(wrong("nothing of this type can be written")),
            Shape::Int { size, form, bits, offset } => {
                let place = Bits { at, first: (*offset).into(), count: (*bits).into() };
                let whole = Bits { at, first: 0, count: 8 * size };
                let place = if *form == IntForm::Bits { place } else { whole };
                put_bits(bytes, place, integer(*form, place.count, node)?)
            }
            Shape::Pointer | Shape::Function(_) => {
                let value = match node {
                    Node::Word(word) if word == "(nil)" || word == "null" => 0,
                    node => integer(IntForm::Unsigned, 64, node)?,
                };
                put_bits(bytes, Bits { at, first: 0, count: 64 }, value)
            }
            Shape::Float { size } => {
                put_bits(bytes, Bits { at, first: 0, count: 8 * size }, float(*size, node)?)
            }
            Shape::Enum { size, names } => {
                let place = Bits { at, first: 0, count: 8 * size };
                put_bits(bytes, place, enumerator(names, place.count, node)?)
            }
            Shape::Array { len, text: true, .. } if matches!(node, Node::Text(_)) => {
                put_text(node, *len as usize, at, bytes)
            }
            Shape::Array { element, stride, len, .. } => {
                let Node::Array(items) = node else {
                    return Err(wrong(format!("expected [ ] with {len} elements")));
                };
                if items.len() > *len as usize {
                    return Err(wrong(format!("{} elements for an array of {len}", items.len())));
                }
                items.iter().enumerate().try_for_each(|(place, item)| {
                    let put = self.put(*element, item, at + place * stride, bytes);
                    put.map_err(|error| inside(&format!("[{place}]"), error))
                })
            }
            Shape::Composite(fields) => named(node)?.iter().try_for_each(|(name, node)| {
                let put = self.put_field(fields, name, node, at, bytes);
                put.map_err(|error| inside(&format!(".{name}"), error))
            }),
            Shape::Variable { name, value } => match node {
                Node::Object(parts) => match parts.as_slice() {
                    [(named, node)] if named == name => self.put(*value, node, at, bytes),
                    _ => self.put(*value, node, at, bytes),
                },
                node => self.put(*value, node, at, bytes),
            },
            Shape::Section { name, variables } => self.put_section(name, variables, node, at, bytes),
        }
    }

    fn put_field(&self, fields: &[Field], name: &str, node: &Node, at: usize, bytes: &mut [u8]) -> Encoded {
        let (field, base) = self.find(fields, name, at, 0).ok_or_else(|| wrong("there is no such member"))?;
        let Some(width) = field.width else { return self.put(field.shape, node, base + field.at, bytes) };
        let place = Bits { at: base + field.at, first: field.bit.into(), count: width.into() };
        let value = match self.shapes.get(field.shape) {
            Some(Shape::Enum { names, .. }) => enumerator(names, place.count, node)?,
            // Dumps show bit fields as they lie there, without a sign.
            Some(Shape::Int { form: IntForm::Signed, .. }) => either(place.count, node)?,
            _ => integer(IntForm::Unsigned, place.count, node)?,
        };
        put_bits(bytes, place, value)
    }

    /// A member, or one of a member without a name; and where what it belongs to begins.
    fn find<'a>(
        &'a self,
        fields: &'a [Field],
        name: &str,
        at: usize,
        depth: u32,
    ) -> Option<(&'a Field, usize)> {
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            return Some((field, at));
        }
        let nameless = fields.iter().filter(|field| field.name.is_empty() && depth < 64);
        nameless.into_iter().find_map(|field| match self.shapes.get(field.shape)? {
            Shape::Composite(inner) => self.find(inner, name, at + field.at, depth + 1),
            _ => None,
        })
    }

    /// `{".bss": [{"a": 1}, {"b": 2}]}` as a dump has it, or `{a: 1, b: 2}`.
    fn put_section(
        &self,
        name: &str,
        variables: &[(usize, usize)],
        node: &Node,
        at: usize,
        bytes: &mut [u8],
    ) -> Encoded {
        let node = match named(node)? {
            [(section, inner)] if section == name => inner,
            _ => node,
        };
        let parts: Vec<&(String, Node)> = match node {
            Node::Array(items) => {
                let each: Result<Vec<_>, _> = items.iter().map(named).collect();
                each?.into_iter().flatten().collect()
            }
            node => named(node)?.iter().collect(),
        };
        parts.into_iter().try_for_each(|(wanted, node)| {
            let is = |(_, shape): &&(usize, usize)| {
                matches!(self.shapes.get(*shape), Some(Shape::Variable { name, .. }) if name == wanted)
            };
            let found = variables.iter().find(is);
            let (offset, shape) = found.ok_or_else(|| inside(&format!(".{wanted}"), wrong("there is no such variable")))?;
            let put = self.put(*shape, node, at + offset, bytes);
            put.map_err(|error| inside(&format!(".{wanted}"), error))
        })
    }
}

fn inside(place: &str, error: EncodeError) -> EncodeError {
    EncodeError { place: format!("{place}{}", error.place), why: error.why }
}

fn named(node: &Node) -> Result<&[(String, Node)], EncodeError> {
    match node {
        Node::Object(parts) => Ok(parts),
        _ => Err(wrong("expected { } with members by name")),
    }
}

/// Sets bits in bytes; those around them stay.
fn put_bits(bytes: &mut [u8], place: Bits, value: u128) -> Encoded {
    for bit in 0..place.count.min(128) {
        let (from, to) = if cfg!(target_endian = "little") {
            (bit, place.first + bit)
        } else {
            (place.count - 1 - bit, place.first + bit)
        };
        let byte = bytes.get_mut(place.at + to / 8).ok_or_else(|| wrong("it lies beyond the value"))?;
        let mask = if cfg!(target_endian = "little") { 1 << (to % 8) } else { 0x80 >> (to % 8) };
        if value >> from & 1 == 1 { *byte |= mask } else { *byte &= !mask }
    }
    Ok(())
}

/// A number, with its sign apart, so that it can be told whether it fits.
fn digits(word: &str) -> Option<(bool, u128)> {
    let (negative, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
    let value = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(hex) => u128::from_str_radix(hex, 16).ok()?,
        None => word.parse().ok()?,
    };
    Some((negative, value))
}

/// The word of a number; dumps write some as strings.
fn word(node: &Node) -> Result<&str, EncodeError> {
    let text = match node {
        Node::Word(word) => Some(word.as_str()),
        Node::Text(text) => std::str::from_utf8(text).ok(),
        Node::Object(_) | Node::Array(_) => None,
    };
    text.ok_or_else(|| wrong("expected a number"))
}

fn integer(form: IntForm, bits: usize, node: &Node) -> Result<u128, EncodeError> {
    match (form, node) {
        (IntForm::Bool, Node::Word(word)) if word == "true" => return Ok(1),
        (IntForm::Bool, Node::Word(word)) if word == "false" => return Ok(0),
        (IntForm::Bool, node) => {
            let value = integer(IntForm::Unsigned, bits, node)?;
            return if value < 2 { Ok(value) } else { Err(wrong("expected true or false")) };
        }
        (IntForm::Char, Node::Text(text)) => {
            return match text.as_slice() {
                [byte] => Ok((*byte).into()),
                _ => Err(wrong("expected one character")),
            };
        }
        // A character may be written with its sign or without.
        (IntForm::Char, node) => return either(bits, node),
        _ => {}
    }
    let word = word(node)?;
    let (negative, value) = digits(word).ok_or_else(|| wrong(format!("'{word}' is no number")))?;
    let fits = match (form, negative) {
        (IntForm::Signed, true) => value <= 1 << (bits - 1),
        (IntForm::Signed, false) => value < 1 << (bits - 1),
        (_, true) => value == 0,
        (_, false) => bits >= 128 || value < 1 << bits,
    };
    let kind = if form == IntForm::Signed { "signed" } else { "unsigned" };
    if !fits {
        return Err(wrong(format!("{word} does not fit into {bits} bits, {kind}")));
    }
    Ok(if negative { value.wrapping_neg() } else { value })
}

/// A number that may be written with its sign or without.
fn either(bits: usize, node: &Node) -> Result<u128, EncodeError> {
    integer(IntForm::Signed, bits, node).or_else(|_| integer(IntForm::Unsigned, bits, node))
}

fn enumerator(names: &[(u64, String)], bits: usize, node: &Node) -> Result<u128, EncodeError> {
    let word = word(node)?;
    match names.iter().find(|(_, name)| name == word) {
        Some((value, _)) => Ok((*value).into()),
        None if digits(word).is_some() => either(bits, node),
        None => {
            let known: Vec<&str> = names.iter().take(8).map(|(_, name)| name.as_str()).collect();
            Err(wrong(format!("'{word}' is none of {}", known.join(", "))))
        }
    }
}

fn float(size: usize, node: &Node) -> Result<u128, EncodeError> {
    let word = word(node)?;
    let bad = || wrong(format!("'{word}' is no number"));
    match size {
        4 => Ok(word.parse::<f32>().map_err(|_| bad())?.to_bits().into()),
        8 => Ok(word.parse::<f64>().map_err(|_| bad())?.to_bits().into()),
        _ => integer(IntForm::Unsigned, 8 * size, node),
    }
}

/// Text and zeros behind it.
fn put_text(node: &Node, len: usize, at: usize, bytes: &mut [u8]) -> Encoded {
    let Node::Text(text) = node else { return Err(wrong("expected text")) };
    if text.len() > len {
        return Err(wrong(format!("{} bytes of text for {len}", text.len())));
    }
    let room = bytes.get_mut(at..at.saturating_add(len)).ok_or_else(|| wrong("it lies beyond the value"))?;
    for (place, byte) in room.iter_mut().enumerate() {
        *byte = text.get(place).copied().unwrap_or(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::parse;

    fn encoded(shapes: Vec<Shape>, text: &str, size: usize) -> Result<Vec<u8>, String> {
        let root = shapes.len() - 1;
        let layout = Layout { shapes: shapes.into(), root };
        let mut bytes = vec![0; size];
        let done = layout.encode(&parse(text).unwrap(), &mut bytes);
        done.map(|()| bytes).map_err(|error| error.to_string())
    }

    fn int(size: usize, form: IntForm) -> Shape {
        Shape::Int { size, form, bits: 8 * size as u8, offset: 0 }
    }

    #[test]
    fn numbers_must_fit() {
        let byte = |form, text: &str| encoded(vec![int(1, form)], text, 1);
        assert_eq!(byte(IntForm::Unsigned, "255"), Ok(vec![255]));
        assert_eq!(byte(IntForm::Unsigned, "300"), Err("300 does not fit into 8 bits, unsigned".into()));
        assert_eq!(byte(IntForm::Unsigned, "-1"), Err("-1 does not fit into 8 bits, unsigned".into()));
        assert_eq!(byte(IntForm::Signed, "-128"), Ok(vec![128]));
        assert_eq!(byte(IntForm::Signed, "128"), Err("128 does not fit into 8 bits, signed".into()));
        assert_eq!(byte(IntForm::Bool, "true"), Ok(vec![1]));
        assert_eq!(byte(IntForm::Bool, "2"), Err("expected true or false".into()));
        assert_eq!(byte(IntForm::Char, "\"x\""), Ok(vec![b'x']));
        assert_eq!(byte(IntForm::Unsigned, "x"), Err("'x' is no number".into()));
    }

    #[test]
    fn members_have_their_places() {
        let field = |name: &str, at, bit, width, shape| Field { name: name.into(), at, bit, width, shape };
        let shapes = vec![
            int(4, IntForm::Signed),
            int(1, IntForm::Char),
            Shape::Array { element: 1, stride: 1, len: 4, text: true },
            Shape::Composite(vec![
                field("pid", 0, 0, None, 0),
                field("low", 4, 0, Some(3), 0),
                field("high", 4, 3, Some(5), 0),
                field("comm", 5, 0, None, 2),
            ]),
        ];
        let put = |text: &str| encoded(shapes.clone(), text, 9);
        let expected = [&1_i32.to_ne_bytes()[..], &[0b0101_0111], b"ab\0\0"].concat();
        if cfg!(target_endian = "little") {
            assert_eq!(put("{pid: 1, low: -1, high: 0xa, comm: \"ab\"}"), Ok(expected));
        }
        assert_eq!(put("{pdi: 1}"), Err(".pdi: there is no such member".into()));
        assert_eq!(put("{low: 8}"), Err(".low: 8 does not fit into 3 bits, unsigned".into()));
        assert_eq!(put("{comm: \"abcde\"}"), Err(".comm: 5 bytes of text for 4".into()));
        assert_eq!(
            put("{comm: [1, 2, 300]}"),
            Err(".comm[2]: 300 does not fit into 8 bits, unsigned".into())
        );
        assert_eq!(put("7"), Err("expected { } with members by name".into()));
    }
}
