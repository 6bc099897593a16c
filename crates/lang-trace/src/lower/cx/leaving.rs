//! Where programs and callbacks begin and end, and what leaves them early.
use super::{Cx, FRAME_RETURNED, Level, Loop, Result, VarHome};
use crate::lower::counted::Counted;
use crate::typed::VarId;
use osmia_event::round_up;
use osmia_ir::{Block, Builder, FunctionId, Type as Kind, Value};
use osmia_isa::{AluOp, Size};

impl<'a> Cx<'a> {
    /// Starts a function's body; the entry block is left for the prologue.
    pub(super) fn enter(&mut self) -> Block {
        let entry = self.b.current();
        self.f = Level::new(entry);
        let body = self.b.block();
        self.b.switch_to(body);
        body
    }

    /// Ends a function.
    pub(super) fn leave(&mut self, body: Block) {
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
    pub(in crate::lower) fn callback(
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
    pub(in crate::lower) fn function_once(
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

    /// Whether the verifier follows so many words of a stack that is kept, too, where it is to follow so many in all.
    pub(in crate::lower) const fn is_followed(&mut self, words: u32, most: u32) -> bool {
        self.current.kept_words = self.current.kept_words.saturating_add(words);
        self.current.kept_words <= most
    }

    /// The function that keeps stacks, written by `write` where it is called first.
    pub(in crate::lower) fn keeper_once(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<FunctionId>,
    ) -> Result<FunctionId> {
        if let Some(known) = self.current.keeper {
            return Ok(known);
        }
        let written = write(self)?;
        self.current.keeper = Some(written);
        Ok(written)
    }

    /// Whether a variable keeps its value from call to call of its function and may be read before it is set.
    pub(in crate::lower) fn is_stale(&self, var: VarId) -> bool {
        self.is_captured(var) && !self.sets_first(var)
    }

    /// Which loops a variable counts.
    pub(in crate::lower) const fn counted(&self) -> &Counted {
        &self.current.counted
    }

    /// Whether a variable is set before it is read, whatever the way.
    pub(in crate::lower) fn sets_first(&self, var: VarId) -> bool {
        self.current.flow.sets_first(var)
    }

    /// Whether a variable that is read or set at so many places of one expression is seen by that alone: what it holds from
    /// the last time is not read either.
    pub(in crate::lower) fn is_private(&self, var: VarId, uses: u32) -> bool {
        self.current.flow.uses(var) == uses && self.sets_first(var)
    }

    /// Variables that only a callback has are gone with it.
    pub(super) fn forget_homes(&mut self, before: &[Option<VarHome>]) {
        for (home, before) in self.current.homes.iter_mut().zip(before) {
            if matches!(home, Some(VarHome::Slot(_) | VarHome::Pair { .. })) {
                *home = *before;
            }
        }
    }

    /// Leaves the program, without the records that are open.
    pub(in crate::lower) fn leave_program(&mut self) {
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
    pub(in crate::lower) fn leave_program_with(&mut self, value: Value) {
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

    pub(super) fn discard_records(&mut self) {
        for record in self.f.records.clone() {
            self.discard(record);
        }
    }
}
