//! Words of C around a type that are none of its name: qualifiers, and attributes that say where it lies.
use super::Parser;
use crate::ast::{CAttributes, Expr, ExprKind};
use crate::lex::TokenKind;
use osmia_base::Diagnostic;

/// Words that say nothing about a type's form.
const QUALIFIERS: [&str; 22] = [
    "const",
    "volatile",
    "restrict",
    "static",
    "extern",
    "inline",
    "_Atomic",
    "__const",
    "__const__",
    "__volatile",
    "__volatile__",
    "__restrict",
    "__restrict__",
    "__inline",
    "__inline__",
    "__extension__",
    "__user",
    "__kernel",
    "__rcu",
    "__percpu",
    "__iomem",
    "__force",
];

/// What `aligned` without a number means: the most that any type of the machine wants.
const MOST: u64 = 16;

impl Parser<'_> {
    /// `(qualifier | attribute)*`
    pub(super) fn qualifiers(&mut self, attributes: &mut CAttributes) {
        while self.token.kind == TokenKind::Ident {
            if QUALIFIERS.contains(&self.text_of(self.token)) {
                self.bump();
            } else if !self.attribute(attributes) {
                break;
            }
        }
    }

    /// `attribute*`
    pub(super) fn attributes(&mut self, attributes: &mut CAttributes) {
        while self.token.kind == TokenKind::Ident && self.attribute(attributes) {}
    }

    /// `attribute = "__attribute__" "(" … ")" | "__packed" | ("__aligned" | "_Alignas") "(" expr ")"`
    fn attribute(&mut self, attributes: &mut CAttributes) -> bool {
        match self.text_of(self.token) {
            word if word.starts_with("__attribute") => {
                // Headers have macros of such names, which are replaced by nothing here.
                let list = matches!(word, "__attribute__" | "__attribute");
                self.bump();
                if list && !self.at_double() {
                    let text = "syntax: __attribute__ syntax error, expected '(('";
                    self.report(Diagnostic::error(self.here(), text));
                    return true;
                }
                self.attribute_list(attributes);
            }
            "__packed" | "__aligned" | "_Alignas" | "alignas" => self.attribute_word(attributes),
            _ => return false,
        }
        true
    }

    /// Whether two parentheses open here, one behind the other.
    fn at_double(&self) -> bool {
        self.at("(") && self.ahead().next().kind == TokenKind::Sign("(")
    }

    fn attribute_list(&mut self, attributes: &mut CAttributes) {
        let (mut open, first) = (0u32, self.token.span);
        while !self.lost {
            match self.token.kind {
                TokenKind::End | TokenKind::Sign("{" | "}" | ";") if open > 0 => {
                    let text = "syntax: __attribute__ syntax error, mismatched '(' and ')'";
                    self.report(Diagnostic::error(first, text));
                    break;
                }
                TokenKind::End => break,
                TokenKind::Sign("(") => open += 1,
                TokenKind::Sign(")") => open = open.saturating_sub(1),
                TokenKind::Ident => {
                    self.attribute_word(attributes);
                    continue;
                }
                _ => (),
            }
            self.bump();
            if open == 0 {
                break;
            }
        }
    }

    /// `"packed" | "aligned" ("(" expr ")")? | word`
    fn attribute_word(&mut self, attributes: &mut CAttributes) {
        let word = self.bump();
        match self.text_of(word).trim_matches('_') {
            "packed" => attributes.packed = true,
            "aligned" | "Alignas" | "alignas" => {
                let open = self.token.span;
                let bytes = if self.eat("(") {
                    let bytes = self.expr();
                    self.close(")", open, "attribute");
                    bytes
                } else {
                    Expr { kind: ExprKind::Integer(MOST), span: word.span }
                };
                attributes.aligned.push(bytes);
            }
            _ => (),
        }
    }
}
