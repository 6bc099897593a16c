//! Section names: what a program's section says about its type and where it is attached.
mod parse;
mod table;

use crate::{Attach, Program};
use osmia_abi::{AttachType, ProgramType};
pub use table::SECTIONS;

/// Whether a section's name goes on after its first part: `kprobe/do_unlinkat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It does not: `xdp`.
    Absent,
    /// It may: `kprobe` or `kprobe/…`.
    Optional,
}

/// One row of [`SECTIONS`].
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The name, up to the target.
    pub name: &'static str,
    /// Whether a target may follow.
    pub target: Target,
    /// The program type.
    pub kind: ProgramType,
    /// The attach type that loading wants to know.
    pub attach_type: Expected,
    /// How the target's text is read.
    pub attach: Auto,
    /// `SLEEPABLE`, `FRAGS`, `BTF_ID` and `OPTIONAL`, or none.
    pub flags: u8,
}

/// The attach type of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// None (0).
    None,
    /// This one.
    Type(AttachType),
    /// One that is newer than the newest kernel osmia knows: such programs can be read and written, not loaded.
    Newer(&'static str),
}

/// Programs of the section may sleep.
pub const SLEEPABLE: u8 = 1;
/// Programs of the section take packets of several fragments.
pub const FRAGS: u8 = 2;
/// Programs of the section name a kernel type they attach to.
pub const BTF_ID: u8 = 4;
/// Kernels that know no expected attach type load it without.
pub const OPTIONAL: u8 = 8;

/// What the text after the section's name says. `Freplace` and `LsmCgroup` give [`Attach::Nowhere`]: the name says which
/// function or hook, but not of which program or for which cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained at the variant of Attach with its name")]
pub enum Auto {
    Nowhere,
    Kprobe,
    Kretprobe,
    KprobeMulti,
    KretprobeMulti,
    KprobeSession,
    Uprobe,
    Uretprobe,
    UprobeMulti,
    UretprobeMulti,
    UprobeSession,
    Ksyscall,
    Kretsyscall,
    Usdt,
    Tracepoint,
    RawTracepoint,
    BtfTracepoint,
    Fentry,
    Fexit,
    ModifyReturn,
    Freplace,
    Lsm,
    LsmCgroup,
    Iterator,
}

/// A section's name, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct SectionMatch<'a> {
    /// The row.
    pub row: &'static Section,
    /// What follows the row's name and a slash.
    pub target: Option<&'a str>,
    /// Whether programs of the section are loaded unless somebody asks for them (no `?` before the name).
    pub autoload: bool,
}

/// The row for a section's name, as libbpf finds it.
pub fn lookup(section: &str) -> Option<SectionMatch<'_>> {
    let (autoload, name) = match section.strip_prefix('?') {
        Some(rest) => (false, rest),
        None => (true, section),
    };
    SECTIONS.iter().find_map(|row| row.match_name(name).map(|target| SectionMatch { row, target, autoload }))
}

/// What the name of a code section says about its programs; `.text` holds none. Of a name that nobody knows it is a program
/// of no kind.
pub fn program(section: &str) -> Option<Program> {
    if section == ".text" || section.starts_with(".text.") {
        return None;
    }
    Some(lookup(section).map_or_else(|| unknown(section), |found| found.program()))
}

fn unknown(section: &str) -> Program {
    Program {
        kind: ProgramType::Unspec,
        attach_type: None,
        attach: Attach::Nowhere,
        sleepable: false,
        frags: false,
        autoload: !section.starts_with('?'),
    }
}

impl Section {
    /// The target where the row fits `name`; `Some(None)` where `name` has none.
    fn match_name<'a>(&self, name: &'a str) -> Option<Option<&'a str>> {
        let rest = name.strip_prefix(self.name)?;
        match self.target {
            _ if rest.is_empty() => Some(None),
            Target::Optional => rest.strip_prefix('/').map(Some),
            Target::Absent => None,
        }
    }

    /// Whether a flag is set.
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl SectionMatch<'_> {
    /// The program that the section's name describes. A target that cannot be understood gives [`Attach::Nowhere`].
    pub fn program(&self) -> Program {
        Program {
            kind: self.row.kind,
            attach_type: match self.row.attach_type {
                Expected::Type(kind) => Some(kind),
                Expected::None | Expected::Newer(_) => None,
            },
            attach: self.attach().unwrap_or_default(),
            sleepable: self.row.has(SLEEPABLE),
            frags: self.row.has(FRAGS),
            autoload: self.autoload,
        }
    }

    /// Where the name says that the program is to be attached; `None` where the target cannot be understood.
    pub fn attach(&self) -> Option<Attach> {
        match self.target {
            Some(target) => parse::attach(self.row.attach, target),
            None => Some(Attach::Nowhere),
        }
    }
}
