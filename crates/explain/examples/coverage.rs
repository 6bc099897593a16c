//! How many of the verifier's messages are known: `coverage DIR`, a directory of logs. A log may have lines `#MSG text` at
//! its beginning, each a text that is expected in it, ended by a line `#LOG`.
#![allow(clippy::print_stdout, reason = "this is a tool")]
use std::collections::BTreeMap;

fn main() {
    let dir = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let (mut logs, mut refused, mut known, mut placed, mut cuts) = (0, 0, 0, 0, 0_usize);
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    let mut expected: BTreeMap<String, Found> = BTreeMap::new();
    for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let (head, log) = text.split_once("#LOG\n").unwrap_or(("", &text));
        logs += 1;
        cuts += cut(log);
        let failed = !head.contains("#ERR 0\n");
        let explained = failed.then(|| osmia_explain::explain(log)).flatten();
        if let Some(explanation) = &explained {
            refused += 1;
            placed += usize::from(explanation.place.is_some());
            match explanation.class {
                Some(_) => known += 1,
                None => {
                    drop(unknown.insert(
                        explanation.message.clone(),
                        entry.file_name().to_string_lossy().into_owned(),
                    ))
                }
            }
        }
        for message in head.lines().filter_map(|line| line.strip_prefix("#MSG ")) {
            let line = log.lines().find(|line| line.contains(message));
            let found = match line {
                None => osmia_explain::meaning(message).map_or(Found::Nowhere, |_| Found::Known),
                Some(line) => match osmia_explain::explain(line) {
                    None => Found::Trace,
                    Some(explanation) if explanation.class.is_some() => Found::Known,
                    Some(_) => Found::Unknown,
                },
            };
            let best = expected.entry(message.to_owned()).or_insert(found);
            *best = found.min(*best);
        }
    }
    println!("{cuts} pieces of logs read");
    println!("{logs} logs, {refused} refusals, {known} with a known message, {placed} with a source line");
    let count = |kind| expected.values().filter(|found| **found == kind).count();
    println!(
        "{} expected texts: {} known messages, {} traces and states, {} unknown, {} not in these logs and not known by themselves",
        expected.len(),
        count(Found::Known),
        count(Found::Trace),
        count(Found::Unknown),
        count(Found::Nowhere),
    );
    for (message, file) in &unknown {
        println!("unknown: {message} ({file})");
    }
    for (message, found) in &expected {
        if matches!(found, Found::Unknown | Found::Nowhere) {
            println!("{found:?}: {message}");
        }
    }
}

/// What became of an expected text; the best comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Known,
    Trace,
    Unknown,
    Nowhere,
}

/// Reads the beginnings and the ends of a log, as they are left by buffers that are too small; how many.
fn cut(log: &str) -> usize {
    let log = log.get(..20_000).unwrap_or(log);
    let places = (0..log.len()).step_by(53).filter(|at| log.is_char_boundary(*at));
    let read = places.map(|at| {
        let (begin, end) = log.split_at(at);
        let _ = osmia_explain::explain(begin);
        let _ = osmia_explain::explain(end);
    });
    2 * read.count()
}
