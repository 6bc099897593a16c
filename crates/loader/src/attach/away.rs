//! Taking away what others attached, or what was left by an earlier run.
use super::error::AttachErrorKind as Kind;
use super::held::Target;
use super::net::{hook_of, index_of, netlink, told};
use super::{AttachError, place, refer};
use osmia_abi::{AttachType, flags};
use osmia_object::{Attach, Direction, ObjectRef, TcFilter, XdpMode};
use osmia_sys::bpf::{Order, ProgDetach, link_detach, prog_info};
use osmia_sys::netlink::{FilterPlace, SetXdp};
use osmia_sys::process::PidFd;
use osmia_sys::{Errno, LinkFd, ProgFd, SocketProgram, detach_from_socket};
use std::os::fd::AsFd;

/// Takes a program away from a place that holds it without a link. The program may be left out where there is only one.
pub fn take_away(
    from: &Attach,
    attach_type: Option<AttachType>,
    program: Option<&ObjectRef>,
) -> Result<(), AttachError> {
    away(from, attach_type, program).map_err(|kind| AttachError {
        program: program.map_or_else(|| "what is there".to_owned(), |which| format!("{which:?}")),
        place: place::place(from),
        kind,
    })
}

/// Ends a link: it stays as an object, but is attached to nothing. Kinds that only end with their last pin and descriptor
/// answer [`Errno::EOPNOTSUPP`].
pub fn take_away_link(link: &LinkFd) -> Result<(), Errno> {
    link_detach(link)
}

fn away(from: &Attach, attach_type: Option<AttachType>, which: Option<&ObjectRef>) -> Result<(), Kind> {
    let program = which.map(refer::program).transpose()?;
    let program = program.as_ref();
    match from {
        Attach::Xdp { interface, mode, .. } => from_interface(interface, *mode, program),
        Attach::Tc(filter) => from_filters(filter, program),
        Attach::Tcx { interface, direction, .. } => {
            let attach = match direction {
                Direction::Ingress => AttachType::TcxIngress,
                Direction::Egress => AttachType::TcxEgress,
            };
            detach(&Target::Interface(index_of(interface)?), attach, program)
        }
        Attach::Netkit { interface, .. } => {
            let attach = attach_type.unwrap_or(AttachType::NetkitPrimary);
            detach(&Target::Interface(index_of(interface)?), attach, program)
        }
        Attach::Cgroup { path, .. } => detach(&Target::Fd(refer::file(path)?), named(attach_type)?, program),
        Attach::Netns { path: None, .. } => detach(&Target::Own, named(attach_type)?, program),
        Attach::Sockmap { map, .. } => {
            let map = refer::map(map)?;
            let fd = map.as_fd().try_clone_to_owned();
            let fd = fd.map_err(|error| Kind::refused("copying a descriptor", Errno::from(error)))?;
            detach(&Target::Fd(fd), named(attach_type)?, program)
        }
        Attach::Lirc { device } => detach(&Target::Fd(refer::file(device)?), AttachType::LircMode2, program),
        Attach::Socket { pid, fd, hook } => {
            let copy = PidFd::open(*pid).and_then(|process| process.descriptor(*fd));
            let socket = copy.map_err(|errno| Kind::refused("copying the socket of the process", errno))?;
            let role = match hook {
                osmia_object::SocketHook::Filter => SocketProgram::Filter,
                osmia_object::SocketHook::Reuseport => SocketProgram::Reuseport,
            };
            detach_from_socket(&socket, role)
                .map_err(|errno| Kind::refused("taking the program away from the socket", errno))
        }
        _ => Err(Kind::Unable(
            "a link or a process holds what is there: detach the link (`osmia link show` lists them), or end the process",
        )),
    }
}

fn named(attach_type: Option<AttachType>) -> Result<AttachType, Kind> {
    attach_type.ok_or(Kind::OtherHook("there are several hooks: say which (`type=NAME`)"))
}

fn detach(target: &Target, attach: AttachType, program: Option<&ProgFd>) -> Result<(), Kind> {
    let prog = program.map(AsFd::as_fd);
    let request = ProgDetach { target: target.point(), prog, attach, flags: 0, order: Order::default() };
    request.call().map_err(|errno| match errno {
        Errno::ENOENT => {
            Kind::Unable("no such program is there without a link (links are detached by themselves)")
        }
        Errno::EINVAL if program.is_none() => {
            Kind::Unable("there may be several programs: say which (`prog=PROG`)")
        }
        errno => Kind::refused("taking the program away", errno),
    })
}

fn from_interface(interface: &str, mode: XdpMode, program: Option<&ProgFd>) -> Result<(), Kind> {
    let index = index_of(interface)?;
    let mode = super::net::mode_flags(mode);
    let expected = program.map(AsFd::as_fd);
    let how = if expected.is_some() { flags::XDP_REPLACE } else { 0 };
    let mut socket = netlink()?;
    let xdp = socket.interface(index).map_err(told("asking what is at the interface"))?.xdp;
    if xdp.attached == 0 {
        return Err(Kind::Unable("the interface has no XDP program"));
    }
    socket.set_xdp(&SetXdp { index, program: None, flags: mode | how, expected }).map_err(|error| match error
        .errno
    {
        Errno::EBUSY => Kind::Unable("a link holds the program there: detach the link"),
        Errno::EEXIST => Kind::Unable("another program is there"),
        _ => told("taking the program away from the interface")(error),
    })
}

/// A filter: by its handle and priority; by its program; or the only one.
fn from_filters(filter: &TcFilter, program: Option<&ProgFd>) -> Result<(), Kind> {
    let (index, parent) = (index_of(&filter.interface)?, hook_of(filter.direction));
    let id =
        program.map(prog_info).transpose().map_err(|errno| Kind::refused("asking for the program", errno))?;
    let mut socket = netlink()?;
    let all = socket.filters(index, parent).map_err(told("asking for the filters"))?;
    let fits = all.into_iter().filter(|found| {
        let place = &found.place;
        (filter.handle == 0 || place.handle == filter.handle)
            && (filter.priority == 0 || place.priority == filter.priority)
            && id.as_ref().is_none_or(|id| found.bpf.as_ref().is_some_and(|bpf| bpf.program == id.id))
    });
    let places: Vec<FilterPlace> = fits.map(|found| found.place).collect();
    match places[..] {
        [] => Err(Kind::Unable("there is no such filter")),
        [place] => socket.delete_filter(&place).map_err(told("taking the filter away")),
        _ => Err(Kind::Unable(
            "there are several such filters: say which (`handle=N priority=N`, or `prog=PROG`)",
        )),
    }
}
