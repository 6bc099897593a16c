//! Labels. Those inside of a statement expression are its own: nothing outside of it goes there.
use super::{Checker, Frame, Label};
use crate::Name;
use crate::ast::{self, StmtKind as Ast};
use crate::typed::{Stmt, StmtKind};
use osmia_base::{Diagnostic, Span, Spanned};
use std::collections::BTreeMap;

impl Checker<'_> {
    /// The labels of a statement expression are known from its begin to its end.
    pub(super) fn open_labels(&mut self, block: &ast::Block) {
        let mut found = Vec::new();
        block.stmts.iter().for_each(|stmt| labels_of(stmt, &mut found));
        let mut numbers = BTreeMap::new();
        for name in found {
            if let Some(number) = self.new_label(name) {
                numbers.entry(name.node).or_insert(number);
            }
        }
        if let Some(frame) = &mut self.frame {
            frame.label_scopes.push(numbers);
        }
    }

    pub(super) fn close_labels(&mut self) {
        if let Some(frame) = &mut self.frame {
            frame.label_scopes.pop();
        }
    }

    fn new_label(&mut self, name: Spanned<Name>) -> Option<u32> {
        let labels = &mut self.frame.as_mut()?.labels;
        let number = u32::try_from(labels.len()).ok()?;
        labels.push(Label { name: name.node, mentioned: name.span, defined: None, due: 0 });
        Some(number)
    }

    /// The number of a label; one of the function has it from its first mention.
    fn label_number(&mut self, name: Spanned<Name>) -> Option<u32> {
        let scopes = &self.frame.as_ref()?.label_scopes;
        if let Some(number) = scopes.iter().rev().find_map(|scope| scope.get(&name.node)) {
            return Some(*number);
        }
        let number = self.new_label(name)?;
        self.frame.as_mut()?.label_scopes.first_mut()?.insert(name.node, number);
        Some(number)
    }

    pub(super) fn goto(&mut self, name: Spanned<Name>) -> Option<StmtKind> {
        let (due, number) = (self.due_count(), self.label_number(name)?);
        if let Some(frame) = &mut self.frame {
            frame.gotos.push((number, due, name.span));
        }
        Some(StmtKind::Goto(number))
    }

    pub(super) fn label(&mut self, name: Spanned<Name>, inner: &ast::Stmt, span: Span, out: &mut Vec<Stmt>) {
        if let Some(number) = self.label_number(name) {
            let due = self.due_count();
            let label = self.frame.as_mut().and_then(|frame| frame.labels.get_mut(number as usize));
            let before = label.and_then(|label| {
                label.due = due;
                label.defined.replace(name.span)
            });
            if let Some(at) = before {
                let text = self.text(name.node);
                let diagnostic = Diagnostic::error(name.span, format!("there is a label `{text}` already"));
                self.diagnostics.push(diagnostic.label(at, "here"));
            }
            out.push(Stmt { kind: StmtKind::Label(number), span });
        }
        self.stmt(inner, out);
    }

    /// Every label that is gone to is somewhere, and nothing is left undone on the way.
    pub(super) fn check_labels(&mut self, frame: &Frame) {
        let known: Vec<&str> = frame
            .labels
            .iter()
            .filter(|label| label.defined.is_some())
            .map(|label| self.names.text(label.name))
            .collect();
        let mut missing = Vec::new();
        for label in frame.labels.iter().filter(|label| label.defined.is_none()) {
            let text = self.names.text(label.name);
            let diagnostic =
                Diagnostic::error(label.mentioned, format!("there is no label `{text}` in this function"));
            missing.push(diagnostic.suggest(text, known.iter().copied()));
        }
        self.diagnostics.list.extend(missing);
        for (number, due, span) in &frame.gotos {
            if frame.labels.get(*number as usize).is_some_and(|label| label.due != *due) {
                let text = "a `goto` in or out of a block whose variables have `cleanup` is not known yet";
                self.error(*span, text.to_owned());
            }
        }
    }
}

/// The labels that stand in a statement, those in its expressions left out.
fn labels_of(stmt: &ast::Stmt, found: &mut Vec<Spanned<Name>>) {
    match &stmt.kind {
        Ast::Label(name, inner) => {
            found.push(*name);
            labels_of(inner, found);
        }
        Ast::Block(block) => block.stmts.iter().for_each(|stmt| labels_of(stmt, found)),
        Ast::If(_, yes, no) => {
            labels_of(yes, found);
            no.iter().for_each(|no| labels_of(no, found));
        }
        Ast::While(_, inner, _)
        | Ast::Do(inner, ..)
        | Ast::For(_, _, _, inner, _)
        | Ast::Switch(_, inner)
        | Ast::Case(_, _, inner)
        | Ast::Default(inner) => labels_of(inner, found),
        Ast::Expr(_)
        | Ast::Empty
        | Ast::Declaration(_)
        | Ast::Assert(_)
        | Ast::Goto(_)
        | Ast::Break
        | Ast::Continue
        | Ast::Return(_)
        | Ast::Asm(_) => {}
    }
}
