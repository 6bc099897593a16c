//! Functions of user programs and libraries: uprobes one by one, many by one link.
use super::error::AttachErrorKind as Kind;
use super::kernel::gather;
use super::legacy::{Control, DynamicEvent};
use super::part::{Missed, Part};
use super::perf::{on, open, open_tracepoint, put};
use super::side_by_side::side_by_side;
use super::{AttachOptions, Job, NO_COOKIES, Parts, ProbeMode};
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::{AttachType, flags};
use osmia_host::{Binary, BinaryError, find_binary, is_pattern, mapped_file, matches};
use osmia_object::{ProbeSide, UprobeTarget};
use osmia_sys::Errno;
use osmia_sys::bpf::{LinkCreate, LinkTarget, UprobeMulti};
use osmia_sys::perf::PerfEventOpen;
use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The file to probe, and in which process.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) pid: Option<u32>,
}

impl File<'_> {
    pub(super) fn find(&self) -> Result<PathBuf, Kind> {
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
fn binary_for(path: &Path, targets: &[UprobeTarget]) -> Result<Binary, Kind> {
    if targets.iter().all(|target| matches!(target, UprobeTarget::Offset(_))) {
        return Ok(Binary::default());
    }
    Binary::open(path).map_err(Kind::Binary)
}

/// A uprobe: by a link at many places, of which it is one (6.6), where the program was loaded for those; by the perf events
/// of uprobes (4.17); else by tracefs.
pub(super) fn uprobe(job: Job<'_>, file: &File<'_>, target: &UprobeTarget, side: ProbeSide) -> Parts {
    let path = file.find()?;
    let binary = binary_for(&path, std::slice::from_ref(target))?;
    let spot = Spot::new(offset(&binary, target)?, job.options.cookie);
    put_at(job, &Code::new(&path, file.pid, side)?, &[(String::new(), spot)], None)
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
    let spots = places(job, &path, targets)?;
    let missed = if spots.len() > 1 { Some(missed) } else { None };
    put_at(job, &Code::new(&path, file.pid, side)?, &spots, missed)
}

/// The file as the kernel is to open it, in which process, and at which side of its functions.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) path: CString,
    pub(super) pid: Option<u32>,
    pub(super) side: ProbeSide,
}

impl Code {
    pub(super) fn new(path: &Path, pid: Option<u32>, side: ProbeSide) -> Result<Self, Kind> {
        let path = mapped_file(path);
        let name = CString::new(path.as_os_str().as_bytes());
        let path = name.map_err(|_| Kind::Name(path.to_string_lossy().into_owned()))?;
        Ok(Self { path, pid, side })
    }
}

/// One place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) offset: u64,
    pub(super) semaphore: Option<u64>,
    pub(super) cookie: u64,
}

impl Spot {
    pub(super) const fn new(offset: u64, cookie: u64) -> Self {
        Self { offset, semaphore: None, cookie }
    }
}

/// Puts the program at all these places; with a list for those that fail, as long as one does not.
pub(super) fn put_at(
    job: Job<'_>,
    code: &Code,
    spots: &[(String, Spot)],
    missed: Option<&mut Vec<Missed>>,
) -> Parts {
    if job.program.attach_type == Some(AttachType::TraceUprobeMulti) && !job.options.without_uprobe_multi {
        let flags = if code.side == ProbeSide::Return { flags::UPROBE_MULTI_RETURN } else { 0 };
        match link(job, AttachType::TraceUprobeMulti, code, spots, flags) {
            Ok(part) => return Ok(vec![part]),
            Err(Kind::Kernel { errno: Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTSUPP, .. }) => {}
            Err(kind) => return Err(kind),
        }
    }
    let answers =
        side_by_side(spots.iter().collect(), |(_, spot)| one(job, code, spot).map(|part| vec![part]));
    gather(spots.iter().map(|(name, _)| name).zip(answers), missed)
}

fn one(job: Job<'_>, code: &Code, spot: &Spot) -> Result<Part, Kind> {
    let options = AttachOptions { cookie: spot.cookie, cookies: Vec::new(), ..job.options.clone() };
    let job = Job { options: &options, ..job };
    match pmu("uprobe").filter(|_| job.options.mode != ProbeMode::Legacy) {
        Some(pmu) => by_perf(job, code, spot, pmu),
        None if Control::Uprobe.is_there() => by_tracefs(job, code, spot),
        None => Err(Kind::NoUprobes),
    }
}

/// Where the offset of a semaphore stands in the event's configuration (`PERF_UPROBE_REF_CTR_OFFSET_SHIFT`).
const SEMAPHORE_SHIFT: u32 = 32;

