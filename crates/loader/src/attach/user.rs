//! Functions of user programs and libraries: uprobes one by one, many by one link.
use super::error::AttachErrorKind as Kind;
use super::kernel::gather;
use super::legacy::{Control, DynamicEvent};
use super::part::{Missed, Part};
use super::perf::{on, open, open_tracepoint, put};
use super::side_by_side::side_by_side;
use super::{Job, Parts};
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::{AttachType, flags};
use osmia_host::{Binary, BinaryError, find_binary, is_pattern, matches};
use osmia_object::{ProbeSide, UprobeTarget};
use osmia_sys::Errno;
use osmia_sys::bpf::{LinkCreate, LinkTarget, UprobeMulti};
use osmia_sys::perf::PerfEventOpen;
use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The file to probe, and in which process.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) pid: Option<u32>,
}

impl File<'_> {
    fn find(&self) -> Result<PathBuf, Kind> {
        find_binary(self.path).ok_or(Kind::Binary(BinaryError::NotFound))
    }
}

/// The type of the perf events of kprobes or uprobes, and the bit for the return; `None` where the kernel has none.
pub(super) fn pmu(name: &str) -> Option<(u32, u64)> {
    let dir = PathBuf::from("/sys/bus/event_source/devices").join(name);
    let kind = std::fs::read_to_string(dir.join("type")).ok()?.trim().parse().ok()?;
    let format = std::fs::read_to_string(dir.join("format/retprobe")).ok()?;
    let bit: u32 = format.trim().strip_prefix("config:")?.parse().ok()?;
    Some((kind, 1_u64.checked_shl(bit)?))
}

/// The offset in the file of one target.
fn offset(binary: &Binary, target: &UprobeTarget) -> Result<u64, Kind> {
    match target {
        UprobeTarget::Offset(offset) => Ok(*offset),
        UprobeTarget::Address(address) => binary.offset_of(*address).ok_or(Kind::NoAddress(*address)),
        UprobeTarget::Symbol { name, offset } => match binary.function(name) {
            Some(place) => Ok(place.offset.wrapping_add(*offset)),
            None => {
                let nearest = binary.nearest(name).map(str::to_owned);
                Err(Kind::NoSymbol { symbol: name.clone(), nearest })
            }
        },
    }
}

/// The functions of the file; none are read where no target needs them.
fn binary_for(path: &std::path::Path, targets: &[UprobeTarget]) -> Result<Binary, Kind> {
    if targets.iter().all(|target| matches!(target, UprobeTarget::Offset(_))) {
        return Ok(Binary::default());
    }
    Binary::open(path).map_err(Kind::Binary)
}

/// A uprobe: by the perf events of uprobes (4.17), else by tracefs.
pub(super) fn uprobe(job: Job<'_>, file: &File<'_>, target: &UprobeTarget, side: ProbeSide) -> Parts {
    let path = file.find()?;
    let binary = binary_for(&path, std::slice::from_ref(target))?;
    let spot = Spot { path: &c_path(&path)?, offset: offset(&binary, target)?, pid: file.pid, side };
    one(job, &spot).map(|part| vec![part])
}

fn c_path(path: &std::path::Path) -> Result<CString, Kind> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Kind::Name(path.to_string_lossy().into_owned()))
}

/// One place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) path: &'a CString,
    pub(super) offset: u64,
    pub(super) pid: Option<u32>,
    pub(super) side: ProbeSide,
}

fn one(job: Job<'_>, spot: &Spot<'_>) -> Result<Part, Kind> {
    match pmu("uprobe") {
        Some(pmu) => by_perf(job, spot, pmu),
        None if Control::Uprobe.is_there() => by_tracefs(job, spot),
        None => Err(Kind::NoUprobes),
    }
}

fn by_perf(job: Job<'_>, spot: &Spot<'_>, (kind, retprobe): (u32, u64)) -> Result<Part, Kind> {
    let attr = PerfEventAttr {
        r#type: kind,
        config: if spot.side == ProbeSide::Return { retprobe } else { 0 },
        config2: spot.offset,
        ..Default::default()
    };
    let event = open(PerfEventOpen { name: Some(spot.path), ..on(attr, spot.pid) });
    put(job, event.map_err(|errno| refused(errno, spot.pid))?, None)
}

fn refused(errno: Errno, pid: Option<u32>) -> Kind {
    match (errno, pid) {
        (Errno::ESRCH, Some(pid)) => Kind::NoProcess(pid),
        (Errno::EINVAL | Errno::EIO, _) => Kind::NotProbable { errno },
        (errno, _) => Kind::refused("opening the uprobe", errno),
    }
}

