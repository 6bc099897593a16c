//! The world of the running kernel: what is loaded and attached there, read from here.
mod backlog;
mod failure;
mod maps;
mod places;

pub(crate) use failure::LoadFailure;

use crate::child::{Child, Watched};
use crate::names::Names;
use crate::run::RunOptions;
use crate::stacks::{self, Stacks};
use crate::unwind::Unwinder;
use crate::world::{Asked, Ran, Refused, See};
use backlog::{Backlog, run_beside};
use osmia_abi::Feature;
use osmia_event::{Lookup, Schema};
use osmia_lang_trace::typed::{Config, MissingProbes};
use osmia_lang_trace::{Plan, PlannedProbe, Provider};
use osmia_loader::{Arrival, AttachOptions, Attachment, Globals, LoadOptions, Loaded, LoadedProgram, Stream};
use osmia_object::{Attach, Image};
use osmia_sys::{Interest, Poller, SignalFd};
use places::{left_out, spots};
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

/// Signals that end a run: SIGINT, SIGTERM, SIGHUP.
pub(crate) const ENDING: &[i32] = &[2, 15, 1];

/// The signal of `self:signal:SIGUSR1`.
pub(crate) const OWN_SIGNAL: i32 = 10;

/// After so long without a word a person is told that all is well.
const SILENCE: Duration = Duration::from_secs(5);

/// Pages of each processor's buffer, where the kernel has no ring buffer.
const PERF_PAGES: usize = 64;

/// What [`Poller`] calls what it waits for.
const RECORDS: u64 = 0;
const SIGNALS: u64 = 1;
const PROCESS: u64 = 2;

/// A script in the kernel.
#[derive(Debug)]
pub struct Kernel {
    loaded: Loaded,
    attached: Vec<(String, Attachment)>,
    missed: BTreeMap<String, u64>,
    stream: Option<Stream>,
    /// Packets, which the kernel writes to no other kind of buffer.
    packets: Option<Stream>,
    /// What watches an address, apart, for scripts may take it down.
    watched: Vec<(u64, String, Attachment)>,
    globals: Option<Globals>,
    poller: Option<Poller>,
    signals: Option<SignalFd>,
    names: Names,
    processes: Watched,
    backlog: Backlog,
    lost: u64,
    silent_until: Option<Instant>,
    options: AttachOptions,
    /// Probes that a signal runs.
    own: Vec<PlannedProbe>,
}

impl Kernel {
    /// Loads an image; the verifier keeps a log of so much.
    pub(crate) fn load(mut image: Image, log_level: u32) -> Result<Self, LoadFailure> {
        stacks::fit(&mut image);
        let options = LoadOptions { log_level, ..LoadOptions::default() };
        let loaded = osmia_loader::load(&image, &options).map_err(LoadFailure)?;
        let globals = loaded.map(".bss").and_then(|map| Globals::new(&map.fd).ok());
        let stream = loaded.map("events").and_then(|map| Stream::open(&map.fd, PERF_PAGES).ok());
        let packets = loaded.map("packets").and_then(|map| Stream::open(&map.fd, PERF_PAGES).ok());
        let names = Names::new(Stacks::of(&loaded), Unwinder::of(&loaded));
        Ok(Self {
            loaded,
            attached: Vec::new(),
            missed: BTreeMap::new(),
            stream,
            packets,
            watched: Vec::new(),
            globals,
            poller: None,
            signals: None,
            names,
            processes: Watched::default(),
            backlog: Backlog::default(),
            lost: 0,
            silent_until: None,
            options: AttachOptions::default(),
            own: Vec::new(),
        })
    }

