//! One run of a program that loads others: what `struct bpf_loader_ctx` tells it, and the descriptors that it gives.
use super::{address_mut, length};
use crate::fd::number;
use crate::syscall::{bpf, done, owned};
use crate::{Errno, ProgFd};
use osmia_abi::Command;
use osmia_abi::attr::TestRunAttr;
use std::collections::BTreeSet;
use std::os::fd::{OwnedFd, RawFd};

/// Bytes of `struct bpf_loader_ctx`, of `struct bpf_map_desc` and of `struct bpf_prog_desc` (`skel_internal.h` of libbpf).
const CONTEXT: usize = 24;
const MAP: usize = 16;
const PROGRAM: usize = 4;

/// Asks a program that loads others to do so.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    /// How many maps it makes.
    pub maps: usize,
    /// How many programs it knows.
    pub programs: usize,
    /// How much the verifier tells.
    pub log_level: u32,
}

/// What it brought into the kernel; nothing in the place of what it left out.
#[derive(Debug, Default)]
pub struct Brought {
    /// Maps, in their order.
    pub maps: Vec<Option<OwnedFd>>,
    /// Programs, in their order.
    pub programs: Vec<Option<ProgFd>>,
}

impl Loading {
    /// Runs the program, which must be one that was made for so many maps and programs; the log is what the verifier told of
    /// these, one after the other.
    pub fn call(&self, prog: &ProgFd, log: &mut [u8]) -> Result<Brought, Errno> {
        let mut context = vec![0; CONTEXT + MAP * self.maps + PROGRAM * self.programs];
        let head = [length(&context)?, 0, self.log_level, length(log)?];
        let head = head.iter().flat_map(|word| word.to_ne_bytes()).chain(address_mut(log).to_ne_bytes());
        context.iter_mut().zip(head).for_each(|(place, byte)| *place = byte);
        let mut attr = TestRunAttr {
            prog_fd: number(prog),
            ctx_size_in: length(&context)?,
            ctx_in: address_mut(&mut context),
            ..Default::default()
        };
        let before = open_descriptors()?;
        // SAFETY: the context lives through the call, and the kernel writes as much to it as it reads; the log's address and
        // length in it are those of `log`, to which the kernel writes.
        unsafe { bpf(Command::ProgTestRun, &mut attr) }?;
        if attr.retval.cast_signed() < 0 {
            return Err(Errno(attr.retval.cast_signed().wrapping_neg()));
        }
        let (maps, programs) = context.get(CONTEXT..).unwrap_or_default().split_at(MAP * self.maps);
        // Each number is taken once, and only if nobody had it before.
        let mut new: BTreeSet<RawFd> = open_descriptors()?.difference(&before).copied().collect();
        let mut take = |record: &[u8]| {
            let number = record.first_chunk().map_or(0, |raw| RawFd::from_ne_bytes(*raw));
            descriptor(new.take(&number)?)
        };
        Ok(Brought {
            maps: maps.chunks_exact(MAP).map(&mut take).collect(),
            programs: programs.chunks_exact(PROGRAM).map(|record| take(record).map(ProgFd)).collect(),
        })
    }
}

/// The numbers of all descriptors of this process.
fn open_descriptors() -> Result<BTreeSet<RawFd>, Errno> {
    let names = std::fs::read_dir("/proc/self/fd")?.flatten().map(|entry| entry.file_name());
    let mut all: BTreeSet<RawFd> = names.filter_map(|name| name.to_str()?.parse().ok()).collect();
    // The one that the list was read from is among them, and closed by now: its number may be given to somebody else.
    // SAFETY: all arguments are numbers.
    all.retain(|fd| done(unsafe { libc::fcntl(*fd, libc::F_GETFD) }).is_ok());
    Ok(all)
}

/// A descriptor that the program made.
fn descriptor(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: it was not there before the program ran, which gave it to us; the caller gives each number once.
    unsafe { owned(Ok(number)) }.ok()
}
