//! Findings as Markdown.
use crate::run::root;
use std::fmt::Write as _;

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --record` -->";
const END: &str = "<!-- end of figures -->";

/// One line of the summary.
pub(super) struct Summary {
    pub(super) what: &'static str,
    pub(super) peer: String,
    pub(super) ours: String,
    pub(super) ratio: String,
    pub(super) aim: &'static str,
    pub(super) met: bool,
}

/// What sections have found.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) summary: Vec<Summary>,
    /// Chapters of Markdown.
    pub(super) details: String,
}

impl Findings {
    /// Puts another section's after these.
    pub(super) fn add(&mut self, other: Self) {
        self.summary.extend(other.summary);
        self.details.push('\n');
        self.details.push_str(&other.details);
    }

    /// All of it.
    pub(super) fn markdown(&self) -> String {
        let rows: Vec<Vec<String>> = self.summary.iter().map(Summary::row).collect();
        let summary = table(&["what", "peer", "osmia", "ratio", "aim", "met"], &rows);
        format!("{summary}{}", self.details)
    }
}

impl Summary {
    fn row(&self) -> Vec<String> {
        let met = if self.met { "yes" } else { "**no**" };
        vec![
            self.what.into(),
            self.peer.clone(),
            self.ours.clone(),
            self.ratio.clone(),
            self.aim.into(),
            met.into(),
        ]
    }
}

/// A table; columns after the first are numbers.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n| ---", header.join(" | "));
    for _ in 1..header.len() {
        text.push_str(" | --:");
    }
    text.push_str(" |\n");
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

/// Puts the text between the marks of `BENCHMARKS.md`.
pub(super) fn record(text: &str) -> Result<(), String> {
    let path = root().join("BENCHMARKS.md");
    let old = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (before, rest) = old.split_once(BEGIN).ok_or_else(|| format!("BENCHMARKS.md has no `{BEGIN}`"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("BENCHMARKS.md has no `{END}`"))?;
    let new = format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim());
    std::fs::write(&path, new).map_err(|error| format!("{}: {error}", path.display()))
}
