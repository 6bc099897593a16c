//! From patterns to the probes that a machine has.
mod user;

pub(crate) use user::{of_function, of_probe, stands_for};

use super::{AttachPoint, Point, UserPlace, has_wildcard, matches};
use crate::probes::Provider;
use osmia_base::Diagnostic;
use osmia_object::Target;

/// The probes of `target` that `point` stands for, sorted; or that there are none. A part of the target that is empty
/// was not asked for: a name that would be looked up in it is taken to exist.
pub fn expand(point: &AttachPoint, target: &Target) -> Result<Vec<AttachPoint>, Diagnostic> {
    let places = places(point, target)?;
    Ok(places.into_iter().map(|place| AttachPoint { place, ..point.clone() }).collect())
}

fn places(point: &AttachPoint, target: &Target) -> Result<Vec<Point>, Diagnostic> {
    match &point.place {
        Point::Tracepoint { category, name } => tracepoints(point, category, name, target),
        Point::RawTracepoint { module, name } => raw_tracepoints(point, module.as_deref(), name, target),
        Point::KernelFunction { module, function, offset } => {
            kernel_functions(point, (module.as_deref(), function, *offset), target)
        }
        Point::UserFunction { path, place } => {
            user_places(point, user::functions(path.as_deref(), place, target), target)
        }
        Point::Usdt { path, namespace, name } => {
            user_places(point, user::probes(path.as_deref(), namespace.as_deref(), name, target), target)
        }
        place => Ok(vec![place.clone()]),
    }
}

/// `places`, or that there are none.
fn some(
    point: &AttachPoint,
    places: Vec<Point>,
    hint: impl FnOnce(Diagnostic) -> Diagnostic,
) -> Result<Vec<Point>, Diagnostic> {
    if !places.is_empty() {
        return Ok(places);
    }
    let name = point.name();
    let text = match point.is_pattern() {
        true => format!("No probes found matching {name}"),
        false => format!("{name} does not exist"),
    };
    Err(hint(Diagnostic::error(point.span, text)))
}

fn tracepoints(
    point: &AttachPoint,
    category: &str,
    name: &str,
    target: &Target,
) -> Result<Vec<Point>, Diagnostic> {
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

fn raw_tracepoints(
    point: &AttachPoint,
    module: Option<&str>,
    name: &str,
    target: &Target,
) -> Result<Vec<Point>, Diagnostic> {
    if target.raw_tracepoints.is_empty() && !has_wildcard(name) {
        return Ok(vec![point.place.clone()]);
    }
    let module = module.filter(|module| !has_wildcard(module));
    let mut found: Vec<&String> = target.raw_tracepoints.iter().filter(|own| matches(name, own)).collect();
    found.sort();
    let make = |name: &String| Point::RawTracepoint { module: module.map(str::to_owned), name: name.clone() };
    let places = found.into_iter().map(make).collect();
    some(point, places, |diagnostic| {
        diagnostic.suggest(name, target.raw_tracepoints.iter().map(String::as_str))
    })
}

/// Whether the compiler made it of another function (`foo.part.0`): patterns pass over those.
fn is_clone(function: &str) -> bool {
    function.contains('.')
}

/// Whether a module of the target (empty: the kernel itself) is the one that was asked for.
fn in_module(wanted: Option<&str>, module: &str) -> bool {
    let module = if module.is_empty() { "vmlinux" } else { module };
    wanted.is_none_or(|wanted| matches(wanted, module))
}

fn kernel_functions(
    point: &AttachPoint,
    (module, function, offset): (Option<&str>, &str, u64),
    target: &Target,
) -> Result<Vec<Point>, Diagnostic> {
    if !point.is_pattern() && target.functions.is_empty() {
        return Ok(vec![point.place.clone()]);
    }
    let all = target.functions.iter().filter(|(_, own)| in_module(module, own));
    let wild = has_wildcard(function);
    let mut found: Vec<(&str, &str)> = all
        .map(|(name, module)| (name.as_str(), module.as_str()))
        .filter(|(name, _)| match wild {
            true => matches(function, name) && (is_clone(function) || !is_clone(name)),
            false => *name == function,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    let typed = matches!(point.provider, Provider::Fentry | Provider::Fexit);
    if typed && !wild && found.len() > 1 && module.is_none_or(has_wildcard) {
        return Err(ambiguous(point, function, &found));
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
    some(point, places, |diagnostic| {
        diagnostic.suggest(function, target.functions.iter().map(|(name, _)| name.as_str()))
    })
}

/// The module in a point without patterns: always there for fentry, else as it was asked for.
fn shown_module(wanted: Option<&str>, module: &str, typed: bool) -> Option<String> {
    let module = if module.is_empty() { "vmlinux" } else { module };
    (typed || wanted.is_some()).then(|| module.to_owned())
}

fn ambiguous(point: &AttachPoint, function: &str, found: &[(&str, &str)]) -> Diagnostic {
    let modules: Vec<&str> =
        found.iter().map(|(_, own)| if own.is_empty() { "vmlinux" } else { *own }).collect();
    let text = format!("ambiguous attach point, please specify module containing the function '{function}'");
    Diagnostic::error(point.span, text).hint(format!("it is in {}", modules.join(", ")))
}

/// What a point in user files stands for, or that it stands for nothing.
fn user_places(point: &AttachPoint, places: Vec<Point>, target: &Target) -> Result<Vec<Point>, Diagnostic> {
    some(point, places, |diagnostic| match &point.place {
        place @ (Point::UserFunction { place: UserPlace::Symbol { name, .. }, .. }
        | Point::Usdt { name, .. }) => diagnostic.suggest(name, user::others(place, target)),
        _ => diagnostic,
    })
}
