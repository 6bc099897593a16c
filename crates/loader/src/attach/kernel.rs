//! Kernel functions: kprobes one by one, many by one link.
use super::error::AttachErrorKind as Kind;
use super::legacy::{Control, DynamicEvent};
use super::part::{Missed, Part};
use super::perf::{on, open, open_tracepoint, put};
use super::side_by_side::side_by_side;
use super::{AttachOptions, Job, NO_COOKIES, Parts, ProbeMode};
use crate::attach::user::pmu;
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::{AttachType, flags};
use osmia_host::{FunctionPattern, is_pattern, matching_functions};
use osmia_object::ProbeSide;
use osmia_sys::Errno;
use osmia_sys::bpf::{KprobeMulti, LinkCreate, LinkTarget};
use osmia_sys::perf::PerfEventOpen;
use std::ffi::{CStr, CString};
use std::os::fd::AsFd;

/// One place in the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub(super) module: Option<&'a str>,
    pub(super) function: &'a str,
    pub(super) offset: u64,
    pub(super) side: ProbeSide,
}

impl Site<'_> {
    /// The address, where a number stands in place of a function.
    fn address(&self) -> Option<u64> {
        u64::from_str_radix(self.function.strip_prefix("0x")?, 16).ok()
    }

    /// The function as the kernel looks it up: in its module, where that was said.
    fn symbol(&self) -> String {
        match self.module {
            Some(module) if module != "vmlinux" => format!("{module}:{}", self.function),
            _ => self.function.to_owned(),
        }
    }
}

/// A kprobe: by the perf events of kprobes (4.17), else by tracefs.
pub(super) fn kprobe(job: Job<'_>, site: &Site<'_>) -> Parts {
    let part = match pmu("kprobe").filter(|_| job.options.mode != ProbeMode::Legacy) {
        Some(pmu) => by_perf(job, site, pmu),
        None if Control::Kprobe.is_there() => by_tracefs(job, site),
        None => Err(Kind::NoKprobes),
    };
    part.map(|part| vec![part])
}

fn by_perf(job: Job<'_>, site: &Site<'_>, (kind, retprobe): (u32, u64)) -> Result<Part, Kind> {
    let address = site.address();
    let symbol = CString::new(site.function).map_err(|_| Kind::Name(site.function.to_owned()))?;
    let attr = PerfEventAttr {
        r#type: kind,
        config: if site.side == ProbeSide::Return { retprobe } else { 0 },
        config2: address.unwrap_or(0).wrapping_add(site.offset),
        ..Default::default()
    };
    let name = address.is_none().then_some(symbol.as_c_str());
    let event = open(PerfEventOpen { name, ..on(attr, None) });
    // Of several functions of that name, the module tells which.
    let event = match (event, site.module) {
        (Err(Errno::EADDRNOTAVAIL | Errno::ENOENT), Some(_)) => {
            let symbol = CString::new(site.symbol()).map_err(|_| Kind::Name(site.symbol()))?;
            open(PerfEventOpen { name: Some(&symbol), ..on(attr, None) })
        }
        (answer, _) => answer,
    };
    let event = event.map_err(|errno| Kind::of_function("opening the kprobe", site.function, errno))?;
    put(job, event, None)
}

pub(super) fn by_tracefs(job: Job<'_>, site: &Site<'_>) -> Result<Part, Kind> {
    let letter = if site.side == ProbeSide::Return { 'r' } else { 'p' };
    let place = match site.offset {
        0 => site.symbol(),
        offset => format!("{}+{offset}", site.symbol()),
    };
    let (event, id) = DynamicEvent::make(Control::Kprobe, letter, &place)
        .map_err(|errno| Kind::of_function("making the kprobe", site.function, errno))?;
    open_tracepoint(job, id, None, Some(event))
}

/// Many functions with one program: by one link (5.18), else one by one, and then those that cannot be probed are left
/// out, as long as some can: that a name is unknown was said before, and patterns find more than the kernel allows.
pub(super) fn multi(job: Job<'_>, functions: &[String], side: ProbeSide, missed: &mut Vec<Missed>) -> Parts {
    let names = expand(job, functions)?;
    let flags = if side == ProbeSide::Return { flags::KPROBE_MULTI_RETURN } else { 0 };
    if job.program.attach_type == Some(AttachType::TraceKprobeMulti) && !job.options.without_kprobe_multi {
        match link_known(job, AttachType::TraceKprobeMulti, &names, flags, missed) {
            Ok(part) => return Ok(vec![part]),
            Err(Kind::Kernel { errno: Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTSUPP, .. }) => {}
            Err(kind) => return Err(kind),
        }
    }
    each(job, &names, side, if names.len() > 1 { Some(missed) } else { None })
}

/// A link at many functions. The kernel refuses all of them for one that it does not know: those are left out, as long as
/// others are left.
fn link_known(
    job: Job<'_>,
    attach: AttachType,
    names: &[Named],
    flags: u32,
    missed: &mut Vec<Missed>,
) -> Result<Part, Kind> {
    let answer = link(job, attach, names, flags);
    let Err(Kind::Kernel { errno: Errno::ESRCH | Errno::ENOENT, .. }) = &answer else { return answer };
    let plain: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
    let known = osmia_host::addresses_of(&plain);
    let (known, unknown): (Vec<Named>, Vec<Named>) =
        names.iter().cloned().partition(|(name, _)| known.contains_key(name));
    let why = |name: &String| Kind::NoFunction { function: name.clone(), nearest: None };
    match (known.is_empty(), unknown.first()) {
        (true, Some((first, _))) => Err(why(first)),
        (_, None) => answer,
        (false, Some(_)) => {
            let part = link(job, attach, &known, flags)?;
            missed.extend(unknown.into_iter().map(|(name, _)| Missed { why: why(&name), name }));
            Ok(part)
        }
    }
}

