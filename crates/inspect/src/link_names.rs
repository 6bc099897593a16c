//! Names of what links are at: hooks of netfilter, perf events, kinds of attachments.
use osmia_abi::AttachType;

/// The name of a kind of attachment.
pub(super) fn attach_type(number: u32) -> Option<&'static str> {
    AttachType::from_raw(number).map(AttachType::name)
}

/// Orders in which an iterator walks over cgroups (`enum bpf_cgroup_iter_order`).
const ORDERS: [&str; 5] =
    ["order_unspec", "self_only", "descendants_pre", "descendants_post", "ancestors_up"];

/// The name of an order.
pub(super) fn cgroup_order(number: u32) -> &'static str {
    at(&ORDERS, number.into()).unwrap_or("unknown")
}

/// Families of netfilter (`NFPROTO_*`), and whether their hooks are those of the internet protocols.
const FAMILIES: &[(u32, &str)] =
    &[(1, "inet"), (2, "ip"), (3, "arp"), (5, "netdev"), (7, "bridge"), (10, "ip6")];

/// Hooks of the internet protocols (`enum nf_inet_hooks`).
const HOOKS: [&str; 5] = ["prerouting", "input", "forward", "output", "postrouting"];

/// Hooks of ARP.
const ARP_HOOKS: [&str; 2] = ["input", "output"];

/// `ip prerouting prio -128`
pub(super) fn netfilter(family: u32, hook: u32, priority: i32, flags: u32) -> String {
    let name = FAMILIES.iter().find(|(number, _)| *number == family).map(|(_, name)| *name);
    let hook_name = match family {
        1 | 2 | 7 | 10 => at(&HOOKS, hook.into()),
        3 => at(&ARP_HOOKS, hook.into()),
        _ => None,
    };
    let family = name.map_or_else(|| format!("pf: {family}"), str::to_owned);
    let hook = hook_name.map_or_else(|| format!(", hook {hook},"), |name| format!(" {name}"));
    let flags = if flags == 0 { String::new() } else { format!(" flags {flags:#x}") };
    format!("{family}{hook} prio {priority}{flags}")
}

/// Kinds of perf events (`enum perf_type_id`).
const EVENTS: [&str; 6] = ["hardware", "software", "tracepoint", "hw-cache", "raw", "breakpoint"];

/// Events of the hardware (`enum perf_hw_id`).
const HARDWARE: [&str; 10] = [
    "cpu-cycles",
    "instructions",
    "cache-references",
    "cache-misses",
    "branch-instructions",
    "branch-misses",
    "bus-cycles",
    "stalled-cycles-frontend",
    "stalled-cycles-backend",
    "ref-cycles",
];

/// Events of the software (`enum perf_sw_ids`).
const SOFTWARE: [&str; 12] = [
    "cpu-clock",
    "task-clock",
    "page-faults",
    "context-switches",
    "cpu-migrations",
    "minor-faults",
    "major-faults",
    "alignment-faults",
    "emulation-faults",
    "dummy",
    "bpf-output",
    "cgroup-switches",
];

/// Caches, what is done to them, and how it ends (`enum perf_hw_cache_id` and the two after it).
const CACHES: [&str; 7] = ["L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node"];
const CACHE_DOINGS: [&str; 3] = ["load", "store", "prefetch"];
const CACHE_RESULTS: [&str; 2] = ["refs", "misses"];

fn at(names: &[&'static str], place: u64) -> Option<&'static str> {
    names.get(usize::try_from(place).ok()?).copied()
}

/// The names of a perf event's kind and of the event.
pub(super) fn event(kind: u32, config: u64) -> (Option<&'static str>, Option<String>) {
    let named = |names: &[&'static str], number: u64| {
        at(names, number).map_or_else(|| number.to_string(), str::to_owned)
    };
    let what = match kind {
        0 => at(&HARDWARE, config).map(str::to_owned),
        1 => at(&SOFTWARE, config).map(str::to_owned),
        3 => Some(format!(
            "{}-{}-{}",
            named(&CACHES, config & 0xff),
            named(&CACHE_DOINGS, config >> 8 & 0xff),
            named(&CACHE_RESULTS, config >> 16)
        )),
        _ => None,
    };
    (at(&EVENTS, kind.into()), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_names() {
        assert_eq!(event(1, 0), (Some("software"), Some("cpu-clock".into())));
        assert_eq!(event(3, 0x1_0002), (Some("hw-cache"), Some("LLC-load-misses".into())));
        assert_eq!(event(9, 7), (None, None));
    }

    #[test]
    fn hooks_have_names() {
        assert_eq!(netfilter(2, 1, -128, 1), "ip input prio -128 flags 0x1");
        assert_eq!(netfilter(99, 9, 0, 0), "pf: 99, hook 9, prio 0");
    }
}
