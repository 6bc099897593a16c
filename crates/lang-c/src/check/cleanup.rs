//! `__attribute__((cleanup(function)))`: what is called when a variable's block is left, whichever way.
use super::Checker;
use super::scope::Entity;
use crate::Name;
use crate::typed::{Arg, Callee, ExprKind, FunctionId, LocalId, Returned, Stmt, StmtKind};
use osmia_base::{Diagnostic, Span};

/// A call that is due when a block is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cleanup {
    local: LocalId,
    function: FunctionId,
    span: Span,
}

impl Checker<'_> {
    /// A block begins.
    pub(super) fn open_block(&mut self) {
        self.scopes.enter();
        if let Some(frame) = &mut self.frame {
            frame.blocks.push(frame.cleanups.len());
        }
    }

    /// A block ends: what is due is called behind its statements.
    pub(super) fn close_block(&mut self, out: &mut Vec<Stmt>) {
        self.scopes.leave();
        let Some(from) = self.frame.as_mut().and_then(|frame| frame.blocks.pop()) else { return };
        out.extend(self.due(from));
        if let Some(frame) = &mut self.frame {
            frame.cleanups.truncate(from);
        }
    }

    /// How many calls are due when the function is left here.
    pub(super) fn due_count(&self) -> usize {
        self.frame.as_ref().map_or(0, |frame| frame.cleanups.len())
    }

    /// The calls that are due, but for the first so many; the last variable is the first to go.
    pub(super) fn due(&mut self, from: usize) -> Vec<Stmt> {
        let all = self.frame.as_ref().and_then(|frame| frame.cleanups.get(from..)).unwrap_or(&[]).to_vec();
        all.into_iter().rev().filter_map(|cleanup| self.cleanup_call(cleanup)).collect()
    }

    fn cleanup_call(&mut self, cleanup: Cleanup) -> Option<Stmt> {
        let Cleanup { local, function, span } = cleanup;
        let signature = self.functions[function].signature.clone();
        let place = self.local_place(local, span)?;
        let pointer = self.address_of(place, span);
        let (_, param) = signature.params.first()?;
        let pointer = self.convert(pointer, *param);
        let call = ExprKind::Call(Callee::Function(function), vec![Arg::Scalar(pointer)]);
        let call = self.of(call, signature.result, span);
        Some(Stmt { kind: StmtKind::Expr(call), span })
    }

    /// From here on, a call is due when the variable's block is left.
    pub(super) fn add_cleanup(&mut self, local: LocalId, name: Name, span: Span) {
        let function = match self.look_up(name) {
            Some(Entity::Function(function)) => Some(function),
            Some(_) => None,
            None => return self.undeclared(name, span, "function"),
        };
        let takes_one = |function: &FunctionId| self.functions[*function].signature.params.len() == 1;
        let Some(function) = function.filter(takes_one) else {
            let text = self.text(name);
            let text = format!("`{text}` is no function of one argument, a pointer to the variable");
            return self.diagnostics.push(Diagnostic::error(span, text));
        };
        if let Some(frame) = &mut self.frame {
            frame.cleanups.push(Cleanup { local, function, span });
        }
    }

    /// A return: its value is found before what is due is called.
    pub(super) fn left_by_return(&mut self, returned: Option<Returned>, span: Span) -> StmtKind {
        let due = self.due(0);
        if due.is_empty() {
            return StmtKind::Return(returned);
        }
        let mut stmts = Vec::new();
        let returned = returned.and_then(|returned| self.kept_return(returned, &mut stmts));
        stmts.extend(due);
        stmts.push(Stmt { kind: StmtKind::Return(returned), span });
        StmtKind::Block(stmts)
    }

    fn kept_return(&mut self, returned: Returned, stmts: &mut Vec<Stmt>) -> Option<Returned> {
        match returned {
            Returned::Scalar(value) => {
                let (place, begin) = self.kept(value)?;
                stmts.push(begin);
                Some(Returned::Scalar(self.load(place)))
            }
            Returned::Record(from) => {
                let (span, ty) = (from.span, from.ty);
                let local = self.temporary(ty, span)?;
                let place = self.local_place(local, span)?;
                let void = self.void();
                let copy = self.of(ExprKind::Copy(place.clone(), from), void, span);
                stmts.push(Stmt { kind: StmtKind::Declare { local, zero: false, stores: vec![copy] }, span });
                Some(Returned::Record(place))
            }
        }
    }
}
