//! Types as they are written in casts, declarations, `sizeof`.
use super::body::Body;
use super::convert::kept;
use super::types::moved;
use crate::ast::{self, CTag, TypeName, TypeNameKind, TypeOrExpr};
use crate::typed::{Expr, ExprKind, Space, Type};
use osmia_base::Span;

/// What asks for a type, as messages call it.
const TYPEOF: &str = "typeof or typeinfo";

/// Integer types by their names: bpftrace's, C's and the kernel's.
const INTEGERS: &[(&str, u8, bool)] = &[
    ("int8", 1, true),
    ("int16", 2, true),
    ("int32", 4, true),
    ("int64", 8, true),
    ("uint8", 1, false),
    ("uint16", 2, false),
    ("uint32", 4, false),
    ("uint64", 8, false),
    ("int8_t", 1, true),
    ("int16_t", 2, true),
    ("int32_t", 4, true),
    ("int64_t", 8, true),
    ("uint8_t", 1, false),
    ("uint16_t", 2, false),
    ("uint32_t", 4, false),
    ("uint64_t", 8, false),
    ("s8", 1, true),
    ("s16", 2, true),
    ("s32", 4, true),
    ("s64", 8, true),
    ("u8", 1, false),
    ("u16", 2, false),
    ("u32", 4, false),
    ("u64", 8, false),
    ("__s8", 1, true),
    ("__s16", 2, true),
    ("__s32", 4, true),
    ("__s64", 8, true),
    ("__u8", 1, false),
    ("__u16", 2, false),
    ("__u32", 4, false),
    ("__u64", 8, false),
    ("char", 1, true),
    ("short", 2, true),
    ("int", 4, true),
    ("long", 8, true),
    ("long long", 8, true),
    ("size_t", 8, false),
    ("ssize_t", 8, true),
    ("intptr_t", 8, true),
    ("uintptr_t", 8, false),
    ("pid_t", 4, true),
    ("off_t", 8, true),
    ("loff_t", 8, true),
    ("gfp_t", 4, false),
    ("umode_t", 2, false),
    ("dev_t", 4, false),
    ("sector_t", 8, false),
];

/// What maps hold, and variables do not.
const AGGREGATIONS: &[&str] = &[
    "count_t",
    "sum_t",
    "usum_t",
    "min_t",
    "umin_t",
    "max_t",
    "umax_t",
    "avg_t",
    "uavg_t",
    "stats_t",
    "ustats_t",
    "hist_t",
    "lhist_t",
    "tseries_t",
];

/// The integer or truth type of this name.
pub(super) fn basic_type(name: &str) -> Option<Type> {
    if matches!(name, "bool" | "_Bool") {
        return Some(Type::Bool);
    }
    let (plain, sign) = if is_of_words(name) { of_words(name)? } else { (name, None) };
    let (_, size, signed) = INTEGERS.iter().find(|(known, ..)| *known == plain)?;
    Some(Type::int(*size, sign.unwrap_or(*signed)))
}

/// Words of which C makes the names of its numbers, in any order.
const SIGNS: &[(&str, bool)] =
    &[("signed", true), ("__signed", true), ("__signed__", true), ("unsigned", false)];
const SIZES: &[&str] = &["char", "short", "int", "long", "__int128"];

fn is_of_words(name: &str) -> bool {
    let known = |word| SIZES.contains(&word) || SIGNS.iter().any(|(sign, _)| *sign == word);
    name.split(' ').all(known)
}

/// The shortest name of what C also calls `long unsigned int`, without its sign; and its sign, if it has one.
pub(super) fn of_words(name: &str) -> Option<(&str, Option<bool>)> {
    let mut sign = None;
    let mut sizes: Vec<&str> = Vec::new();
    for word in name.split(' ') {
        match SIGNS.iter().find(|(known, _)| *known == word) {
            Some((_, signed)) if sign.replace(*signed).is_none() => {}
            Some(_) => return None,
            None => sizes.push(word),
        }
    }
    // `int` says nothing where there is another word, and is what is meant where there is none.
    if let (2.., Some(at)) = (sizes.len(), sizes.iter().position(|word| *word == "int")) {
        sizes.remove(at);
    }
    match sizes.as_slice() {
        [] => Some(("int", sign)),
        ["long", "long"] => Some(("long long", sign)),
        [one] => Some((one, sign)),
        _ => None,
    }
}

