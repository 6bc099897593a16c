//! Inline assembly.
use super::Parser;
use super::expressions::error;
use crate::Name;
use crate::ast::{Asm, AsmOperand, StmtKind};
use crate::word;
use osmia_base::Diagnostic;

const ASM: &[Name] = &[word::ASM, word::ASM_, word::ASM__];
const VOLATILE: &[Name] =
    &[word::VOLATILE, word::VOLATILE_, word::VOLATILE__, word::INLINE, word::INLINE_, word::INLINE__];

impl Parser<'_> {
    pub(super) fn at_asm(&self) -> bool {
        self.at_any(ASM)
    }

    /// `"asm" ("volatile" | "inline" | "goto")* "(" template (":" outputs (":" inputs (":" clobbers (":" labels)?)?)?)? ")" ";"`
    pub(super) fn asm(&mut self) -> StmtKind {
        self.bump();
        self.eat_any(VOLATILE);
        let goto = self.token;
        if self.eat_word(word::GOTO) {
            let text = "`asm goto` is not known: assembly cannot jump into the program around it";
            self.remark(
                Diagnostic::error(goto.span, text)
                    .hint("set a variable in the assembly, and test it behind it"),
            );
            self.eat_any(VOLATILE);
        }
        let read = self.parenthesized("assembly", Self::asm_parts);
        self.expect(";");
        read.map_or(StmtKind::Empty, |asm| StmtKind::Asm(Box::new(asm)))
    }

    fn asm_parts(&mut self) -> Asm {
        let mut asm =
            Asm { template: self.text(), outputs: Vec::new(), inputs: Vec::new(), clobbers: Vec::new() };
        let mut section = 0;
        while !self.lost && !self.at(")") {
            if self.eat("::") {
                section += 2;
            } else if self.eat(":") {
                section += 1;
            } else {
                self.missing("`:` or `)`");
            }
            match section {
                1 => self.asm_operands(&mut asm.outputs),
                2 => self.asm_operands(&mut asm.inputs),
                3 => self.asm_clobbers(&mut asm.clobbers),
                _ => self.asm_labels(),
            }
        }
        asm
    }

    /// Whether a part ends here.
    fn ends_asm_part(&self) -> bool {
        self.lost || self.at(":") || self.at("::") || self.at(")")
    }

    fn asm_operands(&mut self, operands: &mut Vec<AsmOperand>) {
        while !self.ends_asm_part() {
            let operand = self.beside(Self::asm_operand);
            operands.push(operand);
            if !self.eat(",") {
                break;
            }
        }
    }

    /// `("[" name "]")? constraint "(" expression ")"`
    fn asm_operand(&mut self) -> AsmOperand {
        let mut name = None;
        if self.eat("[") {
            name = self.name("the name of an operand").map(|name| name.node);
            self.expect("]");
        }
        let constraint = self.text();
        let span = self.token.span;
        let expr = match self.lost {
            true => error(span),
            false => self.parenthesized("operand", Self::expression).unwrap_or(error(span)),
        };
        AsmOperand { name, constraint, expr }
    }

    fn asm_clobbers(&mut self, clobbers: &mut Vec<Vec<u8>>) {
        while !self.ends_asm_part() {
            clobbers.push(self.text());
            if !self.eat(",") {
                break;
            }
        }
    }

    fn asm_labels(&mut self) {
        while !self.ends_asm_part() {
            self.name("the name of a label");
            if !self.eat(",") {
                break;
            }
        }
    }
}
