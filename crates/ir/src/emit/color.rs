//! Register allocation by colouring with coalescing (George and Appel's iterated form): a copy whose two sides can
//! share a register disappears.
use super::liveness::{RegSet, live_out};
use super::mach::{Code, Mach, Mask, Vreg};
use std::cell::Cell;
use std::collections::{BinaryHeap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A hasher for pairs of small numbers.
#[derive(Default)]
pub(crate) struct PairHasher(u64);

impl Hasher for PairHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}

/// What became of the registers.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// All have a machine register.
    Colored(Vec<u8>),
    /// These have none: groups of registers that share one place.
    Spilled(Vec<Vec<Vreg>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Few neighbours, no copies: can be taken out at once.
    Simple,
    /// Few neighbours, but perhaps a copy can be saved.
    Moving,
    /// Many neighbours.
    Crowded,
    Coalesced,
    Stacked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MoveState {
    /// To be looked at.
    Ready,
    /// Looked at, cannot be saved now.
    Waiting,
    /// Saved or given up.
    Done,
}

struct Node {
    state: State,
    /// Where it went when it was coalesced. Ways to there are made shorter whenever they are gone.
    alias: Cell<u32>,
    /// Machine registers it cannot have.
    forbidden: Mask,
    degree: u32,
    neighbours: Vec<u32>,
    moves: Vec<u32>,
    /// How many sides of moves it is that are not done.
    open_moves: u32,
    /// Those of the moves that were looked at and may be saved yet.
    waiting: Vec<u32>,
    cost: f32,
}

/// A crowded node, cheapest to lose first.
#[derive(PartialEq)]
struct Candidate(f32, u32);

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.total_cmp(&self.0).then(other.1.cmp(&self.1))
    }
}

/// Beyond so many neighbours a node is not tried for coalescing with another of its kind.
const MANY: usize = 4000;

/// In which order registers are tried: those that calls overwrite first.
const ORDER: [u8; 10] = [1, 2, 3, 4, 5, 0, 6, 7, 8, 9];

struct Graph {
    nodes: Vec<Node>,
    edges: HashSet<u64, BuildHasherDefault<PairHasher>>,
    moves: Vec<(u32, u32, MoveState)>,
    ready: Vec<u32>,
    simple: Vec<u32>,
    moving: Vec<u32>,
    crowded: BinaryHeap<Candidate>,
    stack: Vec<u32>,
}

/// Finds a machine register for each register of `code`. `keep` are those that must not be spilled again.
pub(crate) fn color(code: &Code, keep: &HashSet<Vreg>) -> Outcome {
    let mut graph = Graph::build(code, keep);
    graph.sort_nodes();
    graph.reduce();
    graph.assign()
}

const fn is_machine(node: u32) -> bool {
    node < Vreg::FIRST
}

impl Graph {
    fn build(code: &Code, keep: &HashSet<Vreg>) -> Self {
        let node = |_| Node {
            state: State::Simple,
            alias: Cell::new(0),
            forbidden: 0,
            degree: 0,
            neighbours: Vec::new(),
            moves: Vec::new(),
            open_moves: 0,
            waiting: Vec::new(),
            cost: 0.0,
        };
        let mut graph = Self {
            nodes: (0..code.next).map(node).collect(),
            edges: HashSet::default(),
            moves: Vec::new(),
            ready: Vec::new(),
            simple: Vec::new(),
            moving: Vec::new(),
            crowded: BinaryHeap::new(),
            stack: Vec::new(),
        };
        let out = live_out(code);
        let mut live = RegSet::new(code.next);
        for (data, out) in code.blocks.values().zip(&out) {
            live.clear();
            out.iter().for_each(|&reg| {
                live.insert(reg);
            });
            let weight = 8_f32.powi(data.depth.min(6) as i32);
            graph.block(data, &mut live, weight);
        }
        graph.costs(code, keep);
        graph
    }

    /// Walks a block backwards.
    fn block(&mut self, data: &super::mach::MBlockData, live: &mut RegSet, weight: f32) {
        let mut machine = data.end.implicit_uses();
        data.end.uses(|reg| {
            self.nodes[reg.index()].cost += weight;
            live.insert(reg);
        });
        for (inst, _) in data.insts.iter().rev() {
            let copy = inst.as_copy().filter(|(dst, src)| dst != src);
            if let Some((_, src)) = copy {
                // The two sides of a copy may share a register.
                if src.is_machine() { machine &= !(1 << src.0) } else { live.remove(src) }
            }
            self.define(inst, live, &mut machine, weight);
            machine |= inst.implicit_uses();
            inst.uses(|reg| {
                self.nodes[reg.index()].cost += weight;
                if reg.is_machine() {
                    machine |= 1 << reg.0;
                } else {
                    live.insert(reg);
                }
            });
            if let Some((dst, src)) = copy {
                self.add_move(dst.0, src.0);
            }
        }
    }

