//! Types of the language: from BTF, spelled out, and what two of them have in common.
use crate::typed::{Member, Space, Type, TypeRef, TypeSet};
use osmia_btf::{Btf, Kind, TypeId};

/// The two sets of C types that a script can name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Types<'a> {
    /// The kernel's.
    pub(super) kernel: Option<&'a Btf>,
    /// The script's own.
    pub(super) script: Option<&'a Btf>,
}

/// How deep arrays and pointers may nest.
const MAX_DEPTH: u32 = 16;

impl<'a> Types<'a> {
    /// One of the sets.
    pub(super) fn set(&self, set: TypeSet) -> Option<&'a Btf> {
        match set {
            TypeSet::Kernel => self.kernel,
            TypeSet::Script => self.script,
        }
    }

    /// `struct NAME`, `union NAME`, `enum NAME` or a typedef of that name; the script's own first.
    pub(super) fn named(&self, name: &str) -> Option<TypeRef> {
        [TypeSet::Script, TypeSet::Kernel].into_iter().find_map(|set| {
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
        [TypeSet::Script, TypeSet::Kernel].into_iter().find_map(|set| {
            let found = self.set(set)?.enumerator(name)?;
            let of = TypeRef { set, id: found.ty };
            Some((of, self.convert(set, found.ty, Space::Unknown), found.value))
        })
    }

    /// A C type as a type of the language; `space` is where a value of it lies.
    pub(super) fn convert(&self, set: TypeSet, id: TypeId, space: Space) -> Type {
        self.convert_within(set, id, space, MAX_DEPTH)
    }

    fn convert_within(&self, set: TypeSet, id: TypeId, space: Space, depth: u32) -> Type {
        let Some(btf) = self.set(set) else { return Type::None };
        if depth == 0 {
            return Type::None;
        }
        let id = btf.resolve(id);
        let Ok(ty) = btf.get(id) else { return Type::None };
        match ty.kind {
            Kind::Int { size, encoding, .. } if size <= 8 => match encoding.is_bool() {
                true if size == 1 => Type::Bool,
                _ => Type::Int { size: size as u8, signed: encoding.is_signed() || ty.name == "char" },
            },
            Kind::Enum(body) | Kind::Enum64(body) => Type::Enum {
                names: TypeRef { set, id },
                size: body.size.clamp(1, 8) as u8,
                signed: body.signed || body.values.iter().any(|value| value.value < 0),
            },
            Kind::Ptr(to) => self.pointer(btf, set, to, space, depth),
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
        let composite = matches!(btf.get(target).map(|ty| ty.kind), Ok(Kind::Struct(_) | Kind::Union(_)));
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
            Type::Int { size, signed } => {
                format!("{}int{}", if *signed { "" } else { "u" }, u32::from(*size) * 8)
            }
            Type::Enum { names, .. } => self.spell(*names),
            Type::Pointer { to, .. } if **to == Type::None => "void *".into(),
            Type::Pointer { to, .. } => format!("{} *", self.name(to)),
            Type::Composite { of, .. } => self.spell(*of),
            Type::Array { element, count, .. } => format!("{}[{count}]", self.name(element)),
            Type::Str { capacity } => format!("string[{capacity}]"),
            Type::Buffer { capacity } => format!("buffer[{capacity}]"),
            Type::Tuple(parts) => {
                format!("({})", parts.iter().map(|part| self.name(part)).collect::<Vec<_>>().join(","))
            }
            Type::Record(parts) => {
                let parts = parts.iter().map(|(name, part)| format!("{name}={}", self.name(part)));
                format!("({})", parts.collect::<Vec<_>>().join(","))
            }
            Type::KernelSymbol => "ksym_t".into(),
            Type::UserSymbol => "usym_t".into(),
            Type::KernelStack { limit, .. } => format!("kstack_{limit}"),
            Type::UserStack { limit, .. } => format!("ustack_{limit}"),
            Type::Inet => "inet".into(),
            Type::Mac => "mac_address".into(),
            Type::Username => "username_t".into(),
            Type::CgroupPath => "cgroup_path_t".into(),
            Type::Timestamp { .. } => "timestamp".into(),
        }
    }
}

/// The `user`, `percpu` or `rcu` tag on what a pointer points to.
fn address_tag(btf: &Btf, mut id: TypeId) -> Option<&'static str> {
    for _ in 0..MAX_DEPTH {
        let ty = btf.get(id).ok()?;
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

/// A type that holds the values of both, if there is one: what a variable or map that is given both has.
pub(super) fn join(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Type::None, other) | (other, Type::None) => Some(other.clone()),
        (Type::Int { size: s, signed: x }, Type::Int { size: t, signed: y }) => {
            Some(join_ints((*s, *x), (*t, *y)))
        }
        (Type::Enum { size, signed, .. }, other) | (other, Type::Enum { size, signed, .. }) => {
            let number = Type::Int { size: *size, signed: *signed };
            match other {
                Type::Enum { size, signed, .. } => join(&number, &Type::Int { size: *size, signed: *signed }),
                Type::Int { .. } => join(&number, other),
                _ => None,
            }
        }
        (Type::Bool, other @ Type::Int { .. }) | (other @ Type::Int { .. }, Type::Bool) => {
            Some(other.clone())
        }
        (Type::Str { capacity: s }, Type::Str { capacity: t }) => Some(Type::Str { capacity: *s.max(t) }),
        (Type::Buffer { capacity: s }, Type::Buffer { capacity: t }) => {
            Some(Type::Buffer { capacity: *s.max(t) })
        }
        (Type::Pointer { to, space }, Type::Pointer { to: other, space: there }) => {
            let to = if to == other { (**to).clone() } else { Type::None };
            Some(Type::Pointer { to: Box::new(to), space: join_spaces(*space, *there) })
        }
        (pointer @ Type::Pointer { .. }, Type::Int { .. })
        | (Type::Int { .. }, pointer @ Type::Pointer { .. }) => Some(untrusted(pointer)),
        (Type::Composite { of, size, space }, Type::Composite { of: other, space: there, .. })
            if of == other =>
        {
            Some(Type::Composite { of: *of, size: *size, space: join_spaces(*space, *there) })
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| join(a, b)).collect::<Option<_>>().map(Type::Tuple)
        }
        (Type::Record(a), Type::Record(b)) if a.len() == b.len() => {
            let parts = a.iter().zip(b).map(|((name, a), (other, b))| {
                join(a, b).filter(|_| name == other).map(|ty| (name.clone(), ty))
            });
            parts.collect::<Option<_>>().map(Type::Record)
        }
        _ => None,
    }
}

