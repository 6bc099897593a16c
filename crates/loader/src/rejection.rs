//! A refusal by the verifier, traced back to the program's own source.
use osmia_explain::{Hint, hint};
use osmia_object::{ImageProgram, LineInfo};
use osmia_sys::Errno;
use std::fmt;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 where unknown.
    pub column: u32,
    /// The line's text.
    pub text: String,
}

/// A program that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The program.
    pub program: String,
    /// Why, as a number.
    pub errno: Errno,
    /// The instruction where the verifier stopped, in slots from the program's start.
    pub slot: Option<u32>,
    /// That instruction, as the log writes it.
    pub insn: Option<String>,
    /// Where in the source it comes from.
    pub place: Option<Place>,
    /// The last words of the log that mean something, or what the number means.
    pub reason: String,
    /// The reason in plain words, where they are known: what is missing on this machine, or what the phrase means.
    pub meaning: Option<String>,
    /// What to do, where that is known.
    pub advice: Option<String>,
    /// All that the verifier told.
    pub log: String,
}

impl Rejection {
    /// Reads the log of a refusal.
    pub fn new(program: &ImageProgram, errno: Errno, log: String) -> Self {
        let last = last_instruction(&log);
        let said = reason(&log);
        let slot = said.and_then(named_slot).or(last.as_ref().map(|(slot, _)| *slot));
        let insn = last.filter(|(at, _)| Some(*at) == slot).map(|(_, text)| text);
        let (meaning, advice) = explain(program, errno, slot, said);
        Self {
            program: program.name.clone(),
            errno,
            slot,
            insn,
            place: slot.and_then(|slot| place(&program.lines, slot)).or_else(|| annotated_place(&log)),
            reason: said.map_or_else(|| silent_reason(errno), str::to_owned),
            meaning,
            advice,
            log,
        }
    }
}

impl Rejection {
    /// The helper that may not be called by such a program or at such a place, if that is the reason.
    pub fn forbidden_helper(&self) -> Option<&str> {
        const REASONS: [&str; 2] =
            ["helper call is not allowed in probe", "program of this type cannot use helper"];
        let call = self.insn.as_deref()?.strip_prefix("call ")?;
        let forbidden = REASONS.iter().any(|reason| self.reason.contains(reason));
        forbidden.then(|| call.split('#').next().unwrap_or(call))
    }
}

/// What a refusal means and what to do.
fn explain(
    program: &ImageProgram,
    errno: Errno,
    slot: Option<u32>,
    said: Option<&str>,
) -> (Option<String>, Option<String>) {
    if let Some(poison) = program.poisoned.iter().find(|poison| Some(poison.slot) == slot) {
        return (
            Some(poison.reason.clone()),
            Some("this machine does not have what the program asks for here".to_owned()),
        );
    }
    let known: Option<&Hint> = said.and_then(hint);
    match known {
        Some(hint) => (Some(hint.meaning.to_owned()), Some(hint.advice.to_owned())),
        None if errno == Errno::EPERM => forbidden(program),
        None => (None, None),
    }
}

/// Why a program may not be loaded at all.
fn forbidden(program: &ImageProgram) -> (Option<String>, Option<String>) {
    use osmia_abi::AttachType as A;
    let privileges = osmia_host::privileges();
    let at_function =
        matches!(program.attach_type, Some(A::TraceFentry | A::TraceFexit | A::ModifyReturn | A::LsmMac));
    if !privileges.may_trace() || !at_function {
        return (None, privileges.explanation());
    }
    let meaning = "this kernel does not let anybody put programs at its functions by trampoline (fentry, fexit, fmod_ret, LSM): \
                   it is locked down, or its functions cannot be changed";
    let advice = "use a tracepoint, a raw tracepoint or tp_btf at the same place, or another kernel";
    (Some(meaning.to_owned()), Some(advice.to_owned()))
}

/// What a refusal without a word means.
fn silent_reason(errno: Errno) -> String {
    let text = match errno {
        Errno::EPERM => "the kernel does not permit it",
        Errno::EINVAL => {
            "the kernel does not know this kind of program, or not with this attach type or these flags"
        }
        Errno::E2BIG => "the program has more instructions than this kernel takes",
        Errno::ENOMEM => "the kernel has not enough memory",
        Errno::EMFILE => "too many open files; raise the limit (`ulimit -n`)",
        _ => return errno.to_string(),
    };
    format!("{text}: {errno}")
}

