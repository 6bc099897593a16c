//! Records to the reader: reserved, filled in place, sent.
use super::cx::{Cx, Place, Result, is_stopped_by_exit};
use super::globals::MapShape;
use super::helpers;
use super::memory::Fill;
use super::walk;
use crate::probes::Provider;
use crate::typed::{Expr, Type};
use osmia_abi::MapType;
use osmia_base::Span;
use osmia_event::{Field, Location, Stream, Type as Out, Verb, layout};
use osmia_ir::{Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};

/// Messages show lines of at most so many bytes: each place has a copy of its line, and a script that is one line has many.
const SHOWN: usize = 4096;

/// Bytes of the ring buffer where the script does not say.
const RING: u32 = 1 << 20;
/// The same where events of the machine are printed: a burst of some hundred thousand must fit.
const EVENT_RING: u32 = 16 << 20;
/// The same where what finds no room in a map goes to the reader too: whatever comes while the reader sleeps must fit.
const SPILL_RING: u32 = 4 << 20;
/// Bytes of a page.
const PAGE: u32 = 4096;
/// `BPF_F_CURRENT_CPU`.
const CURRENT_CPU: i64 = 0xffff_ffff;
/// What says that `exit()` was called.
const EXITED: &str = "exited";
/// At most so many arguments are joined.
const JOINED: u32 = 16;

/// A value that is to be sent.
enum Ready {
    Number(Value),
    Memory(Place),
}

/// What can be lost, each kind with its own counters in `.bss`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lost {
    /// A record of this probe.
    Event,
    /// A stack of this probe: another one has its place in the stack map.
    Stack,
    /// What is counted already.
    Known,
}

impl<'a> Cx<'a> {
    /// Sends a record.
    pub(super) fn send(&mut self, verb: &Verb, args: &'a [Expr], span: Span) -> Result<()> {
        if let (Provider::Iter, Verb::Printf(format)) = (self.provider(), verb) {
            return self.maybe(|cx| cx.write_sequence(format, args, span));
        }
        let kinds = args.iter().map(|arg| self.types.shown(arg)).collect();
        let (number, offsets, size) = self.stream(verb.clone(), kinds, span);
        self.maybe(|cx| cx.send_fields(args, number, &offsets, size))
    }

    fn send_fields(&mut self, args: &'a [Expr], number: u32, offsets: &[u32], size: u32) -> Result<()> {
        if self.uses_ringbuf() && args.iter().all(|arg| arg.ty == Type::None) {
            self.send_constant(&number.to_le_bytes(), size);
            return Ok(());
        }
        let ready = self.act_first(args)?;
        if self.b.ended() {
            return Ok(());
        }
        let record = self.open_record(size, Lost::Event);
        self.start(record, number);
        for (index, (arg, &offset)) in args.iter().zip(offsets).enumerate() {
            let to = Place::new(record).at(offset);
            match ready.get(index) {
                _ if arg.ty == Type::None => {}
                Some(Ready::Number(value)) => self.store(&arg.ty, to, *value),
                Some(Ready::Memory(from)) => self.copy_value(*from, to, &arg.ty, Fill::Text),
                None => self.put(arg, to, Fill::Text)?,
            }
        }
        self.close_record(record, size, Lost::Event);
        Ok(())
    }

    /// Evaluates all up to the last that changes something, in their order: that happens whether there is room for the
    /// record or not.
    fn act_first(&mut self, args: &'a [Expr]) -> Result<Vec<Ready>> {
        let last = args.iter().rposition(|arg| walk::acts(arg, |var, uses| self.is_private(var, uses)));
        let mut ready = Vec::new();
        for arg in args.iter().take(last.map_or(0, |last| last + 1)) {
            if self.b.ended() {
                break;
            }
            ready.push(if arg.ty.is_scalar() {
                Ready::Number(self.for_storing(arg)?)
            } else {
                let place = self.temp(self.types.size(&arg.ty));
                self.put(arg, place, Fill::Text)?;
                Ready::Memory(place)
            });
        }
        Ok(ready)
    }

