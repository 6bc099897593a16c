//! Expressions, from the outside in: comma, assignment, conditional, binary, prefix. What is innermost is in `operands`.
use super::Parser;
use super::recovery::Within;
use crate::Name;
use crate::ast::{BinaryOp, Expr, ExprKind, Step, TypeName, UnaryOp};
use crate::token::{Token, TokenKind};
use crate::word;
use osmia_base::{Diagnostic, Span};

/// What stands between two operands.
#[derive(Clone, Copy, Debug)]
enum Infix {
    Op(BinaryOp),
    And,
    Or,
}

/// Operators between operands with their precedence; what binds tighter has the greater number.
const INFIX: &[(&str, Infix, u8)] = &[
    ("||", Infix::Or, 1),
    ("&&", Infix::And, 2),
    ("|", Infix::Op(BinaryOp::BitOr), 3),
    ("^", Infix::Op(BinaryOp::BitXor), 4),
    ("&", Infix::Op(BinaryOp::BitAnd), 5),
    ("==", Infix::Op(BinaryOp::Equal), 6),
    ("!=", Infix::Op(BinaryOp::NotEqual), 6),
    ("<", Infix::Op(BinaryOp::Less), 7),
    (">", Infix::Op(BinaryOp::Greater), 7),
    ("<=", Infix::Op(BinaryOp::LessEqual), 7),
    (">=", Infix::Op(BinaryOp::GreaterEqual), 7),
    ("<<", Infix::Op(BinaryOp::Shl), 8),
    (">>", Infix::Op(BinaryOp::Shr), 8),
    ("+", Infix::Op(BinaryOp::Add), 9),
    ("-", Infix::Op(BinaryOp::Sub), 9),
    ("*", Infix::Op(BinaryOp::Mul), 10),
    ("/", Infix::Op(BinaryOp::Div), 10),
    ("%", Infix::Op(BinaryOp::Rem), 10),
];

const ASSIGNMENT: &[(&str, Option<BinaryOp>)] = &[
    ("=", None),
    ("+=", Some(BinaryOp::Add)),
    ("-=", Some(BinaryOp::Sub)),
    ("*=", Some(BinaryOp::Mul)),
    ("/=", Some(BinaryOp::Div)),
    ("%=", Some(BinaryOp::Rem)),
    ("<<=", Some(BinaryOp::Shl)),
    (">>=", Some(BinaryOp::Shr)),
    ("&=", Some(BinaryOp::BitAnd)),
    ("|=", Some(BinaryOp::BitOr)),
    ("^=", Some(BinaryOp::BitXor)),
];

const PREFIX: &[(&str, UnaryOp)] = &[
    ("+", UnaryOp::Plus),
    ("-", UnaryOp::Minus),
    ("~", UnaryOp::Complement),
    ("!", UnaryOp::Not),
    ("*", UnaryOp::Deref),
    ("&", UnaryOp::Address),
];

const ALIGNOF: &[Name] = &[word::ALIGNOF, word::ALIGNOF_, word::ALIGNOF__];

/// What stands for an expression that could not be read.
pub(super) const fn error(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, span }
}

/// The row of a table that begins with the token's sign.
fn row<T>(token: Token, table: &'static [T], sign: fn(&T) -> &'static str) -> Option<&'static T> {
    let TokenKind::Sign(found) = token.kind else { return None };
    table.iter().find(|row| sign(row) == found)
}

