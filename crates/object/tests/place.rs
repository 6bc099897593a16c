//! Places as people write them.
use osmia_abi::{AttachType, ProgramType};
use osmia_object::place::{HOOKS, Wish, parse_place, reference};
use osmia_object::{
    Anchor, Attach, CgroupOrder, Cpus, Direction, Hold, NetfilterHook, ObjectRef, Order, OrderSide, Over,
    PerfEvent, ProbeSide, Sample, Sharing, SocketHook, TcFilter, UprobeTarget, XdpMode,
};

fn wish(text: &str) -> Wish {
    parse_place(&[text]).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn place(text: &str) -> Attach {
    wish(text).attach
}

fn refusal(text: &str) -> String {
    match parse_place(&[text]) {
        Ok(wish) => panic!("{text} is {wish:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_has_a_section_name_is_written_as_that() {
    let kprobe = Attach::Kprobe {
        module: None,
        function: "do_unlinkat".to_owned(),
        offset: 8,
        side: ProbeSide::Entry,
    };
    for text in ["kprobe/do_unlinkat+8", "kprobe do_unlinkat+8"] {
        assert_eq!(place(text), kprobe);
    }
    assert_eq!(parse_place(&["kprobe", "do_unlinkat+8"]).unwrap().attach, kprobe);
    let tracepoint = Attach::Tracepoint { category: "sched".to_owned(), name: "sched_switch".to_owned() };
    for text in ["tp/sched/sched_switch", "tracepoint sched/sched_switch"] {
        assert_eq!(place(text), tracepoint);
    }
    let target = UprobeTarget::Symbol { name: "readline".to_owned(), offset: 0 };
    let path = "/bin/bash".to_owned();
    let uprobe = Attach::Uprobe { path, target, pid: Some(7), side: ProbeSide::Return };
    assert_eq!(place("uretprobe /bin/bash:readline pid=7"), uprobe);
    let multi = wish("kprobe.multi vfs_*");
    assert_eq!(
        (multi.kind, multi.attach_type),
        (Some(ProgramType::Kprobe), Some(AttachType::TraceKprobeMulti))
    );
    assert_eq!(place("fentry xfs:f"), place("fentry/xfs:f"));
    let traced = Attach::ProgramTrampoline { program: 9, function: "f".to_owned(), side: ProbeSide::Return };
    assert_eq!(place("fexit/f prog=9"), traced);
}

#[test]
fn hooks_at_interfaces_have_their_words() {
    let order = |side, anchor, revision| Order { side, anchor, revision };
    let bare = |sharing, replace| Hold::Bare { sharing, replace };
    let lo = || "lo".to_owned();
    for (text, expected) in [
        ("xdp lo", Attach::Xdp { interface: lo(), mode: XdpMode::Any, hold: Hold::Link }),
        (
            "xdp lo mode=skb replace=5",
            Attach::Xdp {
                interface: lo(),
                mode: XdpMode::Generic,
                hold: bare(Sharing::Alone, Some(ObjectRef::Id(5))),
            },
        ),
        (
            "tc egress lo handle=0x10 priority=2 replace",
            Attach::Tc(TcFilter {
                interface: lo(),
                direction: Direction::Egress,
                handle: 16,
                priority: 2,
                replace: true,
            }),
        ),
        (
            "tcx ingress lo before=link:7 revision=3",
            Attach::Tcx {
                interface: lo(),
                direction: Direction::Ingress,
                order: order(Some(OrderSide::Before), Some(Anchor::Link(ObjectRef::Id(7))), 3),
                hold: Hold::Link,
            },
        ),
        (
            "netkit lo after bare",
            Attach::Netkit {
                interface: lo(),
                order: order(Some(OrderSide::After), None, 0),
                hold: bare(Sharing::Alone, None),
            },
        ),
    ] {
        assert_eq!(place(text), expected, "{text}");
    }
}

#[test]
fn other_hooks_have_their_words() {
    let bare = |sharing, replace| Hold::Bare { sharing, replace };
    let event = PerfEvent { kind: 0, config: 3 };
    let over = |over| Attach::Iterator { target: "x".to_owned(), pin: None, over };
    let map = || ObjectRef::Name("m".to_owned());
    for (text, expected) in [
        (
            "netfilter ipv6 output priority=-5 defrag",
            Attach::Netfilter(NetfilterHook { family: 10, hook: 3, priority: -5, defrag: true }),
        ),
        (
            "cgroup /c multi type=inet_egress",
            Attach::Cgroup {
                path: "/c".to_owned(),
                order: Order::default(),
                hold: bare(Sharing::Multi, None),
            },
        ),
        ("netns", Attach::Netns { path: None, hold: Hold::Link }),
        (
            "netns /run/netns/x bare",
            Attach::Netns { path: Some("/run/netns/x".to_owned()), hold: bare(Sharing::Alone, None) },
        ),
        ("sockmap m", Attach::Sockmap { map: map(), hold: Hold::Link }),
        ("socket pid=1 fd=2", Attach::Socket { pid: 1, fd: 2, hook: SocketHook::Filter }),
        ("reuseport pid=1 fd=2", Attach::Socket { pid: 1, fd: 2, hook: SocketHook::Reuseport }),
        ("lirc /dev/lirc0", Attach::Lirc { device: "/dev/lirc0".to_owned() }),
        (
            "perf cache-misses period=9 one",
            Attach::PerfEvent { event, sample: Sample::Period(9), cpus: Cpus::One, pid: None },
        ),
        ("iter x map=m", over(Over::Map(map()))),
        ("iter/x", over(Over::All)),
        (
            "iter x cgroup=/c order=ancestors",
            over(Over::Cgroup { path: "/c".to_owned(), order: CgroupOrder::Ancestors }),
        ),
        ("iter x tid=4", over(Over::Thread(4))),
        ("freplace f prog=4", Attach::Replace { program: 4, function: "f".to_owned() }),
    ] {
        assert_eq!(place(text), expected, "{text}");
    }
    assert_eq!(wish("cgroup /c type=cgroup_inet_egress").attach_type, Some(AttachType::CgroupInetEgress));
    assert_eq!(wish("tcx egress lo").attach_type, Some(AttachType::TcxEgress));
    assert_eq!(wish("sockmap 3 type=skb_verdict").attach_type, Some(AttachType::SkSkbVerdict));
}

#[test]
fn refusals_show_how_it_is_written() {
    for (text, says) in [
        ("", "not said where"),
        ("xpd lo", "did you mean `xdp`?"),
        ("zzzzzz", "there is no hook `zzzzzz`. There are xdp, "),
        ("xdp", "the interface is missing; it is written `xdp INTERFACE"),
        ("xdp lo mode=fast", "mode is one of any, skb"),
        ("xdp lo color=red", "`color` has no meaning there"),
        ("xdp lo eth0", "`eth0` has no meaning there"),
        ("tcx sideways lo", "the direction is one of ingress, egress"),
        ("tcx ingress lo before after", "before and after exclude each other"),
        ("tc ingress lo priority=70000", "priority=70000 is too large"),
        ("tc ingress lo handle=x", "handle=x is no number"),
        ("cgroup /c type=cgroup_inet_egres", "did you mean `cgroup_inet_egress`?"),
        ("cgroup /c multi override", "exclude each other"),
        ("cgroup /c bare bare", "bare is said twice"),
        ("socket pid=1", "fd= is missing"),
        ("iter x pid=1 tid=1", "exclude each other"),
        ("kprobe", "it is written `kprobe/FUNCTION`"),
        ("perf_event", "`perf_event` does not say where; programs of that section are placed by `perf EVENT"),
        ("perf_event cpu-clock", "placed by `perf EVENT"),
        ("classifier lo", "placed by `tc ingress|egress INTERFACE"),
        ("xdp.frags lo", "placed by `xdp INTERFACE"),
        ("cgroup_skb/egress /c", "placed by `cgroup DIRECTORY"),
        ("sk_lookup", "placed by `netns [FILE]"),
        ("sk_msg map", "placed by `sockmap MAP"),
        ("xdp.frags/devmap lo", "there is no hook for programs of that section"),
        ("syscall x", "there is no hook for programs of that section"),
        ("struct_ops", "there is no hook for programs of that section"),
        ("perf_evnt x", "did you mean `perf_event`?"),
        ("uprobe/x", "it is written `uprobe/PATH:FUNCTION[+OFFSET]`"),
        ("kprobe/f pid=3", "is for all processes"),
        ("fsession/f", "newer than the newest kernel"),
        ("perf cycles freq=1 period=1", "exclude each other"),
    ] {
        let text_of = refusal(text);
        assert!(text_of.contains(says), "{text}: {text_of}");
    }
}

#[test]
fn no_words_panic() {
    let mut random = osmia_testkit::Random(7);
    let words = [
        "xdp", "lo", "before=", "=", "id:", "link:9", "/", "type=", "kprobe/", "é", "order=é", "prog=-1",
        "+", ":",
    ];
    for _ in 0..2_000 {
        let count = random.below(5);
        let text: Vec<&str> = (0..count).map(|_| words[random.below(words.len())]).collect();
        let hook = HOOKS[random.below(HOOKS.len())].name;
        let _ = parse_place(&[hook, &text.join(" ")]);
        let _ = parse_place(&text);
        let _ = reference(&text.concat());
    }
}

#[test]
fn a_cookie_may_follow_where_programs_can_ask_for_one() {
    let cookie = |text: &str| wish(text).cookie;
    assert_eq!(cookie("kprobe/do_unlinkat cookie=0x10"), Some(16));
    assert_eq!(cookie("uprobe /bin/sh:main pid=3 cookie=5"), Some(5));
    assert_eq!(cookie("perf cpu-clock period=1000 cookie=7"), Some(7));
    assert_eq!((cookie("fentry vfs_read cookie=8"), cookie("fentry vfs_read")), (Some(8), None));
    assert!(refusal("xdp lo cookie=1").contains("programs at `xdp` get no cookie"));
    assert!(refusal("kprobe/do_unlinkat cookie=x").contains("cookie=x is no number"));
}
