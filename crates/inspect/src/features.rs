//! What this kernel has, asked by trying: the questions, in bpftool's order.
use osmia_abi::helpers::HELPERS;
use osmia_abi::{Feature, MapType, ProgramType};
use osmia_host::{
    accepts, has_bpf, has_map_kind, has_program_kind, helpers_of, interface_takes_map,
    interface_takes_program, kconfig,
};
use osmia_sys::{Errno, lay_down_capabilities};
use std::fs;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeScope {
    /// The interface whose card is asked; 0 for the kernel.
    pub interface: u32,
    /// Whether helpers are asked for that make the kernel write to its log.
    pub full: bool,
    /// What users may do who have no privileges.
    pub unprivileged: bool,
}

/// Answers that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name in JSON.
    pub key: &'static str,
    /// Its heading for people.
    pub title: &'static str,
    /// Its heading among macros.
    pub comment: &'static str,
    /// The answers.
    pub items: Vec<Item>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A setting of the running system.
    Setting {
        /// Its name in JSON.
        key: &'static str,
        /// Its value; -1 where it could not be read.
        value: i64,
        /// What it means.
        told: String,
    },
    /// A line of the kernel's configuration.
    Config {
        /// Its name.
        name: &'static str,
        /// Its value; `None` where it is not set.
        value: Option<String>,
    },
    /// Something that is there or not.
    Feature {
        /// Its name in JSON, without what `have_` says.
        key: String,
        /// Its name for people.
        told: String,
        /// Whether it is there.
        there: bool,
    },
    /// Helpers of one kind of programs.
    Helpers {
        /// The kind.
        kind: &'static str,
        /// Whether the kernel has it.
        supported: bool,
        /// All helpers that were asked for, and whether they may be called.
        helpers: Vec<(&'static str, bool)>,
    },
}

/// Asks. All of it takes some five thousand system calls, most of them for helpers. An error says that capabilities could not
/// be laid down.
pub fn probe_features(scope: ProbeScope) -> Result<Vec<Section>, Errno> {
    if !scope.unprivileged {
        return Ok(sections(scope));
    }
    // In a thread of its own: what this one lays down, the rest of the process keeps.
    let asking = std::thread::spawn(move || {
        let numbers: Vec<u32> = CAPABILITIES.iter().map(|(_, number)| *number).collect();
        lay_down_capabilities(&numbers).map(|()| sections(scope))
    });
    asking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What loading programs of every kind takes, `include/uapi/linux/capability.h`.
const CAPABILITIES: &[(&str, u32)] =
    &[("CAP_SYS_ADMIN", 21), ("CAP_BPF", 39), ("CAP_NET_ADMIN", 12), ("CAP_PERFMON", 38)];

/// What this process would have to have besides, to be allowed every question.
pub fn missing_capabilities() -> Vec<&'static str> {
    let last = fs::read_to_string("/proc/sys/kernel/cap_last_cap").ok().and_then(|it| it.trim().parse().ok());
    let missing = |number| !osmia_sys::has_capability(number).unwrap_or(false);
    // Kernels that do not know the later ones (5.8) ask for the first alone.
    let wanted = if last < Some(39) { CAPABILITIES.get(..1).unwrap_or_default() } else { CAPABILITIES };
    wanted.iter().filter(|(_, number)| missing(*number)).map(|(name, _)| *name).collect()
}

fn sections(scope: ProbeScope) -> Vec<Section> {
    let mut all = Vec::new();
    if scope.interface == 0 {
        all.push(section("system_config", "system configuration", "Misc kernel config items", system()));
    }
    let there = has_bpf();
    let call = Item::Feature { key: "bpf_syscall".to_owned(), told: "bpf() syscall".to_owned(), there };
    all.push(section("syscall_config", "system call availability", "System call availability", vec![call]));
    if !there {
        return all;
    }
    let kinds: Vec<(ProgramType, bool)> =
        programs(scope).map(|kind| (kind, takes_program(scope, kind))).collect();
    let items = kinds.iter().map(|(kind, there)| Item::Feature {
        key: format!("{}_prog_type", kind.name()),
        told: format!("eBPF program_type {}", kind.name()),
        there: *there,
    });
    all.push(section("program_types", "eBPF program types", "eBPF program types", items.collect()));
    all.push(section("map_types", "eBPF map types", "eBPF map types", maps(scope).collect()));
    all.push(section("helpers", "eBPF helper functions", "eBPF helper functions", helpers(scope, &kinds)));
    all.push(section("misc", "miscellaneous eBPF features", "eBPF misc features", misc(scope).collect()));
    all
}

