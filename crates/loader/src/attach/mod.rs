//! Attaching: plain data of where into descriptors that hold the program there.
mod away;
mod bare;
mod error;
mod group;
mod held;
mod kernel;
mod legacy;
mod net;
mod part;
mod perf;
mod place;
mod refer;
mod side_by_side;
mod stale;
mod structures;
#[cfg(test)]
mod tests;
mod tracing;
mod update;
mod usdt;
mod user;
mod words;

pub use away::{take_away, take_away_link};
pub use error::{AttachError, AttachErrorKind};
pub use part::{Attachment, Missed, detach_all};
pub use refer::adopt;
pub use stale::{StaleEvent, stale_events};
pub use structures::register;
pub use update::{update_link, update_structure};
pub use usdt::UsdtMaps;

use crate::load::LoadedProgram;
use osmia_object::{Attach, ProbeSide};
use part::Part;
use side_by_side::side_by_side;

/// What else there is to say about attaching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachOptions {
    /// What the program gets from `bpf_get_attach_cookie`; 0 for nothing.
    pub cookie: u64,
    /// The same, one for each of many functions or targets, in their order; none of them a pattern then.
    pub cookies: Vec<u64>,
    /// Kernel functions one by one, though the program was loaded for one link at all of them.
    pub without_kprobe_multi: bool,
    /// Places of a file one by one, though the program was loaded for one link at all of them.
    pub without_uprobe_multi: bool,
    /// Programs learn by their address where they are, as on kernels without cookies.
    pub without_cookies: bool,
    /// By which of the kernel's ways tracepoints, kprobes and uprobes run the program.
    pub mode: ProbeMode,
}

/// By which way a perf event runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProbeMode {
    /// The newest that the kernel has.
    #[default]
    Default,
    /// A link at a perf event (5.15), or none.
    Link,
    /// An ioctl of a perf event (4.17).
    Perf,
    /// An ioctl of a perf event at an event that is made in tracefs.
    Legacy,
}

/// Why cookies of their own are not possible.
const NO_COOKIES: &str =
    "a pattern stands for any number of places, so that they have no cookies of their own: say one for all";

/// Parts of an attachment, or why there are none.
type Parts = Result<Vec<Part>, AttachErrorKind>;

/// What attaching works on.
#[derive(Clone, Copy, Debug)]
struct Job<'a> {
    program: &'a LoadedProgram,
    options: &'a AttachOptions,
}

impl Job<'_> {
    /// Whether the kernel gives programs at uprobes what was said when they were attached.
    fn has_cookies(&self) -> bool {
        let known = || osmia_host::probe(osmia_abi::Feature::AttachCookie, &|_| None);
        !self.options.without_cookies && known() != Ok(false)
    }

    /// That what is said of cookies can be so there.
    fn check_cookies(&self, to: &Attach) -> Result<(), AttachErrorKind> {
        let AttachOptions { cookie, cookies, .. } = self.options;
        if (*cookie != 0 || !cookies.is_empty()) && !to.takes_cookie() {
            return Err(AttachErrorKind::Unable("programs there cannot ask for a cookie: leave it out"));
        }
        let many = matches!(
            to,
            Attach::KprobeMulti { .. }
                | Attach::KprobeSession { .. }
                | Attach::UprobeMulti { .. }
                | Attach::UprobeSession { .. }
        );
        match cookies.len() {
            0 => Ok(()),
            count if many && count == to.places() => Ok(()),
            _ => Err(AttachErrorKind::Unable(
                "cookies are one for each of the functions, where there are many",
            )),
        }
    }

    /// The cookie of one of many functions or targets, by its place among them.
    fn cookie_of(&self, place: usize) -> u64 {
        self.options.cookies.get(place).copied().unwrap_or(self.options.cookie)
    }
}

/// Attaches a program to one place. It stays there until the attachment is dropped.
pub fn attach(
    program: &LoadedProgram,
    to: &Attach,
    options: &AttachOptions,
) -> Result<Attachment, AttachError> {
    let job = Job { program, options };
    let mut missed = Vec::new();
    let parts = job.check_cookies(to).and_then(|()| parts(job, to, &mut missed));
    match parts {
        Ok(parts) => Ok(Attachment::new(parts, missed)),
        Err(kind) => Err(AttachError { program: program.name.clone(), place: place::place(to), kind }),
    }
}

