//! Values as readers have them.
use crate::schema::StackMode;
use std::net::IpAddr;

/// Where a clock begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Since {
    /// When the machine was started, as `CLOCK_BOOTTIME` does.
    Boot,
    /// In 1970, as `CLOCK_TAI` does. Its times are taken as they are, as bpftrace does: where the kernel has been told of leap
    /// seconds they are ahead of UTC, by 37 seconds since 2017.
    Epoch,
}

/// A decoded value. Those in the second half need the machine's help before they can be printed in full:
/// [`Value::resolve`](crate::Value::resolve) turns them into those in the third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    None,
    /// True or false.
    Bool(bool),
    /// A signed integer.
    Int {
        /// Its value.
        value: i64,
        /// Its size in bytes.
        size: u8,
    },
    /// An unsigned integer.
    Uint {
        /// Its value.
        value: u64,
        /// Its size in bytes.
        size: u8,
    },
    /// An integer of 16 bytes.
    Wide {
        /// Its bits.
        bits: u128,
        /// Whether they are two's complement.
        signed: bool,
    },
    /// An address.
    Pointer(u64),
    /// Text, of any bytes but NUL.
    Str {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether it filled its place, so that more may have been cut off.
        truncated: bool,
    },
    /// Any bytes.
    Bytes(Vec<u8>),
    /// Elements of one type.
    Array(Vec<Value>),
    /// Parts without names.
    Tuple(Vec<Value>),
    /// Parts with names.
    Record(Vec<(String, Value)>),
    /// An integer that has a name (one that has none is decoded as an integer).
    Enum {
        /// Its value.
        value: i64,
        /// Its name.
        name: String,
    },
    /// An IP address.
    Inet(IpAddr),
    /// A hardware address.
    Mac([u8; 6]),

    /// A kernel address to be named.
    KernelSymbol(u64),
    /// A user address to be named.
    UserSymbol {
        /// The address.
        address: u64,
        /// Whose it is.
        pid: u32,
    },
    /// A stack to be read from a stack map.
    StackId {
        /// The stack map's name in the object.
        map: String,
        /// The number in it; negative: an error.
        id: i64,
        /// How to print it.
        mode: StackMode,
        /// At most so many frames.
        limit: u32,
        /// Whose addresses they are.
        source: StackSource,
    },
    /// A user to be named.
    Username(u32),
    /// A cgroup whose path is to be found.
    CgroupPath {
        /// The cgroup's number.
        id: u64,
        /// Which hierarchies are looked through, by their names; `*` stands for anything.
        hierarchies: String,
    },
    /// A time to be found on the calendar.
    Timestamp {
        /// The format, for `strftime`.
        format: String,
        /// Since when the nanoseconds are counted.
        since: Since,
        /// So many nanoseconds.
        nanoseconds: u64,
    },

    /// An address with its name.
    Symbol {
        /// The address.
        address: u64,
        /// The name; `None` where it has none.
        name: Option<String>,
    },
    /// A stack, innermost frame first.
    Stack {
        /// How to print it.
        mode: StackMode,
        /// Whose addresses they are.
        source: StackSource,
        /// The frames.
        frames: Vec<Frame>,
    },
    /// A user with its name (empty where it has none).
    User {
        /// The user's number.
        uid: u32,
        /// The name.
        name: String,
    },
    /// A cgroup with its path.
    Cgroup {
        /// The cgroup's number.
        id: u64,
        /// The path.
        path: String,
    },
    /// A time on the calendar, to be printed by `strftime`.
    Time {
        /// The format.
        format: String,
        /// Nanoseconds since 1970 (UTC); `None` where it is not known.
        wall: Option<i64>,
    },
}

/// Whose stack it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StackSource {
    /// The kernel's.
    Kernel,
    /// This process's.
    User(u32),
}

/// A name for an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    /// The function's or variable's name.
    pub name: String,
    /// How many bytes behind its start the address is.
    pub offset: u64,
    /// The file or kernel module that it is in.
    pub module: Option<String>,
}

/// What tells a file from all others: the SHA-1 that its linker put in, or the start of something longer.
pub type BuildId = [u8; 20];

/// One line of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The address; all ones where unwinding failed. Beside a build id, the offset in the file.
    pub address: u64,
    /// The file, where it is only known by that.
    pub build_id: Option<BuildId>,
    /// What is there.
    pub symbol: Option<Symbol>,
    /// The line that it was compiled from.
    pub line: Option<SourceLine>,
    /// Whether the function was inlined into that of the next frame.
    pub inlined: bool,
}

/// A line of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLine {
    /// The file, as it is to be shown: `dir/file`.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl Value {
    /// A whole text.
    pub fn text(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Str { bytes: bytes.into(), truncated: false }
    }

    /// A signed integer of 8 bytes.
    pub const fn int(value: i64) -> Self {
        Self::Int { value, size: 8 }
    }

    /// An unsigned integer of 8 bytes.
    pub const fn uint(value: u64) -> Self {
        Self::Uint { value, size: 8 }
    }

    /// The 64 bits of a value that is a number in some way (sign-extended if it is signed); `None` for others.
    pub fn bits(&self) -> Option<u64> {
        Some(match *self {
            Self::Bool(value) => u64::from(value),
            Self::Int { value, .. } | Self::Enum { value, .. } => value.cast_unsigned(),
            Self::Uint { value, .. } | Self::Pointer(value) | Self::KernelSymbol(value) => value,
            Self::UserSymbol { address, .. } | Self::Symbol { address, .. } => address,
            Self::Username(uid) | Self::User { uid, .. } => u64::from(uid),
            Self::CgroupPath { id, .. } | Self::Cgroup { id, .. } => id,
            Self::Timestamp { nanoseconds, .. } => nanoseconds,
            Self::Time { wall: Some(wall), .. } => wall.cast_unsigned(),
            _ => return None,
        })
    }
}
