//! What is known while a script is lowered: the module so far, the probe, the function being written and where its
//! variables are.
mod programs;

use super::flow::Flow;
use super::globals::{Globals, MapShape};
use super::helpers::{self, Choice};
use super::local_types::LocalTypes;
use super::maps::MapHome;
use super::memory::Fill;
use super::types::Types;
use super::{LowerOptions, Lowered, Transport};
use super::{stacks, walk};
use crate::plan::Plan;
use crate::probes::Provider;
use crate::typed::{MapId, Probe, Program, Type, VarId};
use osmia_abi::{Answer, Feature, MapType};
use osmia_base::{Diagnostic, Key, Source, Span};
use osmia_event::{Schema, round_up};
use osmia_ir::{Block, Builder, FunctionId, Loc, Module, Pointee, Slot, Type as Kind, Value};
use osmia_isa::{AluOp, Size};
use osmia_object::{MapKey, Target};
use std::collections::HashMap;

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

/// The shared frame's first words.
pub(super) const FRAME_CONTEXT: i32 = 0;
/// Bit 0: whether the program is to be left; above it, what it is to return.
pub(super) const FRAME_RETURNED: i32 = 8;
const FRAME_HEADER: u32 = 16;

/// The probe being lowered.
#[derive(Debug)]
struct Current {
    flow: Flow,
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
    /// Whether the script calls `exit()`.
    exits: bool,
    plan: Plan,
    scratch_users: u32,
    scratch_size: u32,
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
            exits: program.probes.iter().any(walk::exits),
            plan: Plan::default(),
            scratch_users: 0,
            scratch_size: 0,
            record_size: 0,
            spills: false,
            probe: &NO_PROBE,
            current: Current::new(0, Flow::default()),
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

    /// Starts a function's body; the entry block is left for the prologue.
    fn enter(&mut self) -> Block {
        let entry = self.b.current();
        self.f = Level::new(entry);
        let body = self.b.block();
        self.b.switch_to(body);
        body
    }

    /// Ends a function.
    fn leave(&mut self, body: Block) {
        if !self.b.ended() {
            self.leave_program();
        }
        if let (None, Some(frame)) = (self.f.frame, self.current.frame) {
            let size = round_up(self.current.frame_size, 8);
            self.b.function().slots[frame].size = size;
            self.prologue(|cx| {
                let address = cx.b.slot_addr(frame);
                cx.b.zero(address, 0, size);
            });
        }
        self.b.switch_to(self.f.prologue);
        self.b.jump(body, &[]);
    }

