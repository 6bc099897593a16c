//! Stacks: numbers of what the kernel keeps in stack maps.
use super::cx::{Cx, Place, Result};
use super::globals::MapShape;
use super::kept::Wanted;
use super::memory::Fill;
use super::{helpers, walk};
use crate::typed::{Expr, ExprKind, Program, Type};
use osmia_abi::MapType;
use osmia_abi::flags::{STACK_BUILD_ID, USER_STACK};
use osmia_event::StackMode;
use osmia_ir::{Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::MapKey;

/// Elements of a stack map.
const STACKS: u32 = 16384;
/// Where a kernel stack keeps how many frames it has.
pub(super) const KERNEL_DEPTH: i32 = 4;
/// The process of a user stack, and after it how many frames it has.
pub(super) const PROCESS: u32 = 8;
pub(super) const USER_DEPTH: i32 = 12;

impl<'a> Cx<'a> {
    /// A stack of this place in the program.
    pub(super) fn put_stack(&mut self, ty: &Type, to: Place) -> Result<()> {
        let (mode, limit, user) = match *ty {
            Type::UserStack { mode, limit } => (mode, limit, true),
            Type::KernelStack { mode, limit } => (mode, limit, false),
            _ => return Ok(()),
        };
        let map = self.stack_map(mode, limit);
        let flags = if user { USER_STACK as i64 } else { 0 };
        let (context, map, number) = (self.context(), self.b.map(map), self.b.int(flags));
        let id = self.call(helpers::STACKID, &[context, map, number]);
        let size = if user { Size::DW } else { Size::W };
        self.b.store(size, to.base, to.offset, id);
        if user {
            self.put_process(to.at(PROCESS));
        }
        match (self.measures_stacks, user) {
            (true, _) => {
                let depth = self.statement(|cx| cx.depth(limit, flags));
                self.b.store(Size::W, to.base, to.offset + depth_at(user), depth);
            }
            (false, true) => {}
            (false, false) => self.b.zero(to.base, to.offset + KERNEL_DEPTH, 4),
        }
        self.keep_crowded_out(Wanted { mode, limit, user }, id, to)
    }

    /// How many frames the stack has here; none where the kernel finds no stack.
    fn depth(&mut self, limit: u32, flags: i64) -> Value {
        let size = limit.max(1) * 8;
        let (context, place) = (self.context(), self.temp(size));
        let at = self.begin_of(place);
        let (size, flags) = (self.b.int(size.into()), self.b.int(flags));
        let bytes = self.call(helpers::STACK, &[context, at, size, flags]);
        let (zero, eight) = (self.b.int(0), self.b.int(8));
        let filled = self.b.compare(Cond::Sgt, bytes, zero);
        let frames = self.b.alu(AluOp::Div, bytes, eight);
        self.b.alu(AluOp::Mul, frames, filled)
    }

    /// A user stack that the program finds itself.
    pub(super) fn put_unwound_stack(&mut self, ty: &Type, to: Place) -> Result<()> {
        let Type::UserStack { limit, .. } = *ty else { return Ok(()) };
        self.put_unwound(limit, to)
    }

    /// `len(stack)`.
    pub(super) fn frames(&mut self, stack: &'a Expr) -> Result<Value> {
        let user = matches!(stack.ty, Type::UserStack { .. });
        let place = self.memory(stack, Fill::Whole)?;
        let depth = self.b.load(Size::W, place.base, place.offset + depth_at(user), Kind::I64);
        Ok(if user { depth } else { self.depth_of_kernel_stack(depth) })
    }

    /// The map of stacks of so many frames.
    fn stack_map(&mut self, mode: StackMode, limit: u32) -> MapKey {
        let flags = if mode == StackMode::BuildId { STACK_BUILD_ID } else { 0 };
        let shape = MapShape::new(MapType::StackTrace, 4, size_of_frames(mode, limit), STACKS);
        self.globals.map(&map_name(mode, limit), MapShape { flags, ..shape })
    }
}

/// Bytes of so many frames.
pub(super) const fn size_of_frames(mode: StackMode, limit: u32) -> u32 {
    let step = if matches!(mode, StackMode::BuildId) { 32 } else { 8 };
    let frames = if limit == 0 { 1 } else { limit };
    frames.saturating_mul(step)
}

/// Where a stack keeps how many frames it has.
const fn depth_at(user: bool) -> i32 {
    if user { USER_DEPTH } else { KERNEL_DEPTH }
}

/// The map that holds stacks of so many frames.
pub(super) fn map_name(mode: StackMode, limit: u32) -> String {
    match mode {
        StackMode::BuildId => format!("stack_build_{limit}"),
        StackMode::Bpftrace | StackMode::Perf | StackMode::Raw => format!("stack_{limit}"),
    }
}

/// Whether a script asks how many frames stacks have.
pub(super) fn are_measured(program: &Program) -> bool {
    let mut found = false;
    let mut look = |node: walk::Node<'_>| {
        found |= matches!(node, walk::Node::Expr(Expr { kind: ExprKind::Frames(_), .. }));
    };
    program.probes.iter().for_each(|probe| walk::probe(probe, &mut look));
    found
}
