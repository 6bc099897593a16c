//! What is innermost in expressions: constants, names, what stands in parentheses; and what follows them.
use super::Parser;
use super::expressions::error;
use super::recovery::Within;
use crate::ast::{Designator, Expr, ExprKind, Step, TypeName};
use crate::token::{Token, TokenKind};
use crate::word;
use osmia_base::{Diagnostic, Spanned};

impl Parser<'_> {
    /// `postfix = primary suffix*`, or a cast.
    pub(super) fn postfix(&mut self) -> Expr {
        let start = self.pos;
        if let Some(ty) = self.type_in_parentheses() {
            return self.cast_or_literal(start, ty);
        }
        let primary = self.primary();
        self.suffixes_of(start, primary)
    }

    /// What stands behind `(type)`.
    fn cast_or_literal(&mut self, start: usize, ty: TypeName) -> Expr {
        if self.at("{") {
            let literal = self.literal(start, ty);
            return self.suffixes_of(start, literal);
        }
        if self.lost {
            return error(self.from(start));
        }
        let operand = self.operand();
        self.expr(start, ExprKind::Cast(Box::new(ty), operand))
    }

    /// `(type){ … }`
    pub(super) fn literal(&mut self, start: usize, ty: TypeName) -> Expr {
        let list = self.initializer_list();
        self.expr(start, ExprKind::Literal(Box::new(ty), Box::new(list)))
    }

    /// `suffix = "[" index "]" | "(" arguments ")" | "." name | "->" name | "++" | "--"`
    pub(super) fn suffixes_of(&mut self, start: usize, mut expr: Expr) -> Expr {
        while !self.lost {
            let TokenKind::Sign(sign) = self.token.kind else { break };
            let inner = Box::new(match sign {
                "[" | "(" | "." | "->" | "++" | "--" => expr,
                _ => return expr,
            });
            let open = self.bump();
            let kind = match sign {
                "[" => self.index(open, inner),
                "(" => ExprKind::Call(inner, self.arguments(open)),
                "." => self.member_of(inner, ExprKind::Member),
                "->" => self.member_of(inner, ExprKind::Arrow),
                "++" => ExprKind::Step(Step::AfterUp, inner),
                _ => ExprKind::Step(Step::AfterDown, inner),
            };
            self.grow();
            expr = self.expr(start, kind);
        }
        expr
    }

    fn index(&mut self, open: Token, of: Box<Expr>) -> ExprKind {
        let index = self.beside(Self::expression);
        self.close("]", open, "index", Within::Statement);
        ExprKind::Index(of, Box::new(index))
    }

    fn member_of(
        &mut self,
        of: Box<Expr>,
        made: fn(Box<Expr>, Spanned<crate::Name>) -> ExprKind,
    ) -> ExprKind {
        match self.name("the name of a member") {
            Some(name) => made(of, name),
            None => ExprKind::Error,
        }
    }

    /// `arguments = (assignment ("," assignment)*)? ")"`
    fn arguments(&mut self, open: Token) -> Vec<Expr> {
        let mut args = Vec::new();
        while !self.lost && !self.at(")") {
            let arg = self.beside(Self::assignment);
            args.push(arg);
            if !self.eat(",") {
                break;
            }
        }
        self.close(")", open, "call", Within::Statement);
        args
    }

    /// `primary = name | constant | string+ | "(" expression ")" | "(" block ")" | "_Generic" … | builtin`
    fn primary(&mut self) -> Expr {
        let start = self.pos;
        let kind = match self.token.kind {
            TokenKind::Number => self.number(),
            TokenKind::Char => self.character(),
            TokenKind::Text => ExprKind::Text(self.text()),
            TokenKind::Sign("(") => return self.parentheses(),
            TokenKind::Word => self.word(),
            _ => self.no_expression(),
        };
        self.expr(start, kind)
    }

    fn no_expression(&mut self) -> ExprKind {
        self.missing("an expression");
        ExprKind::Error
    }

    fn word(&mut self) -> ExprKind {
        match self.token.text {
            word::GENERIC => self.generic(),
            word::OFFSETOF => self.offsetof(),
            word::TYPES_COMPATIBLE => self.types_compatible(),
            word::CHOOSE_EXPR => self.choose(),
            word::VA_ARG => self.va_arg(),
            word::FUNC | word::FUNCTION | word::PRETTY_FUNCTION => self.function_name(),
            word if word.is_keyword() => self.no_expression(),
            word => {
                self.bump();
                ExprKind::Name(word)
            }
        }
    }

    /// `__func__`: the text that it is.
    fn function_name(&mut self) -> ExprKind {
        self.bump();
        let name = self.function.map_or("", |name| self.names.text(name));
        ExprKind::Text(name.into())
    }

    /// `"(" (expression | block) ")"`
    fn parentheses(&mut self) -> Expr {
        let (start, open) = (self.pos, self.bump());
        if self.at("{") {
            let block = self.nested(Self::block).unwrap_or_default();
            self.close(")", open, "statement expression", Within::Statement);
            return self.expr(start, ExprKind::Block(Box::new(block)));
        }
        let unknown = (self.at_name() && self.second().is(")")).then_some(self.token);
        let inner = self.nested(Self::expression).unwrap_or(error(open.span));
        self.close(")", open, "parenthesis", Within::Statement);
        match unknown {
            Some(token) if self.begins_operand() && !self.scopes.knows(token.text) => {
                self.unknown_type(token);
                let kind = self.operand().kind;
                self.expr(start, kind)
            }
            // The parentheses belong to the place.
            _ => self.expr(start, inner.kind),
        }
    }

    /// Whether what follows can only be the operand of a cast.
    fn begins_operand(&self) -> bool {
        let constant = matches!(self.token.kind, TokenKind::Number | TokenKind::Char | TokenKind::Text);
        !self.lost && (constant || self.at_name())
    }

    /// `"_Generic" "(" assignment ("," (type | "default") ":" assignment)* ")"`
    fn generic(&mut self) -> ExprKind {
        self.bump();
        let read = self.parenthesized("`_Generic`", |parser| {
            let value = Box::new(parser.assignment());
            let mut choices = Vec::new();
            while !parser.lost && parser.eat(",") {
                let ty = (!parser.eat_word(word::DEFAULT)).then(|| parser.beside(Self::type_name));
                parser.expect(":");
                choices.push((ty, parser.beside(Self::assignment)));
            }
            ExprKind::Generic(value, choices)
        });
        read.unwrap_or(ExprKind::Error)
    }

    /// `"__builtin_offsetof" "(" type "," name (designator)* ")"`
    fn offsetof(&mut self) -> ExprKind {
        self.bump();
        let read = self.parenthesized("`offsetof`", |parser| {
            let ty = Box::new(parser.type_name());
            parser.expect(",");
            let mut steps = Vec::new();
            if !parser.lost {
                let first = parser.name("the name of a member");
                steps.extend(first.map(Designator::Member));
            }
            steps.extend(parser.designators());
            ExprKind::Offsetof(ty, steps)
        });
        read.unwrap_or(ExprKind::Error)
    }

    /// `"__builtin_types_compatible_p" "(" type "," type ")"`
    fn types_compatible(&mut self) -> ExprKind {
        self.bump();
        let read = self.parenthesized("comparison of types", |parser| {
            let first = Box::new(parser.type_name());
            parser.expect(",");
            ExprKind::TypesCompatible(first, Box::new(parser.beside(Self::type_name)))
        });
        read.unwrap_or(ExprKind::Error)
    }

    /// `"__builtin_choose_expr" "(" constant "," a "," b ")"`
    fn choose(&mut self) -> ExprKind {
        self.bump();
        let read = self.parenthesized("choice", |parser| {
            let condition = Box::new(parser.assignment());
            parser.expect(",");
            let then = Box::new(parser.beside(Self::assignment));
            parser.expect(",");
            ExprKind::Choose(condition, then, Box::new(parser.beside(Self::assignment)))
        });
        read.unwrap_or(ExprKind::Error)
    }

    /// `"__builtin_va_arg" "(" list "," type ")"`
    fn va_arg(&mut self) -> ExprKind {
        let span = self.bump().span;
        let text = "functions of BPF programs take no variable arguments";
        self.remark(Diagnostic::error(span, text).hint("pass an array and its length"));
        self.parenthesized("`va_arg`", |parser| {
            parser.assignment();
            parser.expect(",");
            parser.type_name();
        });
        ExprKind::Error
    }
}