    fn define(&mut self, inst: &Mach, live: &mut RegSet, machine: &mut Mask, weight: f32) {
        let clobbers = inst.implicit_defs();
        if clobbers != 0 {
            live.iter().for_each(|reg| self.forbid(reg.0, clobbers));
            *machine &= !clobbers;
        }
        let Some(def) = inst.def() else { return };
        self.nodes[def.index()].cost += weight;
        if def.is_machine() {
            live.iter().for_each(|reg| self.forbid(reg.0, 1 << def.0));
            *machine &= !(1 << def.0);
            return;
        }
        self.forbid(def.0, *machine);
        for other in live.iter() {
            self.add_edge(def.0, other.0);
        }
        live.remove(def);
    }

    fn forbid(&mut self, node: u32, mask: Mask) {
        let node = &mut self.nodes[node as usize];
        let new = node.forbidden | mask;
        node.degree += (new ^ node.forbidden).count_ones();
        node.forbidden = new;
    }

    fn add_edge(&mut self, a: u32, b: u32) {
        if a == b || !self.edges.insert(pair(a, b)) {
            return;
        }
        for (from, to) in [(a, b), (b, a)] {
            self.nodes[from as usize].neighbours.push(to);
            self.nodes[from as usize].degree += 1;
        }
    }

    fn add_move(&mut self, dst: u32, src: u32) {
        if is_machine(dst) && is_machine(src) {
            return;
        }
        let number = self.moves.len() as u32;
        self.moves.push((dst, src, MoveState::Ready));
        self.ready.push(number);
        for node in [dst, src] {
            self.nodes[node as usize].moves.push(number);
            self.nodes[node as usize].open_moves += 1;
        }
    }

    /// A move is saved or given up.
    fn close_move(&mut self, number: u32) {
        let (dst, src, _) = self.moves[number as usize];
        self.moves[number as usize].2 = MoveState::Done;
        for node in [self.alias(dst), self.alias(src)] {
            self.nodes[node as usize].open_moves -= 1;
        }
    }

    /// What it costs to keep each register in memory. What can be made anew is cheap to lose.
    fn costs(&mut self, code: &Code, keep: &HashSet<Vreg>) {
        let mut defs = vec![0_u32; self.nodes.len()];
        let mut cheap = vec![true; self.nodes.len()];
        for data in code.blocks.values() {
            for (inst, _) in &data.insts {
                if let Some(def) = inst.def() {
                    defs[def.index()] += 1;
                    cheap[def.index()] &= inst.is_cheap();
                }
            }
        }
        for (number, node) in self.nodes.iter_mut().enumerate() {
            if keep.contains(&Vreg(number as u32)) {
                node.cost = f32::INFINITY;
            } else if defs[number] == 1 && cheap[number] {
                node.cost *= 0.4;
            }
        }
    }

    fn sort_nodes(&mut self) {
        self.ready.reverse();
        for node in Vreg::FIRST..self.nodes.len() as u32 {
            self.enlist(node);
        }
    }

    /// Puts a node on the list for its state.
    fn enlist(&mut self, node: u32) {
        let state = if self.nodes[node as usize].degree >= Vreg::COUNT {
            State::Crowded
        } else if self.has_moves(node) {
            State::Moving
        } else {
            State::Simple
        };
        self.set_state(node, state);
    }

    fn set_state(&mut self, node: u32, state: State) {
        self.nodes[node as usize].state = state;
        match state {
            State::Simple => self.simple.push(node),
            State::Moving => self.moving.push(node),
            State::Crowded => {
                let data = &self.nodes[node as usize];
                self.crowded.push(Candidate(data.cost / data.degree as f32, node));
            }
            State::Coalesced | State::Stacked => {}
        }
    }

    fn has_moves(&self, node: u32) -> bool {
        self.nodes[node as usize].open_moves > 0
    }

    fn is_active(&self, node: u32) -> bool {
        !matches!(self.nodes[node as usize].state, State::Coalesced | State::Stacked)
    }

    fn reduce(&mut self) {
        loop {
            if let Some(node) = self.simple.pop() {
                if self.nodes[node as usize].state == State::Simple {
                    self.take_out(node);
                }
            } else if let Some(number) = self.ready.pop() {
                self.coalesce(number);
            } else if let Some(node) = self.moving.pop() {
                if self.nodes[node as usize].state == State::Moving {
                    self.freeze_moves(node);
                    self.set_state(node, State::Simple);
                }
            } else if let Some(Candidate(_, node)) = self.crowded.pop() {
                if self.nodes[node as usize].state == State::Crowded {
                    self.freeze_moves(node);
                    self.set_state(node, State::Simple);
                }
            } else {
                return;
            }
        }
    }

