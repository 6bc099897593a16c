//! What `-l` prints: the probes that a machine has, and with `-v` what each of them gives.
mod fields;
mod types;

use crate::attach_point::{
    Mangled, has_wildcard, is_part, iterator_names, matches, module_name, resolve_point, split_parts,
    stands_for,
};
use crate::probes::{Counter, HARDWARE, Provider, SIGNALS, SOFTWARE, TIME_UNITS};
use osmia_base::{Diagnostic, Span};
use osmia_object::{Target, UserFile, UserSymbol};
use std::collections::BTreeMap;

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
        types::list(pattern, btf, target, detail, lines);
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
struct Listing(BTreeMap<String, Source>);

/// Where the fields of a probe are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Nothing,
    Tracepoint(String, String),
    /// A function, and its module where that is not the kernel itself.
    Function(String, Option<String>, Provider),
    RawTracepoint(String, Option<String>),
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
        Provider::Uprobe => user_functions(&parts, target),
        // When it returns, a function has no arguments any more.
        Provider::Uretprobe => without_fields(user_functions(&parts, target)),
        Provider::Software => counters(&SOFTWARE, &parts),
        Provider::Hardware => counters(&HARDWARE, &parts),
        Provider::Interval | Provider::Profile => units(&parts),
        Provider::Iter => iterators(&parts, target),
        Provider::Own => signals(&parts),
        Provider::Begin | Provider::End | Provider::Test | Provider::Bench => Vec::new(),
        Provider::Usdt => user_probes(&parts, target),
        Provider::Watchpoint => Vec::new(),
    };
    let prefix = provider.name();
    let mut all = BTreeMap::new();
    for (name, source) in entries {
        // Functions of one name in several modules are one probe where no module is named.
        all.entry(format!("{prefix}:{name}")).or_insert(source);
    }
    Listing(all)
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

/// Module and name in a pattern of one or two parts.
fn module_and_name<'a>(parts: &[&'a str]) -> Option<(&'a str, &'a str)> {
    match parts {
        [name] => Some(("*", *name)),
        [module, name] => Some((*module, *name)),
        _ => None,
    }
}

/// A module that is not the kernel itself.
fn other(module: &str) -> Option<String> {
    (!module.is_empty()).then(|| module.to_owned())
}

fn raw_tracepoints(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let Some((module, name)) = module_and_name(parts) else { return Vec::new() };
    let all = target.raw_tracepoints.iter().flatten();
    let found = all.filter(|(own, of)| matches(name, own) && matches(module, module_name(of)));
    let named = |(name, of): &(String, String)| {
        (format!("{}:{name}", module_name(of)), Source::RawTracepoint(name.clone(), other(of)))
    };
    found.map(named).collect()
}

/// The functions that a pattern of one or two parts describes, with their modules (empty: the kernel itself).
fn functions<'a>(parts: &'a [&str], target: &'a Target) -> impl Iterator<Item = (&'a str, &'a str)> {
    let pattern = module_and_name(parts);
    let all = target.functions.iter().flatten().map(|(own, module)| (own.as_str(), module.as_str()));
    all.filter(move |(own, of)| {
        pattern.is_some_and(|(module, name)| matches(module, module_name(of)) && matches(name, own))
            && !is_part(own)
    })
}

fn kernel_functions(provider: Provider, parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let named = |(name, module): (&str, &str)| {
        let source = Source::Function(name.to_owned(), other(module), provider);
        match parts.len() {
            1 => (name.to_owned(), source),
            _ => (format!("{}:{name}", module_name(module)), source),
        }
    };
    functions(parts, target).map(named).collect()
}

/// fentry and fexit: functions whose types are known, and BPF programs.
fn traced_functions(provider: Provider, parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    if let ["bpf", rest @ ..] = parts {
        return bpf_programs(rest, target);
    }
    let Some(btf) = &target.btf else { return Vec::new() };
    let typed = |name: &str, module: &str| match module {
        "" => btf.find_func(name).is_some(),
        // The types of modules are in files of their own, which are read only where fields are wanted.
        module => target.module_types.is_empty() || target.function(Some(module), name).is_some(),
    };
    functions(parts, target)
        .filter(|(name, module)| typed(name, module))
        .map(|(name, module)| {
            let source = Source::Function(name.to_owned(), other(module), provider);
            (format!("{}:{name}", module_name(module)), source)
        })
        .collect()
}

fn bpf_programs(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let Some((wanted, name)) = module_and_name(parts) else { return Vec::new() };
    let all = target.bpf_programs.iter().flatten();
    let found = all.filter(|(id, own)| matches(wanted, &id.to_string()) && matches(name, own));
    found.map(|(id, name)| (format!("bpf:{id}:{name}"), Source::Nothing)).collect()
}

fn signals(parts: &[&str]) -> Vec<(String, Source)> {
    let pattern = parts.join(":");
    let all = SIGNALS.iter().map(|signal| format!("signal:{signal}"));
    all.filter(|name| matches(&pattern, name)).map(|name| (name, Source::Nothing)).collect()
}

fn without_fields(entries: Vec<(String, Source)>) -> Vec<(String, Source)> {
    entries.into_iter().map(|(name, _)| (name, Source::Nothing)).collect()
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

/// Events by all their names.
fn counters(table: &[Counter], parts: &[&str]) -> Vec<(String, Source)> {
    let pattern = parts.first().copied().unwrap_or("*");
    let names = table.iter().flat_map(|row| [Some(row.name), row.alias]).flatten();
    let found = names.filter(|name| matches(pattern, name));
    found.map(|name| (format!("{name}:"), Source::Nothing)).collect()
}

fn units(parts: &[&str]) -> Vec<(String, Source)> {
    let name = parts.first().copied().unwrap_or("*");
    let found = TIME_UNITS.iter().filter(|row| matches(name, row.name));
    found.map(|row| (format!("{}:", row.name), Source::Nothing)).collect()
}

fn iterators(parts: &[&str], target: &Target) -> Vec<(String, Source)> {
    let (Some(btf), Some(pattern)) = (&target.btf, parts.first()) else { return Vec::new() };
    let found = iterator_names(btf).into_iter().filter(|name| matches(pattern, name));
    found.map(|name| (name.clone(), Source::Iterator(name))).collect()
}
