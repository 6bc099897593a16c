//! The hooks that have no section name of their own, or more to say than a section's name can.
use super::words::{Words, number, reference};
use super::{PlaceError, Wish};
use crate::section::{Expected, Section};
use crate::{
    Attach, CgroupOrder, Cpus, Direction, NetfilterHook, Over, PerfEvent, ProbeSide, Sample, SocketHook,
    TcFilter, XdpMode,
};
use osmia_abi::perf::{TYPE_HARDWARE, TYPE_SOFTWARE};
use osmia_abi::{AttachType, ProgramType as P};

/// A hook.
#[derive(Clone, Copy, Debug)]
pub struct Hook {
    /// The first word.
    pub name: &'static str,
    /// The words that follow.
    pub syntax: &'static str,
    /// What is there.
    pub help: &'static str,
    pub(super) parse: fn(&mut Words<'_>) -> Result<Wish, PlaceError>,
}

const fn hook(
    name: &'static str,
    syntax: &'static str,
    help: &'static str,
    parse: fn(&mut Words<'_>) -> Result<Wish, PlaceError>,
) -> Hook {
    Hook { name, syntax, help, parse }
}

const ORDERED: &str =
    "ingress|egress INTERFACE [before[=PROG|=link:LINK]|after[=…]] [revision=N] [bare] [replace=PROG]";

/// All of them.
pub const HOOKS: &[Hook] = &[
    hook(
        "xdp",
        "INTERFACE [mode=any|skb|drv|hw] [bare] [replace=PROG]",
        "packets, before anything else sees them",
        xdp,
    ),
    hook(
        "tc",
        "ingress|egress INTERFACE [handle=N] [priority=N] [replace]",
        "packets, by a filter of traffic control",
        tc,
    ),
    hook("tcx", ORDERED, "packets, in a list of programs (6.6)", tcx),
    hook(
        "netkit",
        "INTERFACE [before|after…] [revision=N] [bare] [replace=PROG]",
        "one end of a netkit pair (6.7)",
        netkit,
    ),
    hook(
        "netfilter",
        "ipv4|ipv6 prerouting|input|forward|output|postrouting [priority=N] [defrag]",
        "a hook of netfilter (6.4)",
        netfilter,
    ),
    hook(
        "cgroup",
        "DIRECTORY [type=HOOK] [before|after…] [revision=N] [bare|multi|override] [replace=PROG]",
        "the processes of a cgroup",
        cgroup,
    ),
    hook("netns", "[FILE] [type=sk_lookup|flow_dissector] [bare]", "a network namespace", netns),
    hook("sockmap", "MAP [type=HOOK] [bare] [replace=PROG]", "the sockets of a map", sockmap),
    hook("socket", "pid=N fd=N", "one socket of a process: a filter", |words| {
        socket(words, SocketHook::Filter)
    }),
    hook("reuseport", "pid=N fd=N", "the sockets of one port", |words| socket(words, SocketHook::Reuseport)),
    hook("lirc", "DEVICE", "an infrared receiver", lirc),
    hook(
        "perf",
        "EVENT [period=N|freq=N] [pid=N] [one]",
        "a clock or counter, on all processors or one",
        perf,
    ),
    hook(
        "iter",
        "TARGET [map=MAP | cgroup=DIRECTORY [order=ORDER] | pid=N | tid=N]",
        "what the kernel walks over",
        iter,
    ),
    hook("freplace", "FUNCTION prog=ID", "a function of a loaded program", freplace),
    hook("fentry", "[MODULE:]FUNCTION [prog=ID]", "before a function", |words| {
        trampoline(words, ProbeSide::Entry)
    }),
    hook("fexit", "[MODULE:]FUNCTION [prog=ID]", "after a function", |words| {
        trampoline(words, ProbeSide::Return)
    }),
];

/// Hooks for programs whose sections tell what they are, and not where they go.
const PLACED_BY: &[(P, &str)] = &[
    (P::Xdp, "xdp"),
    (P::SchedCls, "tc"),
    (P::Netfilter, "netfilter"),
    (P::CgroupSkb, "cgroup"),
    (P::CgroupSock, "cgroup"),
    (P::CgroupSockAddr, "cgroup"),
    (P::CgroupSysctl, "cgroup"),
    (P::CgroupSockopt, "cgroup"),
    (P::CgroupDevice, "cgroup"),
    (P::SockOps, "cgroup"),
    (P::SkLookup, "netns"),
    (P::FlowDissector, "netns"),
    (P::SkMsg, "sockmap"),
    (P::SkSkb, "sockmap"),
    (P::SocketFilter, "socket"),
    (P::SkReuseport, "reuseport"),
    (P::LircMode2, "lirc"),
    (P::PerfEvent, "perf"),
];

/// The hook for programs of a section.
pub(super) fn hook_of(row: &Section) -> Option<&'static Hook> {
    // Those run from a map, wherever that redirects to.
    let of_maps = [AttachType::XdpDevmap, AttachType::XdpCpumap].map(Expected::Type);
    if of_maps.contains(&row.attach_type) {
        return None;
    }
    let (_, name) = PLACED_BY.iter().find(|(kind, _)| *kind == row.kind)?;
    HOOKS.iter().find(|hook| hook.name == *name)
}

/// One of several words.
fn one_of<T: Copy>(what: &str, word: &str, all: &[(&str, T)]) -> Result<T, PlaceError> {
    all.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        PlaceError(format!("{what} is one of {}, not `{word}`", names.join(", ")))
    })
}

