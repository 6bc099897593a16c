//! A script that runs: records are read as they come, and what they ask for is done.
//!
//! The loop sleeps until something happens: records, a signal, the end of a process. Only where the script has places at
//! which something can go wrong, or where there are losses to tell, it also wakes by the clock ([`TICK`]), since programs
//! count these and send nothing.
use crate::capture::Captures;
use crate::ledger::LostEvents;
use crate::output::Output;
use crate::world::{Asked, World};
use osmia_event::{
    Aggregation, Cell, Format, Lookup, Missing, Record, Schema, Spilled, Stream, Table, Value, Verb,
};
use osmia_render::{Message, Origin};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long what went wrong may wait until it is told.
const TICK: Duration = Duration::from_millis(200);

/// So many records are read before somebody looks for signals.
const BURST: usize = 1 << 16;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `exit()`, with its code.
    Exit(i32),
    /// Somebody asked: Ctrl-C, SIGTERM.
    Signal(i32),
    /// The child of `-c`, or the process of `-p`, is gone.
    Gone,
    /// All probes ran once, and there are no others.
    Done,
    /// Nobody listens to the output any more.
    Closed,
}

/// What a reader needs while it reads.
pub struct Session<'a> {
    /// How to read.
    pub schema: &'a Schema,
    /// Where the programs run.
    pub world: &'a mut World,
    /// Where words go.
    pub output: &'a mut Output,
    /// What the reader does and does not do.
    pub choices: Choices,
    /// Maps that `zero()` was applied to and `clear()` was not: they are printed even where nothing tells them from unused
    /// ones.
    zeroed: Vec<bool>,
    /// What found no room in the kernel's maps.
    pub spilled: Spilled,
    /// What packets are written to.
    captures: Captures,
    /// Where the programs say that `exit()` was called.
    pub exited: Option<usize>,
    /// After this time no commands are run any more: somebody wants the run to end.
    pub hurry: Option<Instant>,
    /// Commands that were not run for that.
    pub left_out: u64,
    /// What was told of each trouble.
    told: Vec<Told>,
    /// What was told of events that were lost.
    pub(crate) lost: LostEvents,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("output", &self.output)
            .field("choices", &self.choices)
            .finish_non_exhaustive()
    }
}

/// What was told of a trouble.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// How often it is said to have happened.
    times: u64,
    /// Whether anything was said.
    said: bool,
}

/// What the reader does and does not do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Say nothing of warnings.
    pub no_warnings: bool,
    /// At most so many bytes of a file for `cat()`.
    pub max_cat_bytes: u32,
}

impl<'a> Session<'a> {
    /// A reader that has read nothing yet.
    pub fn new(schema: &'a Schema, world: &'a mut World, output: &'a mut Output, choices: Choices) -> Self {
        let zeroed = vec![false; schema.maps.len()];
        Self {
            schema,
            world,
            output,
            choices,
            zeroed,
            spilled: Spilled::default(),
            captures: Captures::default(),
            exited: None,
            hurry: None,
            left_out: 0,
            told: vec![Told::default(); schema.troubles.len()],
            lost: LostEvents::default(),
        }
    }

    /// Reads until something ends the run.
    pub fn watch(&mut self) -> io::Result<End> {
        loop {
            if let Some(end) = self.read(true)? {
                return Ok(end);
            }
            self.output.pause()?;
            match self.world.wait(self.tick()) {
                Asked::Records => {}
                Asked::Signal(number) => return Ok(End::Signal(number)),
                Asked::Gone => return Ok(self.drain()?.unwrap_or(End::Gone)),
                Asked::Silence => self.hint()?,
                Asked::Nothing => return Ok(self.drain()?.unwrap_or(End::Done)),
                Asked::Broken(why) => return Err(io::Error::other(why)),
            }
        }
    }

    /// How long to sleep at most.
    fn tick(&self) -> Option<Duration> {
        let untold = self.told.iter().any(|told| !told.said) || self.lost.untold(self.world) > 0;
        untold.then_some(TICK)
    }

