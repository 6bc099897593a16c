//! A checked script becomes IR, a schema for its readers and a plan of attachments.
//!
//! Each probe becomes one function (a program); loops that the kernel turns add callbacks, stacks a function that keeps them, and
//! histograms a shared subprogram.
//!
//! # What user space finds in the object
//! * `events`: the ring buffer (or perf event array, see [`Transport`]); there only if something is sent.
//! * `.bss` variable `lost_events` (`u64` for each probe of the plan): records that found no room, and `lost_stacks` (the
//!   same): stacks whose place another one had, and that could not be kept elsewhere.
//! * `.bss` variable `spilled` (`u64` for each map of [`osmia_event::Schema::maps`], in that order): numbers of aggregations
//!   that found no room and were sent to the reader ([`osmia_event::Verb::Spill`]). What of them does not arrive is lost.
//!   There only if a map's size is not the script's own. `unseen` (the same): those of maps that the script looks into.
//! * `.bss` variable `trouble_N`: how often trouble N ([`osmia_event::Schema::troubles`]) has happened, and what the helper
//!   returned. Updates that failed are among them.
//! * `.bss` variable `start_ns` (`u64`): `CLOCK_BOOTTIME` when the script began. User space writes it before the first
//!   program runs. There only if `elapsed` is used.
//! * `.bss` variable `boot_to_wall_ns` (`u64`): what makes `CLOCK_BOOTTIME` nanoseconds since 1970 when it is added. User
//!   space writes it before the first program runs. There only if `tseries` is used.
//! * `.bss` variable `exited` (`u64`): 0, or once `exit(code)` was called 2^32 and the code's low 32 bits. Programs leave at
//!   once then. There only if `exit` is used.
//! * `AT_x`: the script's map `@x` (`AT_` is `@`), as a map or as a variable of `.bss`
//!   ([`osmia_event::Storage::Global`]).
//! * `stack_LIMIT`: stack traces of so many frames; `stack_LIMIT_kept`: those that the program keeps itself
//!   ([`osmia_event::kept`]).
//! * `scratch`: memory for values that the stack has no room for, one element per program.
//!
//! # What older kernels lose
//! Features that nobody has asked for ([`osmia_abi::Answer::Unknown`]) are taken to be there. Without
//! `bpf_map_lookup_percpu_elem` (5.19) an aggregation that is read as a number in the kernel is this processor's part only.
//! Without hash maps that make elements late (6.1), stacks whose place another one has are lost; without `bpf_loop` (5.17) the
//! verifier has to find the end of every loop.
mod addresses;
mod aggregate;
mod builtin;
mod counted;
mod cx;
mod expr;
mod external;
mod flow;
mod functions;
mod globals;
mod helpers;
mod kept;
mod local_types;
mod loops;
mod maps;
mod memory;
mod names;
mod objects;
mod remote;
mod send;
mod sequence;
mod series;
mod spill;
mod stacks;
mod stmt;
mod system_calls;
mod text;
mod trouble;
mod types;
mod unwind;
mod user;
mod walk;
mod words;

use crate::plan::Plan;
use crate::typed;
use osmia_base::{Diagnostic, Source};
use osmia_event::Schema;
use osmia_ir::Module;
use osmia_object::Target;

/// What is decided outside of the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LowerOptions {
    /// `-p PID`: kernel probes do nothing for other processes.
    pub pid: Option<u32>,
    /// The reader's pid namespace, as device and inode of `/proc/self/ns/pid`, where it is not the initial one.
    pub pid_namespace: Option<(u64, u64)>,
    /// `-c`: the child's process id, the value of `cpid`.
    pub cpid: Option<u32>,
    /// How records are sent.
    pub transport: Transport,
    /// `-k`: reads that fail, of memory and of map elements that are not there, are told to the reader.
    pub report_failures: bool,
    /// The map of the script that is the clock of time series (nanoseconds since 1970), for tests that wind it by hand.
    pub clock_map: Option<String>,
}

/// How records reach their reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// By ring buffer where the target has it.
    #[default]
    Best,
    /// By one ring buffer for all processors.
    Ringbuf,
    /// By one perf buffer for each processor. The raw sample is the record.
    PerfBuffer,
}

/// What becomes of a script.
#[derive(Debug)]
pub struct Lowered {
    /// The code.
    pub module: Module,
    /// How to read what it sends and stores.
    pub schema: Schema,
    /// What is attached where.
    pub plan: Plan,
}

/// Lowers a checked script.
pub fn lower(
    program: &typed::Program,
    source: &Source,
    target: &Target,
    options: &LowerOptions,
) -> Result<Lowered, Diagnostic> {
    let mut cx = cx::Cx::new(program, source, target, options)?;
    cx.programs(program)?;
    cx.finish()
}
