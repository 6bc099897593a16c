//! Stacks that the program keeps itself. A stack map has one place for all stacks of one hash, and the first has it for good: the
//! others are kept whole, each under a number that is made of its frames, in a map that takes memory only for what is in it.
//! [`osmia_event::kept`] says how these numbers look.
use super::cx::{Cx, MEMORY, Place, Result};
use super::globals::MapShape;
use super::helpers;
use super::send::Lost;
use super::stacks::{KERNEL_DEPTH, map_name, size_of_frames};
use super::walk::{self, Node};
use crate::typed::{Expr, ExprKind, Probe, Type};
use osmia_abi::flags::{NO_PREALLOC, USER_BUILD_ID, USER_STACK};
use osmia_abi::{Feature, MapType};
use osmia_event::StackMode;
use osmia_event::kept::{DEPTH, KEPT, MOST_DEPTH, kept_map};
use osmia_ir::{Block, FunctionId, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::MapKey;

/// So many stacks are kept, and as many where the map takes the memory for all of them at once.
const MOST: u32 = 65536;
const MOST_AT_ONCE: u32 = 16384;
/// Bytes of the largest stack that is kept: programs have 32 KiB of memory for all that they do.
const LARGEST: u32 = 4096;
/// So many words of stacks may be kept at all places of a program together: the verifier follows some twenty instructions for each,
/// and gives up after a million. What has no place elsewhere is counted.
const MOST_FOLLOWED: u32 = 20_000;
/// What `bpf_get_stackid` returns where another stack of the same hash is in the map: `-EEXIST`.
const EEXIST: i64 = -17;
/// Spreads the bits of an address over a number.
const SPREAD: i64 = 0x9E37_79B9_7F4A_7C15_u64.cast_signed();
/// Where, in the memory for a stack that is to be kept, are its number and its frames.
const NUMBER: u32 = 0;
const FRAMES: u32 = 8;

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
        let is_kept = wanted.size() <= LARGEST && self.can(Feature::LateElements);
        if is_kept && self.is_followed(wanted.size() / 8, MOST_FOLLOWED) {
            let number = self.maybe(|cx| cx.keep_stack(wanted))?;
            let kept = self.b.block();
            self.b.branch_if(number, kept, done);
            self.b.switch_to(kept);
            self.put_number(wanted, number, to);
        } else {
            self.count(Lost::Stack);
        }
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    fn put_number(&mut self, wanted: Wanted, number: Value, to: Place) {
        if wanted.user {
            return self.b.store(Size::DW, to.base, to.offset, number);
        }
        let high = self.shifted(AluOp::Rsh, number, 32);
        self.b.store(Size::W, to.base, to.offset, number);
        self.b.store(Size::W, to.base, to.offset + KERNEL_DEPTH, high);
    }

    /// The number of a stack that is kept; 0 for none.
    fn keep_stack(&mut self, wanted: Wanted) -> Result<Value> {
        let keeper = self.keeper_once(Self::keeper)?;
        let map = self.kept_stacks(wanted.mode, wanted.limit);
        let (context, map) = (self.context(), self.b.map(map));
        let (size, flags) = (self.b.int(wanted.size().into()), self.b.int(wanted.flags()));
        Ok(self.call_function(keeper, &[context, map, size, flags]))
    }

    /// The function that keeps stacks: one for all of the program, since few of its runs need it.
    fn keeper(&mut self) -> Result<FunctionId> {
        let offset = self.take_scratch_for_good(FRAMES + largest_stack(self.probe));
        let params = [
            ("context", Kind::Ptr(Pointee::Context)),
            ("map", Kind::Ptr(Pointee::Map)),
            ("size", Kind::I64),
            ("flags", Kind::I64),
        ];
        self.callback("keep_stack", &params, |cx| {
            cx.write_keeper(offset);
            Ok(())
        })
    }

    fn write_keeper(&mut self, offset: u32) {
        let [context, map, size, flags] = [0, 1, 2, 3].map(|number| self.b.param(number));
        let (none, zero) = (self.b.block(), self.b.int(0));
        let at = Place::new(self.scratch_or(none)).at(offset);
        let frames = self.begin_of(at.at(FRAMES));
        let bytes = self.call(helpers::STACK, &[context, frames, size, flags]);
        let there = self.b.block();
        self.b.branch(Cond::Sgt, bytes, zero, there, none);
        self.b.switch_to(none);
        self.count(Lost::Stack);
        self.b.ret(Some(zero));
        self.b.switch_to(there);
        let hash = self.hash_of(frames, bytes);
        let number = self.kept_number(hash, bytes);
        self.b.store(Size::DW, at.base, at.at(NUMBER).offset, number);
        let done = self.b.block();
        let failed = self.keep_frames(map, at.at(NUMBER), at.at(FRAMES), done);
        self.b.branch_if(failed, none, done);
        self.b.switch_to(done);
        self.b.ret(Some(number));
    }

    /// A number made of so many bytes of frames, 8 or more.
    fn hash_of(&mut self, frames: Value, bytes: Value) -> Value {
        let (turn, again, done) = (self.b.block(), self.b.block(), self.b.block());
        let (at, hash) = (self.b.block_param(turn, Kind::I64), self.b.block_param(turn, Kind::I64));
        let (zero, step) = (self.b.int(0), self.b.int(8));
        self.b.jump(turn, &[zero, zero]);
        self.b.switch_to(turn);
        let place = self.b.alu(AluOp::Add, frames, at);
        let word = self.b.load(Size::DW, place, 0, Kind::I64);
        let hash = self.mixed(hash, word);
        let next = self.b.alu(AluOp::Add, at, step);
        // In this order: Linux 6.1 sees the end of a loop only where what it knows exactly comes second.
        self.b.branch(Cond::Gt, bytes, next, again, done);
        self.b.switch_to(again);
        self.b.jump(turn, &[next, hash]);
        self.b.switch_to(done);
        hash
    }

    /// A hash with one more number in it.
    pub(super) fn mixed(&mut self, hash: Value, number: Value) -> Value {
        let (mixed, spread) = (self.b.alu(AluOp::Xor, hash, number), self.b.int(SPREAD));
        let mixed = self.b.alu(AluOp::Mul, mixed, spread);
        let half = self.shifted(AluOp::Rsh, mixed, 32);
        self.b.alu(AluOp::Xor, mixed, half)
    }

    /// The number of a user stack that the program has unwound, of the hash of its frames.
    pub(super) fn user_number(&mut self, hash: Value) -> Value {
        let (short, mark) = (self.shifted(AluOp::Rsh, hash, 2), self.b.int(KEPT));
        self.b.alu(AluOp::Or, short, mark)
    }

    /// The number of a stack that the kernel has found; how many frames a kernel stack has is asked of that.
    fn kept_number(&mut self, hash: Value, bytes: Value) -> Value {
        let (short, most) = (self.shifted(AluOp::Rsh, hash, i64::from(64 - DEPTH)), self.b.int(MOST_DEPTH));
        let frames = self.shifted(AluOp::Rsh, bytes, 3);
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

    /// Keeps frames under a number in a map: goes on at `done` if they are there already, else says whether it failed.
    pub(super) fn keep_frames(&mut self, map: Value, number: Place, frames: Place, done: Block) -> Value {
        let key = self.begin_of(number);
        let found = self.b.helper(helpers::MAP_LOOKUP, &[map, key], MEMORY);
        let new = self.b.block();
        self.b.branch_if(found, done, new);
        self.b.switch_to(new);
        let (frames, any) = (self.begin_of(frames), self.b.int(0));
        self.call(helpers::MAP_UPDATE, &[map, key, frames, any])
    }
}

/// Bytes of the largest stack of a probe that may have to be kept.
fn largest_stack(probe: &Probe) -> u32 {
    let mut largest = 0;
    walk::probe(probe, &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Stack, ty, .. }) = node
            && let Type::UserStack { mode, limit } | Type::KernelStack { mode, limit } = *ty
        {
            largest = largest.max(size_of_frames(mode, limit).min(LARGEST));
        }
    });
    largest
}
