//! What an `#include` means: asked by name, so that the room itself reads no file.
mod builtin;
mod texts;

pub use builtin::Builtin;
pub use texts::{names, text};

/// An `#include` line, or a question whether there is such a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Include<'a> {
    /// The name without its quotes or brackets.
    pub name: &'a str,
    /// How the name is written.
    pub form: Form,
    /// Where the search begins.
    pub next: Search,
    /// The name of the text that the line stands in.
    pub from: &'a str,
}

/// How the name of a header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `"name"`: looked for beside the text that includes it, first.
    Quoted,
    /// `<name>`
    Angled,
}

/// Where the search for a header begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Search {
    /// In the first directory.
    First,
    /// In the directory behind the one in which the including text was found (`#include_next`).
    Next,
}

/// What a header is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A text. One name means one text, however often it is asked for.
    Text {
        /// What messages call it.
        name: String,
        /// What is in it.
        text: String,
    },
    /// The types of the kernel stand for it.
    Kernel,
    /// It defines nothing that is missing without it.
    Nothing,
    /// There is none; where it was looked for.
    Missing(Vec<String>),
    /// There is one that cannot be read, and why.
    Failed(String),
}

/// Who knows headers.
pub trait Headers {
    /// The header that a line means.
    fn find(&self, include: &Include<'_>) -> Found;
}

/// No headers at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHeaders;

impl Headers for NoHeaders {
    fn find(&self, _: &Include<'_>) -> Found {
        Found::Missing(Vec::new())
    }
}