impl Body<'_, '_> {
    /// A type as written; an error where there is none such.
    pub(super) fn type_name(&mut self, ty: &TypeName) -> Option<Type> {
        match &ty.kind {
            TypeNameKind::Named(name) => self.named_type(name, ty.span),
            TypeNameKind::Tagged(tag, name) => self.tagged_type(*tag, name, ty.span),
            TypeNameKind::Pointer(to) => {
                let space = self.facts.pointer_space();
                let to = match &to.kind {
                    TypeNameKind::Function => Type::None,
                    TypeNameKind::Named(name) if name == "void" => Type::None,
                    TypeNameKind::Tagged(tag, name) => moved(&self.tagged_type(*tag, name, ty.span)?, space),
                    _ => moved(&self.type_name(to)?, space),
                };
                Some(Type::Pointer { to: Box::new(to), space })
            }
            TypeNameKind::Array(element, count) => self.array_type(element, count.as_deref(), ty.span),
            TypeNameKind::Tuple(parts) => {
                parts.iter().map(|part| self.type_name(part)).collect::<Option<_>>().map(Type::Tuple)
            }
            TypeNameKind::Record(parts) => {
                let parts = parts.iter().map(|(name, part)| Some((name.node.clone(), self.type_name(part)?)));
                parts.collect::<Option<_>>().map(Type::Record)
            }
            TypeNameKind::Typeof(of) => self.type_or_expr(of, TYPEOF),
            TypeNameKind::Defined(_) | TypeNameKind::Function => {
                self.error(ty.span, "a type cannot be defined here");
                None
            }
        }
    }

    /// A variable's type as declared: text and buffers without a size have that of what they are given.
    pub(super) fn declared_type(&mut self, ty: &TypeName) -> Option<Type> {
        match &ty.kind {
            TypeNameKind::Named(name) if name == "string" => return Some(Type::Str { capacity: 0 }),
            TypeNameKind::Named(name) if name == "buffer" => return Some(Type::Buffer { capacity: 0 }),
            TypeNameKind::Named(name) if name == "void" || AGGREGATIONS.contains(&name.as_str()) => {
                self.error(ty.span, format!("Invalid variable declaration type: {name}"));
                return None;
            }
            // What takes a value keeps it.
            TypeNameKind::Typeof(of) => return self.type_by(of, TYPEOF, |value| kept(value).ty),
            _ => {}
        }
        self.type_name(ty)
    }

    /// The type itself, or the type of an expression.
    pub(super) fn type_or_expr(&mut self, of: &TypeOrExpr, asker: &'static str) -> Option<Type> {
        self.type_by(of, asker, |value| value.ty)
    }

    /// The same, with what is to be said of an expression's value.
    fn type_by(&mut self, of: &TypeOrExpr, asker: &'static str, type_of: fn(Expr) -> Type) -> Option<Type> {
        match of {
            TypeOrExpr::Type(ty) => self.type_name(ty),
            TypeOrExpr::Expr(expr) => {
                if let ast::ExprKind::Ident(name) = &expr.kind
                    && let Some(found) = self.types().named(name)
                {
                    return Some(self.types().convert(found.set, found.id, Space::Unknown));
                }
                if asker == TYPEOF
                    && let Some(key) = self.key_type(expr)
                {
                    return key;
                }
                let outer = self.asks_types.replace(asker);
                let found = self.expr(expr).map(type_of);
                self.asks_types = outer;
                found
            }
        }
    }

    /// What a map stands for where its type is asked for: one that has keys for these, as long as nothing is known of it
    /// for no type yet (`Some(None)`), any other for its value (`None`).
    pub(super) fn key_type(&self, expr: &ast::Expr) -> Option<Option<Type>> {
        let ast::ExprKind::Map { name, keys } = &expr.kind else { return None };
        if !keys.is_empty() {
            return None;
        }
        match self.session.maps.get(name).and_then(|known| known.key.clone()) {
            Some(Some(key)) => Some(Some(key)),
            Some(None) => None,
            None => (!self.session.last_reading).then_some(None),
        }
    }

