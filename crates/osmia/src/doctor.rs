//! `osmia doctor`: what this machine allows, what it does not, and why; and what others left behind on it.
use osmia_abi::Feature;
use osmia_abi::features::FEATURES;
use osmia_host::Lockdown;
use osmia_loader::StaleEvent;
use osmia_sys::{FileSystem, file_system_at};
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All is well.
    Good,
    /// It works with limits.
    Limited,
    /// It does not work.
    Missing,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub topic: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it, where something can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// A dynamic event that a process left, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Group and name.
    pub event: String,
    /// Where it is.
    pub place: String,
    /// The process that made it, and is gone.
    pub pid: u32,
    /// Whether it was removed; `None` where nobody asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<bool>,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What this machine allows.
    pub findings: Vec<Finding>,
    /// What others left.
    pub leftovers: Vec<Leftover>,
}

/// Looks at the machine; removes what others left if `clean`.
pub fn doctor(clean: bool) -> Report {
    let looks: [fn() -> Finding; 11] = [
        kernel,
        rights,
        lockdown,
        types,
        jit,
        kprobes,
        trampolines,
        counters,
        mounts,
        unprivileged,
        features,
    ];
    let leftover = |event: StaleEvent| Leftover {
        removed: clean.then(|| event.remove().is_ok()),
        event: event.name,
        place: event.place,
        pid: event.pid,
    };
    Report {
        findings: looks.iter().map(|look| look()).collect(),
        leftovers: osmia_loader::stale_events().into_iter().map(leftover).collect(),
    }
}

fn good(topic: &'static str, found: impl Into<String>) -> Finding {
    Finding { topic, state: State::Good, found: found.into(), advice: None }
}

fn finding(topic: &'static str, state: State, found: impl Into<String>, advice: &str) -> Finding {
    Finding { topic, state, found: found.into(), advice: Some(advice.to_owned()) }
}

fn number(path: &str) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn kernel() -> Finding {
    let system = osmia_host::system();
    good("kernel", format!("{} {}, {}", system.name, system.release, system.machine))
}

fn rights() -> Finding {
    let rights = osmia_host::privileges();
    if !rights.may_trace() {
        let why = rights.explanation().unwrap_or_default();
        return finding(
            "rights",
            State::Missing,
            why,
            "run it with sudo, or grant CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
        );
    }
    match rights.sys_admin {
        true => good("rights", format!("uid {} with CAP_SYS_ADMIN: everything may be loaded", rights.euid)),
        false => finding(
            "rights",
            State::Limited,
            format!(
                "uid {} with CAP_BPF and CAP_PERFMON: what is loaded by others cannot be opened by id",
                rights.euid
            ),
            "grant CAP_SYS_ADMIN for `prog show`, `map dump id` and the like",
        ),
    }
}

fn lockdown() -> Finding {
    let rights = osmia_host::privileges();
    match rights.lockdown {
        Lockdown::None => good("lockdown", "the kernel is not locked down"),
        Lockdown::Integrity => finding(
            "lockdown",
            State::Limited,
            "integrity: programs may not write user memory",
            "boot without lockdown=integrity if that is needed",
        ),
        Lockdown::Confidentiality => finding(
            "lockdown",
            State::Missing,
            "confidentiality: no program may read the kernel's memory",
            "boot without lockdown=confidentiality, or use --vm",
        ),
    }
}

fn types() -> Finding {
    let path = osmia_host::KERNEL_BTF;
    match fs::metadata(path) {
        Ok(file) => {
            let modules = if osmia_host::has_module_btf() {
                ", and those of modules"
            } else {
                ", but not those of modules"
            };
            good(
                "types",
                format!("the kernel describes its types ({} KiB in {path}){modules}", file.len() / 1024),
            )
        }
        Err(_) => finding(
            "types",
            State::Missing,
            format!("there is no {path}: structures of the kernel, fentry and CO-RE are not known"),
            "use a kernel with CONFIG_DEBUG_INFO_BTF, or name a file of types with --btf FILE",
        ),
    }
}

fn jit() -> Finding {
    match (number("/proc/sys/net/core/bpf_jit_enable"), number("/proc/sys/net/core/bpf_jit_harden")) {
        (Some(0), _) => finding(
            "jit",
            State::Limited,
            "programs are interpreted: slow, and functions of the kernel cannot be called",
            "sysctl net.core.bpf_jit_enable=1",
        ),
        (Some(_), Some(2)) => finding(
            "jit",
            State::Limited,
            "programs are compiled, with constants hidden (hardened for everybody): slower, and machine code cannot be dumped",
            "sysctl net.core.bpf_jit_harden=0 where users are trusted",
        ),
        (Some(_), _) => good("jit", "programs are compiled to machine code"),
        (None, _) => finding(
            "jit",
            State::Limited,
            "whether programs are compiled cannot be told",
            "look at net.core.bpf_jit_enable as root",
        ),
    }
}

fn has(feature: Feature) -> Option<bool> {
    let types = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).ok();
    let find = |name: &str| Some(types.as_ref()?.find_func(name)?.0);
    osmia_host::probe(feature, &find).ok()
}

