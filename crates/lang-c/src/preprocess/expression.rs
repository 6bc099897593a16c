//! Expressions of `#if` (C11 6.10.1): numbers of 64 bits, with and without sign.
mod constant;

use super::limits;
use super::piece::is;
use crate::{Names, Token, TokenKind};
use constant::{character, integer};
use osmia_base::{Diagnostic, Span};

/// A number. What is wrong with it counts only if the number does: `0 && 1 / 0` is fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value {
    bits: u64,
    sign: Sign,
    /// Where something was divided by zero.
    fault: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Signed,
    Unsigned,
}

impl Value {
    const fn new(bits: u64, sign: Sign) -> Self {
        Self { bits, sign, fault: None }
    }

    const fn truth(&self) -> bool {
        self.bits != 0
    }
}

impl From<bool> for Value {
    fn from(holds: bool) -> Self {
        Self::new(u64::from(holds), Sign::Signed)
    }
}

/// Operators between two numbers and how strongly they bind.
const OPERATORS: &[(&str, u8, Operator)] = &[
    ("||", 1, Operator::Or),
    ("&&", 2, Operator::And),
    ("|", 3, Operator::BitOr),
    ("^", 4, Operator::BitXor),
    ("&", 5, Operator::BitAnd),
    ("==", 6, Operator::Equal),
    ("!=", 6, Operator::NotEqual),
    ("<", 7, Operator::Less),
    (">", 7, Operator::Greater),
    ("<=", 7, Operator::LessEqual),
    (">=", 7, Operator::GreaterEqual),
    ("<<", 8, Operator::Left),
    (">>", 8, Operator::Right),
    ("+", 9, Operator::Add),
    ("-", 9, Operator::Subtract),
    ("*", 10, Operator::Multiply),
    ("/", 10, Operator::Divide),
    ("%", 10, Operator::Remainder),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    Left,
    Right,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Whether the expression that the tokens are is not zero. Macros were expanded; words that are left are zero.
pub(super) fn evaluate(tokens: &[Token], directive: Span, names: &Names) -> Result<bool, Diagnostic> {
    if tokens.is_empty() {
        return Err(Diagnostic::error(directive, "The condition is empty"));
    }
    let mut parser = Parser { tokens, at: 0, directive, names, depth: 0 };
    let value = parser.comma()?;
    if let Some(token) = parser.peek() {
        return Err(parser.unexpected(token));
    }
    match value.fault {
        Some(span) => Err(Diagnostic::error(span, "This condition divides by zero")),
        None => Ok(value.truth()),
    }
}

#[derive(Debug)]
struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    directive: Span,
    names: &'t Names,
    depth: usize,
}

