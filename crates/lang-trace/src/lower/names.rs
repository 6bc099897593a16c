//! What programs and maps are called in the object, and what kind of program an attach point wants.
use crate::probes::Provider;
use osmia_abi::{AttachType, ProgramType};
use osmia_object::{Attach, ProbeSide, Program, UprobeTarget};

/// The longest part of a program's name that comes from its probe.
const LONGEST: usize = 100;

/// A program's name: the probe's, fit for C, and its number.
pub(super) fn program_name(probe: &str, index: usize) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = probe.chars().take(LONGEST).map(safe).collect();
    format!("{name}_{}", index + 1)
}

/// A map's name in the object.
pub(super) fn map_name(name: &str) -> String {
    format!("AT_{}", name.strip_prefix('@').unwrap_or(name))
}

/// The ELF section of a program, and what it is loaded as. The sections are libbpf's. Programs at user files are loaded
/// for links at many places (`many`) where the kernel may have those: one link is made and taken down sooner than a perf
/// event, and on kernels without them the same program goes to perf events.
pub(super) fn shape(provider: Provider, attach: Option<&Attach>, many: bool) -> (String, Program) {
    let attach = attach.cloned().unwrap_or_default();
    let (section, kind, attach_type) = section(provider, &attach);
    let attach_type = match attach {
        Attach::Uprobe { .. } | Attach::Usdt { .. } if many => Some(AttachType::TraceUprobeMulti),
        _ => attach_type,
    };
    let program = Program { kind, attach_type, attach, sleepable: false, frags: false, autoload: true };
    (section, program)
}

fn section(provider: Provider, attach: &Attach) -> (String, ProgramType, Option<AttachType>) {
    use ProgramType as P;
    let by_side = |side: &ProbeSide, entry: &str, back: &str| match side {
        ProbeSide::Entry => entry.to_owned(),
        ProbeSide::Return => back.to_owned(),
    };
    match attach {
        // Only packet programs are run many times by one request, and timed.
        Attach::TestRun if provider == Provider::Bench => ("xdp".into(), P::Xdp, Some(AttachType::Xdp)),
        Attach::TestRun => ("raw_tp".into(), P::RawTracepoint, None),
        Attach::Tracepoint { category, name } => {
            (format!("tracepoint/{category}/{name}"), P::Tracepoint, None)
        }
        Attach::SystemCalls { side, .. } => (
            format!("tracepoint/raw_syscalls/{}", by_side(side, "sys_enter", "sys_exit")),
            P::Tracepoint,
            None,
        ),
        Attach::RawTracepoint { name } => (format!("raw_tp/{name}"), P::RawTracepoint, None),
        Attach::BtfTracepoint { name } => {
            (format!("tp_btf/{name}"), P::Tracing, Some(AttachType::TraceRawTp))
        }
        Attach::Kprobe { function, offset, side, .. } => {
            let plus = if *offset == 0 { String::new() } else { format!("+{offset}") };
            (format!("{}/{function}{plus}", by_side(side, "kprobe", "kretprobe")), P::Kprobe, None)
        }
        Attach::KprobeMulti { functions, side } => {
            let pattern = functions.first().map_or("*", String::as_str);
            let section = format!("{}/{pattern}", by_side(side, "kprobe.multi", "kretprobe.multi"));
            (section, P::Kprobe, Some(AttachType::TraceKprobeMulti))
        }
        Attach::KprobeSession { functions } => {
            let pattern = functions.first().map_or("*", String::as_str);
            (format!("kprobe.session/{pattern}"), P::Kprobe, Some(AttachType::TraceKprobeSession))
        }
        Attach::Syscall { name, side } => {
            (format!("{}/{name}", by_side(side, "ksyscall", "kretsyscall")), P::Kprobe, None)
        }
        Attach::Uprobe { path, target, side, .. } => {
            (format!("{}/{path}:{}", by_side(side, "uprobe", "uretprobe"), place(target)), P::Kprobe, None)
        }
        Attach::UprobeMulti { path, targets, side, .. } => {
            let target = targets.first().map_or_else(|| "*".to_owned(), place);
            let section = format!("{}/{path}:{target}", by_side(side, "uprobe.multi", "uretprobe.multi"));
            (section, P::Kprobe, Some(AttachType::TraceUprobeMulti))
        }
        Attach::UprobeSession { path, targets, .. } => {
            let target = targets.first().map_or_else(|| "*".to_owned(), place);
            (format!("uprobe.session/{path}:{target}"), P::Kprobe, Some(AttachType::TraceUprobeSession))
        }
        Attach::Usdt { path, provider, name, .. } => {
            (format!("usdt/{path}:{provider}:{name}"), P::Kprobe, None)
        }
        Attach::PerfEvent { .. } | Attach::Breakpoint { .. } => ("perf_event".into(), P::PerfEvent, None),
        Attach::Trampoline { function, side, .. } | Attach::ProgramTrampoline { function, side, .. } => {
            let kind =
                if *side == ProbeSide::Entry { AttachType::TraceFentry } else { AttachType::TraceFexit };
            (format!("{}/{function}", by_side(side, "fentry", "fexit")), P::Tracing, Some(kind))
        }
        Attach::ModifyReturn { function, .. } => {
            (format!("fmod_ret/{function}"), P::Tracing, Some(AttachType::ModifyReturn))
        }
        Attach::Lsm { hook } => (format!("lsm/{hook}"), P::Lsm, Some(AttachType::LsmMac)),
        Attach::Iterator { target, .. } => {
            (format!("iter/{target}"), P::Tracing, Some(AttachType::TraceIter))
        }
        Attach::Nowhere
        | Attach::Replace { .. }
        | Attach::Xdp { .. }
        | Attach::Tc(_)
        | Attach::Tcx { .. }
        | Attach::Netkit { .. }
        | Attach::Netfilter(_)
        | Attach::Cgroup { .. }
        | Attach::Netns { .. }
        | Attach::Sockmap { .. }
        | Attach::Lirc { .. }
        | Attach::Socket { .. } => nowhere(provider),
    }
}

/// What a probe is loaded as whose place in the machine is not plain data yet.
fn nowhere(provider: Provider) -> (String, ProgramType, Option<AttachType>) {
    match provider {
        Provider::Usdt => ("usdt".into(), ProgramType::Kprobe, None),
        Provider::Watchpoint
        | Provider::Profile
        | Provider::Interval
        | Provider::Software
        | Provider::Hardware => ("perf_event".into(), ProgramType::PerfEvent, None),
        _ => ("raw_tp".into(), ProgramType::RawTracepoint, None),
    }
}

fn place(target: &UprobeTarget) -> String {
    match target {
        UprobeTarget::Symbol { name, offset: 0 } => name.clone(),
        UprobeTarget::Symbol { name, offset } => format!("{name}+{offset}"),
        UprobeTarget::Address(at) | UprobeTarget::Offset(at) => format!("{at:#x}"),
    }
}
