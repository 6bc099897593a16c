//! What each probe gives, a line for each argument or field.
use super::Source;
use crate::attach_point::ITERATOR;
use crate::probes::Provider;
use osmia_btf::{Btf, Kind, KindTag, TypeId};
use osmia_object::{Target, TraceEvent, TraceField};

impl Source {
    /// The fields, one a line.
    pub(super) fn fields(&self, target: &Target) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Tracepoint(category, name) => {
                let event = target.tracepoints.get(&(category.clone(), name.clone()));
                event.map_or_else(Vec::new, event_fields)
            }
            Self::Function(name, module, provider) => prototype(target, module.as_deref(), name, *provider),
            Self::RawTracepoint(name, module) => raw_arguments(target, module.as_deref(), name),
            Self::UserFunction(path, name) => {
                let types = target.debug.get(path).and_then(|facts| facts.types.as_ref());
                types.map_or_else(Vec::new, |types| user_parameters(types, name))
            }
            Self::Iterator(name) => target.btf.as_ref().map_or_else(Vec::new, |btf| members(btf, name)),
        }
    }
}

/// A tracepoint's own fields.
fn event_fields(event: &TraceEvent) -> Vec<String> {
    event.fields.iter().filter(|field| !field.name.starts_with("common_")).map(event_field).collect()
}

fn event_field(field: &TraceField) -> String {
    match field.array {
        Some(length) => format!("{} {}[{length}]", field.kind, field.name),
        None => format!("{} {}", field.kind, field.name),
    }
}

/// A function's parameters, and what it returns where that can be seen. Those of a kprobe have numbers for names.
fn prototype(target: &Target, module: Option<&str>, name: &str, provider: Provider) -> Vec<String> {
    let proto = target.prototype(module.or(Some("vmlinux")), name);
    let (Some(btf), Some(proto)) = (&target.btf, proto) else { return Vec::new() };
    let Ok(Kind::FuncProto { ret, params }) = btf.get(proto).map(|ty| ty.kind) else { return Vec::new() };
    let returned = || if ret == TypeId(0) { Vec::new() } else { vec![declaration(btf, ret, "retval")] };
    let named = || params.iter().map(|param| declaration(btf, param.ty, &param.name));
    match provider {
        Provider::Kretprobe => returned(),
        Provider::Kprobe => {
            let float = |ty| btf.tag(btf.resolve(ty)) == Some(KindTag::Float);
            let numbered = params.iter().filter(|param| !float(param.ty)).enumerate();
            numbered.map(|(number, param)| declaration(btf, param.ty, &format!("arg{number}"))).collect()
        }
        Provider::Fexit => named().chain(returned()).collect(),
        _ => named().collect(),
    }
}

/// The parameters of a user function, types spelled as debuggers do: `struct Foo* foo`.
fn user_parameters(types: &Btf, name: &str) -> Vec<String> {
    let proto = types.find_func(name).and_then(|id| match types.get(id).ok()?.kind {
        Kind::Func { proto, .. } => types.get(proto).ok(),
        _ => None,
    });
    let Some(Kind::FuncProto { params, .. }) = proto.map(|ty| ty.kind) else { return Vec::new() };
    let line = |param: &osmia_btf::Param| format!("{} {}", spelled(types, param.ty, MAX_DEPTH), param.name);
    params.iter().map(|param| line(param).trim_end().to_owned()).collect()
}

/// How deep a spelled type may be.
const MAX_DEPTH: u32 = 16;

fn spelled(types: &Btf, id: TypeId, depth: u32) -> String {
    let Ok(ty) = types.get(id) else { return "void".into() };
    if depth == 0 || id.is_void() {
        return "void".into();
    }
    let inner = |id| spelled(types, id, depth - 1);
    let is_pointer = |id| matches!(types.get(id).map(|ty| ty.kind), Ok(Kind::Ptr(_)));
    match ty.kind {
        Kind::Ptr(to) => format!("{}*", inner(to)),
        Kind::Const(to) if is_pointer(to) => format!("{} const", inner(to)),
        Kind::Const(to) => format!("const {}", inner(to)),
        Kind::Volatile(to) => format!("volatile {}", inner(to)),
        Kind::Restrict(to) => inner(to),
        Kind::Array { element, len, .. } => format!("{}[{len}]", inner(element)),
        _ => types.type_name(id),
    }
}

/// Functions that serve a raw tracepoint and name its arguments; the first parameter is not one of those.
const SERVANTS: [&str; 3] = ["__probestub_", "__bpf_trace_", "trace_event_raw_event_"];

fn raw_arguments(target: &Target, module: Option<&str>, name: &str) -> Vec<String> {
    let found =
        SERVANTS.iter().map(|prefix| prototype(target, module, &format!("{prefix}{name}"), Provider::Fentry));
    let fields = found.into_iter().find(|fields| !fields.is_empty()).unwrap_or_default();
    fields.into_iter().skip(1).collect()
}

/// What an iterator gives.
fn members(btf: &Btf, name: &str) -> Vec<String> {
    let found = btf.find_struct(&format!("{ITERATOR}{name}")).and_then(|id| btf.get(id).ok());
    let Some(ty) = found else { return Vec::new() };
    // The first is what all iterators have: numbers of the walk itself.
    ty.kind.members().iter().skip(1).map(|member| member_line(btf, member)).collect()
}

/// A member of what an iterator gives. Pointers stand in a union with their alignment: the pointer's name is meant.
fn member_line(btf: &Btf, member: &osmia_btf::Member) -> String {
    let inner = btf.get(member.ty).ok().filter(|_| member.name.is_empty());
    match inner.as_ref().and_then(|ty| ty.kind.members().first()) {
        Some(pointer) => declaration(btf, pointer.ty, &pointer.name),
        None => declaration(btf, member.ty, &member.name),
    }
}

/// `type name`, stars set apart; arrays and function pointers as C has them.
fn declaration(btf: &Btf, ty: TypeId, name: &str) -> String {
    let spelled = btf.type_name(ty);
    if spelled.ends_with([']', ')']) { btf.declaration(ty, name) } else { format!("{spelled} {name}") }
}
