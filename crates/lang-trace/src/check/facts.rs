//! What one attach point means for the code behind it: which arguments there are, and where pointers point.
use super::passing;
use super::types::Types;
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Space, Type, TypeSet};
use osmia_base::Span;
use osmia_btf::{Kind, TypeId};
use osmia_object::{Attach, TraceEvent, TraceField};

/// A probe that the machine has, and what the checker must know of it.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// What kind.
    pub(super) provider: Provider,
    /// Its canonical name.
    pub(super) name: String,
    /// Where it is attached.
    pub(super) attach: Attach,
    /// Its record, for tracepoints.
    pub(super) event: Option<TraceEvent>,
    /// The kernel function or raw tracepoint whose prototype names its arguments.
    pub(super) prototype: Option<TypeId>,
    /// The user file whose types it has, by its number in `Target::debug`.
    pub(super) file: Option<u16>,
    /// Arguments of the prototype that come before those of the event (raw tracepoints: the private pointer).
    pub(super) hidden: usize,
}

impl Facts {
    /// A tracepoint of a system call: its pointers are the caller's.
    fn is_syscall(&self) -> bool {
        matches!(&self.attach, Attach::Tracepoint { category, .. } if category == "syscalls")
    }

    /// Where a number that is made a pointer points to.
    pub(super) fn pointer_space(&self) -> Space {
        match self.provider {
            Provider::Kprobe
            | Provider::Kretprobe
            | Provider::Fentry
            | Provider::Fexit
            | Provider::RawTracepoint => Space::Kernel,
            Provider::Uprobe | Provider::Uretprobe | Provider::Usdt => Space::User,
            Provider::Tracepoint if self.is_syscall() => Space::User,
            Provider::Tracepoint => Space::Kernel,
            _ => Space::Unknown,
        }
    }

    /// The names after `args.`, for suggestions.
    pub(super) fn argument_names(&self, types: &Types<'_>) -> Vec<String> {
        match (&self.event, self.prototype) {
            (Some(event), _) => event.fields.iter().map(|field| field.name.clone()).collect(),
            (None, Some(id)) => self.params(types, id).into_iter().map(|(name, _)| name).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// `args.NAME`.
    pub(super) fn argument(&self, types: &Types<'_>, name: &str, span: Span) -> Option<Expr> {
        if let Some(event) = &self.event {
            let field = event.fields.iter().find(|field| field.name == name)?;
            let ty = self.field_type(types, field);
            return Some(Expr { kind: ExprKind::TracepointField(field.clone()), ty, span });
        }
        let params = self.params(types, self.prototype?);
        let (index, (_, id)) = params.iter().enumerate().find(|(_, (param, _))| param == name)?;
        if let Some(file) = self.file {
            let ids: Vec<TypeId> = params.iter().map(|(_, id)| *id).collect();
            return passing::argument(types, (file, self.prototype?), &ids, index, span);
        }
        let ty = types.convert(TypeSet::Kernel, *id, Space::Trusted);
        Some(Expr { kind: ExprKind::Argument(index as u16), ty, span })
    }

    /// The type of the traced function's result, where it is known.
    pub(super) fn result(&self, types: &Types<'_>) -> Option<Type> {
        let btf = types.kernel?;
        let Ok(Kind::FuncProto { ret, .. }) = btf.get(btf.resolve(self.prototype?)).map(|ty| ty.kind) else {
            return None;
        };
        Some(types.convert(TypeSet::Kernel, ret, Space::Trusted))
    }

    fn params(&self, types: &Types<'_>, prototype: TypeId) -> Vec<(String, TypeId)> {
        let set = self.file.map_or(TypeSet::Kernel, TypeSet::File);
        let Some(btf) = types.set(set) else { return Vec::new() };
        let Ok(Kind::FuncProto { params, .. }) = btf.get(btf.resolve(prototype)).map(|ty| ty.kind) else {
            return Vec::new();
        };
        params.into_iter().skip(self.hidden).map(|param| (param.name, param.ty)).collect()
    }

    /// The type of a field of a tracepoint's record, from its declaration.
    fn field_type(&self, types: &Types<'_>, field: &TraceField) -> Type {
        let space = self.pointer_space();
        let char_type = Type::int(1, true);
        let kind = field.kind.trim().trim_start_matches("const ").trim();
        if kind.starts_with("__data_loc") || kind.starts_with("__rel_loc") {
            return Type::Pointer { to: Box::new(char_type), space: Space::Kernel };
        }
        if let Some(target) = kind.strip_suffix('*') {
            let to = pointee(types, target.trim().trim_end_matches("const").trim(), space);
            return Type::Pointer { to: Box::new(to), space };
        }
        let number = |size: u32| Type::int(size.clamp(1, 8) as u8, field.signed);
        match field.array {
            Some(count)
                if count > 0
                    && kind.ends_with("char")
                    && !kind.contains("unsigned")
                    && field.size == count =>
            {
                Type::Str { capacity: count }
            }
            Some(count) if count > 0 => {
                Type::Array { element: Box::new(number(field.size / count)), count, space: Space::Context }
            }
            _ if kind == "bool" => Type::Bool,
            _ if matches!(field.size, 1 | 2 | 4 | 8) => number(field.size),
            _ => types.named(kind).map_or(Type::None, |of| types.convert(of.set, of.id, Space::Context)),
        }
    }
}

/// What a pointer of this C spelling points to.
fn pointee(types: &Types<'_>, name: &str, space: Space) -> Type {
    match name {
        "char" => Type::int(1, true),
        "void" | "" => Type::None,
        _ if name.ends_with('*') => Type::Pointer {
            to: Box::new(pointee(
                types,
                name.trim_end_matches('*').trim().trim_end_matches("const").trim(),
                space,
            )),
            space,
        },
        _ => types.named(name).map_or_else(
            || super::cast::basic_type(name).unwrap_or(Type::None),
            |of| types.convert(of.set, of.id, space),
        ),
    }
}