    /// `exit(code)`: tells the reader, and all other programs.
    pub(super) fn exit(&mut self, code: Option<&'a Expr>, span: Span) -> Result<()> {
        let int = Out::Int { size: 8, signed: true };
        let (number, _, size) = self.stream(Verb::Exit, code.map(|_| int).into_iter().collect(), span);
        let code = match code {
            Some(code) => Some(self.number(code)?),
            None => None,
        };
        match code {
            None if self.uses_ringbuf() => self.send_constant(&number.to_le_bytes(), size),
            code => {
                let record = self.temp(16);
                self.zero(record, 8);
                let number = self.b.int(i64::from(number));
                self.b.store(Size::W, record.base, record.offset, number);
                if let Some(code) = code {
                    self.b.store(Size::DW, record.base, record.offset + 8, code);
                }
                let record = self.begin_of(record);
                self.output(record, size, Lost::Event);
            }
        }
        // Above the code stands that there is one: should the record be lost, the reader finds it here.
        let (section, offset) = self.globals.variable(EXITED, 8);
        let (place, over) = (self.b.data(section, offset), self.b.int(1 << 32));
        let code = code.unwrap_or_else(|| self.b.int(0));
        let code = self.extend_to(code, &Type::UINT32);
        let word = self.b.alu(AluOp::Or, code, over);
        self.b.store(Size::DW, place, 0, word);
        Ok(())
    }

    /// Leaves the program where `exit()` was called: from then on, results stand.
    pub(super) fn leave_after_exit(&mut self) {
        let section = self.globals.variable(EXITED, 8);
        let place = self.b.data(section.0, section.1);
        let word = self.b.load(Size::DW, place, 0, Kind::I64);
        let (over, on) = (self.b.block(), self.b.block());
        self.b.branch_if(word, over, on);
        self.b.switch_to(over);
        self.leave_program();
        self.b.switch_to(on);
    }

    /// Sends a record that is always the same, from read-only memory.
    fn send_constant(&mut self, bytes: &[u8], size: u32) {
        let (section, offset) = self.globals.constant(bytes, size);
        let data = self.b.data(section, offset);
        self.output(data, size, Lost::Event);
    }

    /// Sends a record that lies somewhere in memory.
    pub(super) fn output(&mut self, record: Value, size: u32, lost: Lost) {
        let failed = self.try_output(record, size);
        self.count_if(failed, lost);
    }

    /// The same; what the helper returns.
    pub(super) fn try_output(&mut self, record: Value, size: u32) -> Value {
        if self.uses_ringbuf() {
            let map = self.globals.map("events", MapShape::new(MapType::Ringbuf, 0, 0, 0));
            let map = self.b.map(map);
            let (size, flags) = (self.b.int(i64::from(size)), self.b.int(0));
            self.call(helpers::RINGBUF_OUTPUT, &[map, record, size, flags])
        } else {
            let map = self.globals.map("events", MapShape::new(MapType::PerfEventArray, 4, 4, 0));
            let (context, map, flags) = (self.context(), self.b.map(map), self.b.int(CURRENT_CPU));
            let size = self.b.int(i64::from(size));
            self.call(helpers::PERF_EVENT_OUTPUT, &[context, map, flags, record, size])
        }
    }

    pub(super) fn start(&mut self, record: Value, number: u32) {
        let number = self.b.int(i64::from(number));
        self.b.store(Size::W, record, 0, number);
    }

    /// A new kind of record: its number, where its fields are, its size.
    pub(super) fn stream(&mut self, verb: Verb, kinds: Vec<Out>, span: Span) -> (u32, Vec<u32>, u32) {
        let header = Out::Int { size: 4, signed: false };
        let all = std::iter::once(header).chain(kinds).map(|kind| (None, kind));
        let (mut fields, size) = layout(all);
        fields.remove(0);
        let offsets = fields.iter().map(|field: &Field| field.offset).collect();
        let location = Location { calls: self.calls(span), ..self.location(span) };
        let number = self.schema.streams.len() as u32;
        self.schema.streams.push(Stream { verb, fields, size, location });
        self.record_size = self.record_size.max(size);
        (number, offsets, size)
    }

