//! Where a value came from: backwards from the instruction that was refused to those that made it.
use crate::path::{Path, Place, Step};
use crate::registers::words;
use serde::Serialize;

/// A station on a value's way, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Station {
    /// The instruction, in slots.
    pub slot: u32,
    /// Its text.
    pub insn: String,
    /// What happened to the value there, in words.
    pub what: String,
    /// Where in the source that is.
    pub place: Option<Place>,
}

/// How many stations are told.
const STATIONS: usize = 8;

/// What an instruction does to the value that is followed.
enum Deed {
    /// It makes it: the way ends here.
    Makes(String),
    /// It changes it: the way goes on.
    Changes(String),
    /// It takes it from another place: the way goes on there.
    Takes(String, Spot),
    /// It compares it.
    Compares(String),
}

/// Where a value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Register(u32),
    Stack(i64),
}

/// The way of what register `register` holds at the step `at`.
pub(crate) fn origin(path: &Path<'_>, at: usize, register: u32) -> Vec<Station> {
    let mut spot = Spot::Register(register);
    let mut stations = Vec::new();
    for (number, step) in path.back(at).skip(1) {
        if stations.len() == STATIONS || step.text.starts_with("call pc") || step.text == "exit" {
            break;
        }
        let Some(mut deed) = deed(step, spot) else { continue };
        if let Deed::Changes(what) = &mut deed {
            what.push_str(&operand(path, number, step.text));
        }
        let (what, next) = match deed {
            Deed::Makes(what) => (what, None),
            Deed::Changes(what) | Deed::Compares(what) => (what, Some(spot)),
            Deed::Takes(what, from) => (what, Some(from)),
        };
        stations.push(Station {
            slot: step.slot,
            insn: step.text.to_owned(),
            what,
            place: path.place(number),
        });
        match next {
            Some(next) => spot = next,
            None => break,
        }
    }
    stations
}

/// The station at a step.
pub(crate) fn station(path: &Path<'_>, number: usize, what: &str) -> Option<Station> {
    let step = path.steps.get(number)?;
    Some(Station {
        slot: step.slot,
        insn: step.text.to_owned(),
        what: what.to_owned(),
        place: path.place(number),
    })
}

/// What the register that changes a value holds itself: `r0 += r1`.
fn operand(path: &Path<'_>, at: usize, text: &str) -> String {
    let from = assignment(text).and_then(|(_, _, from)| register(from));
    let held = from.and_then(|number| path.held(at, &format!("R{number}")));
    held.and_then(words).map(|words| format!(", which is {words}")).unwrap_or_default()
}

fn deed(step: &Step<'_>, spot: Spot) -> Option<Deed> {
    let text = step.text;
    if let Some(call) = text.strip_prefix("call ") {
        return called(call, spot);
    }
    if let Some(condition) = text.strip_prefix("if ") {
        let Spot::Register(number) = spot else { return None };
        let compared = condition.split(' ').any(|word| register(word) == Some(number));
        let condition = condition.split(" goto").next().unwrap_or(condition);
        return compared.then(|| Deed::Compares(format!("compared here: {condition}")));
    }
    let (to, operator, from) = assignment(text)?;
    if target(to)? != spot {
        return None;
    }
    if operator != "=" {
        return Some(Deed::Changes(format!("changed here by `{operator} {from}`")));
    }
    Some(assigned(from))
}

/// What a call does: it returns something in r0, and r1 to r5 are lost.
fn called(call: &str, spot: Spot) -> Option<Deed> {
    let name = call.split('#').next().unwrap_or(call);
    match spot {
        Spot::Register(0) => Some(Deed::Makes(format!("returned by {name}"))),
        Spot::Register(1..=5) => {
            Some(Deed::Makes(format!("lost in the call of {name}: calls overwrite r1 to r5")))
        }
        Spot::Register(_) | Spot::Stack(_) => None,
    }
}

/// What a plain assignment takes its value from.
fn assigned(from: &str) -> Deed {
    if let Some(number) = register(from) {
        return Deed::Takes(format!("copied from r{number}"), Spot::Register(number));
    }
    if let Some(spot) = from.starts_with('*').then(|| target(from)).flatten() {
        return Deed::Takes("read back from the stack".to_owned(), spot);
    }
    if from.starts_with('*') {
        let base = from.rsplit('(').next().and_then(|inner| register(inner.split([' ', ')']).next()?));
        return Deed::Makes(match base {
            Some(base) => format!("read from the memory that r{base} points to"),
            None => "read from memory".to_owned(),
        });
    }
    match from.split(' ').next() {
        Some(number) if number.parse::<i64>().is_ok() || number.starts_with("0x") => {
            Deed::Makes(format!("the constant {number}"))
        }
        _ => Deed::Makes(format!("made here: {from}")),
    }
}

/// Takes `r1 += 4` apart: target, operator, source.
fn assignment(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find('=')?;
    let start = text.get(..at)?.rfind(' ')? + 1;
    let (to, rest) = text.split_at(start);
    let (operator, from) = rest.split_once(' ')?;
    Some((to.trim(), operator, from.trim()))
}

/// A register, or a slot of the stack that is written by its address.
fn target(text: &str) -> Option<Spot> {
    if let Some(number) = register(text) {
        return Some(Spot::Register(number));
    }
    let offset = text.strip_prefix('*')?.split_once("(r10 ")?.1.strip_suffix(')')?;
    Some(Spot::Stack(offset.trim_start_matches('+').parse().ok()?))
}

/// The number of a register: `r3`, `w3`.
pub(crate) fn register(word: &str) -> Option<u32> {
    let number = word.strip_prefix(['r', 'w'])?;
    (number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| number.parse().ok())
        .flatten()
}

/// The register that an instruction accesses memory through, or the first that it names.
pub(crate) fn accessed(text: &str) -> Option<u32> {
    let inner = text.split_once("*)(").map(|(_, inner)| inner);
    let word = |text: &str| text.split([' ', ')', '+']).next().and_then(register);
    inner.and_then(word).or_else(|| text.split([' ', '(', ')']).find_map(register))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_taken_apart() {
        assert_eq!(assignment("r1 += -4"), Some(("r1", "+=", "-4")));
        assert_eq!(assignment("*(u64 *)(r10 -8) = r6"), Some(("*(u64 *)(r10 -8)", "=", "r6")));
        assert_eq!(assignment("r0 s>>= 32"), Some(("r0", "s>>=", "32")));
        assert_eq!(target("*(u64 *)(r10 -8)"), Some(Spot::Stack(-8)));
        assert_eq!(target("*(u64 *)(r1 -8)"), None);
        assert_eq!(accessed("r0 = *(u8 *)(r3 +0)"), Some(3));
        assert_eq!(accessed("*(u8 *)(r7 +1) = r2"), Some(7));
        assert_eq!(accessed("r5 += r2"), Some(5));
        assert_eq!(register("r10"), Some(10));
        assert_eq!(register("rx"), None);
    }
}