/// Unsigned and signed of one size need the next size; 64 bits stay signed.
fn join_ints((s, x): (u8, bool), (t, y): (u8, bool)) -> Type {
    let size = s.max(t);
    let unsigned = if x { t } else { s };
    let widened = if x != y && unsigned >= size { (size * 2).min(8) } else { size };
    Type::Int { size: widened, signed: x || y }
}

fn join_spaces(a: Space, b: Space) -> Space {
    match (a, b) {
        _ if a == b => a,
        (Space::Trusted, Space::Kernel) | (Space::Kernel, Space::Trusted) => Space::Kernel,
        _ => Space::Unknown,
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn int(size: u8, signed: bool) -> Type {
        Type::Int { size, signed }
    }

    #[test]
    fn integers_join_to_what_holds_both() {
        let cases = [
            (int(4, false), int(4, false), int(4, false)),
            (int(4, false), int(1, true), int(8, true)),
            (int(4, false), int(8, true), int(8, true)),
            (int(8, false), int(4, true), int(8, true)),
            (int(1, false), int(4, true), int(4, true)),
        ];
        for (a, b, expected) in cases {
            assert_eq!(join(&a, &b), Some(expected.clone()), "{a:?} {b:?}");
            assert_eq!(join(&b, &a), Some(expected), "{b:?} {a:?}");
        }
    }

    #[test]
    fn text_and_numbers_do_not_join() {
        assert_eq!(join(&Type::Str { capacity: 16 }, &Type::INT64), None);
        assert_eq!(
            join(&Type::Str { capacity: 16 }, &Type::Str { capacity: 64 }),
            Some(Type::Str { capacity: 64 })
        );
    }
}
