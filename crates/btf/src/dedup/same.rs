//! Whether two graphs of types are the same.
use super::{NOTHING, State};
use crate::{BtfError, KindTag};

/// How deep two types of one object are compared that should be one.
const MAX_TWIN_DEPTH: u32 = 40;

/// How many pairs are looked at for that.
const MAX_TWIN_PAIRS: u32 = 100_000;

impl State {
    /// Whether all that can be reached from both is equal; what is found out on the way stays assumed.
    pub(super) fn same_graph(&mut self, mine: u32, theirs: u32) -> Result<bool, BtfError> {
        self.forget();
        let mut pairs = vec![(mine, theirs)];
        while let Some((mine, theirs)) = pairs.pop() {
            self.spent()?;
            if self.resolve(mine) == self.resolve(theirs) {
                continue;
            }
            let theirs = self.definition(theirs);
            let assumed = self.assumed.get(theirs as usize).copied().unwrap_or(NOTHING);
            if assumed != NOTHING {
                // Compilers sometimes have the same type twice.
                let mut pairs = MAX_TWIN_PAIRS;
                if assumed == mine || self.twins(assumed, mine, MAX_TWIN_DEPTH, &mut pairs) {
                    continue;
                }
                return Ok(false);
            }
            self.assume(theirs, mine);
            match self.same_node(mine, theirs) {
                Some(true) => {
                    let (a, b) = (self.graph.refs(mine), self.graph.refs(theirs));
                    pairs.extend(a.iter().copied().zip(b.iter().copied()).rev());
                }
                Some(false) => return Ok(false),
                None => {}
            }
        }
        Ok(true)
    }

    fn forget(&mut self) {
        for canon in self.order.drain(..) {
            if let Some(place) = self.assumed.get_mut(canon as usize) {
                *place = NOTHING;
            }
        }
        self.base_declares = false;
    }

    fn assume(&mut self, theirs: u32, mine: u32) {
        if let Some(place) = self.assumed.get_mut(theirs as usize) {
            *place = mine;
            self.order.push(theirs);
        }
    }

    /// What a declaration is known to declare; other types as they are.
    fn definition(&self, id: u32) -> u32 {
        let declares = |id| self.graph.tag(id) == KindTag::Fwd;
        let found = if declares(id) { self.resolve(id) } else { id };
        if declares(found) { id } else { found }
    }

    /// Whether two types are equal as far as what they refer to is; `None` if that is all that counts.
    fn same_node(&mut self, mine: u32, theirs: u32) -> Option<bool> {
        let (a, b) = (self.graph.node(mine), self.graph.node(theirs));
        if a.name != b.name {
            return Some(false);
        }
        match (a.tag, b.tag) {
            (KindTag::Fwd, other) if other != KindTag::Fwd => same_or_not(a.declared == other),
            (other, KindTag::Fwd) if other != KindTag::Fwd => {
                let same = b.declared == other;
                self.base_declares |= same && theirs < self.graph.first;
                same_or_not(same)
            }
            (one, other) if one.is_enum() && other.is_enum() => {
                same_or_not(a.shell == b.shell || a.declares || b.declares)
            }
            _ => Some(a.shell == b.shell),
        }
    }

    /// Whether two types of one object are built alike.
    fn twins(&self, one: u32, other: u32, depth: u32, pairs: &mut u32) -> bool {
        if one == other {
            return true;
        }
        *pairs = pairs.saturating_sub(1);
        let (a, b) = (self.graph.node(one), self.graph.node(other));
        let enums = a.tag.is_enum() && a.tag == b.tag && a.name == b.name && (a.declares || b.declares);
        if enums {
            return true;
        }
        if depth == 0 || *pairs == 0 || a.shell != b.shell {
            return false;
        }
        let (a, b) = (self.graph.refs(one), self.graph.refs(other));
        a.iter().zip(b).all(|(&a, &b)| self.twins(a, b, depth - 1, pairs))
    }
}

const fn same_or_not(same: bool) -> Option<bool> {
    if same { None } else { Some(false) }
}
