//! Programs at interfaces and in netfilter, in a network namespace of the test's own thread.
mod common;

use common::{Counter, command, counting, own_network, put, refusal, runs_until_dropped, send};
use osmia_abi::{AttachType, ProgramType};
use osmia_loader::update_link;
use osmia_object::{
    Anchor, Attach, Direction, Hold, NetfilterHook, ObjectRef, Order, OrderSide, Sharing, TcFilter, XdpMode,
};
use osmia_sys::bpf::{AttachPoint, ProgQuery, QueryDetail, prog_info};
use osmia_sys::netlink::{Netlink, interface_index};

const BARE: Hold = Hold::Bare { sharing: Sharing::Alone, replace: None };
const PASS: i32 = 2;

fn xdp() -> Counter {
    counting(ProgramType::Xdp, Some(AttachType::Xdp), PASS)
}

fn at_lo(mode: XdpMode, hold: Hold) -> Attach {
    Attach::Xdp { interface: "lo".to_owned(), mode, hold }
}

fn id(counter: &Counter) -> u32 {
    prog_info(&counter.loaded.programs[0].fd).unwrap().id
}

fn program_at_lo() -> u32 {
    let index = interface_index("lo").unwrap();
    Netlink::open().unwrap().interface(index).unwrap().xdp.program
}

#[test]
fn xdp_by_link_and_by_netlink() {
    own_network();
    for hold in [Hold::Link, BARE] {
        for mode in [XdpMode::Any, XdpMode::Generic] {
            let counter = xdp();
            let attached = put(&counter, &at_lo(mode, hold.clone()));
            assert_eq!(program_at_lo(), id(&counter));
            assert_eq!(attached.by_links(), hold == Hold::Link);
            runs_until_dropped(&counter, attached, || send(3));
            assert_eq!(program_at_lo(), 0);
        }
    }
}

#[test]
fn xdp_says_who_is_there_and_who_may_be_replaced() {
    own_network();
    let (first, second) = (xdp(), xdp());
    let attached = put(&first, &at_lo(XdpMode::Generic, BARE));
    for hold in [Hold::Link, BARE] {
        let text = refusal(&second, &at_lo(XdpMode::Generic, hold));
        assert!(text.contains(&format!("the program {} is there already", id(&first))), "{text}");
    }
    let replace = Some(ObjectRef::Id(id(&first)));
    let in_place = Hold::Bare { sharing: Sharing::Alone, replace };
    let other = put(&second, &at_lo(XdpMode::Generic, in_place));
    assert_eq!(program_at_lo(), id(&second));
    drop(attached);
    assert_eq!(program_at_lo(), id(&second), "what is not ours any more was taken away");
    runs_until_dropped(&second, other, || send(3));
    assert_eq!(program_at_lo(), 0);
}

#[test]
fn what_is_kept_stays() {
    own_network();
    let counter = xdp();
    let mut link = put(&counter, &at_lo(XdpMode::Generic, Hold::Link));
    assert!(!link.keep(), "a link does not stay by itself");
    drop(link);
    let mut attached = put(&counter, &at_lo(XdpMode::Generic, BARE));
    assert!(attached.keep());
    drop(attached);
    assert_eq!(program_at_lo(), id(&counter));
}

#[test]
fn xdp_refusals_teach() {
    own_network();
    let counter = xdp();
    let nowhere = Attach::Xdp { interface: "eth77".to_owned(), mode: XdpMode::Any, hold: Hold::Link };
    assert!(refusal(&counter, &nowhere).contains("no interface `eth77` here"));
    let text = refusal(&counter, &at_lo(XdpMode::Driver, Hold::Link));
    assert!(text.contains("mode=skb works at any interface"), "{text}");
    let devmap = counting(ProgramType::Xdp, Some(AttachType::XdpDevmap), PASS);
    let text = refusal(&devmap, &at_lo(XdpMode::Any, Hold::Link));
    assert!(text.contains("by an element of such a map"), "{text}");
    assert_eq!(program_at_lo(), 0);
}

fn filter(handle: u32, priority: u16, replace: bool) -> Attach {
    let (interface, direction) = ("lo".to_owned(), Direction::Ingress);
    Attach::Tc(TcFilter { interface, direction, handle, priority, replace })
}

fn classifier() -> Counter {
    counting(ProgramType::SchedCls, None, 0)
}

/// The disciplines and filters of the loopback, as `tc` tells them.
fn tc_sees() -> (bool, usize) {
    let qdisc = command("tc qdisc show dev lo").contains("clsact");
    (qdisc, command("tc filter show dev lo ingress").matches("handle").count())
}

