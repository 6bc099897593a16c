//! User stacks without frame pointers: the program itself goes from caller to caller, by tables that the reader fills.
//! [`osmia_event::unwind`] says how these look.
use super::cx::{Cx, MEMORY, Place, Result};
use super::globals::MapShape;
use super::helpers;
use super::send::Lost;
use super::stacks::{PROCESS, USER_DEPTH};
use osmia_abi::flags::INNER_MAP;
use osmia_abi::{Feature, MapType};
use osmia_event::StackMode;
use osmia_event::unwind::{
    FILES, MAPPINGS_BITS, PROCESSES, ROW, ROWS_BITS, kind, shift, signal, state, state_size,
};
use osmia_ir::{Block, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::MapKey;

/// Processes that have a table.
const MOST_PROCESSES: u32 = 4096;
/// Files that have one.
const MOST_FILES: u32 = 8192;
/// Where `struct pt_regs` has what is needed of it.
const REGISTERS: [(u32, i32); 4] =
    [(state::CODE, 128), (state::STACK, 152), (state::FRAME, 32), (state::RBX, 40)];

const NO_DATA: &str =
    "No DWARF unwind data available for this process. Use -p or --dwarf-pid to specify target PIDs.";

impl<'a> Cx<'a> {
    /// The user stack of this place in the program.
    pub(super) fn put_unwound(&mut self, limit: u32, to: Place) -> Result<()> {
        if !self.can(Feature::BpfLoop) {
            let text =
                "dw_ustack() needs the helper bpf_loop, which this kernel does not have (Linux 5.17 has)";
            return self.error(self.span, text);
        }
        let limit = limit.max(1);
        let offset = self.take_scratch(state_size(limit));
        let at = self.scratch_place(offset);
        let process = self.process_id();
        self.set_state(at, state::PROCESS, process);
        let none = self.b.int(-1);
        self.b.store(Size::DW, to.base, to.offset, none);
        self.b.store(Size::DW, to.base, to.offset + PROCESS as i32, process);
        let table = self.process_table(at);
        let (there, missing, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(table, there, missing);
        self.b.switch_to(missing);
        self.say(NO_DATA, self.span);
        self.b.jump(done, &[]);
        self.b.switch_to(there);
        self.maybe(|cx| {
            cx.begin_unwinding(at);
            let gone = cx.go_on_unwinding(limit, offset);
            cx.keep_unwound(limit, at, to, done);
            gone
        })?;
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// Takes down what runs, as the first frame.
    fn begin_unwinding(&mut self, at: Place) {
        let task = self.b.helper(helpers::CURRENT_TASK_BTF, &[], Kind::Ptr(Pointee::Kernel));
        let registers = self.b.helper(helpers::TASK_PT_REGS, &[task], Kind::Ptr(Pointee::Kernel));
        let to = self.state_address(at, state::REGISTERS);
        let size = self.b.int(state::REGISTERS_SIZE.into());
        self.call(helpers::PROBE_READ_KERNEL, &[to, size, registers]);
        for (place, register) in REGISTERS {
            let value = self.b.load(Size::DW, at.base, at.at(state::REGISTERS).offset + register, Kind::I64);
            self.set_state(at, place, value);
        }
        let (code, zero) = (self.state(at, state::CODE), self.b.int(0));
        self.set_state(at, state::ASKED, code);
        self.set_state(at, state::COUNT, zero);
        self.set_state(at, state::HASH, zero);
    }

    /// From caller to caller, until there is none or there is no room.
    fn go_on_unwinding(&mut self, limit: u32, offset: u32) -> Result<()> {
        let frame = self.open_frame();
        let params = [("index", Kind::I64), ("frame", MEMORY)];
        let callback = self.callback("unwind", &params, |cx| {
            let at = cx.scratch_place(offset);
            cx.unwind_turn(limit, at);
            Ok(())
        })?;
        let (turns, none) = (self.b.int(limit.into()), self.b.int(0));
        let function = self.b.push(Op::FunctionAddr(callback), Kind::Ptr(Pointee::Function));
        self.call(helpers::LOOP, &[turns, function, frame, none]);
        Ok(())
    }

    /// Puts the frame down that was found last, and finds its caller.
    fn unwind_turn(&mut self, limit: u32, at: Place) {
        let (lost, over) = (self.b.block(), self.b.block());
        let code = self.state(at, state::CODE);
        self.put_frame(limit, at, code, over);
        let asked = self.state(at, state::ASKED);
        let table = self.process_table(at);
        let table = self.or_else(table, lost);
        let mapping = self.find_row(table, asked, MAPPINGS_BITS, at, lost);
        let (off, file) = (self.row_word(mapping, 1), self.row_word(mapping, 2));
        let inside = self.b.alu(AluOp::Sub, asked, off);
        let files = self.tables(FILES, MapType::ArrayOfMaps, MOST_FILES);
        self.b.store(Size::W, at.base, at.at(state::KEY).offset, file);
        let table = self.look_up(files, at);
        let table = self.or_else(table, lost);
        let rule = self.find_row(table, inside, ROWS_BITS, at, lost);
        self.follow_rule(rule, at, lost, over);
        let zero = self.b.int(0);
        self.b.ret(Some(zero));
        self.b.switch_to(lost);
        let failure = self.b.int(-1);
        self.put_frame(limit, at, failure, over);
        self.b.jump(over, &[]);
        self.b.switch_to(over);
        let one = self.b.int(1);
        self.b.ret(Some(one));
    }

    /// One frame more, if there is room.
    fn put_frame(&mut self, limit: u32, at: Place, code: Value, full: Block) {
        let (count, most, room) = (self.state(at, state::COUNT), self.b.int(limit.into()), self.b.block());
        self.b.branch(Cond::Lt, count, most, room, full);
        self.b.switch_to(room);
        let (frames, eight) = (self.state_address(at, state::FRAMES), self.b.int(8));
        let offset = self.b.alu(AluOp::Mul, count, eight);
        let place = self.b.alu(AluOp::Add, frames, offset);
        let zero = self.b.int(0);
        self.b.store(Size::DW, place, 0, code);
        self.b.store(Size::DW, place, 8, zero);
        let one = self.b.int(1);
        let count = self.b.alu(AluOp::Add, count, one);
        self.set_state(at, state::COUNT, count);
        let hash = self.state(at, state::HASH);
        let hash = self.mixed(hash, code);
        self.set_state(at, state::HASH, hash);
    }

    /// Finds the caller by a rule.
    fn follow_rule(&mut self, rule: Value, at: Place, lost: Block, over: Block) {
        let (how, offsets) = (self.row_word(rule, 1), self.row_word(rule, 2));
        let kind_of = self.masked(how, 0, 0xff);
        let (known, unknown) = (self.b.block(), self.b.block());
        let frames = self.b.int(kind::AT);
        self.b.branch(Cond::Lt, kind_of, frames, unknown, known);
        self.b.switch_to(unknown);
        let outermost = self.b.int(kind::OUTERMOST);
        self.b.branch(Cond::Eq, kind_of, outermost, over, lost);
        self.b.switch_to(known);
        let [stack, frame, rbx] = [state::STACK, state::FRAME, state::RBX].map(|place| self.state(at, place));
        let caller = self.caller_stack(how, kind_of, [stack, frame, rbx], at, lost);
        let interrupted = self.equals(kind_of, kind::SIGNAL);
        let returns = {
            let (called, signalled) = (self.b.offset(caller, -8), self.b.offset(stack, signal::CODE.into()));
            self.b.push(Op::Select(interrupted, signalled, called), Kind::I64)
        };
        for (place, bit, offset) in [
            (state::FRAME, shift::RBP, self.low(offsets)),
            (state::RBX, shift::RBX, self.shifted(AluOp::Arsh, offsets, shift::OFFSET)),
        ] {
            self.restore(how, bit, offset, [caller, frame, stack], place, at, lost);
        }
        let code = self.read_user(returns, at, lost);
        let (zero, more) = (self.b.int(0), self.b.block());
        self.b.branch(Cond::Eq, code, zero, over, more);
        self.b.switch_to(more);
        self.set_state(at, state::CODE, code);
        self.set_state(at, state::STACK, caller);
        // The call is before what it returns to; what was interrupted is where it is.
        let before = self.b.offset(code, -1);
        let asked = self.b.push(Op::Select(interrupted, code, before), Kind::I64);
        self.set_state(at, state::ASKED, asked);
    }

    /// The caller's stack pointer.
    fn caller_stack(
        &mut self,
        how: Value,
        kind_of: Value,
        registers: [Value; 3],
        at: Place,
        lost: Block,
    ) -> Value {
        let [stack, frame, rbx] = registers;
        let base = self.masked(how, shift::BASE, 0xff);
        let (is_frame, is_rbx) = (self.equals(base, 1), self.equals(base, 2));
        let chosen = self.b.push(Op::Select(is_frame, frame, stack), Kind::I64);
        let chosen = self.b.push(Op::Select(is_rbx, rbx, chosen), Kind::I64);
        let offset = self.shifted(AluOp::Arsh, how, shift::OFFSET);
        let found = self.b.alu(AluOp::Add, chosen, offset);
        // Eight more behind so many bytes of each sixteen.
        let (code, fifteen) = (self.state(at, state::CODE), self.b.int(15));
        let within = self.b.alu(AluOp::And, code, fifteen);
        let behind = self.b.compare(Cond::Ge, within, offset);
        let behind = self.shifted(AluOp::Lsh, behind, 3);
        let stub = self.b.offset(stack, 8);
        let stub = self.b.alu(AluOp::Add, stub, behind);
        let is_stub = self.equals(kind_of, kind::STUB);
        let found = self.b.push(Op::Select(is_stub, stub, found), Kind::I64);
        let (interrupted, place) =
            (self.equals(kind_of, kind::SIGNAL), self.b.offset(stack, signal::STACK.into()));
        let found = self.b.push(Op::Select(interrupted, place, found), Kind::I64);
        let inside = self.equals(kind_of, kind::IN);
        let inside = self.b.alu(AluOp::Or, inside, interrupted);
        let (there, done) = (self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        let no = self.b.int(0);
        let read = self.b.block();
        self.b.branch(Cond::Ne, inside, no, read, there);
        self.b.switch_to(there);
        self.b.jump(done, &[found]);
        self.b.switch_to(read);
        let value = self.read_user(found, at, lost);
        self.b.jump(done, &[value]);
        self.b.switch_to(done);
        result
    }

    /// A register as the caller had it; `from` are the caller's stack pointer, and `rbp` and `rsp` here.
    #[expect(clippy::too_many_arguments, reason = "one rule has all these parts")]
    fn restore(
        &mut self,
        how: Value,
        bit: i64,
        offset: Value,
        from: [Value; 3],
        place: u32,
        at: Place,
        lost: Block,
    ) {
        let [caller, frame, stack] = from;
        let saved = self.masked(how, bit, 0xff);
        let (zero, moved, done) = (self.b.int(0), self.b.block(), self.b.block());
        self.b.branch(Cond::Ne, saved, zero, moved, done);
        self.b.switch_to(moved);
        let (by_frame, by_stack) = (self.equals(saved, 2), self.equals(saved, 3));
        let base = self.b.push(Op::Select(by_frame, frame, caller), Kind::I64);
        let base = self.b.push(Op::Select(by_stack, stack, base), Kind::I64);
        let address = self.b.alu(AluOp::Add, base, offset);
        let value = self.read_user(address, at, lost);
        self.set_state(at, place, value);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// Keeps the frames under a number that is made of them.
    fn keep_unwound(&mut self, limit: u32, at: Place, to: Place, done: Block) {
        let hash = self.state(at, state::HASH);
        let id = self.user_number(hash);
        self.b.store(Size::DW, to.base, to.offset, id);
        let count = self.state(at, state::COUNT);
        self.b.store(Size::W, to.base, to.offset + USER_DEPTH, count);
        self.set_state(at, state::KEY, id);
        let map = self.kept_stacks(StackMode::Bpftrace, limit);
        let map = self.b.map(map);
        let failed = self.keep_frames(map, at.at(state::KEY), at.at(state::FRAMES), done);
        self.count_if(failed, Lost::Stack);
    }

    /// The last row of a table that is not above a number.
    fn find_row(&mut self, table: Value, wanted: Value, bits: u32, at: Place, lost: Block) -> Value {
        let (head, turn, done) = (self.b.block(), self.b.block(), self.b.block());
        let (step, reached) = (self.b.block_param(head, Kind::I64), self.b.block_param(head, Kind::I64));
        let (zero, one) = (self.b.int(0), self.b.int(1));
        let first = self.b.int(1 << (bits - 1));
        self.b.jump(head, &[first, zero]);
        self.b.switch_to(head);
        self.b.branch(Cond::Ne, step, zero, turn, done);
        self.b.switch_to(turn);
        let tried = self.b.alu(AluOp::Add, reached, step);
        let key = at.at(state::KEY);
        self.b.store(Size::W, key.base, key.offset, tried);
        let row = self.look_up_in(table, at);
        let (there, beyond, next) = (self.b.block(), self.b.block(), self.b.block());
        let begin = self.b.block_param(next, Kind::I64);
        self.b.branch_if(row, there, beyond);
        self.b.switch_to(there);
        let number = self.row_word(row, 0);
        self.b.jump(next, &[number]);
        self.b.switch_to(beyond);
        let most = self.b.int(i64::MAX);
        self.b.jump(next, &[most]);
        self.b.switch_to(next);
        // One where `begin <= wanted`, else zero: a branch here would be taken in all combinations by the verifier.
        let less = self.b.alu(AluOp::Sub, begin, one);
        let less = self.b.alu(AluOp::Sub, less, wanted);
        let fits = self.shifted(AluOp::Rsh, less, 63);
        let taken = self.b.alu(AluOp::Mul, fits, step);
        let reached_now = self.b.alu(AluOp::Add, reached, taken);
        let half = self.shifted(AluOp::Rsh, step, 1);
        self.b.jump(head, &[half, reached_now]);
        self.b.switch_to(done);
        self.b.store(Size::W, key.base, key.offset, reached);
        let row = self.look_up_in(table, at);
        self.or_else(row, lost)
    }

    /// The table of the process; null where there is none.
    fn process_table(&mut self, at: Place) -> Value {
        let processes = self.tables(PROCESSES, MapType::HashOfMaps, MOST_PROCESSES);
        let (map, key) = (self.b.map(processes), self.state_address(at, state::PROCESS));
        self.b.helper(helpers::MAP_LOOKUP, &[map, key], MEMORY)
    }

    fn look_up(&mut self, map: MapKey, at: Place) -> Value {
        let map = self.b.map(map);
        self.look_up_in(map, at)
    }

    /// What a map has for the number in the key's place.
    fn look_up_in(&mut self, map: Value, at: Place) -> Value {
        let key = self.state_address(at, state::KEY);
        self.b.helper(helpers::MAP_LOOKUP, &[map, key], MEMORY)
    }

    /// A pointer that is not null.
    fn or_else(&mut self, pointer: Value, missing: Block) -> Value {
        let there = self.b.block();
        self.b.branch_if(pointer, there, missing);
        self.b.switch_to(there);
        pointer
    }

    /// What a process has in its memory.
    fn read_user(&mut self, address: Value, at: Place, lost: Block) -> Value {
        let (to, size, read) = (self.state_address(at, state::READ), self.b.int(8), self.b.block());
        let failed = self.call(helpers::PROBE_READ_USER, &[to, size, address]);
        self.b.branch_if(failed, lost, read);
        self.b.switch_to(read);
        self.state(at, state::READ)
    }

    fn tables(&mut self, name: &str, kind: MapType, entries: u32) -> MapKey {
        let inner = MapShape { flags: INNER_MAP, ..MapShape::new(MapType::Array, 4, ROW, 1) };
        self.globals.map_of_maps(name, MapShape::new(kind, 4, 4, entries), inner)
    }

    fn set_state(&mut self, at: Place, place: u32, value: Value) {
        self.b.store(Size::DW, at.base, at.at(place).offset, value);
    }

    fn state(&mut self, at: Place, place: u32) -> Value {
        self.b.load(Size::DW, at.base, at.at(place).offset, Kind::I64)
    }

    fn state_address(&mut self, at: Place, place: u32) -> Value {
        self.begin_of(at.at(place))
    }

    fn row_word(&mut self, row: Value, number: i32) -> Value {
        self.b.load(Size::DW, row, number * 8, Kind::I64)
    }

    pub(super) fn shifted(&mut self, op: AluOp, value: Value, by: i64) -> Value {
        let by = self.b.int(by);
        self.b.alu(op, value, by)
    }

    fn masked(&mut self, value: Value, from: i64, mask: i64) -> Value {
        let (moved, mask) = (self.shifted(AluOp::Rsh, value, from), self.b.int(mask));
        self.b.alu(AluOp::And, moved, mask)
    }

    /// The lower half, with its sign.
    fn low(&mut self, value: Value) -> Value {
        self.b.push(Op::SignExtend(Size::W, value), Kind::I64)
    }

    fn equals(&mut self, value: Value, number: i64) -> Value {
        let number = self.b.int(number);
        self.b.compare(Cond::Eq, value, number)
    }
}
