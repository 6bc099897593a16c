//! `switch`: few cases are asked one after the other, many by halves.
use super::function::{Body, Exits};
use super::scalar::Scalar;
use crate::typed::{Expr, Stmt};
use osmia_ir::{Block, Value};
use osmia_isa::{AluOp, Cond};
use std::collections::HashMap;

/// So many cases are asked one after the other.
const FEW: usize = 4;

/// What leads to a place: values from the first to the last.
#[derive(Clone, Copy)]
struct Case {
    first: i64,
    last: i64,
    block: Block,
}

impl Body<'_, '_> {
    /// The place of a case of the innermost switch that has it.
    pub(super) fn case(&self, number: u32) -> Option<Block> {
        self.cases.iter().rev().find_map(|cases| cases.get(&number).copied())
    }

    pub(super) fn switch(
        &mut self,
        value: &Expr,
        body: &Stmt,
        cases: &[(i64, i64, u32)],
        default: Option<u32>,
    ) {
        let scalar = self.scalar(value.ty);
        let value = self.value(value);
        let leave = self.b.block();
        let mut blocks: HashMap<u32, Block> = HashMap::new();
        let mut list = Vec::new();
        for &(first, last, number) in cases {
            let block = *blocks.entry(number).or_insert_with(|| self.b.block());
            list.push(Case { first, last, block });
        }
        let default = default.map(|number| *blocks.entry(number).or_insert_with(|| self.b.block()));
        if scalar.signed() {
            list.sort_by_key(|case| case.first);
        } else {
            list.sort_by_key(|case| case.first.cast_unsigned());
        }
        self.ask(value, scalar, &list, default.unwrap_or(leave));
        self.cases.push(blocks);
        self.exits.push(Exits { leave, next: None });
        self.nowhere();
        self.stmt(body);
        self.exits.pop();
        self.cases.pop();
        self.go(leave);
    }

    /// Leads to the case that a value is of.
    fn ask(&mut self, value: Value, scalar: Scalar, cases: &[Case], default: Block) {
        if cases.len() <= FEW {
            return self.one_by_one(value, scalar, cases, default);
        }
        let (lower, upper) = cases.split_at(cases.len() / 2);
        let Some(middle) = upper.first() else { return };
        let blocks = [self.b.block(), self.b.block()];
        let middle = self.number(middle.first, scalar);
        let cond = if scalar.signed() { Cond::Slt } else { Cond::Lt };
        self.b.branch(cond, value, middle, blocks[0], blocks[1]);
        for (block, half) in blocks.into_iter().zip([lower, upper]) {
            self.b.switch_to(block);
            self.ask(value, scalar, half, default);
        }
    }

    fn one_by_one(&mut self, value: Value, scalar: Scalar, cases: &[Case], default: Block) {
        for case in cases {
            let next = self.b.block();
            if case.first == case.last {
                let number = self.number(case.first, scalar);
                self.b.branch(Cond::Eq, value, number, case.block, next);
            } else {
                // Both ends at once: what is below the first is far above the last.
                let first = self.number(case.first, scalar);
                let distance = self.b.alu(AluOp::Sub, value, first);
                let most = self.number(case.last.wrapping_sub(case.first), scalar);
                self.b.branch(Cond::Le, distance, most, case.block, next);
            }
            self.b.switch_to(next);
        }
        self.b.jump(default, &[]);
    }
}
