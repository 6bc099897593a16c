//! What is known while a script is lowered: the module so far, the probe, the function being written and where its
//! variables are.
mod known;
mod leaving;
mod programs;
mod room;

use super::counted::Counted;
use super::flow::Flow;
use super::globals::{Globals, MapShape};
use super::helpers::Choice;
use super::local_types::LocalTypes;
use super::maps::MapHome;
use super::memory::Fill;
use super::system_calls::CallTable;
use super::types::Types;
use super::{LowerOptions, Lowered, Transport};
use super::{spill, stacks, walk};
use crate::plan::Plan;
use crate::probes::Provider;
use crate::typed::{MapId, Probe, Program, Type};
use osmia_abi::{Answer, Feature, MapType};
use osmia_base::{Diagnostic, Key, Source, Span};
use osmia_event::Schema;
use osmia_ir::{Block, Builder, FunctionId, Loc, Module, Pointee, Slot, Type as Kind, Value};
use osmia_isa::Size;
use osmia_object::Target;
use std::collections::{BTreeSet, HashMap};

/// A pointer to memory that the program may read and write.
pub(super) const MEMORY: Kind = Kind::Ptr(Pointee::Memory);

pub(super) type Result<T> = std::result::Result<T, Diagnostic>;

/// At most so many bytes of a program's stack hold values other than numbers; callbacks have a third of it.
const STACK_LIMIT: u32 = 288;

/// So many map values that were read are known, the latest.
const KNOWN: usize = 64;

/// Memory of the program's own that holds a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) base: Value,
    pub(super) offset: i32,
}

impl Place {
    pub(super) const fn new(base: Value) -> Self {
        Self { base, offset: 0 }
    }

    pub(super) const fn at(self, bytes: u32) -> Self {
        Self { base: self.base, offset: self.offset + bytes as i32 }
    }

    /// What is so many bytes in front of it.
    pub(super) const fn before(self, bytes: u32) -> Self {
        Self { base: self.base, offset: self.offset - bytes as i32 }
    }
}

/// A value that stays the same while a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cached {
    PidTgid,
    InitPidTgid,
    UidGid,
    Task,
    Cpu,
    Cgroup,
    Cookie,
    Scratch,
    /// A pointer that an iterator passes, which is not null.
    Iterated(u16),
    /// Where an iterator's program writes.
    Sequence,
    /// A ForMap callback's own key and value are not cached; this is the frame's context pointer.
    Context,
}

/// A map's value that was read.
#[derive(Clone, Debug)]
struct Known {
    number: u32,
    map: MapId,
    key: String,
    value: Value,
}

/// A text that was read into memory, by the words for what it is.
#[derive(Clone, Debug)]
struct KnownText {
    number: u32,
    name: String,
    place: Place,
    fill: Fill,
}

/// Where a variable is.
#[derive(Clone, Copy, Debug)]
pub(super) enum VarHome {
    /// On this function's stack; a number's slot has 8 bytes.
    Slot(Slot),
    /// In the frame that the program shares with its callbacks.
    Frame(u32),
    /// In scratch memory.
    Scratch(u32),
    /// A loop's key and value, in the memory that the callback was given.
    Pair { key: Place, value: Place },
}

/// A loop around the current statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loop {
    /// Of this function.
    Native { next: Block, done: Block },
    /// Its body is this function.
    Callback,
}

/// A piece of stack that is free again when its statement ends.
#[derive(Clone, Copy, Debug)]
struct Temp {
    slot: Slot,
    size: u32,
    busy: bool,
}

/// The function being written.
#[derive(Debug)]
pub(super) struct Level {
    /// The end of what is done before anything else.
    prologue: Block,
    cache: Vec<(Cached, Value)>,
    /// Map values that were read, and not written since.
    values: Vec<Known>,
    /// Texts that were read in the statements around here.
    texts: Vec<KnownText>,
    /// How many of both were read so far.
    reads: u32,
    pub(super) loops: Vec<Loop>,
    /// Records that are reserved and not sent.
    pub(super) records: Vec<Value>,
    /// Where it goes on after each of them.
    pub(super) after: Vec<Block>,
    /// Bytes of stack in use.
    stack: u32,
    temps: Vec<Temp>,
    /// The shared frame, in a callback.
    frame: Option<Value>,
}

/// Bytes of scratch memory that a program can have: `PCPU_MIN_UNIT_SIZE` of the kernel (`include/linux/percpu.h`), which no value of
/// a per-CPU map may exceed.
const SCRATCH_LIMIT: u32 = 32 << 10;

