//! Where programs run: the kernel, or this process. What a reader asks of either is the same.
use crate::kernel::Kernel;
use crate::user::User;
use osmia_event::{Lookup, MapSchema, RawEntry, Table};
use osmia_lang_trace::typed::MissingProbes;
use osmia_lang_trace::{Plan, PlannedProbe};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// Where the programs of a script run.
#[derive(Debug)]
pub enum World {
    /// The running kernel.
    Kernel(Box<Kernel>),
    /// A machine in this process.
    User(Box<User>),
}

/// Why waiting ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// There may be records.
    Records,
    /// A signal that ends the run.
    Signal(i32),
    /// The process that was watched is gone.
    Gone,
    /// Nothing has happened for five seconds, and a person is watching.
    Silence,
    /// Nothing can happen any more.
    Nothing,
    /// Programs cannot run on.
    Broken(String),
}

/// What became of a program that was run by request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What it returned.
    pub returned: u64,
    /// How long it took; where it ran more than once, on average.
    pub duration: Duration,
}

/// A probe that could not be attached.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Where it stands in the script.
    pub span: osmia_base::Span,
    /// Its name.
    pub probe: String,
    /// Why, and what to do.
    pub why: String,
}

impl Refused {
    /// The message, with the place in the script.
    pub fn render(&self, source: &osmia_base::Source) -> String {
        let advice = "If this is expected, set the 'missing_probes' config variable to 'warn'.";
        let text = format!("Unable to attach probe: {}. {advice}", self.probe);
        format!("ERROR: {}\n{}", self.why, osmia_base::Diagnostic::error(self.span, text).render(source))
    }

    /// What there is to say where the script runs without the probe.
    pub fn warning(&self) -> String {
        format!("WARNING: {}\nWARNING: Unable to attach probe: {}. Skipping.", self.why, self.probe)
    }
}

/// What is done with a record: its bytes, and whom to ask for names.
pub(crate) type See<'a> = dyn FnMut(&[u8], &mut dyn Lookup) -> ControlFlow<()> + 'a;

impl World {
    /// Hands out records in order until there are no more or one says stop.
    pub fn records(&mut self, mut see: impl FnMut(&[u8], &mut dyn Lookup) -> ControlFlow<()>) {
        match self {
            Self::Kernel(kernel) => kernel.records(&mut see),
            Self::User(user) => user.records(&mut see),
        }
    }

    /// Sleeps until there is something to do, or for so long ([`Asked::Records`]).
    pub fn wait(&mut self, tick: Option<Duration>) -> Asked {
        match self {
            Self::Kernel(kernel) => kernel.wait(tick),
            // Programs only run while it waits.
            Self::User(user) => user.wait(),
        }
    }

    /// A signal that ends the run, if one came. A machine in this process sees them while it waits.
    pub fn interrupted(&mut self) -> Option<i32> {
        match self {
            Self::Kernel(kernel) => kernel.interrupted(),
            Self::User(_) => None,
        }
    }

    /// What is in one of the script's maps.
    pub fn entries(&mut self, map: &MapSchema) -> io::Result<Vec<RawEntry>> {
        match self {
            Self::Kernel(kernel) => kernel.entries(map),
            Self::User(user) => Ok(user.entries(map)),
        }
    }

    /// Removes all entries of a map.
    pub fn clear(&mut self, map: &MapSchema) {
        match self {
            Self::Kernel(kernel) => kernel.clear(map),
            Self::User(user) => user.clear(map),
        }
    }

    /// Sets all values of a map to zero.
    pub fn zero(&mut self, map: &MapSchema) {
        match self {
            Self::Kernel(kernel) => kernel.zero(map),
            Self::User(user) => user.zero(map),
        }
    }

    /// A table with its names looked up.
    pub fn resolve(&mut self, table: Table) -> Table {
        match self {
            Self::Kernel(kernel) => table.resolve(kernel.lookup()),
            Self::User(user) => table.resolve(user.lookup()),
        }
    }

