//! C for BPF: a unit of C becomes an [`osmia_ir::Module`].
//!
//! ```text
//! text ─ lex ─► tokens ─ preprocess (Headers) ─► tokens ─ parse ─► ast::Unit ─ check ─► typed::Unit ─ lower ─► ir::Module
//! ```
//!
//! * **lex** ([`token`]) makes tokens of one text; spellings are numbers ([`Names`]).
//! * **preprocess** carries directives out and expands macros. Texts and expansions lie in one row of addresses, the
//!   [`osmia_base::Source`], so that a span alone says where a token was written and what it was expanded from. Which header an
//!   `#include` means, `Headers` says: a value that is asked by name; the room reads no file. What programs for BPF include
//!   (`bpf/bpf_helpers.h` and its kin) is part of the room, `vmlinux.h` stands for the kernel's types.
//! * **parse** makes the tree ([`ast`]) and all syntax errors at once. It knows which names are types, and nothing else of types.
//! * **check** resolves names, lays records out ([`types`]), folds what is constant and writes out every conversion
//!   ([`typed`]). It says which accesses the running kernel's types move (CO-RE), and does not care what comes of them.
//! * **lower** writes functions, data, maps, external symbols and their BTF.
//!
//! Each step yields what it understood and all diagnostics; the next one runs only without errors.
pub mod ast;
mod attributes;
mod check;
mod compile;
pub mod headers;
mod lex;
mod lower;
mod names;
pub mod parse;
mod preprocess;
pub mod token;
pub mod typed;
pub mod types;

pub use check::{Checked, check};
pub use compile::{Compiled, compile};
pub use lex::lex;
pub use lower::{Lowered, lower};
pub use names::{Name, Names, word};
pub use parse::{Parsed, parse};
pub use preprocess::{Preprocessed, preprocess};
pub use token::{Token, TokenKind};
