//! What one attach point means for the code behind it: which arguments there are, and where pointers point.
use super::passing;
use super::types::Types;
use crate::probes::{Provider, words_of};
use crate::typed::{Expr, ExprKind, Member, Space, Type, TypeSet};
use osmia_base::Span;
use osmia_btf::{Btf, Kind, TypeId};
use osmia_object::{Attach, TraceEvent, TraceField};

/// What the kernel's types call the record of an event's class, before its name (`include/trace/stages`).
const RECORD: &str = "trace_event_raw_";

/// How fields begin that say where the value is.
const LOCATIONS: [&str; 2] = ["__data_loc", "__rel_loc"];

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
    /// What an iterator gives, as a structure.
    pub(super) context: Option<TypeId>,
    /// Arguments of the prototype that come before those of the event (raw tracepoints: the private pointer).
    pub(super) hidden: usize,
}

impl Facts {
    /// A tracepoint of a system call: its pointers are the caller's.
    fn is_syscall(&self) -> bool {
        matches!(&self.attach, Attach::Tracepoint { category, .. } if category == "syscalls")
    }

    /// What there is to say where `args` is asked for and there is none.
    pub(super) fn no_arguments(&self) -> String {
        if self.provider == Provider::Uprobe {
            return "Cannot read function parameters".to_owned();
        }
        let which = self.probe_type();
        format!(
            "The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and uprobe \
             probes ({which} used here)"
        )
    }

