//! From the checker's types to what readers know: sizes, layouts, names.
use super::stacks::map_name;
use crate::typed::{Expr, ExprKind, Program, Type, TypeRef, TypeSet};
use osmia_btf::{Btf, Kind, Member, TypeId};
use osmia_event::{Field, Since, Type as Out, layout};
use osmia_object::Target;

/// Types by their ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Types<'a> {
    pub(super) kernel: Option<&'a Btf>,
    pub(super) script: Option<&'a Btf>,
    imports: &'a [crate::Imported],
    pub(super) files: &'a std::collections::BTreeMap<String, osmia_object::DebugFacts>,
}

/// How deep a printed structure may be.
const DEPTH: u32 = 16;

impl<'a> Types<'a> {
    pub(super) fn new(program: &'a Program, target: &'a Target) -> Self {
        Self {
            kernel: target.btf.as_ref(),
            script: program.types.as_ref(),
            imports: &program.imports,
            files: &target.debug,
        }
    }

    pub(super) fn of(&self, set: TypeSet) -> Option<&'a Btf> {
        match set {
            TypeSet::Kernel => self.kernel,
            TypeSet::Script => self.script,
            TypeSet::File(number) => self.files.values().nth(usize::from(number))?.types.as_ref(),
            TypeSet::Import(number) => Some(&self.imports.get(usize::from(number))?.types),
        }
    }

    /// How a value is read that is made by this: arrays of characters are whole without a NUL too.
    pub(super) fn shown(&self, it: &Expr) -> Out {
        match (&it.kind, &it.ty) {
            (
                ExprKind::Field { .. }
                | ExprKind::Index { .. }
                | ExprKind::Deref(_)
                | ExprKind::TracepointField(..),
                Type::Str { capacity },
            ) => Out::Chars { capacity: *capacity },
            (_, ty) => self.event(ty),
        }
    }

    /// How a value of this type is read. What has no form of its own is bytes.
    pub(super) fn event(&self, ty: &Type) -> Out {
        match ty {
            Type::None => Out::None,
            Type::Bool => Out::Bool,
            Type::Int { size, signed, .. } => Out::Int { size: *size, signed: *signed },
            Type::Enum { names, size, signed } => {
                Out::Enum { size: *size, signed: *signed, names: self.names(*names) }
            }
            Type::Pointer { .. } => Out::Pointer,
            Type::Composite { of, size, .. } => self.composite(*of, *size),
            Type::Array { element, count, .. } => {
                Out::Array { element: Box::new(self.event(element)), count: *count }
            }
            Type::Str { capacity } => Out::Str { capacity: *capacity },
            Type::Buffer { capacity } => Out::Buffer { capacity: *capacity },
            Type::Tuple(parts) => {
                let (fields, size) = layout(parts.iter().map(|part| (None, self.event(part))));
                Out::Tuple { fields, size }
            }
            Type::Record(parts) => {
                let (fields, size) =
                    layout(parts.iter().map(|(name, part)| (Some(name.clone()), self.event(part))));
                Out::Record { fields, size }
            }
            Type::KernelSymbol => Out::KernelSymbol,
            Type::UserSymbol => Out::UserSymbol,
            Type::KernelStack { mode, limit } => {
                Out::KernelStack { map: map_name(*mode, *limit), mode: *mode, limit: *limit }
            }
            Type::UserStack { mode, limit } => {
                Out::UserStack { map: map_name(*mode, *limit), mode: *mode, limit: *limit }
            }
            Type::Inet => Out::Inet,
            Type::Mac => Out::Mac,
            Type::Username => Out::Username,
            Type::CgroupPath { hierarchies } if hierarchies == "*" => Out::CgroupPath,
            Type::CgroupPath { hierarchies } => Out::CgroupPathIn { hierarchies: hierarchies.clone() },
            Type::Timestamp { format, since: Since::Boot } => Out::Timestamp { format: format.clone() },
            Type::Timestamp { format, since: Since::Epoch } => Out::WallTime { format: format.clone() },
        }
    }

    /// Bytes that a value of this type takes.
    pub(super) fn size(&self, ty: &Type) -> u32 {
        match ty {
            Type::Composite { size, .. } => *size,
            Type::Array { element, count, .. } => self.size(element).saturating_mul(*count),
            _ => self.event(ty).size(),
        }
    }

    fn names(&self, of: TypeRef) -> Vec<(i64, String)> {
        let Some(Ok(ty)) = self.of(of.set).map(|btf| btf.get(of.id)) else { return Vec::new() };
        ty.kind.enumerators().iter().map(|it| (it.value, it.name.clone())).collect()
    }

    fn composite(&self, of: TypeRef, size: u32) -> Out {
        let fields = self.of(of.set).map(|btf| fields(btf, of.id, 0, 0)).unwrap_or_default();
        Out::Record { fields, size }
    }
}

