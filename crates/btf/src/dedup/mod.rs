//! Equal types of several objects made one, by libbpf's rules.
//!
//! Structures refer to each other in circles, so two of them are compared as graphs: it is assumed that they are equal, and
//! the assumption holds if nothing that can be reached from both differs. A declaration is equal to the definition of
//! its name. Then what refers to them can be compared by what it refers to.
mod graph;
mod same;

use crate::builder::Builder;
use crate::{Btf, BtfError, BtfErrorKind, KindTag, Section, TypeId};
use graph::Graph;
use std::collections::HashMap;

/// How many hops lead from a type to the one that stands for it.
const MAX_HOPS: usize = 256;

/// The types that are left, and what became of each.
#[derive(Debug)]
pub struct Deduplicated {
    /// What is left, in the order it had.
    pub types: Builder,
    /// For each id from the first own one on: the id that it has now.
    pub ids: Vec<TypeId>,
    first: u32,
}

impl Deduplicated {
    /// The id that a type has now; types of the base keep theirs.
    pub fn id(&self, old: TypeId) -> TypeId {
        let own = old.0.checked_sub(self.first).and_then(|own| self.ids.get(own as usize));
        own.copied().unwrap_or(old)
    }
}

/// Merges equal types of a builder, with types of the base too if it is split BTF of one.
///
/// Variables and sections stay as they are: two objects may have a variable of one name each.
pub fn dedup(types: Builder, base: Option<&Btf>) -> Result<Deduplicated, BtfError> {
    let graph = Graph::new(types.types(), base)?;
    let mut state = State::new(graph);
    state.primitives();
    state.composites()?;
    state.declarations();
    state.references()?;
    Ok(state.compact(types))
}

/// Types of several BTFs as one; those of a split one must go on from `base`.
pub fn merge(inputs: &[Btf], base: Option<&Btf>) -> Result<Btf, BtfError> {
    let mut all = base.map_or_else(Builder::new, Builder::after);
    for input in inputs {
        all.append(input)?;
    }
    let bytes = dedup(all, base)?.types.finish();
    base.map_or_else(|| Btf::parse(bytes.clone()), |base| Btf::parse_split(bytes.clone(), base))
}

/// What is known so far.
struct State {
    graph: Graph,
    /// The type that stands for each, if it is known; following it leads to one that stands for itself.
    stands: Vec<Option<u32>>,
    /// Types that stand for themselves, by their shell.
    candidates: HashMap<u32, Vec<u32>>,
    /// What is assumed to be equal: for each standing type the other one, and in which order that was assumed.
    assumed: Vec<u32>,
    order: Vec<u32>,
    /// Whether a declaration in the base turned out to be a definition of ours.
    base_declares: bool,
    budget: u64,
}

/// Nothing is assumed.
const NOTHING: u32 = u32::MAX;

impl State {
    fn new(graph: Graph) -> Self {
        let count = graph.len();
        let mut state = Self {
            stands: vec![None; count as usize],
            candidates: HashMap::new(),
            assumed: vec![NOTHING; count as usize],
            order: Vec::new(),
            base_declares: false,
            budget: 50_000_000 + 1000 * u64::from(count),
            graph,
        };
        state.stand(0, 0);
        for id in 1..count {
            let fixed = matches!(state.graph.tag(id), KindTag::Var | KindTag::Datasec);
            if id < state.graph.first || fixed {
                state.stand(id, id);
            }
            if id < state.graph.first && !fixed {
                state.candidate(id);
            }
        }
        state
    }

    fn stand(&mut self, id: u32, by: u32) {
        if let Some(place) = self.stands.get_mut(id as usize) {
            *place = Some(by);
        }
    }

    fn candidate(&mut self, id: u32) {
        let shell = self.graph.node(id).shell;
        self.candidates.entry(shell).or_default().push(id);
    }

    fn standing(&self, id: u32) -> Option<u32> {
        self.stands.get(id as usize).copied().flatten()
    }

    /// The type that stands for this one, as far as that is known.
    fn resolve(&self, id: u32) -> u32 {
        let mut at = id;
        for _ in 0..MAX_HOPS {
            match self.standing(at) {
                Some(next) if next != at => at = next,
                _ => break,
            }
        }
        at
    }

    fn own(&self) -> std::ops::Range<u32> {
        self.graph.first..self.graph.len()
    }

    fn spent(&mut self) -> Result<(), BtfError> {
        let error = || BtfError::new(Section::Types, 0, BtfErrorKind::TooManyTypes);
        self.budget = self.budget.checked_sub(1).ok_or_else(error)?;
        Ok(())
    }

    /// Numbers, enumerations and declarations: equal if their shells are.
    fn primitives(&mut self) {
        let mut enums: HashMap<u32, Vec<u32>> = HashMap::new();
        for id in (1..self.graph.first).filter(|&id| self.graph.tag(id).is_enum()) {
            enums.entry(self.graph.node(id).name).or_default().push(id);
        }
        for id in self.own() {
            let node = self.graph.node(id);
            match node.tag {
                KindTag::Int | KindTag::Float | KindTag::Fwd => {
                    let found = self.candidates.get(&node.shell).and_then(|found| found.last().copied());
                    self.stand(id, found.unwrap_or(id));
                    if found.is_none() {
                        self.candidate(id);
                    }
                }
                KindTag::Enum | KindTag::Enum64 => self.enumeration(id, enums.entry(node.name).or_default()),
                _ => {}
            }
        }
    }