    /// The value of `probetype`.
    pub(super) fn probe_type(&self) -> &'static str {
        match self.provider {
            Provider::Begin | Provider::End | Provider::Own => "special",
            provider => provider.name(),
        }
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
        match &self.event {
            Some(event) => event.fields.iter().map(|field| field.name.clone()).collect(),
            None => self.params(types).into_iter().map(|param| param.name).collect(),
        }
    }

    /// `args.NAME`.
    pub(super) fn argument(&self, types: &Types<'_>, name: &str, span: Span) -> Option<Expr> {
        if let Some(event) = &self.event {
            let field = event.fields.iter().find(|field| field.name == name)?;
            let ty = self.field_type(types, field);
            let member = self.record_member(types, field);
            return Some(Expr { kind: ExprKind::TracepointField(field.clone(), member), ty, span });
        }
        let params = self.params(types);
        let (index, param) = params.iter().enumerate().find(|(_, param)| param.name == name)?;
        if let Some(file) = self.file {
            let ids: Vec<TypeId> = params.iter().map(|param| param.ty).collect();
            return passing::argument(types, (file, self.prototype?), &ids, index, span);
        }
        let ty = types.convert(TypeSet::Kernel, param.ty, Space::Trusted);
        Some(Expr { kind: ExprKind::Argument(param.word), ty, span })
    }

    /// The member that a field is in the kernel's types, which name the record of an event after the event's class: often
    /// that is the event itself. By it the field is found in kernels where it lies elsewhere.
    fn record_member(&self, types: &Types<'_>, field: &TraceField) -> Option<Member> {
        let Attach::Tracepoint { name, .. } = &self.attach else { return None };
        let of = types.named(&format!("struct {RECORD}{name}"))?;
        let location = LOCATIONS.iter().find(|location| field.kind.starts_with(*location));
        let name =
            location.map_or_else(|| field.name.clone(), |location| format!("{location}_{}", field.name));
        let btf = types.set(of.set)?;
        let found = btf.field(of.id, &name)?;
        let is_it = found.bit_size.is_none()
            && found.bit_offset == field.offset.checked_mul(8)?
            && btf.size_of(found.ty).ok() == Some(field.size.into());
        is_it.then(|| types.member(of, &name, Space::Context).map(|(member, _)| member))?
    }

    /// All of `args`, a record.
    pub(super) fn arguments(&self, types: &Types<'_>, span: Span) -> Option<Expr> {
        let names = self.argument_names(types).into_iter().filter(|name| !name.starts_with("common_"));
        let values: Vec<(String, Expr)> =
            names.filter_map(|name| self.argument(types, &name, span).map(|value| (name, value))).collect();
        let known = |(_, value): &(String, Expr)| value.ty != Type::None;
        let (names, values): (Vec<String>, Vec<Expr>) = values.into_iter().filter(known).unzip();
        let kinds = values.iter().map(|value| value.ty.clone());
        let ty = Type::Record(names.into_iter().zip(kinds).collect());
        (!values.is_empty()).then_some(Expr { kind: ExprKind::Tuple(values), ty, span })
    }

    /// The type of the traced function's result, where it is known.
    pub(super) fn result(&self, types: &Types<'_>) -> Option<Type> {
        let btf = types.kernel?;
        let Ok(Kind::FuncProto { ret, .. }) = btf.get(btf.resolve(self.prototype?)).map(|ty| ty.kind) else {
            return None;
        };
        Some(types.convert(TypeSet::Kernel, ret, Space::Trusted))
    }

    fn params(&self, types: &Types<'_>) -> Vec<Param> {
        let set = self.file.map_or(TypeSet::Kernel, TypeSet::File);
        let Some(btf) = types.set(set) else { return Vec::new() };
        if let Some(context) = self.context {
            return members(btf, context);
        }
        let proto = self.prototype.and_then(|id| btf.get(btf.resolve(id)).ok());
        let Some(Kind::FuncProto { params, .. }) = proto.map(|ty| ty.kind) else { return Vec::new() };
        let mut next = 0_u16;
        let own = params.into_iter().skip(self.hidden).map(|param| {
            let word = next;
            next = next.saturating_add(words_of(btf, param.ty));
            Param { name: param.name, ty: param.ty, word }
        });
        own.collect()
    }

    /// `argN` where the verifier knows it as a pointer: its value as a number.
    pub(super) fn address_of_word(&self, types: &Types<'_>, word: u16, span: Span) -> Option<Expr> {
        let param = self.params(types).into_iter().find(|param| param.word == word)?;
        let ty = types.convert(TypeSet::Kernel, param.ty, Space::Trusted);
        let value = Expr { kind: ExprKind::Argument(word), ty, span };
        let known = matches!(value.ty, Type::Pointer { space: Space::Trusted, .. });
        known.then(|| super::convert::cast(value, Type::UINT64))
    }

    /// How many words of arguments the kernel gives, where it is known and reading more of them is refused.
    pub(super) fn words(&self, types: &Types<'_>) -> Option<u16> {
        let checked = matches!(self.provider, Provider::Fentry | Provider::Fexit | Provider::RawTracepoint);
        let btf = types.kernel.filter(|_| checked && self.context.is_none())?;
        self.prototype?;
        let last = self.params(types).pop();
        Some(last.map_or(0, |last| last.word.saturating_add(words_of(btf, last.ty))))
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
            _ if kind.starts_with("enum ") => {
                enumeration(types, kind, field.size).unwrap_or_else(|| number(field.size))
            }
            _ if matches!(field.size, 1 | 2 | 4 | 8) => number(field.size),
            _ => types.named(kind).map_or(Type::None, |of| types.convert(of.set, of.id, Space::Context)),
        }
    }
}

/// An enumeration of the kernel, if its types know it and it has this many bytes.
fn enumeration(types: &Types<'_>, name: &str, size: u32) -> Option<Type> {
    let of = types.named(name)?;
    let fits = types.set(of.set)?.size_of(of.id).is_ok_and(|found| found == size.into());
    fits.then(|| types.convert(of.set, of.id, Space::Context))
}

/// A value that the kernel passes to a program, in a word of its context.
struct Param {
    name: String,
    ty: TypeId,
    /// Which word.
    word: u16,
}

/// What an iterator passes. Pointers stand in a union each, with what makes them eight bytes everywhere.
fn members(btf: &Btf, context: TypeId) -> Vec<Param> {
    let Ok(found) = btf.get(context) else { return Vec::new() };
    let param = |member: &osmia_btf::Member| {
        let inner = btf.get(member.ty).ok().filter(|_| member.name.is_empty());
        let own = inner.as_ref().and_then(|ty| ty.kind.members().first()).unwrap_or(member);
        let word = u16::try_from(member.bit_offset / 64).unwrap_or(u16::MAX);
        Param { name: own.name.clone(), ty: own.ty, word }
    };
    found.kind.members().iter().map(param).collect()
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
