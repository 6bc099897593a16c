//! The shape of a function: order of blocks, predecessors, dominators, loops.
use crate::{Block, Function, Jump, Terminator};
use osmia_base::Key;

/// A table with one entry per block.
#[derive(Clone, Debug)]
pub(crate) struct PerBlock<T>(Vec<T>);

impl<T: Clone> PerBlock<T> {
    pub(crate) fn new(function: &Function, value: T) -> Self {
        Self(vec![value; function.blocks.len()])
    }
}

impl<T> std::ops::Index<Block> for PerBlock<T> {
    type Output = T;
    fn index(&self, block: Block) -> &T {
        &self.0[block.index()]
    }
}

impl<T> std::ops::IndexMut<Block> for PerBlock<T> {
    fn index_mut(&mut self, block: Block) -> &mut T {
        &mut self.0[block.index()]
    }
}

impl Terminator {
    /// The jumps it may take, the likely fall-through last.
    pub fn jumps(&self) -> impl Iterator<Item = &Jump> {
        let (first, second) = match self {
            Self::Jump(jump) => (Some(jump), None),
            Self::Branch { then, other, .. } => (Some(then), Some(other)),
            Self::Missing | Self::Return(_) | Self::Unreachable => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The jumps it may take, to change.
    pub fn jumps_mut(&mut self) -> impl Iterator<Item = &mut Jump> {
        let (first, second) = match self {
            Self::Jump(jump) => (Some(jump), None),
            Self::Branch { then, other, .. } => (Some(then), Some(other)),
            Self::Missing | Self::Return(_) | Self::Unreachable => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// Which blocks can be reached, in which order, from where, and through which.
#[derive(Clone, Debug)]
pub(crate) struct Cfg {
    /// Reverse postorder of the blocks that can be reached.
    pub(crate) order: Vec<Block>,
    /// Position in `order`; `None` for blocks that cannot be reached.
    pub(crate) position: PerBlock<Option<u32>>,
    /// One entry per jump that can be reached, so a block may stand twice.
    pub(crate) preds: PerBlock<Vec<Block>>,
    /// Immediate dominators; the entry's is itself.
    pub(crate) idom: PerBlock<Block>,
    /// Entry and exit times of a walk over the dominator tree.
    span: PerBlock<(u32, u32)>,
}

impl Cfg {
    pub(crate) fn new(function: &Function) -> Self {
        let order = reverse_postorder(function);
        let mut position = PerBlock::new(function, None);
        for (at, &block) in order.iter().enumerate() {
            position[block] = Some(at as u32);
        }
        let mut preds = PerBlock::new(function, Vec::new());
        for &block in &order {
            for jump in function.blocks[block].end.jumps() {
                preds[jump.block].push(block);
            }
        }
        let idom = dominators(function, &order, &position, &preds);
        let span = PerBlock::new(function, (0, 0));
        let mut cfg = Self { order, position, preds, idom, span };
        cfg.number_tree(function);
        cfg
    }

    pub(crate) fn reachable(&self, block: Block) -> bool {
        self.position[block].is_some()
    }

    /// Whether every way to `b` goes through `a`.
    pub(crate) fn dominates(&self, a: Block, b: Block) -> bool {
        self.span[a].0 <= self.span[b].0 && self.span[b].1 <= self.span[a].1
    }

    /// The blocks that each block dominates immediately, in order.
    pub(crate) fn children(&self, function: &Function) -> PerBlock<Vec<Block>> {
        let mut children = PerBlock::new(function, Vec::new());
        for &block in self.order.iter().skip(1) {
            children[self.idom[block]].push(block);
        }
        children
    }

    fn number_tree(&mut self, function: &Function) {
        let children = self.children(function);
        let Some(&root) = self.order.first() else { return };
        let mut clock = 0;
        let mut stack = vec![(root, 0)];
        while let Some((block, next)) = stack.pop() {
            if next == 0 {
                self.span[block].0 = clock;
                clock += 1;
            }
            if let Some(&child) = children[block].get(next) {
                stack.push((block, next + 1));
                stack.push((child, 0));
            } else {
                self.span[block].1 = clock;
                clock += 1;
            }
        }
    }

    /// The natural loops, inner ones after the ones around them: header and members.
    pub(crate) fn loops(&self, function: &Function) -> Vec<Loop> {
        let mut loops = Vec::new();
        for &header in &self.order {
            let back: Vec<Block> =
                self.preds[header].iter().copied().filter(|&pred| self.dominates(header, pred)).collect();
            if !back.is_empty() {
                loops.push(self.natural_loop(function, header, back));
            }
        }
        loops
    }

    fn natural_loop(&self, function: &Function, header: Block, back: Vec<Block>) -> Loop {
        let mut member = PerBlock::new(function, false);
        member[header] = true;
        let mut blocks = vec![header];
        let mut work = back.clone();
        while let Some(block) = work.pop() {
            if !member[block] {
                member[block] = true;
                blocks.push(block);
                work.extend(&self.preds[block]);
            }
        }
        Loop { header, blocks, back }
    }

    /// The last block that every way to one of `blocks` goes through; `None` for no blocks.
    pub(crate) fn common_dominator(&self, blocks: &[Block]) -> Option<Block> {
        let mut blocks = blocks.iter().copied();
        let first = blocks.next()?;
        Some(blocks.fold(first, |mut above, block| {
            while !self.dominates(above, block) {
                above = self.idom[above];
            }
            above
        }))
    }

    /// Which blocks a way may come to again: those of the loops, and where a loop has several entries, all that lie between
    /// the jump back and where it goes.
    pub(crate) fn turns(&self, function: &Function) -> PerBlock<bool> {
        let mut turns = PerBlock::new(function, false);
        let mut until = 0;
        let back = |block: Block| {
            let at = self.position[block];
            self.preds[block]
                .iter()
                .filter_map(move |&pred| self.position[pred].filter(|&pred| Some(pred) >= at))
                .max()
        };
        for (at, &block) in self.order.iter().enumerate() {
            until = back(block).map_or(until, |last| until.max(last + 1));
            turns[block] = (at as u32) < until;
        }
        turns
    }

    /// How many loops each block is in.
    pub(crate) fn loop_depth(&self, function: &Function) -> PerBlock<u32> {
        let mut depth = PerBlock::new(function, 0);
        for found in self.loops(function) {
            for block in found.blocks {
                depth[block] += 1;
            }
        }
        depth
    }
}

/// A loop with one entry.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub(crate) header: Block,
    /// All blocks, the header first.
    pub(crate) blocks: Vec<Block>,
    /// Those that jump to the header.
    pub(crate) back: Vec<Block>,
}

fn reverse_postorder(function: &Function) -> Vec<Block> {
    let mut seen = PerBlock::new(function, false);
    let mut order = Vec::new();
    let mut stack = vec![(function.entry, 0)];
    seen[function.entry] = true;
    while let Some((block, next)) = stack.pop() {
        match function.blocks[block].end.jumps().nth(next) {
            Some(jump) => {
                stack.push((block, next + 1));
                if !seen[jump.block] {
                    seen[jump.block] = true;
                    stack.push((jump.block, 0));
                }
            }
            None => order.push(block),
        }
    }
    order.reverse();
    order
}

/// Cooper, Harvey and Kennedy's iteration.
fn dominators(
    function: &Function,
    order: &[Block],
    position: &PerBlock<Option<u32>>,
    preds: &PerBlock<Vec<Block>>,
) -> PerBlock<Block> {
    let at = |block: Block| position[block].unwrap_or(u32::MAX);
    let mut idom = PerBlock::new(function, None);
    idom[function.entry] = Some(function.entry);
    let mut changed = true;
    while changed {
        changed = false;
        for &block in order.iter().skip(1) {
            let mut known = preds[block].iter().copied().filter(|&pred| idom[pred].is_some());
            let Some(first) = known.next() else { continue };
            let new = known.fold(first, |mut a, mut b| {
                while a != b {
                    let deeper = if at(a) > at(b) { &mut a } else { &mut b };
                    *deeper = idom[*deeper].unwrap_or(function.entry);
                }
                a
            });
            if idom[block] != Some(new) {
                idom[block] = Some(new);
                changed = true;
            }
        }
    }
    PerBlock(function.blocks.keys().map(|block| idom[block].unwrap_or(function.entry)).collect())
}
