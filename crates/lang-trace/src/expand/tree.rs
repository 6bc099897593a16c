//! Going through a tree that is being changed: calls become what they stand for; in a copy of a macro's body, places,
//! variables and parameters become those of the copy.
use super::registry::{Found, Owner, accepts, kind_of};
use super::{Argument, Expander, Frame, OWN};
use crate::ast::{Block, Expr, ExprKind, If, Macro, MacroParamKind, Name, Stmt, StmtKind, TypeOrExpr};
use osmia_base::{Diagnostic, Span};

/// The macro around, if there is one.
type Around<'f, 'a> = Option<&'f Frame<'a>>;

impl<'a> Expander<'a> {
    pub(super) fn block(&mut self, block: &mut Block, around: Around<'_, 'a>) {
        move_span(&mut block.span, around);
        block.stmts.iter_mut().for_each(|stmt| self.stmt(stmt, around));
        block.tail.iter_mut().for_each(|tail| self.expr(tail, around));
    }

    fn stmt(&mut self, stmt: &mut Stmt, around: Around<'_, 'a>) {
        move_span(&mut stmt.span, around);
        if !self.fits(1, 1, stmt.span) {
            stmt.kind = StmtKind::Block(Block::default());
            return;
        }
        self.height += 1;
        self.stmt_parts(stmt, around);
        self.height -= 1;
    }

    fn stmt_parts(&mut self, stmt: &mut Stmt, around: Around<'_, 'a>) {
        match &mut stmt.kind {
            StmtKind::Expr(value) | StmtKind::Discard(value) => self.expr(value, around),
            StmtKind::Assign { target, value, .. } => {
                self.expr(target, around);
                self.expr(value, around);
            }
            StmtKind::Let { name, ty, value } => {
                self.declared(name, around);
                ty.iter_mut().for_each(|ty| self.type_name(ty, around));
                value.iter_mut().for_each(|value| self.expr(value, around));
            }
            StmtKind::If(inner) => self.branch(inner, around),
            StmtKind::Unroll { count: head, body } | StmtKind::While { condition: head, body } => {
                self.expr(head, around);
                self.block(body, around);
            }
            StmtKind::ForEach { var, over, body } => {
                self.declared(var, around);
                self.expr(over, around);
                self.block(body, around);
            }
            StmtKind::ForRange { var, from, to, body } => {
                self.declared(var, around);
                self.expr(from, around);
                self.expr(to, around);
                self.block(body, around);
            }
            StmtKind::Break | StmtKind::Continue => (),
            StmtKind::Import(import) => move_span(&mut import.span, around),
            StmtKind::Return(value) => value.iter_mut().for_each(|value| self.expr(value, around)),
            StmtKind::Block(inner) => self.block(inner, around),
            StmtKind::Comptime(inner) => self.stmt(inner, around),
        }
    }

    fn branch(&mut self, branch: &mut If, around: Around<'_, 'a>) {
        self.expr(&mut branch.condition, around);
        self.block(&mut branch.then, around);
        branch.otherwise.iter_mut().for_each(|block| self.block(block, around));
    }

    /// The name of a variable that is made here.
    fn declared(&mut self, name: &mut Name, around: Around<'_, 'a>) {
        move_span(&mut name.span, around);
        let Some(frame) = around else { return };
        if frame.args.contains_key(name.node.as_str()) {
            self.error(name.span, format!("Variable declaration shadows macro arg {}", name.node));
        }
        own(&mut name.node, frame);
    }

    pub(super) fn expr(&mut self, expr: &mut Expr, around: Around<'_, 'a>) {
        move_span(&mut expr.span, around);
        if !self.fits(1, 1, expr.span) {
            expr.kind = ExprKind::Error;
            return;
        }
        self.height += 1;
        match &mut expr.kind {
            ExprKind::Ident(_) => self.word(expr, around),
            ExprKind::Var(_) | ExprKind::Map { .. } => self.reference(expr, around),
            ExprKind::Call { .. } => self.call(expr, around),
            _ => self.parts(&mut expr.kind, around),
        }
        self.height -= 1;
    }

