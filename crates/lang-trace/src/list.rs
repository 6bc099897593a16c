//! What `-l` prints: the probes that a machine has, and with `-v` what each of them gives.
use crate::attach_point::{Mangled, has_wildcard, matches, resolve_point, split_parts, stands_for};
use crate::probes::{Counter, HARDWARE, Provider, SOFTWARE, TIME_UNITS};
use osmia_base::{Diagnostic, Span};
use osmia_btf::{Btf, Kind, TypeId};
use osmia_object::{Target, TraceEvent, TraceField, UserFile, UserSymbol};
use std::collections::BTreeSet;

/// How much is printed of each probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Its name.
    #[default]
    Names,
    /// Below its name what it gives, a line for each argument or field.
    Fields,
}

/// Kinds of probes that are listed where no kind is named, in the order of their names.
const LISTED: [Provider; 9] = [
    Provider::Fentry,
    Provider::Hardware,
    Provider::Interval,
    Provider::Iter,
    Provider::Kprobe,
    Provider::Profile,
    Provider::RawTracepoint,
    Provider::Software,
    Provider::Tracepoint,
];

/// Kinds of probes in user files: listed where the target has some.
const USER: [Provider; 2] = [Provider::Uprobe, Provider::Usdt];

/// The prefix of the types that iterators give.
const ITERATOR: &str = "bpf_iter__";

/// The lines for `pattern`: one or more patterns of attach points with commas between them, or of types (`struct x*`).
/// A pattern without `:` is one for the names of probes of all kinds; an empty one lists everything.
pub fn list(pattern: &str, target: &Target, detail: Detail) -> Result<Vec<String>, Diagnostic> {
    let mut lines = Vec::new();
    for pattern in split_patterns(pattern) {
        list_one(pattern.trim(), target, detail, &mut lines)?;
    }
    Ok(lines)
}

/// Splits at commas outside of quotes.
fn split_patterns(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let split = move |char: char| {
        quoted ^= char == '"';
        char == ',' && !quoted
    };
    text.split(split).collect()
}

fn list_one(
    pattern: &str,
    target: &Target,
    detail: Detail,
    lines: &mut Vec<String>,
) -> Result<(), Diagnostic> {
    let keyword = pattern.split_whitespace().next().unwrap_or("");
    if let (true, Some(btf)) = (["struct", "union", "enum"].contains(&keyword), &target.btf) {
        list_types(pattern, btf, detail, lines);
        return Ok(());
    }
    let (head, rest) = match pattern.split_once(':') {
        Some((head, rest)) => (head, rest),
        None if pattern.is_empty() => ("*", "*"),
        None => ("*", pattern),
    };
    if has_wildcard(head) {
        for provider in LISTED.into_iter().chain(USER).filter(|provider| matches(head, provider.name())) {
            lines.extend(names(provider, rest, target).print(target, detail));
        }
        return Ok(());
    }
    let Some(provider) = Provider::from_name(head) else {
        // The words and the hint are the same as in a script.
        return resolve_point(pattern, Span::default(), &[]).map(drop);
    };
    lines.extend(names(provider, rest, target).print(target, detail));
    Ok(())
}

/// One kind's probes, sorted, each with what `-v` prints of it.
struct Listing(BTreeSet<(String, Source)>);

/// Where the fields of a probe are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Nothing,
    Tracepoint(String, String),
    Function(String, Provider),
    RawTracepoint(String),
    Iterator(String),
    /// A function of a user file.
    UserFunction(String, String),
}

impl Listing {
    fn print(self, target: &Target, detail: Detail) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, source) in self.0 {
            lines.push(name);
            if detail == Detail::Fields {
                lines.extend(source.fields(target).into_iter().map(|field| format!("    {field}")));
            }
        }
        lines
    }
}

/// The probes of `provider` that the rest of a pattern, after the provider, describes.
fn names(provider: Provider, rest: &str, target: &Target) -> Listing {
    let parts = split_parts(rest, &[]).unwrap_or_default();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let entries: Vec<(String, Source)> = match provider {
        Provider::Tracepoint => tracepoints(&parts, target),
        Provider::RawTracepoint => raw_tracepoints(&parts, target),
        Provider::Kprobe | Provider::Kretprobe => kernel_functions(provider, &parts, target),
        Provider::Fentry | Provider::Fexit => traced_functions(provider, &parts, target),
        Provider::Uprobe | Provider::Uretprobe => user_functions(&parts, target),
        Provider::Software => counters(&SOFTWARE, &parts),
        Provider::Hardware => counters(&HARDWARE, &parts),
        Provider::Interval | Provider::Profile => units(&parts),
        Provider::Iter => iterators(&parts, target),
        Provider::Begin | Provider::End | Provider::Own | Provider::Test | Provider::Bench => Vec::new(),
        Provider::Usdt => user_probes(&parts, target),
        Provider::Watchpoint => Vec::new(),
    };
    let prefix = provider.name();
    Listing(entries.into_iter().map(|(name, source)| (format!("{prefix}:{name}"), source)).collect())
}