    /// An enumeration without values is a declaration of any other with its name.
    fn enumeration(&mut self, id: u32, known: &mut Vec<u32>) {
        let node = self.graph.node(id);
        let mut by = id;
        for &other in known.iter().rev() {
            if self.graph.node(other).shell == node.shell || node.declares {
                by = other;
                break;
            }
            if self.graph.node(other).declares {
                self.stand(other, id);
            }
        }
        self.stand(id, by);
        if by == id {
            known.push(id);
            self.candidate(id);
        }
    }

    /// Structures, unions and typedefs: equal if their graphs are.
    fn composites(&mut self) -> Result<(), BtfError> {
        for id in self.own() {
            let node = self.graph.node(id);
            let composite = node.tag.is_composite() || node.tag == KindTag::Typedef;
            if !composite || self.standing(id).is_some() {
                continue;
            }
            let mut by = id;
            let known = self.candidates.get(&node.shell).cloned().unwrap_or_default();
            for &other in known.iter().rev() {
                if self.same_graph(id, other)? && self.accept() {
                    by = other;
                    break;
                }
            }
            self.stand(id, by);
            if by == id {
                self.candidate(id);
            }
        }
        Ok(())
    }

    /// Takes over what was found equal on the way; false if that is only that a declaration of the base has a definition.
    fn accept(&mut self) -> bool {
        for place in 0..self.order.len() {
            let Some(&canon) = self.order.get(place) else { break };
            let other = self.assumed.get(canon as usize).copied().unwrap_or(canon);
            let (mine, theirs) = (self.resolve(other), self.resolve(canon));
            let declares = |id| self.graph.tag(id) == KindTag::Fwd;
            match (declares(mine), declares(theirs)) {
                (false, true) => self.stand(theirs, mine),
                _ if self.base_declares => {}
                (true, false) => self.stand(mine, theirs),
                (false, false) => {
                    let composite = self.graph.tag(mine).is_composite();
                    if composite && self.standing(theirs).is_some() && self.standing(mine).is_none() {
                        self.stand(mine, theirs);
                    }
                }
                (true, true) => {}
            }
        }
        !self.base_declares
    }

    /// Declarations that no graph led to stand for the only definition with their name.
    fn declarations(&mut self) {
        let mut names: HashMap<u32, Option<u32>> = HashMap::new();
        for id in 1..self.graph.len() {
            if self.graph.tag(id).is_composite() && self.standing(id) == Some(id) {
                names.entry(self.graph.node(id).name).and_modify(|only| *only = None).or_insert(Some(id));
            }
        }
        for id in self.own() {
            let node = self.graph.node(id);
            if node.tag != KindTag::Fwd || self.standing(id) != Some(id) {
                continue;
            }
            let only = names.get(&node.name).copied().flatten();
            if let Some(only) = only.filter(|&only| self.graph.tag(only) == node.declared) {
                self.stand(id, only);
            }
        }
    }

    /// What refers to others is equal if its shell is, and what it refers to.
    fn references(&mut self) -> Result<(), BtfError> {
        let mut known: HashMap<(u32, Vec<u32>), u32> = HashMap::new();
        for id in 1..self.graph.first {
            if refers(self.graph.tag(id)) {
                known.insert((self.graph.node(id).shell, self.graph.refs(id).to_vec()), id);
            }
        }
        let mut begun = vec![false; self.stands.len()];
        for start in self.own() {
            let mut stack = vec![(start, 0)];
            while let Some((id, place)) = stack.pop() {
                if self.standing(id).is_some() {
                    continue;
                }
                match self.graph.refs(id).get(place).copied() {
                    Some(next) => {
                        if let Some(begun) = begun.get_mut(id as usize) {
                            *begun = true;
                        }
                        stack.push((id, place + 1));
                        let open = self.standing(next).is_none();
                        if open && begun.get(next as usize) == Some(&true) {
                            let kind = BtfErrorKind::TooDeep(TypeId(next));
                            return Err(BtfError::new(Section::Types, 0, kind));
                        }
                        if open {
                            stack.push((next, 0));
                        }
                    }
                    None => {
                        let refs = self.graph.refs(id).iter().map(|&to| self.resolve(to)).collect();
                        let by = *known.entry((self.graph.node(id).shell, refs)).or_insert(id);
                        self.stand(id, by);
                    }
                }
            }
        }
        Ok(())
    }

    /// Leaves out what others stand for, and numbers the rest anew.
    fn compact(self, mut types: Builder) -> Deduplicated {
        let first = self.graph.first;
        let mut next = first;
        let mut numbers: Vec<u32> = (0..first).collect();
        for id in self.own() {
            numbers.push(next);
            next += u32::from(self.standing(id) == Some(id));
        }
        let new_id = |old: TypeId| {
            let id = self.resolve(old.0);
            TypeId(numbers.get(id as usize).copied().unwrap_or(0))
        };
        let ids = self.own().map(|id| new_id(TypeId(id))).collect();
        let kept: Vec<bool> = self.own().map(|id| self.standing(id) == Some(id)).collect();
        types.retain(&kept, new_id);
        Deduplicated { types, ids, first }
    }
}

/// Kinds that are compared by what they refer to.
const fn refers(tag: KindTag) -> bool {
    tag.is_modifier()
        || matches!(
            tag,
            KindTag::Ptr | KindTag::Array | KindTag::Func | KindTag::FuncProto | KindTag::DeclTag
        )
}
