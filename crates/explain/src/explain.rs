//! A whole log, explained.
use crate::line::Line;
use crate::messages::{Class, Meaning, meaning};
use crate::origin::{Station, accessed, origin, station};
use crate::path::{Path, Place};
use crate::registers::words;
use crate::report::Report;
use serde::Serialize;

/// Why a program was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The verifier's own words.
    pub message: String,
    /// What else it says with them.
    pub notes: Vec<String>,
    /// What kind of fault that is, where it is known.
    pub class: Option<Class>,
    /// What is wrong, in plain words.
    pub meaning: Option<String>,
    /// What to write instead.
    pub advice: Option<String>,
    /// The instruction, in slots from the program's beginning.
    pub slot: Option<u32>,
    /// Its text.
    pub insn: Option<String>,
    /// The source line that it comes from.
    pub place: Option<Place>,
    /// The value that was refused.
    pub value: Option<Refused>,
    /// Where that value came from, the newest first.
    pub origin: Vec<Station>,
    /// What the kernel itself says of how it came there (structured reports).
    pub causes: Vec<String>,
    /// What the verifier counted: instructions, states, time.
    pub figures: Vec<String>,
}

/// A register whose value was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Its number.
    pub register: u32,
    /// What it held, as the log writes it.
    pub held: Option<String>,
    /// The same in words.
    pub words: Option<String>,
}

/// Longer lines are no messages of the verifier's: the rest is left out.
const LONGEST: usize = 2_000;

/// Explains the log of a refusal. `None` where the log tells of none: it is empty, or the program was accepted.
pub fn explain(log: &str) -> Option<Explanation> {
    let Read { path, said, figures } = read(log);
    let report = Report::read(log);
    let said: Vec<&str> = said.into_iter().collect();
    let (message, meaning) =
        choose(&said).or_else(|| report.as_ref().map(|report| (report.title.as_str(), None)))?;
    let mut explanation = Explanation {
        message: message.to_owned(),
        notes: said.iter().filter(|line| **line != message).map(|line| (*line).to_owned()).collect(),
        figures: figures.into_iter().map(str::to_owned).collect(),
        ..Explanation::default()
    };
    if let Some(meaning) = meaning {
        explanation.class = Some(meaning.class);
        explanation.meaning = Some(meaning.meaning);
        explanation.advice = Some(meaning.advice);
    }
    explanation.find_place(&path, &said);
    if let Some(report) = report {
        explanation.add_report(report);
    }
    Some(explanation)
}

/// What a log is made of.
struct Read<'a> {
    path: Path<'a>,
    /// What was said after the last instruction.
    said: Vec<&'a str>,
    figures: Vec<&'a str>,
}

fn read(log: &str) -> Read<'_> {
    let mut read = Read { path: Path::default(), said: Vec::new(), figures: Vec::new() };
    for line in log.lines() {
        // Some messages of kernels have no end of line.
        let (line, glued) =
            match line.find("processed ").filter(|at| *at > 0 && line.contains(" insns (limit")) {
                Some(at) => line.split_at(at),
                None => (line, ""),
            };
        for line in [line, glued].map(|line| line.get(..LONGEST).unwrap_or(line)) {
            let line = Line::read(line);
            match line {
                Line::Insn { .. } => read.said.clear(),
                Line::Message(words) => read.said.push(words),
                Line::Figures(figures) => read.figures.push(figures),
                // What follows says the same once more, in its own form.
                Line::Report(..) => return finish(read, log),
                _ => {}
            }
            read.path.add(&line);
        }
    }
    read
}

/// After a report only the figures are of interest.
fn finish<'a>(mut read: Read<'a>, log: &'a str) -> Read<'a> {
    read.figures.extend(log.lines().filter(|line| matches!(Line::read(line), Line::Figures(_))));
    read
}

/// The message that says most: the first that is known, or else the last.
fn choose<'a>(said: &[&'a str]) -> Option<(&'a str, Option<Meaning>)> {
    let known = said.iter().find_map(|message| Some((*message, Some(meaning(message)?))));
    known.or_else(|| said.last().map(|message| (*message, None)))
}

impl Explanation {
    /// Whether something in it is the verifier's for sure: a message that is known, an instruction, its figures. Texts that are no
    /// logs have nothing of that.
    pub fn is_of_a_log(&self) -> bool {
        self.class.is_some() || self.insn.is_some() || !self.figures.is_empty()
    }

    /// Finds the instruction, its line, and the value that was refused.
    fn find_place(&mut self, path: &Path<'_>, said: &[&str]) {
        let named = said.iter().find_map(|message| named_slot(message));
        let step = match named {
            Some(slot) => path.last(slot),
            None => path.steps.len().checked_sub(1),
        };
        self.slot = named.or_else(|| Some(path.steps.get(step?)?.slot));
        let Some(at) = step else {
            self.place = named.map_or_else(|| path.last_place(), |_| None);
            return;
        };
        let Some(found) = path.steps.get(at) else { return };
        self.insn = Some(found.text.to_owned());
        self.place = path.place(at);
        if let Some(acquired) =
            said.iter().find_map(|message| acquired_at(message)).and_then(|slot| path.last(slot))
        {
            self.origin.extend(station(path, acquired, "acquired here"));
        }
        let register = said.iter().find_map(|message| named_register(message)).or_else(|| {
            let through = matches!(self.class, Some(Class::MemorySafety | Class::RegisterTypeSafety));
            through.then(|| accessed(found.text)).flatten()
        });
        let Some(register) = register else { return };
        let held = path.held(at, &format!("R{register}"));
        self.value = Some(Refused { register, held: held.map(str::to_owned), words: held.and_then(words) });
        self.origin.extend(origin(path, at, register));
    }

    /// Takes over what a structured report says better.
    fn add_report(&mut self, report: Report) {
        self.class = Class::named(&report.class).or(self.class);
        if !report.reason.is_empty() {
            self.meaning = Some(report.reason.trim_end_matches('.').to_owned());
        }
        if !report.suggestion.is_empty() {
            self.advice = Some(report.suggestion.trim_end_matches('.').to_owned());
        }
        self.slot = report.slot.or(self.slot);
        if let Some((file, line, _)) = report.at {
            self.place = Some(Place { file, line, text: report.source });
        }
        self.causes = report.causes;
    }
}

/// The instruction that a message names itself: `back-edge from insn 5 to 3`, `unreachable insn 7`.
fn named_slot(message: &str) -> Option<u32> {
    const WORDS: [&str; 7] =
        ["from insn ", "unreachable insn ", "insn #", "at insn ", "(insn ", "insn ", "invalid insn idx "];
    if message.contains("alloc_insn") || message.contains("Processed") {
        return None;
    }
    let rest = WORDS.iter().find_map(|word| message.split_once(word)).map(|(_, rest)| rest)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// The instruction that acquired what is not released: `Unreleased reference id=2 alloc_insn=5`.
fn acquired_at(message: &str) -> Option<u32> {
    let number = message.split_once("alloc_insn=")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The register that a message names: `R3 !read_ok`.
fn named_register(message: &str) -> Option<u32> {
    let at = message.match_indices('R').map(|(at, _)| at).find(|at| {
        let bytes = message.as_bytes();
        let begins = *at == 0 || matches!(bytes.get(at - 1), Some(b' ' | b','));
        begins && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    })?;
    let digits = message.get(at + 1..)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok().filter(|number| *number <= 10)
}
