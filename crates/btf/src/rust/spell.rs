//! Types as Rust spells them.
use super::{Writer, names};
use crate::{BtfError, Kind, KindTag, TypeId};

/// How many types may hang on each other.
const MAX_DEPTH: u32 = 64;

/// The number type of so many bytes.
pub(super) const fn integer(size: u32, signed: bool) -> &'static str {
    match (size, signed) {
        (1, false) => "u8",
        (1, true) => "i8",
        (2, false) => "u16",
        (2, true) => "i16",
        (8, false) => "u64",
        (8, true) => "i64",
        (16, false) => "u128",
        (16, true) => "i128",
        (_, false) => "u32",
        (_, true) => "i32",
    }
}

impl Writer<'_> {
    /// How a type is written. What has a name is written later; what has none is called `near`.
    pub(super) fn spell(&mut self, id: TypeId, near: &str, depth: u32) -> Result<String, BtfError> {
        if depth >= MAX_DEPTH {
            return Err(self.btf.error_at(id, crate::BtfErrorKind::TooDeep(id)));
        }
        if id.is_void() {
            return Ok("::core::ffi::c_void".to_owned());
        }
        let spent = || self.btf.error_at(id, crate::BtfErrorKind::TooLarge(id));
        self.budget = self.budget.checked_sub(1).ok_or_else(spent)?;
        let ty = self.btf.get(id)?;
        let next = depth + 1;
        match ty.kind {
            Kind::Int { size: 1, encoding, .. } if encoding.is_bool() && self.plain.is_some() => {
                Ok(format!("{}::Bool", self.plain.unwrap_or_default()))
            }
            Kind::Int { size, encoding, .. } => Ok(integer(size, encoding.is_signed()).to_owned()),
            Kind::Float { size } => Ok(match size {
                4 => "f32".to_owned(),
                8 => "f64".to_owned(),
                _ => format!("[u8; {size}]"),
            }),
            Kind::Ptr(_) if self.plain.is_some() => Ok(integer(self.btf.pointer_size(), false).to_owned()),
            Kind::Ptr(to) => self.pointer(to, near, next),
            Kind::Array { element, len, .. } => Ok(format!("[{}; {len}]", self.spell(element, near, next)?)),
            Kind::Const(to) | Kind::Volatile(to) | Kind::Restrict(to) | Kind::TypeTag { ty: to, .. } => {
                self.spell(to, near, next)
            }
            Kind::Struct(_) | Kind::Union(_) | Kind::Enum(_) | Kind::Enum64(_) | Kind::Fwd { .. } => {
                Ok(self.name(id, &ty.name, near))
            }
            Kind::Typedef(to) => {
                if names::PRIMITIVES.contains(&ty.name.as_str()) {
                    return self.spell(to, near, next);
                }
                match names::named_by_typedef(self.btf, id) {
                    Some(inner) => Ok(self.name(inner, "", &ty.name)),
                    None if self.is_own_name(to, &ty.name) => self.spell(to, near, next),
                    None => Ok(self.name(id, &ty.name, near)),
                }
            }
            Kind::FuncProto { .. } => self.function(id, near, next),
            _ => Ok("::core::ffi::c_void".to_owned()),
        }
    }

    /// `typedef struct foo foo;` says nothing new.
    fn is_own_name(&self, to: TypeId, name: &str) -> bool {
        let tag = self.btf.tag(to);
        tag.is_some_and(|tag| tag.is_composite() || tag.is_enum() || tag == KindTag::Fwd)
            && self.btf.name(to) == Some(name)
    }

    fn name(&mut self, id: TypeId, own: &str, near: &str) -> String {
        if let Some(name) = self.given.get(&id) {
            return name.clone();
        }
        // A declaration is the definition of its name, if there is one.
        if let Some(whole) = self.definition(id) {
            let name = self.name(whole, own, near);
            self.given.insert(id, name.clone());
            return name;
        }
        let name = self.names.type_name(if own.is_empty() { near } else { own });
        self.given.insert(id, name.clone());
        self.wanted.push(id);
        name
    }

    fn definition(&self, id: TypeId) -> Option<TypeId> {
        let Kind::Fwd { union } = self.btf.get(id).ok()?.kind else { return None };
        let tag = if union { KindTag::Union } else { KindTag::Struct };
        self.btf.find(self.btf.name(id)?).find(|&found| self.btf.tag(found) == Some(tag))
    }

    fn pointer(&mut self, to: TypeId, near: &str, depth: u32) -> Result<String, BtfError> {
        let (mut at, mut constant) = (to, false);
        for _ in 0..MAX_DEPTH {
            at = match self.btf.get(at)?.kind {
                Kind::Const(inner) => {
                    constant = true;
                    inner
                }
                Kind::Volatile(inner) | Kind::Restrict(inner) | Kind::TypeTag { ty: inner, .. } => inner,
                _ => break,
            };
        }
        if self.btf.tag(at) == Some(KindTag::FuncProto) {
            return self.function(at, near, depth);
        }
        let target = self.spell(at, near, depth)?;
        Ok(format!("*{} {target}", if constant { "const" } else { "mut" }))
    }

    fn function(&mut self, id: TypeId, near: &str, depth: u32) -> Result<String, BtfError> {
        let Kind::FuncProto { ret, params } = self.btf.get(id)?.kind else { return Ok(String::new()) };
        let mut parts = Vec::new();
        let count = params.len();
        for (place, param) in params.iter().enumerate() {
            if param.ty.is_void() {
                // The last one without a type stands for all that may follow; alone, for nothing.
                if place + 1 == count && place > 0 {
                    parts.push("...".to_owned());
                }
                continue;
            }
            let text = self.spell(param.ty, &format!("{near}__{}", param.name), depth)?;
            parts.push(text);
        }
        let parts = parts.join(", ");
        let result = match ret.is_void() {
            true => String::new(),
            false => format!(" -> {}", self.spell(ret, near, depth)?),
        };
        Ok(format!("::core::option::Option<unsafe extern \"C\" fn({parts}){result}>"))
    }
}