/// The members of a structure as a reader sees them; those of anonymous members are its own.
fn fields(btf: &Btf, id: TypeId, base: u32, depth: u32) -> Vec<Field> {
    let Ok(ty) = btf.get(btf.resolve(id)) else { return Vec::new() };
    let mut all = Vec::new();
    for member in ty.kind.members() {
        let inner = btf.resolve(member.ty);
        if member.name.is_empty() && btf.tag(inner).is_some_and(osmia_btf::KindTag::is_composite) {
            all.extend(fields(btf, inner, base + member.bit_offset / 8, depth + 1));
        } else if let Some(field) = field(btf, member, base, depth) {
            all.push(field);
        }
    }
    all
}

fn field(btf: &Btf, member: &Member, base: u32, depth: u32) -> Option<Field> {
    let kind = reader_type(btf, member.ty, depth)?;
    let (offset, kind) = match member.bit_size.filter(|&bits| bits > 0) {
        Some(bits) => bits_of(member.bit_offset, bits, &kind)?,
        None => (member.bit_offset / 8, kind),
    };
    Some(Field { name: Some(member.name.clone()), offset: base + offset, kind })
}

/// Where a bit-field's integer is, and which bits of it count.
fn bits_of(bit_offset: u32, bits: u8, kind: &Out) -> Option<(u32, Out)> {
    let signed = matches!(kind, Out::Int { signed: true, .. } | Out::Enum { signed: true, .. });
    let (offset, size) = storage(bit_offset, bits, kind.size())?;
    let shift = u8::try_from(bit_offset - offset * 8).ok()?;
    Some((offset, Out::Bits { size, signed, shift, bits }))
}

/// Offset and size of the aligned integer that holds a bit-field: the declared one, or the next larger that holds it.
pub(super) fn storage(bit_offset: u32, bits: u8, declared: u32) -> Option<(u32, u8)> {
    let mut size = declared.max(1);
    while size <= 8 {
        let offset = bit_offset / 8 / size * size;
        if bit_offset + u32::from(bits) <= (offset + size) * 8 {
            return Some((offset, u8::try_from(size).ok()?));
        }
        size *= 2;
    }
    None
}

fn reader_type(btf: &Btf, id: TypeId, depth: u32) -> Option<Out> {
    if depth > DEPTH {
        return None;
    }
    let id = btf.resolve(id);
    Some(match btf.get(id).ok()?.kind {
        Kind::Int { size, encoding, .. } if encoding.is_bool() && size == 1 => Out::Bool,
        Kind::Int { size, encoding, .. } if matches!(size, 1 | 2 | 4 | 8 | 16) => {
            Out::Int { size: u8::try_from(size).ok()?, signed: encoding.is_signed() }
        }
        Kind::Int { size, .. } => bytes(size),
        Kind::Ptr(_) => Out::Pointer,
        Kind::Enum(body) | Kind::Enum64(body) => Out::Enum {
            size: u8::try_from(body.size).ok()?,
            signed: body.signed,
            names: body.values.into_iter().map(|it| (it.value, it.name)).collect(),
        },
        Kind::Array { element, len, .. } => match reader_type(btf, element, depth + 1)? {
            Out::Int { size: 1, .. } if is_char(btf, element) => Out::Chars { capacity: len },
            element => Out::Array { element: Box::new(element), count: len },
        },
        Kind::Struct(body) | Kind::Union(body) => {
            Out::Record { fields: fields(btf, id, 0, depth + 1), size: body.size }
        }
        // Nobody can do anything with them yet.
        Kind::Float { .. } => Out::None,
        _ => return None,
    })
}

fn bytes(count: u32) -> Out {
    Out::Array { element: Box::new(Out::Int { size: 1, signed: false }), count }
}

fn is_char(btf: &Btf, id: TypeId) -> bool {
    btf.name(btf.resolve(id)) == Some("char")
}

/// The bits and sign of a scalar type; of others `None`.
pub(super) fn scalar(ty: &Type) -> Option<(u32, bool)> {
    match ty {
        Type::Bool => Some((1, false)),
        Type::Int { size, signed, .. } | Type::Enum { size, signed, .. } => Some((u32::from(*size), *signed)),
        Type::Pointer { .. } => Some((8, false)),
        _ => None,
    }
}