    fn named_type(&mut self, name: &str, span: Span) -> Option<Type> {
        if let Some(basic) = basic_type(name) {
            return Some(basic);
        }
        let capacity = self.config().max_strlen;
        match name {
            "string" => return Some(Type::Str { capacity }),
            "buffer" => return Some(Type::Buffer { capacity }),
            "inet" => return Some(Type::Inet),
            "username_t" => return Some(Type::Username),
            "macaddr_t" => return Some(Type::Mac),
            "cgroup_path_t" => return Some(Type::CgroupPath { hierarchies: "*".into() }),
            "void" => return Some(Type::None),
            _ => {}
        }
        if let Some(found) = self.types().named(name) {
            return Some(self.types().convert(found.set, found.id, self.facts.pointer_space()));
        }
        let known = INTEGERS.iter().map(|(known, ..)| *known).chain(["string", "buffer", "bool"]);
        let message = osmia_base::Diagnostic::error(span, format!("Cannot resolve unknown type \"{name}\""))
            .suggest(name, known);
        self.report(message);
        None
    }

    fn tagged_type(&mut self, tag: CTag, name: &str, span: Span) -> Option<Type> {
        let spelled = format!("{} {name}", tag.word());
        let Some(found) = self.types().named(&spelled) else {
            let message = match tag {
                CTag::Enum => format!("Unknown enum: {name}"),
                CTag::Struct | CTag::Union => format!("Cannot resolve unknown type \"{spelled}\""),
            };
            self.error(span, message);
            return None;
        };
        Some(self.types().convert(found.set, found.id, self.facts.pointer_space()))
    }

    fn array_type(&mut self, element: &TypeName, count: Option<&ast::Expr>, span: Span) -> Option<Type> {
        let count = match count.map(|count| self.expr(count)) {
            None => 0,
            Some(Some(Expr { kind: ExprKind::Number(count), .. })) if (0..=65536).contains(&count) => {
                count as u32
            }
            Some(Some(_)) => {
                self.error(span, "the size of an array must be a number that is known, at most 65536");
                return None;
            }
            Some(None) => return None,
        };
        if let TypeNameKind::Named(name) = &element.kind {
            match name.as_str() {
                "string" => return Some(Type::Str { capacity: count }),
                "buffer" => return Some(Type::Buffer { capacity: count }),
                "inet" => return Some(Type::Inet),
                _ => {}
            }
        }
        let element = Box::new(self.type_name(element)?);
        Some(Type::Array { element, count, space: self.facts.pointer_space() })
    }

    /// Bytes that several values take, one after the other, each where it may begin.
    fn size_of_all<'t>(&self, parts: impl Iterator<Item = &'t Type>) -> u32 {
        let (mut end, mut largest) = (0, 1);
        for part in parts {
            let align = self.align_of(part);
            end = osmia_event::round_up(end, align).saturating_add(self.size_of(part));
            largest = largest.max(align);
        }
        osmia_event::round_up(end, largest)
    }

    /// At which multiples of bytes a value begins.
    fn align_of(&self, ty: &Type) -> u32 {
        match ty {
            Type::None | Type::Bool | Type::Str { .. } | Type::Mac => 1,
            Type::Int { size, .. } | Type::Enum { size, .. } => u32::from(*size).max(1),
            Type::Buffer { .. } | Type::Inet | Type::Username => 4,
            Type::Array { element, .. } => self.align_of(element),
            Type::Tuple(parts) => parts.iter().map(|part| self.align_of(part)).max().unwrap_or(1),
            Type::Record(parts) => parts.iter().map(|(_, part)| self.align_of(part)).max().unwrap_or(1),
            Type::Composite { of, .. } => self
                .types()
                .set(of.set)
                .and_then(|btf| btf.align_of(of.id).ok())
                .map_or(8, |align| align.clamp(1, 8) as u32),
            _ => 8,
        }
    }

    /// Bytes that a value of a type takes; a pointer's type for what it points to.
    pub(super) fn size_of(&self, ty: &Type) -> u32 {
        match ty {
            Type::None => 0,
            Type::Bool => 1,
            Type::Int { size, .. } | Type::Enum { size, .. } => u32::from(*size),
            Type::Composite { size, .. } => *size,
            Type::Array { element, count, .. } => self.size_of(element).saturating_mul(*count),
            Type::Str { capacity } | Type::Buffer { capacity } => *capacity,
            Type::Tuple(parts) => self.size_of_all(parts.iter()),
            Type::Record(parts) => self.size_of_all(parts.iter().map(|(_, part)| part)),
            Type::Inet => 20,
            Type::Mac => 6,
            Type::Username => 4,
            Type::Pointer { .. }
            | Type::KernelSymbol
            | Type::UserSymbol
            | Type::KernelStack { .. }
            | Type::UserStack { .. }
            | Type::CgroupPath { .. }
            | Type::Timestamp { .. } => 8,
        }
    }
}
