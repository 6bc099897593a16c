//! Names for addresses: of the kernel and of user processes.
use crate::code_lines::CodeLines;
use crate::demangle::demangle;
use crate::kallsyms::{Kallsyms, KernelSymbol};
use crate::memory::{News, Record};
use blazesym::symbolize::cache::{Cache, Process as CachedProcess};
use blazesym::symbolize::source::{Elf, Process, Source};
use blazesym::symbolize::{Input, Reason, Sym, Symbolized, Symbolizer};
use osmia_dwarf::Spot;
use osmia_sys::Errno;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// A name for an address of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSymbol {
    /// The function's or variable's name, as people write it (C++ and Rust names are demangled).
    pub name: String,
    /// How many bytes behind its start the address is.
    pub offset: u64,
    /// The file that it is in.
    pub module: Option<String>,
}

/// How an address came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeAt {
    /// It is what runs.
    Running,
    /// It is where a call returns to: the call itself is before it.
    Return,
}

/// A function that an address of a stack is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFrame {
    /// Its name.
    pub symbol: Option<UserSymbol>,
    /// File and line of its source.
    pub line: Option<(String, u32)>,
    /// Whether it was inlined into that of the next frame.
    pub inlined: bool,
}

/// Names for addresses. Symbol tables are read when the first address in them is asked for, and kept.
pub struct Symbols {
    kernel: Option<Kallsyms>,
    user: Symbolizer,
    seen: HashMap<u32, Seen>,
    record: Option<Record>,
    lines: CodeLines,
    demangles: bool,
}

/// What is known of a process's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// All, as far as anybody knows.
    All,
    /// What was mapped before.
    Part,
    /// Nothing: it runs another program now.
    Nothing,
}

/// What came of looking for a name.
enum Answer {
    Named(UserSymbol),
    /// There is nothing at the address.
    Unmapped,
    Nameless,
}

impl std::fmt::Debug for Symbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symbols")
            .field("kernel", &self.kernel.as_ref().map(Kallsyms::len))
            .field("seen", &self.seen.len())
            .field("records", &self.record.is_some())
            .finish()
    }
}

impl Default for Symbols {
    fn default() -> Self {
        Self::new()
    }
}

