//! Attach points as facts: which probes of the machine they name, and what is known of each.
use super::facts::Facts;
use super::{Options, user_debug};
use crate::ast;
use crate::attach_point::{Absent, AttachPoint, Every, ITERATOR, Point};
use crate::probes::Provider;
use crate::typed::{Config, MissingProbes};
use osmia_base::{Diagnostic, Diagnostics, Severity, Span};
use osmia_btf::TypeId;
use osmia_object::{Attach, Cpus, Over, PerfEvent, ProbeSide, Sample, Target};
use std::collections::BTreeMap;

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
    let mut finder =
        Finder { target, options, config, facts: Vec::new(), found: Diagnostics::default(), wrong: false };
    for text in &probe.points {
        match crate::attach_point::resolve_point(&text.text, text.span, &options.params) {
            Ok(point) => finder.point(&point),
            Err(error) => finder.wrong(error),
        }
    }
    let Finder { mut facts, mut found, wrong, .. } = finder;
    if facts.is_empty() && !wrong {
        nowhere(probe, config, &mut found);
    }
    if let Some(name) = &probe.name {
        facts.iter_mut().for_each(|fact| fact.name.clone_from(&name.node));
    }
    diagnostics.extend(found);
    facts
}

/// Tests and benchmarks are told by their names: no two may have the same.
pub(super) fn names_are_unique(script: &ast::Script, facts: &[Vec<Facts>], diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (probe, fact) in
        script.probes.iter().zip(facts).flat_map(|(it, facts)| facts.iter().map(move |fact| (it, fact)))
    {
        if !matches!(fact.provider, Provider::Test | Provider::Bench) {
            continue;
        }
        let place = probe.points.iter().find(|point| point.text == fact.name);
        let span = place.map_or(probe.span, |point| point.span);
        let Some(first) = seen.insert(&fact.name, span) else { continue };
        let (kind, name) = fact.name.split_once(':').unwrap_or(("", &fact.name));
        let kind = kind.to_uppercase();
        let text = format!("\"{name}\" was used as the name for more than one {kind} probe");
        diagnostics.push(Diagnostic::error(span, text).label(first, "this is the other instance"));
    }
}

/// What is said of a block without a probe of this machine, and where that is an error.
const NOWHERE: &str = "Probe has no valid attach points.";
const EXPECTED: &str = "If this is expected, set the 'missing_probes' config variable to 'warn'.";

/// A block without a probe of this machine.
fn nowhere(probe: &ast::Probe, config: &Config, diagnostics: &mut Diagnostics) {
    let span = probe.points.first().map_or(probe.span, |point| point.span);
    match config.missing_probes {
        // Why it is missing has been said.
        MissingProbes::Error if diagnostics.has_errors() => {}
        MissingProbes::Error => {
            diagnostics.push(Diagnostic::error(span, format!("{NOWHERE} {EXPECTED}")));
        }
        MissingProbes::Warn => {
            let meaning = "It is being removed which may cause issues with program behavior.";
            diagnostics.push(Diagnostic::warning(span, format!("{NOWHERE} {meaning}")));
        }
        MissingProbes::Ignore => {}
    }
}

/// Finds the probes of one block, point by point.
struct Finder<'a> {
    target: &'a Target,
    options: &'a Options,
    config: &'a Config,
    facts: Vec<Facts>,
    found: Diagnostics,
    /// Whether there is an error that has nothing to do with what this machine has.
    wrong: bool,
}

impl Finder<'_> {
    fn point(&mut self, point: &AttachPoint) {
        if matches!(point.place, Point::KernelAddress(_)) && !self.options.unsafe_allowed {
            return self.wrong(Diagnostic::error(point.span, "Probing by address requires --unsafe"));
        }
        match crate::attach_point::expand(point, self.target) {
            Ok(points) if point.is_pattern() => points.iter().for_each(|point| self.take(point)),
            Ok(points) => points.iter().for_each(|point| self.take_whole(point)),
            Err(Absent::Wrong(error)) => self.wrong(error),
            Err(Absent::Missing(missing)) => self.missing(point, missing),
        }
    }

    fn wrong(&mut self, error: Diagnostic) {
        self.wrong = true;
        self.found.push(error);
    }

    /// A probe that the script names in full: whether something can be put there is looked at.
    fn take_whole(&mut self, point: &AttachPoint) {
        match super::user_points::place(point, self.target, self.options) {
            Err(wrong) if wrong.severity == Severity::Error => return self.wrong(wrong),
            Err(doubt) => self.found.push(doubt),
            Ok(_) => {}
        }
        self.take(point);
    }

    fn take(&mut self, point: &AttachPoint) {
        match fact(point, self.target, self.options) {
            Ok(fact) => self.facts.push(fact),
            Err(error) => self.wrong(error),
        }
    }

    /// A probe that this machine does not have. `--unsafe` leaves it to the kernel to say so of its functions.
    fn missing(&mut self, point: &AttachPoint, missing: Diagnostic) {
        let kprobe = matches!(point.provider, Provider::Kprobe | Provider::Kretprobe);
        if let Point::KernelFunction { function, .. } = &point.place
            && kprobe
            && self.config.missing_probes != MissingProbes::Ignore
        {
            let text = format!(
                "{function} is not traceable (either non-existing, inlined, or marked as \"notrace\"); \
                 attaching to it will likely fail"
            );
            self.found.push(Diagnostic::warning(point.span, text));
        }
        if kprobe && self.options.unsafe_allowed {
            return self.take(point);
        }
        let of_any_module = matches!(point.place, Point::RawTracepoint { module: None, .. });
        let (severity, rest) = match self.config.missing_probes {
            MissingProbes::Error if of_any_module => {
                let text = format!("{NOWHERE} {EXPECTED}");
                return self.found.push(Diagnostic { severity: Severity::Error, text, ..missing });
            }
            MissingProbes::Error => (Severity::Error, "."),
            MissingProbes::Warn => (Severity::Warning, ". Skipping."),
            MissingProbes::Ignore => return,
        };
        self.found.push(Diagnostic { severity, text: missing.text + rest, ..missing });
    }
}