pub(super) fn by_tracefs(job: Job<'_>, spot: &Spot<'_>) -> Result<Part, Kind> {
    let letter = if spot.side == ProbeSide::Return { 'r' } else { 'p' };
    let place = format!("{}:{:#x}", spot.path.to_string_lossy(), spot.offset);
    let (event, id) =
        DynamicEvent::make(Control::Uprobe, letter, &place).map_err(|errno| refused(errno, spot.pid))?;
    open_tracepoint(job, id, spot.pid, Some(event))
}

/// Many functions of one file with one program: by one link (6.6), else one by one.
pub(super) fn multi(
    job: Job<'_>,
    file: &File<'_>,
    targets: &[UprobeTarget],
    side: ProbeSide,
    missed: &mut Vec<Missed>,
) -> Parts {
    let path = file.find()?;
    let path = (path.clone(), c_path(&path)?);
    let places = places(&path.0, targets)?;
    if job.program.attach_type == Some(AttachType::TraceUprobeMulti) && !job.options.without_uprobe_multi {
        let flags = if side == ProbeSide::Return { flags::UPROBE_MULTI_RETURN } else { 0 };
        match link(job, AttachType::TraceUprobeMulti, &path.1, &places, (file.pid, flags)) {
            Ok(part) => return Ok(vec![part]),
            Err(Kind::Kernel { errno: Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTSUPP, .. }) => {}
            Err(kind) => return Err(kind),
        }
    }
    let answers = side_by_side(places.iter().collect(), |(_, offset)| {
        one(job, &Spot { path: &path.1, offset: *offset, pid: file.pid, side }).map(|part| vec![part])
    });
    let missed = if places.len() > 1 { Some(missed) } else { None };
    gather(places.iter().map(|(name, _)| name).zip(answers), missed)
}

/// Entry and return of many functions of one file, by one link (6.13); there is no other way.
pub(super) fn session(job: Job<'_>, file: &File<'_>, targets: &[UprobeTarget]) -> Parts {
    // `BPF_TRACE_UPROBE_SESSION` is the attach type that such a program was loaded with.
    let Some(attach) = job.program.attach_type else { return Err(Kind::Nowhere) };
    let path = file.find()?;
    let places = places(&path, targets)?;
    link(job, attach, &c_path(&path)?, &places, (file.pid, 0)).map(|part| vec![part])
}

fn link(
    job: Job<'_>,
    attach: AttachType,
    path: &CString,
    places: &[(String, u64)],
    (pid, flags): (Option<u32>, u32),
) -> Result<Part, Kind> {
    let offsets: Vec<u64> = places.iter().map(|(_, offset)| *offset).collect();
    let cookies = if job.options.cookie == 0 { Vec::new() } else { vec![job.options.cookie; offsets.len()] };
    let many = UprobeMulti {
        path,
        offsets: &offsets,
        semaphores: &[],
        cookies: &cookies,
        flags,
        pid: pid.unwrap_or(0),
    };
    let target = LinkTarget::UprobeMulti(many);
    let request = LinkCreate { prog: job.program.fd.as_fd(), attach, flags: 0, target };
    request.call().map(Part::from).map_err(|errno| match (errno, pid) {
        (Errno::ESRCH, Some(pid)) => Kind::NoProcess(pid),
        (errno, _) => Kind::refused("making the link at many places of the file", errno),
    })
}

/// Names and offsets of all targets, patterns by the functions that they describe, each offset once.
fn places(path: &std::path::Path, targets: &[UprobeTarget]) -> Result<Vec<(String, u64)>, Kind> {
    let binary = binary_for(path, targets)?;
    let mut places = Vec::new();
    for target in targets {
        match target {
            UprobeTarget::Symbol { name, .. } if is_pattern(name) => {
                let fits = binary.functions().filter(|(function, _)| matches(name, function));
                places.extend(fits.map(|(function, place)| (function.to_owned(), place.offset)));
            }
            target => {
                let name = match target {
                    UprobeTarget::Symbol { name, .. } => name.clone(),
                    UprobeTarget::Address(address) => format!("{address:#x}"),
                    UprobeTarget::Offset(offset) => format!("{offset:#x}"),
                };
                places.push((name, offset(&binary, target)?));
            }
        }
    }
    places.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    places.dedup_by_key(|(_, offset)| *offset);
    if places.is_empty() {
        let symbol = targets.iter().find_map(|target| match target {
            UprobeTarget::Symbol { name, .. } => Some(name.clone()),
            _ => None,
        });
        return Err(Kind::NoSymbol { symbol: symbol.unwrap_or_default(), nearest: None });
    }
    Ok(places)
}
