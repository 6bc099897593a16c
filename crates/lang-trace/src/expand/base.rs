//! Macros that every script has.
use crate::ast::Macro;
use osmia_base::Source;
use std::sync::LazyLock;

/// Their text.
const TEXT: &str = include_str!("base.bt");

/// Their names: text that is not needed is not parsed.
const NAMES: [&str; 15] = [
    "assert",
    "assert_str",
    "assert_userspace_probe",
    "check_key",
    "container_of",
    "cpid",
    "find",
    "is_err",
    "leader_comm",
    "leader_tid",
    "memcmp_record",
    "pcomm",
    "percpu_kaddr",
    "ppid",
    "usdt_arg",
];

static MACROS: LazyLock<Vec<Macro>> = LazyLock::new(|| crate::parse(&source()).script.macros);

/// The text, under the name that messages have for it.
pub(super) fn source() -> Source {
    Source::library("stdlib/base.bt", TEXT)
}

/// The macros of this name.
pub(super) fn named(name: &str) -> &'static [Macro] {
    let Some(_) = NAMES.iter().find(|known| **known == name) else { return &[] };
    let start = MACROS.iter().position(|item| item.name.node == name).unwrap_or(0);
    let count = MACROS.iter().skip(start).take_while(|item| item.name.node == name).count();
    MACROS.get(start..start + count).unwrap_or(&[])
}

/// All their names, for suggestions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_text() {
        let parsed = crate::parse(&source());
        assert!(!parsed.diagnostics.has_errors());
        let mut names: Vec<&str> = parsed.script.macros.iter().map(|item| item.name.node.as_str()).collect();
        // Macros of one name stand together.
        names.dedup();
        names.sort_unstable();
        assert_eq!(names, NAMES);
        assert_eq!(named("ppid").len(), 2);
        assert!(named("nothing").is_empty());
    }
}