/// Entry and return of many functions, by one link (6.10); there is no other way.
pub(super) fn session(job: Job<'_>, functions: &[String], missed: &mut Vec<Missed>) -> Parts {
    if pmu("kprobe").is_none() && !Control::Kprobe.is_there() {
        return Err(Kind::NoKprobes);
    }
    let names = expand(job, functions)?;
    link_known(job, AttachType::TraceKprobeSession, &names, 0, missed).map(|part| vec![part])
}

fn link(job: Job<'_>, attach: AttachType, names: &[Named], flags: u32) -> Result<Part, Kind> {
    let texts: Vec<CString> = names
        .iter()
        .map(|(name, _)| CString::new(name.as_str()).map_err(|_| Kind::Name(name.clone())))
        .collect::<Result<_, _>>()?;
    let symbols: Vec<&CStr> = texts.iter().map(CString::as_c_str).collect();
    let some = names.iter().any(|(_, cookie)| *cookie != 0);
    let cookies: Vec<u64> = names.iter().map(|(_, cookie)| *cookie).filter(|_| some).collect();
    let many = KprobeMulti { symbols: &symbols, cookies: &cookies, flags, ..Default::default() };
    let target = LinkTarget::KprobeMulti(many);
    let request = LinkCreate { prog: job.program.fd.as_fd(), attach, flags: 0, target };
    request.call().map(Part::from).map_err(|errno| Kind::refused("making the link at many functions", errno))
}

/// A kprobe at each. With a list for them, those that fail are put there, as long as one succeeds.
fn each(job: Job<'_>, names: &[Named], side: ProbeSide, missed: Option<&mut Vec<Missed>>) -> Parts {
    let answers = side_by_side(names.iter().collect(), |(name, cookie)| {
        let options = AttachOptions { cookie: *cookie, cookies: Vec::new(), ..job.options.clone() };
        let job = Job { options: &options, ..job };
        kprobe(job, &Site { module: None, function: name, offset: 0, side })
    });
    gather(names.iter().map(|(name, _)| name).zip(answers), missed)
}

/// Parts of all answers. With a list for them, failures are put there, as long as something succeeds.
pub(super) fn gather<'a>(
    answers: impl Iterator<Item = (&'a String, Parts)>,
    mut missed: Option<&mut Vec<Missed>>,
) -> Parts {
    let mut all = Vec::new();
    let mut last = None;
    for (name, answer) in answers {
        match (answer, &mut missed) {
            (Ok(parts), _) => all.extend(parts),
            (Err(why), None) => return Err(why),
            (Err(why), Some(missed)) => {
                last = Some(why.clone());
                missed.push(Missed { name: name.clone(), why });
            }
        }
    }
    match last {
        Some(why) if all.is_empty() => Err(why),
        _ => Ok(all),
    }
}

/// A function, and what the program is told there when it asks.
type Named = (String, u64);

/// Patterns by the functions they describe; plain names as they are.
fn expand(job: Job<'_>, functions: &[String]) -> Result<Vec<Named>, Kind> {
    let named = functions.iter().enumerate().map(|(place, name)| (name.clone(), job.cookie_of(place)));
    let (patterns, mut names): (Vec<Named>, Vec<Named>) = named.partition(|(name, _)| is_pattern(name));
    let patterns: Vec<String> = patterns.into_iter().map(|(name, _)| name).collect();
    if !patterns.is_empty() {
        if !job.options.cookies.is_empty() {
            return Err(Kind::Unable(NO_COOKIES));
        }
        let wanted = |name: &String| FunctionPattern { name: name.clone(), ..FunctionPattern::default() };
        let wanted: Vec<FunctionPattern> = patterns.iter().map(wanted).collect();
        let fitting = matching_functions(&wanted).unwrap_or_default();
        names.extend(fitting.into_iter().map(|(name, _)| (name, job.options.cookie)));
    }
    names.sort();
    names.dedup_by(|(one, _), (other, _)| one == other);
    if names.is_empty() { Err(Kind::NothingFits { patterns }) } else { Ok(names) }
}

/// The kernel function behind a system call: its name begins with the architecture's where calls have wrappers (4.17).
pub(super) fn syscall(job: Job<'_>, name: &str, side: ProbeSide) -> Parts {
    const WRAPPER: &str = if cfg!(target_arch = "x86_64") {
        "__x64_sys_"
    } else if cfg!(target_arch = "aarch64") {
        "__arm64_sys_"
    } else {
        "__se_sys_"
    };
    let site = |function: &str| kprobe(job, &Site { module: None, function, offset: 0, side });
    match site(&format!("{WRAPPER}{name}")) {
        Err(Kind::NoFunction { .. }) => site(&format!("sys_{name}")),
        answer => answer,
    }
}
