//! Which registers hold something that is still needed, at the end of each block.
use super::mach::{Code, MBlock, MBlockData, Vreg};
use osmia_base::Key;

/// A set of registers with room for all, walked over in the order of insertion.
#[derive(Debug)]
pub(crate) struct RegSet {
    members: Vec<Vreg>,
    place: Vec<u32>,
}

impl RegSet {
    pub(crate) fn new(size: u32) -> Self {
        Self { members: Vec::new(), place: vec![u32::MAX; size as usize] }
    }

    pub(crate) fn contains(&self, reg: Vreg) -> bool {
        self.place[reg.index()] != u32::MAX
    }

    pub(crate) fn insert(&mut self, reg: Vreg) -> bool {
        if self.contains(reg) {
            return false;
        }
        self.place[reg.index()] = self.members.len() as u32;
        self.members.push(reg);
        true
    }

    pub(crate) fn remove(&mut self, reg: Vreg) {
        let at = self.place[reg.index()] as usize;
        if at < self.members.len() {
            self.members.swap_remove(at);
            self.place[reg.index()] = u32::MAX;
            if let Some(&moved) = self.members.get(at) {
                self.place[moved.index()] = at as u32;
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        for reg in self.members.drain(..) {
            self.place[reg.index()] = u32::MAX;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Vreg> {
        self.members.iter().copied()
    }
}

/// What a block reads before it writes it, and what it writes.
#[derive(Default)]
pub(crate) struct Local {
    read: Vec<Vreg>,
    written: std::collections::HashSet<Vreg>,
}

impl Local {
    pub(crate) fn read(&mut self, reg: Vreg) {
        if !self.written.contains(&reg) {
            self.read.push(reg);
        }
    }

    pub(crate) fn write(&mut self, reg: Vreg) {
        self.written.insert(reg);
    }
}

/// The registers (not the machine's) that are live at the end of each block.
pub(crate) fn live_out(code: &Code) -> Vec<Vec<Vreg>> {
    let local = |data: &MBlockData| {
        let mut local = Local::default();
        let see = |local: &mut Local, reg: Vreg| {
            if !reg.is_machine() {
                local.read(reg);
            }
        };
        for (inst, _) in &data.insts {
            inst.uses(|reg| see(&mut local, reg));
            if let Some(def) = inst.def() {
                local.write(def);
            }
        }
        data.end.uses(|reg| see(&mut local, reg));
        local
    };
    live_out_of(code, code.next, local)
}

/// The things, numbered up to `size` and read and written as `local` tells, that are live at the end of each block.
/// From each use the search goes back to the definitions, so the work is in proportion to the answer.
pub(crate) fn live_out_of(code: &Code, size: u32, local: impl Fn(&MBlockData) -> Local) -> Vec<Vec<Vreg>> {
    let count = code.blocks.len();
    let mut preds = vec![Vec::new(); count];
    for (block, data) in code.blocks.iter() {
        for target in data.end.targets() {
            preds[target.index()].push(block);
        }
    }
    let locals: Vec<Local> = code.blocks.values().map(local).collect();
    let mut readers: Vec<Vec<MBlock>> = vec![Vec::new(); size as usize];
    for (block, local) in code.blocks.keys().zip(&locals) {
        for reg in &local.read {
            if readers[reg.index()].last() != Some(&block) {
                readers[reg.index()].push(block);
            }
        }
    }
    let mut out = vec![Vec::new(); count];
    let mut seen_in = vec![u32::MAX; count];
    let mut seen_out = vec![u32::MAX; count];
    for (number, mut work) in readers.into_iter().enumerate() {
        let reg = Vreg(number as u32);
        work.iter().for_each(|block| seen_in[block.index()] = reg.0);
        while let Some(block) = work.pop() {
            for &pred in &preds[block.index()] {
                let at = pred.index();
                if seen_out[at] == reg.0 {
                    continue;
                }
                seen_out[at] = reg.0;
                out[at].push(reg);
                if !locals[at].written.contains(&reg) && seen_in[at] != reg.0 {
                    seen_in[at] = reg.0;
                    work.push(pred);
                }
            }
        }
    }
    out
}

/// Removes instructions whose result nobody reads.
pub(crate) fn remove_dead(code: &mut Code) {
    let mut reads = vec![0_u32; code.next as usize];
    let mut sites: Vec<Vec<(MBlock, usize)>> = vec![Vec::new(); code.next as usize];
    for (block, data) in code.blocks.iter() {
        for (at, (inst, _)) in data.insts.iter().enumerate() {
            let def = inst.def();
            inst.uses(|reg| reads[reg.index()] += u32::from(def != Some(reg) || !inst.is_pure()));
            if let Some(def) = def.filter(|def| inst.is_pure() && !def.is_machine()) {
                sites[def.index()].push((block, at));
            }
        }
        data.end.uses(|reg| reads[reg.index()] += 1);
    }
    let mut dead: Vec<usize> = (Vreg::FIRST as usize..reads.len()).filter(|&reg| reads[reg] == 0).collect();
    let mut gone = std::collections::HashSet::new();
    while let Some(reg) = dead.pop() {
        for site in std::mem::take(&mut sites[reg]) {
            gone.insert(site);
            code.blocks[site.0].insts[site.1].0.uses(|used| {
                if used.index() != reg {
                    reads[used.index()] -= 1;
                    if reads[used.index()] == 0 && !used.is_machine() {
                        dead.push(used.index());
                    }
                }
            });
        }
    }
    if gone.is_empty() {
        return;
    }
    for block in code.blocks.keys().collect::<Vec<_>>() {
        let mut at = 0;
        code.blocks[block].insts.retain(|_| {
            at += 1;
            !gone.contains(&(block, at - 1))
        });
    }
}
