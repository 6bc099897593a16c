//! `gen`: files made of objects.
use super::{Done, Failure, Object, Session, Words, row};
use osmia_object::elf::{Input, link};
use std::fs;

pub(super) const OBJECT: Object = Object {
    name: "gen",
    help: "files made of objects",
    rows: &[row(&["object"], "OUTPUT FILE [FILE]...", "link several objects into one", object)],
    terms: &[],
};

fn object(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(2)?;
    let output = words.need("a file to write")?;
    let mut files = Vec::new();
    while let Some(name) = words.word() {
        let bytes = fs::read(name);
        let bytes = bytes.map_err(|error| Failure::io(format!("failed to link '{name}'"), &error))?;
        files.push((name, bytes));
    }
    let inputs: Vec<Input<'_>> = files.iter().map(|(name, bytes)| Input { name, bytes }).collect();
    let linked = link(&inputs).map_err(|error| Failure::words(format!("failed to link: {error}")))?;
    let written = fs::write(output, linked);
    written.map_err(|error| Failure::io(format!("failed to write '{output}'"), &error))
}
