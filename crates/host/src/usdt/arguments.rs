//! Where a probe's arguments are, as the assembler wrote it: `-4@%eax 8@16(%rsp,%rbx,8) 4@$7 2@table+4(%rip)`.
use osmia_abi::register;
use osmia_object::{UsdtArgument, UsdtOperand};

/// Where a variable of the file is.
type Find<'a> = &'a dyn Fn(&str) -> Option<u64>;

/// `argument (" " argument)*`; one that is not understood does not hide the others.
pub(crate) fn arguments(text: &str, find: Find<'_>) -> Vec<Result<UsdtArgument, String>> {
    split(text).into_iter().map(|text| argument(text, find).ok_or_else(|| text.to_owned())).collect()
}

/// Splits at spaces outside of parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let split = move |char: char| {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == ' ' && depth == 0
    };
    text.split(split).filter(|part| !part.is_empty()).collect()
}

/// `(["-"] size "@")? operand`
fn argument(text: &str, find: Find<'_>) -> Option<UsdtArgument> {
    let (size, signed, operand) = match text.split_once('@') {
        Some((size, operand)) => {
            let digits = size.strip_prefix('-').unwrap_or(size);
            (digits.parse().ok()?, digits.len() < size.len(), operand)
        }
        None => (8, false, text),
    };
    let operand = operand_of(operand.trim(), find)?;
    matches!(size, 1 | 2 | 4 | 8).then_some(UsdtArgument { size, signed, operand })
}

/// `"$" number | "%" register | number? "(" … ")" | address`
fn operand_of(text: &str, find: Find<'_>) -> Option<UsdtOperand> {
    if let Some(constant) = text.strip_prefix('$') {
        return number(constant).map(UsdtOperand::Constant);
    }
    if let Some(name) = text.strip_prefix('%') {
        let found = register(name)?;
        return Some(UsdtOperand::Register { register: found.offset, shift: found.shift });
    }
    match text.split_once('(') {
        Some((before, inside)) => memory(before.trim(), inside.strip_suffix(')')?, find),
        None => match number(text) {
            Some(displacement) => Some(UsdtOperand::Memory { base: None, index: None, displacement }),
            None => address(text, find).map(UsdtOperand::Static),
        },
    }
}

/// What stands before and inside of the parentheses: `base ("," index ("," scale)?)?`
fn memory(before: &str, inside: &str, find: Find<'_>) -> Option<UsdtOperand> {
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    if parts == ["%rip"] {
        return address(before, find).map(UsdtOperand::Static);
    }
    let (base, index, scale) = match parts[..] {
        [base] => (base, "", "1"),
        [base, index] => (base, index, "1"),
        [base, index, scale] => (base, index, scale),
        _ => return None,
    };
    let scale: u8 = scale.parse().ok().filter(|scale| matches!(scale, 1 | 2 | 4 | 8))?;
    let displacement = if before.is_empty() { 0 } else { number(before)? };
    let index = whole(index)?.map(|register| (register, scale));
    Some(UsdtOperand::Memory { base: whole(base)?, index, displacement })
}

/// A register of an address; none where there is no text, and nothing where it is not known.
#[expect(clippy::option_option, reason = "not understood, and not there")]
fn whole(text: &str) -> Option<Option<u16>> {
    if text.is_empty() {
        return Some(None);
    }
    register(text.strip_prefix('%')?).filter(|register| register.shift == 0).map(|it| Some(it.offset))
}

/// A sum of numbers and of one name, `table+4` or `4+table`; a number alone is no address of the file.
fn address(text: &str, find: Find<'_>) -> Option<u64> {
    let (mut sum, mut named) = (0_u64, false);
    for part in text.split('+').map(str::trim) {
        // `table-4`
        let (name, minus) = match part.rfind('-').filter(|at| *at > 0) {
            Some(at) => (&part[..at], number(&part[at..])?),
            None => (part, 0),
        };
        let value = match number(name) {
            Some(number) => number.cast_unsigned(),
            None if !named => {
                named = true;
                find(name)?
            }
            None => return None,
        };
        sum = sum.wrapping_add(value).wrapping_add_signed(minus);
    }
    named.then_some(sum)
}

fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None if digits.starts_with(|first: char| first.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    let value = value.cast_signed();
    Some(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Result<UsdtArgument, String>> {
        arguments(text, &|name| (name == "table").then_some(0x4000))
    }

    fn one(text: &str) -> Option<(u8, bool, UsdtOperand)> {
        let argument = of(text).pop()?.ok()?;
        Some((argument.size, argument.signed, argument.operand))
    }

    #[test]
    fn numbers_and_registers() {
        use UsdtOperand::{Constant, Register};
        for (text, want) in [
            ("8@$-579005069656919568", (8, false, Constant(-579_005_069_656_919_568))),
            ("-4@$0x10", (4, true, Constant(16))),
            ("8@$18446744073709551615", (8, false, Constant(-1))),
            ("-1@%al", (1, true, Register { register: 80, shift: 0 })),
            ("1@%ah", (1, false, Register { register: 80, shift: 8 })),
            ("4@%r10d", (4, false, Register { register: 56, shift: 0 })),
            ("%rdi", (8, false, Register { register: 112, shift: 0 })),
        ] {
            assert_eq!(one(text), Some(want), "{text}");
        }
    }

    #[test]
    fn places_in_memory() {
        let memory = |base, index, displacement| UsdtOperand::Memory { base, index, displacement };
        for (text, want) in [
            ("4@-20(%rbp)", memory(Some(32), None, -20)),
            ("4@(%rsp)", memory(Some(152), None, 0)),
            ("4@8(%rax,%rbx)", memory(Some(80), Some((40, 1)), 8)),
            ("4@-8(%rax, %rbx, 4)", memory(Some(80), Some((40, 4)), -8)),
            ("4@(,%r12,8)", memory(None, Some((24, 8)), 0)),
            ("4@0x601040", memory(None, None, 0x60_1040)),
            ("4@table(%rip)", UsdtOperand::Static(0x4000)),
            ("4@table+4(%rip)", UsdtOperand::Static(0x4004)),
            ("4@-8+table(%rip)", UsdtOperand::Static(0x3ff8)),
            ("4@table-8(%rip)", UsdtOperand::Static(0x3ff8)),
            ("4@table", UsdtOperand::Static(0x4000)),
        ] {
            assert_eq!(one(text), Some((4, false, want)), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_hides_nothing() {
        for text in [
            "8f@%xmm0",
            "3@%rax",
            "8@",
            "@",
            "-@%rax",
            "8@%fs:4",
            "8@(%rax,%rbx,3)",
            "8@nobody(%rip)",
            "8@4(%rip)",
            "8@$nobody",
            "8@(%ah)",
            "8@(%rax,%rbx,1,1)",
            "99999999999999999999@%rax",
            "8@$99999999999999999999",
        ] {
            assert_eq!(of(&format!("{text} 8@%rax"))[1..].len(), 1, "{text}");
            assert!(of(&format!("{text} 8@%rax"))[0].is_err(), "{text}");
        }
        assert!(of("8@4(%rax 8@%rax")[0].is_err());
        assert!(of("").is_empty() && of("  ").is_empty());
    }
}
