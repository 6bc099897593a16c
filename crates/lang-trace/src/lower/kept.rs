//! Stacks that the program keeps itself. A stack map has one place for all stacks of one hash, and the first has it for good: the
//! others are kept whole, each under a number that is made of its frames, in a map that takes memory only for what is in it.
//! [`osmia_event::kept`] says how these numbers look.
use super::cx::{Cx, MEMORY, Place, Result};
use super::globals::MapShape;
use super::helpers;
use super::send::Lost;
use super::stacks::{KERNEL_DEPTH, map_name, size_of_frames};
use osmia_abi::flags::{NO_PREALLOC, USER_BUILD_ID, USER_STACK};
use osmia_abi::{Feature, MapType};
use osmia_event::StackMode;
use osmia_event::kept::{DEPTH, KEPT, MOST_DEPTH, kept_map};
use osmia_ir::{Block, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::MapKey;

/// So many stacks are kept, and as many where the map takes the memory for all of them at once.
const MOST: u32 = 65536;
const MOST_AT_ONCE: u32 = 16384;
/// Bytes of the largest stack that is kept: programs have 32 KiB of memory for all that they do.
const LARGEST: u32 = 4096;
/// What `bpf_get_stackid` returns where another stack of the same hash is in the map: `-EEXIST`.
const EEXIST: i64 = -17;
/// Spreads the bits of an address over a number.
const SPREAD: i64 = 0x9E37_79B9_7F4A_7C15_u64.cast_signed();
/// Where, in the memory for a stack that is to be kept, is what is made of its frames so far, its number, and the frames.
const HASH: u32 = 0;
const NUMBER: u32 = 8;
const FRAMES: u32 = 16;

/// Which stack is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) mode: StackMode,
    pub(super) limit: u32,
    pub(super) user: bool,
}

impl Wanted {
    /// Flags of `bpf_get_stack`.
    const fn flags(self) -> i64 {
        let user = if self.user { USER_STACK } else { 0 };
        let build_id = if matches!(self.mode, StackMode::BuildId) { USER_BUILD_ID } else { 0 };
        (user | build_id) as i64
    }

    const fn size(self) -> u32 {
        size_of_frames(self.mode, self.limit)
    }
}