/// The shared frame's first words.
pub(super) const FRAME_CONTEXT: i32 = 0;
/// Bit 0: whether the program is to be left; above it, what it is to return.
pub(super) const FRAME_RETURNED: i32 = 8;
const FRAME_HEADER: u32 = 16;

/// The probe being lowered.
#[derive(Debug)]
struct Current {
    flow: Flow,
    /// Which loops a variable counts.
    counted: Counted,
    homes: Vec<Option<VarHome>>,
    captured: Vec<bool>,
    /// How variables that hold a pointer hold it.
    pointers: Vec<Kind>,
    /// The shared frame's slot in the program's own function.
    frame: Option<Slot>,
    frame_size: u32,
    /// This program's element of the scratch map.
    scratch: Option<u32>,
    scratch_top: u32,
    /// Below this is what variables and functions have.
    scratch_kept: u32,
    /// The probe's functions that were written.
    functions: Vec<Option<FunctionId>>,
    /// The function that keeps stacks, once one is wanted.
    keeper: Option<FunctionId>,
    /// Words of all stacks that it is asked to keep.
    kept_words: u32,
    /// The system calls that it is for, where it is shown all of them.
    calls: Option<CallTable>,
}

/// Everything.
pub(super) struct Cx<'a> {
    pub(super) program: &'a Program,
    pub(super) source: &'a Source,
    pub(super) target: &'a Target,
    pub(super) options: &'a LowerOptions,
    pub(super) types: Types<'a>,
    pub(super) globals: Globals,
    pub(super) local: LocalTypes,
    pub(super) schema: Schema,
    pub(super) maps: Vec<MapHome>,
    pub(super) hist: Vec<(u8, FunctionId)>,
    /// Bytes in front of a text that a record needs which it is the key of.
    pub(super) text_room: u32,
    /// The troubles of the schema by where they stand.
    pub(super) troubles: HashMap<Span, Vec<usize>>,
    /// What is being lowered.
    pub(super) span: Span,
    /// Whether the script asks how many frames stacks have.
    pub(super) measures_stacks: bool,
    /// Maps that the script looks into.
    pub(super) looked_at: BTreeSet<MapId>,
    /// Whether the script calls `exit()`.
    exits: bool,
    plan: Plan,
    scratch_users: u32,
    scratch_size: u32,
    /// Where it became more than there is.
    scratch_over: Option<Span>,
    pub(super) record_size: u32,
    /// Whether maps that are full send what has no room.
    pub(super) spills: bool,
    pub(super) probe: &'a Probe,
    current: Current,
    pub(super) b: Builder,
    pub(super) f: Level,
    callbacks: usize,
}

/// A probe for the time when there is none.
static NO_PROBE: std::sync::LazyLock<Probe> = std::sync::LazyLock::new(|| Probe {
    provider: Provider::Begin,
    name: String::new(),
    attach: Vec::new(),
    multi: false,
    names: Vec::new(),
    foreign_call: None,
    vars: osmia_base::Arena::new(),
    body: Vec::new(),
    functions: Vec::new(),
    span: Span::default(),
});

impl<'a> Cx<'a> {
    pub(super) fn new(
        program: &'a Program,
        source: &'a Source,
        target: &'a Target,
        options: &'a LowerOptions,
    ) -> Result<Self> {
        let module = Module {
            license: program.config.license.clone(),
            files: source.files().cloned().collect(),
            ..Module::default()
        };
        let mut globals = Globals::new(module);
        let types = Types::new(program, target);
        let local = LocalTypes::new(program, target.btf.as_ref(), &mut globals);
        let mut cx = Self {
            program,
            source,
            target,
            options,
            types,
            globals,
            local,
            schema: Schema::default(),
            maps: Vec::new(),
            hist: Vec::new(),
            text_room: 0,
            troubles: HashMap::new(),
            span: Span::default(),
            measures_stacks: stacks::are_measured(program),
            looked_at: spill::looked_at(program),
            exits: program.probes.iter().any(walk::exits),
            plan: Plan::default(),
            scratch_users: 0,
            scratch_size: 0,
            scratch_over: None,
            record_size: 0,
            spills: false,
            probe: &NO_PROBE,
            current: Current::new(&NO_PROBE),
            b: Builder::new("", "", &[], None),
            f: Level::new(Block::from_index(0)),
            callbacks: 0,
        };
        cx.declare_maps();
        Ok(cx)
    }

