//! Routing netlink: interfaces with their XDP programs, queueing disciplines, classifiers.
//!
//! One question at a time: what is sent is written into one message, and the answer is read to its end. Numbers are from
//! `include/uapi/linux/{netlink,rtnetlink,if_link,pkt_sched,pkt_cls}.h` of Linux 6.18.
mod interface;
mod message;
mod socket;
mod traffic;

pub use interface::{Interface, SetXdp, XdpFacts, interface_index};
pub use message::{Attributes, Message};
pub use socket::{Netlink, NetlinkError};
pub use traffic::{BpfFilter, Filter, FilterFacts, FilterPlace, Qdisc};