    /// Writes a callback: `body` is given its parameters and leaves the function's result.
    pub(super) fn callback(
        &mut self,
        purpose: &str,
        params: &[(&str, Kind)],
        body: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<FunctionId> {
        self.callbacks += 1;
        let name = format!("{purpose}_{}", self.callbacks);
        let kinds: Vec<Kind> = params.iter().map(|&(_, kind)| kind).collect();
        let names: Vec<&str> = params.iter().map(|&(name, _)| name).collect();
        let loc = self.b.loc();
        let mut builder = Builder::new(name.as_str(), ".text", &kinds, Some(Kind::I64));
        builder.function().linkage = osmia_object::Linkage::Static;
        builder.function().type_id = self.globals.callback_type(&name, &names);
        builder.at(loc);
        let frame = builder.param(params.len() - 1);
        let outer_builder = std::mem::replace(&mut self.b, builder);
        let entry = self.b.current();
        let outer = std::mem::replace(&mut self.f, Level::new(entry));
        let start = self.enter();
        self.f.frame = Some(frame);
        self.f.loops.push(Loop::Callback);
        let homes = self.current.homes.clone();
        let written = body(self);
        self.forget_homes(&homes);
        if written.is_ok() {
            self.leave(start);
        }
        self.f = outer;
        let function = std::mem::replace(&mut self.b, outer_builder).finish();
        written?;
        Ok(self.globals.module.functions.push(function))
    }

    /// The function of the probe with this number, written by `write` where it is called first. It is called from elsewhere
    /// too: what it has of the scratch memory is its own from then on.
    pub(super) fn function_once(
        &mut self,
        number: usize,
        write: impl FnOnce(&mut Self) -> Result<FunctionId>,
    ) -> Result<FunctionId> {
        if let Some(Some(known)) = self.current.functions.get(number) {
            return Ok(*known);
        }
        let (span, size) = (self.span, std::mem::take(&mut self.scratch_size));
        let written = write(self);
        self.span = span;
        let top = self.current.scratch_top.max(self.scratch_size);
        (self.current.scratch_top, self.current.scratch_kept) = (top, top);
        self.scratch_size = self.scratch_size.max(size);
        let written = written?;
        if self.current.functions.len() <= number {
            self.current.functions.resize(number + 1, None);
        }
        self.current.functions[number] = Some(written);
        Ok(written)
    }

    /// Whether a variable keeps its value from call to call of its function and may be read before it is set.
    pub(super) fn is_stale(&self, var: VarId) -> bool {
        self.is_captured(var) && !self.current.flow.sets_first(var)
    }

    /// Variables that only a callback has are gone with it.
    fn forget_homes(&mut self, before: &[Option<VarHome>]) {
        for (home, before) in self.current.homes.iter_mut().zip(before) {
            if matches!(home, Some(VarHome::Slot(_) | VarHome::Pair { .. })) {
                *home = *before;
            }
        }
    }

    /// Leaves the program, without the records that are open.
    pub(super) fn leave_program(&mut self) {
        self.discard_records();
        match self.f.frame {
            Some(frame) => {
                let one = self.b.int(1);
                self.b.store(Size::DW, frame, FRAME_RETURNED, one);
                self.b.ret(Some(one));
            }
            None => {
                let zero = self.b.constant(0, Kind::I32);
                self.b.ret(Some(zero));
            }
        }
    }

    /// Leaves the program with a truth value, given as a number of 64 bits.
    pub(super) fn leave_program_with(&mut self, value: Value) {
        self.discard_records();
        match self.f.frame {
            Some(frame) => {
                let one = self.b.int(1);
                let shifted = self.b.alu(AluOp::Lsh, value, one);
                let both = self.b.alu(AluOp::Or, shifted, one);
                self.b.store(Size::DW, frame, FRAME_RETURNED, both);
                self.b.ret(Some(one));
            }
            None => {
                let value = self.b.push(osmia_ir::Op::Truncate(value), Kind::I32);
                self.b.ret(Some(value));
            }
        }
    }

    fn discard_records(&mut self) {
        for record in self.f.records.clone() {
            self.discard(record);
        }
    }

    /// Where following instructions were written.
    pub(super) fn at(&mut self, span: Span) {
        self.span = span;
        let (file, span) = self.source.locate(span);
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

    /// A value that is computed where it is first needed, and known from there on.
    pub(super) fn once(&mut self, what: Cached, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if let Some(&(_, value)) = self.f.cache.iter().find(|(key, _)| *key == what) {
            return value;
        }
        let value = make(self);
        self.f.cache.push((what, value));
        value
    }

    /// A map's value, if it was read on the way here and not written since by this program.
    pub(super) fn known_value(&self, map: MapId, key: &str) -> Option<Value> {
        self.f.values.iter().find(|known| known.map == map && known.key == key).map(|known| known.value)
    }

    /// Notes what was read.
    pub(super) fn note_value(&mut self, map: MapId, key: String, value: Value) {
        let number = self.f.reads;
        self.f.reads += 1;
        if self.f.values.len() >= KNOWN {
            self.f.values.remove(0);
        }
        self.f.values.push(Known { number, map, key, value });
    }

    /// A map is written: what was read of it is no longer so.
    pub(super) fn forget_map(&mut self, map: MapId) {
        self.f.values.retain(|known| known.map != map);
    }

    /// Maps may be written, as in a loop's turns.
    pub(super) fn forget_maps(&mut self) {
        self.f.values.clear();
    }

    /// Writes code that may be skipped: what it computes is not known afterwards.
    pub(super) fn maybe<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let (known, reads) = (self.f.cache.len(), self.f.reads);
        let result = write(self);
        self.f.cache.truncate(known);
        self.f.values.retain(|value| value.number < reads);
        self.f.texts.retain(|text| text.number < reads);
        result
    }

    /// Where a text is that was read on the way here, and how much of it counts.
    pub(super) fn known_text(&self, name: &str) -> Option<(Place, Fill)> {
        self.f.texts.iter().rev().find(|known| known.name == name).map(|known| (known.place, known.fill))
    }

    /// Notes where a text is until the statement ends.
    pub(super) fn note_text(&mut self, name: String, place: Place, fill: Fill) {
        let number = self.f.reads;
        self.f.reads += 1;
        self.f.texts.push(KnownText { number, name, place, fill });
    }

    /// Writes code that runs before everything else in this function.
    pub(super) fn prologue(&mut self, write: impl FnOnce(&mut Self)) {
        let (here, cache) = (self.b.current(), std::mem::take(&mut self.f.cache));
        let records = std::mem::take(&mut self.f.records);
        self.b.switch_to(self.f.prologue);
        write(self);
        self.f.prologue = self.b.current();
        self.f.cache = cache;
        self.f.records = records;
        self.b.switch_to(here);
    }

    /// Memory for a value until the current statement ends.
    pub(super) fn temp(&mut self, size: u32) -> Place {
        self.temp_behind(0, size)
    }

    /// The same, with so many bytes in front of the value.
    pub(super) fn temp_behind(&mut self, before: u32, size: u32) -> Place {
        let value = round_up(size.max(1), 8);
        let size = before + value;
        if size > 8 && !self.fits_stack(size, value) {
            let offset = self.take_scratch(size);
            return self.scratch_place(offset);
        }
        let slot = self.temp_slot(size);
        Place::new(self.b.slot_addr(slot))
    }

    fn temp_slot(&mut self, size: u32) -> Slot {
        if let Some(temp) = self.f.temps.iter_mut().find(|temp| !temp.busy && temp.size == size) {
            temp.busy = true;
            return temp.slot;
        }
        let slot = self.b.slot(size, 8);
        self.f.stack += size;
        self.f.temps.push(Temp { slot, size, busy: true });
        slot
    }

    fn fits_stack(&self, size: u32, value: u32) -> bool {
        let free = |temp: &Temp| !temp.busy && temp.size == size;
        let limit = if self.f.frame.is_some() { STACK_LIMIT / 3 } else { STACK_LIMIT };
        value <= round_up(self.program.config.on_stack_limit, 8)
            && (self.f.temps.iter().any(free) || self.f.stack + size <= limit)
    }

    /// Writes a statement; its temporary memory is free again after it.
    pub(super) fn statement<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let busy: Vec<bool> = self.f.temps.iter().map(|temp| temp.busy).collect();
        let (top, reads) = (self.current.scratch_top, self.f.reads);
        let result = write(self);
        self.f.texts.retain(|text| text.number < reads);
        for (at, temp) in self.f.temps.iter_mut().enumerate() {
            temp.busy = busy.get(at).copied().unwrap_or(false);
        }
        self.current.scratch_top = top.max(self.current.scratch_kept);
        result
    }

