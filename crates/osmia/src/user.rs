//! The world of `--vm`: programs run in this process, fired by clocks that it keeps itself.
use crate::child::{Child, Watched};
use crate::compile::Compiled;
use crate::world::{Asked, Ran, See};
use osmia_event::{Aggregation, Lookup, MapSchema, RawEntry, Storage, Symbol};
use osmia_host::{Cgroups, Users};
use osmia_lang_trace::{PlannedProbe, Provider};
use osmia_object::{Attach, Image, Sample};
use osmia_sys::{Clock, Interest, Poller, SignalFd, now};
use osmia_vm::{Machine, MapId, Options, World as Surroundings};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// More than any program type's context is large.
const CONTEXT: usize = 512;

/// Programs in this process.
#[derive(Debug)]
pub struct User {
    machine: Machine,
    timers: Vec<Timer>,
    /// Records that were taken from the machine and not handed out yet.
    pending: VecDeque<Vec<u8>>,
    poller: Option<(Poller, SignalFd)>,
    names: Names,
    fault: Option<String>,
    /// Programs that a signal runs.
    own: Vec<usize>,
    processes: Watched,
}

/// What ends a sleep before its time.
enum Woken {
    Signal(i32),
    /// A process is gone.
    Gone,
}

/// What the poller calls what it waits for.
const SIGNALS: u64 = 0;
const PROCESS: u64 = 1;

/// A probe that fires again and again.
#[derive(Debug)]
struct Timer {
    program: usize,
    next: Duration,
    every: Duration,
}

impl User {
    /// A machine with the script's programs and maps. Fails for probes that only a kernel has.
    pub fn new(compiled: &Compiled, image: Image) -> Result<Self, String> {
        if let Some(probe) = compiled.plan.probes.iter().find(|probe| !probe.provider.needs_no_kernel()) {
            return Err(format!("{} {KERNEL_ONLY}", probe.name));
        }
        let options = Options { world: surroundings(), ..Options::default() };
        let machine = Machine::new(image, options).map_err(|error| error.to_string())?;
        let mut user = Self {
            machine,
            timers: Vec::new(),
            pending: VecDeque::new(),
            poller: None,
            names: Names::default(),
            fault: None,
            own: Vec::new(),
            processes: Watched::default(),
        };
        user.own = compiled
            .plan
            .of(Provider::Own)
            .filter_map(|probe| user.machine.program(&probe.program))
            .collect();
        for probe in compiled.plan.probes.iter().filter(|probe| probe.provider == Provider::Interval) {
            user.add_timers(probe);
        }
        Ok(user)
    }

    /// Says which processes end the run.
    pub(crate) fn watch(&mut self, child: Option<Child>, pid: Option<u32>) -> Result<(), String> {
        self.processes = Watched::new(child, pid)?;
        Ok(())
    }

    /// Lets the child run.
    pub fn release(&mut self) -> Result<(), String> {
        let Some(child) = &mut self.processes.child else { return Ok(()) };
        child.0.release().map_err(|error| format!("the command of -c does not start: {error}"))
    }

    /// Whether the run is that of a command.
    pub const fn runs_command(&self) -> bool {
        self.processes.is_commanded()
    }

    fn add_timers(&mut self, probe: &PlannedProbe) {
        let Some(program) = self.machine.program(&probe.program) else { return };
        let start = now(Clock::Monotonic);
        for attach in &probe.attach {
            let every = match attach {
                Attach::PerfEvent { sample: Sample::Period(nanoseconds), .. } => {
                    Duration::from_nanos((*nanoseconds).max(1))
                }
                Attach::PerfEvent { sample: Sample::Frequency(times), .. } => {
                    Duration::from_nanos(1_000_000_000 / (*times).max(1))
                }
                _ => continue,
            };
            self.timers.push(Timer { program, next: start + every, every });
        }
    }

    /// Runs a probe's program once. A program that goes wrong ends the run, with the reason.
    pub fn run(&mut self, program: &str) -> Result<Ran, String> {
        self.repeat(program, 1)
    }

    /// Runs a probe's program so many times in a row.
    pub fn repeat(&mut self, program: &str, times: u32) -> Result<Ran, String> {
        let Some(program) = self.machine.program(program) else {
            return Err(format!("there is no program {program}"));
        };
        let start = Instant::now();
        let mut returned = 0;
        for _ in 0..times.max(1) {
            returned = self.fire(program)?;
        }
        Ok(Ran { returned, duration: start.elapsed() / times.max(1) })
    }