    fn location(&self, span: Span) -> Location {
        let (source, span) = self.source.written(span);
        let place = source.place(span.start);
        let end = source.place(span.end.max(span.start)).column;
        Location {
            file: source.name.clone(),
            line: place.line,
            column: place.column,
            end,
            ..Location::default()
        }
    }

    /// A location with its line, and where the macro was called that it stands in.
    pub(super) fn location_with_calls(&self, span: Span) -> Location {
        Location { calls: self.calls(span), ..self.shown_location(span) }
    }

    /// Where the macro was called that a place stands in, innermost first.
    fn calls(&self, span: Span) -> Vec<Location> {
        self.source.calls(span).into_iter().map(|call| self.shown_location(call)).collect()
    }

    /// A location with its line, if that is one to be looked at.
    fn shown_location(&self, span: Span) -> Location {
        let location = self.location(span);
        let text = self.source.written(span).0.line(location.line);
        let text = if text.len() <= SHOWN { text.to_owned() } else { String::new() };
        Location { text, ..location }
    }

    /// Room for a record; the rest of the statement is left out where there is none.
    pub(super) fn open_record(&mut self, size: u32, lost: Lost) -> Value {
        if !self.uses_ringbuf() {
            let map = self.globals.map("record", MapShape::new(MapType::PercpuArray, 4, 0, 1));
            return self.element(map, 0);
        }
        let map = self.globals.map("events", MapShape::new(MapType::Ringbuf, 0, 0, 0));
        let (map, size, flags) = (self.b.map(map), self.b.int(i64::from(size)), self.b.int(0));
        let memory = Kind::Ptr(Pointee::Memory);
        let record = self.b.helper(helpers::RINGBUF_RESERVE, &[map, size, flags], memory);
        let (there, missing) = (self.b.block(), self.b.block());
        self.b.branch_if(record, there, missing);
        self.b.switch_to(missing);
        self.count(lost);
        let after = self.b.block();
        self.b.jump(after, &[]);
        self.b.switch_to(there);
        self.f.records.push(record);
        self.f.after.push(after);
        record
    }

    /// Sends a record.
    pub(super) fn close_record(&mut self, record: Value, size: u32, lost: Lost) {
        if self.b.ended() {
            // A part of it left the program.
            let dead = self.b.block();
            self.b.switch_to(dead);
        }
        let zero = self.b.int(0);
        if self.uses_ringbuf() {
            self.f.records.pop();
            self.b.push(
                Op::Call(osmia_ir::Callee::Helper(helpers::RINGBUF_SUBMIT), vec![record, zero]),
                Kind::I64,
            );
            if let Some(after) = self.f.after.pop() {
                self.b.jump(after, &[]);
                self.b.switch_to(after);
            }
            return;
        }
        self.output(record, size, lost);
    }