#[test]
fn classic_filters_come_and_go_with_their_discipline() {
    own_network();
    for direction in [Direction::Ingress, Direction::Egress] {
        let counter = classifier();
        let place =
            TcFilter { interface: "lo".to_owned(), direction, handle: 0, priority: 0, replace: false };
        let attached = put(&counter, &Attach::Tc(place));
        assert!(tc_sees().0);
        runs_until_dropped(&counter, attached, || send(3));
        assert_eq!(tc_sees(), (false, 0));
    }
}

#[test]
fn a_discipline_that_is_not_ours_stays() {
    own_network();
    command("tc qdisc add dev lo clsact");
    drop(put(&classifier(), &filter(0, 0, false)));
    assert_eq!(tc_sees(), (true, 0));
    command("tc qdisc del dev lo clsact");
    let (first, second) = (classifier(), classifier());
    let one = put(&first, &filter(1, 10, false));
    let other = put(&second, &filter(1, 20, false));
    drop(one);
    assert_eq!(tc_sees(), (true, 1), "another's filter was taken along");
    drop(other);
}

#[test]
fn a_filter_that_is_refused_leaves_no_discipline() {
    own_network();
    let wrong = xdp();
    let text = refusal(&wrong, &filter(0, 0, false));
    assert!(text.contains("adding the filter failed"), "{text}");
    assert_eq!(tc_sees(), (false, 0));
    let (first, second) = (classifier(), classifier());
    let attached = put(&first, &filter(1, 1, false));
    let text = refusal(&second, &filter(1, 1, false));
    assert!(text.contains("a filter of that handle and priority"), "{text}");
    let replaced = put(&second, &filter(1, 1, true));
    send(3);
    assert_eq!(first.count(), 0);
    assert!(second.count() >= 3);
    drop((replaced, attached));
    assert_eq!(tc_sees().1, 0);
}

fn tcx(side: Option<OrderSide>, anchor: Option<Anchor>, revision: u64, hold: Hold) -> Attach {
    let order = Order { side, anchor, revision };
    Attach::Tcx { interface: "lo".to_owned(), direction: Direction::Ingress, order, hold }
}

/// A program that hands on to the next of the list.
fn next() -> Counter {
    counting(ProgramType::SchedCls, Some(AttachType::TcxIngress), -1)
}

fn listed() -> (Vec<u32>, u64) {
    let target = AttachPoint::Interface(interface_index("lo").unwrap());
    let query = ProgQuery { target, attach: AttachType::TcxIngress, flags: 0, detail: QueryDetail::None };
    let found = query.call().unwrap();
    (found.progs, found.revision)
}

fn has_tcx() -> bool {
    osmia_host::probe(osmia_abi::Feature::Tcx, &|_| None) == Ok(true)
}

