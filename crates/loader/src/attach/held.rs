//! What holds programs without links, and how each is taken away again.
use osmia_abi::{AttachType, flags};
use osmia_sys::bpf::{AttachPoint, MapFd, Order, ProgDetach};
use osmia_sys::netlink::{FilterPlace, Netlink, Qdisc, SetXdp};
use osmia_sys::{Errno, ProgFd, SocketProgram, detach_from_socket};
use std::os::fd::{AsFd, OwnedFd};

/// A place that keeps a program by itself; the program is taken away when this value is dropped.
#[derive(Debug)]
pub(super) struct Held {
    place: Place,
    kept: bool,
}

/// A place that keeps a program by itself.
#[derive(Debug)]
pub(super) enum Place {
    /// By `BPF_PROG_ATTACH`.
    Bare { target: Target, program: ProgFd, attach: AttachType },
    /// An interface's XDP program.
    Xdp { netlink: Netlink, index: u32, mode: u32, program: ProgFd, id: u32 },
    /// A filter of the classic traffic control.
    Filter { netlink: Netlink, place: FilterPlace },
    /// The discipline that was made for a filter.
    Qdisc { netlink: Netlink, qdisc: Qdisc, hooks: [u32; 2] },
    /// A structure of functions that is registered by the element of its map.
    Structure { map: MapFd, key: [u8; 4] },
    /// A socket.
    Socket { socket: OwnedFd, role: SocketProgram },
}

/// Where `BPF_PROG_ATTACH` puts programs.
#[derive(Debug)]
pub(super) enum Target {
    /// A cgroup, network namespace, map or device.
    Fd(OwnedFd),
    /// An interface.
    Interface(u32),
    /// The network namespace of this process.
    Own,
}

impl Target {
    pub(super) fn point(&self) -> AttachPoint<'_> {
        match self {
            Self::Fd(fd) => AttachPoint::Fd(fd.as_fd()),
            Self::Interface(index) => AttachPoint::Interface(*index),
            Self::Own => AttachPoint::Nothing,
        }
    }
}

impl Held {
    pub(super) const fn new(place: Place) -> Self {
        Self { place, kept: false }
    }

    /// Leaves the program where it is.
    pub(super) const fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.kept {
            // What somebody else took away meanwhile is gone in any case.
            let _ = self.place.leave();
        }
    }
}

impl Place {
    fn leave(&mut self) -> Result<(), Errno> {
        match self {
            Self::Bare { target, program, attach } => {
                let prog = Some(program.as_fd());
                let (flags, order) = (0, Order::default());
                ProgDetach { target: target.point(), prog, attach: *attach, flags, order }.call()
            }
            Self::Xdp { netlink, index, mode, program, id } => {
                leave_interface(netlink, *index, *mode, program, *id)
            }
            Self::Filter { netlink, place } => netlink.delete_filter(place).map_err(|error| error.errno),
            Self::Qdisc { netlink, qdisc, hooks } => {
                let mut is_empty =
                    |hook: u32| netlink.filters(qdisc.index, hook).is_ok_and(|all| all.is_empty());
                // Others may have put their filters there since.
                match hooks.iter().all(|hook| is_empty(*hook)) {
                    true => netlink.delete_qdisc(qdisc).map_err(|error| error.errno),
                    false => Ok(()),
                }
            }
            Self::Structure { map, key } => map.delete(key),
            Self::Socket { socket, role } => detach_from_socket(socket, *role),
        }
    }
}

/// Takes the XDP program away if it is still ours: kernels before 5.7 have to be asked before.
fn leave_interface(
    netlink: &mut Netlink,
    index: u32,
    mode: u32,
    program: &ProgFd,
    id: u32,
) -> Result<(), Errno> {
    let expected = Some(program.as_fd());
    let ours = SetXdp { index, program: None, flags: mode | flags::XDP_REPLACE, expected };
    match netlink.set_xdp(&ours).map_err(|error| error.errno) {
        Err(Errno::EINVAL) => {}
        answer => return answer,
    }
    let there = netlink.interface(index).map_err(|error| error.errno)?.xdp;
    match [there.program, there.driver, there.generic, there.hardware].contains(&id) {
        true => netlink
            .set_xdp(&SetXdp { index, program: None, flags: mode, expected: None })
            .map_err(|error| error.errno),
        false => Ok(()),
    }
}
