//! From tokens to tree. The parser reads the whole unit whatever is wrong with it, and reports each mistake once: after an
//! error it keeps quiet until the next `;` or closing bracket from which it knows how to go on.
//!
//! Of types it knows one thing: which names stand for one (`scopes`). Pragmas may stand between any two tokens; what they
//! ask for is kept beside the tree and joins it where it applies (`pragmas`).
mod asm;
mod attributes;
mod basic;
mod cursor;
mod declarations;
mod declarators;
mod dump;
mod expressions;
mod initializers;
mod literals;
mod operands;
mod pragmas;
mod records;
mod recovery;
mod scopes;
mod specifiers;
mod statements;

pub use dump::dump;

use crate::ast::Unit;
use crate::token::Token;
use crate::{Name, Names};
use osmia_base::{Diagnostic, Diagnostics, Span};
use osmia_btf::Btf;

/// How deep things may stand in each other, and how high trees may grow.
const MAX_DEPTH: u32 = 200;

/// More errors than this are not reported: they say nothing new.
const MAX_ERRORS: usize = 50;

/// A tree, as far as there is one, and everything that is wrong with its syntax.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// What was understood.
    pub unit: Unit,
    /// What was not.
    pub diagnostics: Diagnostics,
}

/// Reads a unit. Behind [`crate::TokenKind::Kernel`] the names of the kernel's types are types, unless the unit gives them another
/// meaning.
pub fn parse(tokens: &[Token], names: &mut Names, kernel: Option<&Btf>) -> Parsed {
    let mut parser = Parser::new(tokens, names, kernel);
    let unit = parser.unit();
    parser.end_pragmas();
    Parsed { unit, diagnostics: parser.diagnostics }
}

/// Words that mean something without being keywords of every C.
#[derive(Clone, Copy, Debug)]
struct Extra {
    static_assert: Name,
    thread: Name,
    va_list: Name,
    int128: Name,
    uint128: Name,
    aligned: Name,
    noreturn: Name,
    pragma_pack: Name,
}

impl Extra {
    fn new(names: &mut Names) -> Self {
        Self {
            static_assert: names.add("static_assert"),
            thread: names.add("__thread"),
            va_list: names.add("__builtin_va_list"),
            int128: names.add("__int128_t"),
            uint128: names.add("__uint128_t"),
            aligned: names.add("aligned"),
            noreturn: names.add("noreturn"),
            pragma_pack: names.add("pragma_pack"),
        }
    }
}

/// The state of reading one unit.
struct Parser<'a> {
    tokens: &'a [Token],
    names: &'a mut Names,
    kernel: Option<&'a Btf>,
    extra: Extra,
    /// Where the token is that is to be taken next.
    pos: usize,
    /// That token.
    token: Token,
    /// Where the token is that was taken last.
    last: usize,
    scopes: scopes::Scopes<'a>,
    pragmas: pragmas::Pragmas,
    /// The function whose body is being read.
    function: Option<Name>,
    diagnostics: Diagnostics,
    /// An error was reported, and the place from where to go on is not reached yet.
    lost: bool,
    /// What was reported last is that something is too deep: nothing before the next item of the unit is read.
    deep: bool,
    /// A block of which it was told already that its `}` is missing.
    unclosed: Option<Span>,
    /// How many `{` are open.
    braces: u32,
    /// How deep the parser is inside itself.
    depth: u32,
    /// How high, in steps that no recursion of the parser counts, the tree made last is at most.
    height: u32,
}

impl<'a> Parser<'a> {
    fn new(tokens: &'a [Token], names: &'a mut Names, kernel: Option<&'a Btf>) -> Self {
        let extra = Extra::new(names);
        let mut parser = Self {
            tokens,
            names,
            kernel,
            extra,
            pos: 0,
            token: cursor::END,
            last: 0,
            scopes: scopes::Scopes::default(),
            pragmas: pragmas::Pragmas::default(),
            function: None,
            diagnostics: Diagnostics::default(),
            lost: false,
            deep: false,
            unclosed: None,
            braces: 0,
            depth: 0,
            height: 0,
        };
        parser.settle();
        parser
    }

    /// One step deeper, unless it is deep enough.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return None;
        }
        self.depth += 1;
        let made = inner(self);
        self.depth -= 1;
        Some(made)
    }

    /// Makes something that stands beside what was made last: the higher of both counts.
    fn beside<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::take(&mut self.height);
        let made = inner(self);
        self.height = self.height.max(before);
        made
    }

    /// The tree made last has become one higher.
    fn grow(&mut self) {
        self.height += 1;
        if self.height > MAX_DEPTH {
            self.too_deep();
        }
    }

    fn too_deep(&mut self) {
        let span = self.token.span;
        self.report(Diagnostic::error(span, format!("this is nested more than {MAX_DEPTH} levels deep")));
        self.deep = true;
    }
}