#[test]
fn lists_at_interfaces_have_an_order_or_the_refusal_says_since_when() {
    own_network();
    if !has_tcx() {
        let text = refusal(&next(), &tcx(None, None, 0, Hold::Link));
        assert!(text.contains("they came in Linux 6.6"), "{text}");
        return;
    }
    let programs = [next(), next(), next(), next()];
    let [a, b, c, d] = programs.each_ref().map(id);
    let first = put(&programs[0], &tcx(None, None, 0, Hold::Link));
    let second = put(&programs[1], &tcx(Some(OrderSide::Before), None, 0, BARE));
    let anchor = Some(Anchor::Program(ObjectRef::Id(b)));
    let third = put(&programs[2], &tcx(Some(OrderSide::After), anchor, 0, Hold::Link));
    let (list, revision) = listed();
    assert_eq!(list, [b, c, a]);
    let link = osmia_sys::bpf::link_info(first.links().unwrap()[0]).unwrap().id;
    let before_first = || Some(Anchor::Link(ObjectRef::Id(link)));
    let stale = tcx(Some(OrderSide::Before), before_first(), revision + 7, Hold::Link);
    assert!(refusal(&programs[3], &stale).contains("has changed since that revision"));
    let fourth = put(&programs[3], &tcx(Some(OrderSide::Before), before_first(), revision, Hold::Link));
    assert_eq!(listed().0, [b, c, d, a]);
    send(2);
    // The answers come in at the loopback, too.
    let counts = programs.each_ref().map(Counter::count);
    assert!(counts[0] >= 2 && counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    drop((first, second, third, fourth));
    assert_eq!(listed().0, []);
}

#[test]
fn in_a_list_one_takes_the_place_of_another() {
    own_network();
    if !has_tcx() {
        let text = refusal(&next(), &tcx(None, None, 0, Hold::Link));
        assert!(text.contains("they came in Linux 6.6"), "{text}");
        return;
    }
    let (old, new) = (next(), next());
    let first = put(&old, &tcx(None, None, 0, BARE));
    let replace = Some(ObjectRef::Id(id(&old)));
    let second = put(&new, &tcx(None, None, 0, Hold::Bare { sharing: Sharing::Alone, replace }));
    assert_eq!(listed().0, [id(&new)]);
    drop(first);
    runs_until_dropped(&new, second, || send(2));
    assert_eq!(listed().0, []);
}

#[test]
fn netkit_pairs_or_the_refusal_says_since_when() {
    own_network();
    let counter = counting(ProgramType::SchedCls, Some(AttachType::NetkitPrimary), 0);
    let by = |name: &str, hold| Attach::Netkit { interface: name.to_owned(), order: Order::default(), hold };
    let to = |name| by(name, Hold::Link);
    // Tools older than these interfaces give the other end no name: the kernel does, and calls it nk0.
    let made = std::process::Command::new("ip").args("link add kit type netkit".split(' ')).output().unwrap();
    if !made.status.success() {
        let told = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(told.contains("Unknown device type"), "{told}");
        let text = refusal(&counter, &to("lo"));
        assert!(text.contains("netkit") || text.contains("failed"), "{text}");
        return;
    }
    command("ip addr add 10.9.0.1/24 dev kit; ip link set kit up; ip link set nk0 up");
    command("ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:01 dev kit 2>/dev/null || true");
    let attached = put(&counter, &to("kit"));
    let socket = std::net::UdpSocket::bind("10.9.0.1:0").unwrap();
    let send = || drop(socket.send_to(b"osmia", "10.9.0.2:9"));
    runs_until_dropped(&counter, attached, send);
    let bare = counting(ProgramType::SchedCls, Some(AttachType::NetkitPrimary), 0);
    let attached = put(&bare, &by("kit", BARE));
    runs_until_dropped(&bare, attached, send);
}

#[test]
fn netfilter_hooks_run_programs_or_the_refusal_says_why() {
    own_network();
    const ACCEPT: i32 = 1;
    const IPV4: u8 = 2;
    const LOCAL_OUT: u8 = 3;
    if !common::since(6, 4) {
        let program = common::program(ProgramType::Netfilter, common::COUNT);
        let image = common::image(vec![common::bss()], vec![program]);
        assert!(osmia_loader::load(&image, &osmia_loader::LoadOptions::default()).is_err());
        return;
    }
    let counter = counting(ProgramType::Netfilter, Some(AttachType::Netfilter), ACCEPT);
    let hook = |priority, defrag| {
        Attach::Netfilter(NetfilterHook { family: IPV4, hook: LOCAL_OUT, priority, defrag })
    };
    let attached = put(&counter, &hook(7, false));
    let same = counting(ProgramType::Netfilter, Some(AttachType::Netfilter), ACCEPT);
    assert!(refusal(&same, &hook(7, false)).contains("there is a program of that priority"));
    runs_until_dropped(&counter, attached, || send(3));
    let text = refusal(&counter, &hook(i32::MIN, false));
    assert!(text.contains("the kernel's own"), "{text}");
    let text = refusal(
        &counter,
        &Attach::Netfilter(NetfilterHook { family: 77, hook: 0, priority: 0, defrag: false }),
    );
    assert!(text.contains("for IPv4 and IPv6"), "{text}");
}

#[test]
fn another_program_takes_the_place_of_one_at_a_link() {
    own_network();
    let (first, second, other) = (xdp(), xdp(), counting(ProgramType::RawTracepoint, None, 0));
    let attached = put(&first, &at_lo(XdpMode::Generic, Hold::Link));
    let link = attached.links().unwrap()[0];
    let new = &second.loaded.programs[0];
    let wrong = update_link(link, new, Some(&new.fd)).unwrap_err().to_string();
    assert!(wrong.contains("the link holds another one than was said"), "{wrong}");
    attached.update_program(new).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(program_at_lo(), id(&second));
    send(3);
    assert_eq!((first.count(), second.count() > 0), (0, true));
    update_link(link, &first.loaded.programs[0], Some(&new.fd)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(program_at_lo(), id(&first));
    let refused = update_link(link, &other.loaded.programs[0], None).unwrap_err().to_string();
    assert!(refused.contains("was loaded for another kind of place"), "{refused}");
    drop(attached);
    let raw = put(&other, &Attach::RawTracepoint { name: "sys_enter".to_owned() });
    let refused = raw.update_program(&counting(ProgramType::RawTracepoint, None, 0).loaded.programs[0]);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("links of this kind keep their program"), "{refused}");
    let bare = put(&first, &at_lo(XdpMode::Generic, BARE));
    let refused = bare.update_program(new).unwrap_err().to_string();
    assert!(refused.contains("what holds that one is no link"), "{refused}");
}
