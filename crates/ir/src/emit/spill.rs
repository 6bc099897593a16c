//! Moving registers that found no place into the stack, or making their values anew.
use super::frame::Frame;
use super::mach::{Code, Mach, Mem, Src, Vreg};
use crate::{Loc, Slot};
use osmia_isa::Size;
use std::collections::{HashMap, HashSet};

/// What is done instead of keeping a register.
#[derive(Clone)]
enum Home {
    Stack(Slot),
    Again(Mach),
}

/// Rewrites `code` so that the registers of each group live in memory between their uses. Returns the registers
/// that carry them from and to it.
pub(crate) fn spill(code: &mut Code, frame: &mut Frame, groups: &[Vec<Vreg>]) -> HashSet<Vreg> {
    let homes = homes(code, frame, groups);
    let mut spill =
        Spill { homes, next: code.next, out: Vec::new(), loc: Loc::default(), carriers: HashSet::new() };
    for block in code.blocks.keys().collect::<Vec<_>>() {
        let data = &mut code.blocks[block];
        for (inst, loc) in std::mem::take(&mut data.insts) {
            spill.loc = loc;
            spill.inst(inst);
        }
        spill.loc = data.end_loc;
        data.end.uses_mut(|reg| *reg = spill.fetch(*reg));
        data.insts = std::mem::take(&mut spill.out);
    }
    code.next = spill.next;
    spill.carriers
}

fn homes(code: &Code, frame: &mut Frame, groups: &[Vec<Vreg>]) -> HashMap<Vreg, Home> {
    let mut defs: HashMap<Vreg, (u32, Option<&Mach>)> = HashMap::new();
    for data in code.blocks.values() {
        for (inst, _) in &data.insts {
            if let Some(def) = inst.def() {
                let entry = defs.entry(def).or_default();
                *entry = (entry.0 + 1, Some(inst));
            }
        }
    }
    let mut homes = HashMap::new();
    for group in groups {
        let made: Vec<&Mach> = group
            .iter()
            .filter_map(|reg| defs.get(reg))
            .filter_map(|&(count, inst)| inst.filter(|inst| count == 1 && inst.is_cheap()))
            .collect();
        let home = match (made.as_slice(), group.as_slice()) {
            ([one], [_]) => Home::Again((*one).clone()),
            _ => Home::Stack(frame.spill_slot()),
        };
        homes.extend(group.iter().map(|&reg| (reg, home.clone())));
    }
    homes
}

struct Spill {
    homes: HashMap<Vreg, Home>,
    next: u32,
    out: Vec<(Mach, Loc)>,
    loc: Loc,
    carriers: HashSet<Vreg>,
}

impl Spill {
    fn put(&mut self, inst: Mach) {
        self.out.push((inst, self.loc));
    }

    fn carrier(&mut self) -> Vreg {
        let reg = Vreg(self.next);
        self.next += 1;
        self.carriers.insert(reg);
        reg
    }

    /// A register with the value of `reg`.
    fn fetch(&mut self, reg: Vreg) -> Vreg {
        if !self.homes.contains_key(&reg) {
            return reg;
        }
        let to = self.carrier();
        self.fetch_into(reg, to);
        to
    }

    fn fetch_into(&mut self, reg: Vreg, to: Vreg) {
        match self.homes.get(&reg).cloned() {
            Some(Home::Stack(slot)) => {
                self.put(Mach::Load { size: Size::DW, signed: false, dst: to, mem: Mem::slot(slot) })
            }
            Some(Home::Again(inst)) => self.put(inst.into(to)),
            None => self.put(Mach::copy(to, reg)),
        }
    }

    fn keep(&mut self, slot: Slot, src: Src) {
        self.put(Mach::Store { size: Size::DW, mem: Mem::slot(slot), src });
    }

    fn inst(&mut self, inst: Mach) {
        if let Some((dst, src)) = inst.as_copy() {
            return self.copy(inst, dst, src);
        }
        let home = inst.def().and_then(|def| self.homes.get(&def).cloned());
        match (home, &inst) {
            (Some(Home::Again(_)), _) => {}
            (Some(Home::Stack(slot)), Mach::Const { value, .. }) if i32::try_from(*value).is_ok() => {
                self.keep(slot, Src::Imm(*value as i32));
            }
            (Some(Home::Stack(slot)), _) => {
                let carrier = self.rename(inst, true);
                self.keep(slot, Src::Reg(carrier));
            }
            (None, _) => {
                self.rename(inst, false);
            }
        }
    }

    fn copy(&mut self, inst: Mach, dst: Vreg, src: Vreg) {
        match (self.homes.get(&dst).cloned(), self.homes.get(&src).cloned()) {
            (None, None) => self.put(inst),
            (Some(Home::Stack(to)), Some(Home::Stack(from))) if to == from => {}
            (Some(Home::Stack(slot)), _) => {
                let src = self.fetch(src);
                self.keep(slot, Src::Reg(src));
            }
            (_, Some(_)) => self.fetch_into(src, dst),
            (Some(Home::Again(_)), None) => {}
        }
    }

    /// Emits the instruction with registers in place of spilled ones; returns that of the one it writes.
    fn rename(&mut self, mut inst: Mach, defines: bool) -> Vreg {
        let def = inst.def();
        let mut names: Vec<(Vreg, Vreg)> = Vec::new();
        let mut used = Vec::new();
        inst.uses(|reg| used.push(reg));
        used.sort_unstable();
        used.dedup();
        for reg in used {
            names.push((reg, self.fetch(reg)));
        }
        if let Some(def) = def.filter(|def| defines && !names.iter().any(|name| name.0 == *def)) {
            names.push((def, self.carrier()));
        }
        inst.all_mut(|reg| {
            if let Some(name) = names.iter().find(|name| name.0 == *reg) {
                *reg = name.1;
            }
        });
        self.put(inst);
        def.and_then(|def| names.iter().find(|name| name.0 == def)).map_or(Vreg(0), |name| name.1)
    }
}
