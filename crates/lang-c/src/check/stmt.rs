//! Statements.
use super::convert::Given;
use super::{Checker, Switch, Within};
use crate::ast::{self, Basic};
use crate::typed::{Enter, Expr, Returned, Stmt, StmtKind};
use osmia_base::{Diagnostic, Span};

impl Checker<'_> {
    /// A statement, behind those before it.
    pub(super) fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        use ast::StmtKind as Ast;
        let span = stmt.span;
        let kind = match &stmt.kind {
            Ast::Empty => return,
            Ast::Declaration(declaration) => return self.declaration(declaration, out),
            Ast::Assert(assert) => return self.static_assert(assert),
            Ast::Case(first, last, inner) => return self.case(first, last.as_ref(), inner, span, out),
            Ast::Default(inner) => return self.default(inner, span, out),
            Ast::Label(name, inner) => return self.label(*name, inner, span, out),
            Ast::Asm(asm) => return self.asm(asm, span, out),
            Ast::For(..) => return self.for_loop(stmt, out),
            Ast::Expr(expr) => self.effect(expr).map(StmtKind::Expr),
            Ast::Block(block) => Some(StmtKind::Block(self.block(block))),
            Ast::If(condition, yes, no) => {
                let condition = self.scalar(condition);
                let yes = Box::new(self.inner(yes));
                let no = no.as_ref().map(|no| Box::new(self.inner(no)));
                condition.map(|condition| StmtKind::If(condition, yes, no))
            }
            Ast::While(condition, body, unroll) => {
                let condition = self.scalar(condition);
                let body = Box::new(self.turn(body));
                let (enter, step, unroll) = (Enter::Asked, None, *unroll);
                condition.map(|condition| StmtKind::Loop {
                    enter,
                    condition: Some(condition),
                    step,
                    body,
                    unroll,
                })
            }
            Ast::Do(body, condition, unroll) => {
                let body = Box::new(self.turn(body));
                let condition = self.scalar(condition);
                let (enter, step, unroll) = (Enter::Always, None, *unroll);
                condition.map(|condition| StmtKind::Loop {
                    enter,
                    condition: Some(condition),
                    step,
                    body,
                    unroll,
                })
            }
            Ast::Switch(value, body) => self.switch(value, body),
            Ast::Goto(name) => self.goto(*name),
            Ast::Break => return self.leaves(stmt, &[Within::Loop, Within::Switch], StmtKind::Break, out),
            Ast::Continue => return self.leaves(stmt, &[Within::Loop], StmtKind::Continue, out),
            Ast::Return(value) => self.returned(value.as_ref(), span),
        };
        out.extend(kind.map(|kind| Stmt { kind, span }));
    }

    /// The statement of an `if` or the like: a block of its own.
    fn inner(&mut self, stmt: &ast::Stmt) -> Stmt {
        self.open_block();
        let mut stmts = Vec::new();
        self.stmt(stmt, &mut stmts);
        self.close_block(&mut stmts);
        match <[Stmt; 1]>::try_from(stmts) {
            Ok([only]) => only,
            Err(stmts) => Stmt { kind: StmtKind::Block(stmts), span: stmt.span },
        }
    }

    pub(super) fn block(&mut self, block: &ast::Block) -> Vec<Stmt> {
        self.open_block();
        let mut stmts = Vec::new();
        for stmt in &block.stmts {
            self.stmt(stmt, &mut stmts);
        }
        self.close_block(&mut stmts);
        stmts
    }

    /// A turn of a loop.
    fn turn(&mut self, body: &ast::Stmt) -> Stmt {
        self.enter(Within::Loop);
        let body = self.inner(body);
        self.leave();
        body
    }

    fn enter(&mut self, within: Within) {
        if let Some(frame) = &mut self.frame {
            frame.within.push((within, frame.cleanups.len()));
        }
    }

    fn leave(&mut self) {
        if let Some(frame) = &mut self.frame {
            frame.within.pop();
        }
    }

    /// `break` and `continue`: what is due inside of what they leave is called first.
    fn leaves(&mut self, stmt: &ast::Stmt, from: &[Within], kind: StmtKind, out: &mut Vec<Stmt>) {
        let found = self.frame.as_ref().and_then(|frame| {
            frame.within.iter().rev().find(|(within, _)| from.contains(within)).map(|(_, due)| *due)
        });
        let Some(due) = found else {
            let word = if from.len() == 1 { "continue" } else { "break" };
            return self.error(stmt.span, format!("there is no loop around this `{word}`"));
        };
        out.extend(self.due(due));
        out.push(Stmt { kind, span: stmt.span });
    }

    fn for_loop(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let ast::StmtKind::For(first, condition, step, body, unroll) = &stmt.kind else { return };
        self.open_block();
        let mut stmts = Vec::new();
        self.stmt(first, &mut stmts);
        let condition = condition.as_ref().map(|condition| self.scalar(condition));
        let step = step.as_ref().map(|step| self.effect(step));
        let body = Box::new(self.turn(body));
        let wrong = matches!(condition, Some(None)) || matches!(step, Some(None));
        let (condition, step) = (condition.flatten(), step.flatten());
        if !wrong {
            let kind = StmtKind::Loop { enter: Enter::Asked, condition, step, body, unroll: *unroll };
            stmts.push(Stmt { kind, span: stmt.span });
        }
        self.close_block(&mut stmts);
        match <[Stmt; 1]>::try_from(stmts) {
            Ok([only]) => out.push(only),
            Err(stmts) => out.push(Stmt { kind: StmtKind::Block(stmts), span: stmt.span }),
        }
    }

    fn switch(&mut self, value: &ast::Expr, body: &ast::Stmt) -> Option<StmtKind> {
        let value = self.whole(value);
        let ty = value.as_ref().map_or_else(|| self.types.basic(Basic::Int), |value| value.ty);
        self.enter(Within::Switch);
        if let Some(frame) = &mut self.frame {
            frame.switches.push(Switch { ty, cases: Vec::new(), default: None, places: 0 });
        }
        let body = Box::new(self.inner(body));
        self.leave();
        let switch = self.frame.as_mut()?.switches.pop()?;
        self.check_cases(&switch);
        let cases = switch.cases.into_iter().map(|case| (case.first, case.last, case.number)).collect();
        value.map(|value| StmtKind::Switch {
            value,
            body,
            cases,
            default: switch.default.map(|(number, _)| number),
        })
    }

    fn check_cases(&mut self, switch: &Switch) {
        let signed = self.types.integer(switch.ty).is_none_or(|integer| integer.signed);
        let mut sorted: Vec<&super::Case> = switch.cases.iter().collect();
        let order = |value: i64| if signed { i128::from(value) } else { i128::from(value.cast_unsigned()) };
        sorted.sort_by_key(|case| (order(case.first), case.span));
        for pair in sorted.windows(2) {
            let [first, second] = pair else { continue };
            if order(second.first) <= order(first.last) {
                let diagnostic = Diagnostic::error(second.span, "this case is another's already");
                self.diagnostics.push(diagnostic.label(first.span, "here"));
            }
        }
    }

    /// The number of a new place in the innermost switch, and the type of its cases.
    fn case_place(&mut self, span: Span, word: &str) -> Option<u32> {
        let switch = self.frame.as_mut().and_then(|frame| frame.switches.last_mut());
        let Some(switch) = switch else {
            self.error(span, format!("there is no `switch` around this `{word}`"));
            return None;
        };
        let number = switch.places;
        switch.places += 1;
        Some(number)
    }

    fn case(
        &mut self,
        first: &ast::Expr,
        last: Option<&ast::Expr>,
        inner: &ast::Stmt,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let number = self.case_place(first.span, "case");
        let ty = self.frame.as_ref().and_then(|frame| frame.switches.last()).map(|switch| switch.ty);
        let from = self.constant(first);
        let to = last.map_or(from, |last| self.constant(last));
        if let (Some(number), Some(ty), Some((from, _)), Some((to, _))) = (number, ty, from, to) {
            let wrap = |value| self.types.integer(ty).map_or(value, |integer| integer.wrap(value));
            let case = super::Case { first: wrap(from), last: wrap(to), number, span: first.span };
            if let Some(switch) = self.frame.as_mut().and_then(|frame| frame.switches.last_mut()) {
                switch.cases.push(case);
            }
            out.push(Stmt { kind: StmtKind::Case(number), span });
        }
        self.stmt(inner, out);
    }

    fn default(&mut self, inner: &ast::Stmt, span: Span, out: &mut Vec<Stmt>) {
        if let Some(number) = self.case_place(span, "default") {
            let switch = self.frame.as_mut().and_then(|frame| frame.switches.last_mut());
            let before = switch.and_then(|switch| switch.default.replace((number, span)));
            if let Some((_, at)) = before {
                let diagnostic = Diagnostic::error(span, "this switch has a `default` already");
                self.diagnostics.push(diagnostic.label(at, "here"));
            }
            out.push(Stmt { kind: StmtKind::Case(number), span });
        }
        self.stmt(inner, out);
    }

    fn returned(&mut self, value: Option<&ast::Expr>, span: Span) -> Option<StmtKind> {
        let result = self.frame.as_ref()?.result;
        let Some(expr) = value else {
            if !self.types.is_void(result) {
                let text = self.spell(result);
                self.error(span, format!("this function returns `{text}`, and here nothing"));
            }
            return Some(self.left_by_return(None, span));
        };
        let value = self.value(expr)?;
        if self.types.is_void(result) {
            let effect = self.effect_of(value);
            if !self.types.is_void(effect.ty) {
                self.error(expr.span, "this function returns nothing, and here a value".to_owned());
                return None;
            }
            let effect = Stmt { kind: StmtKind::Expr(effect), span };
            let left = Stmt { kind: self.left_by_return(None, span), span };
            return Some(StmtKind::Block(vec![effect, left]));
        }
        let returned = match self.given(value, result, "what is returned", expr.span)? {
            Given::Scalar(expr) => Returned::Scalar(expr),
            Given::Record(place) => Returned::Record(place),
        };
        Some(self.left_by_return(Some(returned), span))
    }

    pub(super) fn static_assert(&mut self, assert: &ast::StaticAssert) {
        let Some((value, _)) = self.constant(&assert.condition) else { return };
        if value == 0 {
            let said = assert.text.as_ref().map(|text| format!(": {}", String::from_utf8_lossy(text)));
            self.error(assert.span, format!("this does not hold{}", said.unwrap_or_default()));
        }
    }

    /// A variable's value at which nothing of it is known.
    pub(super) fn opaque(&self, place: crate::typed::Place, span: Span) -> Stmt {
        Stmt { kind: StmtKind::Opaque(place), span }
    }

    /// A statement that has an expression's effects.
    pub(super) fn run(&self, expr: Expr) -> Stmt {
        super::make::statement(expr)
    }
}
