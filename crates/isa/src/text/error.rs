//! What is wrong with an assembly text, and where.
use std::fmt;

use osmia_base::{Diagnostic, Span};

/// One error and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsmError {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: AsmErrorKind,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsmErrorKind {
    /// Something else was expected here.
    Expected(&'static str),
    /// This sign was expected here.
    Sign(&'static str),
    /// This word is no register and no operation that yields a value.
    Value(String),
    /// The register's width does not fit the instruction.
    Width,
    /// Nothing that this syntax has.
    Character(char),
    /// No instruction begins with this word.
    Mnemonic(String),
    /// A number does not fit its field.
    Range {
        /// The number.
        value: i128,
        /// How many bits the field has.
        bits: u32,
    },
    /// The operation does not exist for this size or register width.
    Size,
    /// The number is too long to be read.
    Number,
    /// The label is nowhere defined.
    UnknownLabel(String),
    /// The label is already defined.
    DuplicateLabel(String),
    /// The opcode in parentheses is not the instruction's.
    Opcode {
        /// What was written.
        written: u8,
        /// What the instruction has.
        actual: u8,
    },
    /// A comment without end.
    OpenComment,
}

impl fmt::Display for AsmErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Sign(sign) => write!(f, "expected `{sign}`"),
            Self::Value(word) => write!(f, "`{word}` is no register, number or operation"),
            Self::Width => write!(f, "a register of the other width belongs here (r has 64 bits, w has 32)"),
            Self::Character(found) => write!(f, "unexpected `{}`", found.escape_default()),
            Self::Mnemonic(word) => write!(f, "there is no instruction `{word}`"),
            Self::Range { value, bits } => write!(f, "{value} does not fit in {bits} bits"),
            Self::Size => write!(f, "this instruction does not exist in this size"),
            Self::Number => write!(f, "this number is too large"),
            Self::UnknownLabel(label) => write!(f, "there is no label `{label}`"),
            Self::DuplicateLabel(label) => write!(f, "the label `{label}` is already defined"),
            Self::Opcode { written, actual } => {
                write!(f, "the opcode is written as {written:02x}, but this instruction has {actual:02x}")
            }
            Self::OpenComment => write!(f, "this comment does not end"),
        }
    }
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for AsmError {}

impl From<AsmError> for Diagnostic {
    fn from(error: AsmError) -> Self {
        Self::error(error.span, error.kind.to_string())
    }
}