fn section(key: &'static str, title: &'static str, comment: &'static str, items: Vec<Item>) -> Section {
    Section { key, title, comment, items }
}

/// Kinds of programs that are asked for: cards take but two.
fn programs(scope: ProbeScope) -> impl Iterator<Item = ProgramType> {
    const ON_CARDS: &[ProgramType] = &[ProgramType::SchedCls, ProgramType::Xdp];
    let all = if scope.interface == 0 { ProgramType::ALL } else { ON_CARDS };
    all.iter().copied().filter(|kind| *kind != ProgramType::Unspec)
}

fn takes_program(scope: ProbeScope, kind: ProgramType) -> bool {
    match scope.interface {
        0 => has_program_kind(kind),
        interface => interface_takes_program(kind, interface),
    }
}

fn maps(scope: ProbeScope) -> impl Iterator<Item = Item> {
    const ON_CARDS: &[MapType] = &[MapType::Hash, MapType::Array];
    let all = if scope.interface == 0 { MapType::ALL } else { ON_CARDS };
    all.iter().filter(|kind| **kind != MapType::Unspec).map(move |kind| Item::Feature {
        key: format!("{}_map_type", kind.name()),
        told: format!("eBPF map_type {}", kind.name()),
        there: match scope.interface {
            0 => has_map_kind(*kind),
            interface => interface_takes_map(*kind, interface),
        },
    })
}

/// Kinds that load only at a place: whether they may call a helper cannot be asked without one.
const AT_PLACES: &[ProgramType] =
    &[ProgramType::Tracing, ProgramType::Ext, ProgramType::Lsm, ProgramType::StructOps];

/// Asking for these makes the kernel write to its log.
const LOUD: &[&str] = &["trace_printk", "trace_vprintk", "probe_write_user"];

fn helpers(scope: ProbeScope, kinds: &[(ProgramType, bool)]) -> Vec<Item> {
    let rows: Vec<_> = HELPERS.iter().filter(|row| scope.full || !LOUD.contains(&row.name)).collect();
    let ids: Vec<u32> = rows.iter().map(|row| row.id).collect();
    let asked: Vec<ProgramType> = kinds
        .iter()
        .filter(|(kind, there)| *there && !AT_PLACES.contains(kind))
        .map(|(kind, _)| *kind)
        .collect();
    let answers = helpers_of(&asked, &ids, scope.interface);
    let item = |(kind, supported): &(ProgramType, bool)| {
        let answer = asked.iter().position(|asked| asked == kind).and_then(|at| answers.get(at));
        let may = |at: usize| answer.and_then(|answer| answer.get(at)).copied().unwrap_or(false);
        let helpers = rows.iter().enumerate().map(|(at, row)| (row.name, may(at))).collect();
        Item::Helpers { kind: kind.name(), supported: *supported, helpers }
    };
    kinds.iter().map(item).collect()
}

/// What instructions the kernel takes: name in JSON, name for people, and the feature that is asked for.
const MISC: &[(&str, &str, Feature)] = &[
    ("large_insn_limit", "Large program size limit", Feature::LargePrograms),
    ("bounded_loops", "Bounded loop support", Feature::BoundedLoops),
    ("v2_isa_extension", "ISA extension v2", Feature::JumpLess),
    ("v3_isa_extension", "ISA extension v3", Feature::Jump32),
    ("v4_isa_extension", "ISA extension v4", Feature::IsaV4),
];

fn misc(scope: ProbeScope) -> impl Iterator<Item = Item> {
    MISC.iter().map(move |(key, told, feature)| Item::Feature {
        key: (*key).to_owned(),
        told: (*told).to_owned(),
        there: accepts(*feature, scope.interface).unwrap_or(false),
    })
}

/// A setting: its name in JSON, its file, what stands before the meaning of its values, these meanings from 0 on, what is
/// said of another value, and of none.
struct SettingRow {
    key: &'static str,
    file: &'static str,
    means: &'static [&'static str],
    unknown: &'static str,
    unread: &'static str,
}

