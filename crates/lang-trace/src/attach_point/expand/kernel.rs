//! What the kernel has: tracepoints, functions, iterators, and BPF programs that are loaded.
use super::{Absent, some};
use crate::attach_point::{AttachPoint, Point, has_wildcard, matches};
use crate::probes::Provider;
use osmia_base::Diagnostic;
use osmia_btf::{Btf, KindTag};
use osmia_object::Target;

/// What stands before an iterator's name in the name of its context.
pub(crate) const ITERATOR: &str = "bpf_iter__";

pub(super) fn tracepoints(
    point: &AttachPoint,
    (category, name): (&str, &str),
    target: &Target,
) -> Result<Vec<Point>, Absent> {
    let all = target.tracepoints.keys();
    let found = all.filter(|(own, event)| matches(category, own) && matches(name, event));
    let places = found
        .map(|(category, name)| Point::Tracepoint { category: category.clone(), name: name.clone() })
        .collect();
    some(point, places, |diagnostic| {
        let inside =
            target.tracepoints.keys().filter(|(own, _)| own == category).map(|(_, name)| name.as_str());
        let whole: Vec<String> =
            target.tracepoints.keys().map(|(own, event)| format!("{own}:{event}")).collect();
        match osmia_base::nearest(name, inside) {
            Some(found) => diagnostic.hint(format!("did you mean `tracepoint:{category}:{found}`?")),
            None => diagnostic.suggest(&format!("{category}:{name}"), whole.iter().map(String::as_str)),
        }
    })
}

pub(super) fn raw_tracepoints(
    point: &AttachPoint,
    (module, name): (Option<&str>, &str),
    target: &Target,
) -> Result<Vec<Point>, Absent> {
    let Some(all) = &target.raw_tracepoints else { return Ok(vec![point.place.clone()]) };
    let fits = |(own, of): &&(String, String)| matches(name, own) && in_module(module, of);
    let mut found: Vec<&(String, String)> = all.iter().filter(fits).collect();
    found.sort();
    let make = |(name, module): &(String, String)| Point::RawTracepoint {
        module: Some(module_name(module).to_owned()),
        name: name.clone(),
    };
    let places = found.into_iter().map(make).collect();
    some(point, places, |diagnostic| diagnostic.suggest(name, all.iter().map(|(own, _)| own.as_str())))
}

/// Whether the compiler made it of a part of another function (`foo.part.0`): patterns pass over those, as bpftrace's do.
pub(crate) fn is_part(function: &str) -> bool {
    function.contains(".part.")
}

/// The module's name as scripts write it; the kernel itself is `vmlinux`.
pub(crate) fn module_name(module: &str) -> &str {
    if module.is_empty() { "vmlinux" } else { module }
}

/// Whether a module of the target (empty: the kernel itself) is the one that was asked for.
fn in_module(wanted: Option<&str>, module: &str) -> bool {
    wanted.is_none_or(|wanted| matches(wanted, module_name(module)))
}

pub(super) fn functions(
    point: &AttachPoint,
    (module, function, offset): (Option<&str>, &str, u64),
    target: &Target,
) -> Result<Vec<Point>, Absent> {
    if let Some(missing) = module.filter(|module| !is_loaded(module, target)) {
        return Err(Absent::Wrong(no_module(point, missing)));
    }
    let Some(all) = &target.functions else { return Ok(vec![point.place.clone()]) };
    let typed = matches!(point.provider, Provider::Fentry | Provider::Fexit);
    let wild = has_wildcard(function);
    let mut found: Vec<(&str, &str)> = all
        .iter()
        .filter(|(_, own)| in_module(module, own))
        .map(|(name, module)| (name.as_str(), module.as_str()))
        .filter(|(name, _)| match wild {
            true => matches(function, name) && !is_part(name),
            false => *name == function,
        })
        .filter(|(name, own)| !typed || has_prototype(target.btf.as_ref(), name, own))
        .collect();
    found.sort_unstable();
    found.dedup();
    if typed && !wild && found.len() > 1 && module.is_none_or(has_wildcard) {
        return Err(Absent::Wrong(ambiguous(point, function, &found)));
    }
    if module.is_none() && !typed {
        found.dedup_by_key(|(name, _)| *name);
    }
    let make = |(name, own): (&str, &str)| Point::KernelFunction {
        module: shown_module(module, own, typed),
        function: name.to_owned(),
        offset,
    };
    let places = found.into_iter().map(make).collect();
    some(point, places, |diagnostic| diagnostic.suggest(function, all.iter().map(|(name, _)| name.as_str())))
}