/// Attaches a program to all these places, side by side, as the kernel makes each wait for all CPUs. If one fails, it is
/// attached nowhere.
pub fn attach_all(
    program: &LoadedProgram,
    places: &[Attach],
    options: &AttachOptions,
) -> Result<Vec<Attachment>, AttachError> {
    let requests: Vec<_> = places.iter().map(|place| (program, place, options.clone())).collect();
    let (mut done, mut failed) = (Vec::with_capacity(places.len()), None);
    for answer in attach_each(&requests) {
        match answer {
            Ok(attachment) => done.push(attachment),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        None => Ok(done),
        Some(error) => {
            detach_all(done);
            Err(error)
        }
    }
}

/// Attaches programs, each to its place, side by side; an answer for each, in order.
pub fn attach_each(
    requests: &[(&LoadedProgram, &Attach, AttachOptions)],
) -> Vec<Result<Attachment, AttachError>> {
    side_by_side(requests.iter().collect(), |(program, to, options)| attach(program, to, options))
}

fn parts(job: Job<'_>, to: &Attach, missed: &mut Vec<Missed>) -> Parts {
    match to {
        Attach::Nowhere => Err(AttachErrorKind::Nowhere),
        Attach::TestRun => Ok(Vec::new()),
        Attach::Tracepoint { category, name } => perf::tracepoint(job, category, name),
        Attach::SystemCalls { side: ProbeSide::Entry, .. } => {
            perf::tracepoint(job, "raw_syscalls", "sys_enter")
        }
        Attach::SystemCalls { .. } => perf::tracepoint(job, "raw_syscalls", "sys_exit"),
        Attach::PerfEvent { event, sample, cpus, pid } => perf::event(job, *event, *sample, *cpus, *pid),
        Attach::RawTracepoint { name } => tracing::raw_tracepoint(job, name),
        Attach::BtfTracepoint { .. }
        | Attach::Trampoline { .. }
        | Attach::ProgramTrampoline { .. }
        | Attach::Replace { .. }
        | Attach::ModifyReturn { .. }
        | Attach::Lsm { .. } => tracing::by_type(job, to),
        Attach::Iterator { over, .. } => tracing::iterator(job, over),
        Attach::Breakpoint { address, length, access, pid } => perf::breakpoint(
            job,
            &perf::Watched { address: *address, length: *length, access: *access },
            *pid,
        ),
        Attach::Kprobe { module, function, offset, side } => kernel::kprobe(
            job,
            &kernel::Site { module: module.as_deref(), function, offset: *offset, side: *side },
        ),
        Attach::KprobeMulti { functions, side } => kernel::multi(job, functions, *side, missed),
        Attach::KprobeSession { functions } => kernel::session(job, functions, missed),
        Attach::Syscall { name, side } => kernel::syscall(job, name, *side),
        Attach::Uprobe { path, target, pid, side } => {
            user::uprobe(job, &user::File { path, pid: *pid }, target, *side)
        }
        Attach::UprobeMulti { path, targets, pid, side } => {
            user::multi(job, &user::File { path, pid: *pid }, targets, *side, missed)
        }
        Attach::Usdt { path, provider, name, pid, sites } => {
            usdt::attach(job, &user::File { path, pid: *pid }, (provider, name), sites, missed)
        }
        Attach::UprobeSession { path, targets, pid } => {
            user::session(job, &user::File { path, pid: *pid }, targets)
        }
        Attach::Xdp { .. }
        | Attach::Tc(_)
        | Attach::Tcx { .. }
        | Attach::Netkit { .. }
        | Attach::Netfilter(_)
        | Attach::Cgroup { .. }
        | Attach::Netns { .. }
        | Attach::Sockmap { .. }
        | Attach::Lirc { .. }
        | Attach::Socket { .. } => outside(job, to),
    }
}

/// Places that are no events.
fn outside(job: Job<'_>, to: &Attach) -> Parts {
    match to {
        Attach::Xdp { interface, mode, hold } => net::xdp(job, interface, *mode, hold),
        Attach::Tc(filter) => net::tc(job, filter),
        Attach::Tcx { interface, direction, order, hold } => {
            net::tcx(job, interface, *direction, order, hold)
        }
        Attach::Netkit { interface, order, hold } => net::netkit(job, interface, order, hold),
        Attach::Netfilter(hook) => net::netfilter(job, hook),
        Attach::Cgroup { path, order, hold } => group::cgroup(job, path, order, hold),
        Attach::Netns { path, hold } => group::netns(job, path.as_deref(), hold),
        Attach::Sockmap { map, hold } => group::sockmap(job, map, hold),
        Attach::Lirc { device } => group::lirc(job, device),
        Attach::Socket { pid, fd, hook } => group::socket(job, *pid, *fd, *hook),
        _ => Err(AttachErrorKind::Nowhere),
    }
}
