//! A script in the form that all scripts have: `osmia fmt`.
//!
//! Only the layout changes: white space, `;` behind statements, and commas and `;` that nothing depends on. Each token is
//! taken from the text as it stands there, in its order, and so are comments and C definitions; the tree only says what a
//! token means. What comes out is read again: a text that would mean something else is never given out.
mod doc;
mod expr;
mod items;
mod print;
mod stmt;
mod tokens;
mod walk;

use crate::ast;
use crate::parse::parse;
use osmia_base::{Diagnostics, Source};
use std::fmt;

/// Why a script was not formatted.
#[derive(Clone, Debug)]
pub enum FormatError {
    /// It is wrong.
    Syntax(Diagnostics),
    /// The formatter has a mistake: what it made of the script means something else. It is not given out.
    Changed,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax(_) => "only scripts that can be read can be formatted",
            Self::Changed => {
                "the formatter would have changed what this script means; it is left as it is. Please report this"
            }
        })
    }
}

/// How often a text is formatted to come to rest. Once is enough but for comments in the strangest of places, which find
/// theirs in steps.
const MAX_ROUNDS: usize = 4;

/// The script in its form.
pub fn format(source: &Source) -> Result<String, FormatError> {
    let mut text = once(&source.text)?;
    for _ in 1..MAX_ROUNDS {
        let next = once(&text)?;
        if next == text {
            break;
        }
        text = next;
    }
    Ok(text)
}

/// Formats a text once, and makes sure that it means the same.
fn once(text: &str) -> Result<String, FormatError> {
    let parsed = parse(&Source::new("", text));
    if parsed.diagnostics.has_errors() {
        return Err(FormatError::Syntax(parsed.diagnostics));
    }
    let tokens = tokens::tokens(text, &parsed.script);
    let comments = tokens::comments(&tokens);
    let mut walk = walk::Walk::new(tokens);
    let doc = items::script(&mut walk, &parsed.script);
    let text = print::print(&doc);
    let made = parse(&Source::new("", text.as_str()));
    let same = !walk.lost
        && !made.diagnostics.has_errors()
        && ast::dump(&made.script) == ast::dump(&parsed.script)
        && tokens::comments(&tokens::tokens(&text, &made.script)) == comments;
    if same { Ok(text) } else { Err(FormatError::Changed) }
}
