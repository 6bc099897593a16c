//! Why there is no answer.
use super::Subject;
use osmia_sys::Errno;
use std::fmt;
use std::path::PathBuf;

/// Why there is no answer. Its text is what bpftool says, where bpftool says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectError {
    /// A word that does not begin a handle.
    NoHandle(Subject, String),
    /// A word in a place where a handle cannot be understood.
    Stray(String),
    /// No number.
    NotAnId(String),
    /// Not eight bytes in hexadecimal.
    NotATag,
    /// Longer than any name.
    NotAName,
    /// There is nothing with this id.
    NoSuchId(Subject, u32, Errno),
    /// There is nothing with this name or tag.
    NoMatch(Subject, String),
    /// There are more than one with this name or tag.
    Several(Subject),
    /// There is nothing at this path.
    NoPin(PathBuf, Errno),
    /// What is at the path is something else.
    OtherPin(&'static str),
    /// The list of ids ended with an error.
    NoNext(Subject, Errno),
    /// The kernel tells nothing of what has this id.
    NoFacts(Subject, Errno),
    /// The kernel does not give what is in the structure of this name and id.
    NoStructure(String, u32, Errno),
    /// The kernel does not give its types.
    NoTypes,
    /// The kernel does not give the instructions.
    NoInstructions,
    /// The program has no machine code, or the kernel does not give it.
    NoMachineCode,
    /// The machine code is for a processor whose instructions are not known here.
    OtherMachine,
    /// The instructions are no whole ones.
    BadInstructions(String),
}

impl fmt::Display for InspectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHandle(Subject::Program, word) => {
                write!(f, "expected 'id', 'tag', 'name' or 'pinned', got: '{word}'?")
            }
            Self::NoHandle(Subject::Map, word) => {
                write!(f, "expected 'id', 'name' or 'pinned', got: '{word}'?")
            }
            Self::NoHandle(Subject::Link, word) => write!(f, "expected 'id' or 'pinned', got: '{word}'?"),
            Self::Several(subject) => write!(f, "several {}s match this handle", subject.long()),
            Self::Stray(word) => write!(f, "what is '{word}'?"),
            Self::NoStructure(name, id, errno) => {
                write!(f, "can't lookup struct_ops map {name} id {id}: {}", errno.text())
            }
            Self::NotAnId(word) => write!(f, "can't parse {word} as ID"),
            Self::NotATag => f.write_str("can't parse tag"),
            Self::NotAName => f.write_str("can't parse name"),
            Self::NoSuchId(Subject::Program, id, errno) => write!(f, "get by id ({id}): {}", errno.text()),
            Self::NoSuchId(Subject::Map, id, errno) => write!(f, "get map by id ({id}): {}", errno.text()),
            Self::NoSuchId(Subject::Link, id, errno) => {
                write!(f, "failed to get link with ID {id}: {}", errno.text())
            }
            Self::NoMatch(subject, word) => write!(f, "no {} matches '{word}'", subject.long()),
            Self::NoPin(path, Errno::EACCES) => {
                write!(f, "bpf obj get ({}): directory not in bpf file system (bpffs)", path.display())
            }
            Self::NoPin(path, errno) => write!(f, "bpf obj get ({}): {}", path.display(), errno.text()),
            Self::OtherPin(found) => write!(f, "incorrect object type: {found}"),
            Self::NoNext(subject, errno) => write!(f, "can't get next {}: {}", subject.long(), errno.text()),
            Self::NoFacts(subject, errno) => {
                write!(f, "can't get {} info: {}", subject.short(), errno.text())
            }
            Self::NoTypes => f.write_str("failed to get btf"),
            Self::NoInstructions => f.write_str("error retrieving insn dump: kernel.kptr_restrict set?"),
            Self::NoMachineCode => f.write_str("no instructions returned: the program is interpreted, or net.core.bpf_jit_harden or kernel.kptr_restrict hides them"),
            Self::OtherMachine => f.write_str("machine code of this processor can't be taken apart; 'file FILE' writes it as it is"),
            Self::BadInstructions(why) => write!(f, "the kernel gave instructions that are none: {why}"),
        }
    }
}

impl std::error::Error for InspectError {}

/// An error of the system's in words.
pub fn error_text(number: i32) -> String {
    Errno(number).text()
}
