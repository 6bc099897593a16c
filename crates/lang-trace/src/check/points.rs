//! Attach points as facts: which probes of the machine they name, and what is known of each.
use super::facts::Facts;
use super::{Options, user_debug};
use crate::ast;
use crate::attach_point::{AttachPoint, Every, Point};
use crate::probes::Provider;
use crate::typed::{Config, MissingProbes};
use osmia_base::{Diagnostic, Diagnostics, Severity};
use osmia_btf::{Kind, TypeId};
use osmia_object::{Attach, Cpus, PerfEvent, ProbeSide, Sample, Target};

/// `PERF_TYPE_HARDWARE`.
const HARDWARE: u32 = 0;
/// `PERF_TYPE_SOFTWARE`.
const SOFTWARE: u32 = 1;
/// `PERF_COUNT_SW_CPU_CLOCK`.
const CPU_CLOCK: u64 = 0;

/// All probes that one block of the script names.
pub(super) fn facts_of(
    probe: &ast::Probe,
    target: &Target,
    options: &Options,
    config: &Config,
    diagnostics: &mut Diagnostics,
) -> Vec<Facts> {
    let mut facts = Vec::new();
    let mut unmatched = Vec::new();
    for text in &probe.points {
        let point = match crate::attach_point::resolve_point(&text.text, text.span, &options.params) {
            Ok(point) => point,
            Err(error) => {
                diagnostics.push(error);
                continue;
            }
        };
        match crate::attach_point::expand(&point, target) {
            Ok(points) => {
                let sound = |found: &&AttachPoint| {
                    point.is_pattern() || may_be_there(found, target, options, diagnostics)
                };
                let points: Vec<&AttachPoint> = points.iter().filter(sound).collect();
                facts
                    .extend(points.into_iter().filter_map(|point| fact(point, target, options, diagnostics)));
            }
            Err(missing) if point.is_pattern() => unmatched.push(missing),
            Err(missing) => report_missing(missing, config, diagnostics),
        }
    }
    for missing in unmatched {
        // A pattern beside probes that there are says "these too, where they exist".
        let severity = if facts.is_empty() { missing.severity } else { Severity::Warning };
        report_missing(Diagnostic { severity, ..missing }, config, diagnostics);
    }
    facts
}

/// Whether something can be put at a place that a script names in full.
fn may_be_there(
    point: &AttachPoint,
    target: &Target,
    options: &Options,
    diagnostics: &mut Diagnostics,
) -> bool {
    let Err(wrong) = super::user_points::place(point, target, options) else { return true };
    let severity = wrong.severity;
    diagnostics.push(wrong);
    severity != Severity::Error
}

fn report_missing(missing: Diagnostic, config: &Config, diagnostics: &mut Diagnostics) {
    match config.missing_probes {
        MissingProbes::Error => diagnostics.push(missing),
        MissingProbes::Warn => diagnostics.push(Diagnostic { severity: Severity::Warning, ..missing }),
        MissingProbes::Ignore => {}
    }
}

fn fact(
    point: &AttachPoint,
    target: &Target,
    options: &Options,
    diagnostics: &mut Diagnostics,
) -> Option<Facts> {
    let debug = user_debug::debug_of(point, target);
    if let Some(error) = user_debug::line_error(point, debug.map(|(_, facts)| facts)) {
        diagnostics.push(error);
        return None;
    }
    let Some(attach) = attach_of(point, target, options) else {
        let name = point.provider.name();
        diagnostics.error(point.span, format!("{name} probes of this form are not supported yet"));
        return None;
    };
    let event = match &attach {
        Attach::Tracepoint { category, name } => {
            target.tracepoints.get(&(category.clone(), name.clone())).cloned()
        }
        _ => None,
    };
    let (prototype, hidden) = match debug {
        Some((_, facts)) => (user_debug::user_prototype(point, facts), 0),
        None => prototype(point, target),
    };
    let file = debug.map(|(number, _)| number);
    Some(Facts { provider: point.provider, name: point.name(), attach, event, prototype, hidden, file })
}

