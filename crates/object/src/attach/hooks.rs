//! Places outside of tracing: interfaces, cgroups, sockets, devices, and what else holds programs.
use serde::{Deserialize, Serialize};

/// Something that is loaded, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectRef {
    /// By the kernel's number.
    Id(u32),
    /// By its path in a BPF file system.
    Pinned(String),
    /// By its name; there must be only one of that name.
    Name(String),
}

/// What holds a program in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// A link: the program leaves with the link's last descriptor or pin.
    #[default]
    Link,
    /// The place itself, until somebody takes the program away.
    Bare {
        /// Who else may be there.
        sharing: Sharing,
        /// In place of this program.
        replace: Option<ObjectRef>,
    },
}

/// Who else may be at a cgroup where a program is without a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sharing {
    /// Nobody, in groups below neither.
    #[default]
    Alone,
    /// Groups below may have another in its place (`BPF_F_ALLOW_OVERRIDE`).
    Override,
    /// Others here and below (`BPF_F_ALLOW_MULTI`).
    Multi,
}

/// Where among the programs that are at one place already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Before or after; where nothing stands, after all others.
    pub side: Option<OrderSide>,
    /// Before or after which; all others where nothing stands.
    pub anchor: Option<Anchor>,
    /// Only if the list is as it was then; 0 for any.
    pub revision: u64,
}

/// Before or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderSide {
    /// `BPF_F_BEFORE`.
    Before,
    /// `BPF_F_AFTER`.
    After,
}

/// A neighbour in a list of programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// A program.
    Program(ObjectRef),
    /// The link of a program.
    Link(ObjectRef),
}

/// Where on an interface's way packets meet an XDP program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum XdpMode {
    /// The driver where it can, else before the stack.
    #[default]
    Any,
    /// Before the stack (`skb`).
    Generic,
    /// In the driver.
    Driver,
    /// In the hardware.
    Hardware,
}

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// In.
    Ingress,
    /// Out.
    Egress,
}

/// A filter of the classic traffic control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcFilter {
    /// The interface.
    pub interface: String,
    /// At `clsact`, which is made where it is missing.
    pub direction: Direction,
    /// Its number; 0 for the next.
    pub handle: u32,
    /// Which comes first; 0 for behind all others.
    pub priority: u16,
    /// In place of the one that has that number; else it is an error if there is one.
    pub replace: bool,
}

/// Where in netfilter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetfilterHook {
    /// `NFPROTO_*`: 2 for IPv4, 10 for IPv6.
    pub family: u8,
    /// `NF_INET_*`: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.
    pub hook: u8,
    /// Which comes first: from low to high.
    pub priority: i32,
    /// Packets in pieces are put together before (`BPF_F_NETFILTER_IP_DEFRAG`).
    pub defrag: bool,
}

/// What an iterator walks over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    /// All there are.
    #[default]
    All,
    /// The elements of a map.
    Map(ObjectRef),
    /// A cgroup and its relatives.
    Cgroup {
        /// Its directory.
        path: String,
        /// Which relatives.
        order: CgroupOrder,
    },
    /// One thread.
    Thread(u32),
    /// The threads of one process.
    Process(u32),
}

/// Which relatives of a cgroup, by `enum bpf_cgroup_iter_order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CgroupOrder {
    /// None.
    SelfOnly = 1,
    /// Those below, parents first.
    Descendants = 2,
    /// Those below, children first.
    DescendantsPost = 3,
    /// Those above.
    Ancestors = 4,
}

/// What a program does at a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketHook {
    /// It says how much of each packet is kept (`SO_ATTACH_BPF`).
    Filter,
    /// It chooses among the sockets that share a port (`SO_ATTACH_REUSEPORT_EBPF`).
    Reuseport,
}
