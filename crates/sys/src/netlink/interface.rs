//! Interfaces, and the XDP programs at them.
use super::message::{Attributes, Message, u32_at};
use super::socket::{ACK, DUMP, Netlink, NetlinkError, REQUEST};
use crate::Errno;
use crate::fd::number;
use crate::syscall::done;
use std::ffi::CString;
use std::os::fd::BorrowedFd;

const RTM_GETLINK: u16 = 18;
const RTM_SETLINK: u16 = 19;
/// `struct ifinfomsg`: the family, padding, type, index, flags, change.
const IFINFOMSG: usize = 16;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_XDP: u16 = 43;
const IFLA_XDP_FD: u16 = 1;
const IFLA_XDP_ATTACHED: u16 = 2;
const IFLA_XDP_FLAGS: u16 = 3;
const IFLA_XDP_PROG_ID: u16 = 4;
const IFLA_XDP_DRV_PROG_ID: u16 = 5;
const IFLA_XDP_SKB_PROG_ID: u16 = 6;
const IFLA_XDP_HW_PROG_ID: u16 = 7;
const IFLA_XDP_EXPECTED_FD: u16 = 8;

/// One interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its number in its network namespace.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its kind, such as `veth`; hardware has none.
    pub kind: Option<String>,
    /// Its XDP programs.
    pub xdp: XdpFacts,
}

/// The XDP programs of an interface, by id; zero for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct XdpFacts {
    /// `XDP_ATTACHED_*`: 0 none, 1 driver, 2 generic, 3 hardware, 4 several.
    pub attached: u8,
    /// The one, where there is only one.
    pub program: u32,
    /// In the driver.
    pub driver: u32,
    /// Before the stack (generic).
    pub generic: u32,
    /// In the hardware.
    pub hardware: u32,
}

/// Asks for an XDP program to be put at an interface or taken away.
#[derive(Clone, Copy, Debug)]
pub struct SetXdp<'a> {
    /// The interface.
    pub index: u32,
    /// The program; none to take away what is there.
    pub program: Option<BorrowedFd<'a>>,
    /// `XDP_FLAGS_*`: where, and whether only if there is none.
    pub flags: u32,
    /// Only in place of this one; `XDP_FLAGS_REPLACE` goes with it.
    pub expected: Option<BorrowedFd<'a>>,
}

/// The number of an interface in the network namespace of this thread.
pub fn interface_index(name: &str) -> Result<u32, Errno> {
    let name = CString::new(name).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the name ends in zero.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(done(-1).err().unwrap_or(Errno::ENODEV)),
        index => Ok(index),
    }
}

impl Netlink {
    /// All interfaces.
    pub fn interfaces(&mut self) -> Result<Vec<Interface>, NetlinkError> {
        let mut all = Vec::new();
        let request = Message::new(RTM_GETLINK, REQUEST | DUMP, &ifinfo(0));
        self.ask(request, |_, body| all.push(interface(body)))?;
        Ok(all)
    }

    /// One interface.
    pub fn interface(&mut self, index: u32) -> Result<Interface, NetlinkError> {
        let mut found = None;
        let request = Message::new(RTM_GETLINK, REQUEST | ACK, &ifinfo(index));
        self.ask(request, |_, body| found = Some(interface(body)))?;
        found.ok_or_else(|| Errno::ENODEV.into())
    }

    /// Puts an XDP program at an interface, or takes it away.
    pub fn set_xdp(&mut self, set: &SetXdp<'_>) -> Result<(), NetlinkError> {
        let fd = set.program.map_or(u32::MAX, |program| number(&program));
        let request = Message::new(RTM_SETLINK, REQUEST | ACK, &ifinfo(set.index));
        let request = request.with_nest(IFLA_XDP, |inside| {
            let inside = inside.with_u32(IFLA_XDP_FD, fd);
            let inside = if set.flags == 0 { inside } else { inside.with_u32(IFLA_XDP_FLAGS, set.flags) };
            match set.expected {
                Some(expected) => inside.with_u32(IFLA_XDP_EXPECTED_FD, number(&expected)),
                None => inside,
            }
        });
        self.ask(request, |_, _| {})
    }
}

fn ifinfo(index: u32) -> [u8; IFINFOMSG] {
    let mut raw = [0; IFINFOMSG];
    raw[4..8].copy_from_slice(&index.to_ne_bytes());
    raw
}

fn interface(body: &[u8]) -> Interface {
    let all = Attributes::after(body, IFINFOMSG);
    let xdp = all.nest(IFLA_XDP);
    let id = |kind| xdp.u32(kind).unwrap_or(0);
    Interface {
        index: u32_at(body, 4).unwrap_or(0),
        name: all.text(IFLA_IFNAME).unwrap_or_default(),
        kind: all.nest(IFLA_LINKINFO).text(IFLA_INFO_KIND),
        xdp: XdpFacts {
            attached: xdp.u8(IFLA_XDP_ATTACHED).unwrap_or(0),
            program: id(IFLA_XDP_PROG_ID),
            driver: id(IFLA_XDP_DRV_PROG_ID),
            generic: id(IFLA_XDP_SKB_PROG_ID),
            hardware: id(IFLA_XDP_HW_PROG_ID),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_found_by_name_and_by_number() {
        let mut netlink = Netlink::open().unwrap();
        let index = interface_index("lo").unwrap();
        let one = netlink.interface(index).unwrap();
        assert_eq!((one.index, one.name.as_str()), (index, "lo"));
        assert!(netlink.interfaces().unwrap().iter().any(|other| other.name == "lo"));
        assert_eq!(interface_index("no-such-one"), Err(Errno::ENODEV));
        assert_eq!(netlink.interface(999_999).unwrap_err().errno, Errno::ENODEV);
    }
}
