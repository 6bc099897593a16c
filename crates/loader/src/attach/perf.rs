//! Perf events: tracepoints, clocks, counters; and the link or ioctl that puts a program at any of them.
use super::error::AttachErrorKind as Kind;
use super::legacy::DynamicEvent;
use super::part::Part;
use super::{Job, Parts, ProbeMode};
use osmia_abi::AttachType;
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::perf::{self, attr_flags};
use osmia_host::tracefs;
use osmia_object::{Access, Cpus, PerfEvent as Counted, Sample};
use osmia_sys::Errno;
use osmia_sys::bpf::{LinkCreate, LinkTarget};
use osmia_sys::perf::{PerfEvent, PerfEventOpen};
use std::os::fd::AsFd;

/// `category/name`, by its number in tracefs.
pub(super) fn tracepoint(job: Job<'_>, category: &str, name: &str) -> Parts {
    let root = tracefs::root().map_err(Kind::Tracefs)?;
    let id = tracefs::event_id(root, category, name).map_err(|errno| match errno {
        Errno::ENOENT => Kind::NoTracepoint { nearest: tracefs::nearest(root, category, name) },
        errno => Kind::refused("reading the tracepoint's number", errno),
    })?;
    open_tracepoint(job, id, None, None).map(|part| vec![part])
}

/// An event at a tracepoint or dynamic event. Programs run whatever CPU it is opened on.
pub(super) fn open_tracepoint(
    job: Job<'_>,
    id: u64,
    pid: Option<u32>,
    dynamic: Option<DynamicEvent>,
) -> Result<Part, Kind> {
    let attr = PerfEventAttr {
        r#type: perf::TYPE_TRACEPOINT,
        config: id,
        sample_period: 1,
        sample_type: perf::SAMPLE_RAW,
        wakeup_events: 1,
        ..Default::default()
    };
    let event = open(on(attr, pid)).map_err(|errno| Kind::refused("opening the perf event", errno))?;
    put(job, event, dynamic)
}

/// An event for all processes, or for one.
pub(super) fn on(attr: PerfEventAttr, pid: Option<u32>) -> PerfEventOpen<'static> {
    match pid {
        Some(pid) => PerfEventOpen::on_thread(attr, pid.cast_signed()),
        None => PerfEventOpen::on_cpu(attr, 0),
    }
}

/// Opens the event; on a machine whose first CPU is offline, on the first that is not.
pub(super) fn open(request: PerfEventOpen<'_>) -> Result<PerfEvent, Errno> {
    match request.call() {
        Err(Errno::ENODEV) if request.cpu == 0 => {
            let cpu = osmia_host::online_cpus()?.first().copied().ok_or(Errno::ENODEV)?;
            PerfEventOpen { cpu: cpu.cast_signed(), ..request }.call()
        }
        answer => answer,
    }
}

/// Puts the program at the event: by a link (5.15), else by ioctl. Then the event starts.
pub(super) fn put(job: Job<'_>, event: PerfEvent, dynamic: Option<DynamicEvent>) -> Result<Part, Kind> {
    let target = LinkTarget::PerfEvent { event: event.as_fd(), cookie: job.options.cookie };
    let request =
        LinkCreate { prog: job.program.fd.as_fd(), attach: AttachType::PerfEvent, flags: 0, target };
    let asked = match job.options.mode {
        ProbeMode::Default | ProbeMode::Link => request.call(),
        ProbeMode::Perf | ProbeMode::Legacy => Err(Errno::EINVAL),
    };
    let link = match asked {
        Ok(link) => Some(link),
        Err(Errno::EINVAL) if job.options.mode == ProbeMode::Link => {
            return Err(Kind::Lacks { what: "links at perf events", since: "5.15", errno: Errno::EINVAL });
        }
        Err(Errno::EINVAL) if job.options.cookie != 0 => {
            return Err(match job.options.mode {
                ProbeMode::Default | ProbeMode::Link => {
                    Kind::Lacks { what: "cookies at perf events", since: "5.15", errno: Errno::EINVAL }
                }
                ProbeMode::Perf | ProbeMode::Legacy => {
                    Kind::Unable("only links at perf events have cookies: leave it out, or take another way")
                }
            });
        }
        Err(Errno::EINVAL) => {
            event.set_bpf(&job.program.fd).map_err(refused_put)?;
            None
        }
        Err(errno) => return Err(refused_put(errno)),
    };
    event.enable().map_err(|errno| Kind::refused("starting the event", errno))?;
    Ok(Part { event: Some(event), link, dynamic, held: None })
}

