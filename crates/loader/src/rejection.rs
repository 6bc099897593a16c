//! A refusal by the verifier, traced back to the program's own source.
use osmia_explain::{Explanation, Refused, Station};
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
    /// The value that was refused, where the verifier names it.
    pub value: Option<Refused>,
    /// Where that value came from, the newest first.
    pub origin: Vec<Station>,
    /// All that the verifier told.
    pub log: String,
}

impl Rejection {
    /// Reads the log of a refusal.
    pub fn new(program: &ImageProgram, errno: Errno, log: String) -> Self {
        let told = osmia_explain::explain(&log).unwrap_or_default();
        let (meaning, advice) = explain(program, errno, &told);
        Self {
            program: program.name.clone(),
            errno,
            slot: told.slot,
            insn: told.insn,
            place: told
                .slot
                .and_then(|slot| place(&program.lines, slot))
                .or_else(|| told.place.and_then(annotated))
                // What is said of the whole program is said at its head.
                .or_else(|| place(&program.lines, 0).filter(|_| !told.message.is_empty())),
            reason: if told.message.is_empty() { silent_reason(errno) } else { told.message },
            meaning,
            advice,
            value: told.value,
            origin: told.origin,
            log,
        }
    }
}

impl Rejection {
    /// Whether this machine lets nobody put programs where this one goes: the verifier did not look at it.
    pub fn is_absence(&self) -> bool {
        self.errno == Errno::EPERM && self.meaning.is_some() && self.log.trim().is_empty()
    }

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
fn explain(program: &ImageProgram, errno: Errno, told: &Explanation) -> (Option<String>, Option<String>) {
    if let Some(poison) = program.poisoned.iter().find(|poison| Some(poison.slot) == told.slot) {
        return (
            Some(poison.reason.clone()),
            Some("this machine does not have what the program asks for here".to_owned()),
        );
    }
    if told.meaning.is_none() && errno == Errno::EPERM {
        return forbidden(program);
    }
    (told.meaning.clone(), told.advice.clone())
}

/// Why a program may not be loaded at all.
fn forbidden(program: &ImageProgram) -> (Option<String>, Option<String>) {
    use osmia_abi::AttachType as A;
    let privileges = osmia_host::privileges();
    let at_function = program.kind == osmia_abi::ProgramType::Ext
        || matches!(
            program.attach_type,
            Some(A::TraceFentry | A::TraceFexit | A::ModifyReturn | A::LsmMac | A::LsmCgroup)
        );
    if !privileges.may_trace() || !at_function {
        return (None, privileges.explanation());
    }
    let meaning = "this kernel does not let anybody put programs at its functions by trampoline (fentry, fexit, fmod_ret, LSM, freplace): \
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

/// The line that the instruction at `slot` comes from.
fn place(lines: &[LineInfo], slot: u32) -> Option<Place> {
    let after = lines.partition_point(|line| line.slot <= slot);
    let line = lines.get(after.checked_sub(1)?)?;
    Some(Place { file: line.file.clone(), line: line.line, column: line.column, text: line.text.clone() })
}

/// A line that the log names itself (kernel 6.9), for programs whose lines we do not have.
fn annotated(place: osmia_explain::Place) -> Option<Place> {
    let known = !place.file.is_empty();
    known.then_some(Place { file: place.file, line: place.line, column: 0, text: place.text })
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
        if let Some(value) = &self.value {
            write!(f, "\n{value}")?;
        }
        for station in &self.origin {
            write!(f, "\n  {station}")?;
        }
        match &self.advice {
            Some(advice) => write!(f, "\nwhat to do: {advice}"),
            None => Ok(()),
        }
    }
}