    fn take_out(&mut self, node: u32) {
        self.nodes[node as usize].state = State::Stacked;
        self.stack.push(node);
        for at in 0..self.nodes[node as usize].neighbours.len() {
            let other = self.nodes[node as usize].neighbours[at];
            if self.is_active(other) {
                self.lose_neighbour(other);
            }
        }
    }

    fn lose_neighbour(&mut self, node: u32) {
        let data = &mut self.nodes[node as usize];
        data.degree -= 1;
        if data.degree + 1 == Vreg::COUNT && data.state == State::Crowded {
            self.enable_moves(node);
            for at in 0..self.nodes[node as usize].neighbours.len() {
                let other = self.nodes[node as usize].neighbours[at];
                if self.is_active(other) {
                    self.enable_moves(other);
                }
            }
            self.enlist(node);
        }
    }

    fn enable_moves(&mut self, node: u32) {
        let mut waiting = std::mem::take(&mut self.nodes[node as usize].waiting);
        waiting.sort_unstable();
        for number in waiting {
            if self.moves[number as usize].2 == MoveState::Waiting {
                self.moves[number as usize].2 = MoveState::Ready;
                self.ready.push(number);
            }
        }
    }

    /// The node that stands for a node.
    fn alias(&self, mut node: u32) -> u32 {
        while let Some(next) = self.went(node) {
            let behind = self.went(next).unwrap_or(next);
            self.nodes[node as usize].alias.set(behind);
            node = behind;
        }
        node
    }

    /// The node that one was coalesced into.
    fn went(&self, node: u32) -> Option<u32> {
        let data = &self.nodes[node as usize];
        (!is_machine(node) && data.state == State::Coalesced).then(|| data.alias.get())
    }

    fn coalesce(&mut self, number: u32) {
        let (dst, src, state) = self.moves[number as usize];
        if state != MoveState::Ready {
            return;
        }
        let (a, b) = (self.alias(dst), self.alias(src));
        // A machine register, if there is one, comes first.
        let (a, b) = if is_machine(b) { (b, a) } else { (a, b) };
        if a == b {
            self.close_move(number);
            self.try_simplify(a);
        } else if is_machine(b) || self.interfere(a, b) {
            self.close_move(number);
            self.try_simplify(a);
            self.try_simplify(b);
        } else if self.can_combine(a, b) {
            self.close_move(number);
            self.combine(a, b);
            self.try_simplify(a);
        } else {
            self.moves[number as usize].2 = MoveState::Waiting;
            for node in [a, b].into_iter().filter(|&node| !is_machine(node)) {
                self.nodes[node as usize].waiting.push(number);
            }
        }
    }

    fn try_simplify(&mut self, node: u32) {
        if !is_machine(node)
            && self.nodes[node as usize].state == State::Moving
            && !self.has_moves(node)
            && self.nodes[node as usize].degree < Vreg::COUNT
        {
            self.set_state(node, State::Simple);
        }
    }

    fn interfere(&self, a: u32, b: u32) -> bool {
        if is_machine(a) {
            return a == 10 || self.nodes[b as usize].forbidden & (1 << a) != 0;
        }
        self.edges.contains(&pair(a, b))
    }

    fn active_neighbours(&self, node: u32) -> impl Iterator<Item = u32> {
        self.nodes[node as usize].neighbours.iter().copied().filter(|&other| self.is_active(other))
    }

    /// Whether the graph stays as easy to colour as it was.
    fn can_combine(&self, a: u32, b: u32) -> bool {
        let is_crowded = |node: u32| self.nodes[node as usize].degree >= Vreg::COUNT;
        if is_machine(a) {
            let fine = |node: u32| !is_crowded(node) || self.nodes[node as usize].forbidden & (1 << a) != 0;
            return self.active_neighbours(b).all(fine);
        }
        let (left, right) = (&self.nodes[a as usize], &self.nodes[b as usize]);
        if left.neighbours.len() + right.neighbours.len() > MANY {
            return false;
        }
        let mut crowd = (left.forbidden | right.forbidden).count_ones();
        crowd += self.active_neighbours(a).filter(|&node| is_crowded(node)).count() as u32;
        for node in self.active_neighbours(b) {
            let shared = self.edges.contains(&pair(a, node));
            let degree = self.nodes[node as usize].degree;
            if shared {
                // It is counted already, and has one neighbour less afterwards.
                crowd -= u32::from(degree == Vreg::COUNT);
            } else {
                crowd += u32::from(degree >= Vreg::COUNT);
            }
        }
        crowd < Vreg::COUNT
    }

