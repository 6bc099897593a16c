//! An image into the kernel: maps, programs, attachments, pins; and what comes back from there.
mod attach;
mod by_program;
mod chosen;
mod contents;
mod error;
mod exclusive;
mod load;
mod maps;
mod memlock;
mod options;
mod owner;
mod pins;
mod programs;
mod rejection;
mod signed;
mod stream;
mod structures;
mod token;

pub use attach::{
    AttachError, AttachErrorKind, AttachOptions, Attachment, Missed, ProbeMode, StaleEvent, UsdtMaps, adopt,
    attach, attach_all, attach_each, detach_all, register, stale_events, take_away, take_away_link,
    update_link, update_structure,
};
pub use by_program::load_by_program;
pub use contents::{Entries, Entry, Globals, clear, dump, zero};
pub use error::{LoadError, MapError, MapStep};
pub use load::{Loaded, LoadedMap, LoadedProgram, LoadedStructure, load};
pub use options::{BtfUse, Choice, Device, Exclusive, LoadOptions, Reuse};
pub use osmia_sys::bpf::TestRunResult;
pub use pins::{PinError, pin_all, pin_links};
pub use programs::{run_many, run_once};
pub use rejection::{Place, Rejection};
pub use signed::{Certificate, SignedError, SignedStep};
pub use stream::{Arrival, Stream};
