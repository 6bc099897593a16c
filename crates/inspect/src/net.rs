//! What is attached to interfaces.
use super::{Handle, Json, Link, links, programs};
use crate::link_names::netfilter;
use osmia_abi::AttachType;
use osmia_sys::Errno;
use osmia_sys::bpf::{AttachPoint, LinkDetail, ProgQuery, QueryDetail};
use osmia_sys::netlink::{Interface, Netlink, NetlinkError, XdpFacts};
use std::fs::File;
use std::os::fd::AsFd as _;

/// All that is attached to interfaces, and what belongs to the network as a whole.
#[derive(Clone, Debug, Default)]
pub struct NetPrograms {
    /// XDP programs, by interface.
    pub xdp: Vec<XdpPrograms>,
    /// Traffic control.
    pub tc: Vec<TcProgram>,
    /// The flow dissector of this network namespace.
    pub flow_dissector: Option<u32>,
    /// Links at netfilter.
    pub netfilter: Vec<Link>,
}

/// The XDP programs of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XdpPrograms {
    /// The interface's name.
    pub device: String,
    /// Its index.
    pub index: u32,
    /// Where programs run, and their ids.
    pub programs: Vec<(&'static str, u32)>,
}

/// A program of traffic control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcProgram {
    /// The interface's name.
    pub device: String,
    /// Its index.
    pub index: u32,
    /// Where: `tcx/ingress`, `clsact/egress`.
    pub place: String,
    /// The program's name, or for a classic filter the filter's.
    pub name: String,
    /// The program.
    pub id: u32,
    /// How it is there, where it is in an ordered list.
    pub listed: Option<Listed>,
}

/// How a program is in an ordered list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its flags.
    pub flags: u32,
    /// The link that holds it; 0 for none.
    pub link: u32,
    /// The link's flags.
    pub link_flags: u32,
}

/// Ordered lists of programs at an interface.
const LISTS: &[(AttachType, &str)] = &[
    (AttachType::TcxIngress, "tcx/ingress"),
    (AttachType::TcxEgress, "tcx/egress"),
    (AttachType::NetkitPrimary, "netkit/primary"),
    (AttachType::NetkitPeer, "netkit/peer"),
];

/// Where classic filters hang besides disciplines (`TC_H_ROOT`, `TC_H_CLSACT` with its two hooks).
const HOOKS: &[(u32, &str)] =
    &[(0xffff_ffff, "root"), (0xffff_fff2, "clsact/ingress"), (0xffff_fff3, "clsact/egress")];

/// Asks for all of it, or for what is at one interface.
pub fn net_programs(only: Option<u32>) -> Result<NetPrograms, NetlinkError> {
    let mut socket = Netlink::open()?;
    let interfaces = socket.interfaces()?;
    let mut found = NetPrograms { flow_dissector: flow_dissector()?, ..NetPrograms::default() };
    for interface in interfaces.iter().filter(|it| only.is_none_or(|only| it.index == only)) {
        let programs = xdp(&interface.xdp);
        if !programs.is_empty() {
            let (device, index) = (interface.name.clone(), interface.index);
            found.xdp.push(XdpPrograms { device, index, programs });
        }
        found.tc.extend(lists(interface));
        found.tc.extend(filters(&mut socket, interface));
    }
    found.netfilter = netfilter_links();
    Ok(found)
}

fn xdp(facts: &XdpFacts) -> Vec<(&'static str, u32)> {
    match facts.attached {
        1 => vec![("driver", facts.program)],
        2 => vec![("generic", facts.program)],
        3 => vec![("offload", facts.program)],
        4 => [("generic", facts.generic), ("driver", facts.driver), ("offload", facts.hardware)]
            .into_iter()
            .filter(|(_, id)| *id != 0)
            .collect(),
        _ => Vec::new(),
    }
}

/// Kernels before 5.9 can't be asked for it.
fn flow_dissector() -> Result<Option<u32>, Errno> {
    let namespace =
        File::open("/proc/self/ns/net").map_err(|error| Errno(error.raw_os_error().unwrap_or(0)))?;
    let query = ProgQuery {
        target: AttachPoint::Fd(namespace.as_fd()),
        attach: AttachType::FlowDissector,
        flags: 0,
        detail: QueryDetail::None,
    };
    match query.call() {
        Err(Errno::EINVAL) => Ok(None),
        answer => Ok(answer?.progs.first().copied()),
    }
}

/// Kernels without such lists have none.
fn lists(interface: &Interface) -> Vec<TcProgram> {
    let mut found = Vec::new();
    for (attach, place) in LISTS {
        let target = AttachPoint::Interface(interface.index);
        let query = ProgQuery { target, attach: *attach, flags: 0, detail: QueryDetail::Links };
        let Ok(queried) = query.call() else { continue };
        let at = |list: &[u32], place: usize| list.get(place).copied().unwrap_or(0);
        found.extend(queried.progs.iter().enumerate().map(|(number, id)| TcProgram {
            device: interface.name.clone(),
            index: interface.index,
            place: (*place).to_owned(),
            name: name_of(*id),
            id: *id,
            listed: Some(Listed {
                flags: at(&queried.prog_flags, number),
                link: at(&queried.links, number),
                link_flags: at(&queried.link_flags, number),
            }),
        }));
    }
    found
}

fn name_of(id: u32) -> String {
    programs(&Handle::Id(id)).ok().and_then(|mut found| found.pop()).map(|it| it.name).unwrap_or_default()
}