/// The prototype whose parameters are the probe's arguments, and how many come before them.
fn prototype(point: &AttachPoint, target: &Target) -> (Option<TypeId>, usize) {
    let Some(btf) = &target.btf else { return (None, 0) };
    let of_function = |name: &str| match btf.get(btf.find_func(name)?).ok()?.kind {
        Kind::Func { proto, .. } => Some(proto),
        _ => None,
    };
    match (&point.place, point.provider) {
        (Point::KernelFunction { function, .. }, Provider::Fentry | Provider::Fexit) => {
            (of_function(function), 0)
        }
        // The prototype in `btf_trace_NAME` has no parameter names; the functions that serve the event have them.
        (Point::RawTracepoint { name, .. }, _) => {
            let named = ["__probestub_", "__bpf_trace_", "trace_event_raw_event_", "perf_trace_"]
                .iter()
                .find_map(|prefix| of_function(&format!("{prefix}{name}")));
            (named, 1)
        }
        _ => (None, 0),
    }
}

/// Where a probe that is no pattern is attached; `None` for kinds that cannot be attached yet.
fn attach_of(point: &AttachPoint, target: &Target, options: &Options) -> Option<Attach> {
    let side = match point.provider {
        Provider::Kretprobe | Provider::Uretprobe | Provider::Fexit => ProbeSide::Return,
        _ => ProbeSide::Entry,
    };
    Some(match &point.place {
        Point::Once | Point::Named(_) => Attach::TestRun,
        Point::KernelFunction { module, function, offset } => match point.provider {
            Provider::Fentry | Provider::Fexit => {
                // The kernel's own types are those of no module.
                let module = module.clone().filter(|module| module != "vmlinux");
                Attach::Trampoline { module, function: function.clone(), side }
            }
            _ => Attach::Kprobe { module: module.clone(), function: function.clone(), offset: *offset, side },
        },
        Point::Tracepoint { category, name } => {
            Attach::Tracepoint { category: category.clone(), name: name.clone() }
        }
        Point::RawTracepoint { name, .. } => Attach::RawTracepoint { name: name.clone() },
        Point::UserFunction { path: Some(path), place } => Attach::Uprobe {
            path: path.clone(),
            target: super::user_points::uprobe_target(path, place, target)?,
            pid: options.pid,
            side,
        },
        Point::Usdt { path: Some(path), namespace: Some(provider), name } => {
            super::user_points::usdt(path, provider, name, target, options)
        }
        Point::Timer(every, _) => Attach::PerfEvent {
            event: PerfEvent { kind: SOFTWARE, config: CPU_CLOCK },
            sample: match every {
                Every::Hertz(times) => Sample::Frequency(*times),
                Every::Nanoseconds(period) => Sample::Period(*period),
            },
            cpus: if point.provider == Provider::Interval { Cpus::One } else { Cpus::All },
            pid: options.pid.filter(|_| point.provider == Provider::Profile),
        },
        Point::Counter { event, period } => Attach::PerfEvent {
            event: PerfEvent {
                kind: if point.provider == Provider::Hardware { HARDWARE } else { SOFTWARE },
                config: event.config,
            },
            sample: Sample::Period(*period),
            cpus: Cpus::All,
            pid: options.pid,
        },
        Point::Signal(_)
        | Point::KernelAddress(_)
        | Point::BpfProgram { .. }
        | Point::UserFunction { path: None, .. }
        | Point::Usdt { .. }
        | Point::Watchpoint { .. }
        | Point::Iterator { .. } => return None,
    })
}

/// Whether two attach points can share one program, given that the code does not ask which it is.
pub(super) fn same_code(a: &Facts, b: &Facts) -> bool {
    let shareable = matches!(
        (&a.attach, &b.attach),
        (Attach::Kprobe { offset: 0, .. }, Attach::Kprobe { offset: 0, .. })
            | (Attach::Tracepoint { .. }, Attach::Tracepoint { .. })
            | (Attach::PerfEvent { .. }, Attach::PerfEvent { .. })
            | (Attach::Uprobe { .. }, Attach::Uprobe { .. })
            | (Attach::Usdt { .. }, Attach::Usdt { .. })
    );
    shareable && a.provider == b.provider
}
