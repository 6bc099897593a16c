//! Functions of the script: subprograms of the probe's program. Each is written as a callback is: its last parameter is the
//! frame that the program shares with its callbacks, where its loops' variables are too. As nothing calls itself, one place for
//! them is enough.
use super::cx::{Cx, Result};
use super::walk;
use crate::typed::{Expr, ExprKind, Function, Stmt, StmtKind, VarId};
use osmia_event::Verb;
use osmia_ir::{FunctionId, Pointee, Type as Kind, Value};
use std::collections::BTreeSet;

impl<'a> Cx<'a> {
    /// A call; the program is left where the function left it.
    pub(super) fn invoke(&mut self, number: usize, args: &'a [Expr]) -> Result<Value> {
        let probe = self.probe;
        let Some(function) = probe.functions.get(number) else { return Ok(self.b.int(0)) };
        let id = self.function_once(number, |cx| cx.subroutine(function, args.len()))?;
        let mut values = args.iter().map(|arg| self.number(arg)).collect::<Result<Vec<Value>>>()?;
        values.push(self.open_frame());
        let result = self.call_function(id, &values);
        self.forget_maps();
        if self.may_leave(function) {
            self.leave_if_left();
        }
        Ok(result)
    }

    fn subroutine(&mut self, function: &'a Function, count: usize) -> Result<FunctionId> {
        const NAMES: [&str; 4] = ["a", "b", "c", "d"];
        let numbers = NAMES.iter().take(count).map(|&name| (name, Kind::I64));
        let params: Vec<(&str, Kind)> = numbers.chain([("frame", Kind::Ptr(Pointee::Memory))]).collect();
        self.callback(&function.name, &params, |cx| {
            cx.clear_stale(function);
            cx.body(&function.body)?;
            if cx.b.ended() {
                return Ok(());
            }
            let value = match &function.value {
                Some(value) => cx.number(value)?,
                None => cx.b.int(0),
            };
            if !cx.b.ended() {
                cx.b.ret(Some(value));
            }
            Ok(())
        })
    }

    /// Variables that the last call has left something in begin at zero again.
    fn clear_stale(&mut self, function: &'a Function) {
        let mut named: BTreeSet<VarId> = BTreeSet::new();
        walk::function(function, &mut |node| named.extend(walk::var_of(node)));
        for var in named.into_iter().filter(|&var| self.is_stale(var)).collect::<Vec<_>>() {
            let (home, size) = (self.home(var), self.size_of(&self.probe.vars[var].kind));
            let place = self.place_of(home);
            self.zero(place, osmia_event::round_up(size.max(1), 8));
        }
    }

    /// Whether a function may leave the program.
    fn may_leave(&self, function: &Function) -> bool {
        let mut found = false;
        walk::function(function, &mut |node| {
            found |= match node {
                walk::Node::Stmt(Stmt { kind, .. }) => {
                    matches!(kind, StmtKind::Return(_) | StmtKind::Send(Verb::Exit, _))
                }
                walk::Node::Expr(Expr { kind: ExprKind::Invoke { function, .. }, .. }) => {
                    self.probe.functions.get(*function).is_some_and(|inner| self.may_leave(inner))
                }
                walk::Node::Expr(_) => false,
            };
        });
        found
    }
}
