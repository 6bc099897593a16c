//! Queueing disciplines and classifiers.
use super::message::{Attributes, Message, u32_at};
use super::socket::{ACK, CREATE, DUMP, ECHO, EXCL, Netlink, NetlinkError, REPLACE, REQUEST};
use crate::Errno;
use crate::fd::number;
use std::os::fd::BorrowedFd;

const RTM_NEWQDISC: u16 = 36;
const RTM_DELQDISC: u16 = 37;
const RTM_GETQDISC: u16 = 38;
const RTM_GETTCLASS: u16 = 42;
const RTM_NEWTFILTER: u16 = 44;
const RTM_DELTFILTER: u16 = 45;
const RTM_GETTFILTER: u16 = 46;
/// `struct tcmsg`: the family and padding, then index, handle, parent, info.
const TCMSG: usize = 20;
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_BPF_FD: u16 = 6;
const TCA_BPF_NAME: u16 = 7;
const TCA_BPF_FLAGS: u16 = 8;
const TCA_BPF_ID: u16 = 11;
/// The program's result is the verdict; without it, the class.
const TCA_BPF_FLAG_ACT_DIRECT: u32 = 1;
/// `ETH_P_ALL`, in network byte order as filters hold it.
const ALL_PROTOCOLS: u32 = 0x0003_u16.to_be() as u32;

/// A queueing discipline of an interface, or a class of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qdisc {
    /// The interface.
    pub index: u32,
    /// Its own number.
    pub handle: u32,
    /// What it hangs at.
    pub parent: u32,
    /// Such as `clsact`.
    pub kind: String,
}

/// Where a filter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterPlace {
    /// The interface.
    pub index: u32,
    /// The discipline or hook that it hangs at.
    pub parent: u32,
    /// Its number; zero for any.
    pub handle: u32,
    /// Which comes first; zero for any.
    pub priority: u16,
}

/// A filter that is a program: its result is the verdict.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// Where.
    pub place: FilterPlace,
    /// The program.
    pub program: BorrowedFd<'a>,
    /// What lists show as its name.
    pub name: &'a str,
    /// In place of the one that is there; else there may be none.
    pub replace: bool,
}

/// A filter that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterFacts {
    /// Where.
    pub place: FilterPlace,
    /// Such as `bpf`.
    pub kind: String,
    /// What it is, where it is a program.
    pub bpf: Option<BpfFilter>,
}

/// A filter that is a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpfFilter {
    /// The program's id.
    pub program: u32,
    /// The filter's name.
    pub name: String,
    /// Whether the program's result is the verdict.
    pub direct: bool,
}

impl Netlink {
    /// The queueing disciplines of an interface.
    pub fn qdiscs(&mut self, index: u32) -> Result<Vec<Qdisc>, NetlinkError> {
        self.listed(RTM_GETQDISC, index)
    }

    /// The classes of its disciplines, each by its discipline's kind.
    pub fn classes(&mut self, index: u32) -> Result<Vec<Qdisc>, NetlinkError> {
        self.listed(RTM_GETTCLASS, index)
    }

    fn listed(&mut self, what: u16, index: u32) -> Result<Vec<Qdisc>, NetlinkError> {
        let mut all = Vec::new();
        let request = Message::new(what, REQUEST | DUMP, &tcmsg(index, 0, 0, 0));
        self.ask(request, |_, body| {
            all.push(Qdisc {
                index: u32_at(body, 4).unwrap_or(0),
                handle: u32_at(body, 8).unwrap_or(0),
                parent: u32_at(body, 12).unwrap_or(0),
                kind: Attributes::after(body, TCMSG).text(TCA_KIND).unwrap_or_default(),
            });
        })?;
        // The kernel tells those of all interfaces.
        all.retain(|qdisc| qdisc.index == index);
        Ok(all)
    }

