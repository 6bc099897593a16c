//! What a type's values look like, worked out once.
use super::{Field, Functions, IntForm, Shape};
use crate::declaration;
use osmia_btf::{Btf, Enum, IntEncoding, Kind, Member, TypeId};
use std::collections::HashMap;

/// How deep types may be nested.
const MAX_DEPTH: u32 = 64;

/// How many shapes a type may take.
const MAX_SHAPES: usize = 1 << 16;

/// How many bytes a value may fill: the kernel has no longer ones.
const MAX_ELEMENTS: u32 = 1 << 26;

/// The shapes of a type and all that it holds, and which of them is its own.
pub(super) fn survey(btf: &Btf, ty: TypeId, functions: Functions) -> (Vec<Shape>, usize) {
    let mut survey = Survey { btf, functions, shapes: vec![Shape::Nothing], known: HashMap::new() };
    let root = survey.shape(ty, 0);
    (survey.shapes, root)
}

/// Works out types.
struct Survey<'a> {
    btf: &'a Btf,
    functions: Functions,
    shapes: Vec<Shape>,
    known: HashMap<TypeId, usize>,
}

impl Survey<'_> {
    /// The index of a type's shape; 0, which is nothing, for one that holds itself.
    fn shape(&mut self, ty: TypeId, depth: u32) -> usize {
        let ty = self.btf.resolve(ty);
        if let Some(&known) = self.known.get(&ty) {
            return known;
        }
        if depth > MAX_DEPTH || self.shapes.len() > MAX_SHAPES {
            return 0;
        }
        self.known.insert(ty, 0);
        let shape = match self.btf.get(ty) {
            Ok(found) => self.work_out(found.name, found.kind, depth + 1),
            Err(_) => return 0,
        };
        self.shapes.push(shape);
        let index = self.shapes.len() - 1;
        self.known.insert(ty, index);
        index
    }

    fn work_out(&mut self, name: String, kind: Kind, depth: u32) -> Shape {
        match kind {
            Kind::Int { size, encoding, offset, bits } => {
                Shape::Int { size: size as usize, form: int_form(encoding, bits), bits, offset }
            }
            Kind::Ptr(to) => self.pointer(to),
            Kind::Float { size } => Shape::Float { size: size as usize },
            Kind::Enum(body) | Kind::Enum64(body) => enumeration(body),
            Kind::Array { element, len, .. } => self.array(element, len, depth),
            Kind::Struct(body) | Kind::Union(body) => {
                Shape::Composite(body.members.into_iter().map(|member| self.field(member, depth)).collect())
            }
            Kind::Var { ty, .. } => Shape::Variable { name, value: self.shape(ty, depth) },
            Kind::Datasec { vars, .. } => {
                let variables =
                    vars.iter().map(|slot| (slot.offset as usize, self.shape(slot.ty, depth))).collect();
                Shape::Section { name, variables }
            }
            Kind::Void
            | Kind::Fwd { .. }
            | Kind::Typedef(_)
            | Kind::Volatile(_)
            | Kind::Const(_)
            | Kind::Restrict(_)
            | Kind::Func { .. }
            | Kind::FuncProto { .. }
            | Kind::DeclTag { .. }
            | Kind::TypeTag { .. } => Shape::Nothing,
        }
    }

    fn pointer(&self, to: TypeId) -> Shape {
        let to = self.btf.resolve(to);
        let is_function = |ty| self.btf.get(ty).is_ok_and(|it| matches!(it.kind, Kind::FuncProto { .. }));
        if self.functions == Functions::Addresses || !is_function(to) {
            return Shape::Pointer;
        }
        declaration(self.btf, to).map_or(Shape::Pointer, Shape::Function)
    }

    fn array(&mut self, element: TypeId, len: u32, depth: u32) -> Shape {
        let stride = self.btf.size_of(element).ok().and_then(|size| usize::try_from(size).ok());
        let text = len > 0 && self.is_character(element);
        let len = if stride.unwrap_or(0) == 0 { 0 } else { len.min(MAX_ELEMENTS) };
        Shape::Array { element: self.shape(element, depth), stride: stride.unwrap_or(0), len, text }
    }

    /// Whether it is `char`, perhaps `const`; other names for it do not count.
    fn is_character(&self, mut ty: TypeId) -> bool {
        for _ in 0..MAX_DEPTH {
            let Ok(found) = self.btf.get(ty) else { return false };
            match found.kind {
                Kind::Const(inner) | Kind::Volatile(inner) | Kind::Restrict(inner) => ty = inner,
                Kind::TypeTag { ty: inner, .. } => ty = inner,
                Kind::Int { size: 1, encoding, .. } => {
                    return encoding == IntEncoding::CHAR || found.name == "char";
                }
                _ => return false,
            }
        }
        false
    }

    fn field(&mut self, member: Member, depth: u32) -> Field {
        Field {
            at: member.bit_offset as usize / 8,
            bit: (member.bit_offset % 8) as u8,
            width: member.bit_size,
            shape: self.shape(member.ty, depth),
            name: member.name,
        }
    }
}

fn int_form(encoding: IntEncoding, bits: u8) -> IntForm {
    match bits {
        8 | 16 | 32 | 64 if encoding.is_bool() => IntForm::Bool,
        8 | 16 | 32 | 64 if encoding.is_char() => IntForm::Char,
        8 | 16 | 32 | 64 if encoding.is_signed() => IntForm::Signed,
        8 | 16 | 32 | 64 => IntForm::Unsigned,
        _ => IntForm::Bits,
    }
}

fn enumeration(body: Enum) -> Shape {
    let size = body.size as usize;
    let kept = u64::MAX >> (64 - 8 * body.size.clamp(1, 8));
    let names = body.values.into_iter().map(|value| (value.value.cast_unsigned() & kept, value.name));
    Shape::Enum { size, names: names.collect() }
}