impl Symbols {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::of(true)
    }

    /// The same, with names as symbol tables have them.
    pub fn mangled() -> Self {
        Self::of(false)
    }

    fn of(demangles: bool) -> Self {
        // blazesym takes C functions such as `f` and `i` for types of C++: `float`, `int`.
        let user = Symbolizer::builder().enable_demangling(false).enable_auto_reload(false).build();
        let (seen, lines) = (HashMap::new(), CodeLines::default());
        Self { kernel: None, user, seen, record: None, lines, demangles }
    }

    /// The kernel function at or before an address, and how many bytes behind its start that is.
    pub fn kernel(&mut self, address: u64) -> Option<(KernelSymbol, u64)> {
        let symbols = self.kernel.get_or_insert_with(|| Kallsyms::read().unwrap_or_default());
        symbols.at(address).map(|symbol| {
            let offset = address - symbol.address;
            (symbol, offset)
        })
    }

    /// Records from now on what all processes map, so that their addresses have names when they are gone. It wants the
    /// privilege to watch all processes (`CAP_PERFMON`).
    pub fn record(&mut self) -> Result<(), Errno> {
        self.record = Some(Record::begin()?);
        Ok(())
    }

    /// Descriptors that become readable when there is so much recorded that it is time to [`Self::follow`].
    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.record.iter().flat_map(Record::buffers).map(AsFd::as_fd)
    }

    /// Takes in what was recorded. `tell` hears of which processes there is news.
    pub fn follow(&mut self, mut tell: impl FnMut(u32, News)) {
        let (Some(record), seen) = (&mut self.record, &mut self.seen) else { return };
        record.follow(|pid, news| {
            tell(pid, news);
            if let Some(known) = seen.get_mut(&pid) {
                match news {
                    News::Mapped if *known == Seen::All => *known = Seen::Part,
                    News::Mapped => {}
                    News::Replaced | News::Forked { .. } => *known = Seen::Nothing,
                }
            }
        });
    }

    /// While recording: begins to look, in a thread of its own, at what processes have mapped that began earlier. Call it
    /// when signals are blocked that the program waits for, as threads have the blocked signals of those that make them.
    pub fn survey(&mut self) {
        if let Some(record) = &mut self.record {
            record.survey();
        }
    }

    /// Waits until that is known.
    pub fn finish_survey(&mut self) {
        if let Some(record) = &mut self.record {
            record.finish_survey();
        }
    }

    /// How often something was mapped, or a process began or ended, that could not be recorded.
    pub fn lost(&self) -> u64 {
        self.record.as_ref().map_or(0, Record::lost)
    }

    /// Notes what a process has in its memory, so that addresses have names after it is gone. Call it as early as an
    /// address of the process is seen; a second call does nothing.
    pub fn observe(&mut self, pid: u32) {
        self.known(pid);
    }

    /// Forgets a process, as it runs another program now.
    pub fn forget(&mut self, pid: u32) {
        self.seen.remove(&pid);
    }

    /// The function or variable of a process that has the address.
    pub fn user(&mut self, pid: u32, address: u64) -> Option<UserSymbol> {
        let first = !self.seen.contains_key(&pid);
        if self.known(pid) {
            match self.ask(pid, address) {
                Answer::Named(symbol) => return Some(symbol),
                // The address may be in a file that was mapped after the process was looked at.
                Answer::Unmapped if self.record.is_none() && !first && self.look(pid) => {
                    return self.ask(pid, address).named();
                }
                Answer::Unmapped | Answer::Nameless => {}
            }
        }
        self.recorded(pid, address)
    }

    /// The functions of a process that have the address, innermost first: what was inlined there, then the one that has the
    /// code. By debug information what was inlined and the lines; names of the last one by its symbol, if it has one.
    pub fn user_frames(&mut self, pid: u32, address: u64, at: CodeAt) -> Vec<UserFrame> {
        let symbol = self.user(pid, address);
        let asked = address.saturating_sub(u64::from(at == CodeAt::Return));
        let spots = self.place(pid, asked).map(|(path, offset)| self.lines.at(&path, offset));
        let spots = spots.as_deref().unwrap_or_default();
        let Some((whole, inlined)) = spots.split_last() else {
            return vec![UserFrame { symbol, ..UserFrame::default() }];
        };
        let inlined = inlined.iter().filter_map(|spot| {
            let name = self.written(spot)?;
            let symbol = Some(UserSymbol { name, offset: 0, module: None });
            Some(UserFrame { symbol, line: spot.line.clone(), inlined: true })
        });
        let mut frames: Vec<UserFrame> = inlined.collect();
        frames.push(UserFrame { symbol, line: whole.line.clone(), inlined: false });
        frames
    }

    /// A function's name as it is shown.
    fn written(&self, spot: &Spot) -> Option<String> {
        spot.function.as_deref().map(|name| self.shown(name))
    }

    fn shown(&self, name: &str) -> String {
        let shown = if self.demangles { demangle(name) } else { None };
        shown.unwrap_or_else(|| name.to_owned())
    }

    fn user_symbol(&self, symbol: &Sym<'_>) -> UserSymbol {
        UserSymbol {
            name: self.shown(&symbol.name),
            offset: symbol.offset as u64,
            module: symbol.module.as_ref().map(|module| module.to_string_lossy().into_owned()),
        }
    }

    /// The file that an address of a process is in, where it can be read, and the offset in it.
    fn place(&mut self, pid: u32, address: u64) -> Option<(PathBuf, u64)> {
        match &mut self.record {
            Some(record) => record.place(pid, address).map(|(path, _, offset)| (path, offset)),
            None => crate::memory::mapped(pid, address),
        }
    }

    /// Whether it is known what a process has in its memory, or had when it ended.
    fn known(&mut self, pid: u32) -> bool {
        let known = match self.seen.get(&pid) {
            Some(Seen::All) => return true,
            // What was mapped before stays known when the process is gone.
            Some(Seen::Part) => {
                self.look(pid);
                true
            }
            Some(Seen::Nothing) | None => self.look(pid),
        };
        self.seen.insert(pid, if known { Seen::All } else { Seen::Nothing });
        known
    }

    /// Reads what the process has mapped; fails when it is gone, and then keeps what was read before.
    fn look(&self, pid: u32) -> bool {
        has_memory(pid) && self.user.cache(&Cache::Process(CachedProcess::new(pid.into()))).is_ok()
    }

    fn ask(&self, pid: u32, address: u64) -> Answer {
        for map_files in [true, false] {
            let mut process = Process::new(pid.into());
            process.map_files = map_files;
            let source = Source::Process(process);
            match self.user.symbolize_single(&source, Input::AbsAddr(address)) {
                Ok(Symbolized::Sym(symbol)) => return Answer::Named(self.user_symbol(&symbol)),
                Ok(Symbolized::Unknown(Reason::Unmapped)) => return Answer::Unmapped,
                Ok(Symbolized::Unknown(_)) | Err(_) => {}
            }
        }
        Answer::Nameless
    }

    /// By what was recorded of the process.
    fn recorded(&mut self, pid: u32, address: u64) -> Option<UserSymbol> {
        let (path, file, offset) = self.record.as_mut()?.place(pid, address)?;
        let symbol = self.in_file(&path, Input::FileOffset(offset)).or_else(|| {
            let (path, address) = self.record.as_ref()?.debug(&file, offset)?;
            self.in_file(path, Input::VirtOffset(address))
        })?;
        Some(UserSymbol { module: Some(file.path.to_string_lossy().into_owned()), ..symbol })
    }

    fn in_file(&self, path: &Path, at: Input<u64>) -> Option<UserSymbol> {
        let source = Source::Elf(Elf::new(path));
        match self.user.symbolize_single(&source, at).ok()? {
            Symbolized::Sym(symbol) => Some(self.user_symbol(&symbol)),
            Symbolized::Unknown(_) => None,
        }
    }
}

impl Answer {
    fn named(self) -> Option<UserSymbol> {
        match self {
            Self::Named(symbol) => Some(symbol),
            Self::Unmapped | Self::Nameless => None,
        }
    }
}

/// Whether a process has anything in its memory; one that ended and waits for its parent has not.
fn has_memory(pid: u32) -> bool {
    let maps = File::open(format!("/proc/{pid}/maps"));
    maps.and_then(|mut maps| maps.read(&mut [0])).is_ok_and(|count| count > 0)
}