fn fact(point: &AttachPoint, target: &Target, options: &Options) -> Result<Facts, Diagnostic> {
    let debug = user_debug::debug_of(point, target);
    if let Some(error) = user_debug::line_error(point, debug.map(|(_, facts)| facts)) {
        return Err(error);
    }
    let unsupported = || {
        let name = point.provider.name();
        Diagnostic::error(point.span, format!("{name} probes of this form are not supported yet"))
    };
    let attach = attach_of(point, target, options).ok_or_else(unsupported)?;
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
    let context = match &point.place {
        Point::Iterator { name, .. } => {
            target.btf.as_ref().and_then(|btf| btf.find_struct(&format!("{ITERATOR}{name}")))
        }
        _ => None,
    };
    Ok(Facts {
        provider: point.provider,
        name: point.name(),
        attach,
        event,
        prototype,
        context,
        hidden,
        file,
    })
}

/// The prototype whose parameters are the probe's arguments, and how many come before them.
fn prototype(point: &AttachPoint, target: &Target) -> (Option<TypeId>, usize) {
    match (&point.place, point.provider) {
        (Point::KernelFunction { module, function, .. }, Provider::Fentry | Provider::Fexit) => {
            (target.prototype(module.as_deref(), function), 0)
        }
        // The prototype in `btf_trace_NAME` has no parameter names; the functions that serve the event have them.
        (Point::RawTracepoint { module, name }, _) => {
            let named = ["__probestub_", "__bpf_trace_", "trace_event_raw_event_", "perf_trace_"]
                .iter()
                .find_map(|prefix| target.prototype(module.as_deref(), &format!("{prefix}{name}")));
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
        Point::Once | Point::Named(_) | Point::Signal(_) => Attach::TestRun,
        Point::KernelFunction { module, function, offset } => match point.provider {
            Provider::Fentry | Provider::Fexit => {
                // The kernel's own types are those of no module.
                let module = module.clone().filter(|module| module != "vmlinux");
                Attach::Trampoline { module, function: function.clone(), side }
            }
            _ => Attach::Kprobe { module: module.clone(), function: function.clone(), offset: *offset, side },
        },
        Point::KernelAddress(address) => {
            Attach::Kprobe { module: None, function: format!("{address:#x}"), offset: 0, side }
        }
        Point::BpfProgram { id: Some(id), name } => {
            Attach::ProgramTrampoline { program: *id, function: name.clone(), side }
        }
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
        Point::Counter { event, period, .. } => Attach::PerfEvent {
            event: PerfEvent {
                kind: if point.provider == Provider::Hardware { HARDWARE } else { SOFTWARE },
                config: event.config,
            },
            sample: Sample::Period(period.unwrap_or(event.period)),
            cpus: Cpus::All,
            pid: options.pid,
        },
        Point::Watchpoint { address, length, access } => {
            Attach::Breakpoint { address: *address, length: *length, access: *access, pid: options.pid }
        }
        Point::Iterator { name, pin } => {
            Attach::Iterator { target: name.clone(), pin: pin.clone(), over: Over::All }
        }
        Point::BpfProgram { id: None, .. } | Point::UserFunction { path: None, .. } | Point::Usdt { .. } => {
            return None;
        }
    })
}

/// Where a probe's program goes. Only one kind of programs at raw tracepoints knows kernel objects by their types (`tracing`);
/// the other kind needs no types of the kernel.
pub(super) fn place(facts: &Facts, tracing: bool) -> Attach {
    match &facts.attach {
        Attach::RawTracepoint { name } if tracing => Attach::BtfTracepoint { name: name.clone() },
        attach => attach.clone(),
    }
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

/// So few programs are made one by one: each knows its name, and needs not look it up.
const FEW: usize = 8;

/// How points that could share one program are called.
pub(super) enum Names {
    /// All the same.
    Same,
    /// Differently, or the kernel does not tell programs there where they are; each gets a program.
    Few,
    /// By many names, of at most so many bytes.
    Many { longest: u32 },
}

/// The names of the points that could share a program with this one. Cookies of probes of user files (USDT) are the numbers
/// of their sites.
pub(super) fn names(of: &Facts, points: &[Facts]) -> Names {
    let sharing = || points.iter().filter(|point| same_code(of, point));
    if sharing().all(|point| point.name == of.name) {
        return Names::Same;
    }
    let told = matches!(of.attach, Attach::Kprobe { .. } | Attach::Tracepoint { .. } | Attach::Uprobe { .. });
    if !told || sharing().nth(FEW).is_none() {
        return Names::Few;
    }
    Names::Many { longest: sharing().map(|point| point.name.len() as u32).max().unwrap_or(0) }
}