fn by_perf(job: Job<'_>, code: &Code, spot: &Spot, (kind, retprobe): (u32, u64)) -> Result<Part, Kind> {
    let side = if code.side == ProbeSide::Return { retprobe } else { 0 };
    let semaphore = spot.semaphore.unwrap_or(0);
    if semaphore > u64::from(u32::MAX) {
        return Err(Kind::FarSemaphore);
    }
    let attr = PerfEventAttr {
        r#type: kind,
        config: side | (semaphore << SEMAPHORE_SHIFT),
        config2: spot.offset,
        ..Default::default()
    };
    let event = open(PerfEventOpen { name: Some(&code.path), ..on(attr, code.pid) });
    put(job, event.map_err(|errno| refused(errno, code.pid))?, None)
}

fn refused(errno: Errno, pid: Option<u32>) -> Kind {
    match (errno, pid) {
        (Errno::ESRCH, Some(pid)) => Kind::NoProcess(pid),
        (Errno::EINVAL | Errno::EIO, _) => Kind::NotProbable { errno },
        (errno, _) => Kind::refused("opening the uprobe", errno),
    }
}

pub(super) fn by_tracefs(job: Job<'_>, code: &Code, spot: &Spot) -> Result<Part, Kind> {
    let letter = if code.side == ProbeSide::Return { 'r' } else { 'p' };
    let semaphore = spot.semaphore.map(|offset| format!("({offset:#x})")).unwrap_or_default();
    let place = format!("{}:{:#x}{semaphore}", code.path.to_string_lossy(), spot.offset);
    let (event, id) =
        DynamicEvent::make(Control::Uprobe, letter, &place).map_err(|errno| refused(errno, code.pid))?;
    open_tracepoint(job, id, code.pid, Some(event))
}

/// Entry and return of many functions of one file, by one link (6.13); there is no other way.
pub(super) fn session(job: Job<'_>, file: &File<'_>, targets: &[UprobeTarget]) -> Parts {
    // `BPF_TRACE_UPROBE_SESSION` is the attach type that such a program was loaded with.
    let Some(attach) = job.program.attach_type else { return Err(Kind::Nowhere) };
    let path = file.find()?;
    let spots = places(job, &path, targets)?;
    let code = Code::new(&path, file.pid, ProbeSide::Entry)?;
    link(job, attach, &code, &spots, 0).map(|part| vec![part])
}

fn link(
    job: Job<'_>,
    attach: AttachType,
    code: &Code,
    spots: &[(String, Spot)],
    flags: u32,
) -> Result<Part, Kind> {
    let all = |read: fn(&Spot) -> u64| -> Vec<u64> { spots.iter().map(|(_, spot)| read(spot)).collect() };
    // What nobody needs is left out.
    let some =
        |numbers: Vec<u64>| if numbers.iter().all(|number| *number == 0) { Vec::new() } else { numbers };
    let offsets = all(|spot| spot.offset);
    let semaphores = some(all(|spot| spot.semaphore.unwrap_or(0)));
    let cookies = some(all(|spot| spot.cookie));
    let many = UprobeMulti {
        path: &code.path,
        offsets: &offsets,
        semaphores: &semaphores,
        cookies: &cookies,
        flags,
        pid: code.pid.unwrap_or(0),
    };
    let target = LinkTarget::UprobeMulti(many);
    let request = LinkCreate { prog: job.program.fd.as_fd(), attach, flags: 0, target };
    request.call().map(Part::from).map_err(|errno| match (errno, code.pid) {
        (Errno::ESRCH, Some(pid)) => Kind::NoProcess(pid),
        (errno, _) => Kind::refused("making the link at many places of the file", errno),
    })
}

/// Names and offsets of all targets, patterns by the functions that they describe, each offset once.
fn places(job: Job<'_>, path: &Path, targets: &[UprobeTarget]) -> Result<Vec<(String, Spot)>, Kind> {
    let binary = binary_for(path, targets)?;
    let mut places = Vec::new();
    for (at, target) in targets.iter().enumerate() {
        match target {
            UprobeTarget::Symbol { name, .. } if is_pattern(name) => {
                if !job.options.cookies.is_empty() {
                    return Err(Kind::Unable(NO_COOKIES));
                }
                let fits = binary.functions().filter(|(function, _)| matches(name, function));
                let cookie = job.options.cookie;
                places.extend(fits.map(|(function, place)| (function.to_owned(), place.offset, cookie)));
            }
            target => {
                let name = match target {
                    UprobeTarget::Symbol { name, .. } => name.clone(),
                    UprobeTarget::Address(address) => format!("{address:#x}"),
                    UprobeTarget::Offset(offset) => format!("{offset:#x}"),
                };
                places.push((name, offset(&binary, target)?, job.cookie_of(at)));
            }
        }
    }
    places.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    places.dedup_by_key(|(_, offset, _)| *offset);
    if places.is_empty() {
        let symbol = targets.iter().find_map(|target| match target {
            UprobeTarget::Symbol { name, .. } => Some(name.clone()),
            _ => None,
        });
        return Err(Kind::NoSymbol { symbol: symbol.unwrap_or_default(), nearest: None });
    }
    Ok(places.into_iter().map(|(name, offset, cookie)| (name, Spot::new(offset, cookie))).collect())
}