    pub(super) fn take_scratch(&mut self, size: u32) -> u32 {
        let offset = self.current.scratch_top;
        self.current.scratch_top += round_up(size, 8);
        self.scratch_size = self.scratch_size.max(self.current.scratch_top);
        offset
    }

    pub(super) fn scratch_place(&mut self, offset: u32) -> Place {
        Place::new(self.scratch()).at(offset)
    }

    /// The program's scratch memory. Without it (which cannot be) the program ends.
    fn scratch(&mut self) -> Value {
        self.once(Cached::Scratch, |cx| {
            let users = &mut cx.scratch_users;
            let element = *cx.current.scratch.get_or_insert_with(|| {
                *users += 1;
                *users - 1
            });
            let map = cx.globals.map("scratch", MapShape::new(MapType::PercpuArray, 4, 0, 0));
            cx.element(map, i64::from(element))
        })
    }

    /// The element of a per-CPU array; the program ends if there is none.
    pub(super) fn element(&mut self, map: MapKey, index: i64) -> Value {
        let slot = self.temp_slot(8);
        let key = self.b.slot_addr(slot);
        let number = self.b.int(index);
        self.b.store(Size::W, key, 0, number);
        let map = self.b.map(map);
        let found = self.b.helper(helpers::MAP_LOOKUP, &[map, key], Kind::Ptr(Pointee::Memory));
        let (missing, there) = (self.b.block(), self.b.block());
        self.b.branch_if(found, there, missing);
        self.b.switch_to(missing);
        self.leave_program();
        self.b.switch_to(there);
        found
    }

    /// Notes which variables callbacks share with the rest of the program.
    fn capture(&mut self) {
        self.current.captured = super::loops::captured(self);
    }