    /// Counts what was lost, if it was.
    pub(super) fn count_if(&mut self, failed: Value, lost: Lost) {
        let (full, done) = (self.b.block(), self.b.block());
        self.b.branch_if(failed, full, done);
        self.b.switch_to(full);
        self.count(lost);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// Counts one more of what is lost, in the counter of this probe or of the map.
    pub(super) fn count(&mut self, lost: Lost) {
        let (name, index, all) = match lost {
            Lost::Event => ("lost_events", self.probe_index(), self.program.probes.len()),
            Lost::Stack => ("lost_stacks", self.probe_index(), self.program.probes.len()),
            Lost::Known => return,
        };
        let bytes = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(8);
        let (section, offset) = self.globals.variable(name, bytes(all));
        // Ways that only differ in the counter's address can go on together.
        let counter = self.b.data(section, offset + bytes(index));
        let one = self.b.int(1);
        self.b.atomic_add(Size::DW, counter, 0, one);
    }

    /// Gives a record back.
    pub(super) fn discard(&mut self, record: Value) {
        let zero = self.b.int(0);
        self.call(helpers::RINGBUF_DISCARD, &[record, zero]);
    }

    /// `join(argv, separator)`: texts up to the first null pointer.
    pub(super) fn join(&mut self, pointer: &'a Expr, separator: &str, span: Span) -> Result<()> {
        let capacity = self.program.config.max_strlen;
        let text = Out::Str { capacity };
        let kinds = vec![text; JOINED as usize];
        let (number, offsets, size) = self.stream(Verb::Join(separator.to_owned()), kinds, span);
        let first = offsets.first().copied().unwrap_or(4);
        self.maybe(|cx| cx.send_texts(pointer, number, first, size))
    }

    fn send_texts(&mut self, pointer: &'a Expr, number: u32, first: u32, size: u32) -> Result<()> {
        let capacity = self.program.config.max_strlen;
        let (list, space) = self.address_of(pointer)?;
        let list = self.number_of(list);
        let record = self.open_record(size, Lost::Event);
        self.start(record, number);
        let (counter, zero) = (self.temp(8), self.b.int(0));
        self.b.store(Size::DW, counter.base, 0, zero);
        let (head, turn, more, stop, done) =
            (self.b.block(), self.b.block(), self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let index = self.b.load(Size::DW, counter.base, 0, Kind::I64);
        let most = self.b.int(i64::from(JOINED));
        self.b.branch(Cond::Lt, index, most, turn, done);
        self.b.switch_to(turn);
        let capacity_value = self.b.int(i64::from(capacity));
        let distance = self.b.alu(AluOp::Mul, index, capacity_value);
        let to = self.b.alu(AluOp::Add, record, distance);
        let to = Place::new(to).at(first);
        let (eight, slot) = (self.b.int(8), self.temp(8));
        let step = self.b.alu(AluOp::Mul, index, eight);
        let from = self.b.alu(AluOp::Add, list, step);
        self.probe_read(space, slot, eight, from);
        let from = self.b.load(Size::DW, slot.base, 0, Kind::I64);
        self.b.branch_if(from, more, stop);
        self.b.switch_to(more);
        self.probe_read_str(space, to, capacity_value, from);
        let one = self.b.int(1);
        let next = self.b.alu(AluOp::Add, index, one);
        self.b.store(Size::DW, counter.base, 0, next);
        self.b.jump(head, &[]);
        self.b.switch_to(stop);
        self.b.store(Size::B, to.base, to.offset, zero);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        self.close_record(record, size, Lost::Event);
        Ok(())
    }

    /// Whether events from outside make the script say something: as many as there are, and not as many as it wants.
    fn prints_events(&self) -> bool {
        let says = |verb: &Verb| matches!(verb, Verb::Printf(_) | Verb::Print | Verb::Join(_));
        let own = |provider| !is_stopped_by_exit(provider) || provider == Provider::Interval;
        self.schema.streams.iter().any(|stream| says(&stream.verb))
            && self.program.probes.iter().any(|probe| !own(probe.provider))
    }

    /// Gives the maps for records their sizes.
    pub(super) fn finish_records(&mut self) {
        let ring = match self.program.config.perf_rb_pages {
            0 if self.prints_events() => EVENT_RING,
            0 if self.spills => SPILL_RING,
            0 => RING,
            pages => pages.checked_next_power_of_two().unwrap_or(1 << 31).saturating_mul(PAGE),
        };
        let size = self.record_size;
        for (_, map) in self.globals.module.maps.iter_mut() {
            match map.name.as_str() {
                "events" if map.kind == MapType::Ringbuf => map.max_entries = ring,
                "record" => map.value_size = size.max(8),
                _ => {}
            }
        }
    }
}
