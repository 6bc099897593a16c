//! What the verifier's messages mean, in plain words, and what to do about them: tables, one for each kind of fault.
//!
//! The texts are those of `verbose()` and `bpf_log()` in kernel/bpf/verifier.c, btf.c and their neighbours, 4.14 to 6.18.
mod calls;
mod context;
mod lifetime;
mod limits;
mod loading;
mod memory;
mod policy;
mod structure;
mod values;

use crate::pattern::{fill, find};
use serde::Serialize;

/// What kind of fault it is; the names are those of the structured reports of newer kernels (kernel/bpf/diagnostics.c).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An access outside of what may be accessed.
    MemorySafety,
    /// A value that is not of the kind that is needed where it is used.
    RegisterTypeSafety,
    /// An argument that a helper, a kernel function or a function of the program does not take.
    CallTypeSafety,
    /// Something that is acquired and not released, or the other way round.
    ResourceLifetimeSafety,
    /// Something that is not allowed where it is done: under a lock, in a callback, without sleeping.
    ExecutionContextSafety,
    /// Instructions, functions or type information that do not make a program.
    ProgramStructure,
    /// What this kind of program, or this user, may not do.
    Policy,
    /// The program is too large or too deep for the verifier.
    VerifierLimit,
    /// A defect of the kernel's own.
    VerifierInternalError,
}

impl Class {
    /// All classes with their names in the kernel's reports.
    pub(crate) const NAMES: [(Self, &'static str); 9] = [
        (Self::MemorySafety, "Memory Safety"),
        (Self::RegisterTypeSafety, "Register Type Safety"),
        (Self::CallTypeSafety, "Call Type Safety"),
        (Self::ResourceLifetimeSafety, "Resource Lifetime Safety"),
        (Self::ExecutionContextSafety, "Execution Context Safety"),
        (Self::ProgramStructure, "Program Structure"),
        (Self::Policy, "Policy"),
        (Self::VerifierLimit, "Verifier Limit"),
        (Self::VerifierInternalError, "Verifier Internal Error"),
    ];

    /// The class that a report names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| *name)
    }
}

/// What a message means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The kind of fault.
    pub class: Class,
    /// What is wrong, in words.
    pub meaning: String,
    /// What to do.
    pub advice: String,
}

/// A row: a pattern (see [`crate::pattern`]), what it means and what to do; both may name the pattern's holes.
pub(crate) struct Row {
    pattern: &'static str,
    meaning: &'static str,
    advice: &'static str,
}

/// Makes a row.
const fn row(pattern: &'static str, meaning: &'static str, advice: &'static str) -> Row {
    Row { pattern, meaning, advice }
}

/// All tables, in the order in which they are asked.
const TABLES: &[(Class, &[Row])] = &[
    (Class::VerifierInternalError, limits::INTERNAL),
    (Class::VerifierLimit, limits::ROWS),
    (Class::ResourceLifetimeSafety, lifetime::ROWS),
    (Class::ExecutionContextSafety, context::ROWS),
    (Class::Policy, policy::ROWS),
    (Class::ProgramStructure, structure::ROWS),
    (Class::ProgramStructure, loading::ROWS),
    (Class::CallTypeSafety, calls::ROWS),
    (Class::MemorySafety, memory::ROWS),
    (Class::RegisterTypeSafety, values::ROWS),
];

/// What a message of the verifier's means, if it is known.
pub fn meaning(message: &str) -> Option<Meaning> {
    TABLES.iter().find_map(|(class, rows)| {
        rows.iter().find_map(|row| {
            let holes = find(row.pattern, message)?;
            Some(Meaning {
                class: *class,
                meaning: fill(row.meaning, &holes),
                advice: fill(row.advice, &holes),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Row> {
        TABLES.iter().flat_map(|(_, rows)| rows.iter())
    }

    #[test]
    fn every_row_is_reached() {
        let caught = |(number, row): (usize, &Row)| {
            let message = row.pattern.replace('…', "something").replace('%', "7");
            let first = all().position(|other| find(other.pattern, &message).is_some());
            let by = first.and_then(|at| all().nth(at)).map(|row| row.pattern);
            (first != Some(number)).then(|| format!("`{}` is caught by {by:?}", row.pattern))
        };
        let caught: Vec<String> = all().enumerate().filter_map(caught).collect();
        assert!(caught.is_empty(), "{}", caught.join("\n"));
    }

    #[test]
    fn rows_name_only_holes_that_they_have() {
        for row in all() {
            let holes = vec!["7"; row.pattern.chars().filter(|c| matches!(c, '%' | '…')).count()];
            for text in [row.meaning, row.advice] {
                assert!(!fill(text, &holes).replace("{}", "").contains('{'), "{text}");
                assert!(!text.ends_with('.'), "{text}");
            }
        }
    }
}
