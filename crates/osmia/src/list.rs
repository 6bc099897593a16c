//! What can be traced: the probes of this machine, or those that a script names.
use crate::gather::{binary_wants, places, with_rights};
use crate::script::{ScriptPlaces, WholeScript};
use osmia_base::Source;
use osmia_host::{BinaryWants, DebugWants, FunctionPattern, Search, Wants, tracefs};
use osmia_lang_trace::attach_point::{AttachPoint, Point, expand, has_wildcard, resolve_point, split_parts};
use osmia_lang_trace::probes::Provider;
use osmia_lang_trace::{Detail, list};
use osmia_object::{Target, TraceEvent, UserFile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The lines for a pattern, sorted; user files are those that `search` finds.
pub fn list_probes(
    pattern: &str,
    detail: Detail,
    search: &Search,
    debug_folders: &[PathBuf],
) -> Result<Vec<String>, String> {
    let target = machine(pattern, detail, search, debug_folders)?;
    list(pattern, &target, detail).map_err(|error| error.text)
}

/// The probes that a script names, each once, as they are listed elsewhere.
pub fn list_script(
    source: &Source,
    params: &[Vec<u8>],
    detail: Detail,
    search: &Search,
) -> Result<Vec<String>, String> {
    let mut own = source.clone();
    let WholeScript { script, diagnostics, .. } =
        crate::compile::whole_script(&mut own, &ScriptPlaces::default())
            .map_err(|error| error.render(&own))?;
    let source = &own;
    if diagnostics.has_errors() {
        return Err(diagnostics.render(source));
    }
    let binaries = binary_wants(osmia_lang_trace::wants(&script, params).binaries);
    let files = Wants { binaries, search: search.clone(), ..Wants::default() };
    let files =
        osmia_host::gather_with(&files, &places(None, &[])).map_err(|error| with_rights(&error))?.binaries;
    let mut lines = Vec::new();
    for text in script.probes.iter().flat_map(|probe| &probe.points) {
        let point = resolve_point(&text.text, text.span, params).map_err(|error| error.render(source))?;
        lines.extend(listed(&point, &files, detail, search)?);
    }
    lines.dedup();
    Ok(lines)
}

/// The lines of one attach point. What this machine does not have is not listed; it is no error.
fn listed(
    point: &AttachPoint,
    files: &BTreeMap<String, Vec<UserFile>>,
    detail: Detail,
    search: &Search,
) -> Result<Vec<String>, String> {
    let provider = point.provider.name();
    let pattern = match &point.place {
        Point::Once | Point::Signal(_) => return Ok(Vec::new()),
        Point::Named(name) => return Ok(vec![format!("{provider}:{name}:")]),
        Point::Timer(_, unit) => format!("{provider}:{}", unit.name),
        Point::Counter { called, .. } => format!("{provider}:{called}"),
        Point::UserFunction { .. } | Point::Usdt { .. } => {
            let target = Target { binaries: files.clone(), ..Target::default() };
            let found = expand(point, &target).unwrap_or_default();
            return Ok(found.iter().map(AttachPoint::name).collect());
        }
        _ => point.name(),
    };
    list_probes(&pattern, detail, search, &[])
}

/// What a pattern may stand for on this machine; no more is read.
fn machine(
    pattern: &str,
    detail: Detail,
    search: &Search,
    debug_folders: &[PathBuf],
) -> Result<Target, String> {
    let mut target = Target::default();
    let mut wants = Wants { search: search.clone(), ..Wants::default() };
    for part in pattern.split(',').map(str::trim) {
        let words: Vec<&str> = part.split(':').collect();
        let provider = words.first().filter(|_| words.len() > 1).and_then(|word| Provider::from_name(word));
        // What is in a file is not the kernel's.
        let of_file = provider.is_none() && words.get(1).is_some_and(|word| word.contains('/'));
        let wanted = |kind: Provider| match provider {
            Some(provider) => provider == kind,
            None => !of_file && !has_type_word(part),
        };
        if wanted(Provider::Tracepoint) {
            tracepoints(&words, provider.is_some(), detail, &mut target, &mut wants)?;
        }
        wants.raw_tracepoints |= wanted(Provider::RawTracepoint);
        let functions_of = [Provider::Kprobe, Provider::Kretprobe, Provider::Fentry, Provider::Fexit];
        if functions_of.into_iter().any(wanted) {
            wants.functions.push(functions(&words, provider.is_some(), detail));
        }
        wants.bpf_programs |=
            [Provider::Fentry, Provider::Fexit].into_iter().any(wanted) && words.contains(&"bpf");
        let typed = [Provider::Fentry, Provider::Fexit, Provider::Iter, Provider::RawTracepoint];
        wants.kernel_btf |= typed.into_iter().any(wanted) || has_type_word(part);
        let files = user_files(part, search);
        if let (Some(files), Detail::Fields) = (&files, detail) {
            let functions = [&files.symbols[..], &files.demangled[..]].concat();
            let (path, functions) = (files.path.clone(), functions);
            wants.debug.push(DebugWants { path, functions, ..DebugWants::default() });
        }
        wants.binaries.extend(files);
        // What a kprobe's function takes is listed too, but not read of it.
        wants.kernel_btf |= detail == Detail::Fields && functions_of.into_iter().any(wanted);
    }
    let found =
        osmia_host::gather_with(&wants, &places(None, debug_folders)).map_err(|error| with_rights(&error))?;
    let tracepoints = std::mem::take(&mut target.tracepoints);
    target = found;
    target.tracepoints.extend(tracepoints);
    Ok(target)
}

/// The user files that a pattern names. Patterns for the kind of probe mean user files only where one is named, or a
/// process.
fn user_files(part: &str, search: &Search) -> Option<BinaryWants> {
    let words = split_parts(part, &[]).ok()?;
    let (head, rest) = words.split_first()?;
    let provider = Provider::from_name(head).filter(|_| !rest.is_empty());
    let [functions, probes] = match provider {
        Some(Provider::Uprobe | Provider::Uretprobe) => [true, false],
        Some(Provider::Usdt) => [false, true],
        Some(_) => return None,
        None => [!has_type_word(part); 2],
    };
    let path = rest.first().filter(|path| rest.len() > 1 && !path.is_empty()).map_or("*", String::as_str);
    let named = rest.len() > 1 && Path::new(path).is_file();
    if provider.is_none() && !named && search.pid.is_none() {
        return None;
    }
    let mut wants = BinaryWants { path: path.to_owned(), probes, ..BinaryWants::default() };
    let name = rest.last().map_or("*", String::as_str).to_owned();
    if rest.get(1).is_some_and(|word| word == "cpp") {
        wants.demangled.push(name);
    } else if functions {
        wants.symbols.push(name);
    }
    Some(wants)
}

/// The functions that a pattern may stand for, with their types where fields are wanted.
fn functions(words: &[&str], named: bool, detail: Detail) -> FunctionPattern {
    let (module, name) = match words {
        [_, name] if named => (None, *name),
        [_, module, name] if named => (Some((*module).to_owned()), *name),
        _ => (None, "*"),
    };
    FunctionPattern { module, name: name.to_owned(), types: detail == Detail::Fields }
}

/// A listing of types: `struct task_*`.
fn has_type_word(pattern: &str) -> bool {
    ["struct ", "union ", "enum "].iter().any(|word| pattern.starts_with(word))
}

/// Names of tracepoints are cheap; their fields are a file each.
fn tracepoints(
    words: &[&str],
    named: bool,
    detail: Detail,
    target: &mut Target,
    wants: &mut Wants,
) -> Result<(), String> {
    if detail == Detail::Fields {
        let (category, name) = match words {
            [_, category, name] if named => (*category, *name),
            _ => ("*", "*"),
        };
        // `t:*foo*` stands for every category.
        wants.tracepoints.push((category.to_owned(), name.to_owned()));
        if !has_wildcard(category) && !has_wildcard(name) {
            return Ok(());
        }
    }
    let root = match tracefs::root() {
        Ok(root) => root,
        Err(_) if !named => return Ok(()),
        Err(error) => return Err(with_rights(&error)),
    };
    let names = tracefs::event_names(root).map_err(|error| format!("{}: {error}", root.display()))?;
    if detail == Detail::Names {
        target.tracepoints.extend(names.into_iter().map(|name| (name, TraceEvent::default())));
    }
    Ok(())
}