    /// Says which processes end the run, and whether a person is watching.
    pub(crate) fn watch(
        &mut self,
        child: Option<Child>,
        options: &RunOptions,
        missing: &[Feature],
    ) -> Result<(), String> {
        self.processes = Watched::new(child, options.pid)?;
        self.options.without_kprobe_multi = missing.contains(&Feature::KprobeMulti);
        self.options.without_uprobe_multi = missing.contains(&Feature::UprobeMulti);
        if let Some(unwinder) = self.names.unwinder() {
            for pid in options.pid.iter().chain(&options.dwarf_pids) {
                unwinder.watch(*pid)?;
            }
            if let Some(child) = &self.processes.child {
                unwinder.expect(child.pid());
            } else if unwinder.is_idle() {
                return Err(
                    "dw_ustack requires a target process. Use -p, -c, or --dwarf-pid to specify one.".into(),
                );
            }
        }
        self.silent_until = options.interactive.then(|| Instant::now() + SILENCE);
        Ok(())
    }

    /// Sees to it that all names can be told that the script prints.
    pub(crate) fn prepare_names(&mut self, schema: &Schema, config: &Config) {
        self.names.record(schema, config);
    }

    /// What the verifier said of each program.
    pub(crate) fn logs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.loaded.programs.iter().map(|program| (program.name.as_str(), program.log.as_str()))
    }

    /// Runs a program once, by request.
    pub fn run(&mut self, probe: &PlannedProbe) -> Result<Ran, String> {
        let program = self.loaded.program(&probe.program).ok_or_else(|| missing(&probe.program))?;
        let start = Instant::now();
        let ran = match &mut self.stream {
            Some(stream) if probe.loops => run_beside(program, stream, &mut self.backlog, &mut self.lost),
            _ => osmia_loader::run_once(program),
        };
        let ran = ran.map_err(|error| error.to_string())?;
        // The kernel tells of packet programs only how long they took.
        Ok(Ran { returned: ran.returned.into(), duration: start.elapsed() })
    }

    /// Runs the program of a benchmark so many times in a row.
    pub fn repeat(&mut self, probe: &PlannedProbe, times: u32) -> Result<Ran, String> {
        let program = self.loaded.program(&probe.program).ok_or_else(|| missing(&probe.program))?;
        let ran = osmia_loader::run_many(program, times).map_err(|error| error.to_string())?;
        Ok(Ran { returned: ran.returned.into(), duration: ran.duration })
    }

    /// Attaches everything that is to be attached, side by side.
    pub fn attach(&mut self, plan: &Plan, missing: MissingProbes) -> Result<Vec<String>, Refused> {
        self.own = plan.of(Provider::Own).cloned().collect();
        // From now on a signal ends the run in good order: the kernel leaks uprobes of a process that dies while it
        // attaches them.
        self.signals = SignalFd::new(&self.awaited()).ok();
        let mut notes = Vec::new();
        let mut wanted = Vec::new();
        for probe in &plan.probes {
            let Some(program) = self.loaded.program(&probe.program) else { continue };
            wanted.extend(spots(probe).into_iter().map(|spot| (probe, program, spot)));
        }
        let mut refused = None;
        let meeting: Vec<&Attach> = wanted.iter().map(|(.., spot)| &spot.place).collect();
        for round in crate::order::rounds(&meeting) {
            let round: Vec<_> = round.into_iter().map(|index| &wanted[index]).collect();
            let requests: Vec<_> = round
                .iter()
                .map(|(_, program, spot)| (*program, &spot.place, spot.options(&self.options)))
                .collect();
            for (answer, (probe, _, spot)) in osmia_loader::attach_each(&requests).into_iter().zip(round) {
                match answer {
                    Ok(attachment) => {
                        notes.extend(left_out(probe, &attachment));
                        let program = probe.program.clone();
                        match &spot.place {
                            Attach::Breakpoint { address, .. } => {
                                self.watched.push((*address, program, attachment));
                            }
                            _ => self.attached.push((program, attachment)),
                        }
                    }
                    Err(error) => {
                        let why = error.kind.to_string();
                        let failed = Refused { span: probe.span, probe: probe.name.clone(), why };
                        match missing {
                            MissingProbes::Error => drop(refused.get_or_insert(failed)),
                            MissingProbes::Warn => notes.push(failed.warning()),
                            MissingProbes::Ignore => {}
                        }
                    }
                }
            }
            if refused.is_some() {
                break;
            }
        }
        if refused.is_none() && !self.attached.is_empty() {
            self.names.survey();
        }
        refused.map_or(Ok(notes), Err)
    }

    /// Takes everything down.
    pub fn detach(&mut self) {
        let mut attached = std::mem::take(&mut self.attached);
        let watched = std::mem::take(&mut self.watched);
        attached.extend(watched.into_iter().map(|(_, program, attachment)| (program, attachment)));
        self.take_down(attached);
    }

    /// Takes down what watches an address.
    pub fn unwatch(&mut self, address: u64) {
        let (gone, watched): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.watched).into_iter().partition(|(at, ..)| *at == address);
        self.watched = watched;
        self.take_down(gone.into_iter().map(|(_, program, attachment)| (program, attachment)).collect());
    }

    /// Detaches side by side; what each program missed is counted before.
    fn take_down(&mut self, attached: Vec<(String, Attachment)>) {
        for (program, attachment) in &attached {
            *self.missed.entry(program.clone()).or_default() += attachment.missed_events();
        }
        osmia_loader::detach_all(attached.into_iter().map(|(_, attachment)| attachment).collect());
    }

    /// How often a program was to run and did not.
    pub fn missed(&self, program: &str) -> u64 {
        let recursion = self.loaded.program(program).map_or(0, LoadedProgram::recursion_misses);
        recursion + self.missed.get(program).copied().unwrap_or(0)
    }

    /// Lets the child run.
    pub fn release(&mut self) -> Result<(), String> {
        let Some(child) = &mut self.processes.child else { return Ok(()) };
        let refused = |error| format!("the command of -c does not start: {error}");
        let Some(unwinder) = self.names.unwinder() else { return child.0.release().map_err(refused) };
        // What loads its libraries is known before it runs, and these before it begins.
        let stopped = child.0.release_to_program().map_err(refused)?;
        let made = unwinder.watch(child.pid()).and_then(|()| {
            stopped.run_to_entry().map_err(refused)?;
            unwinder.watch(child.pid())
        });
        stopped.go_on().map_err(refused)?;
        made
    }

    /// Whether the run is that of a command.
    pub fn runs_command(&self) -> bool {
        self.processes.is_commanded()
    }

    /// Hands out records in order.
    pub fn records(&mut self, see: &mut See<'_>) {
        self.names.follow();
        let (names, lost) = (&mut self.names, &mut self.lost);
        while let Some(record) = self.backlog.take() {
            if see(record, names).is_break() {
                return;
            }
        }
        for kept in [&mut self.packets, &mut self.stream] {
            let Some(stream) = kept else { continue };
            let mut stopped = false;
            let consumed = stream.consume(|arrival| {
                let on = match arrival {
                    Arrival::Record(bytes) => see(bytes, names),
                    Arrival::Lost(count) => {
                        *lost += count;
                        ControlFlow::Continue(())
                    }
                };
                stopped = on.is_break();
                on
            });
            // A ring that cannot be read any more has nothing more to say.
            if consumed.is_err() {
                *kept = None;
            }
            if stopped {
                return;
            }
        }
    }

    /// Sleeps until there is something to do, or for so long.
    pub fn wait(&mut self, tick: Option<Duration>) -> Asked {
        if self.poller.is_none() {
            match self.prepare() {
                Ok(poller) => self.poller = Some(poller),
                Err(error) => return Asked::Broken(error.to_string()),
            }
        }
        let Some(poller) = &self.poller else { return Asked::Nothing };
        let now = Instant::now();
        let silence = self.silent_until.map(|until| until.saturating_duration_since(now));
        let ready = match poller.wait(silence.into_iter().chain(tick).min()) {
            Ok(ready) => ready,
            Err(osmia_sys::Errno::EINTR) => return Asked::Records,
            Err(error) => return Asked::Broken(error.to_string()),
        };
        if ready.is_empty() {
            // It was the clock, or being stopped and continued, that ended the waiting.
            let silent = self.silent_until.take_if(|until| *until <= Instant::now());
            return silent.map_or(Asked::Records, |_| Asked::Silence);
        }
        if ready.iter().any(|ready| ready.token == SIGNALS)
            && let Some(Ok(Some(signal))) = self.signals.as_ref().map(SignalFd::take)
        {
            return self.signalled(signal);
        }
        if ready.iter().any(|ready| ready.token == PROCESS) { Asked::Gone } else { Asked::Records }
    }

    /// A signal that ends the run, if one came.
    pub fn interrupted(&mut self) -> Option<i32> {
        let Some(Ok(Some(signal))) = self.signals.as_ref().map(SignalFd::take) else { return None };
        match self.signalled(signal) {
            Asked::Signal(number) => Some(number),
            _ => None,
        }
    }

    /// The signals that mean something to this run.
    fn awaited(&self) -> Vec<i32> {
        let own: &[i32] = if self.own.is_empty() { &[] } else { &[OWN_SIGNAL] };
        [ENDING, own].concat()
    }

    /// A signal that came: it ends the run, or runs the probes that are for it.
    fn signalled(&mut self, signal: i32) -> Asked {
        if signal != OWN_SIGNAL {
            return Asked::Signal(signal);
        }
        let own = self.own.clone();
        let failed = own.iter().find_map(|probe| self.run(probe).err());
        failed.map_or(Asked::Records, Asked::Broken)
    }

    /// Keeps an iterator's link under a path.
    pub fn pin(&self, program: &str, path: &Path) -> Result<(), String> {
        let links = self.attachment(program)?.links().unwrap_or_default();
        let link = links.first().ok_or("it has no link")?;
        osmia_sys::bpf::pin(*link, path).map_err(|error| error.to_string())
    }

    /// A walk of an iterator.
    pub fn iterate(&self, program: &str) -> Result<File, String> {
        self.attachment(program)?.iterate().map_err(|error| error.to_string())
    }

    fn attachment(&self, program: &str) -> Result<&Attachment, String> {
        let found = self.attached.iter().find(|(own, _)| own == program);
        found.map(|(_, attachment)| attachment).ok_or_else(|| format!("{program} is not attached"))
    }

    fn prepare(&mut self) -> Result<Poller, osmia_sys::Errno> {
        let poller = Poller::new()?;
        let signals = match self.signals.take() {
            Some(signals) => signals,
            None => SignalFd::new(&self.awaited())?,
        };
        poller.add(&signals, SIGNALS, Interest::Read)?;
        self.signals = Some(signals);
        for descriptor in self.stream.iter().chain(&self.packets).flat_map(Stream::descriptors) {
            poller.add(&descriptor, RECORDS, Interest::Read)?;
        }
        for descriptor in self.names.descriptors() {
            poller.add(&descriptor, RECORDS, Interest::Read)?;
        }
        for process in self.processes.descriptors() {
            poller.add(process, PROCESS, Interest::Read)?;
        }
        Ok(poller)
    }

    /// Records that the reader was too slow for.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// What processes mapped that could not be recorded.
    pub fn lost_mappings(&self) -> u64 {
        self.names.lost()
    }

    /// Whom to ask for names.
    pub fn lookup(&mut self) -> &mut dyn Lookup {
        self.names.follow();
        &mut self.names
    }
}

fn missing(program: &str) -> String {
    format!("there is no program {program}")
}

/// Descriptors that a caller may wait on besides.
pub(crate) fn add_descriptors(poller: &Poller, stream: &Stream, token: u64) -> Result<(), osmia_sys::Errno> {
    stream
        .descriptors()
        .iter()
        .try_for_each(|descriptor| poller.add(&descriptor.as_fd(), token, Interest::Read))
}