impl Cx<'_> {
    /// Where another stack has the place in the stack map, keeps this one; `id` is what the kernel said.
    pub(super) fn keep_crowded_out(&mut self, wanted: Wanted, id: Value, to: Place) -> Result<()> {
        let (taken, crowded, done) = (self.b.int(EEXIST), self.b.block(), self.b.block());
        self.b.branch(Cond::Eq, id, taken, crowded, done);
        self.b.switch_to(crowded);
        let features = [Feature::BpfLoop, Feature::LateElements];
        if wanted.size() <= LARGEST && features.into_iter().all(|feature| self.can(feature)) {
            // The memory is free again at once: one statement may have many stacks.
            self.maybe(|cx| cx.statement(|cx| cx.keep_stack(wanted, to, done)))?;
        } else {
            self.count(Lost::Stack);
        }
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    fn keep_stack(&mut self, wanted: Wanted, to: Place, done: Block) -> Result<()> {
        let offset = self.take_scratch(FRAMES + wanted.size());
        let at = self.scratch_place(offset);
        let zero = self.b.int(0);
        self.b.store(Size::DW, at.base, at.at(HASH).offset, zero);
        let (context, frames) = (self.context(), self.begin_of(at.at(FRAMES)));
        let (size, flags) = (self.b.int(wanted.size().into()), self.b.int(wanted.flags()));
        let bytes = self.call(helpers::STACK, &[context, frames, size, flags]);
        let (there, gone) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Sgt, bytes, zero, there, gone);
        self.b.switch_to(gone);
        self.count(Lost::Stack);
        self.b.jump(done, &[]);
        self.b.switch_to(there);
        let words = self.shifted(AluOp::Rsh, bytes, 3);
        self.mix_words(words, wanted, offset)?;
        let hash = self.b.load(Size::DW, at.base, at.at(HASH).offset, Kind::I64);
        let number = if wanted.user {
            let number = self.user_number(hash);
            self.b.store(Size::DW, to.base, to.offset, number);
            number
        } else {
            let number = self.kernel_number(hash, words);
            let high = self.shifted(AluOp::Rsh, number, 32);
            self.b.store(Size::W, to.base, to.offset, number);
            self.b.store(Size::W, to.base, to.offset + KERNEL_DEPTH, high);
            number
        };
        self.b.store(Size::DW, at.base, at.at(NUMBER).offset, number);
        let map = self.kept_stacks(wanted.mode, wanted.limit);
        self.keep_frames(map, at.at(NUMBER), at.at(FRAMES), done);
        Ok(())
    }

    /// Makes a number of so many words of frames.
    fn mix_words(&mut self, words: Value, wanted: Wanted, offset: u32) -> Result<()> {
        let frame = self.open_frame();
        let params = [("index", Kind::I64), ("frame", MEMORY)];
        let callback = self.callback("stack", &params, |cx| {
            cx.mix_word(wanted, offset);
            Ok(())
        })?;
        let none = self.b.int(0);
        let function = self.b.push(Op::FunctionAddr(callback), Kind::Ptr(Pointee::Function));
        self.call(helpers::LOOP, &[words, function, frame, none]);
        Ok(())
    }

    fn mix_word(&mut self, wanted: Wanted, offset: u32) {
        let (index, most) = (self.b.param(0), self.b.int((wanted.size() / 8).into()));
        let (inside, over) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Lt, index, most, inside, over);
        self.b.switch_to(over);
        let one = self.b.int(1);
        self.b.ret(Some(one));
        self.b.switch_to(inside);
        let at = self.scratch_place(offset);
        let frames = self.begin_of(at.at(FRAMES));
        let behind = self.shifted(AluOp::Lsh, index, 3);
        let place = self.b.alu(AluOp::Add, frames, behind);
        let word = self.b.load(Size::DW, place, 0, Kind::I64);
        let hash = self.b.load(Size::DW, at.base, at.at(HASH).offset, Kind::I64);
        let hash = self.mixed(hash, word);
        self.b.store(Size::DW, at.base, at.at(HASH).offset, hash);
        let zero = self.b.int(0);
        self.b.ret(Some(zero));
    }

    /// A hash with one more number in it.
    pub(super) fn mixed(&mut self, hash: Value, number: Value) -> Value {
        let (mixed, spread) = (self.b.alu(AluOp::Xor, hash, number), self.b.int(SPREAD));
        let mixed = self.b.alu(AluOp::Mul, mixed, spread);
        let half = self.shifted(AluOp::Rsh, mixed, 32);
        self.b.alu(AluOp::Xor, mixed, half)
    }

    /// The number of a user stack, of the hash of its frames.
    pub(super) fn user_number(&mut self, hash: Value) -> Value {
        let (short, mark) = (self.shifted(AluOp::Rsh, hash, 2), self.b.int(KEPT));
        self.b.alu(AluOp::Or, short, mark)
    }

    /// The number of a kernel stack, which has how many frames it has.
    fn kernel_number(&mut self, hash: Value, frames: Value) -> Value {
        let (short, most) = (self.shifted(AluOp::Rsh, hash, i64::from(64 - DEPTH)), self.b.int(MOST_DEPTH));
        let depth = self.b.alu(AluOp::And, frames, most);
        let depth = self.shifted(AluOp::Lsh, depth, DEPTH.into());
        let (number, mark) = (self.b.alu(AluOp::Or, short, depth), self.b.int(KEPT));
        self.b.alu(AluOp::Or, number, mark)
    }

    /// How many frames a kernel stack has, of the upper half of its number.
    pub(super) fn depth_of_kernel_stack(&mut self, high: Value) -> Value {
        let (mark, none) = (self.b.int(KEPT >> 32), self.b.int(0));
        let marked = self.b.alu(AluOp::And, high, mark);
        let kept = self.b.compare(Cond::Ne, marked, none);
        let (depth, most) = (self.shifted(AluOp::Rsh, high, i64::from(DEPTH - 32)), self.b.int(MOST_DEPTH));
        let depth = self.b.alu(AluOp::And, depth, most);
        self.b.push(Op::Select(kept, depth, high), Kind::I64)
    }

    /// The map of stacks that are kept.
    pub(super) fn kept_stacks(&mut self, mode: StackMode, limit: u32) -> MapKey {
        let (flags, most) =
            if self.can(Feature::LateElements) { (NO_PREALLOC, MOST) } else { (0, MOST_AT_ONCE) };
        let shape = MapShape::new(MapType::Hash, 8, size_of_frames(mode, limit), most);
        self.globals.map(&kept_map(&map_name(mode, limit)), MapShape { flags, ..shape })
    }

    /// Keeps frames under a number, if they are not kept already.
    pub(super) fn keep_frames(&mut self, map: MapKey, number: Place, frames: Place, done: Block) {
        let (handle, key) = (self.b.map(map), self.begin_of(number));
        let found = self.b.helper(helpers::MAP_LOOKUP, &[handle, key], MEMORY);
        let new = self.b.block();
        self.b.branch_if(found, done, new);
        self.b.switch_to(new);
        let (frames, any) = (self.begin_of(frames), self.b.int(0));
        let failed = self.call(helpers::MAP_UPDATE, &[handle, key, frames, any]);
        self.count_if(failed, Lost::Stack);
    }
}
