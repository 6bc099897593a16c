//! One line of the log: what kind it is, and its parts.

/// A line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// `; text @ file.c:12` (the file and the line's number since 6.9): where the instructions that follow come from.
    Source {
        /// The line's text.
        text: &'a str,
        /// The file and the number, from 1.
        at: Option<(&'a str, u32)>,
    },
    /// `5: (71) r0 = *(u8 *)(r1 +0)   ; R0_w=scalar()`: an instruction, and what it changed.
    Insn {
        /// The instruction's place, in slots.
        slot: u32,
        /// Its text.
        text: &'a str,
        /// The registers that it changed.
        state: &'a str,
    },
    /// `from 4 to 7: R0=0 R10=fp0`, or `7: R0=0 R10=fp0`: all registers before an instruction.
    State {
        /// The instruction whose branch is gone on with, where it is another one than the last.
        from: Option<u32>,
        /// The instruction that comes next.
        slot: u32,
        /// The registers.
        state: &'a str,
    },
    /// `processed 2 insns (limit 1000000) …`, `verification time 20 usec`, `stack depth 8+0`: figures.
    Figures(&'a str),
    /// The heading of a structured report: class and title.
    Report(&'a str, &'a str),
    /// What only tells how the verifier goes along.
    Chatter,
    /// Anything else: what the verifier has to say.
    Message(&'a str),
}

/// How lines begin that only tell how the verifier goes along.
const CHATTER: &[&str] = &[
    "mark_precise:",
    "force_precise:",
    "last_idx",
    "regs=",
    "parent ",
    "func#",
    "Func#",
    "Validating ",
    "caller:",
    "callee:",
    "returning from",
    "to caller at",
    "-- BEGIN",
    "-- END",
    "propagating",
    "frame",
    "old state",
    "cur state",
    "insns processed",
    "-- ",
    "live regs",
    "Live regs",
    "CO-RE relocating",
    "relo #",
    "arg#",
    "BPF program global",
    "max_states",
    "subprog",
];

/// What such a line has that says something all the same.
const TELLING: &[&str] =
    &["is ", "must", "expect", "doesn't", "type", "memory", "neither", "offset=", "uninit", "stack size"];

impl<'a> Line<'a> {
    /// Takes a line apart.
    pub(crate) fn read(line: &'a str) -> Self {
        let line = line.trim_end();
        let words = line.trim_start();
        if let Some(note) = words.strip_prefix("; ").filter(|_| !words.starts_with("; R")) {
            return source(note);
        }
        if let Some(found) = figures(words).or_else(|| from(words)).or_else(|| numbered(words)) {
            return found;
        }
        if let Some(title) = words.strip_prefix("Verification failed: ") {
            let (class, title) = title.split_once(": ").unwrap_or((title, ""));
            return Self::Report(class, title);
        }
        if words.is_empty() || words == ";" || is_registers(words) || is_chatter(words) {
            return Self::Chatter;
        }
        Self::Message(words)
    }
}

fn source(note: &str) -> Line<'_> {
    let at = note.rsplit_once(" @ ").and_then(|(text, at)| {
        let (file, line) = at.rsplit_once(':')?;
        Some((text, (file, line.trim().parse().ok()?)))
    });
    match at {
        Some((text, at)) => Line::Source { text, at: Some(at) },
        None => Line::Source { text: note, at: None },
    }
}

fn figures(line: &str) -> Option<Line<'_>> {
    let is = line.starts_with("processed ") && line.contains(" insns")
        || line.starts_with("verification time ")
        || line.starts_with("stack depth ");
    is.then_some(Line::Figures(line))
}

/// Reads `from 4 to 7: R0=0`, `from 4 to 7 (speculative execution): …`, and `from 4 to 7: safe`.
fn from(line: &str) -> Option<Line<'_>> {
    let (from, rest) = line.strip_prefix("from ")?.split_once(" to ")?;
    let (to, state) = rest.split_once(':')?;
    let slot = to.split(' ').next()?.parse().ok()?;
    Some(Line::State { from: Some(from.parse().ok()?), slot, state: state.trim() })
}

/// Reads `5: (71) r0 = …`, `5: R0=0` and `5: safe`.
fn numbered(line: &str) -> Option<Line<'_>> {
    let (slot, rest) = line.split_once(':')?;
    let slot = slot.parse().ok()?;
    let rest = rest.trim_start();
    let Some(code) = rest.strip_prefix('(').filter(|code| code.as_bytes().get(2) == Some(&b')')) else {
        return Some(Line::State { from: None, slot, state: rest });
    };
    let code = code.get(3..)?.trim_start();
    let (text, state) = code.split_once(" ; ").or_else(|| branch(code)).unwrap_or((code, ""));
    Some(Line::Insn { slot, text: text.trim_end(), state: state.trim() })
}

/// Takes `if r1 > 7 goto pc+3 14: R0=0 R10=fp0` apart: the state at the place that is jumped to stands on the same line.
fn branch(code: &str) -> Option<(&str, &str)> {
    let (before, state) = code.split_once(": R")?;
    let text = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let state = code.get(before.len() + 2..).filter(|_| !state.is_empty() && text.len() < before.len())?;
    Some((text, state))
}

/// Whether a line is registers alone: ` R0=inv(id=0) R10=fp0`.
fn is_registers(line: &str) -> bool {
    line.starts_with('R')
        && line.split_whitespace().all(|word| word.contains('='))
        && line.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        && !line.contains(" expected")
}

fn is_chatter(line: &str) -> bool {
    let begins = CHATTER.iter().any(|start| line.starts_with(start));
    begins
        && !(matches!(line.get(..4), Some("arg#" | "fram" | "subp"))
            && TELLING.iter().any(|word| line.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_kernels_old_and_new() {
        let insn = |slot, text, state| Line::Insn { slot, text, state };
        assert_eq!(Line::read("0: (bf) r6 = r1"), insn(0, "r6 = r1", ""));
        assert_eq!(
            Line::read("10: (85) call bpf_map_lookup_elem#1       ; R0_w=map_value_or_null(id=1,ks=4)"),
            insn(10, "call bpf_map_lookup_elem#1", "R0_w=map_value_or_null(id=1,ks=4)")
        );
        assert_eq!(
            Line::read("from 4 to 7: R0=0 R10=fp0"),
            Line::State { from: Some(4), slot: 7, state: "R0=0 R10=fp0" }
        );
        assert_eq!(Line::read("7: R0=0"), Line::State { from: None, slot: 7, state: "R0=0" });
        assert_eq!(
            Line::read("; return *p; @ a.c:12"),
            Line::Source { text: "return *p;", at: Some(("a.c", 12)) }
        );
        assert_eq!(Line::read("; return *p;"), Line::Source { text: "return *p;", at: None });
        assert_eq!(Line::read(" R0=inv(id=0) R10=fp0"), Line::Chatter);
        assert_eq!(Line::read("R1 type=scalar expected=fp"), Line::Message("R1 type=scalar expected=fp"));
        assert_eq!(
            Line::read("arg#0 expected pointer to ctx, but got fp"),
            Line::Message("arg#0 expected pointer to ctx, but got fp")
        );
        assert_eq!(
            Line::read("Verification failed: Memory Safety: Out of bounds"),
            Line::Report("Memory Safety", "Out of bounds")
        );
        assert!(matches!(Line::read("processed 2 insns (limit 1000000) max"), Line::Figures(_)));
        assert!(matches!(Line::read("R0 !read_ok"), Line::Message(_)));
    }
}