/// Filters at classes, at disciplines, and at the hooks that are no discipline's. An interface without any answers with an error.
fn filters(socket: &mut Netlink, interface: &Interface) -> Vec<TcProgram> {
    let qdiscs = socket.qdiscs(interface.index).unwrap_or_default();
    let own = qdiscs.into_iter().filter(|qdisc| qdisc.kind != "clsact" && qdisc.handle != 0);
    let classes = socket.classes(interface.index).unwrap_or_default().into_iter();
    let mut places: Vec<(u32, String)> = classes.chain(own).map(|it| (it.handle, it.kind)).collect();
    places.extend(HOOKS.iter().map(|(handle, name)| (*handle, (*name).to_owned())));
    let mut found = Vec::new();
    for (handle, place) in places {
        for filter in socket.filters(interface.index, handle).unwrap_or_default() {
            let Some(bpf) = filter.bpf else { continue };
            found.push(TcProgram {
                device: interface.name.clone(),
                index: interface.index,
                place: place.clone(),
                name: bpf.name,
                id: bpf.program,
                listed: None,
            });
        }
    }
    found
}

/// In the order in which they run.
fn netfilter_links() -> Vec<Link> {
    let key = |link: &Link| match link.detail {
        LinkDetail::Netfilter { family, hook, priority, flags } => Some((family, hook, priority, flags)),
        _ => None,
    };
    let mut found: Vec<Link> = links(&Handle::All).unwrap_or_default();
    found.retain(|link| key(link).is_some());
    found.sort_by_key(key);
    found
}

/// The bits that are set, each as a number.
fn bits(flags: u32) -> Vec<u32> {
    (0..32).map(|bit| 1 << bit).filter(|bit| flags & bit != 0).collect()
}

/// As bpftool lists it for people.
pub fn net_text(found: &NetPrograms, out: &mut Vec<u8>) {
    let mut text = "xdp:\n".to_owned();
    for XdpPrograms { device, index, programs } in &found.xdp {
        let each: String = programs.iter().map(|(mode, id)| format!(" {mode} id {id}")).collect();
        text += &format!("{device}({index}){each}\n");
    }
    text += "\ntc:\n";
    found.tc.iter().for_each(|program| text += &tc_text(program));
    text += "\nflow_dissector:\n";
    if let Some(id) = found.flow_dissector {
        text += &format!("id {id}");
    }
    text += "\nnetfilter:\n";
    for link in &found.netfilter {
        if let LinkDetail::Netfilter { family, hook, priority, flags } = link.detail {
            let place = netfilter(family, hook, priority, flags);
            text += &format!("\n\t{place} prog_id {}", link.program);
        }
    }
    out.extend((text + "\n").into_bytes());
}

fn tc_text(program: &TcProgram) -> String {
    let TcProgram { device, index, place, name, id, listed } = program;
    let head = format!("{device}({index}) {place}");
    let name = if name.is_empty() { String::new() } else { format!(" {name}") };
    let Some(listed) = listed else { return format!("{head}{name} id {id}\n") };
    let flags = |title: &str, flags: u32| match bits(flags) {
        bits if bits.is_empty() => String::new(),
        bits => format!("{title} {}", bits.iter().map(|bit| format!("{bit} ")).collect::<String>()),
    };
    let link = match listed.link {
        0 => String::new(),
        link => format!("link_id {link} {}", flags("link_flags", listed.link_flags)),
    };
    format!("{head}{name} prog_id {id} {}{link}\n", flags("prog_flags", listed.flags))
}

/// As JSON: an array of one object.
pub fn net_json(found: &NetPrograms, json: &mut Json) {
    json.array(|json| {
        json.object(|json| {
            json.name("xdp");
            json.array(|json| found.xdp.iter().for_each(|it| xdp_json(it, json)));
            json.name("tc");
            json.array(|json| found.tc.iter().for_each(|program| tc_json(program, json)));
            json.name("flow_dissector");
            json.array(|json| {
                if let Some(id) = found.flow_dissector {
                    json.object(|json| json.field("id", id));
                }
            });
            json.name("netfilter");
            json.array(|json| found.netfilter.iter().for_each(|link| netfilter_json(link, json)));
        });
    });
}

fn xdp_json(XdpPrograms { device, index, programs }: &XdpPrograms, json: &mut Json) {
    let one = |(mode, id): &(&'static str, u32), json: &mut Json| {
        json.text_field("mode", mode);
        json.field("id", id);
    };
    json.object(|json| {
        json.text_field("devname", device);
        json.field("ifindex", index);
        if let [program] = programs.as_slice() {
            return one(program, json);
        }
        json.name("multi_attachments");
        json.array(|json| programs.iter().for_each(|program| json.object(|json| one(program, json))));
    });
}

fn tc_json(program: &TcProgram, json: &mut Json) {
    json.object(|json| {
        json.text_field("devname", &program.device);
        json.field("ifindex", program.index);
        json.text_field("kind", &program.place);
        if !program.name.is_empty() {
            json.text_field("name", &program.name);
        }
        let Some(listed) = program.listed else { return json.field("id", program.id) };
        json.field("prog_id", program.id);
        json.name("prog_flags");
        json.array(|json| bits(listed.flags).iter().for_each(|bit| json.bare(bit)));
        json.field("link_id", listed.link);
        json.name("link_flags");
        json.array(|json| bits(listed.link_flags).iter().for_each(|bit| json.bare(bit)));
    });
}

fn netfilter_json(link: &Link, json: &mut Json) {
    if let LinkDetail::Netfilter { family, hook, priority, flags } = link.detail {
        json.object(|json| {
            json.field("pf", family);
            json.field("hook", hook);
            json.field("prio", priority);
            json.field("flags", flags);
            json.field("id", link.program);
        });
    }
}
