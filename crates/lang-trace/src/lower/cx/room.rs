//! Room for values: slots of the stack, scratch memory where that is not enough, the frame that callbacks share, and the homes of
//! variables in these.
use super::{Cached, Cx, FRAME_HEADER, MEMORY, Place, SCRATCH_LIMIT, STACK_LIMIT, Temp, VarHome};
use crate::lower::{globals::MapShape, helpers, loops, walk};
use crate::typed::{Probe, VarId};
use osmia_abi::MapType;
use osmia_base::Key;
use osmia_event::round_up;
use osmia_ir::{Block, Slot, Type as Kind, Value};
use osmia_isa::Size;
use osmia_object::MapKey;
use std::collections::BTreeSet;

impl<'a> Cx<'a> {
    /// Memory for a value until the current statement ends.
    pub(in crate::lower) fn temp(&mut self, size: u32) -> Place {
        self.temp_behind(0, size)
    }

    /// The same, with so many bytes in front of the value.
    pub(in crate::lower) fn temp_behind(&mut self, before: u32, size: u32) -> Place {
        let value = round_up(size.max(1), 8);
        let size = before + value;
        if size > 8 && !self.fits_stack(size, value) {
            let offset = self.take_scratch(size);
            return self.scratch_place(offset);
        }
        let slot = self.temp_slot(size);
        Place::new(self.b.slot_addr(slot))
    }

    pub(super) fn temp_slot(&mut self, size: u32) -> Slot {
        if let Some(temp) = self.f.temps.iter_mut().find(|temp| !temp.busy && temp.size == size) {
            temp.busy = true;
            return temp.slot;
        }
        let slot = self.b.slot(size, 8);
        self.f.stack += size;
        self.f.temps.push(Temp { slot, size, busy: true });
        slot
    }

    pub(super) fn fits_stack(&self, size: u32, value: u32) -> bool {
        let free = |temp: &Temp| !temp.busy && temp.size == size;
        let limit = if self.f.frame.is_some() { STACK_LIMIT / 3 } else { STACK_LIMIT };
        value <= round_up(self.program.config.on_stack_limit, 8)
            && (self.f.temps.iter().any(free) || self.f.stack + size <= limit)
    }

    /// Writes a statement; its temporary memory is free again after it.
    pub(in crate::lower) fn statement<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
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

    pub(in crate::lower) fn take_scratch(&mut self, size: u32) -> u32 {
        let offset = self.current.scratch_top;
        self.current.scratch_top += round_up(size, 8);
        self.scratch_size = self.scratch_size.max(self.current.scratch_top);
        if self.current.scratch_top > SCRATCH_LIMIT {
            self.scratch_over.get_or_insert(self.span);
        }
        offset
    }

    /// The same, for longer than the statement.
    pub(in crate::lower) fn take_scratch_for_good(&mut self, size: u32) -> u32 {
        let offset = self.take_scratch(size);
        self.current.scratch_kept = self.current.scratch_top;
        offset
    }

    /// The address of a place.
    pub(in crate::lower) fn begin_of(&mut self, place: Place) -> Value {
        self.b.offset(place.base, place.offset.into())
    }

    pub(in crate::lower) fn scratch_place(&mut self, offset: u32) -> Place {
        Place::new(self.scratch()).at(offset)
    }

    /// The program's scratch memory. Without it (which cannot be) the program ends.
    pub(super) fn scratch(&mut self) -> Value {
        self.once(Cached::Scratch, |cx| {
            let (map, element) = cx.scratch_element();
            cx.element(map, element)
        })
    }

    /// The same, for a function that goes on at `missing` without it.
    pub(in crate::lower) fn scratch_or(&mut self, missing: Block) -> Value {
        let (map, element) = self.scratch_element();
        self.element_or(map, element, missing)
    }

    fn scratch_element(&mut self) -> (MapKey, i64) {
        let users = &mut self.scratch_users;
        let element = *self.current.scratch.get_or_insert_with(|| {
            *users += 1;
            *users - 1
        });
        (self.globals.map("scratch", MapShape::new(MapType::PercpuArray, 4, 0, 0)), i64::from(element))
    }