/// The number and text of the last instruction in the log.
fn last_instruction(log: &str) -> Option<(u32, String)> {
    log.lines().rev().find_map(instruction)
}

/// Reads `5: (71) r0 = *(u8 *)(r1 +0)     ; R1=ctx()`.
fn instruction(line: &str) -> Option<(u32, String)> {
    let (slot, rest) = line.split_once(": (")?;
    let slot = slot.parse().ok()?;
    let (_, text) = rest.split_once(") ")?;
    let text = text.split_once(" ; ").map_or(text, |(text, _)| text);
    Some((slot, text.trim_end().to_owned()))
}

/// How lines begin that only tell how the verifier went along.
const CHATTER: &[&str] = &[
    "processed ",
    "verification time",
    "stack depth",
    "max_states",
    "mark_precise",
    "last_idx",
    "regs=",
    "parent ",
    "from ",
    "func#",
    "Func#",
    "Validating ",
    "caller:",
    "callee:",
    "returning from",
    "-- ",
    ";",
    "propagating",
    "frame",
    "old state",
    "cur state",
    "insns processed",
];

/// The last line that says why.
fn reason(log: &str) -> Option<&str> {
    log.lines().map(str::trim).rev().find(|line| !line.is_empty() && !is_chatter(line))
}

fn is_chatter(line: &str) -> bool {
    let is_state = |line: &str| {
        let number = line.split_once(':').map(|(number, _)| number);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_state(line) || is_registers(line) || CHATTER.iter().any(|start| line.starts_with(start))
}

/// Whether a line is the verifier's state alone: ` R0=inv(id=0) R10=fp0`.
fn is_registers(line: &str) -> bool {
    line.starts_with('R') && line.split_whitespace().all(|word| word.contains('='))
}

/// The instruction that a message names itself: `back-edge from insn 5 to 3`, `unreachable insn 7`.
fn named_slot(message: &str) -> Option<u32> {
    const WORDS: [&str; 4] = ["from insn ", "unreachable insn ", "insn #", "at insn "];
    let rest = WORDS.iter().find_map(|word| message.split_once(word)).map(|(_, rest)| rest)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// The line that the instruction at `slot` comes from.
fn place(lines: &[LineInfo], slot: u32) -> Option<Place> {
    let after = lines.partition_point(|line| line.slot <= slot);
    let line = lines.get(after.checked_sub(1)?)?;
    Some(Place { file: line.file.clone(), line: line.line, column: line.column, text: line.text.clone() })
}

/// The last `; text @ file.c:12` of a log (kernel 6.9), for programs whose lines we do not have.
fn annotated_place(log: &str) -> Option<Place> {
    let note =
        log.lines().rev().find_map(|line| line.strip_prefix("; ").filter(|note| note.contains(" @ ")))?;
    let (text, at) = note.rsplit_once(" @ ")?;
    let (file, line) = at.rsplit_once(':')?;
    Some(Place { file: file.to_owned(), line: line.trim().parse().ok()?, column: 0, text: text.to_owned() })
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the kernel refuses the program `{}`", self.program)?;
        if let Some(place) = &self.place {
            write!(f, " at {}:{}", place.file, place.line)?;
            if place.column != 0 {
                write!(f, ":{}", place.column)?;
            }
        }
        write!(f, ": {}", self.meaning.as_ref().unwrap_or(&self.reason))?;
        if let Some(place) = self.place.as_ref().filter(|place| !place.text.trim().is_empty()) {
            write!(f, "\n    {}", place.text.trim())?;
        }
        if self.meaning.is_some() {
            write!(f, "\nthe verifier says: {}", self.reason)?;
        }
        if let (Some(slot), Some(insn)) = (self.slot, &self.insn) {
            write!(f, "\nat instruction {slot}: {insn}")?;
        }
        match &self.advice {
            Some(advice) => write!(f, "\nwhat to do: {advice}"),
            None => Ok(()),
        }
    }
}
