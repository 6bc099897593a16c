//! Statements.
use super::cx::{Cx, FRAME_RETURNED, Loop, Result};
use super::memory::Fill;
use super::walk;
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Stmt, StmtKind, VarId};
use osmia_event::Verb;
use osmia_ir::Type as Kind;
use osmia_isa::{AluOp, Cond, Size};

impl<'a> Cx<'a> {
    /// Writes statements, up to one after which nothing comes.
    pub(super) fn body(&mut self, list: &'a [Stmt]) -> Result<()> {
        for it in list {
            if self.b.ended() {
                break;
            }
            self.at(it.span);
            self.statement(|cx| cx.stmt(it))?;
        }
        Ok(())
    }

    fn stmt(&mut self, it: &'a Stmt) -> Result<()> {
        match &it.kind {
            StmtKind::Expr(value) => self.effect(value),
            StmtKind::SetVar(var, value) => self.set_var(*var, value),
            StmtKind::SetMap(map, key, value) => self.set_map(*map, key.as_ref(), value),
            StmtKind::UpdateMap(op, map, key, value) => self.update_map(*op, *map, key.as_ref(), value),
            StmtKind::Aggregate(map, key, value) => {
                self.aggregate(*map, key.as_ref(), value.as_ref(), it.span)
            }
            StmtKind::If(condition, then, other) => self.if_else(condition, then, other),
            StmtKind::While(condition, body) => self.while_loop(condition, body),
            StmtKind::Unroll(count, body) => self.unroll(*count, body),
            StmtKind::ForMap(var, map, body) => self.for_map(*var, *map, body, it.span),
            StmtKind::ForRange(var, from, to, body) => self.for_range(*var, from, to, body),
            StmtKind::Break => self.leave_turn(true),
            StmtKind::Continue => self.leave_turn(false),
            StmtKind::Return(None) => {
                self.leave_program();
                Ok(())
            }
            StmtKind::Return(Some(value)) => {
                let value = self.scalar(value)?;
                self.leave_program_with(value);
                Ok(())
            }
            StmtKind::Send(Verb::Exit, args) => self.exit(args.first(), it.span),
            StmtKind::Send(verb, args) => self.send(verb, args, it.span),
            StmtKind::Join(pointer, separator) => self.join(pointer, separator, it.span),
            StmtKind::Debug(format, args) => self.debug(format, args),
        }
    }

    /// Evaluates for what it does.
    fn effect(&mut self, value: &'a Expr) -> Result<()> {
        match &value.kind {
            ExprKind::StepMap { map, key, by, .. } => {
                self.step_map(*map, key.as_deref(), *by, None).map(|_| ())
            }
            ExprKind::Invoke { function, args } => self.invoke(*function, args).map(|_| ()),
            ExprKind::External { import, function, args } => {
                self.call_external(*import, function, args).map(|_| ())
            }
            // They have no value, but they do something.
            ExprKind::Signal(..) | ExprKind::Override(_) => self.scalar(value).map(|_| ()),
            ExprKind::Delete(map, key) => self.delete_known(*map, key.as_deref(), value.span),
            _ if value.ty.is_scalar() => self.scalar(value).map(|_| ()),
            ExprKind::Block(body, value) => {
                self.body(body)?;
                if self.b.ended() { Ok(()) } else { self.effect(value) }
            }
            _ if value.ty == crate::typed::Type::None => Ok(()),
            _ => self.memory(value, Fill::Text).map(|_| ()),
        }
    }

    fn set_var(&mut self, var: VarId, value: &'a Expr) -> Result<()> {
        if value.ty.is_scalar() {
            let found = self.scalar(value)?;
            self.store_var(var, found);
            return Ok(());
        }
        if walk::expr_mentions(value, var) {
            let from = self.memory(value, Fill::Whole)?;
            let (home, size) = (self.home(var), self.size_of(&value.ty));
            let to = self.place_of(home);
            self.copy(from, to, size);
            return Ok(());
        }
        let home = self.home(var);
        let to = self.place_of(home);
        self.put(value, to, Fill::Whole)
    }

    /// Gives a variable that is a number its value.
    pub(super) fn store_var(&mut self, var: VarId, value: osmia_ir::Value) {
        let home = self.home(var);
        let kind = self.b.kind(value);
        let value = if self.note_pointer(var, kind) == kind { value } else { self.number_of(value) };
        let to = self.place_of(home);
        self.b.store(Size::DW, to.base, to.offset, value);
    }

    fn if_else(&mut self, condition: &'a Expr, then: &'a [Stmt], other: &'a [Stmt]) -> Result<()> {
        let (yes, no) = (self.b.block(), self.b.block());
        self.condition(condition, yes, no)?;
        let done = if other.is_empty() { no } else { self.b.block() };
        self.b.switch_to(yes);
        self.arm(then, done)?;
        if !other.is_empty() {
            self.b.switch_to(no);
            self.arm(other, done)?;
        }
        self.b.switch_to(done);
        Ok(())
    }

    fn arm(&mut self, list: &'a [Stmt], done: osmia_ir::Block) -> Result<()> {
        self.maybe(|cx| cx.body(list))?;
        if !self.b.ended() {
            self.b.jump(done, &[]);
        }
        Ok(())
    }

    /// One turn of a loop of this function.
    pub(super) fn turn(
        &mut self,
        body: &'a [Stmt],
        next: osmia_ir::Block,
        done: osmia_ir::Block,
    ) -> Result<()> {
        self.f.loops.push(Loop::Native { next, done });
        let written = self.body(body);
        self.f.loops.pop();
        if written.is_ok() && !self.b.ended() {
            self.b.jump(next, &[]);
        }
        written
    }

    fn unroll(&mut self, count: u32, body: &'a [Stmt]) -> Result<()> {
        let done = self.b.block();
        for _ in 0..count {
            let next = self.b.block();
            self.maybe(|cx| cx.turn(body, next, done))?;
            self.b.switch_to(next);
        }
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// `break` and `continue`.
    fn leave_turn(&mut self, for_good: bool) -> Result<()> {
        match self.f.loops.last().copied() {
            Some(Loop::Native { next, done }) => self.b.jump(if for_good { done } else { next }, &[]),
            Some(Loop::Callback) => {
                let result = self.b.int(i64::from(for_good));
                self.b.ret(Some(result));
            }
            None => self.leave_program(),
        }
        Ok(())
    }

    /// After a loop by callback: leaves the program if the loop's body did.
    pub(super) fn follow_return(&mut self, body: &[Stmt]) {
        self.forget_maps();
        if walk::returns(body) {
            self.leave_if_left();
        }
    }

    /// Leaves the program if what was called has left it.
    pub(super) fn leave_if_left(&mut self) {
        let frame = self.frame();
        let returned = self.b.load(Size::DW, frame, FRAME_RETURNED, Kind::I64);
        let zero = self.b.int(0);
        let (out, on) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Ne, returned, zero, out, on);
        self.b.switch_to(out);
        if matches!(self.probe.provider, Provider::Test | Provider::Bench) {
            let by = self.b.int(1);
            let value = self.b.alu(AluOp::Rsh, returned, by);
            self.leave_program_with(value);
        } else {
            self.leave_program();
        }
        self.b.switch_to(on);
    }

    /// A variable's value, if it is a number.
    pub(super) fn load_var(&mut self, var: VarId) -> osmia_ir::Value {
        let home = self.home(var);
        let kind = self.pointer_of(var);
        let from = self.place_of(home);
        self.b.load(Size::DW, from.base, from.offset, kind)
    }
}