    fn fire(&mut self, program: usize) -> Result<u64, String> {
        let world = self.machine.world_mut();
        world.monotonic_ns = nanoseconds(Clock::Monotonic);
        world.boot_ns = nanoseconds(Clock::Boottime);
        world.tai_ns = nanoseconds(Clock::Tai);
        world.jiffies = osmia_host::jiffies();
        let returned = self.machine.run(program, &[0; CONTEXT]).map_err(|fault| fault.to_string())?;
        self.pending.extend(self.machine.take_records().into_iter().map(|record| record.bytes));
        // A program's result is what a kernel would hand out of it: 32 bits.
        Ok(returned & 0xffff_ffff)
    }

    /// Hands out records in order.
    pub fn records(&mut self, see: &mut See<'_>) {
        while let Some(record) = self.pending.pop_front() {
            if see(&record, &mut self.names) == ControlFlow::Break(()) {
                return;
            }
        }
    }

    /// Sleeps until the next timer or a signal, and fires what is due.
    pub fn wait(&mut self) -> Asked {
        if let Some(fault) = self.fault.take() {
            return Asked::Broken(fault);
        }
        let next = self.timers.iter().map(|timer| timer.next).min();
        if next.is_none() && self.own.is_empty() && !self.processes.is_any() {
            return Asked::Nothing;
        }
        let left = next.map(|next| next.saturating_sub(now(Clock::Monotonic)));
        match self.sleep(left) {
            Some(Woken::Signal(signal)) => return self.signalled(signal),
            Some(Woken::Gone) => return Asked::Gone,
            None => {}
        }
        let time = now(Clock::Monotonic);
        for index in 0..self.timers.len() {
            let timer = &mut self.timers[index];
            if timer.next > time {
                continue;
            }
            // Ticks that were slept through are not made up for, as the kernel's are not.
            while timer.next <= time {
                timer.next += timer.every;
            }
            let program = timer.program;
            if let Err(fault) = self.fire(program) {
                return Asked::Broken(fault);
            }
        }
        Asked::Records
    }

    /// A signal that came: it ends the run, or runs the probes that are for it.
    fn signalled(&mut self, signal: i32) -> Asked {
        if signal != crate::kernel::OWN_SIGNAL {
            return Asked::Signal(signal);
        }
        for program in self.own.clone() {
            if let Err(fault) = self.fire(program) {
                return Asked::Broken(fault);
            }
        }
        Asked::Records
    }

    /// From now on signals are seen here, and do what they are for.
    pub(crate) fn await_signals(&mut self) {
        if self.poller.is_none() {
            self.poller = self.prepare().ok();
        }
    }

    fn prepare(&self) -> Result<(Poller, SignalFd), osmia_sys::Errno> {
        let poller = Poller::new()?;
        let own: &[i32] = if self.own.is_empty() { &[] } else { &[crate::kernel::OWN_SIGNAL] };
        let signals = SignalFd::new(&[crate::kernel::ENDING, own].concat())?;
        poller.add(&signals, SIGNALS, Interest::Read)?;
        for process in self.processes.descriptors() {
            poller.add(process, PROCESS, Interest::Read)?;
        }
        Ok((poller, signals))
    }

    /// Sleeps, without an end where none is given; what came meanwhile.
    fn sleep(&mut self, duration: Option<Duration>) -> Option<Woken> {
        self.await_signals();
        let Some((poller, signals)) = &self.poller else {
            std::thread::sleep(duration.unwrap_or(Duration::from_secs(1)));
            return None;
        };
        let ready = poller.wait(duration).unwrap_or_default();
        if ready.iter().any(|ready| ready.token == SIGNALS)
            && let Ok(Some(signal)) = signals.take()
        {
            return Some(Woken::Signal(signal));
        }
        ready.iter().any(|ready| ready.token == PROCESS).then_some(Woken::Gone)
    }

    /// What is in one of the script's maps.
    pub fn entries(&self, map: &MapSchema) -> Vec<RawEntry> {
        let Some(id) = self.id(map) else { return Vec::new() };
        self.machine.entries(id).into_iter().map(|(key, values)| RawEntry { key, values }).collect()
    }