    /// Runs a probe's program once.
    pub fn run(&mut self, probe: &PlannedProbe) -> Result<Ran, String> {
        match self {
            Self::Kernel(kernel) => kernel.run(probe),
            Self::User(user) => user.run(&probe.program),
        }
    }

    /// Runs the program of a benchmark so many times in a row.
    pub fn repeat(&mut self, probe: &PlannedProbe, times: u32) -> Result<Ran, String> {
        match self {
            Self::Kernel(kernel) => kernel.repeat(probe, times),
            Self::User(user) => user.repeat(&probe.program, times),
        }
    }

    /// Attaches everything that is to be attached; what a person should know of it although it worked.
    pub fn attach(&mut self, plan: &Plan, missing: MissingProbes) -> Result<Vec<String>, Refused> {
        match self {
            Self::Kernel(kernel) => kernel.attach(plan, missing),
            Self::User(user) => {
                user.await_signals();
                Ok(Vec::new())
            }
        }
    }

    /// Where an iterator's link is kept: the path. Afterwards it needs nobody any more.
    pub fn pin(&self, program: &str, path: &Path) -> Result<(), String> {
        match self {
            Self::Kernel(kernel) => kernel.pin(program, path),
            Self::User(_) => Err("only the kernel has iterators".to_owned()),
        }
    }

    /// Walks an iterator: reading the file runs its program for each thing that there is.
    pub fn iterate(&self, program: &str) -> Result<File, String> {
        match self {
            Self::Kernel(kernel) => kernel.iterate(program),
            Self::User(_) => Err("only the kernel has iterators".to_owned()),
        }
    }

    /// How often a program was to run and did not.
    pub fn missed(&self, program: &str) -> u64 {
        match self {
            Self::Kernel(kernel) => kernel.missed(program),
            Self::User(_) => 0,
        }
    }

    /// Takes everything down that was attached.
    pub fn detach(&mut self) {
        match self {
            Self::Kernel(kernel) => kernel.detach(),
            Self::User(user) => user.stop(),
        }
    }

    /// Takes down the watchpoints at an address.
    pub fn unwatch(&mut self, address: u64) {
        match self {
            Self::Kernel(kernel) => kernel.unwatch(address),
            Self::User(_) => {}
        }
    }

    /// Lets the child run that was held until now.
    pub fn release(&mut self) -> Result<(), String> {
        match self {
            Self::Kernel(kernel) => kernel.release(),
            Self::User(user) => user.release(),
        }
    }

    /// Whether the run is that of a command.
    pub fn runs_command(&self) -> bool {
        match self {
            Self::Kernel(kernel) => kernel.runs_command(),
            Self::User(user) => user.runs_command(),
        }
    }

    /// Records that were lost between program and reader.
    pub fn lost(&self) -> u64 {
        match self {
            Self::Kernel(kernel) => kernel.lost(),
            Self::User(_) => 0,
        }
    }

    /// What processes mapped that could not be recorded: names of their addresses may be missing.
    pub fn lost_mappings(&self) -> u64 {
        match self {
            Self::Kernel(kernel) => kernel.lost_mappings(),
            Self::User(_) => 0,
        }
    }

    /// A number in `.bss`.
    pub fn data(&self, offset: usize) -> Option<u64> {
        match self {
            Self::Kernel(kernel) => kernel.data(offset),
            Self::User(user) => user.data(offset),
        }
    }

    /// Writes a number to `.bss`.
    pub fn set_data(&mut self, offset: usize, value: u64) {
        match self {
            Self::Kernel(kernel) => kernel.set_data(offset, value),
            Self::User(user) => user.set_data(offset, value),
        }
    }

    /// `CLOCK_BOOTTIME`, in nanoseconds.
    pub fn boot_ns(&self) -> u64 {
        u64::try_from(osmia_sys::now(osmia_sys::Clock::Boottime).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Nanoseconds since 1970.
    pub fn now(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}