    /// Reads what there is; `Some` where a record ended the run.
    pub fn drain(&mut self) -> io::Result<Option<End>> {
        self.read(false)
    }

    /// The same. Records may come as fast as they are read: `heed` says to look for signals meanwhile.
    pub fn read(&mut self, heed: bool) -> io::Result<Option<End>> {
        let mut unheeded = 0;
        loop {
            let (handled, pending) = self.burst()?;
            unheeded += handled;
            self.tell_losses()?;
            // Looking costs a system call: one for many records, or for one that asks for more than to say something.
            let look = heed && (pending.is_some() || unheeded >= BURST);
            if look && let Some(number) = self.world.interrupted() {
                if let Some(record) = pending {
                    self.act(&record)?;
                }
                return Ok(Some(End::Signal(number)));
            }
            if look {
                unheeded = 0;
            }
            match pending {
                Some(record) => {
                    if let Some(end) = self.act(&record)? {
                        return Ok(Some(end));
                    }
                }
                None if handled == 0 => {
                    self.tell_troubles()?;
                    return Ok(self.lost_exit());
                }
                None => {}
            }
        }
    }

    /// `exit()` of which the record was lost.
    fn lost_exit(&self) -> Option<End> {
        let word = self.exited.and_then(|offset| self.world.data(offset)).filter(|word| *word != 0)?;
        Some(End::Exit(word as i32))
    }

