//! Running a compiled script: load, attach, read, print.
use crate::by_request::ByRequest;
use crate::child::Child;
use crate::choice::{Choice, Mode};
use crate::compile::{CompileError, CompileOptions, Compiled, compile};
use crate::kernel::Kernel;
use crate::ledger::LostEvents;
use crate::output::Output;
use crate::session::{Choices, End, Session};
use crate::user::User;
use crate::world::World;
use osmia_base::Source;
use osmia_lang_trace::{Plan, Provider};
use osmia_object::Image;
use osmia_render::{Loss, LossKind, Message};
use std::io;
use std::time::{Duration, Instant};

/// What running is told besides the script.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Do not say that probes are attached.
    pub quiet: bool,
    /// Tell more.
    pub verbose: bool,
    /// Stop once everything is attached.
    pub dry_run: bool,
    /// Say nothing of warnings.
    pub no_warnings: bool,
    /// End with this process.
    pub pid: Option<u32>,
    /// Run in this process.
    pub user: bool,
    /// A person is watching.
    pub interactive: bool,
    /// Losing anything is an error: the run ends with [`LOSSY`].
    pub strict: bool,
    /// Which probes are run.
    pub choice: Choice,
    /// Print what the kernel's verifier says of each program, and stop once they are loaded.
    pub verifier_log: bool,
    /// `--dwarf-pid`: more processes whose stacks are unwound by DWARF.
    pub dwarf_pids: Vec<u32>,
    /// `--usdt-file-activation`: switch on USDT probes in all processes that have the file mapped.
    pub usdt_file_activation: bool,
}

/// How long commands of `system()` are still run that were asked for before a signal ended the run.
const LAST_COMMANDS: Duration = Duration::from_secs(1);

/// The status of a run that was to lose nothing and did.
pub const LOSSY: u8 = 3;

/// Why a script did not run, in words.
#[derive(Debug)]
pub enum RunError {
    /// It does not fit this machine: what it names is not there.
    Misfit(String),
    /// The machine refused something, or what is written to is gone.
    Broken(String),
}

impl RunError {
    /// What to tell the person.
    pub fn words(&self) -> &str {
        match self {
            Self::Misfit(words) | Self::Broken(words) => words,
        }
    }
}

impl From<String> for RunError {
    fn from(words: String) -> Self {
        Self::Broken(words)
    }
}

/// Runs a script to its end; the status that the process is to leave with.
pub fn run(
    source: &Source,
    how: &CompileOptions,
    mut compiled: Compiled,
    options: &RunOptions,
    child: Option<Child>,
    output: &mut Output,
) -> Result<u8, RunError> {
    options.choice.apply(&mut compiled)?;
    let (compiled, mut world) = if options.user {
        let image = image(source, &compiled)?;
        let made = User::new(&compiled, image).and_then(|mut user| {
            user.watch(child, options.pid)?;
            Ok(user)
        });
        let user = made.map_err(|error| format!("ERROR: {error}\n"))?;
        (compiled, World::User(Box::new(user)))
    } else {
        let (compiled, mut kernel) = start(source, how, compiled, options)?;
        if options.verifier_log {
            for (program, log) in kernel.logs() {
                output.write(format!("{program}:\n{log}\n").as_bytes()).map_err(|error| error.to_string())?;
            }
            return output.finish().map(|()| 0).map_err(|error| error.to_string().into());
        }
        kernel.watch(child, options, &how.missing).map_err(|error| format!("ERROR: {error}\n"))?;
        kernel.prepare_names(&compiled.schema, &compiled.config);
        (compiled, World::Kernel(Box::new(kernel)))
    };
    match conduct(source, &compiled, &mut world, options, output) {
        Ok(status) => Ok(status),
        // Nobody reads any more: everything is taken down, and there is nobody to tell.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(Failure::Output(error)) => Err(format!("ERROR: {error}\n").into()),
        Err(Failure::Words(words)) => Err(words.into()),
    }
}

