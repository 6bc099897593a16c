//! bpftool's command line: one row a command.
//!
//! [`run`] takes a whole command line, finds the row that it means and writes the answer, as text or as JSON. What is
//! asked for, how it is spelled, what help, completions and manual pages say of it: all that is read off [`OBJECTS`].
mod attach_words;
mod batch;
mod btf;
mod btf_diff;
mod btf_dump;
mod cgroup;
mod complete;
mod core;
mod failure;
mod feature;
mod follow;
mod r#gen;
mod help;
mod iter;
mod link;
mod man;
mod map;
mod map_create;
mod map_dump;
mod map_element;
mod map_events;
mod map_input;
mod needs;
mod net;
mod objects;
mod options;
mod perf;
mod pinning;
mod prog;
mod prog_attach;
mod prog_dump;
mod prog_load;
mod prog_profile;
mod prog_run;
mod session;
mod signing;
mod struct_ops;
mod token;
mod tracelog;
mod version;
mod words;

pub use complete::{Candidate, complete};
pub use failure::{Done, Failure};
pub use man::manual;
pub use options::{OPTIONS, OptionRow, Options, Sign, Switch};
pub use session::Session;
pub use words::Words;

use options::Wish;
use std::io::Write;

/// What commands are about.
#[derive(Debug)]
pub struct Object {
    /// The word that stands first.
    pub name: &'static str,
    /// What it is, in one line.
    pub help: &'static str,
    /// Its commands. The first is meant where none is named; of several that a beginning fits, the first is meant.
    pub rows: &'static [Row],
    /// What the capitals in the rows' grammar stand for.
    pub terms: &'static [Term],
}

/// One command.
#[derive(Debug)]
pub struct Row {
    /// The word that stands second, and others that mean the same. None: the object alone is the command.
    pub names: &'static [&'static str],
    /// What may follow: words as they are, CAPITALS for what a person fills in, `[ ]` for what may be left out,
    /// `{ | }` for a choice, `...` for more of the same.
    pub grammar: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// What runs.
    pub run: Run,
}

/// Answers a command: writes text or exactly one JSON value (nothing counts as `null`).
pub type Run = fn(&mut Session<'_>, Words<'_>) -> Done;

/// What a word in capitals stands for.
#[derive(Debug)]
pub struct Term {
    /// The word.
    pub name: &'static str,
    /// What may be written for it, in the same grammar.
    pub means: &'static str,
}

/// Shorter to write in tables.
const fn row(names: &'static [&'static str], grammar: &'static str, help: &'static str, run: Run) -> Row {
    Row { names, grammar, help, run }
}

/// Shorter to write in tables.
const fn term(name: &'static str, means: &'static str) -> Term {
    Term { name, means }
}

const PROG: Term = term("PROG", "{ id N | pinned FILE | tag TAG | name NAME }");
const LINK: Term = term("LINK", "{ id N | pinned FILE }");
const MAP: Term = term("MAP", "{ id N | pinned FILE | name NAME }");

/// All there is, in the order in which beginnings of words are compared.
pub const OBJECTS: &[&Object] = &[
    &batch::OBJECT,
    &prog::OBJECT,
    &map::OBJECT,
    &link::OBJECT,
    &cgroup::OBJECT,
    &perf::OBJECT,
    &feature::OBJECT,
    &btf::OBJECT,
    &r#gen::OBJECT,
    &struct_ops::OBJECT,
    &core::OBJECT,
    &net::OBJECT,
    &needs::OBJECT,
    &iter::OBJECT,
    &token::OBJECT,
    &version::OBJECT,
];

/// Answers a command line, of which `words` are all but the program's name. Gives the exit status: 0, or as bpftool
/// has it 255, or 256 less the number of the kernel's error.
pub fn run(program: &str, words: &[String], out: &mut dyn Write, errors: &mut dyn Write) -> u8 {
    let parsed = options::parse(words);
    let mut session = Session::new(program, parsed.options, out, errors);
    let status = session.answer(|session| match parsed.wish {
        Wish::Run => btf_dump::check_base(session).and_then(|()| select(session, &parsed.words)),
        Wish::Version => version::version(session, Words::of("version", &[])),
        Wish::Help => match parsed.words.first().and_then(|word| object(word)) {
            Some(object) if session.program() != "bpftool" => help::of(session, object),
            _ => help::everything(session),
        },
        Wish::Unknown(word) => Err(session.misuse(format!("unrecognized option '{word}'"))),
        Wish::Wrong(failure) => Err(failure),
    });
    session.close(status)
}

/// Answers words that cannot be read: an error, in the form that the options among them ask for.
pub fn refuse(
    program: &str,
    words: &[String],
    why: String,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> u8 {
    let mut session = Session::new(program, options::parse(words).options, out, errors);
    let status = session.answer(|_| Err(Failure::words(why)));
    session.close(status)
}

/// Whether these are options of this table with an object's whole name behind them: `-jp map show`.
pub fn is_behind_options(words: &[String]) -> bool {
    let parsed = options::parse(words);
    let object = parsed.words.first().filter(|word| OBJECTS.iter().any(|object| object.name == **word));
    words.first().is_some_and(|word| word.starts_with('-'))
        && object.is_some()
        && !matches!(parsed.wish, Wish::Unknown(_) | Wish::Wrong(_))
}

/// Finds what a command line means, and runs it.
fn select(session: &mut Session<'_>, words: &[String]) -> Done {
    let Some((first, rest)) = words.split_first() else { return help::everything(session) };
    if "help".starts_with(first.as_str()) {
        return help::everything(session);
    }
    let Some(object) = object(first) else {
        return Err(session.misuse(format!("there is no object '{first}'")));
    };
    session.begin(object);
    if let [only] = object.rows
        && only.names.is_empty()
    {
        let wanted = rest.first().is_some_and(|word| !word.is_empty() && "help".starts_with(word.as_str()));
        return if wanted {
            help::of(session, object)
        } else {
            (only.run)(session, Words::of(object.name, rest))
        };
    }
    let Some((second, rest)) = rest.split_first() else {
        return match object.rows.first() {
            Some(first) => (first.run)(session, Words::of(object.name, &[])),
            None => help::of(session, object),
        };
    };
    match object.row(second) {
        Some((name, row)) => (row.run)(session, Words::of(name, rest)),
        None if "help".starts_with(second.as_str()) => help::of(session, object),
        None => Err(session.misuse(format!("{} has no command '{second}'", object.name))),
    }
}

/// The object that a word or its beginning means.
fn object(word: &str) -> Option<&'static Object> {
    OBJECTS.iter().copied().find(|object| object.name.starts_with(word))
}

impl Object {
    /// The row that a word or its beginning means, with the name that it fits.
    fn row(&self, word: &str) -> Option<(&'static str, &'static Row)> {
        let names = self.rows.iter().flat_map(|row| row.names.iter().map(move |name| (*name, row)));
        names.into_iter().find(|(name, _)| name.starts_with(word))
    }
}
