//! Expressions, from the outside in: ternary, binary, prefix. What is innermost is in `postfix`.
use super::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind, Position, UnaryOp};
use crate::lex::TokenKind;
use osmia_base::Span;

/// Binary operators with their precedence; what binds tighter has the greater number.
const BINARY: [(&str, BinaryOp, u8); 18] = [
    ("||", BinaryOp::Or, 1),
    ("&&", BinaryOp::And, 2),
    ("|", BinaryOp::BitOr, 3),
    ("^", BinaryOp::BitXor, 4),
    ("&", BinaryOp::BitAnd, 5),
    ("==", BinaryOp::Equal, 6),
    ("!=", BinaryOp::NotEqual, 6),
    ("<", BinaryOp::Less, 7),
    (">", BinaryOp::Greater, 7),
    ("<=", BinaryOp::LessEqual, 7),
    (">=", BinaryOp::GreaterEqual, 7),
    ("<<", BinaryOp::Shl, 8),
    (">>", BinaryOp::Shr, 8),
    ("+", BinaryOp::Add, 9),
    ("-", BinaryOp::Sub, 9),
    ("*", BinaryOp::Mul, 10),
    ("/", BinaryOp::Div, 10),
    ("%", BinaryOp::Mod, 10),
];

/// How tight an operator binds.
pub(crate) fn precedence(op: BinaryOp) -> u8 {
    BINARY.iter().find(|(_, found, _)| *found == op).map_or(0, |&(_, _, precedence)| precedence)
}

const UNARY: [(&str, UnaryOp); 6] = [
    ("-", UnaryOp::Negate),
    ("+", UnaryOp::Plus),
    ("!", UnaryOp::Not),
    ("~", UnaryOp::Complement),
    ("*", UnaryOp::Deref),
    ("&", UnaryOp::AddressOf),
];

impl Parser<'_> {
    /// `expr = binary ("?" expr ":" expr | "?" ":" expr)?`
    pub(super) fn expr(&mut self) -> Expr {
        let span = self.token.span;
        self.nested(|parser| Some(parser.ternary())).unwrap_or(Expr { kind: ExprKind::Error, span })
    }

    fn ternary(&mut self) -> Expr {
        let condition = self.binary(1);
        if self.lost || !self.eat("?") {
            return condition;
        }
        let start = condition.span.start;
        let mut height = self.height;
        let condition = Box::new(condition);
        let then = (!self.at(":")).then(|| self.expr());
        height = height.max(self.height);
        self.expect(":");
        let otherwise = Box::new(self.expr());
        self.grow(height);
        let kind = match then {
            Some(then) => ExprKind::Ternary(condition, Box::new(then), otherwise),
            None => ExprKind::Elvis(condition, otherwise),
        };
        Expr { kind, span: self.from(start) }
    }

    /// `binary = unary (operator unary)*`, operators of at least this precedence.
    fn binary(&mut self, least: u8) -> Expr {
        let mut left = self.unary();
        while !self.lost {
            let Some((op, precedence)) = self.binary_op().filter(|&(_, precedence)| precedence >= least)
            else {
                break;
            };
            self.bump();
            let height = self.height;
            let right = self.binary(precedence + 1);
            self.grow(height);
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span };
        }
        left
    }

    fn binary_op(&self) -> Option<(BinaryOp, u8)> {
        let TokenKind::Sign(sign) = self.token.kind else { return None };
        if sign == "/"
            && self.in_predicate
            && matches!(self.second().kind, TokenKind::Sign("{") | TokenKind::End)
        {
            return None;
        }
        BINARY.iter().find(|(found, ..)| *found == sign).map(|&(_, op, precedence)| (op, precedence))
    }

    /// `unary = ("-" | "+" | "!" | "~" | "*" | "&" | "++" | "--") unary | postfix`
    pub(super) fn unary(&mut self) -> Expr {
        let start = self.token.span.start;
        let TokenKind::Sign(sign) = self.token.kind else { return self.postfix() };
        let op = UNARY.iter().find(|(found, _)| *found == sign).map(|&(_, op)| op);
        if op.is_none() && sign != "++" && sign != "--" {
            return self.postfix();
        }
        self.bump();
        let span = self.token.span;
        let operand =
            self.nested(|parser| Some(parser.unary())).unwrap_or(Expr { kind: ExprKind::Error, span });
        self.grow(0);
        if op == Some(UnaryOp::AddressOf) && !matches!(operand.kind, ExprKind::Var(_) | ExprKind::Map { .. })
        {
            self.complain(span, "address-of operator (&) can only be used on a map or variable");
        }
        match op {
            Some(op) => Expr { kind: ExprKind::Unary(op, Box::new(operand)), span: self.from(start) },
            None => self.step(operand, sign, Position::Prefix, self.from(start)),
        }
    }

    /// `++` or `--`, on something that can be changed.
    pub(super) fn step(&mut self, target: Expr, sign: &str, position: Position, span: Span) -> Expr {
        if !matches!(target.kind, ExprKind::Var(_) | ExprKind::Map { .. } | ExprKind::Error) {
            self.complain(target.span, "increment/decrement requires a variable or map");
        }
        let by = if sign == "++" { 1 } else { -1 };
        Expr { kind: ExprKind::Step { target: Box::new(target), by, position }, span }
    }
}
