//! Types of the language: from BTF, spelled out, and what two of them have in common.
use crate::typed::{Member, Space, Type, TypeRef, TypeSet};
use osmia_btf::{Btf, Kind, KindTag, TypeId};
use osmia_object::DebugFacts;
use std::collections::BTreeMap;

/// The sets of C types that a script can name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Types<'a> {
    /// The kernel's.
    pub(super) kernel: Option<&'a Btf>,
    /// The script's own.
    pub(super) script: Option<&'a Btf>,
    /// Those of objects that the script imports.
    pub(super) imports: &'a [crate::Imported],
    /// Those of user files.
    pub(super) files: &'a BTreeMap<String, DebugFacts>,
    /// Which of them names are looked up in: that of the probe.
    pub(super) file: Option<u16>,
}

/// How deep arrays and pointers may nest.
const MAX_DEPTH: u32 = 16;

impl<'a> Types<'a> {
    /// One of the sets.
    pub(super) fn set(&self, set: TypeSet) -> Option<&'a Btf> {
        match set {
            TypeSet::Kernel => self.kernel,
            TypeSet::Script => self.script,
            TypeSet::File(number) => self.files.values().nth(usize::from(number))?.types.as_ref(),
            TypeSet::Import(number) => Some(&self.imports.get(usize::from(number))?.types),
        }
    }

    /// The same, names being looked up in the types of a user file too.
    pub(super) const fn within(self, file: Option<u16>) -> Self {
        Self { file, ..self }
    }

    /// The sets that names are looked up in, the nearest first.
    fn sets(&self) -> impl Iterator<Item = TypeSet> + use<> {
        let imports = (0..self.imports.len() as u16).map(TypeSet::Import);
        let own = [Some(TypeSet::Script), self.file.map(TypeSet::File), Some(TypeSet::Kernel)];
        own.into_iter().flatten().chain(imports)
    }

    /// `struct NAME`, `union NAME`, `enum NAME` or a typedef of that name; the script's own first.
    pub(super) fn named(&self, name: &str) -> Option<TypeRef> {
        self.sets().find_map(|set| {
            let btf = self.set(set)?;
            let id = match name.split_once(' ') {
                Some(("struct", rest)) => btf.find_struct(rest.trim()),
                Some(("union", rest)) => btf.find_union(rest.trim()),
                Some(("enum", rest)) => btf.find_enum(rest.trim()),
                _ => {
                    btf.find_typedef(name).or_else(|| btf.find_struct(name)).or_else(|| btf.find_union(name))
                }
            }?;
            Some(TypeRef { set, id: btf.resolve(id) })
        })
    }

    /// The value of an enumerator, and its enum.
    pub(super) fn enumerator(&self, name: &str) -> Option<(TypeRef, Type, i64)> {
        self.sets().find_map(|set| {
            let found = self.set(set)?.enumerator(name)?;
            let of = TypeRef { set, id: found.ty };
            Some((of, self.convert(set, found.ty, Space::Unknown), found.value))
        })
    }

    /// The values of an enumeration, and their names.
    pub(super) fn enumerators(&self, of: TypeRef) -> Vec<(i64, String)> {
        let Some(Ok(ty)) = self.set(of.set).map(|btf| btf.get(of.id)) else { return Vec::new() };
        ty.kind.enumerators().iter().map(|it| (it.value, it.name.clone())).collect()
    }

    /// A C type as a type of the language; `space` is where a value of it lies.
    /// Of an integer of 16 bytes, which no register holds, it is the lower half.
    pub(super) fn convert(&self, set: TypeSet, id: TypeId, space: Space) -> Type {
        let kind = self.set(set).and_then(|btf| btf.outline(btf.resolve(id)).ok()).map(|ty| ty.kind);
        match kind {
            Some(Kind::Int { size: 16, encoding, .. }) => Type::int(8, encoding.is_signed()),
            _ => self.convert_within(set, id, space, MAX_DEPTH),
        }
    }

    fn convert_within(&self, set: TypeSet, id: TypeId, space: Space, depth: u32) -> Type {
        let Some(btf) = self.set(set) else { return Type::None };
        if depth == 0 {
            return Type::None;
        }
        let id = btf.resolve(id);
        let Ok(ty) = btf.outline(id) else { return Type::None };
        match ty.kind {
            Kind::Int { size, encoding, .. } if size <= 8 => match encoding.is_bool() {
                true if size == 1 => Type::Bool,
                _ => Type::int(size as u8, encoding.is_signed() || ty.name == "char"),
            },
            Kind::Enum(body) | Kind::Enum64(body) => Type::Enum {
                names: TypeRef { set, id },
                size: body.size.clamp(1, 8) as u8,
                signed: body.signed || has_negative_value(btf, id),
            },
            Kind::Ptr(to) => self.pointer(btf, set, to, space, depth),
            Kind::Array { element, len, .. } if len > 0 && btf.name(btf.resolve(element)) == Some("char") => {
                Type::Str { capacity: len }
            }
            Kind::Array { element, len, .. } => Type::Array {
                element: Box::new(self.convert_within(set, element, space, depth - 1)),
                count: len,
                space,
            },
            Kind::Struct(body) | Kind::Union(body) => {
                Type::Composite { of: TypeRef { set, id }, size: body.size, space }
            }
            _ => Type::None,
        }
    }

    /// What a pointer found in `space` points to, and where that is.
    fn pointer(&self, btf: &Btf, set: TypeSet, to: TypeId, space: Space, depth: u32) -> Type {
        let target = btf.resolve(to);
        let composite = btf.tag(target).is_some_and(KindTag::is_composite);
        let there = match (address_tag(btf, to), space) {
            (Some("user"), _) => Space::User,
            (_, Space::Trusted) if composite => Space::Trusted,
            (_, Space::Trusted | Space::Context) => Space::Kernel,
            (_, Space::Bpf) => Space::Unknown,
            (_, other) => other,
        };
        let to = if target.is_void() { Type::None } else { self.convert_within(set, to, there, depth - 1) };
        Type::Pointer { to: Box::new(to), space: there }
    }

    /// A member by name, through anonymous members, and its type.
    pub(super) fn member(&self, of: TypeRef, name: &str, space: Space) -> Option<(Member, Type)> {
        let field = self.set(of.set)?.field(of.id, name)?;
        let ty = self.convert(of.set, field.ty, space);
        let member = Member { of, path: field.path, bit_offset: field.bit_offset, bit_size: field.bit_size };
        Some((member, ty))
    }

    /// Whether a structure is the one of this name, or begins with it.
    pub(super) fn begins_with(&self, of: TypeRef, name: &str) -> bool {
        let Some(btf) = self.set(of.set) else { return false };
        let mut id = btf.resolve(of.id);
        for _ in 0..MAX_DEPTH {
            if btf.tag(id) != Some(KindTag::Struct) {
                return false;
            }
            if btf.name(id) == Some(name) {
                return true;
            }
            let Some(first) = btf.member(id, 0) else { return false };
            id = btf.resolve(first.ty);
        }
        false
    }

    /// All member names, for suggestions.
    pub(super) fn members(&self, of: TypeRef) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(btf) = self.set(of.set) {
            collect_members(btf, of.id, &mut names, MAX_DEPTH);
        }
        names
    }

    /// The C spelling of a type, as messages and listings show it.
    pub(super) fn spell(&self, of: TypeRef) -> String {
        self.set(of.set).map_or_else(String::new, |btf| btf.type_name(of.id))
    }

    /// A type as messages name it.
    pub(super) fn name(&self, ty: &Type) -> String {
        match ty {
            Type::None => "none".into(),
            Type::Bool => "bool".into(),
            Type::Int { size, signed, .. } => {
                format!("{}int{}", if *signed { "" } else { "u" }, u32::from(*size) * 8)
            }
            Type::Enum { names, .. } => self.spell(*names),
            Type::Pointer { to, .. } if **to == Type::None => "void *".into(),
            Type::Pointer { to, .. } => format!("{} *", self.name(to)),
            Type::Composite { of, .. } => self.spell(*of),
            Type::Array { element, count, .. } => format!("{}[{count}]", self.name(element)),
            Type::Str { capacity } => format!("string[{capacity}]"),
            // The length in front of the bytes counts.
            Type::Buffer { capacity } => format!("buffer[{}]", capacity + 4),
            Type::Tuple(parts) => {
                format!("({})", parts.iter().map(|part| self.name(part)).collect::<Vec<_>>().join(","))
            }
            Type::Record(parts) => {
                let parts = parts.iter().map(|(name, part)| format!(".{name} = {}", self.name(part)));
                format!("record {{ {} }}", parts.collect::<Vec<_>>().join(", "))
            }
            Type::KernelSymbol => "ksym_t".into(),
            Type::UserSymbol => "usym_t".into(),
            Type::KernelStack { mode, limit } => format!("kstack_{}_{limit}", super::stack::mode_name(*mode)),
            Type::UserStack { mode, limit } => format!("ustack_{}_{limit}", super::stack::mode_name(*mode)),
            Type::Inet => "inet[24]".into(),
            Type::Mac => "mac_address".into(),
            Type::Username => "username_t".into(),
            Type::CgroupPath { .. } => "cgroup_path_t".into(),
            Type::Timestamp { .. } => "timestamp".into(),
        }
    }
}

