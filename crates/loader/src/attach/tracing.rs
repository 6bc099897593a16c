//! Raw tracepoints, and what programs say of themselves by a kernel type: fentry, fexit, LSM, iterators.
use super::error::AttachErrorKind as Kind;
use super::part::Part;
use super::{Job, Parts, refer};
use osmia_abi::AttachType;
use osmia_host::tracefs;
use osmia_object::{Attach, Over};
use osmia_sys::bpf::{IterTarget, LinkCreate, LinkTarget, raw_tracepoint_open};
use osmia_sys::{Errno, LinkFd};
use std::ffi::CString;
use std::os::fd::AsFd;

/// A raw tracepoint by its name.
pub(super) fn raw_tracepoint(job: Job<'_>, name: &str) -> Parts {
    let text = CString::new(name).map_err(|_| Kind::Name(name.to_owned()))?;
    match raw_tracepoint_open(Some(&text), &job.program.fd, job.options.cookie) {
        Ok(link) => Ok(vec![Part::from(link)]),
        Err(Errno::ENOENT) => Err(Kind::NoTracepoint { nearest: nearest(name) }),
        Err(errno) => Err(Kind::refused("opening the raw tracepoint", errno)),
    }
}

fn nearest(name: &str) -> Option<String> {
    let all = tracefs::event_names(tracefs::root().ok()?).ok()?;
    osmia_base::nearest(name, all.iter().map(|(_, name)| name.as_str())).map(str::to_owned)
}

/// Where the program itself says: it was loaded with the type that it attaches to.
pub(super) fn by_type(job: Job<'_>, to: &Attach) -> Parts {
    match own(job) {
        Ok(link) => Ok(vec![Part::from(link)]),
        Err(errno) => Err(refused(to, errno)),
    }
}

fn own(job: Job<'_>) -> Result<LinkFd, Errno> {
    match job.program.attach_type.filter(|_| job.options.cookie != 0) {
        None => raw_tracepoint_open(None, &job.program.fd, 0),
        Some(attach) => {
            let target = LinkTarget::Own { cookie: job.options.cookie };
            LinkCreate { prog: job.program.fd.as_fd(), attach, flags: 0, target }.call()
        }
    }
}

fn refused(to: &Attach, errno: Errno) -> Kind {
    let trampoline = matches!(
        to,
        Attach::Trampoline { .. }
            | Attach::ProgramTrampoline { .. }
            | Attach::Replace { .. }
            | Attach::ModifyReturn { .. }
            | Attach::Lsm { .. }
    );
    let may = osmia_host::privileges().may_trace();
    match errno {
        Errno::ENOTSUPP | Errno::EOPNOTSUPP | Errno::ENODEV if trampoline => Kind::NoTrampolines(errno),
        // Without ftrace, functions have no room for the call: the kernel finds other code than it looks for.
        Errno::EPERM | Errno::EBUSY | Errno::EINVAL if trampoline && may => Kind::NoTrampolines(errno),
        errno => Kind::refused("attaching the program by its type", errno),
    }
}

/// A kernel iterator, over all there is or over a part of it.
pub(super) fn iterator(job: Job<'_>, over: &Over) -> Parts {
    let map = match over {
        Over::Map(which) => Some(refer::map(which)?),
        _ => None,
    };
    let cgroup = match over {
        Over::Cgroup { path, .. } => Some(refer::file(path)?),
        _ => None,
    };
    let target = match (over, &map, &cgroup) {
        (Over::Map(_), Some(map), _) => IterTarget::Map(map.as_fd()),
        (Over::Cgroup { order, .. }, _, Some(cgroup)) => IterTarget::Cgroup(cgroup.as_fd(), *order as u32),
        (Over::Thread(id), ..) => IterTarget::Thread(*id),
        (Over::Process(id), ..) => IterTarget::Process(*id),
        _ => IterTarget::All,
    };
    let target = LinkTarget::Iter(target);
    let request =
        LinkCreate { prog: job.program.fd.as_fd(), attach: AttachType::TraceIter, flags: 0, target };
    match request.call() {
        Ok(link) => Ok(vec![Part::from(link)]),
        Err(Errno::EINVAL | Errno::EBADF) if *over == Over::All => Err(Kind::Unable(
            "this iterator wants to be told what to walk over: a map (`map=…`) or a cgroup (`cgroup=…`)",
        )),
        Err(Errno::EINVAL | Errno::EBADF | Errno::EACCES) => Err(Kind::Unable(
            "this iterator does not walk over that: the map is of another kind, its keys or values are smaller than the \
             program reads, or the iterator takes no parameters",
        )),
        Err(Errno::ESRCH) => Err(Kind::Unable("there is no such process or thread")),
        Err(errno) => Err(Kind::refused("making the iterator's link", errno)),
    }
}