/// Whether a module that is named in full is there; of others nobody knows.
fn is_loaded(module: &str, target: &Target) -> bool {
    let known = target.modules.as_ref().filter(|_| !has_wildcard(module) && module != "vmlinux");
    known.is_none_or(|known| known.iter().any(|own| own == module))
}

fn no_module(point: &AttachPoint, module: &str) -> Diagnostic {
    let text = format!("specified module {module} in probe {} is not loaded.", point.name());
    Diagnostic::error(point.span, text).hint(format!("`modprobe {module}` loads it"))
}

/// Whether the kernel's types have the function; those of modules are looked up when they are at hand.
fn has_prototype(btf: Option<&Btf>, name: &str, module: &str) -> bool {
    !module.is_empty() || btf.is_none_or(|btf| btf.find_func(name).is_some())
}

/// The module in a point without patterns: always there for fentry, else as it was asked for.
fn shown_module(wanted: Option<&str>, module: &str, typed: bool) -> Option<String> {
    (typed || wanted.is_some()).then(|| module_name(module).to_owned())
}

fn ambiguous(point: &AttachPoint, function: &str, found: &[(&str, &str)]) -> Diagnostic {
    let modules: Vec<&str> = found.iter().map(|(_, own)| module_name(own)).collect();
    let text = format!("ambiguous attach point, please specify module containing the function '{function}'");
    Diagnostic::error(point.span, text).hint(format!("it is in {}", modules.join(", ")))
}

pub(super) fn bpf_programs(
    point: &AttachPoint,
    (id, name): (Option<u32>, &str),
    target: &Target,
) -> Result<Vec<Point>, Absent> {
    let Some(all) = &target.bpf_programs else { return Ok(vec![point.place.clone()]) };
    let mut found: Vec<&(u32, String)> =
        all.iter().filter(|(own, called)| id.is_none_or(|id| id == *own) && matches(name, called)).collect();
    found.sort();
    let make = |(id, name): &(u32, String)| Point::BpfProgram { id: Some(*id), name: name.clone() };
    let places = found.into_iter().map(make).collect();
    some(point, places, |diagnostic| diagnostic.suggest(name, all.iter().map(|(_, own)| own.as_str())))
}

pub(super) fn iterators(
    point: &AttachPoint,
    (name, pin): (&str, Option<&String>),
    target: &Target,
) -> Result<Vec<Point>, Absent> {
    let Some(btf) = &target.btf else { return Ok(vec![point.place.clone()]) };
    let make = |name: &str| Point::Iterator { name: name.to_owned(), pin: pin.cloned() };
    if !has_wildcard(name) && btf.find_struct(&format!("{ITERATOR}{name}")).is_some() {
        return Ok(vec![make(name)]);
    }
    let all = iterator_names(btf);
    let found: Vec<Point> = all.iter().filter(|own| matches(name, own)).map(|own| make(own)).collect();
    if !found.is_empty() || point.is_pattern() {
        return Ok(found);
    }
    let text = format!("iter {name} not available for your kernel version.");
    let diagnostic = Diagnostic::error(point.span, text);
    Err(Absent::Wrong(diagnostic.suggest(name, all.iter().map(String::as_str))))
}

/// What the verifier calls a copy of a structure, whose members it trusts (`BTF_TYPE_SAFE_TRUSTED`, kernel/bpf/verifier.c).
const TRUSTED: &str = "__safe_trusted";

/// The iterators that these types describe, sorted.
pub(crate) fn iterator_names(btf: &Btf) -> Vec<String> {
    let composite = btf.ids().filter(|id| btf.tag(*id) == Some(KindTag::Struct));
    let mut names: Vec<String> =
        composite.filter_map(|id| btf.name(id)?.strip_prefix(ITERATOR).map(str::to_owned)).collect();
    names.retain(|name| !name.ends_with(TRUSTED));
    names.sort();
    names.dedup();
    names
}
