//! What stands behind a type in C: a name with stars, brackets and parentheses around it.
use super::Parser;
use crate::ast::{CAttributes, Expr, Name, TypeName, TypeNameKind};
use crate::lex::TokenKind;

/// A name, and the type with its stars and brackets.
type Declarator = (Option<Name>, TypeName);

/// What is made of a type on the way from it to the name.
enum Step {
    Pointer,
    Array(Option<Box<Expr>>),
    /// What it is given and what it returns nobody asks.
    Function,
}

/// More stars and brackets than that no type has.
const MAX_STEPS: usize = 32;

impl Parser<'_> {
    /// A declarator behind `ty`: `*name[3]`, `(*name)(int)`, `(*name)[3]`.
    pub(super) fn declarator(&mut self, ty: TypeName) -> Declarator {
        let mut steps = Vec::new();
        let name = self.nested(|parser| parser.steps(&mut steps));
        let span = self.from(ty.span.start);
        let made = |ty, step| {
            let kind = match step {
                Step::Pointer => TypeNameKind::Pointer(Box::new(ty)),
                Step::Array(length) => TypeNameKind::Array(Box::new(ty), length),
                Step::Function => TypeNameKind::Function,
            };
            TypeName { kind, span }
        };
        (name, steps.into_iter().fold(ty, made))
    }

    /// `declarator = ("*" qualifier*)* (name | "(" declarator ")") (("[" expr? "]")* | "(" … ")")`: the name, and the steps to
    /// it. What stands behind it comes before what stands within the parentheses.
    fn steps(&mut self, steps: &mut Vec<Step>) -> Option<Name> {
        while !self.lost && self.eat("*") {
            self.qualifiers(&mut CAttributes::default());
            self.put_step(steps, Step::Pointer);
        }
        if !self.at("(") {
            let name = self.name("the name of a member");
            self.suffixes(steps);
            return name;
        }
        let open = self.bump().span;
        let mut inner = Vec::new();
        let name = self.nested(|parser| parser.steps(&mut inner));
        self.close(")", open, "declaration");
        self.suffixes(steps);
        inner.into_iter().for_each(|step| self.put_step(steps, step));
        name
    }

    fn put_step(&mut self, steps: &mut Vec<Step>, step: Step) {
        if steps.len() < MAX_STEPS {
            steps.push(step);
        } else if !self.lost {
            self.too_deep();
        }
    }

    /// `("[" expr? "]")*`, the outermost first, as C has it; or the parameters of a function.
    fn suffixes(&mut self, steps: &mut Vec<Step>) {
        if self.at("(") {
            self.skip_parentheses();
            return self.put_step(steps, Step::Function);
        }
        let mut lengths = Vec::new();
        while !self.lost && self.at("[") {
            if lengths.len() >= MAX_STEPS {
                return self.too_deep();
            }
            let open = self.bump().span;
            lengths.push((!self.at("]")).then(|| Box::new(self.expr())));
            self.close("]", open, "array");
        }
        lengths.into_iter().rev().for_each(|length| self.put_step(steps, Step::Array(length)));
    }

    /// Passes over `( … )`; what is not closed ends with the definition.
    pub(super) fn skip_parentheses(&mut self) {
        let (mut open, mut braces) = (0u32, 0u32);
        while !self.at_end() && (braces > 0 || !self.at(";") && !self.at("}")) {
            match self.bump().kind {
                TokenKind::Sign("(") => open += 1,
                TokenKind::Sign(")") => open = open.saturating_sub(1),
                TokenKind::Sign("{") => braces += 1,
                TokenKind::Sign("}") => braces = braces.saturating_sub(1),
                _ => (),
            }
            if open == 0 {
                break;
            }
        }
    }
}