    /// What an expression that is no name is made of.
    fn parts(&mut self, kind: &mut ExprKind, around: Around<'_, 'a>) {
        match kind {
            ExprKind::Integer(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Positional(_)
            | ExprKind::PositionalCount
            | ExprKind::Ident(_)
            | ExprKind::Var(_)
            | ExprKind::Error => (),
            ExprKind::Map { keys: items, .. }
            | ExprKind::Call { args: items, .. }
            | ExprKind::Tuple(items) => items.iter_mut().for_each(|item| self.expr(item, around)),
            ExprKind::Type(ty) => self.type_name(ty, around),
            ExprKind::Sizeof(of) => self.type_or_expr(of, around),
            ExprKind::Offsetof(of, path) => {
                self.type_or_expr(of, around);
                self.member_path(path, around);
            }
            ExprKind::Field(inner, name) => {
                move_span(&mut name.span, around);
                self.expr(inner, around);
            }
            ExprKind::Unary(_, inner)
            | ExprKind::Step { target: inner, .. }
            | ExprKind::Part(inner, _)
            | ExprKind::Comptime(inner) => self.expr(inner, around),
            ExprKind::Binary(_, a, b) | ExprKind::Elvis(a, b) | ExprKind::Index(a, b) => {
                self.expr(a, around);
                self.expr(b, around);
            }
            ExprKind::Ternary(condition, a, b) => {
                [condition, a, b].into_iter().for_each(|part| self.expr(part, around));
            }
            ExprKind::Cast(ty, inner) => {
                self.type_name(ty, around);
                self.expr(inner, around);
            }
            ExprKind::Record(parts) => {
                for (name, value) in parts {
                    move_span(&mut name.span, around);
                    self.expr(value, around);
                }
            }
            ExprKind::Block(inner) => self.block(inner, around),
            ExprKind::If(inner) => self.branch(inner, around),
        }
    }

    /// `$x`, `@m`, `@m[k]`: what the caller gave, or the macro's own variable.
    fn reference(&mut self, expr: &mut Expr, around: Around<'_, 'a>) {
        if let ExprKind::Map { keys, .. } = &mut expr.kind {
            keys.iter_mut().for_each(|key| self.expr(key, around));
        }
        let Some(frame) = around else { return };
        match &mut expr.kind {
            ExprKind::Var(name) => match frame.args.get(name.as_str()).map(|arg| &arg.value.kind) {
                Some(ExprKind::Var(given)) => name.clone_from(given),
                _ => own(name, frame),
            },
            ExprKind::Map { name, .. } => match frame.args.get(name.as_str()).map(|arg| &arg.value.kind) {
                Some(ExprKind::Map { name: given, .. }) => name.clone_from(given),
                _ if frame.owner == Owner::Function => {}
                _ => {
                    let text = format!(
                        "Unhygienic access to map: {name}. Maps must be passed into the macro as arguments."
                    );
                    self.error(expr.span, text);
                }
            },
            _ => (),
        }
    }

    /// A bare word: a parameter of the macro around, or a macro that takes nothing.
    fn word(&mut self, expr: &mut Expr, around: Around<'_, 'a>) {
        let ExprKind::Ident(name) = &expr.kind else { return };
        match around.and_then(|frame| frame.args.get(name.as_str())) {
            Some(arg) => self.argument(expr, arg),
            None => {
                let name = Name::new(name.clone(), expr.span);
                self.replace(expr, &name, Vec::new());
            }
        }
    }

    /// What was given for a parameter. Variables and maps are given by value: they cannot be assigned to.
    fn argument(&mut self, expr: &mut Expr, arg: &Argument) {
        if !self.fits(arg.nodes, arg.height, expr.span) {
            expr.kind = ExprKind::Error;
            return;
        }
        let value = arg.value.clone();
        *expr = match kind_of(&value) {
            MacroParamKind::Variable | MacroParamKind::Map => {
                let span = value.span;
                let block = Block { stmts: Vec::new(), tail: Some(Box::new(value)), span };
                Expr { kind: ExprKind::Block(Box::new(block)), span }
            }
            MacroParamKind::Expr | MacroParamKind::Type => value,
        };
    }

    fn call(&mut self, expr: &mut Expr, around: Around<'_, 'a>) {
        if let ExprKind::Call { name, args } = &mut expr.kind {
            move_span(&mut name.span, around);
            let (name, args) = (name.clone(), std::mem::take(args));
            let args = args.into_iter().map(|arg| self.given(arg, around)).collect();
            self.replace(expr, &name, args);
        }
    }

    /// An argument, expanded, and what a copy of it will cost.
    fn given(&mut self, mut value: Expr, around: Around<'_, 'a>) -> Argument {
        let (nodes, peak) = (self.nodes, self.peak);
        self.peak = self.height;
        self.expr(&mut value, around);
        let argument = Argument { value, nodes: self.nodes - nodes, height: self.peak - self.height };
        self.peak = self.peak.max(peak);
        argument
    }

    /// Puts what a call stands for in its place, if it is one of a macro.
    fn replace(&mut self, expr: &mut Expr, name: &Name, args: Vec<Argument>) {
        let found = self.registry.find(&name.node, args.iter().map(|arg| &arg.value), self.caller());
        if let Found::Macro(definition, Owner::Function) = found
            && self.apart.contains(&name.node)
        {
            if !self.called.iter().any(|called| std::ptr::eq(*called, definition)) {
                self.called.push(definition);
            }
            let args = args.into_iter().map(|arg| arg.value).collect();
            expr.kind = ExprKind::Call { name: name.clone(), args };
            return;
        }
        if let Found::Macro(definition, owner) = found {
            expr.kind = match self.expansion((definition, owner), args, expr.span) {
                Some(body) => ExprKind::Block(Box::new(body)),
                None => ExprKind::Error,
            };
            return;
        }
        let args: Vec<Expr> = args.into_iter().map(|arg| arg.value).collect();
        match found {
            Found::Other(closest, owner) if !crate::check::is_builtin(&name.node) => {
                match owner {
                    Owner::Script | Owner::Function => self.mismatch(name, &args, expr.span, closest),
                    Owner::Language => self.misuse(expr.span, closest),
                }
                expr.kind = ExprKind::Error;
            }
            _ => {
                if let ExprKind::Call { args: place, .. } = &mut expr.kind {
                    *place = args;
                }
            }
        }
    }

    /// Says what a macro of the language takes.
    fn misuse(&mut self, call: Span, closest: &Macro) {
        let name = &closest.name.node;
        let params: Vec<&str> = closest.params.iter().map(|param| param.name.node.as_str()).collect();
        self.report(
            Diagnostic::error(
                call,
                format!("Call to {name}() has arguments that do not match any definition."),
            )
            .hint(format!("it is called as {name}({})", params.join(", "))),
        );
    }

    /// Says what is wrong with the arguments of a call.
    fn mismatch(&mut self, name: &Name, args: &[Expr], call: Span, closest: &Macro) {
        let name = &name.node;
        let mut message = Diagnostic::error(
            call,
            format!("Call to {name}() has arguments that do not match any definition."),
        );
        let wanted = closest.params.len();
        if wanted != args.len() {
            message = message.label(
                closest.header(),
                format!("The closest definition of {name}() has a different number of arguments. Expected: {wanted} but got {}", args.len()),
            );
        }
        self.report(message);
        if wanted != args.len() {
            return;
        }
        for (param, arg) in closest.params.iter().zip(args) {
            let given = kind_of(arg);
            if accepts(param.kind, given) {
                continue;
            }
            let text = format!(
                "Mismatched arg. {name}() expects a {} for arg {} but got {}.",
                described(param.kind).1,
                param.name.node,
                [described(given).0, described(given).1].concat()
            );
            self.report(
                Diagnostic::error(arg.span, text)
                    .label(param.name.span, "This is the argument in the closest definition."),
            );
        }
    }

    /// The path of `offsetof`: a parameter in it stands for a member, or members of members.
    fn member_path(&mut self, path: &mut Vec<Name>, around: Around<'_, 'a>) {
        path.iter_mut().for_each(|name| move_span(&mut name.span, around));
        let [only] = path.as_slice() else { return };
        let Some(arg) = around.and_then(|frame| frame.args.get(only.node.as_str())) else { return };
        if !matches!(arg.value.kind, ExprKind::Ident(_) | ExprKind::Field(..)) {
            return;
        }
        match member_names(&arg.value) {
            Some(names) => *path = names,
            None => self.error(
                arg.value.span,
                "FieldAccess expressions must be made up entirely of idents (e.g. a.b.c) to replace the second argument in `offsetof`",
            ),
        }
    }

    pub(super) fn type_or_expr(&mut self, of: &mut TypeOrExpr, around: Around<'_, 'a>) {
        match of {
            TypeOrExpr::Type(ty) => self.type_name(ty, around),
            TypeOrExpr::Expr(expr) => match self.type_of_words(expr, around) {
                Some(ty) => *of = TypeOrExpr::Type(ty),
                // A bare word is a type's name here, not a macro.
                None => match &expr.kind {
                    ExprKind::Ident(word)
                        if around.is_none_or(|frame| !frame.args.contains_key(word.as_str())) =>
                    {
                        move_span(&mut expr.span, around);
                    }
                    _ => self.expr(expr, around),
                },
            },
        }
    }
}

/// An article, and the word for an argument.
const fn described(kind: MacroParamKind) -> (&'static str, &'static str) {
    match kind {
        MacroParamKind::Variable => ("a ", "variable"),
        MacroParamKind::Map => ("a ", "map"),
        MacroParamKind::Expr => ("an ", "expression"),
        MacroParamKind::Type => ("a ", "type"),
    }
}

/// `a.b.c` as names.
fn member_names(expr: &Expr) -> Option<Vec<Name>> {
    match &expr.kind {
        ExprKind::Ident(word) => Some(vec![Name::new(word.clone(), expr.span)]),
        ExprKind::Field(base, name) => {
            let mut names = member_names(base)?;
            names.push(name.clone());
            Some(names)
        }
        _ => None,
    }
}

pub(super) fn move_span(span: &mut Span, around: Around<'_, '_>) {
    if let Some(frame) = around {
        *span = frame.moved(*span);
    }
}

/// Makes a variable the expansion's own.
fn own(name: &mut String, frame: &Frame<'_>) {
    name.push(OWN);
    name.push_str(&frame.number.to_string());
}
