//! What is attached somewhere.
use super::{AttachPoint, address_mut};
use crate::Errno;
use crate::syscall::bpf;
use osmia_abi::attr::QueryAttr;
use osmia_abi::{AttachType, Command};

/// Asks what is attached.
#[derive(Clone, Copy, Debug)]
pub struct ProgQuery<'a> {
    /// Where.
    pub target: AttachPoint<'a>,
    /// How.
    pub attach: AttachType,
    /// `QUERY_EFFECTIVE`.
    pub flags: u32,
}

/// What is attached, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queried {
    /// Programs.
    pub progs: Vec<u32>,
    /// The flags each was attached with; the kernel tells them of what is attached itself, not of what is effective.
    pub prog_flags: Vec<u32>,
    /// The links by which they are attached, zero for none; where the kind of place has that.
    pub links: Vec<u32>,
    /// The flags of the place.
    pub flags: u32,
    /// The revision of the list, where it has one.
    pub revision: u64,
}

/// How many programs there is room for at first.
const FIRST_ROOM: usize = 64;

impl ProgQuery<'_> {
    /// `BPF_PROG_QUERY`.
    pub fn call(&self) -> Result<Queried, Errno> {
        let mut room = FIRST_ROOM;
        loop {
            match self.attempt(room) {
                Err((Errno::ENOSPC, count)) if count > room => room = count,
                answer => return answer.map_err(|(errno, _)| errno),
            }
        }
    }

    fn attempt(&self, room: usize) -> Result<Queried, (Errno, usize)> {
        // Only ordered lists have links, and only cgroups flags for each program; others refuse to be asked for them.
        let ordered = matches!(
            self.attach,
            AttachType::TcxIngress
                | AttachType::TcxEgress
                | AttachType::NetkitPrimary
                | AttachType::NetkitPeer
        );
        let (mut progs, mut links) = (vec![0; room], vec![0; if ordered { room } else { 0 }]);
        let mut attr = QueryAttr {
            target_fd: self.target.raw(),
            attach_type: self.attach.raw(),
            query_flags: self.flags,
            prog_ids: address_mut(&mut progs),
            link_ids: address_mut(&mut links),
            count: u32::try_from(room).unwrap_or(u32::MAX),
            ..Default::default()
        };
        // SAFETY: the lists have room for `count` numbers each, or are null.
        let answer = unsafe { bpf(Command::ProgQuery, &mut attr) };
        let count = attr.count as usize;
        answer.map_err(|errno| (errno, count))?;
        progs.truncate(count);
        links.truncate(count);
        Ok(Queried {
            progs,
            prog_flags: Vec::new(),
            links,
            flags: attr.attach_flags,
            revision: attr.revision,
        })
    }
}
