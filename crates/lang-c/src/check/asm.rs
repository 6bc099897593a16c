//! Inline assembly: what holds the compiler back from knowing too much.
use super::Checker;
use crate::ast::{Asm, AsmOperand};
use crate::typed::{ExprKind, Stmt, StmtKind};
use osmia_base::{Diagnostic, Span};

impl Checker<'_> {
    /// `asm volatile ("" : "+r"(a) : : "memory");`
    pub(super) fn asm(&mut self, asm: &Asm, span: Span, out: &mut Vec<Stmt>) {
        if !is_empty(&asm.template) {
            let diagnostic = Diagnostic::error(span, "instructions as text are not known yet");
            return self.later(diagnostic.hint("an empty text with `\"+r\"(variable)` or `\"memory\"` is"));
        }
        for input in &asm.inputs {
            self.asm_input(input, &asm.outputs, out);
        }
        for output in &asm.outputs {
            if let Some(place) = self.target(&output.expr) {
                let opaque = self.opaque(place, span);
                out.push(opaque);
            }
        }
        if asm.clobbers.iter().any(|clobber| clobber == b"memory") {
            out.push(Stmt { kind: StmtKind::MemoryBarrier, span });
        }
    }

    /// An input that has an output's place is its value; others are only asked for.
    fn asm_input(&mut self, input: &AsmOperand, outputs: &[AsmOperand], out: &mut Vec<Stmt>) {
        let Some(value) = self.value(&input.expr) else { return };
        let span = input.expr.span;
        let number = std::str::from_utf8(&input.constraint).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(output) = number.and_then(|number| outputs.get(number)) else {
            let effect = self.effect_of(value);
            return out.push(self.run(effect));
        };
        let Some(place) = self.target(&output.expr) else { return };
        let ty = place.ty;
        if let Some(super::convert::Given::Scalar(value)) = self.given(value, ty, "the output", span) {
            let assign = self.of(ExprKind::Assign(place, Box::new(value)), ty, span);
            out.push(self.run(assign));
        }
    }
}

/// Whether it has no instructions: blanks and comments alone.
fn is_empty(template: &[u8]) -> bool {
    String::from_utf8_lossy(template).split(['\n', ';']).all(|line| {
        let line = line.trim();
        line.is_empty()
            || line.starts_with('#')
            || line.starts_with("//")
            || line.starts_with("/*") && line.ends_with("*/")
    })
}
