//! What goes wrong: images that cannot run here, and programs that do what the kernel's verifier would not let them.
use crate::Errno;
use osmia_abi::{MapType, helper};
use osmia_isa::Callee;
use osmia_isa::text::{Names, kernel};
use std::fmt;

/// An image that this machine cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The map, or empty where it is the image.
    pub map: String,
    /// Why.
    pub kind: ErrorKind,
}

/// Why an image cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There are no maps of this kind here.
    MapKind(MapType),
    /// The kernel would refuse to make or fill the map, with this error.
    Map(Errno),
    /// All maps together take more than [`crate::Options::memory`].
    Memory {
        /// Bytes that they would take.
        wanted: u64,
    },
    /// More maps or programs than addresses have room for.
    TooMany,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { map, kind } = self;
        match kind {
            ErrorKind::MapKind(kind) => {
                write!(f, "map `{map}`: the user-space machine has no maps of kind {}", kind.name())
            }
            ErrorKind::Map(errno) => write!(f, "map `{map}`: {errno}"),
            ErrorKind::Memory { wanted } => write!(f, "map `{map}`: {wanted} bytes are more than allowed"),
            ErrorKind::TooMany => write!(f, "too many maps or programs"),
        }
    }
}

impl std::error::Error for Error {}

/// Where and why a program stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The program that was asked for, by position in the image. After a tail call, the one that was running.
    pub program: usize,
    /// Its name.
    pub name: String,
    /// The instruction, in slots from the program's start.
    pub slot: u32,
    /// The instruction in the kernel's syntax; empty past the program's end.
    pub insn: String,
    /// What happened.
    pub kind: FaultKind,
}

/// What a memory access wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read.
    Read,
    /// To write.
    Write,
}

/// What an address lies in, or close to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing that is known.
    Nowhere,
    /// The stack, in bytes from its frame's end.
    Stack(i64),
    /// The context, in bytes from its start.
    Context(u64),
    /// The packet, in bytes from its start.
    Packet(u64),
    /// A value or record of a map: the map's name, and bytes from the start of the value.
    Map(String, u64),
    /// A map itself: the map's name.
    Handle(String),
    /// A key that a callback is given, in bytes from its start.
    Key(u64),
    /// Code.
    Code,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An address in the first page.
    NullPointer {
        /// The address.
        address: u64,
        /// In bytes.
        size: u64,
        /// What for.
        access: Access,
    },
    /// Bytes that the program does not have.
    OutOfBounds {
        /// The address.
        address: u64,
        /// In bytes.
        size: u64,
        /// What for.
        access: Access,
        /// What is there, or close.
        place: Place,
    },
    /// A write to what can only be read (or a read of what can only be written).
    ReadOnly {
        /// The address.
        address: u64,
        /// What is there.
        place: Place,
    },
    /// A call that nobody answers here.
    BadHelper(Callee),
    /// A helper wants a map of another kind, or something that is no map.
    BadMap {
        /// What it was given.
        address: u64,
    },
    /// A helper wants a function of the program.
    BadFunction {
        /// What it was given.
        address: u64,
    },
    /// A helper wants a record that is reserved and neither submitted nor discarded.
    BadRecord {
        /// What it was given.
        address: u64,
    },
    /// The program ended and left a reserved record behind.
    RecordLeft {
        /// The map.
        map: String,
    },
    /// A jump or call to where no instruction begins, or the end of the code.
    BadJump,
    /// A write to `r10`.
    FramePointer,
    /// More instructions than [`crate::Options::budget`].
    BudgetExceeded,
    /// More than eight frames.
    StackOverflow,
    /// An instruction that has no meaning here, and why.
    Unsupported(&'static str),
    /// An instruction that has no meaning on the target that the image was made for, and why.
    Poisoned(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program `{}`, instruction {}: {}", self.name, self.slot, self.kind)?;
        if self.insn.is_empty() { Ok(()) } else { write!(f, "\n  {:4}: {}", self.slot, self.insn) }
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => write!(f, "nothing"),
            Self::Stack(offset) => write!(f, "the stack at {offset}"),
            Self::Context(offset) => write!(f, "the context at +{offset}"),
            Self::Packet(offset) => write!(f, "the packet at +{offset}"),
            Self::Map(name, offset) => write!(f, "an element of map `{name}` at +{offset}"),
            Self::Handle(name) => write!(f, "the map `{name}` itself"),
            Self::Key(offset) => write!(f, "a key at +{offset}"),
            Self::Code => write!(f, "code"),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NullPointer { address, size, access } => {
                write!(f, "{access} of {size} bytes by a null pointer ({address:#x})")
            }
            Self::OutOfBounds { address, size, access, place } => {
                write!(f, "{access} of {size} bytes out of bounds: {place} ({address:#x})")
            }
            Self::ReadOnly { address, place } => write!(f, "no right to do this to {place} ({address:#x})"),
            Self::BadHelper(callee) => bad_helper(f, *callee),
            Self::BadMap { address } => write!(f, "{address:#x} is no map that this helper takes"),
            Self::BadFunction { address } => write!(f, "{address:#x} is no function"),
            Self::BadRecord { address } => write!(f, "{address:#x} is no reserved record"),
            Self::RecordLeft { map } => write!(f, "a record reserved in `{map}` was left behind"),
            Self::BadJump => write!(f, "there is no instruction here"),
            Self::FramePointer => write!(f, "the frame pointer is read-only"),
            Self::BudgetExceeded => write!(f, "the program does not end within its budget"),
            Self::StackOverflow => write!(f, "more than 8 frames"),
            Self::Unsupported(what) => write!(f, "{what} not supported by the user-space machine"),
            Self::Poisoned(reason) => f.write_str(reason),
        }
    }
}

fn bad_helper(f: &mut fmt::Formatter<'_>, callee: Callee) -> fmt::Result {
    match callee {
        Callee::Helper(number) => match helper(number) {
            Some(helper) => write!(f, "the user-space machine has no helper {}", helper.name),
            None => write!(f, "there is no helper {number}"),
        },
        Callee::Kfunc { id, .. } => write!(f, "the user-space machine has no kernel function {id}"),
        Callee::Local(_) | Callee::Register(_) => {
            let insn = osmia_isa::Insn::Call(callee);
            write!(f, "nothing to call: {}", kernel::body(&insn, &Names::of_helpers()))
        }
    }
}