const SETTINGS: &[SettingRow] = &[
    SettingRow {
        key: "unprivileged_bpf_disabled",
        file: "kernel/unprivileged_bpf_disabled",
        means: &[
            "bpf() syscall for unprivileged users is enabled",
            "bpf() syscall restricted to privileged users (without recovery)",
            "bpf() syscall restricted to privileged users (admin can change)",
        ],
        unknown: "bpf() syscall restriction has unknown value {}",
        unread: "Unable to retrieve required privileges for bpf() syscall",
    },
    SettingRow {
        key: "bpf_jit_enable",
        file: "net/core/bpf_jit_enable",
        means: &[
            "JIT compiler is disabled",
            "JIT compiler is enabled",
            "JIT compiler is enabled with debugging traces in kernel logs",
        ],
        unknown: "JIT-compiler status has unknown value {}",
        unread: "Unable to retrieve JIT-compiler status",
    },
    SettingRow {
        key: "bpf_jit_harden",
        file: "net/core/bpf_jit_harden",
        means: &[
            "JIT compiler hardening is disabled",
            "JIT compiler hardening is enabled for unprivileged users",
            "JIT compiler hardening is enabled for all users",
        ],
        unknown: "JIT hardening status has unknown value {}",
        unread: "Unable to retrieve JIT hardening status",
    },
    SettingRow {
        key: "bpf_jit_kallsyms",
        file: "net/core/bpf_jit_kallsyms",
        means: &[
            "JIT compiler kallsyms exports are disabled",
            "JIT compiler kallsyms exports are enabled for root",
        ],
        unknown: "JIT kallsyms exports status has unknown value {}",
        unread: "Unable to retrieve JIT kallsyms export status",
    },
    SettingRow {
        key: "bpf_jit_limit",
        file: "net/core/bpf_jit_limit",
        means: &[],
        unknown: "Global memory limit for JIT compiler for unprivileged users is {} bytes",
        unread: "Unable to retrieve global memory limit for JIT compiler for unprivileged users",
    },
];

/// Lines of the kernel's configuration that BPF depends on.
const CONFIG: &[&str] = &[
    "CONFIG_BPF",
    "CONFIG_BPF_SYSCALL",
    "CONFIG_HAVE_EBPF_JIT",
    "CONFIG_BPF_JIT",
    "CONFIG_BPF_JIT_ALWAYS_ON",
    "CONFIG_DEBUG_INFO_BTF",
    "CONFIG_DEBUG_INFO_BTF_MODULES",
    "CONFIG_CGROUPS",
    "CONFIG_CGROUP_BPF",
    "CONFIG_CGROUP_NET_CLASSID",
    "CONFIG_SOCK_CGROUP_DATA",
    "CONFIG_BPF_EVENTS",
    "CONFIG_KPROBE_EVENTS",
    "CONFIG_UPROBE_EVENTS",
    "CONFIG_TRACING",
    "CONFIG_FTRACE_SYSCALLS",
    "CONFIG_FUNCTION_ERROR_INJECTION",
    "CONFIG_BPF_KPROBE_OVERRIDE",
    "CONFIG_NET",
    "CONFIG_XDP_SOCKETS",
    "CONFIG_LWTUNNEL_BPF",
    "CONFIG_NET_ACT_BPF",
    "CONFIG_NET_CLS_BPF",
    "CONFIG_NET_CLS_ACT",
    "CONFIG_NET_SCH_INGRESS",
    "CONFIG_XFRM",
    "CONFIG_IP_ROUTE_CLASSID",
    "CONFIG_IPV6_SEG6_BPF",
    "CONFIG_BPF_LIRC_MODE2",
    "CONFIG_BPF_STREAM_PARSER",
    "CONFIG_NETFILTER_XT_MATCH_BPF",
    "CONFIG_TEST_BPF",
    "CONFIG_HZ",
];

/// Settings and configuration; what cannot be read for want of `/proc` or of the configuration's file is left out.
fn system() -> Vec<Item> {
    let settings = if fs::exists("/proc/sys").unwrap_or(false) { SETTINGS } else { &[] };
    let mut items: Vec<Item> = settings.iter().map(setting).collect();
    let names: Vec<String> = CONFIG.iter().map(|name| (*name).to_owned()).collect();
    if let Some(mut values) = kconfig(&names) {
        items.extend(CONFIG.iter().map(|name| Item::Config { name, value: values.remove(*name) }));
    }
    items
}

fn setting(row: &SettingRow) -> Item {
    let text = fs::read_to_string(format!("/proc/sys/{}", row.file)).ok();
    let value = text.and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(-1);
    let meaning = usize::try_from(value).ok().and_then(|value| row.means.get(value));
    let told = match (value, meaning) {
        (-1, _) => row.unread.to_owned(),
        (_, Some(meaning)) => (*meaning).to_owned(),
        (_, None) => row.unknown.replace("{}", &value.to_string()),
    };
    Item::Setting { key: row.key, value, told }
}