    /// Adds a queueing discipline; [`Errno::EEXIST`] where there is one.
    pub fn add_qdisc(&mut self, qdisc: &Qdisc) -> Result<(), NetlinkError> {
        let fixed = tcmsg(qdisc.index, qdisc.handle, qdisc.parent, 0);
        let request = Message::new(RTM_NEWQDISC, REQUEST | ACK | CREATE | EXCL, &fixed);
        self.ask(request.with_text(TCA_KIND, &qdisc.kind), |_, _| {})
    }

    /// Takes a queueing discipline away, with all its filters.
    pub fn delete_qdisc(&mut self, qdisc: &Qdisc) -> Result<(), NetlinkError> {
        let fixed = tcmsg(qdisc.index, qdisc.handle, qdisc.parent, 0);
        let request = Message::new(RTM_DELQDISC, REQUEST | ACK, &fixed);
        self.ask(request.with_text(TCA_KIND, &qdisc.kind), |_, _| {})
    }

    /// Adds a filter, and tells where it is now: the kernel chooses what was left open.
    pub fn add_filter(&mut self, filter: &Filter<'_>) -> Result<FilterPlace, NetlinkError> {
        let how = if filter.replace { REPLACE } else { EXCL };
        let request =
            Message::new(RTM_NEWTFILTER, REQUEST | ACK | ECHO | CREATE | how, &fixed(&filter.place));
        let request = request.with_text(TCA_KIND, "bpf").with_nest(TCA_OPTIONS, |options| {
            options
                .with_u32(TCA_BPF_FD, number(&filter.program))
                .with_text(TCA_BPF_NAME, filter.name)
                .with_u32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT)
        });
        let mut made = None;
        self.ask(request, |kind, body| {
            if kind == RTM_NEWTFILTER {
                made = Some(facts(body).place);
            }
        })?;
        made.ok_or_else(|| Errno::ENOENT.into())
    }

    /// Takes a filter away.
    pub fn delete_filter(&mut self, place: &FilterPlace) -> Result<(), NetlinkError> {
        let request = Message::new(RTM_DELTFILTER, REQUEST | ACK, &fixed(place));
        self.ask(request.with_text(TCA_KIND, "bpf"), |_, _| {})
    }

    /// The filters at a discipline or hook, in the order in which they run.
    pub fn filters(&mut self, index: u32, parent: u32) -> Result<Vec<FilterFacts>, NetlinkError> {
        let mut all = Vec::new();
        let request = Message::new(RTM_GETTFILTER, REQUEST | DUMP, &tcmsg(index, 0, parent, 0));
        self.ask(request, |_, body| all.push(facts(body)))?;
        // Each priority begins with a line for itself.
        all.retain(|filter| filter.place.handle != 0);
        Ok(all)
    }
}

fn tcmsg(index: u32, handle: u32, parent: u32, info: u32) -> [u8; TCMSG] {
    let mut raw = [0; TCMSG];
    for (at, number) in [(4, index), (8, handle), (12, parent), (16, info)] {
        raw[at..at + 4].copy_from_slice(&number.to_ne_bytes());
    }
    raw
}

fn fixed(place: &FilterPlace) -> [u8; TCMSG] {
    let info = u32::from(place.priority) << 16 | ALL_PROTOCOLS;
    tcmsg(place.index, place.handle, place.parent, info)
}

fn facts(body: &[u8]) -> FilterFacts {
    let number = |at| u32_at(body, at).unwrap_or(0);
    let all = Attributes::after(body, TCMSG);
    let kind = all.text(TCA_KIND).unwrap_or_default();
    let options = all.nest(TCA_OPTIONS);
    let bpf = options.u32(TCA_BPF_ID).map(|program| BpfFilter {
        program,
        name: options.text(TCA_BPF_NAME).unwrap_or_default(),
        direct: options.u32(TCA_BPF_FLAGS).is_some_and(|flags| flags & TCA_BPF_FLAG_ACT_DIRECT != 0),
    });
    let priority = (number(16) >> 16) as u16;
    FilterFacts {
        place: FilterPlace { index: number(4), handle: number(8), parent: number(12), priority },
        kind,
        bpf,
    }
}