fn kprobes() -> Finding {
    let device = Path::new("/sys/bus/event_source/devices/kprobe").exists();
    match (device, has(Feature::KprobeMulti)) {
        (true, Some(true)) => good("kprobes", "at any function of the kernel, many at once by one link"),
        (true, _) => finding(
            "kprobes",
            State::Limited,
            "at any function of the kernel, one by one: many take long to attach",
            "kernels since 5.18 attach many at once",
        ),
        (false, _) => finding(
            "kprobes",
            State::Missing,
            "this kernel is built without kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)",
            "use tracepoints, or another kernel",
        ),
    }
}

fn trampolines() -> Finding {
    match has(Feature::Fentry) {
        Some(true) => good("fentry", "fentry, fexit, fmod_ret and LSM programs may be loaded"),
        Some(false) => finding(
            "fentry",
            State::Missing,
            "this kernel has no trampolines for fentry, fexit, fmod_ret and LSM programs",
            "use kprobes or tracepoints, or a kernel since 5.5 with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
        ),
        None => finding(
            "fentry",
            State::Missing,
            "the kernel does not permit fentry, fexit, fmod_ret and LSM programs",
            "use raw tracepoints (tp_btf) or tracepoints at the same place, or another kernel",
        ),
    }
}

fn counters() -> Finding {
    match Path::new("/sys/bus/event_source/devices/cpu").exists() {
        true => good("counters", "hardware counters: cycles, instructions, cache misses"),
        false => finding(
            "counters",
            State::Limited,
            "there are no hardware counters here (a virtual machine, most often)",
            "use software events: `software:cpu-clock`, `profile:hz:99`",
        ),
    }
}

fn mounts() -> Finding {
    let wanted = [
        (FileSystem::Bpf, "/sys/fs/bpf", "pins"),
        (FileSystem::Trace, "/sys/kernel/tracing", "tracepoints"),
        (FileSystem::Debug, "/sys/kernel/debug", "which functions may not be probed"),
    ];
    let absent = wanted.iter().filter(|(kind, path, _)| file_system_at(*kind, Path::new(path)) != Ok(true));
    let absent: Vec<String> = absent.map(|(_, path, use_)| format!("{path} (for {use_})")).collect();
    if absent.is_empty() {
        return good("mounts", "bpffs, tracefs and debugfs are mounted");
    }
    finding(
        "mounts",
        State::Limited,
        format!("not mounted: {}", absent.join(", ")),
        "what is needed is mounted when it is needed, as root; or: mount -t bpf bpf /sys/fs/bpf; mount -t tracefs tracefs /sys/kernel/tracing; mount -t debugfs debugfs /sys/kernel/debug",
    )
}

fn unprivileged() -> Finding {
    match osmia_host::privileges().unprivileged_bpf_disabled {
        Some(0) => finding(
            "unprivileged",
            State::Limited,
            "everybody may load programs of some kinds: a way to attack the kernel",
            "sysctl kernel.unprivileged_bpf_disabled=1",
        ),
        Some(_) => good("unprivileged", "only those with rights may load programs"),
        None => good("unprivileged", "whether everybody may load programs is not told"),
    }
}

/// What this kernel lacks of what newer ones have.
fn features() -> Finding {
    let types = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).ok();
    let find = |name: &str| Some(types.as_ref()?.find_func(name)?.0);
    let lacks = FEATURES.iter().filter(|row| osmia_host::probe(row.feature, &find) == Ok(false));
    let lacks: Vec<String> =
        lacks.map(|row| format!("{} ({}.{})", row.name, row.since.0, row.since.1)).collect();
    if lacks.is_empty() {
        return good("features", format!("all {} that are asked for", FEATURES.len()));
    }
    finding(
        "features",
        State::Limited,
        format!("{} of {}; not there: {}", FEATURES.len() - lacks.len(), FEATURES.len(), lacks.join(", ")),
        "the number in brackets is the first version of Linux that has it; osmia goes the next best way where there is one",
    )
}

impl Report {
    /// As JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            let mark = match finding.state {
                State::Good => "ok",
                State::Limited => "limited",
                State::Missing => "MISSING",
            };
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(out, "{mark:<8} {:<13} {}", finding.topic, finding.found);
            if let Some(advice) = &finding.advice {
                let _ = writeln!(out, "{:<22} -> {advice}", "");
            }
        }
        let _ = match self.leftovers.len() {
            0 => {
                writeln!(out, "{:<8} {:<13} no dynamic events of processes that are gone", "ok", "leftovers")
            }
            many => writeln!(
                out,
                "{:<8} {:<13} {many} dynamic events of processes that are gone",
                "limited", "leftovers"
            ),
        };
        for leftover in &self.leftovers {
            let what = match leftover.removed {
                None => "",
                Some(true) => ": removed",
                Some(false) => ": in use, stays",
            };
            let _ = writeln!(
                out,
                "{:<22} {} at {}, of process {}{what}",
                "", leftover.event, leftover.place, leftover.pid
            );
        }
        if self.leftovers.iter().any(|leftover| leftover.removed.is_none()) {
            let _ = writeln!(out, "{:<22} -> osmia doctor --clean removes them", "");
        }
        out
    }
}
