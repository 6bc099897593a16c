//! What the compiler itself does with numbers: bits that are counted, and arithmetic that says whether the result fits.
use super::Checker;
use super::builtins::Called;
use crate::ast::{Basic, BinaryOp};
use crate::typed::{Builtin, Count, Expr};
use osmia_base::Diagnostic;

/// What a function of this kind does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Of a number of this type.
    Count(Count, Basic),
    /// With two numbers, of this type or of any.
    Overflow(BinaryOp, Option<Basic>),
}

/// The ends of names that say a type.
const COUNTED: &[(&str, Basic)] =
    &[("", Basic::UnsignedInt), ("l", Basic::UnsignedLong), ("ll", Basic::UnsignedLongLong)];

const COUNTS: &[(&str, Count)] = &[
    ("popcount", Count::Ones),
    ("parity", Count::Parity),
    ("ctz", Count::TrailingZeros),
    ("clz", Count::LeadingZeros),
    ("ffs", Count::FirstOne),
];

/// The begins and ends of names that say a type.
const CHECKED: &[(&str, &str, Option<Basic>)] = &[
    ("", "", None),
    ("s", "", Some(Basic::Int)),
    ("s", "l", Some(Basic::Long)),
    ("s", "ll", Some(Basic::LongLong)),
    ("u", "", Some(Basic::UnsignedInt)),
    ("u", "l", Some(Basic::UnsignedLong)),
    ("u", "ll", Some(Basic::UnsignedLongLong)),
];

const OPERATIONS: &[(&str, BinaryOp)] =
    &[("add", BinaryOp::Add), ("sub", BinaryOp::Sub), ("mul", BinaryOp::Mul)];

/// The function of this name.
pub(super) fn find(text: &str) -> Option<Known> {
    let name = text.strip_prefix("__builtin_")?;
    COUNTS.iter().find_map(|row| counted(name, row)).or_else(|| {
        let name = name.strip_suffix("_overflow")?;
        CHECKED.iter().find_map(|&(begin, end, basic)| {
            let name = name.strip_prefix(begin)?.strip_suffix(end)?;
            let (_, op) = OPERATIONS.iter().find(|row| row.0 == name)?;
            Some(Known::Overflow(*op, basic))
        })
    })
}

fn counted(name: &str, (begin, count): &(&str, Count)) -> Option<Known> {
    let end = name.strip_prefix(begin)?;
    let (_, basic) = COUNTED.iter().find(|row| row.0 == end)?;
    Some(Known::Count(*count, *basic))
}

impl Checker<'_> {
    pub(super) fn of_numbers(&mut self, known: Known, call: Called<'_>) -> Option<Expr> {
        match known {
            Known::Count(count, basic) => {
                let [value] = self.exactly(call)?;
                let value = self.converted(value, basic)?;
                let count = self.built(Builtin::Count(count, Box::new(value)), Basic::Int, call.span);
                Some(self.folded(count))
            }
            Known::Overflow(op, basic) => self.overflow(op, basic, call),
        }
    }

    /// `__builtin_add_overflow(a, b, pointer)`
    fn overflow(&mut self, op: BinaryOp, basic: Option<Basic>, call: Called<'_>) -> Option<Expr> {
        let [a, b, pointer] = self.exactly(call)?;
        let operands = [a, b].map(|operand| match basic {
            Some(basic) => self.converted(operand, basic),
            None => self.scalar(operand),
        });
        let pointer = self.scalar(pointer)?;
        let [Some(a), Some(b)] = operands else { return None };
        for operand in [&a, &b] {
            if self.types.integer(operand.ty).is_none_or(|integer| integer.size > 8) {
                let text = self.spell(operand.ty);
                self.error(
                    operand.span,
                    format!("`{}` takes whole numbers, and this is of type `{text}`", call.text),
                );
                return None;
            }
        }
        let to = self.types.pointee(pointer.ty).filter(|to| !self.types.qualifiers(*to).constant);
        let integer = to.and_then(|to| self.types.integer(to));
        if integer.is_none_or(|integer| integer.size > 8 || integer.rank == 0) {
            let text = format!("`{}` writes the result where its last argument points", call.text);
            let found = self.spell(pointer.ty);
            let hint = format!("that is a pointer to a whole number, and this is of type `{found}`");
            self.diagnostics.push(Diagnostic::error(pointer.span, text).hint(hint));
            return None;
        }
        let builtin = Builtin::Overflow(op, Box::new(a), Box::new(b), Box::new(pointer));
        Some(self.built(builtin, Basic::Bool, call.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_and_of_what_type() {
        assert_eq!(find("__builtin_popcountll"), Some(Known::Count(Count::Ones, Basic::UnsignedLongLong)));
        assert_eq!(find("__builtin_sub_overflow"), Some(Known::Overflow(BinaryOp::Sub, None)));
        assert_eq!(find("__builtin_ssub_overflow"), Some(Known::Overflow(BinaryOp::Sub, Some(Basic::Int))));
        let long = Some(Basic::UnsignedLongLong);
        assert_eq!(find("__builtin_umulll_overflow"), Some(Known::Overflow(BinaryOp::Mul, long)));
        assert_eq!(find("__builtin_mull_overflow"), None);
    }
}