/// What kind of type one is, as messages name it.
pub(super) const fn class(ty: &Type) -> &'static str {
    match ty {
        Type::None => "void",
        Type::Bool => "bool",
        Type::Int { .. } | Type::Enum { .. } => "int",
        Type::Pointer { .. } => "pointer",
        Type::Composite { .. } => "c_type",
        Type::Array { .. } => "array",
        Type::Str { .. } => "string",
        Type::Buffer { .. } => "buffer",
        Type::Tuple(_) => "tuple",
        Type::Record(_) => "record",
        Type::KernelSymbol => "ksym_t",
        Type::UserSymbol => "usym_t",
        Type::KernelStack { .. } => "kstack",
        Type::UserStack { .. } => "ustack",
        Type::Inet => "inet",
        Type::Mac => "mac_address",
        Type::Username => "username_t",
        Type::CgroupPath { .. } => "cgroup_path_t",
        Type::Timestamp { .. } => "timestamp",
    }
}

fn has_negative_value(btf: &Btf, id: TypeId) -> bool {
    btf.get(id).is_ok_and(|ty| ty.kind.enumerators().iter().any(|value| value.value < 0))
}

/// The `user`, `percpu` or `rcu` tag on what a pointer points to.
fn address_tag(btf: &Btf, mut id: TypeId) -> Option<&'static str> {
    for _ in 0..MAX_DEPTH {
        let ty = btf.outline(id).ok()?;
        id = match ty.kind {
            Kind::TypeTag { ty: next, .. } => match ty.name.as_str() {
                "user" => return Some("user"),
                "percpu" => return Some("percpu"),
                _ => next,
            },
            Kind::Typedef(next) | Kind::Const(next) | Kind::Volatile(next) | Kind::Restrict(next) => next,
            _ => return None,
        };
    }
    None
}

fn collect_members(btf: &Btf, id: TypeId, names: &mut Vec<String>, depth: u32) {
    let Ok(Kind::Struct(body) | Kind::Union(body)) = btf.get(btf.resolve(id)).map(|ty| ty.kind) else {
        return;
    };
    for member in body.members {
        if member.name.is_empty() && depth > 0 {
            collect_members(btf, member.ty, names, depth - 1);
        } else {
            names.push(member.name);
        }
    }
}

/// The same pointer, as one that the verifier knows nothing of.
pub(super) fn untrusted(ty: &Type) -> Type {
    match ty {
        Type::Pointer { to, space: Space::Trusted } => {
            Type::Pointer { to: Box::new(moved(to, Space::Kernel)), space: Space::Kernel }
        }
        _ => ty.clone(),
    }
}

/// The same type, lying somewhere else.
pub(super) fn moved(ty: &Type, there: Space) -> Type {
    match ty {
        Type::Composite { of, size, .. } => Type::Composite { of: *of, size: *size, space: there },
        Type::Array { element, count, .. } => {
            Type::Array { element: Box::new(moved(element, there)), count: *count, space: there }
        }
        other => other.clone(),
    }
}
