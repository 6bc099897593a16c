//! Blocks and statements.
use super::Parser;
use crate::ast::{BinaryOp, Block, Expr, ExprKind, If, Stmt, StmtKind};
use crate::lex::TokenKind;
use osmia_base::{Diagnostic, Span};

/// Compound assignments.
const COMPOUND: [(&str, BinaryOp); 10] = [
    ("+=", BinaryOp::Add),
    ("-=", BinaryOp::Sub),
    ("*=", BinaryOp::Mul),
    ("/=", BinaryOp::Div),
    ("%=", BinaryOp::Mod),
    ("&=", BinaryOp::BitAnd),
    ("|=", BinaryOp::BitOr),
    ("^=", BinaryOp::BitXor),
    ("<<=", BinaryOp::Shl),
    (">>=", BinaryOp::Shr),
];

/// What there is to say about an assignment to a part of something.
const IMMUTABLE: &str = "Tuples and records are immutable once created. Consider creating a new value and \
    assigning it instead.";

/// What was read where a statement was expected.
enum Read {
    /// A statement, whole.
    Whole(StmtKind),
    /// An expression, which is the block's value if the block ends here.
    Value(Expr),
}

impl Parser<'_> {
    /// A block that has no value: whatever stands last in it is a statement.
    pub(super) fn statement_block(&mut self) -> Block {
        let mut block = self.value_block();
        drop_value(&mut block);
        block
    }

    /// `block = "{" (statement ";")* expr? "}"`
    pub(super) fn value_block(&mut self) -> Block {
        self.nested(|parser| {
            let outer = std::mem::take(&mut parser.in_predicate);
            let block = parser.block();
            parser.in_predicate = outer;
            block
        })
    }

    fn block(&mut self) -> Block {
        let open = self.token.span;
        let mut block = Block { span: open, ..Block::default() };
        if !self.expect("{") {
            return block;
        }
        let mut height = 0;
        while !self.at("}") && !self.at_end() && !self.at_probe() {
            let before = self.token.span;
            self.statement(&mut block);
            height = height.max(self.height);
            if self.lost {
                if self.token.span == before && !self.at("}") {
                    self.bump();
                }
                self.recover();
            }
        }
        self.close("}", open, "block");
        block.span = self.from(open.start);
        self.height = height;
        self.grow(0);
        block
    }

    /// One statement with its `;`, put into `block`.
    fn statement(&mut self, block: &mut Block) {
        self.height = 0;
        let start = self.token.span.start;
        if self.eat(";") {
            return;
        }
        let read = self.nested(|parser| parser.statement_kind(start));
        let span = self.from(start);
        match read {
            None => (),
            Some(Read::Whole(kind)) => {
                let closed = is_closed(&kind);
                let leaves = matches!(kind, StmtKind::Break | StmtKind::Continue | StmtKind::Return(_));
                self.end_of_statement(closed);
                let span = if leaves { self.from(start) } else { span };
                block.stmts.push(Stmt { kind, span });
            }
            Some(Read::Value(expr)) if self.at("}") && !self.lost => block.tail = Some(Box::new(expr)),
            Some(Read::Value(expr)) => {
                let closed = matches!(expr.kind, ExprKind::If(_) | ExprKind::Block(_))
                    || matches!(&expr.kind, ExprKind::Comptime(inner) if matches!(inner.kind, ExprKind::If(_)));
                let named = matches!(expr.kind, ExprKind::Call { .. } | ExprKind::Ident(_));
                let mut stmt = Stmt { kind: StmtKind::Expr(expr), span };
                without_value(&mut stmt);
                self.end_of_statement(closed);
                // What begins with a name is a statement with its `;`.
                if named {
                    stmt.span = self.from(start);
                }
                block.stmts.push(stmt);
            }
        }
    }

    /// Takes the `;`, which may be missing in front of `}`, and after `}` (`closed`).
    fn end_of_statement(&mut self, closed: bool) {
        if self.lost || self.eat(";") || closed || self.at("}") {
            return;
        }
        if self.token.first {
            // The next line is most likely a statement of its own.
            let span = self.here();
            self.complain(span, "expected `;`");
        } else {
            self.missing("expected `;`".into());
        }
    }

    fn statement_kind(&mut self, start: u32) -> Option<Read> {
        let whole = match self.text_of(self.token) {
            "let" => self.let_statement()?,
            "while" => self.while_loop(),
            "unroll" => self.unroll(),
            "for" => self.for_loop()?,
            "break" => self.word(StmtKind::Break),
            "continue" => self.word(StmtKind::Continue),
            "return" => self.return_statement(),
            "import" if self.second().kind == TokenKind::Str => StmtKind::Import(self.import()?),
            "_" if self.second().kind == TokenKind::Sign("=") => self.discard(),
            // What begins with a block ends with it: what follows is no operator.
            "if" => {
                let branch = ExprKind::If(Box::new(self.if_expr()));
                return Some(Read::Value(Expr { kind: branch, span: self.from(start) }));
            }
            "{" => {
                let block = ExprKind::Block(Box::new(self.value_block()));
                return Some(Read::Value(Expr { kind: block, span: self.from(start) }));
            }
            _ => return self.expression_statement(start),
        };
        Some(Read::Whole(whole))
    }

    fn word(&mut self, kind: StmtKind) -> StmtKind {
        self.bump();
        kind
    }

    /// `"let" variable (":" type)? ("=" expr)?`
    fn let_statement(&mut self) -> Option<StmtKind> {
        self.bump();
        if self.token.kind == TokenKind::Map {
            let span = self.token.span;
            let hint = "maps are declared outside of probes: let @a = hash(2);";
            self.report(Diagnostic::error(span, "syntax: expected variable after `let`").hint(hint));
            return None;
        }
        let name = self.name_of(TokenKind::Variable, "variable after `let`")?;
        let ty = self.eat(":").then(|| self.type_name());
        let value = self.eat("=").then(|| self.expr());
        Some(StmtKind::Let { name, ty, value })
    }

    fn while_loop(&mut self) -> StmtKind {
        self.bump();
        let condition = self.condition();
        StmtKind::While { condition, body: self.statement_block() }
    }

    fn unroll(&mut self) -> StmtKind {
        self.bump();
        let count = self.condition();
        StmtKind::Unroll { count, body: self.statement_block() }
    }

    /// `"for" "("? variable ":" (map | expr ".." expr) ")"? block`
    fn for_loop(&mut self) -> Option<StmtKind> {
        self.bump();
        let open = self.token.span;
        let parenthesized = self.eat("(");
        let var = self.name_of(TokenKind::Variable, "variable in for loop")?;
        self.expect(":");
        let from = self.expr();
        let to = self.eat("..").then(|| self.expr());
        if parenthesized {
            self.close(")", open, "loop head");
        }
        let body = self.statement_block();
        Some(match to {
            Some(to) => StmtKind::ForRange { var, from, to, body },
            None => StmtKind::ForEach { var, over: from, body },
        })
    }

    fn return_statement(&mut self) -> StmtKind {
        self.bump();
        let nothing = self.at(";") || self.at("}") || self.at_end();
        StmtKind::Return((!nothing).then(|| self.expr()))
    }

    fn discard(&mut self) -> StmtKind {
        self.bump();
        self.bump();
        StmtKind::Discard(self.expr())
    }

    /// `expr` or `expr ("=" | "+=" | …) expr`
    fn expression_statement(&mut self, start: u32) -> Option<Read> {
        let target = self.expr();
        if self.lost {
            return Some(Read::Whole(StmtKind::Expr(target)));
        }
        let TokenKind::Sign(sign) = self.token.kind else { return Some(Read::Value(target)) };
        let op = COMPOUND.iter().find(|(found, _)| *found == sign).map(|&(_, op)| op);
        if op.is_none() && sign != "=" {
            return Some(Read::Value(target));
        }
        self.bump();
        let height = self.height;
        let value = self.expr();
        self.grow(height);
        match target.kind {
            ExprKind::Var(_) | ExprKind::Map { .. } => (),
            ExprKind::Part(..) | ExprKind::Field(..) => self.complain(Span::new(start, self.end), IMMUTABLE),
            _ => self.complain(Span::new(start, target.span.end), "invalid assignment target"),
        }
        Some(Read::Whole(StmtKind::Assign { target, op, value }))
    }

    /// The condition of an `if` or a loop, with or without parentheses.
    pub(super) fn condition(&mut self) -> Expr {
        let condition = self.expr();
        if let ExprKind::Record(parts) = &condition.kind {
            let span = condition.span;
            let name = parts.first().map_or("x", |(name, _)| name.node.as_str());
            let hint = format!("to compare, write `{name} == …`");
            self.remark(Diagnostic::error(span, "syntax: expected a condition").hint(hint));
        }
        condition
    }

    /// `"if" condition block ("else" (block | if))?`
    pub(super) fn if_expr(&mut self) -> If {
        self.bump();
        let condition = self.condition();
        let mut height = self.height;
        let then = self.value_block();
        height = height.max(self.height);
        let otherwise = self.eat_word("else").then(|| self.else_branch());
        self.grow(height);
        If { condition, then, otherwise }
    }

    fn else_branch(&mut self) -> Block {
        if !self.at_word("if") {
            return self.value_block();
        }
        self.nested(|parser| {
            let start = parser.token.span.start;
            let inner = parser.if_expr();
            let span = parser.from(start);
            let tail = Expr { kind: ExprKind::If(Box::new(inner)), span };
            Block { stmts: Vec::new(), tail: Some(Box::new(tail)), span }
        })
    }
}