    fn combine(&mut self, a: u32, b: u32) {
        let node = &mut self.nodes[b as usize];
        node.state = State::Coalesced;
        node.alias.set(a);
        let (moves, neighbours) = (std::mem::take(&mut node.moves), std::mem::take(&mut node.neighbours));
        let waiting = std::mem::take(&mut node.waiting);
        let (forbidden, cost, open_moves) = (node.forbidden, node.cost, node.open_moves);
        self.nodes[a as usize].open_moves += open_moves;
        if is_machine(a) {
            for &other in neighbours.iter().filter(|&&other| self.is_active(other)).collect::<Vec<_>>() {
                let had = self.nodes[other as usize].forbidden & (1 << a) != 0;
                self.forbid(other, 1 << a);
                self.change_neighbour(other, had);
            }
            self.nodes[b as usize].neighbours = neighbours;
            return;
        }
        self.forbid(a, forbidden);
        self.nodes[a as usize].cost += cost;
        self.nodes[a as usize].moves.extend(moves);
        self.nodes[a as usize].waiting.extend(waiting);
        for &other in &neighbours {
            if !self.is_active(other) {
                // It is on the stack; when it comes back it finds its neighbour by the alias.
                continue;
            }
            let had = !self.edges.insert(pair(a, other));
            if !had {
                self.nodes[other as usize].neighbours.push(a);
                self.nodes[other as usize].degree += 1;
                self.nodes[a as usize].neighbours.push(other);
                self.nodes[a as usize].degree += 1;
            }
            self.change_neighbour(other, had);
        }
        if self.nodes[a as usize].degree >= Vreg::COUNT && self.nodes[a as usize].state == State::Moving {
            self.set_state(a, State::Crowded);
        }
    }

    /// One neighbour of `node` went into another, which it `had` before or not.
    fn change_neighbour(&mut self, node: u32, had: bool) {
        if had {
            self.lose_neighbour(node);
        } else {
            self.nodes[node as usize].degree -= 1;
        }
    }

    fn freeze_moves(&mut self, node: u32) {
        for at in 0..self.nodes[node as usize].moves.len() {
            let number = self.nodes[node as usize].moves[at];
            let (dst, src, state) = self.moves[number as usize];
            if state == MoveState::Done {
                continue;
            }
            self.close_move(number);
            let (dst, src) = (self.alias(dst), self.alias(src));
            let other = if dst == node { src } else { dst };
            self.try_simplify(other);
        }
    }

    fn assign(mut self) -> Outcome {
        let mut colors: Vec<Option<u8>> = vec![None; self.nodes.len()];
        for machine in 0..Vreg::FIRST {
            colors[machine as usize] = Some(machine as u8);
        }
        let mut lost = Vec::new();
        while let Some(node) = self.stack.pop() {
            let mut taken = self.nodes[node as usize].forbidden;
            for &other in &self.nodes[node as usize].neighbours {
                if let Some(color) = colors[self.alias(other) as usize] {
                    taken |= 1 << color;
                }
            }
            let wish = self.wishes(node, &colors).find(|&color| taken & (1 << color) == 0);
            match wish.or_else(|| ORDER.into_iter().find(|&color| taken & (1 << color) == 0)) {
                Some(color) => colors[node as usize] = Some(color),
                None => lost.push(node),
            }
        }
        if lost.is_empty() {
            let colors =
                (0..self.nodes.len() as u32).map(|node| colors[self.alias(node) as usize].unwrap_or(0));
            return Outcome::Colored(colors.collect());
        }
        let mut groups: Vec<Vec<Vreg>> = vec![Vec::new(); self.nodes.len()];
        for node in Vreg::FIRST..self.nodes.len() as u32 {
            groups[self.alias(node) as usize].push(Vreg(node));
        }
        Outcome::Spilled(lost.into_iter().map(|node| std::mem::take(&mut groups[node as usize])).collect())
    }

    /// Registers that would save a copy.
    fn wishes<'a>(&'a self, node: u32, colors: &'a [Option<u8>]) -> impl Iterator<Item = u8> + 'a {
        self.nodes[node as usize].moves.iter().filter_map(move |&number| {
            let (dst, src, _) = self.moves[number as usize];
            let (dst, src) = (self.alias(dst), self.alias(src));
            colors[if dst == node { src } else { dst } as usize].filter(|&color| color < 10)
        })
    }
}

fn pair(a: u32, b: u32) -> u64 {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}