fn xdp(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    const MODES: &[(&str, XdpMode)] = &[
        ("any", XdpMode::Any),
        ("skb", XdpMode::Generic),
        ("generic", XdpMode::Generic),
        ("drv", XdpMode::Driver),
        ("driver", XdpMode::Driver),
        ("hw", XdpMode::Hardware),
        ("offload", XdpMode::Hardware),
    ];
    let interface = words.next("the interface")?.to_owned();
    let mode = words.text("mode")?.map(|word| one_of("mode", word, MODES)).transpose()?.unwrap_or_default();
    let place = Attach::Xdp { interface, mode, hold: words.hold()? };
    Ok(Wish::new(place, P::Xdp, Some(AttachType::Xdp)))
}

fn direction(words: &mut Words<'_>) -> Result<Direction, PlaceError> {
    const DIRECTIONS: &[(&str, Direction)] =
        &[("ingress", Direction::Ingress), ("egress", Direction::Egress)];
    one_of("the direction", words.next("the direction")?, DIRECTIONS)
}

fn tc(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let direction = direction(words)?;
    let filter = TcFilter {
        interface: words.next("the interface")?.to_owned(),
        direction,
        handle: words.small("handle")?.unwrap_or(0),
        priority: words.small("priority")?.unwrap_or(0),
        replace: words.switch("replace")?,
    };
    Ok(Wish::new(Attach::Tc(filter), P::SchedCls, None))
}

fn tcx(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let direction = direction(words)?;
    let interface = words.next("the interface")?.to_owned();
    let attach_type = match direction {
        Direction::Ingress => AttachType::TcxIngress,
        Direction::Egress => AttachType::TcxEgress,
    };
    let place = Attach::Tcx { interface, direction, order: words.order()?, hold: words.hold()? };
    Ok(Wish::new(place, P::SchedCls, Some(attach_type)))
}

fn netkit(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    const ENDS: &[(&str, AttachType)] =
        &[("primary", AttachType::NetkitPrimary), ("peer", AttachType::NetkitPeer)];
    let interface = words.next("the interface")?.to_owned();
    let end = words.text("type")?.map(|word| one_of("type", word, ENDS)).transpose()?;
    let place = Attach::Netkit { interface, order: words.order()?, hold: words.hold()? };
    Ok(Wish::new(place, P::SchedCls, end))
}

