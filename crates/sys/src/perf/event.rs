//! `perf_event_open(2)` and its ioctls.
use crate::fd::number_or_zero;
use crate::syscall::{answer, done, owned};
use crate::{Errno, ProgFd};
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::perf::{self, attr_flags};
use std::ffi::CStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
const IOC_ENABLE: libc::c_ulong = 0x2400;
const IOC_DISABLE: libc::c_ulong = 0x2401;
const IOC_PERIOD: libc::c_ulong = 0x4008_2404;
const IOC_SET_FILTER: libc::c_ulong = 0x4008_2406;
const IOC_ID: libc::c_ulong = 0x8008_2407;
const IOC_SET_BPF: libc::c_ulong = 0x4004_2408;
const IOC_QUERY_BPF: libc::c_ulong = 0xc008_240a;

/// Asks for a perf event.
#[derive(Clone, Copy, Debug)]
pub struct PerfEventOpen<'a> {
    /// What to count or sample; `size` and, where there is a name, `config1` are filled in.
    pub attr: PerfEventAttr,
    /// The function or file of a kprobe or uprobe, for which `config1` is a pointer.
    pub name: Option<&'a CStr>,
    /// Which thread: 0 this one, -1 all.
    pub pid: i32,
    /// On which CPU: -1 on all, for one thread.
    pub cpu: i32,
    /// The leader of its group.
    pub group: Option<BorrowedFd<'a>>,
}

impl<'a> PerfEventOpen<'a> {
    /// An event for all threads on one CPU.
    pub const fn on_cpu(attr: PerfEventAttr, cpu: i32) -> Self {
        Self { attr, name: None, pid: -1, cpu, group: None }
    }

    /// An event for one thread wherever it runs; 0 is this one.
    pub const fn on_thread(attr: PerfEventAttr, pid: i32) -> Self {
        Self { attr, name: None, pid, cpu: -1, group: None }
    }

    /// `perf_event_open(2)`, with close-on-exec.
    pub fn call(&self) -> Result<PerfEvent, Errno> {
        let mut attr = PerfEventAttr { size: size_of::<PerfEventAttr>() as u32, ..self.attr };
        if let Some(name) = self.name {
            attr.config1 = name.as_ptr().expose_provenance() as u64;
        }
        let group = self.group.map_or(-1, |fd| number_or_zero(Some(fd)).cast_signed());
        // SAFETY: the kernel reads the attributes, `size` bytes, and the name, which ends in zero.
        let fd = answer(unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw mut attr,
                self.pid,
                self.cpu,
                group,
                PERF_FLAG_FD_CLOEXEC,
            )
        });
        // SAFETY: the call returns a new descriptor.
        unsafe { owned(fd.map(|fd| fd as libc::c_int)) }.map(PerfEvent)
    }
}

/// The attributes of the event by which a perf buffer gets what programs put out.
pub fn bpf_output_event(wakeup_events: u32) -> PerfEventAttr {
    PerfEventAttr {
        r#type: perf::TYPE_SOFTWARE,
        config: perf::SW_BPF_OUTPUT,
        sample_period: 1,
        sample_type: perf::SAMPLE_RAW,
        wakeup_events,
        ..Default::default()
    }
}

/// The attributes of an event whose records say what executable memory processes map, when they begin other programs,
/// and when threads begin and end. The last eight bytes of each record are its time, by `CLOCK_MONOTONIC`. Its buffer
/// wakes a reader when it holds so many bytes. `more` are flags besides; [`PerfEvent::lost`] wants `FORMAT_LOST`.
pub fn memory_event(wakeup_bytes: u32, read_format: u64, more: u64) -> PerfEventAttr {
    const WHAT: u64 = attr_flags::MMAP
        | attr_flags::MMAP2
        | attr_flags::COMM
        | attr_flags::COMM_EXEC
        | attr_flags::TASK
        | attr_flags::SAMPLE_ID_ALL
        | attr_flags::USE_CLOCKID
        | attr_flags::WATERMARK;
    PerfEventAttr {
        r#type: perf::TYPE_SOFTWARE,
        config: perf::SW_DUMMY,
        sample_type: perf::SAMPLE_TIME,
        clockid: libc::CLOCK_MONOTONIC,
        flags: WHAT | more,
        wakeup_events: wakeup_bytes,
        read_format,
        ..Default::default()
    }
}

/// A perf event.
#[derive(Debug)]
pub struct PerfEvent(OwnedFd);

impl PerfEvent {
    /// Starts counting.
    pub fn enable(&self) -> Result<(), Errno> {
        self.control(IOC_ENABLE, 0).map(drop)
    }

    /// Stops counting.
    pub fn disable(&self) -> Result<(), Errno> {
        self.control(IOC_DISABLE, 0).map(drop)
    }

    /// Runs the program at every sample, or at every event of a tracepoint, kprobe or uprobe; for kernels without links
    /// at perf events.
    pub fn set_bpf(&self, prog: &ProgFd) -> Result<(), Errno> {
        self.control(IOC_SET_BPF, prog.as_raw_fd() as usize).map(drop)
    }

    /// Samples after so many events.
    pub fn set_period(&self, mut period: u64) -> Result<(), Errno> {
        self.control(IOC_PERIOD, (&raw mut period).expose_provenance()).map(drop)
    }

    /// Only events of a tracepoint for which this holds.
    pub fn set_filter(&self, filter: &CStr) -> Result<(), Errno> {
        self.control(IOC_SET_FILTER, filter.as_ptr().expose_provenance()).map(drop)
    }

    /// Its id, by which records name it.
    pub fn id(&self) -> Result<u64, Errno> {
        let mut id = 0_u64;
        self.control(IOC_ID, (&raw mut id).expose_provenance())?;
        Ok(id)
    }

    /// The ids of the programs that run at this tracepoint, from whatever event they were attached.
    pub fn attached_programs(&self) -> Result<Vec<u32>, Errno> {
        const ROOM: usize = 128; // the kernel allows 64 programs at a tracepoint
        let mut query = [0_u32; ROOM + 2]; // struct perf_event_query_bpf: room, count, ids
        query[0] = ROOM as u32;
        self.control(IOC_QUERY_BPF, query.as_mut_ptr().expose_provenance())?;
        let count = (query[1] as usize).min(ROOM);
        Ok(query[2..2 + count].to_vec())
    }

    /// How many events there were; `read_format` of the event must be zero.
    pub fn count(&self) -> Result<u64, Errno> {
        let mut raw = [0; 8];
        File::from(self.0.try_clone()?).read_exact(&mut raw)?;
        Ok(u64::from_ne_bytes(raw))
    }

    /// How many records its buffer had no room for; `read_format` of the event must be `FORMAT_LOST`.
    pub fn lost(&self) -> Result<u64, Errno> {
        let mut raw = [0; 16]; // the count, then what was lost
        let len = File::from(self.0.try_clone()?).read(&mut raw)?;
        let lost = raw.last_chunk().filter(|_| len == raw.len()).ok_or(Errno::EINVAL)?;
        Ok(u64::from_ne_bytes(*lost))
    }

    /// Takes a descriptor that is known to be a perf event's.
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self(fd)
    }

    /// An ioctl; `argument` is a number or, for those that take one, the address of what they want.
    fn control(&self, request: libc::c_ulong, argument: usize) -> Result<libc::c_int, Errno> {
        // SAFETY: each caller above gives what its request takes: nothing, a number, or the address of a variable or
        // string that lives through the call and has the size that the request reads or writes.
        done(unsafe { libc::ioctl(self.0.as_raw_fd(), request as _, argument) })
    }
}

impl AsFd for PerfEvent {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
