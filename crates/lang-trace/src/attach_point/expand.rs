//! From patterns to the probes that a machine has.
mod kernel;
mod user;

pub(crate) use kernel::{ITERATOR, is_part, iterator_names, module_name};
pub(crate) use user::{of_function, of_probe, stands_for};

use super::{AttachPoint, Point, UserPlace};
use osmia_base::Diagnostic;
use osmia_object::Target;

/// Why a point stands for no probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The machine has none of that name: whether that is an error, a setting says. The text ends without a full stop.
    Missing(Diagnostic),
    /// Whatever the machine has, this cannot be meant.
    Wrong(Diagnostic),
}

impl Absent {
    /// The words.
    pub const fn diagnostic(&self) -> &Diagnostic {
        match self {
            Self::Missing(diagnostic) | Self::Wrong(diagnostic) => diagnostic,
        }
    }
}

/// The probes of `target` that `point` stands for, sorted. A pattern may stand for none; a name must be there. A part of
/// the target that nobody asked for is not looked at: a name that would be looked up in it is taken to exist.
pub fn expand(point: &AttachPoint, target: &Target) -> Result<Vec<AttachPoint>, Absent> {
    let places = places(point, target)?;
    Ok(places.into_iter().map(|place| AttachPoint { place, ..point.clone() }).collect())
}

fn places(point: &AttachPoint, target: &Target) -> Result<Vec<Point>, Absent> {
    match &point.place {
        Point::Tracepoint { category, name } => kernel::tracepoints(point, (category, name), target),
        Point::RawTracepoint { module, name } => {
            kernel::raw_tracepoints(point, (module.as_deref(), name), target)
        }
        Point::KernelFunction { module, function, offset } => {
            kernel::functions(point, (module.as_deref(), function, *offset), target)
        }
        Point::BpfProgram { id, name } => kernel::bpf_programs(point, (*id, name), target),
        Point::Iterator { name, pin } => kernel::iterators(point, (name, pin.as_ref()), target),
        Point::UserFunction { path, place } => {
            user_places(point, user::functions(path.as_deref(), place, target), target)
        }
        Point::Usdt { path, namespace, name } => {
            user_places(point, user::probes(path.as_deref(), namespace.as_deref(), name, target), target)
        }
        place => Ok(vec![place.clone()]),
    }
}

/// `places`; where a name that is no pattern has none, that it is missing.
fn some(
    point: &AttachPoint,
    places: Vec<Point>,
    hint: impl FnOnce(Diagnostic) -> Diagnostic,
) -> Result<Vec<Point>, Absent> {
    if !places.is_empty() || point.is_pattern() {
        return Ok(places);
    }
    let name = point.name();
    let (provider, rest) = name.split_once(':').unwrap_or((&name, ""));
    Err(Absent::Missing(hint(Diagnostic::error(point.span, format!("No matches for {provider} {rest}")))))
}

/// What a point in user files stands for, or that it stands for nothing.
fn user_places(point: &AttachPoint, places: Vec<Point>, target: &Target) -> Result<Vec<Point>, Absent> {
    some(point, places, |diagnostic| match &point.place {
        place @ (Point::UserFunction { place: UserPlace::Symbol { name, .. }, .. }
        | Point::Usdt { name, .. }) => diagnostic.suggest(name, user::others(place, target)),
        _ => diagnostic,
    })
}