    /// The element of a per-CPU array; the program ends if there is none.
    pub(in crate::lower) fn element(&mut self, map: MapKey, index: i64) -> Value {
        let missing = self.b.block();
        let found = self.element_or(map, index, missing);
        let there = self.b.current();
        self.b.switch_to(missing);
        self.leave_program();
        self.b.switch_to(there);
        found
    }

    fn element_or(&mut self, map: MapKey, index: i64, missing: Block) -> Value {
        let slot = self.temp_slot(8);
        let key = self.b.slot_addr(slot);
        let number = self.b.int(index);
        self.b.store(Size::W, key, 0, number);
        let map = self.b.map(map);
        let found = self.b.helper(helpers::MAP_LOOKUP, &[map, key], MEMORY);
        let there = self.b.block();
        self.b.branch_if(found, there, missing);
        self.b.switch_to(there);
        found
    }

    /// Notes which variables callbacks share with the rest of the program.
    pub(super) fn capture(&mut self) {
        self.current.captured = loops::captured(self);
    }

    /// The frame that the program shares with its callbacks.
    pub(in crate::lower) fn frame(&mut self) -> Value {
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
    pub(in crate::lower) fn frame_word(&mut self) -> i32 {
        let offset = self.current.frame_size;
        self.current.frame_size += 8;
        self.f.stack += 8;
        offset as i32
    }

    /// Where a variable is; it gets its place when it is first met.
    pub(in crate::lower) fn home(&mut self, var: VarId) -> VarHome {
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

    /// Gives variables that turns of called loops leave to the next one their places in the program itself: where these are
    /// not in the frame, they begin at zero once, and not with each call.
    pub(super) fn place_kept(&mut self, probe: &Probe) {
        let mut kept = BTreeSet::new();
        walk::stmts(&probe.body, &mut |node| {
            let var = walk::var_of(node).filter(|var| self.is_stale(*var));
            kept.extend(var.filter(|var| !probe.vars[*var].kind.is_scalar()));
        });
        for var in kept {
            self.home(var);
        }
    }

    pub(super) fn new_home(&mut self, var: VarId, size: u32) -> VarHome {
        let small = size == 8 || self.fits_stack(size, size);
        if !small {
            let offset = self.take_scratch_for_good(size);
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
    pub(in crate::lower) fn set_home(&mut self, var: VarId, home: VarHome) {
        self.current.homes[var.index()] = Some(home);
    }

    pub(in crate::lower) fn is_captured(&self, var: VarId) -> bool {
        self.current.captured[var.index()]
    }

    /// A place in memory for what is not a pair.
    pub(in crate::lower) fn place_of(&mut self, home: VarHome) -> Place {
        match home {
            VarHome::Slot(slot) => Place::new(self.b.slot_addr(slot)),
            VarHome::Frame(offset) => Place::new(self.frame()).at(offset),
            VarHome::Scratch(offset) => self.scratch_place(offset),
            VarHome::Pair { key, .. } => key,
        }
    }

    /// Whether a variable may hold a pointer that the verifier knows: it is set once, and before it is read.
    pub(super) fn keeps_pointer(&self, var: VarId) -> bool {
        !self.is_captured(var) && self.current.flow.sets(var) == 1 && self.current.flow.sets_first(var)
    }

    /// How a variable holds its value from now on: as the pointer that it is, or as a number.
    pub(in crate::lower) fn note_pointer(&mut self, var: VarId, kind: Kind) -> Kind {
        let kept = if kind.is_pointer() && self.keeps_pointer(var) { kind } else { Kind::I64 };
        self.current.pointers[var.index()] = kept;
        kept
    }

    /// How a variable holds its value.
    pub(in crate::lower) fn pointer_of(&self, var: VarId) -> Kind {
        self.current.pointers[var.index()]
    }
}
