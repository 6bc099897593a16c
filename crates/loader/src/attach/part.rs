//! What holds a program in its place.
use super::error::AttachErrorKind;
use super::held::Held;
use super::legacy::DynamicEvent;
use super::side_by_side::side_by_side;
use osmia_sys::bpf::{LinkDetail, PerfEventDetail, iter_create, link_info};
use osmia_sys::perf::PerfEvent;
use osmia_sys::{Errno, LinkFd};
use std::fs::File;

/// One thing that holds a program; fields are dropped in this order.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) event: Option<PerfEvent>,
    pub(super) link: Option<LinkFd>,
    pub(super) dynamic: Option<DynamicEvent>,
    pub(super) held: Option<Held>,
}

impl From<LinkFd> for Part {
    fn from(link: LinkFd) -> Self {
        Self { event: None, link: Some(link), dynamic: None, held: None }
    }
}

impl From<Held> for Part {
    fn from(held: Held) -> Self {
        Self { event: None, link: None, dynamic: None, held: Some(held) }
    }
}

/// A place of several that could not be attached to, while others could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The function.
    pub name: String,
    /// Why not.
    pub why: AttachErrorKind,
}

/// A program in its place. Dropping it takes the program away; the kernel may take its time for that (one perf
/// tracepoint waits 60 ms, one perf uprobe 120 ms), so many are best given to [`detach_all`].
#[derive(Debug)]
pub struct Attachment {
    parts: Vec<Part>,
    missed: Vec<Missed>,
}

impl Attachment {
    pub(super) const fn new(parts: Vec<Part>, missed: Vec<Missed>) -> Self {
        Self { parts, missed }
    }

    /// Takes in another attachment of the same program: they go together.
    pub fn join(&mut self, mut other: Self) {
        self.parts.append(&mut other.parts);
        self.missed.append(&mut other.missed);
    }

    /// How many things hold the program: links, events.
    pub const fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether nothing does: programs that only run by request.
    pub const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How often an event came while the program could not run: what the kernel counts for kprobes by links (6.6).
    pub fn missed_events(&self) -> u64 {
        let links = self.parts.iter().filter_map(|part| part.link.as_ref());
        links.filter_map(|link| link_info(link).ok()).map(|facts| missed(&facts.detail)).sum()
    }

    /// Places that a pattern describes but that the kernel does not let anybody probe.
    pub fn missed(&self) -> &[Missed] {
        &self.missed
    }

    /// The links; `None` where something else than a link holds the program, too.
    pub fn links(&self) -> Option<Vec<&LinkFd>> {
        self.parts.iter().map(|part| part.link.as_ref().filter(|_| part.dynamic.is_none())).collect()
    }

    /// Whether the place itself can hold the program when this process ends.
    pub fn stays(&self) -> bool {
        self.parts.iter().all(|part| part.held.is_some())
    }

    /// Leaves the program where it is when this value goes, where the place itself holds it (netlink, cgroups without links,
    /// sockets); whether all of it stays. What links hold stays by their pins, and perf events are gone with their process.
    pub fn keep(&mut self) -> bool {
        for held in self.parts.iter_mut().filter_map(|part| part.held.as_mut()) {
            held.keep();
        }
        self.stays()
    }

    /// Whether links alone hold the program, so that it can be pinned.
    pub fn by_links(&self) -> bool {
        self.links().is_some_and(|links| !links.is_empty())
    }

    /// A walk of an iterator: reading the file runs the program, and gives what it writes.
    pub fn iterate(&self) -> Result<File, Errno> {
        let link = self.parts.first().and_then(|part| part.link.as_ref()).ok_or(Errno::EINVAL)?;
        iter_create(link)
    }
}

/// Takes programs away, side by side: in the time of the slowest, not of all together.
pub fn detach_all(attachments: Vec<Attachment>) {
    let parts: Vec<Part> = attachments.into_iter().flat_map(|attachment| attachment.parts).collect();
    let (slow, quick): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.event.is_some());
    drop(quick);
    side_by_side(slow, drop);
}

const fn missed(detail: &LinkDetail) -> u64 {
    match detail {
        LinkDetail::KprobeMulti { missed, .. }
        | LinkDetail::PerfEvent(PerfEventDetail::Kprobe { missed, .. }) => *missed,
        _ => 0,
    }
}