fn netfilter(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    // NFPROTO_* and NF_INET_* of `include/uapi/linux/netfilter.h`.
    const FAMILIES: &[(&str, u8)] = &[("ipv4", 2), ("ipv6", 10)];
    const HOOKS: &[(&str, u8)] =
        &[("prerouting", 0), ("input", 1), ("forward", 2), ("output", 3), ("postrouting", 4)];
    let family = one_of("the family", words.next("the family")?, FAMILIES)?;
    let hook = one_of("the hook", words.next("the hook")?, HOOKS)?;
    let priority = words.signed("priority")?.unwrap_or(0);
    let place = Attach::Netfilter(NetfilterHook { family, hook, priority, defrag: words.switch("defrag")? });
    Ok(Wish::new(place, P::Netfilter, Some(AttachType::Netfilter)))
}

/// `type=`: for which hook the program was loaded.
fn attach_type(words: &Words<'_>, prefix: &str) -> Result<Option<AttachType>, PlaceError> {
    let Some(name) = words.text("type")? else { return Ok(None) };
    let found = AttachType::ALL.iter().find(|known| {
        let full = known.name();
        full == name || full.strip_prefix(prefix) == Some(name)
    });
    found.copied().map(Some).ok_or_else(|| {
        let names = AttachType::ALL.iter().map(|known| known.name());
        let hint = osmia_base::nearest(name, names).map(|name| format!("; did you mean `{name}`?"));
        PlaceError(format!("there is no attach type `{name}`{}", hint.unwrap_or_default()))
    })
}

fn cgroup(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let path = words.next("the cgroup's directory")?.to_owned();
    let attach_type = attach_type(words, "cgroup_")?;
    let place = Attach::Cgroup { path, order: words.order()?, hold: words.hold()? };
    Ok(Wish { attach: place, kind: None, attach_type, cookie: None })
}

fn netns(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let path = words.maybe().map(str::to_owned);
    let attach_type = attach_type(words, "")?;
    Ok(Wish { attach: Attach::Netns { path, hold: words.hold()? }, kind: None, attach_type, cookie: None })
}

fn sockmap(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let map = reference(words.next("the map")?)?;
    let attach_type = attach_type(words, "sk_")?;
    Ok(Wish { attach: Attach::Sockmap { map, hold: words.hold()? }, kind: None, attach_type, cookie: None })
}

fn socket(words: &mut Words<'_>, hook: SocketHook) -> Result<Wish, PlaceError> {
    let missing = |what: &str| PlaceError(format!("{what}= is missing"));
    let pid = words.small("pid")?.ok_or_else(|| missing("pid"))?;
    let fd = words.small("fd")?.ok_or_else(|| missing("fd"))?;
    let kind = match hook {
        SocketHook::Filter => P::SocketFilter,
        SocketHook::Reuseport => P::SkReuseport,
    };
    Ok(Wish::new(Attach::Socket { pid, fd, hook }, kind, None))
}

fn lirc(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let device = words.next("the device")?.to_owned();
    Ok(Wish::new(Attach::Lirc { device }, P::LircMode2, Some(AttachType::LircMode2)))
}

/// `enum perf_sw_ids` and `enum perf_hw_id` of `include/uapi/linux/perf_event.h`, by the names that perf has for them.
const EVENTS: &[(&str, (u32, u64))] = &[
    ("cpu-clock", (TYPE_SOFTWARE, 0)),
    ("task-clock", (TYPE_SOFTWARE, 1)),
    ("page-faults", (TYPE_SOFTWARE, 2)),
    ("context-switches", (TYPE_SOFTWARE, 3)),
    ("cpu-migrations", (TYPE_SOFTWARE, 4)),
    ("minor-faults", (TYPE_SOFTWARE, 5)),
    ("major-faults", (TYPE_SOFTWARE, 6)),
    ("cycles", (TYPE_HARDWARE, 0)),
    ("instructions", (TYPE_HARDWARE, 1)),
    ("cache-references", (TYPE_HARDWARE, 2)),
    ("cache-misses", (TYPE_HARDWARE, 3)),
    ("branches", (TYPE_HARDWARE, 4)),
    ("branch-misses", (TYPE_HARDWARE, 5)),
];