fn tracepoints(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let (category, name) = match parts {
        [name] => ("*", *name),
        [category, name] => (*category, *name),
        _ => return Vec::new(),
    };
    let all = target.tracepoints.keys().filter(|(own, event)| matches(category, own) && matches(name, event));
    all.map(|(own, event)| (format!("{own}:{event}"), Source::Tracepoint(own.clone(), event.clone())))
        .collect()
}

fn raw_tracepoints(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let Some(name) = parts.last().filter(|_| parts.len() <= 2) else { return Vec::new() };
    let found = target.raw_tracepoints.iter().filter(|own| matches(name, own));
    found.map(|own| (own.clone(), Source::RawTracepoint(own.clone()))).collect()
}

/// The functions that a pattern of one or two parts describes, with their modules.
fn functions<'a>(parts: &'a [&str], target: &'a Target) -> impl Iterator<Item = (&'a str, &'a str)> {
    let (module, name) = match parts {
        [name] => ("*", *name),
        [module, name] => (*module, *name),
        _ => ("", ""),
    };
    let all = target.functions.iter().map(|(own, module)| (own.as_str(), module_name(module)));
    all.filter(move |(own, of)| matches(module, of) && matches(name, own))
}

fn module_name(module: &str) -> &str {
    if module.is_empty() { "vmlinux" } else { module }
}

fn kernel_functions(provider: Provider, parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let source = |name: &str| Source::Function(name.to_owned(), provider);
    let named = |(name, module): (&str, &str)| match parts.len() {
        1 => (name.to_owned(), source(name)),
        _ => (format!("{module}:{name}"), source(name)),
    };
    functions(parts, target).map(named).collect()
}

/// fentry and fexit: functions whose types are known, and those of modules, whose types are in files of their own.
fn traced_functions(provider: Provider, parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let Some(btf) = &target.btf else { return Vec::new() };
    functions(parts, target)
        .filter(|(name, module)| *module != "vmlinux" || btf.find_func(name).is_some())
        .map(|(name, module)| (format!("{module}:{name}"), Source::Function(name.to_owned(), provider)))
        .collect()
}

/// Functions of user files: `FILE:NAME`, or `FILE:cpp:NAME` for names as people write them; a name alone is in any file.
fn user_functions(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let (path, name, mangled) = match *parts {
        [name] => ("*", name, Mangled::AsIs),
        [path, name] => (path, name, Mangled::AsIs),
        [path, "cpp", name] => (path, name, Mangled::Demangled),
        _ => return Vec::new(),
    };
    let files = target.binaries.get(path).map_or(&[][..], Vec::as_slice);
    let listed = |file: &UserFile| {
        let fits = file.functions().filter(|symbol| stands_for(name, mangled, symbol));
        let of = |symbol: &UserSymbol| Source::UserFunction(file.path.clone(), symbol.name.clone());
        let called = fits.map(|symbol| match (mangled, &symbol.demangled) {
            // In quotes, it can be put into a script as it is.
            (Mangled::Demangled, Some(author)) => (format!("{}:cpp:\"{author}\"", file.path), of(symbol)),
            _ => (format!("{}:{}", file.path, symbol.name), of(symbol)),
        });
        called.collect::<Vec<_>>()
    };
    files.iter().flat_map(listed).collect()
}