/// Whether nothing has to follow: it ends with a block, or has taken its `;`.
fn is_closed(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::Import(_)
            | StmtKind::While { .. }
            | StmtKind::Unroll { .. }
            | StmtKind::ForEach { .. }
            | StmtKind::ForRange { .. }
    )
}

/// Makes the value of a block its last statement.
fn drop_value(block: &mut Block) {
    if let Some(tail) = block.tail.take() {
        let span = tail.span;
        let mut stmt = Stmt { kind: StmtKind::Expr(*tail), span };
        without_value(&mut stmt);
        block.stmts.push(stmt);
    }
}

/// An expression whose value nobody wants: `if` and blocks are statements then, all the way down.
fn without_value(stmt: &mut Stmt) {
    let StmtKind::Expr(expr) = &mut stmt.kind else { return };
    match std::mem::replace(&mut expr.kind, ExprKind::Error) {
        ExprKind::If(mut inner) => {
            drop_value(&mut inner.then);
            inner.otherwise.iter_mut().for_each(drop_value);
            stmt.kind = StmtKind::If(inner);
        }
        ExprKind::Block(mut inner) => {
            drop_value(&mut inner);
            stmt.kind = StmtKind::Block(*inner);
        }
        ExprKind::Comptime(inner) if matches!(inner.kind, ExprKind::If(_)) => {
            let mut inner = Stmt { span: inner.span, kind: StmtKind::Expr(*inner) };
            without_value(&mut inner);
            stmt.kind = StmtKind::Comptime(Box::new(inner));
        }
        kind => expr.kind = kind,
    }
}
