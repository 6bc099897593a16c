//! Which functions a program is made of, in which order, and where each begins.
use super::ResolveErrorKind as Kind;
use super::exceptions::Callbacks;
use crate::{Function, FunctionKey, Object, Symbol};
use osmia_isa::Insn;
use std::collections::HashMap;

/// How many slots a program may have, and how many all programs of an object may have.
const MAX_SLOTS: u32 = 1_000_000;
const MAX_TOTAL: u32 = 16_000_000;

/// The functions of a program, in order, and the slot where each begins.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) order: Vec<FunctionKey>,
    pub(super) base: HashMap<FunctionKey, u32>,
    pub(super) slots: u32,
}

impl Layout {
    /// How far a function is from the instruction after the one at `slot`.
    pub(super) fn distance(&self, key: FunctionKey, slot: u32) -> Result<i32, Kind> {
        let base = self.base.get(&key).ok_or(Kind::Broken("a call of a function that is not there"))?;
        Ok(*base as i32 - slot as i32 - 1)
    }
}

/// What the layouts of an object's programs have in common.
pub(super) struct Layouts<'a> {
    object: &'a Object,
    callbacks: Callbacks,
    /// The slots of all programs so far.
    total: u32,
}

impl<'a> Layouts<'a> {
    pub(super) fn new(object: &'a Object) -> Self {
        Self { object, callbacks: Callbacks::new(object), total: 0 }
    }

    /// Which functions a program reaches: itself, then each behind those that were found before it, in the order in
    /// which libbpf meets them (a function's callees right after the call is seen).
    pub(super) fn of(&mut self, main: FunctionKey) -> Result<Layout, Kind> {
        let mut layout = Layout::default();
        self.reach(&mut layout, main)?;
        // Nobody calls what is called back on an exception: it is named beside the program.
        if let Some(callback) = self.callbacks.of(self.object, function(self.object, main)?)? {
            self.reach(&mut layout, callback)?;
        }
        Ok(layout)
    }

    /// Places a function, and all that it reaches.
    fn reach(&mut self, layout: &mut Layout, first: FunctionKey) -> Result<(), Kind> {
        if layout.base.contains_key(&first) {
            return Ok(());
        }
        self.place(layout, first)?;
        let mut open = vec![(first, 0)];
        while let Some((key, next)) = open.pop() {
            let Some(reloc) = function(self.object, key)?.relocs.get(next) else { continue };
            open.push((key, next + 1));
            if let Symbol::Function(callee) = reloc.symbol
                && !layout.base.contains_key(&callee)
            {
                self.place(layout, callee)?;
                open.push((callee, 0));
            }
        }
        Ok(())
    }

    fn place(&mut self, layout: &mut Layout, key: FunctionKey) -> Result<(), Kind> {
        let function = function(self.object, key)?;
        if let Some(undecoded) = &function.undecoded {
            return Err(Kind::Undecoded {
                function: function.name.clone(),
                reason: undecoded.reason.clone(),
            });
        }
        let slots = function.insns.iter().map(Insn::slots).fold(0u32, u32::saturating_add);
        layout.order.push(key);
        layout.base.insert(key, layout.slots);
        layout.slots = layout.slots.saturating_add(slots);
        self.total = self.total.saturating_add(slots);
        if layout.slots > MAX_SLOTS || self.total > MAX_TOTAL { Err(Kind::TooLong) } else { Ok(()) }
    }
}

/// A function that is called or named.
pub(super) fn function(object: &Object, key: FunctionKey) -> Result<&Function, Kind> {
    object.functions.get(key).ok_or(Kind::Broken("a call of a function that is not there"))
}

/// The slot of each instruction, of which the first is at `base`.
pub(super) fn starts(insns: &[Insn], base: u32) -> Vec<u32> {
    insns
        .iter()
        .scan(base, |slot, insn| {
            let here = *slot;
            *slot = slot.saturating_add(insn.slots());
            Some(here)
        })
        .collect()
}
