//! Values that stand for other values.
use crate::{Function, Value};
use osmia_base::Key;

/// For each value, the one to use instead.
#[derive(Debug)]
pub(super) struct Replace {
    by: Vec<Value>,
    any: bool,
}

impl Replace {
    pub(super) fn new(function: &Function) -> Self {
        Self { by: function.values.keys().collect(), any: false }
    }

    /// What to use instead of `value`.
    pub(super) fn get(&mut self, value: Value) -> Value {
        let mut root = value;
        while let Some(&next) = self.by.get(root.index())
            && next != root
        {
            root = next;
        }
        let mut at = value;
        while let Some(next) = self.by.get_mut(at.index())
            && *next != root
        {
            at = std::mem::replace(next, root);
        }
        root
    }

    /// Uses `by` instead of `value` from now on.
    pub(super) fn set(&mut self, value: Value, by: Value) {
        let by = self.get(by);
        if by != value {
            self.by[value.index()] = by;
            self.any = true;
        }
    }

    /// Writes the replacements into a function.
    pub(super) fn apply(mut self, function: &mut Function) {
        if !self.any {
            return;
        }
        for block in function.blocks.keys().collect::<Vec<_>>() {
            let data = &mut function.blocks[block];
            for inst in &mut data.insts {
                inst.op.operands_mut(|value| *value = self.get(*value));
            }
            data.end.operands_mut(|value| *value = self.get(*value));
        }
    }
}
