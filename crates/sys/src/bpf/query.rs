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
    /// What to ask for besides the programs.
    pub detail: QueryDetail,
}

/// What to ask for besides the ids of programs. Kernels that do not know of it refuse the whole question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryDetail {
    /// Nothing.
    #[default]
    None,
    /// The flags each program was attached with: cgroups since 6.0, but not what is effective.
    Flags,
    /// Flags and links: ordered lists (tcx, netkit, since 6.6).
    Links,
}

/// What is attached, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queried {
    /// Programs.
    pub progs: Vec<u32>,
    /// The flags each was attached with, if asked for.
    pub prog_flags: Vec<u32>,
    /// The link by which each is attached, zero for none, if asked for.
    pub links: Vec<u32>,
    /// The flags of these links, if asked for.
    pub link_flags: Vec<u32>,
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
        let room_if = |wanted: bool| vec![0; if wanted { room } else { 0 }];
        let mut progs = room_if(true);
        let mut prog_flags = room_if(self.detail != QueryDetail::None);
        let mut links = room_if(self.detail == QueryDetail::Links);
        let mut link_flags = room_if(self.detail == QueryDetail::Links);
        let mut attr = QueryAttr {
            target_fd: self.target.raw(),
            attach_type: self.attach.raw(),
            query_flags: self.flags,
            prog_ids: address_mut(&mut progs),
            prog_attach_flags: address_mut(&mut prog_flags),
            link_ids: address_mut(&mut links),
            link_attach_flags: address_mut(&mut link_flags),
            count: u32::try_from(room).unwrap_or(u32::MAX),
            ..Default::default()
        };
        // SAFETY: the lists have room for `count` numbers each, or are null.
        let answer = unsafe { bpf(Command::ProgQuery, &mut attr) };
        let count = attr.count as usize;
        answer.map_err(|errno| (errno, count))?;
        for list in [&mut progs, &mut prog_flags, &mut links, &mut link_flags] {
            list.truncate(count);
        }
        Ok(Queried {
            progs,
            prog_flags,
            links,
            link_flags,
            flags: attr.attach_flags,
            revision: attr.revision,
        })
    }
}