    /// The frame that the program shares with its callbacks.
    pub(super) fn frame(&mut self) -> Value {
        if let Some(frame) = self.f.frame {
            return frame;
        }
        if self.current.frame.is_none() {
            self.current.frame = Some(self.b.slot(FRAME_HEADER, 8));
        }
        let slot = self.current.frame.unwrap_or_else(|| Slot::from_index(0));
        self.b.slot_addr(slot)
    }

    /// A new word of the frame.
    pub(super) fn frame_word(&mut self) -> i32 {
        let offset = self.current.frame_size;
        self.current.frame_size += 8;
        self.f.stack += 8;
        offset as i32
    }

    /// Where a variable is; it gets its place when it is first met.
    pub(super) fn home(&mut self, var: VarId) -> VarHome {
        if let Some(home) = self.current.homes[var.index()] {
            return home;
        }
        let kind = &self.probe.vars[var].kind;
        let size = if kind.is_scalar() { 8 } else { round_up(self.types.size(kind).max(1), 8) };
        let home = self.new_home(var, size);
        self.current.homes[var.index()] = Some(home);
        if !matches!(home, VarHome::Frame(_)) && !self.current.flow.sets_first(var) {
            self.prologue(|cx| {
                let place = cx.place_of(home);
                cx.zero(place, size);
            });
        }
        home
    }

    fn new_home(&mut self, var: VarId, size: u32) -> VarHome {
        let small = size == 8 || self.fits_stack(size, size);
        if !small {
            let offset = self.take_scratch(size);
            self.current.scratch_kept = self.current.scratch_top;
            return VarHome::Scratch(offset);
        }
        if self.current.captured[var.index()] {
            let offset = self.current.frame_size;
            self.current.frame_size += size;
            self.f.stack += size;
            return VarHome::Frame(offset);
        }
        if size > 8 {
            self.f.stack += size;
        }
        VarHome::Slot(self.b.slot(size, 8))
    }

    /// Gives a variable its place.
    pub(super) fn set_home(&mut self, var: VarId, home: VarHome) {
        self.current.homes[var.index()] = Some(home);
    }

    pub(super) fn is_captured(&self, var: VarId) -> bool {
        self.current.captured[var.index()]
    }

    /// A place in memory for what is not a pair.
    pub(super) fn place_of(&mut self, home: VarHome) -> Place {
        match home {
            VarHome::Slot(slot) => Place::new(self.b.slot_addr(slot)),
            VarHome::Frame(offset) => Place::new(self.frame()).at(offset),
            VarHome::Scratch(offset) => self.scratch_place(offset),
            VarHome::Pair { key, .. } => key,
        }
    }

    /// Whether a variable may hold a pointer that the verifier knows: it is set once, and before it is read.
    fn keeps_pointer(&self, var: VarId) -> bool {
        !self.is_captured(var) && self.current.flow.sets(var) == 1 && self.current.flow.sets_first(var)
    }

    /// How a variable holds its value from now on: as the pointer that it is, or as a number.
    pub(super) fn note_pointer(&mut self, var: VarId, kind: Kind) -> Kind {
        let kept = if kind.is_pointer() && self.keeps_pointer(var) { kind } else { Kind::I64 };
        self.current.pointers[var.index()] = kept;
        kept
    }

    /// How a variable holds its value.
    pub(super) fn pointer_of(&self, var: VarId) -> Kind {
        self.current.pointers[var.index()]
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

    pub(super) fn finish(mut self) -> Lowered {
        if self.scratch_users > 0 {
            let map = self.globals.map("scratch", MapShape::new(MapType::PercpuArray, 4, 0, 0));
            let map = &mut self.globals.module.maps[map];
            (map.value_size, map.max_entries) = (self.scratch_size.max(8), self.scratch_users);
        }
        self.finish_records();
        Lowered { module: self.globals.finish(), schema: self.schema, plan: self.plan }
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
    fn new(vars: usize, flow: Flow) -> Self {
        Self {
            flow,
            homes: vec![None; vars],
            captured: vec![false; vars],
            pointers: vec![Kind::I64; vars],
            frame: None,
            frame_size: FRAME_HEADER,
            scratch: None,
            scratch_top: 0,
            scratch_kept: 0,
            functions: Vec::new(),
        }
    }
}

/// Whether events of a probe count no more once `exit()` was called. What is run by request is run all the same, and an
/// iterator goes on to its end: what it is called for is no event.
pub(super) const fn is_stopped_by_exit(provider: Provider) -> bool {
    !matches!(provider, Provider::Begin | Provider::End | Provider::Test | Provider::Bench | Provider::Iter)
}