impl Parser<'_> {
    /// An expression with the place where it was written.
    pub(super) fn expr(&self, start: usize, kind: ExprKind) -> Expr {
        Expr { kind, span: self.from(start) }
    }

    /// `expression = assignment ("," assignment)*`
    pub(super) fn expression(&mut self) -> Expr {
        let start = self.pos;
        let mut left = self.assignment();
        while !self.lost && self.eat(",") {
            let right = self.beside(Self::assignment);
            self.grow();
            left = self.expr(start, ExprKind::Comma(Box::new(left), Box::new(right)));
        }
        left
    }

    /// `assignment = conditional (operator assignment)?`
    pub(super) fn assignment(&mut self) -> Expr {
        let span = self.token.span;
        self.nested(Self::assignment_inside).unwrap_or(error(span))
    }

    fn assignment_inside(&mut self) -> Expr {
        let start = self.pos;
        let target = self.conditional();
        let Some(&(_, op)) = row(self.token, ASSIGNMENT, |row| row.0).filter(|_| !self.lost) else {
            return target;
        };
        self.bump();
        let value = Box::new(self.beside(Self::assignment));
        let target = Box::new(target);
        self.expr(
            start,
            match op {
                Some(op) => ExprKind::AssignOp(op, target, value),
                None => ExprKind::Assign(target, value),
            },
        )
    }

    /// `conditional = binary ("?" expression? ":" conditional)?`
    pub(super) fn conditional(&mut self) -> Expr {
        let start = self.pos;
        let condition = self.binary(1);
        let question = self.token;
        if self.lost || !self.eat("?") {
            return condition;
        }
        let then = (!self.at(":")).then(|| Box::new(self.beside(Self::expression)));
        if !self.lost && !self.at(":") {
            let span = self.here();
            let found = self.words_for(self.token);
            let text = format!("expected `:` and the other value, found {found}");
            self.report(Diagnostic::error(span, text).label(question.span, "of this `?`"));
        }
        self.eat(":");
        let span = self.token.span;
        let otherwise = self.beside(|parser| parser.nested(Self::conditional)).unwrap_or(error(span));
        self.expr(start, ExprKind::Conditional(Box::new(condition), then, Box::new(otherwise)))
    }

    /// `binary = prefix (operator prefix)*`, operators of at least this precedence.
    fn binary(&mut self, least: u8) -> Expr {
        let start = self.pos;
        let mut left = self.prefix();
        while !self.lost {
            let operator =
                row(self.token, INFIX, |row| row.0).filter(|(.., precedence)| *precedence >= least);
            let Some(&(_, infix, precedence)) = operator else { break };
            self.bump();
            let right = Box::new(self.beside(|parser| parser.binary(precedence + 1)));
            self.grow();
            let operand = Box::new(left);
            left = self.expr(
                start,
                match infix {
                    Infix::Op(op) => ExprKind::Binary(op, operand, right),
                    Infix::And => ExprKind::And(operand, right),
                    Infix::Or => ExprKind::Or(operand, right),
                },
            );
        }
        left
    }

    /// `prefix = operator prefix | "(" type ")" prefix | "sizeof" … | "_Alignof" … | postfix`
    pub(super) fn prefix(&mut self) -> Expr {
        let start = self.pos;
        if let Some(&(_, op)) = row(self.token, PREFIX, |row| row.0) {
            self.bump();
            let operand = self.operand();
            return self.expr(start, ExprKind::Unary(op, operand));
        }
        match self.token.kind {
            TokenKind::Sign("++") => self.step(Step::BeforeUp),
            TokenKind::Sign("--") => self.step(Step::BeforeDown),
            TokenKind::Sign("&&") => self.label_address(),
            TokenKind::Word => self.prefix_word(),
            _ => self.postfix(),
        }
    }

    fn prefix_word(&mut self) -> Expr {
        match self.token.text {
            word::EXTENSION => {
                self.bump();
                *self.operand()
            }
            word::SIZEOF => self.size(ExprKind::SizeofType, ExprKind::SizeofExpr),
            word if ALIGNOF.contains(&word) => self.size(ExprKind::AlignofType, ExprKind::AlignofExpr),
            _ => self.postfix(),
        }
    }

    /// What stands behind a prefix, one step deeper.
    pub(super) fn operand(&mut self) -> Box<Expr> {
        let span = self.token.span;
        Box::new(self.nested(Self::prefix).unwrap_or(error(span)))
    }

    fn step(&mut self, step: Step) -> Expr {
        let start = self.pos;
        self.bump();
        let operand = self.operand();
        self.expr(start, ExprKind::Step(step, operand))
    }

    fn label_address(&mut self) -> Expr {
        let start = self.pos;
        self.bump();
        self.name("the name of a label");
        let span = self.from(start);
        self.complain(span, "labels have no addresses: programs for BPF only jump to places that are known");
        error(span)
    }

    /// `"sizeof" ("(" type ")" | prefix)`; behind `(type)` a list of values makes it an expression.
    fn size(&mut self, of_type: fn(Box<TypeName>) -> ExprKind, of_expr: fn(Box<Expr>) -> ExprKind) -> Expr {
        let start = self.pos;
        self.bump();
        let inside = self.pos;
        let kind = match self.type_in_parentheses() {
            Some(ty) if self.at("{") => {
                let literal = self.literal(inside, ty);
                of_expr(Box::new(self.suffixes_of(inside, literal)))
            }
            Some(ty) => of_type(Box::new(ty)),
            None => of_expr(self.operand()),
        };
        self.expr(start, kind)
    }

    /// `"(" type ")"`, if that is what stands here.
    pub(super) fn type_in_parentheses(&mut self) -> Option<TypeName> {
        if !self.at("(") || !self.begins_type(1) {
            return None;
        }
        let open = self.bump();
        let ty = self.nested(Self::type_name);
        self.close(")", open, "type", Within::Statement);
        ty
    }
}