/// What a clock or counter does where nobody says: 99 times a second.
const USUAL: Sample = Sample::Frequency(99);

fn perf(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let name = words.next("the event")?;
    let (kind, config) = match name.split_once(':') {
        Some((kind, config)) => {
            let kind =
                u32::try_from(number("type", kind)?).map_err(|_| PlaceError(format!("{kind} is no type")))?;
            (kind, number("config", config)?)
        }
        None => one_of("the event", name, EVENTS)?,
    };
    let sample = match (words.number("period")?, words.number("freq")?) {
        (Some(_), Some(_)) => return Err(PlaceError("period and freq exclude each other".to_owned())),
        (Some(period), None) => Sample::Period(period),
        (None, Some(hertz)) => Sample::Frequency(hertz),
        (None, None) => USUAL,
    };
    let cpus = if words.switch("one")? { Cpus::One } else { Cpus::All };
    let place =
        Attach::PerfEvent { event: PerfEvent { kind, config }, sample, cpus, pid: words.small("pid")? };
    Ok(Wish::new(place, P::PerfEvent, None))
}

fn iter(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    const ORDERS: &[(&str, CgroupOrder)] = &[
        ("self", CgroupOrder::SelfOnly),
        ("descendants", CgroupOrder::Descendants),
        ("children-first", CgroupOrder::DescendantsPost),
        ("ancestors", CgroupOrder::Ancestors),
    ];
    let target = words.next("what is walked over")?.to_owned();
    let order = words.text("order")?.map(|word| one_of("order", word, ORDERS)).transpose()?;
    let order = order.unwrap_or(CgroupOrder::Descendants);
    let mut over = Vec::new();
    over.extend(words.text("map")?.map(reference).transpose()?.map(Over::Map));
    over.extend(words.text("cgroup")?.map(|path| Over::Cgroup { path: path.to_owned(), order }));
    over.extend(words.small("pid")?.map(Over::Process));
    over.extend(words.small("tid")?.map(Over::Thread));
    if over.len() > 1 {
        return Err(PlaceError("map, cgroup, pid and tid exclude each other".to_owned()));
    }
    let place = Attach::Iterator { target, pin: None, over: over.pop().unwrap_or_default() };
    Ok(Wish::new(place, P::Tracing, Some(AttachType::TraceIter)))
}

fn freplace(words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let function = words.next("the function")?.to_owned();
    let program = words.small("prog")?.ok_or_else(|| PlaceError("prog= is missing".to_owned()))?;
    Ok(Wish::new(Attach::Replace { program, function }, P::Ext, None))
}

fn trampoline(words: &mut Words<'_>, side: ProbeSide) -> Result<Wish, PlaceError> {
    let text = words.next("the function")?;
    let place = match (words.small("prog")?, text.split_once(':')) {
        (Some(program), None) => Attach::ProgramTrampoline { program, function: text.to_owned(), side },
        (Some(_), Some(_)) => return Err(PlaceError("a function of a program is in no module".to_owned())),
        (None, Some((module, function))) => {
            Attach::Trampoline { module: Some(module.to_owned()), function: function.to_owned(), side }
        }
        (None, None) => Attach::Trampoline { module: None, function: text.to_owned(), side },
    };
    let attach_type = match side {
        ProbeSide::Entry => AttachType::TraceFentry,
        ProbeSide::Return => AttachType::TraceFexit,
    };
    Ok(Wish::new(place, P::Tracing, Some(attach_type)))
}
