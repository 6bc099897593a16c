//! The socket: one question, one answer.
use super::message::{Attributes, Message, Received, messages, u32_at};
use crate::Errno;
use crate::syscall::{done, owned};
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

/// The kernel fills what it is given; one interface with many addresses needs a few thousand bytes.
const BUFFER: usize = 64 << 10;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// The answer has several messages and ends with `NLMSG_DONE`.
const NLM_F_MULTI: u16 = 2;
/// The error does not repeat the question.
const NLM_F_CAPPED: u16 = 0x100;
/// The error comes with attributes.
const NLM_F_ACK_TLVS: u16 = 0x200;
/// `NLMSGERR_ATTR_MSG`: what is wrong, in words.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// `NLMSG_DONE` and `NLMSG_ERROR` begin with this number.
const CODE: usize = 4;
/// `struct nlmsghdr`, which an error repeats.
const HEADER: usize = 16;

/// A request; set in every one.
pub(super) const REQUEST: u16 = 1;
/// Answer in any case.
pub(super) const ACK: u16 = 4;
/// Tell what was made.
pub(super) const ECHO: u16 = 8;
/// All there are.
pub(super) const DUMP: u16 = 0x300;
/// In place of what is there.
pub(super) const REPLACE: u16 = 0x100;
/// Only if there is none.
pub(super) const EXCL: u16 = 0x200;
/// Make it.
pub(super) const CREATE: u16 = 0x400;

/// Why the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetlinkError {
    /// As a number.
    pub errno: Errno,
    /// In the kernel's words, where it has some.
    pub words: Option<String>,
}

impl From<Errno> for NetlinkError {
    fn from(errno: Errno) -> Self {
        Self { errno, words: None }
    }
}

impl From<std::io::Error> for NetlinkError {
    fn from(error: std::io::Error) -> Self {
        Errno::from(error).into()
    }
}

impl fmt::Display for NetlinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.words {
            Some(words) => write!(f, "{words} ({})", self.errno),
            None => self.errno.fmt(f),
        }
    }
}

impl std::error::Error for NetlinkError {}

/// A socket to the kernel's network configuration, in the network namespace of the thread that opened it.
#[derive(Debug)]
pub struct Netlink {
    socket: File,
    sequence: u32,
}

impl Netlink {
    /// Opens a socket for `NETLINK_ROUTE`.
    pub fn open() -> Result<Self, Errno> {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
        // SAFETY: a call with numbers that returns a new descriptor.
        let socket = unsafe { owned(done(libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_ROUTE))) }?;
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            // A kernel that does not know the option has no words for its errors.
            let _ = switch_on(&socket, option);
        }
        Ok(Self { socket: File::from(socket), sequence: 0 })
    }

    /// Sends a message and reads the whole answer; `each` gets the type and the body of each message of it.
    pub fn ask(&mut self, message: Message, mut each: impl FnMut(u16, &[u8])) -> Result<(), NetlinkError> {
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.write_all(&message.finish(self.sequence))?;
        let mut buffer = vec![0; BUFFER];
        loop {
            let len = match self.socket.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                answer => answer?,
            };
            let ours = messages(buffer.get(..len).unwrap_or_default());
            for message in ours.filter(|message| message.sequence == self.sequence) {
                match message.kind {
                    NLMSG_ERROR => return outcome(&message),
                    NLMSG_DONE if message.flags & NLM_F_MULTI != 0 => return outcome(&message),
                    kind => each(kind, message.body),
                }
            }
        }
    }
}

/// What the last message of an answer says: zero, or the negative number of an error and perhaps words.
fn outcome(message: &Received<'_>) -> Result<(), NetlinkError> {
    let code = u32_at(message.body, 0).map_or(0, u32::cast_signed);
    if code >= 0 {
        return Ok(());
    }
    // The question is repeated between the number and the attributes: its header alone where it is capped.
    let repeated = match message.kind {
        NLMSG_DONE => 0,
        _ if message.flags & NLM_F_CAPPED != 0 => HEADER,
        _ => u32_at(message.body, CODE).unwrap_or(0) as usize,
    };
    let attributes = Attributes::after(message.body, CODE + repeated);
    let words = (message.flags & NLM_F_ACK_TLVS != 0).then(|| attributes.text(NLMSGERR_ATTR_MSG)).flatten();
    Err(NetlinkError { errno: Errno(code.wrapping_neg()), words })
}

fn switch_on(socket: &OwnedFd, option: libc::c_int) -> Result<(), Errno> {
    let on: libc::c_int = 1;
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the option's value is a number that lives through the call, and `size` is its size.
    done(unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_NETLINK, option, (&raw const on).cast(), size)
    })
    .map(drop)
}
