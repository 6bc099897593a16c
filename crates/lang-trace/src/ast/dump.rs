//! The tree as text: one S-expression a statement, for `-d ast` and for tests.
use super::Script;

/// The tree as text.
pub fn dump(script: &Script) -> String {
    format!("{script:#?}\n")
}
