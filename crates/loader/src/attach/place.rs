//! Places in words.
use osmia_object::{Attach, Direction, ProbeSide, UprobeTarget};

/// Where, in the words of scripts.
pub(super) fn place(to: &Attach) -> String {
    let side = |side: &ProbeSide, entry: &'static str, exit: &'static str| match side {
        ProbeSide::Entry => entry,
        ProbeSide::Return => exit,
    };
    match to {
        Attach::Nowhere => "nowhere".to_owned(),
        Attach::TestRun => "by request".to_owned(),
        Attach::Tracepoint { category, name } => format!("tracepoint:{category}:{name}"),
        Attach::SystemCalls { names, .. } => format!("tracepoint:syscalls:{}", list(names)),
        Attach::RawTracepoint { name } | Attach::BtfTracepoint { name } => format!("rawtracepoint:{name}"),
        Attach::Kprobe { function, side: s, .. } => format!("{}:{function}", side(s, "kprobe", "kretprobe")),
        Attach::KprobeMulti { functions, side: s } => {
            format!("{}:{}", side(s, "kprobe", "kretprobe"), list(functions))
        }
        Attach::KprobeSession { functions } => format!("kprobe.session:{}", list(functions)),
        Attach::Uprobe { path, target, side: s, .. } => {
            format!("{}:{path}:{}", side(s, "uprobe", "uretprobe"), target_text(target))
        }
        Attach::UprobeMulti { path, targets, side: s, .. } => {
            let targets: Vec<String> = targets.iter().map(target_text).collect();
            format!("{}:{path}:{}", side(s, "uprobe", "uretprobe"), list(&targets))
        }
        Attach::UprobeSession { path, .. } => format!("uprobe.session:{path}"),
        Attach::Usdt { path, provider, name, .. } => format!("usdt:{path}:{provider}:{name}"),
        Attach::PerfEvent { event, .. } => format!("perf event {}:{}", event.kind, event.config),
        Attach::Trampoline { function, side: s, .. } => format!("{}:{function}", side(s, "fentry", "fexit")),
        Attach::ProgramTrampoline { program, function, side: s } => {
            format!("{}:bpf:{program}:{function}", side(s, "fentry", "fexit"))
        }
        Attach::ModifyReturn { function, .. } => format!("fmod_ret:{function}"),
        Attach::Lsm { hook } => format!("lsm:{hook}"),
        Attach::Iterator { target, .. } => format!("iter:{target}"),
        Attach::Breakpoint { address, length, .. } => format!("watchpoint:{address:#x}:{length}"),
        Attach::Replace { program, function } => format!("freplace:{program}:{function}"),
        Attach::Xdp { interface, .. } => format!("xdp:{interface}"),
        Attach::Tc(filter) => format!("tc:{}:{}", filter.interface, way(filter.direction)),
        Attach::Tcx { interface, direction, .. } => format!("tcx:{interface}:{}", way(*direction)),
        Attach::Netkit { interface, .. } => format!("netkit:{interface}"),
        Attach::Netfilter(hook) => format!("netfilter:{}:{}:{}", hook.family, hook.hook, hook.priority),
        Attach::Cgroup { path, .. } => format!("cgroup:{path}"),
        Attach::Netns { path, .. } => format!("netns:{}", path.as_deref().unwrap_or("self")),
        Attach::Sockmap { .. } => "the sockets of a map".to_owned(),
        Attach::Lirc { device } => format!("lirc:{device}"),
        Attach::Socket { pid, fd, .. } => format!("socket:{pid}:{fd}"),
        Attach::Syscall { name, side: s } => format!("{}:{name}", side(s, "ksyscall", "kretsyscall")),
    }
}

fn target_text(target: &UprobeTarget) -> String {
    match target {
        UprobeTarget::Symbol { name, offset: 0 } => name.clone(),
        UprobeTarget::Symbol { name, offset } => format!("{name}+{offset}"),
        UprobeTarget::Address(address) => format!("{address:#x}"),
        UprobeTarget::Offset(offset) => format!("offset {offset:#x}"),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}