fn refused_put(errno: Errno) -> Kind {
    match errno {
        // `BPF_TRACE_MAX_PROGS` of kernel/trace/bpf_trace.c.
        Errno::E2BIG => Kind::Unable(
            "64 programs are at this event already, and the kernel lets no more be there: \
             put what several do into one",
        ),
        errno => Kind::refused("putting the program at the event", errno),
    }
}

/// A clock or counter, on each CPU or one, or in one process.
pub(super) fn event(job: Job<'_>, event: Counted, sample: Sample, cpus: Cpus, pid: Option<u32>) -> Parts {
    let (sample_period, flags) = match sample {
        Sample::Period(period) => (period, 0),
        Sample::Frequency(hertz) => (hertz, attr_flags::FREQ),
    };
    let attr = PerfEventAttr {
        r#type: event.kind,
        config: event.config,
        sample_period,
        flags,
        ..Default::default()
    };
    let requests: Vec<PerfEventOpen<'_>> = match pid {
        Some(pid) => vec![PerfEventOpen::on_thread(attr, pid.cast_signed())],
        None => chosen(cpus)?.into_iter().map(|cpu| PerfEventOpen::on_cpu(attr, cpu.cast_signed())).collect(),
    };
    let mut parts = Vec::with_capacity(requests.len());
    for request in requests {
        match request.call() {
            Ok(event) => parts.push(put(job, event, None)?),
            // A CPU that went offline meanwhile.
            Err(Errno::ENODEV) if pid.is_none() && cpus == Cpus::All => {}
            Err(errno) => return Err(refused_event(errno, event, pid)),
        }
    }
    if parts.is_empty() { Err(Kind::refused("opening the perf event", Errno::ENODEV)) } else { Ok(parts) }
}

/// Memory that is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    pub(super) address: u64,
    pub(super) length: u8,
    pub(super) access: Access,
}

/// A breakpoint of the processor's: for all, on each CPU; or in each thread of a process and those that it starts.
pub(super) fn breakpoint(job: Job<'_>, watched: &Watched, pid: Option<u32>) -> Parts {
    let Access { read, write, execute } = watched.access;
    let kinds = [(read, perf::BREAKPOINT_R), (write, perf::BREAKPOINT_W), (execute, perf::BREAKPOINT_X)];
    let attr = PerfEventAttr {
        r#type: perf::TYPE_BREAKPOINT,
        bp_type: kinds.into_iter().filter(|(wanted, _)| *wanted).fold(0, |all, (_, bit)| all | bit),
        config1: watched.address,
        // The kernel wants the length of a pointer where instructions are watched.
        config2: if execute { size_of::<usize>() as u64 } else { u64::from(watched.length) },
        sample_period: 1,
        flags: if pid.is_some() { attr_flags::INHERIT } else { 0 },
        ..Default::default()
    };
    let requests: Vec<PerfEventOpen<'_>> = match pid {
        Some(pid) => threads(pid)?.into_iter().map(|thread| PerfEventOpen::on_thread(attr, thread)).collect(),
        None => {
            let cpus = chosen(Cpus::All)?;
            cpus.into_iter().map(|cpu| PerfEventOpen::on_cpu(attr, cpu.cast_signed())).collect()
        }
    };
    let mut parts = Vec::with_capacity(requests.len());
    for request in requests {
        match request.call() {
            Ok(event) => parts.push(put(job, event, None)?),
            // A thread that ended meanwhile.
            Err(Errno::ESRCH) if pid.is_some() => {}
            Err(errno @ (Errno::EPERM | Errno::EACCES)) => {
                return Err(Kind::refused("opening the breakpoint", errno));
            }
            Err(errno) => return Err(Kind::NoBreakpoint(errno)),
        }
    }
    match (parts.is_empty(), pid) {
        (true, Some(pid)) => Err(Kind::NoProcess(pid)),
        _ => Ok(parts),
    }
}

/// The threads that a process has now.
fn threads(pid: u32) -> Result<Vec<i32>, Kind> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/task")).map_err(|_| Kind::NoProcess(pid))?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

fn chosen(cpus: Cpus) -> Result<Vec<u32>, Kind> {
    let mut online =
        osmia_host::online_cpus().map_err(|errno| Kind::refused("reading the list of CPUs", errno))?;
    if cpus == Cpus::One {
        online.truncate(1);
    }
    Ok(online)
}

fn refused_event(errno: Errno, event: Counted, pid: Option<u32>) -> Kind {
    match (errno, pid) {
        (Errno::ESRCH, Some(pid)) => Kind::NoProcess(pid),
        (Errno::ENOENT | Errno::EOPNOTSUPP | Errno::ENODEV | Errno::ENXIO, _)
            if event.kind != perf::TYPE_SOFTWARE =>
        {
            Kind::NoCounter(errno)
        }
        (errno, _) => Kind::refused("opening the perf event", errno),
    }
}
