//! Cgroups, network namespaces, socket maps, infrared receivers, single sockets.
use super::bare::{bare, order, refused_in_list};
use super::error::AttachErrorKind as Kind;
use super::held::{Held, Place, Target};
use super::part::Part;
use super::{Job, Parts, refer};
use osmia_abi::{AttachType, ProgramType};
use osmia_object::{Hold, ObjectRef, Order, Sharing, SocketHook};
use osmia_sys::bpf::{LinkCreate, LinkTarget};
use osmia_sys::process::PidFd;
use osmia_sys::{Errno, SocketProgram, attach_to_socket};
use std::os::fd::{AsFd, OwnedFd};

/// The hook that the program was loaded for; where nobody knows, the only one of its kind.
fn hook(job: Job<'_>) -> Result<AttachType, Kind> {
    let only = match job.program.kind {
        ProgramType::SockOps => Some(AttachType::CgroupSockOps),
        ProgramType::CgroupDevice => Some(AttachType::CgroupDevice),
        ProgramType::CgroupSysctl => Some(AttachType::CgroupSysctl),
        ProgramType::SkLookup => Some(AttachType::SkLookup),
        ProgramType::FlowDissector => Some(AttachType::FlowDissector),
        ProgramType::SkMsg => Some(AttachType::SkMsgVerdict),
        ProgramType::LircMode2 => Some(AttachType::LircMode2),
        _ => None,
    };
    job.program.attach_type.or(only).ok_or(Kind::OtherHook(
        "nobody says for which hook the program was loaded, and it may be one of several: name it (`type=NAME`)",
    ))
}

/// A cgroup: by a link (5.7), or as before links.
pub(super) fn cgroup(job: Job<'_>, path: &str, at: &Order, hold: &Hold) -> Parts {
    let attach = hook(job)?;
    let cgroup = refer::file(path)?;
    let refused = |errno| match errno {
        Errno::EBADF => Kind::NoCgroup(path.to_owned()),
        Errno::EPERM if osmia_host::privileges().may_trace() => Kind::Taken {
            by: None,
            hint: "a program at this cgroup or above it wants to be alone; take it away, or attach both with `multi`",
        },
        errno => refused_in_list("putting the program at the cgroup", errno),
    };
    match hold {
        Hold::Link => {
            let near = order(at)?;
            let target = LinkTarget::Cgroup(cgroup.as_fd(), near.as_sys(at.revision));
            linked(job, attach, near.flags, target, refused)
        }
        Hold::Bare { sharing, replace } => {
            bare(job, (Target::Fd(cgroup), attach, *sharing), replace.as_ref(), at, refused)
        }
    }
}

/// A network namespace: by a link (5.7), or as before links, which is for our own namespace alone.
pub(super) fn netns(job: Job<'_>, path: Option<&str>, hold: &Hold) -> Parts {
    let attach = hook(job)?;
    let refused = |errno| match errno {
        Errno::EEXIST | Errno::E2BIG => {
            Kind::Taken { by: None, hint: "the namespace has a program at this hook already; take it away" }
        }
        Errno::EBADF | Errno::EINVAL if path.is_some() => {
            Kind::Unable("that file is no network namespace (they are /run/netns/NAME and /proc/PID/ns/net)")
        }
        errno => Kind::refused("putting the program at the network namespace", errno),
    };
    match hold {
        Hold::Link => {
            let namespace = refer::file(path.unwrap_or("/proc/thread-self/ns/net"))?;
            linked(job, attach, 0, LinkTarget::Descriptor(namespace.as_fd()), refused)
        }
        Hold::Bare { .. } if path.is_some() => Err(Kind::Unable(
            "without a link, a program is attached only to the namespace of the caller; use a link, or `ip netns exec`",
        )),
        Hold::Bare { replace, .. } => {
            let request = (Target::Own, attach, Sharing::Alone);
            bare(job, request, replace.as_ref(), &Order::default(), refused)
        }
    }
}

/// The sockets of a map: by a link (6.10), or as before links.
pub(super) fn sockmap(job: Job<'_>, map: &ObjectRef, hold: &Hold) -> Parts {
    let attach = hook(job)?;
    let map: OwnedFd = refer::map(map)?
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| Kind::refused("copying a descriptor", Errno::from(error)))?;
    let refused = |errno| match errno {
        Errno::EBUSY => {
            Kind::Taken { by: None, hint: "the map has a program of that kind already; take it away" }
        }
        Errno::EOPNOTSUPP | Errno::EINVAL => Kind::Unable(
            "programs of this kind are attached to maps of sockets (sockmap, sockhash); links to them came in 6.10, \
             `bare` works before",
        ),
        errno => Kind::refused("putting the program at the map's sockets", errno),
    };
    match hold {
        Hold::Link => linked(job, attach, 0, LinkTarget::Descriptor(map.as_fd()), refused),
        Hold::Bare { replace, .. } => {
            let request = (Target::Fd(map), attach, Sharing::Alone);
            bare(job, request, replace.as_ref(), &Order::default(), refused)
        }
    }
}

/// An infrared receiver; there are no links for it.
pub(super) fn lirc(job: Job<'_>, device: &str) -> Parts {
    let target = Target::Fd(refer::file(device)?);
    let refused = |errno| match errno {
        Errno::EINVAL | Errno::ENODEV | Errno::EBADF => Kind::Unable(
            "that is no infrared receiver, or the kernel has none that take programs (CONFIG_BPF_LIRC_MODE2)",
        ),
        errno => Kind::refused("putting the program at the receiver", errno),
    };
    bare(job, (target, AttachType::LircMode2, Sharing::Alone), None, &Order::default(), refused)
}

fn linked(
    job: Job<'_>,
    attach: AttachType,
    flags: u32,
    target: LinkTarget<'_>,
    refused: impl Fn(Errno) -> Kind,
) -> Parts {
    let request = LinkCreate { prog: job.program.fd.as_fd(), attach, flags, target };
    request.call().map(|link| vec![Part::from(link)]).map_err(refused)
}

/// A socket of another process, by a copy of its descriptor.
pub(super) fn socket(job: Job<'_>, pid: u32, fd: u32, hook: SocketHook) -> Parts {
    let copy = PidFd::open(pid).and_then(|process| process.descriptor(fd));
    let socket = copy.map_err(|errno| match errno {
        Errno::ESRCH => Kind::NoProcess(pid),
        Errno::EBADF => Kind::NoFile { path: format!("/proc/{pid}/fd/{fd}"), errno },
        errno => Kind::refused("copying the socket of the process", errno),
    })?;
    let role = match hook {
        SocketHook::Filter => SocketProgram::Filter,
        SocketHook::Reuseport => SocketProgram::Reuseport,
    };
    attach_to_socket(&socket, &job.program.fd, role).map_err(|errno| match errno {
        Errno::ENOTSOCK => Kind::Unable("that descriptor is no socket"),
        Errno::EINVAL => {
            Kind::Unable("the socket takes no program of this type (socket filters; sk_reuseport)")
        }
        errno => Kind::refused("putting the program at the socket", errno),
    })?;
    Ok(vec![Part::from(Held::new(Place::Socket { socket, role }))])
}