    /// Removes all entries.
    pub fn clear(&mut self, map: &MapSchema) {
        let Some(id) = self.id(map) else { return };
        match map.storage {
            Storage::Global { offset } => {
                let _ = self.machine.write_data(id, offset as usize, &vec![0; global_size(map)]);
            }
            Storage::Hash { .. } | Storage::Array { .. } => self.machine.clear(id),
        }
    }

    /// Sets all values to zero.
    pub fn zero(&mut self, map: &MapSchema) {
        let Some(id) = self.id(map) else { return };
        if let Storage::Global { offset } = map.storage {
            let _ = self.machine.write_data(id, offset as usize, &vec![0; value_size(map)]);
            return;
        }
        for (key, values) in self.machine.entries(id) {
            let zero = vec![0; values.first().map_or(0, Vec::len)];
            let _ = self.machine.update(id, &key, &zero, 0);
        }
    }

    /// A number in a variable of the data section `.bss`.
    pub fn data(&self, offset: usize) -> Option<u64> {
        let id = self.machine.map(".bss")?;
        let bytes = self.machine.read_data(id, offset, 8)?;
        bytes.try_into().ok().map(u64::from_ne_bytes)
    }

    /// Writes a number to a variable of the data section `.bss`.
    pub fn set_data(&mut self, offset: usize, value: u64) {
        if let Some(id) = self.machine.map(".bss") {
            let _ = self.machine.write_data(id, offset, &value.to_ne_bytes());
        }
    }

    /// No timer fires any more.
    pub fn stop(&mut self) {
        self.timers.clear();
    }

    /// Whom to ask for names.
    pub fn lookup(&mut self) -> &mut dyn Lookup {
        &mut self.names
    }

    fn id(&self, map: &MapSchema) -> Option<MapId> {
        self.machine.map(&map.map)
    }
}

/// What is said of a probe that only a kernel can fire.
pub(crate) const KERNEL_ONLY: &str = "cannot fire without the kernel: --vm runs begin, end, interval, self, test and bench probes (run without --vm)";

/// Bytes of a map's value, without what says that it was written.
pub(crate) fn value_size(map: &MapSchema) -> usize {
    match &map.value {
        Aggregation::Value(kind) => kind.size() as usize,
        other => other.size() as usize,
    }
}

/// Bytes of a map in a data section, with what says that it was written.
pub(crate) fn global_size(map: &MapSchema) -> usize {
    value_size(map).next_multiple_of(8) + 8
}

fn nanoseconds(clock: Clock) -> u64 {
    u64::try_from(now(clock).as_nanos()).unwrap_or(u64::MAX)
}

/// This process as programs see it.
fn surroundings() -> Surroundings {
    let pid = std::process::id();
    let seed = nanoseconds(Clock::Monotonic);
    let unknown = Surroundings::default();
    Surroundings {
        monotonic_ns: seed,
        boot_ns: nanoseconds(Clock::Boottime),
        tai_ns: nanoseconds(Clock::Tai),
        random: seed,
        pid,
        tid: pid,
        uid: osmia_sys::process::user(),
        gid: osmia_sys::process::group(),
        comm: "osmia".into(),
        ns_pid: (pid, pid),
        cgroup: osmia_host::own_cgroup().unwrap_or(unknown.cgroup),
        ..unknown
    }
}

/// Names that a run without a kernel can look up.
#[derive(Debug, Default)]
struct Names {
    users: Users,
    cgroups: Cgroups,
}

impl Lookup for Names {
    fn kernel_symbol(&mut self, _address: u64) -> Option<Symbol> {
        None
    }

    fn user_symbol(&mut self, _pid: u32, _address: u64) -> Option<Symbol> {
        None
    }

    fn stack(&mut self, _map: &str, _id: i64) -> Vec<u8> {
        Vec::new()
    }

    fn username(&mut self, uid: u32) -> Option<String> {
        self.users.name(uid).map(str::to_owned)
    }

    fn cgroup_path(&mut self, id: u64, hierarchies: &str) -> Option<String> {
        self.cgroups.path(id, hierarchies)
    }

    fn boot_time_to_wall(&mut self, boot: u64) -> Option<i64> {
        i64::try_from(boot).ok()?.checked_add(osmia_host::boot_to_wall())
    }
}