/// Why a run broke off.
#[derive(Debug)]
enum Failure {
    Output(io::Error),
    Words(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Makes the object fit for the machine; where that cannot be, says which lines of the script are to blame.
fn image(source: &Source, compiled: &Compiled) -> Result<Image, RunError> {
    osmia_object::resolve(&compiled.object, &compiled.target)
        .map_err(|errors| RunError::Misfit(crate::misfit::explain(&errors, &compiled.object, source)))
}

/// Loads; where the kernel refuses because it lacks something, compiles once more without that.
fn start(
    source: &Source,
    how: &CompileOptions,
    compiled: Compiled,
    options: &RunOptions,
) -> Result<(Compiled, Kernel), RunError> {
    let verbose = options.verbose;
    let log = if options.verifier_log { osmia_abi::flags::LOG_LEVEL1 } else { 0 };
    let first = match Kernel::load(image(source, &compiled)?, log) {
        Ok(kernel) => return Ok((compiled, kernel)),
        Err(error) => error,
    };
    let lacking = first.lacking();
    if lacking.is_empty() || how.compiled {
        return Err(first.explain(source, &compiled.plan, verbose).into());
    }
    let mut again = how.clone();
    again.missing.extend(lacking.iter().copied());
    again.lower.transport = crate::compile::transport(&again.missing);
    let mut source = source.clone();
    let mut compiled = match compile(&mut source, &again) {
        Ok(compiled) => compiled,
        Err(CompileError::Script(diagnostics)) => return Err(diagnostics.render(&source).into()),
        Err(CompileError::Machine(message)) => return Err(format!("ERROR: {message}\n").into()),
        Err(CompileError::Words(message)) => return Err(message.into()),
    };
    options.choice.apply(&mut compiled)?;
    match Kernel::load(image(&source, &compiled)?, log) {
        Ok(kernel) => Ok((compiled, kernel)),
        Err(error) => Err(error.explain(&source, &compiled.plan, verbose).into()),
    }
}

/// `begin`, attach, read, `end`, maps.
fn conduct(
    source: &Source,
    compiled: &Compiled,
    world: &mut World,
    options: &RunOptions,
    output: &mut Output,
) -> Result<u8, Failure> {
    let plan = &compiled.plan;
    if let Some(offset) = compiled.variable("start_ns") {
        world.set_data(offset, world.boot_ns());
    }
    if let Some(offset) = compiled.variable("boot_to_wall_ns") {
        world.set_data(offset, osmia_host::boot_to_wall().cast_unsigned());
    }
    if !options.dry_run {
        run_all(world, plan, Provider::Begin, compiled.variable("exited"))?;
    }
    let notes = world
        .attach(plan, compiled.config.missing_probes)
        .map_err(|error| Failure::Words(error.render(source)))?;
    for note in notes.iter().filter(|_| !options.no_warnings) {
        output.note(note)?;
    }
    if options.verbose {
        describe(compiled, output)?;
    }
    let mode = options.choice.mode;
    if !options.quiet && !options.dry_run && mode == Mode::Trace {
        let count: usize = plan.places();
        output.say(&Message::Attached(count as u64))?;
    }
    if std::env::var_os("__BPFTRACE_NOTIFY_PROBES_ATTACHED").is_some() {
        output.write(b"__BPFTRACE_NOTIFY_PROBES_ATTACHED\n")?;
        output.pause()?;
    }
    if options.dry_run {
        return Ok(0);
    }
    world.release().map_err(|error| Failure::Words(format!("ERROR: {error}\n")))?;
    let choices = Choices { no_warnings: options.no_warnings, max_cat_bytes: compiled.config.max_cat_bytes };
    let mut by_request = ByRequest { compiled, world: &mut *world, choices, output: &mut *output };
    let status = match mode {
        Mode::Trace => 0,
        Mode::Test => by_request.tests().map_err(Failure::Words)?,
        Mode::Bench => by_request.benchmarks().map_err(Failure::Words)?,
    };
    let mut session = Session::new(&compiled.schema, world, output, choices);
    session.exited = compiled.variable("exited");
    session.lost = LostEvents::of(compiled);
    let endless = plan.probes.iter().any(|probe| {
        !matches!(
            probe.provider,
            Provider::Begin | Provider::End | Provider::Test | Provider::Bench | Provider::Iter
        )
    });
    // A process of `-p` is not waited for where nothing looks at it; a command is to come to its end.
    let commanded = session.world.runs_command();
    let walked = crate::iterate::walk(&mut session, plan).map_err(Failure::Words)?;
    let waits = mode == Mode::Trace && (endless || (commanded && !walked));
    let end = match session.read(waits)? {
        Some(end) => end,
        None if waits => session.watch()?,
        None => End::Done,
    };
    // What is attached is taken down first: nothing happens any more while the end is told.
    session.world.detach();
    session.exited = None;
    if matches!(end, End::Signal(_)) {
        session.hurry = Some(Instant::now() + LAST_COMMANDS);
    }
    while session.drain()?.is_some() {}
    session.hurry = None;
    run_all(session.world, plan, Provider::End, None)?;
    while session.drain()?.is_some() {}
    let lossy = losses(compiled, &mut session, options)?;
    session.output.say(&Message::End)?;
    if compiled.config.print_maps_on_exit && mode == Mode::Trace {
        session.print_maps()?;
    }
    let lossy = left_out(session.output, options)? || lossy;
    session.output.finish()?;
    Ok(match end {
        _ if lossy && options.strict => LOSSY,
        // What a test leaves with has been counted where it ran.
        End::Exit(code) if mode == Mode::Trace => code as u8,
        End::Exit(_) => status,
        End::Signal(_) | End::Gone | End::Done | End::Closed => status,
    })
}

/// What became of each probe: `-v`.
fn describe(compiled: &Compiled, output: &mut Output) -> io::Result<()> {
    for probe in &compiled.plan.probes {
        let function = compiled.object.functions.values().find(|function| function.name == probe.program);
        let slots: u32 =
            function.map_or(0, |function| function.insns.iter().map(osmia_isa::Insn::slots).sum());
        let places = match probe.places() {
            0 | 1 => String::new(),
            places => format!(" and {} more", places - 1),
        };
        output.note(&format!("{}{places}: program {}, {slots} instructions", probe.name, probe.program))?;
    }
    for map in compiled.object.maps.values() {
        output.note(&format!(
            "map {}: {}, {} entries at most",
            map.name,
            map.kind.name(),
            map.max_entries
        ))?;
    }
    Ok(())
}

/// Runs all blocks of one kind, up to one that calls `exit()` where `exited` is the word that says so.
fn run_all(world: &mut World, plan: &Plan, provider: Provider, exited: Option<usize>) -> Result<(), Failure> {
    for probe in plan.of(provider) {
        world.run(probe).map_err(|error| Failure::Words(format!("ERROR: {}: {error}\n", probe.name)))?;
        if exited.and_then(|offset| world.data(offset)).is_some_and(|word| word != 0) {
            break;
        }
    }
    Ok(())
}

/// What had no place in the form of the output, told once at the end; whether anything had none.
fn left_out(output: &mut Output, options: &RunOptions) -> io::Result<bool> {
    let lines = output.left_out();
    if !options.no_warnings || options.strict {
        lines.iter().try_for_each(|line| output.note(&format!("WARNING: {line}")))?;
    }
    Ok(!lines.is_empty())
}

/// What was lost, told once at the end; whether anything was.
fn losses(compiled: &Compiled, session: &mut Session<'_>, options: &RunOptions) -> io::Result<bool> {
    let mut losses = crate::ledger::losses(compiled, session.world, &session.spilled);
    if session.left_out > 0 {
        losses.push(Loss { kind: LossKind::Events, of: "system()".into(), count: session.left_out });
    }
    let events: u64 = losses.iter().filter(|loss| loss.kind == LossKind::Events).map(|loss| loss.count).sum();
    let untold = events.saturating_sub(session.lost.told());
    if untold > 0 {
        session.output.say(&Message::Lost(untold))?;
    }
    if events > 0 && !options.no_warnings {
        session.output.note(&format!("WARNING: Total lost event count: {events}"))?;
    }
    session.repeated_troubles()?;
    let any = !losses.is_empty();
    if !options.no_warnings || options.strict {
        losses.into_iter().try_for_each(|loss| session.output.say(&Message::Loss(loss)))?;
    }
    Ok(any)
}