type Parsed = Result<Value, Diagnostic>;

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn eat(&mut self, sign: &str) -> Option<Token> {
        let token = self.peek().filter(|token| is(token, sign))?;
        self.at += 1;
        Some(token)
    }

    fn unexpected(&self, token: Token) -> Diagnostic {
        let text = self.names.text(token.text);
        let error = Diagnostic::error(token.span, format!("`{text}` is out of place in a condition"));
        match token.kind {
            TokenKind::Sign("=") => error.hint("numbers are compared with `==`"),
            TokenKind::Text => error.hint("conditions of the preprocessor know numbers only"),
            _ => error,
        }
    }

    fn missing(&self) -> Diagnostic {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let span = last.map_or(self.directive, |token| token.span);
        Diagnostic::error(span, "The condition ends too early: a number is missing behind this")
    }

    /// One level deeper.
    fn deeper(&mut self, rule: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= limits::EXPRESSION_DEPTH {
            return Err(Diagnostic::error(self.directive, "The condition is nested too deeply"));
        }
        self.depth += 1;
        let value = rule(self);
        self.depth -= 1;
        value
    }

    /// comma = conditional ("," conditional)*
    fn comma(&mut self) -> Parsed {
        let mut value = self.conditional()?;
        while self.eat(",").is_some() {
            value = self.conditional()?;
        }
        Ok(value)
    }

    /// conditional = binary ("?" comma ":" conditional)?
    fn conditional(&mut self) -> Parsed {
        let condition = self.binary(1)?;
        let Some(question) = self.eat("?") else { return Ok(condition) };
        let yes = self.deeper(Self::comma)?;
        if self.eat(":").is_none() {
            let error = Diagnostic::error(question.span, "This `?` has no `:`");
            return Err(self.peek().map_or(error, |token| self.unexpected(token)));
        }
        let no = self.deeper(Self::conditional)?;
        let chosen = if condition.truth() { yes } else { no };
        Ok(Value { sign: yes.sign.max(no.sign), fault: condition.fault.or(chosen.fault), ..chosen })
    }

    /// binary = unary (operator binary)*, operators that bind at least as strongly
    fn binary(&mut self, strength: u8) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let row = self.peek().and_then(|token| {
                let row = OPERATORS.iter().find(|(sign, ..)| is(&token, sign))?;
                (row.1 >= strength).then_some((row, token))
            });
            let Some((&(_, own, operator), token)) = row else { return Ok(left) };
            self.at += 1;
            let right = self.binary(own + 1)?;
            left = apply(operator, left, right, token.span);
        }
    }

    /// unary = ("!" | "~" | "-" | "+") unary | primary
    fn unary(&mut self) -> Parsed {
        let Some(token) = self.peek() else { return Err(self.missing()) };
        let TokenKind::Sign(sign @ ("!" | "~" | "-" | "+")) = token.kind else { return self.primary(token) };
        self.at += 1;
        let value = self.deeper(Self::unary)?;
        Ok(match sign {
            "!" => Value { fault: value.fault, ..Value::from(!value.truth()) },
            "~" => Value { bits: !value.bits, ..value },
            "-" => Value { bits: value.bits.wrapping_neg(), ..value },
            _ => value,
        })
    }

    /// primary = number | character | word | "(" comma ")"
    fn primary(&mut self, token: Token) -> Parsed {
        self.at += 1;
        let text = self.names.text(token.text);
        let wrong = |why: String| Diagnostic::error(token.span, why);
        match token.kind {
            TokenKind::Number => integer(text).map_err(wrong),
            TokenKind::Char => character(text).map_err(wrong),
            TokenKind::Word => {
                let error = |next| {
                    Diagnostic::error(token.span, format!("There is no macro `{text}` to call here"))
                        .label(next, "Its arguments begin here")
                };
                match self.peek() {
                    Some(next) if is(&next, "(") => Err(error(next.span)),
                    _ => Ok(Value::new(0, Sign::Signed)),
                }
            }
            TokenKind::Sign("(") => {
                let value = self.deeper(Self::comma)?;
                match self.eat(")") {
                    Some(_) => Ok(value),
                    None => Err(wrong("This parenthesis has no `)`".to_string())),
                }
            }
            _ => Err(self.unexpected(token)),
        }
    }
}

/// What an operator makes of two numbers.
fn apply(operator: Operator, left: Value, right: Value, span: Span) -> Value {
    let fault = match operator {
        Operator::Or if left.truth() => left.fault,
        Operator::And if !left.truth() => left.fault,
        Operator::Divide | Operator::Remainder if !right.truth() => Some(span),
        _ => left.fault.or(right.fault),
    };
    let value = match operator {
        Operator::Or => Value::from(left.truth() || right.truth()),
        Operator::And => Value::from(left.truth() && right.truth()),
        Operator::Left | Operator::Right => shift(operator, left, right),
        _ => arithmetic(operator, left, right),
    };
    Value { fault, ..value }
}

/// `<<` and `>>`: in the type of the first; a negative distance goes the other way.
fn shift(operator: Operator, left: Value, right: Value) -> Value {
    let back = right.sign == Sign::Signed && (right.bits as i64) < 0;
    let distance = if back { right.bits.wrapping_neg() } else { right.bits };
    let distance = distance.min(63) as u32;
    let bits = match (left.sign, (operator == Operator::Left) != back) {
        (_, true) => left.bits << distance,
        (Sign::Signed, false) => (left.bits as i64 >> distance) as u64,
        (Sign::Unsigned, false) => left.bits >> distance,
    };
    Value { bits, ..left }
}