    /// The position of the probe being lowered.
    pub(super) fn probe_index(&self) -> usize {
        self.plan.probes.len()
    }

    /// Where following instructions were written, by the person who wrote the script.
    pub(super) fn at(&mut self, span: Span) {
        self.span = span;
        let (file, span) = self.source.locate(self.source.blamed(span));
        let place = self.source.files().nth(file).map(|file| file.place(span.start));
        let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
        self.b.at(Loc { file: file as u32, line, column });
    }

    /// Whether the target can do something, as far as is known.
    pub(super) fn can(&self, feature: Feature) -> bool {
        self.target.features.get(feature) != Answer::No
    }

    pub(super) fn uses_ringbuf(&self) -> bool {
        match self.options.transport {
            Transport::Best => self.can(Feature::Ringbuf),
            Transport::Ringbuf => true,
            Transport::PerfBuffer => false,
        }
    }

    /// Calls a helper that gives a number.
    pub(super) fn call(&mut self, helper: u32, args: &[Value]) -> Value {
        self.b.helper(helper, args, Kind::I64)
    }

    /// The system calls that the program is for, where it is shown all of them.
    pub(super) const fn call_table(&self) -> Option<CallTable> {
        self.current.calls
    }

    /// The helper that the target has.
    pub(super) fn pick(&self, choice: &Choice) -> u32 {
        if self.can(choice.feature) { choice.new } else { choice.old }
    }

    /// The context, as a pointer.
    pub(super) fn context(&mut self) -> Value {
        let Some(frame) = self.f.frame else { return self.b.param(0) };
        self.once(Cached::Context, |cx| {
            cx.b.load(Size::DW, frame, FRAME_CONTEXT, Kind::Ptr(Pointee::Context))
        })
    }

    /// A size in bytes of a value of this type.
    pub(super) fn size_of(&self, ty: &Type) -> u32 {
        self.types.size(ty)
    }

    pub(super) fn error<T>(&self, span: Span, text: impl Into<String>) -> Result<T> {
        Err(Diagnostic::error(span, text))
    }

    /// The function's stack of attach places, for what depends on them.
    pub(super) fn provider(&self) -> Provider {
        self.probe.provider
    }

    pub(super) fn finish(mut self) -> Result<Lowered> {
        if let Some(span) = self.scratch_over {
            let text = format!(
                "all values up to this one need more memory at once than the {SCRATCH_LIMIT} bytes that there are"
            );
            let hint = "shorter strings (max_strlen), or fewer of them in variables, need less";
            return Err(Diagnostic::error(span, text).hint(hint));
        }
        if self.scratch_users > 0 {
            let map = self.globals.map("scratch", MapShape::new(MapType::PercpuArray, 4, 0, 0));
            let map = &mut self.globals.module.maps[map];
            (map.value_size, map.max_entries) = (self.scratch_size.max(8), self.scratch_users);
        }
        self.finish_records();
        Ok(Lowered { module: self.globals.finish(), schema: self.schema, plan: self.plan })
    }
}

impl Level {
    fn new(prologue: Block) -> Self {
        Self {
            prologue,
            cache: Vec::new(),
            values: Vec::new(),
            texts: Vec::new(),
            reads: 0,
            loops: Vec::new(),
            records: Vec::new(),
            after: Vec::new(),
            stack: 0,
            temps: Vec::new(),
            frame: None,
        }
    }

    /// Whether this function is a callback.
    pub(super) fn is_callback(&self) -> bool {
        self.frame.is_some()
    }
}

impl Current {
    fn new(probe: &Probe) -> Self {
        let vars = probe.vars.len();
        Self {
            flow: Flow::of_probe(probe),
            counted: Counted::of_probe(probe),
            homes: vec![None; vars],
            captured: vec![false; vars],
            pointers: vec![Kind::I64; vars],
            frame: None,
            frame_size: FRAME_HEADER,
            scratch: None,
            scratch_top: 0,
            scratch_kept: 0,
            functions: Vec::new(),
            keeper: None,
            kept_words: 0,
            calls: None,
        }
    }
}

/// Whether events of a probe count no more once `exit()` was called. What is run by request is run all the same, and an
/// iterator goes on to its end: what it is called for is no event.
pub(super) const fn is_stopped_by_exit(provider: Provider) -> bool {
    !matches!(provider, Provider::Begin | Provider::End | Provider::Test | Provider::Bench | Provider::Iter)
}
