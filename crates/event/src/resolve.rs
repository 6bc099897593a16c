//! Filling in what only the machine knows.
use crate::aggregate::{Cell, Table};
use crate::schema::StackMode;
use crate::stack::{Step, steps};
use crate::value::{Frame, Since, StackSource, Symbol, Value};

/// Where in a stack an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// It is what runs.
    Innermost,
    /// It is where a call returns to.
    Caller,
}

/// What must be asked of the machine that the programs run on. Nothing else in reading and rendering looks anything up.
pub trait Lookup {
    /// The kernel function or variable at or before an address.
    fn kernel_symbol(&mut self, address: u64) -> Option<Symbol>;

    /// The function or variable at or before an address of a process.
    fn user_symbol(&mut self, pid: u32, address: u64) -> Option<Symbol>;

    /// What the object's map `map` has for stack `id`; empty where it is gone.
    fn stack(&mut self, map: &str, id: i64) -> Vec<u8>;

    /// A user's login name.
    fn username(&mut self, uid: u32) -> Option<String>;

    /// The paths of a cgroup, each with its hierarchy, of those whose names are like `hierarchies`: `unified:/user.slice`.
    fn cgroup_path(&mut self, id: u64, hierarchies: &str) -> Option<String>;

    /// The time on the calendar, in nanoseconds since 1970 (UTC), at so many nanoseconds after boot.
    fn boot_time_to_wall(&mut self, boot: u64) -> Option<i64>;

    /// The frames at an address of a stack: inlined functions first, the one that has the code last.
    fn frames(&mut self, source: StackSource, address: u64, _: Depth) -> Vec<Frame> {
        vec![plain_frame(self, source, address)]
    }
}

/// An address with its symbol, and nothing else.
pub fn plain_frame<L: Lookup + ?Sized>(lookup: &mut L, source: StackSource, address: u64) -> Frame {
    let symbol = match source {
        _ if address == u64::MAX => None,
        StackSource::Kernel => lookup.kernel_symbol(address),
        StackSource::User(pid) => lookup.user_symbol(pid, address),
    };
    Frame { address, symbol, ..Frame::default() }
}

impl Value {
    /// The same value with all that needs the machine filled in.
    pub fn resolve(self, lookup: &mut dyn Lookup) -> Self {
        match self {
            Self::Array(values) => Self::Array(resolve_all(values, lookup)),
            Self::Tuple(values) => Self::Tuple(resolve_all(values, lookup)),
            Self::Record(fields) => {
                Self::Record(fields.into_iter().map(|(name, value)| (name, value.resolve(lookup))).collect())
            }
            Self::KernelSymbol(address) => {
                Self::Symbol { address, name: lookup.kernel_symbol(address).map(|symbol| symbol.name) }
            }
            Self::UserSymbol { address, pid } => {
                Self::Symbol { address, name: lookup.user_symbol(pid, address).map(|symbol| symbol.name) }
            }
            Self::StackId { map, id, mode, limit, source } => {
                let raw = if id < 0 { Vec::new() } else { lookup.stack(&map, id) };
                let steps = steps(mode, &raw, limit);
                let depths = std::iter::once(Depth::Innermost).chain(std::iter::repeat(Depth::Caller));
                let frames = steps
                    .zip(depths)
                    .flat_map(|(step, depth)| frames(mode, source, step, depth, lookup))
                    .collect();
                Self::Stack { mode, source, frames }
            }
            Self::Username(uid) => Self::User { uid, name: lookup.username(uid).unwrap_or_default() },
            Self::CgroupPath { id, hierarchies } => {
                Self::Cgroup { id, path: lookup.cgroup_path(id, &hierarchies).unwrap_or_default() }
            }
            Self::Timestamp { format, since, nanoseconds } => {
                let wall = match since {
                    Since::Boot => lookup.boot_time_to_wall(nanoseconds),
                    Since::Epoch => i64::try_from(nanoseconds).ok(),
                };
                // The first second of all stands for a time that nobody knows.
                Self::Time { format, wall: wall.filter(|wall| *wall >= 1_000_000_000) }
            }
            plain => plain,
        }
    }
}

/// The frames that a step of a stack stands for. Where no names are printed, none are looked up.
fn frames(
    mode: StackMode,
    source: StackSource,
    step: Step,
    depth: Depth,
    lookup: &mut dyn Lookup,
) -> Vec<Frame> {
    match step {
        Step { address, build_id: None } if !matches!(mode, StackMode::Raw | StackMode::BuildId) => {
            lookup.frames(source, address, depth)
        }
        Step { address, build_id } => vec![Frame { address, build_id, ..Frame::default() }],
    }
}

fn resolve_all(values: Vec<Value>, lookup: &mut dyn Lookup) -> Vec<Value> {
    values.into_iter().map(|value| value.resolve(lookup)).collect()
}

impl Table {
    /// The same table with all that needs the machine filled in; the order of entries stays.
    pub fn resolve(mut self, lookup: &mut dyn Lookup) -> Self {
        for entry in &mut self.entries {
            entry.key = entry.key.take().map(|key| key.resolve(lookup));
            if let Cell::Value(value) = &mut entry.cell {
                let taken = std::mem::replace(value, Value::None);
                *value = taken.resolve(lookup);
            }
        }
        self
    }
}