/// Operators that bring both numbers to one type first.
fn arithmetic(operator: Operator, left: Value, right: Value) -> Value {
    let sign = left.sign.max(right.sign);
    let (a, b) = (left.bits, right.bits);
    let order = match sign {
        Sign::Signed => (a as i64).cmp(&(b as i64)),
        Sign::Unsigned => a.cmp(&b),
    };
    let bits = match operator {
        Operator::Equal => return order.is_eq().into(),
        Operator::NotEqual => return order.is_ne().into(),
        Operator::Less => return order.is_lt().into(),
        Operator::Greater => return order.is_gt().into(),
        Operator::LessEqual => return order.is_le().into(),
        Operator::GreaterEqual => return order.is_ge().into(),
        Operator::BitOr => a | b,
        Operator::BitXor => a ^ b,
        Operator::BitAnd => a & b,
        Operator::Add => a.wrapping_add(b),
        Operator::Subtract => a.wrapping_sub(b),
        Operator::Multiply => a.wrapping_mul(b),
        _ if b == 0 => 0,
        Operator::Divide if sign == Sign::Signed => (a as i64).wrapping_div(b as i64) as u64,
        Operator::Remainder if sign == Sign::Signed => (a as i64).wrapping_rem(b as i64) as u64,
        Operator::Remainder => a % b,
        _ => a / b,
    };
    Value::new(bits, sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::lex;

    fn ask(text: &str) -> Result<bool, String> {
        let mut names = Names::default();
        let mut tokens = lex(text, 0, &mut names);
        tokens.pop();
        evaluate(&tokens, Span::new(0, 1), &names).map_err(|error| error.text)
    }

    #[test]
    fn holds() {
        let cases = [
            "1 + 2 * 3 == 7",
            "(1 + 2) * 3 == 9",
            "-1 < 0",
            "-1 > 0u",
            "10 - 3 - 2 == 5",
            "0 || 1 && 1",
            "1 ? 2 : 0",
            "0 ? 0 : 1 ? 3 : 0",
            "(1 ? -1 : 0u) > 0",
            "0x7fffffffffffffff + 1 < 0",
            "0xffffffffffffffff > 0",
            "18446744073709551615 == -1",
            "0b101 == 5 && 017 == 15",
            "'a' == 97 && '\\n' == 10 && '\\x41' == 'A' && '\\101' == 'A'",
            "'ab' == 24930",
            "'\\377' < 0",
            "L'\\377' > 0",
            "!missing",
            "~0 == -1",
            "-8 >> 1 == -4",
            "1 << 63 < 0",
            "1 << -1 == 0",
            "-7 / 2 == -3 && -7 % 2 == -1",
            "0 && 1 / 0 || 1",
            "1 || 1 % 0",
            "1 ? 1 : 1 / 0",
            "1, 2",
            "201710L >= 199901L",
            "1ull == 1LLU",
        ];
        for case in cases {
            assert_eq!(ask(case), Ok(true), "{case}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let cases = [
            ("", "The condition is empty"),
            ("1 +", "The condition ends too early: a number is missing behind this"),
            ("1 / 0", "This condition divides by zero"),
            ("0 || 1 % 0", "This condition divides by zero"),
            ("1 = 1", "`=` is out of place in a condition"),
            ("1 2", "`2` is out of place in a condition"),
            ("(1", "This parenthesis has no `)`"),
            ("f(1)", "There is no macro `f` to call here"),
            ("1.0", "`1.0` is no integer"),
            ("08", "`08` is no integer"),
            ("1 ? 2", "This `?` has no `:`"),
            ("99999999999999999999", "`99999999999999999999` does not fit in 64 bits"),
            ("''", "`''` holds no character"),
        ];
        for (case, text) in cases {
            assert_eq!(ask(case), Err(text.to_string()), "{case}");
        }
        assert!(ask(&"(".repeat(100_000)).is_err());
        assert!(ask(&"-".repeat(100_000)).is_err());
        assert!(ask(&"1?".repeat(100_000)).is_err());
    }
}
