//! Names for addresses: of the kernel and of user processes.
use crate::kallsyms::{Kallsyms, KernelSymbol};
use blazesym::symbolize::cache::{Cache, Process as CachedProcess};
use blazesym::symbolize::source::{Process, Source};
use blazesym::symbolize::{Input, Reason, Symbolized, Symbolizer};
use std::collections::HashSet;

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

/// Names for addresses. Symbol tables are read when the first address in them is asked for, and kept.
pub struct Symbols {
    kernel: Option<Kallsyms>,
    user: Symbolizer,
    seen: HashSet<u32>,
}

impl std::fmt::Debug for Symbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symbols")
            .field("kernel", &self.kernel.as_ref().map(Kallsyms::len))
            .field("seen", &self.seen)
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
        let user = Symbolizer::builder().enable_demangling(true).enable_auto_reload(false).build();
        Self { kernel: None, user, seen: HashSet::new() }
    }

    /// The kernel function at or before an address, and how many bytes behind its start that is.
    pub fn kernel(&mut self, address: u64) -> Option<(KernelSymbol, u64)> {
        let symbols = self.kernel.get_or_insert_with(|| Kallsyms::read().unwrap_or_default());
        symbols.at(address).map(|symbol| {
            let offset = address - symbol.address;
            (symbol, offset)
        })
    }

    /// Notes what a process has in its memory, so that addresses have names after it is gone. Call it as early as an
    /// address of the process is seen; a second call does nothing.
    pub fn observe(&mut self, pid: u32) {
        if self.seen.insert(pid) {
            self.look(pid);
        }
    }

    /// Forgets a process, as it runs another program now.
    pub fn forget(&mut self, pid: u32) {
        self.seen.remove(&pid);
    }

    /// The function or variable of a process that has the address.
    pub fn user(&mut self, pid: u32, address: u64) -> Option<UserSymbol> {
        let known = !self.seen.insert(pid);
        if !known {
            self.look(pid);
        }
        let (found, unmapped) = self.ask(pid, address);
        if found.is_some() || !unmapped || !known {
            return found;
        }
        // The address is in none of the files that were mapped when the process was looked at.
        self.look(pid).then(|| self.ask(pid, address).0).flatten()
    }

    /// Reads what the process has mapped; fails when it is gone, and then keeps what was read before.
    fn look(&self, pid: u32) -> bool {
        self.user.cache(&Cache::Process(CachedProcess::new(pid.into()))).is_ok()
    }

    /// The symbol, and whether it is missing because nothing is mapped there.
    fn ask(&self, pid: u32, address: u64) -> (Option<UserSymbol>, bool) {
        for map_files in [true, false] {
            let mut process = Process::new(pid.into());
            process.map_files = map_files;
            let source = Source::Process(process);
            match self.user.symbolize_single(&source, Input::AbsAddr(address)) {
                Ok(Symbolized::Sym(symbol)) => return (Some(user_symbol(&symbol)), false),
                Ok(Symbolized::Unknown(Reason::Unmapped)) => return (None, true),
                Ok(Symbolized::Unknown(_)) | Err(_) => {}
            }
        }
        (None, false)
    }
}

fn user_symbol(symbol: &blazesym::symbolize::Sym<'_>) -> UserSymbol {
    UserSymbol {
        name: symbol.name.clone().into_owned(),
        offset: symbol.offset as u64,
        module: symbol.module.as_ref().map(|module| module.to_string_lossy().into_owned()),
    }
}