/// Probes that the authors of user files put in: `FILE:NAMESPACE:NAME`, where the namespace may be left out.
fn user_probes(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let (path, namespace, name) = match *parts {
        [name] => ("*", "*", name),
        [path, name] => (path, "*", name),
        [path, namespace, name] => (path, namespace, name),
        _ => return Vec::new(),
    };
    let path = if path.is_empty() { "*" } else { path };
    let namespace = if namespace.is_empty() { "*" } else { namespace };
    let files = target.binaries.get(path).map_or(&[][..], Vec::as_slice);
    let listed = |file: &UserFile| {
        let fits = file
            .probes
            .iter()
            .filter(|probe| matches(namespace, &probe.provider) && matches(name, &probe.name));
        fits.map(|probe| (format!("{}:{}:{}", file.path, probe.provider, probe.name), Source::Nothing))
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(listed).collect()
}

fn counters(table: &[Counter], parts: &[&str]) -> Vec<(String, Source)> {
    let name = parts.first().copied().unwrap_or("*");
    let named = |row: &&Counter| matches(name, row.name) || row.alias.is_some_and(|alias| alias == name);
    table.iter().filter(named).map(|row| (format!("{}:", row.name), Source::Nothing)).collect()
}

fn units(parts: &[&str]) -> Vec<(String, Source)> {
    let name = parts.first().copied().unwrap_or("*");
    let found = TIME_UNITS.iter().filter(|row| matches(name, row.name));
    found.map(|row| (format!("{}:", row.name), Source::Nothing)).collect()
}

fn iterators(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let (Some(btf), Some(pattern)) = (&target.btf, parts.first()) else { return Vec::new() };
    let structs = btf.types().filter_map(|(id, ty)| match ty.ok()?.kind {
        Kind::Struct(_) => btf.name(id)?.strip_prefix(ITERATOR),
        _ => None,
    });
    let found = structs.filter(|name| matches(pattern, name));
    found.map(|name| (name.to_owned(), Source::Iterator(name.to_owned()))).collect()
}

impl Source {
    /// The fields, one a line.
    fn fields(&self, target: &Target) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Tracepoint(category, name) => {
                let event = target.tracepoints.get(&(category.clone(), name.clone()));
                event.map_or_else(Vec::new, event_fields)
            }
            Self::Function(_, Provider::Kprobe | Provider::Kretprobe) => Vec::new(),
            Self::Function(name, provider) => {
                target.btf.as_ref().map_or_else(Vec::new, |btf| prototype(btf, name, *provider))
            }
            Self::RawTracepoint(name) => {
                target.btf.as_ref().map_or_else(Vec::new, |btf| raw_arguments(btf, name))
            }
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

/// A function's parameters, and what it returns where that can be seen.
fn prototype(btf: &Btf, name: &str, provider: Provider) -> Vec<String> {
    let proto = btf.find_func(name).and_then(|id| match btf.get(id).ok()?.kind {
        Kind::Func { proto, .. } => btf.get(proto).ok(),
        _ => None,
    });
    let Some(Kind::FuncProto { ret, params }) = proto.map(|ty| ty.kind) else { return Vec::new() };
    let mut fields: Vec<String> =
        params.iter().map(|param| declaration(btf, param.ty, &param.name)).collect();
    if provider == Provider::Fexit && ret != TypeId(0) {
        fields.push(declaration(btf, ret, "retval"));
    }
    fields
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

fn raw_arguments(btf: &Btf, name: &str) -> Vec<String> {
    let found = SERVANTS.iter().map(|prefix| prototype(btf, &format!("{prefix}{name}"), Provider::Fentry));
    let fields = found.into_iter().find(|fields| !fields.is_empty()).unwrap_or_default();
    fields.into_iter().skip(1).collect()
}

/// What an iterator gives.
fn members(btf: &Btf, name: &str) -> Vec<String> {
    let found = btf.find_struct(&format!("{ITERATOR}{name}")).and_then(|id| btf.get(id).ok());
    found
        .map_or_else(Vec::new, |ty| ty.kind.members().iter().map(|member| member_line(btf, member)).collect())
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

/// Types by their names, `struct x*`; with their members where fields are wanted.
fn list_types(pattern: &str, btf: &Btf, detail: Detail, lines: &mut Vec<String>) {
    let pattern = pattern.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = |(id, ty): (TypeId, Result<osmia_btf::Type, _>)| {
        let keyword = match ty.ok()?.kind {
            Kind::Struct(_) => "struct",
            Kind::Union(_) => "union",
            Kind::Enum(_) | Kind::Enum64(_) => "enum",
            _ => return None,
        };
        let name = btf.name(id).filter(|name| !name.is_empty())?;
        Some((format!("{keyword} {name}"), id))
    };
    let mut found: Vec<(String, TypeId)> =
        btf.types().filter_map(named).filter(|(name, _)| matches(&pattern, name)).collect();
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    for (name, id) in found {
        match detail {
            Detail::Names => lines.push(name),
            Detail::Fields => lines.extend(definition(btf, &name, id)),
        }
    }
}

/// A type's definition as C has it.
fn definition(btf: &Btf, name: &str, id: TypeId) -> Vec<String> {
    match osmia_btf::c::definition(btf, id) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(_) => vec![name.to_owned()],
    }
}