    /// Reads records that only say something, up to one that asks for more. That one is returned.
    fn burst(&mut self) -> io::Result<(usize, Option<Record>)> {
        let mut pending = None;
        let mut failure = None;
        let mut handled = 0;
        let (schema, output, choices) = (self.schema, &mut *self.output, self.choices);
        let (spilled, captures) = (&mut self.spilled, &mut self.captures);
        let now = self.world.now();
        let mut see = |bytes: &[u8], lookup: &mut dyn Lookup| {
            if keep(spilled, schema, bytes) {
                return ControlFlow::Continue(());
            }
            if let Some(packet) = osmia_event::packet(schema, bytes) {
                let wall = lookup.boot_time_to_wall(packet.boot_ns).unwrap_or(now);
                if let Err(why) = captures.write(&packet, wall) {
                    failure = output.note(&format!("ERROR: {why}")).err();
                }
                return if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            }
            if let Some((format, stream)) = printf_of(schema, bytes) {
                match output.print_record(format, stream, bytes, lookup) {
                    Ok(true) => return ControlFlow::Continue(()),
                    Ok(false) => {}
                    Err(error) => {
                        failure = Some(error);
                        return ControlFlow::Break(());
                    }
                }
            }
            let record = match schema.decode(bytes) {
                Ok(record) => record,
                Err(error) => {
                    failure = output.note(&format!("WARNING: a record could not be read: {error}")).err();
                    return if failure.is_some() {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    };
                }
            };
            let stream = &schema.streams[record.stream];
            if acts(&stream.verb) {
                let values = record.values.into_iter().map(|value| value.resolve(lookup)).collect();
                pending = Some(Record { stream: record.stream, values });
                return ControlFlow::Break(());
            }
            if choices.no_warnings && matches!(stream.verb, Verb::Warnf(_)) {
                return ControlFlow::Continue(());
            }
            let values: Vec<Value> = record.values.into_iter().map(|value| value.resolve(lookup)).collect();
            let said = Message::of(stream, &values, now, &output.style)
                .map_or(Ok(()), |message| output.say(&message));
            match said {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        self.world.records(|bytes, lookup| {
            handled += 1;
            let flow = see(bytes, lookup);
            if handled < BURST { flow } else { ControlFlow::Break(()) }
        });
        match failure {
            Some(error) => Err(error),
            None => Ok((handled, pending)),
        }
    }

    /// Does what a record asks for.
    fn act(&mut self, record: &Record) -> io::Result<Option<End>> {
        let schema = self.schema;
        let stream = &schema.streams[record.stream];
        match &stream.verb {
            Verb::Exit => {
                let code = record.values.first().and_then(Value::bits).unwrap_or(0);
                return Ok(Some(End::Exit(code as i32)));
            }
            Verb::PrintMap { map, top, div } => {
                // Of buckets there are none before something is counted.
                let buckets = self.schema.maps[*map].value.buckets().is_some();
                let missing = if buckets { Missing::Omit } else { Missing::Zero };
                let table = self.table(*map, missing)?;
                self.print(table.top(*top).divided(*div))?;
            }
            Verb::PrintEntry { map } => {
                let table = self.raw_table(*map, Missing::Zero)?;
                if let Some(key) = record.values.first() {
                    let table = table.only(key);
                    // What is a record is shown as a value, without its key; the others have no form outside their map.
                    if matches!(schema.maps[*map].value, Aggregation::Stats { .. }) {
                        let entry = table.entries.into_iter().next();
                        let cell = entry.map_or(Cell::NO_STATS, |entry| entry.cell);
                        self.output.say(&Message::Value(cell.record().unwrap_or(Value::None)))?;
                    } else {
                        let table = self.world.resolve(table);
                        self.print(table)?;
                    }
                }
            }
            Verb::Clear { map } => {
                self.zeroed[*map] = false;
                self.spilled.clear(*map);
                self.world.clear(&schema.maps[*map]);
            }
            Verb::Zero { map } => {
                self.zeroed[*map] = true;
                self.spilled.zero(*map);
                self.world.zero(&schema.maps[*map]);
            }
            Verb::Unwatch => {
                if let Some(address) = record.values.first().and_then(Value::bits) {
                    self.world.unwatch(address);
                }
            }
            Verb::Cat(format) => {
                let path = osmia_render::printf(format, &record.values, &self.output.style);
                self.cat(&String::from_utf8_lossy(&path))?;
            }
            Verb::System(_) if self.hurry.is_some_and(|until| Instant::now() > until) => self.left_out += 1,
            Verb::System(format) => {
                let command = osmia_render::printf(format, &record.values, &self.output.style);
                self.system(&String::from_utf8_lossy(&command))?;
            }
            _ => {}
        }
        Ok(None)
    }

    /// Tells how many events were lost since that was told.
    fn tell_losses(&mut self) -> io::Result<()> {
        let due = self.lost.due(self.world);
        due.map_or(Ok(()), |count| self.output.say(&Message::Lost(count)))
    }

    /// Tells what went wrong, the first time that it does.
    fn tell_troubles(&mut self) -> io::Result<()> {
        self.tell(|times, told| times > told.times && !told.said)
    }

    /// Tells how often it went wrong, of what happened more than once: at the end.
    pub fn repeated_troubles(&mut self) -> io::Result<()> {
        self.tell_troubles()?;
        self.tell(|times, told| times > told.times && told.said)
    }

    /// What happened until now is not told: it was another reader's.
    pub fn skip_troubles(&mut self) {
        for (trouble, told) in self.schema.troubles.iter().zip(&mut self.told) {
            told.times = self.world.data(trouble.counter as usize).unwrap_or(0);
        }
    }

    /// Tells of those troubles that happened so often and of which so much was told.
    fn tell(&mut self, wanted: impl Fn(u64, &Told) -> bool) -> io::Result<()> {
        if self.choices.no_warnings {
            return Ok(());
        }
        for (trouble, told) in self.schema.troubles.iter().zip(&mut self.told) {
            let word = |index: usize| self.world.data(trouble.counter as usize + 8 * index).unwrap_or(0);
            let times = word(0);
            if wanted(times, told) {
                // The first time is told as such, however often it has happened meanwhile.
                let shown = if told.said { times } else { 1 };
                *told = Told { times: shown, said: true };
                self.output.say(&Message::of_trouble(trouble, word(1).cast_signed(), shown))?;
            }
        }
        Ok(())
    }

    fn raw_table(&mut self, map: usize, missing: Missing) -> io::Result<Table> {
        let schema = &self.schema.maps[map];
        let missing = if self.zeroed[map] { Missing::Zero } else { missing };
        let mut raw = self.world.entries(schema)?;
        self.spilled.add_to(schema, map, &mut raw);
        osmia_event::table(schema, &raw, missing)
            .map_err(|error| io::Error::other(format!("{}: {error}", schema.name)))
    }

    fn table(&mut self, map: usize, missing: Missing) -> io::Result<Table> {
        let table = self.raw_table(map, missing)?;
        Ok(self.world.resolve(table))
    }

    fn print(&mut self, table: Table) -> io::Result<()> {
        self.output.say(&Message::Table(table))
    }

    /// All maps, at the end.
    pub fn print_maps(&mut self) -> io::Result<()> {
        for map in 0..self.schema.maps.len() {
            let table = self.table(map, Missing::Omit)?;
            self.print(table)?;
        }
        Ok(())
    }

    fn cat(&mut self, path: &str) -> io::Result<()> {
        match read_at_most(path, self.choices.max_cat_bytes.into()) {
            Ok(text) => self.output.say(&Message::text(Origin::Cat, text)),
            Err(error) => {
                // The words of the C library, without the number that Rust puts behind them.
                let why = error.to_string();
                let why = why.split(" (os error").next().unwrap_or_default();
                self.output.note(&format!("ERROR: failed to open file '{path}' ({why})"))
            }
        }
    }

    fn system(&mut self, command: &str) -> io::Result<()> {
        self.output.pause()?;
        match run_shell(command) {
            Ok((said, status)) => {
                self.output.say(&Message::text(Origin::System, said))?;
                match status.code() {
                    Some(0) => Ok(()),
                    Some(code) => self.output.note(&format!("ERROR: command exited with code {code}")),
                    None => self.output.note(&format!("ERROR: command ended by {status}")),
                }
            }
            Err(error) => self.output.note(&format!("ERROR: system(): {error}")),
        }
    }

    fn hint(&mut self) -> io::Result<()> {
        if self.output.silent() {
            self.output.note(
                "Nothing has happened for five seconds: still tracing, Ctrl-C ends it and prints the maps.",
            )
        } else {
            Ok(())
        }
    }
}

/// Runs a command; what it said, on standard output and standard error in the order that it said it, and how it ended.
fn run_shell(command: &str) -> io::Result<(Vec<u8>, ExitStatus)> {
    let (mut ours, theirs) = io::pipe()?;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(theirs.try_clone()?).stderr(theirs);
    let mut child = shell.spawn()?;
    // Its ends of the pipe are closed here, so that reading ends with it.
    drop(shell);
    let mut said = Vec::new();
    ours.read_to_end(&mut said)?;
    Ok((said, child.wait()?))
}

/// Takes a record that is about what maps had no room for; false for all others.
fn keep(spilled: &mut Spilled, schema: &Schema, bytes: &[u8]) -> bool {
    match schema.stream_of(bytes).map(|stream| &stream.verb) {
        Some(Verb::Spill { map }) => spilled.take(schema, *map, bytes),
        Some(Verb::Forget { map }) => {
            spilled.forget(schema, *map, bytes);
            true
        }
        _ => false,
    }
}

/// The format and stream of a record of `printf()`.
fn printf_of<'a>(schema: &'a Schema, record: &[u8]) -> Option<(&'a Format, &'a Stream)> {
    let stream = schema.stream_of(record)?;
    match &stream.verb {
        Verb::Printf(format) => Some((format, stream)),
        _ => None,
    }
}

/// Whether a record asks for more than to say something.
const fn acts(verb: &Verb) -> bool {
    !matches!(
        verb,
        Verb::Printf(_) | Verb::Errorf(_) | Verb::Warnf(_) | Verb::Time(_) | Verb::Join(_) | Verb::Print
    )
}

fn read_at_most(path: &str, limit: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut text = Vec::new();
    std::fs::File::open(path)?.take(limit).read_to_end(&mut text)?;
    Ok(text)
}
