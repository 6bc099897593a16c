//! Parameters that an object leaves open: `$1`, `str($1)`, `$#` and `getopt()` become read-only variables, which whoever
//! loads the object fills.
use super::body::Body;
use super::expr::parse_number;
use crate::params::ParamValue;
use crate::typed::{Expr, ExprKind, Param, Type};
use osmia_base::Span;

/// The section of these variables.
pub(crate) const SECTION: &str = ".rodata.params";

/// The variable of `$#`.
pub const COUNT: &str = "param_count";

/// The variable of `$N` as a number.
pub fn number_variable(index: u32) -> String {
    format!("param_{index}")
}

/// The variable of `str($N)`.
pub fn text_variable(index: u32) -> String {
    format!("param_{index}_text")
}

/// The variable of the named parameter at this position among all, by name.
pub fn named_variable(position: usize) -> String {
    format!("option_{position}")
}

impl Body<'_, '_> {
    /// `$N` as a number; that of what was given when the object was written, where nobody says otherwise.
    pub(super) fn open_number(&self, index: u32, span: Span) -> Expr {
        let given = self.given(index).and_then(parse_number).unwrap_or(0);
        // Numbers of 64 bits, with or without sign, are the same bytes.
        open(number_variable(index), &(given as i64).to_ne_bytes(), Type::INT64, span)
    }

    /// `str($N)`.
    pub(super) fn open_text(&self, index: u32, span: Span) -> Expr {
        self.open_bytes(text_variable(index), self.given(index).unwrap_or_default(), span)
    }

    /// `$#`.
    pub(super) fn open_count(&self, span: Span) -> Expr {
        let count = self.options().params.len() as u64;
        open(COUNT.to_owned(), &count.to_ne_bytes(), Type::INT64, span)
    }

    /// `getopt("name")`.
    pub(super) fn open_named(&self, name: &str, value: &ParamValue, span: Span) -> Option<Expr> {
        let position = self.options().named.keys().position(|known| known == name)?;
        let variable = named_variable(position);
        Some(match value {
            ParamValue::Bool(on) => open(variable, &[u8::from(*on)], Type::Bool, span),
            ParamValue::Unsigned(number) => open(variable, &number.to_ne_bytes(), Type::UINT64, span),
            ParamValue::Signed(number) => open(variable, &number.to_ne_bytes(), Type::INT64, span),
            ParamValue::Text(text) => self.open_bytes(variable, text.as_bytes(), span),
        })
    }

    fn given(&self, index: u32) -> Option<&[u8]> {
        self.options().params.get((index as usize).checked_sub(1)?).map(Vec::as_slice)
    }

    fn open_bytes(&self, variable: String, text: &[u8], span: Span) -> Expr {
        let capacity = self.config().max_strlen.max(1);
        let kept = text.len().min(capacity as usize - 1);
        open(variable, &text[..kept], Type::Str { capacity }, span)
    }
}

fn open(variable: String, initial: &[u8], ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Param(Param { variable, initial: initial.to_vec() }), ty, span }
}
