//! Bringing an object up: which of its programs are loaded here, and attached where.
//!
//! Objects that are to run on many kernels have programs for places that some of them lack, and two programs for one place,
//! by different techniques. Their own loaders choose; without one it is chosen by two rules, and what was left out is told:
//!
//! * a program whose place is not on this machine is left out;
//! * of programs for one and the same event by different techniques (a function by trampoline and by kprobe, a tracepoint
//!   with and without types), the first technique that works here is taken. The others would count everything twice.
//!
//! A program that the verifier refuses is an error, always.
mod sizes;

use crate::arrivals::{Streams, open_streams};
use osmia_abi::ProgramType;
use osmia_loader::{AttachError, AttachOptions, Attachment, LoadError, LoadOptions, Loaded, LoadedProgram};
use osmia_object::place::Wish;
use osmia_object::{Attach, Image, ImageProgram, Object, ProbeSide, Program, ResolveErrorKind, Target};
use std::collections::{BTreeMap, BTreeSet};

/// What is said of the programs of an object.
#[derive(Clone, Debug, Default)]
pub struct Placing {
    /// Places for programs, by their names, in place of what their sections say; of one program there may be several.
    pub places: Vec<(String, Wish)>,
    /// Only these programs; all that want to be loaded where nothing stands.
    pub only: Vec<String>,
    /// Programs whose place is not there are an error.
    pub strict: bool,
    /// Programs for one event by several techniques are all attached.
    pub variants: bool,
    /// What else there is to say about attaching.
    pub attach: AttachOptions,
}

impl Placing {
    /// Where a program goes, and how: the place that it was loaded for, and what was said after that.
    fn of<'a>(&'a self, program: &'a LoadedProgram) -> impl Iterator<Item = (&'a Attach, AttachOptions)> {
        let mut said = self.places.iter().filter(|(name, _)| *name == program.name).map(|(_, wish)| wish);
        let first = (&program.attach, said.next().and_then(|wish| wish.cookie));
        let all = std::iter::once(first).chain(said.map(|wish| (&wish.attach, wish.cookie)));
        all.map(|(place, cookie)| (place, self.options(place, cookie)))
    }

    /// What was said of all places, and of this one.
    fn options(&self, place: &Attach, cookie: Option<u64>) -> AttachOptions {
        let for_all = if place.takes_cookie() { self.attach.cookie } else { 0 };
        AttachOptions { cookie: cookie.unwrap_or(for_all), ..self.attach.clone() }
    }
}

/// An object that is up.
#[derive(Debug)]
pub(crate) struct Up {
    pub(crate) image: Image,
    pub(crate) loaded: Loaded,
    /// Programs in their places, by their names.
    pub(crate) attached: Vec<(String, Attachment)>,
    /// What they send; opened before any of them ran.
    pub(crate) streams: Streams,
    /// Programs that were left out, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// Sizes that were chosen for maps, in lines.
    pub(crate) sizes: Vec<String>,
}

/// How an object is to be brought up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bringing<'a> {
    /// The object's name.
    pub(crate) name: &'a str,
    /// What is said of its programs.
    pub(crate) placing: &'a Placing,
    /// Whether the kernel's log is shown where it refuses one.
    pub(crate) verbose: bool,
    /// Who reads what they send.
    pub(crate) reader: Reader,
}

/// Who reads what programs send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// This process.
    Here,
    /// Whoever opens what is pinned.
    Elsewhere,
}

/// Why it did not come up.
enum Failure {
    /// For good.
    Final(String),
    /// It may, without these programs.
    Without(BTreeMap<String, String>),
}

impl From<String> for Failure {
    fn from(words: String) -> Self {
        Self::Final(words)
    }
}

/// The name of an object's only program.
pub fn only_program(bytes: &[u8]) -> Result<String, String> {
    let object = osmia_object::elf::read(bytes).map_err(|error| error.to_string())?;
    let programs = object.functions.values().filter(|function| function.program.is_some());
    let names: Vec<&str> = programs.map(|function| function.name.as_str()).collect();
    match names[..] {
        [] => Err("the object has no programs".to_owned()),
        [one] => Ok(one.to_owned()),
        [first, ..] => Err(format!(
            "the object has several programs ({}): say which, as in `FILE:{first}`",
            names.join(", ")
        )),
    }
}

/// Puts what is said of its programs into the object.
pub(crate) fn choose(object: &mut Object, placing: &Placing) -> Result<(), String> {
    let names: BTreeSet<String> = object
        .functions
        .iter()
        .filter(|(_, function)| function.program.is_some())
        .map(|(_, f)| f.name.clone())
        .collect();
    let asked = placing.places.iter().map(|(name, _)| name).chain(&placing.only);
    if let Some(name) = asked.into_iter().find(|name| !names.contains(*name)) {
        let nearest = osmia_base::nearest(name, names.iter().map(String::as_str));
        let hint = nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        return Err(format!("the object has no program `{name}`{hint}"));
    }
    for (_, function) in object.functions.iter_mut() {
        let Some(program) = &mut function.program else { continue };
        let wishes = placing.places.iter().filter(|(name, _)| *name == function.name);
        for (number, (_, wish)) in wishes.enumerate() {
            fits_kind(&function.name, &function.section, program.kind, wish)?;
            if number > 0 {
                fits_with(&function.name, program, wish)?;
                continue;
            }
            program.attach = wish.attach.clone();
            program.attach_type = wish.attach_type.or(program.attach_type);
            program.autoload = true;
        }
        if !placing.only.is_empty() {
            program.autoload = placing.only.contains(&function.name);
        }
    }
    Ok(())
}

/// Whether a place takes programs of this kind.
fn fits_kind(name: &str, section: &str, kind: ProgramType, wish: &Wish) -> Result<(), String> {
    match wish.kind.filter(|wanted| *wanted != kind) {
        None => Ok(()),
        Some(wanted) => Err(format!(
            "`{name}` is a {} program (section {section}), and that place takes {} programs",
            kind.name(),
            wanted.name()
        )),
    }
}

/// Whether a program that is loaded for its first place can be attached at another one too.
fn fits_with(name: &str, program: &Program, wish: &Wish) -> Result<(), String> {
    let bound = |place: &Attach| {
        matches!(
            place,
            Attach::Trampoline { .. }
                | Attach::ProgramTrampoline { .. }
                | Attach::ModifyReturn { .. }
                | Attach::Replace { .. }
                | Attach::Lsm { .. }
                | Attach::BtfTracepoint { .. }
                | Attach::Iterator { .. }
        )
    };
    if bound(&program.attach) || bound(&wish.attach) {
        return Err(format!(
            "`{name}` has several places, and a program for one of them is loaded for that alone: \
             give it one place, and load the object once more for the other"
        ));
    }
    match wish.attach_type.is_none_or(|wanted| program.attach_type == Some(wanted)) {
        true => Ok(()),
        false => Err(format!("the places of `{name}` want programs that are loaded for different hooks")),
    }
}

/// Loads and attaches what can be. `target` is the machine as far as the object wants to know it.
pub(crate) fn bring_up(object: &mut Object, target: &Target, wish: &Bringing<'_>) -> Result<Up, String> {
    let mut left_out = BTreeMap::new();
    loop {
        match attempt(object, target, wish) {
            Ok(mut up) => {
                left_out.append(&mut up.left_out);
                if up.attached.is_empty() && !left_out.is_empty() {
                    return Err(nothing_left(&left_out));
                }
                return Ok(Up { left_out, ..up });
            }
            Err(Failure::Final(words)) => return Err(words),
            Err(Failure::Without(programs)) => {
                if wish.placing.strict {
                    return Err(nothing_left(&programs));
                }
                if !leave_out(object, &programs) {
                    return Err(nothing_left(&programs));
                }
                left_out.extend(programs);
            }
        }
    }
}

/// Whether any of these programs was to be loaded before; it is not any more.
fn leave_out(object: &mut Object, programs: &BTreeMap<String, String>) -> bool {
    let mut changed = false;
    for (_, function) in object.functions.iter_mut() {
        if let Some(program) = function.program.as_mut().filter(|program| program.autoload) {
            program.autoload = !programs.contains_key(&function.name);
            changed |= !program.autoload;
        }
    }
    changed
}

fn nothing_left(left_out: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = left_out.iter().map(|(name, why)| format!("\n  {name}: {why}")).collect();
    format!("nothing of it can be attached here:{}", lines.concat())
}

fn attempt(object: &Object, target: &Target, wish: &Bringing<'_>) -> Result<Up, Failure> {
    let placing = wish.placing;
    let mut image = osmia_object::resolve_named(object, target, wish.name).map_err(|errors| {
        // Types that are not there are the only reasons that leave something to be tried.
        let absent = errors.0.iter().filter(|error| matches!(error.kind, ResolveErrorKind::NoAttachType(_)));
        let absent: BTreeMap<String, String> =
            absent.map(|error| (error.place.clone(), error.to_string())).collect();
        if absent.len() == errors.0.len() {
            Failure::Without(absent)
        } else {
            Failure::Final(errors.to_string())
        }
    })?;
    let sizes = sizes::give_sizes(&mut image);
    let spare = if placing.variants { BTreeMap::new() } else { variants(&image, &placing.places) };
    for program in &mut image.programs {
        program.autoload &= !spare.contains_key(&program.name);
    }
    let loaded = osmia_loader::load(&image, &LoadOptions::default())
        .map_err(|error| refused(&error, &image, &spare, wish.verbose))?;
    let streams = match wish.reader {
        Reader::Here => open_streams(&loaded).map_err(|error| Failure::Final(error.to_string()))?,
        Reader::Elsewhere => Vec::new(),
    };
    let mut attached = structures(&loaded)?;
    let mut absent = BTreeMap::new();
    for program in &loaded.programs {
        if matches!(program.attach, Attach::Nowhere | Attach::TestRun) {
            continue;
        }
        for (place, options) in placing.of(program) {
            match osmia_loader::attach(program, place, &options) {
                Ok(attachment) => add(&mut attached, &program.name, attachment),
                Err(AttachError { kind, place, .. }) if kind.is_absence() => {
                    let reasons: &mut String = absent.entry(program.name.clone()).or_default();
                    let gap = if reasons.is_empty() { "" } else { "; " };
                    reasons.push_str(&format!("{gap}{place}: {kind}"));
                }
                Err(error) => {
                    osmia_loader::detach_all(attached.into_iter().map(|(_, it)| it).collect());
                    return Err(Failure::Final(error.to_string()));
                }
            }
        }
    }
    // Another program may do for one that is not there: that has to be loaded first.
    let replaced = absent.keys().any(|name| spare.values().any(|better| better == name));
    if replaced || placing.strict && !absent.is_empty() {
        osmia_loader::detach_all(attached.into_iter().map(|(_, attachment)| attachment).collect());
        return Err(Failure::Without(absent));
    }
    let unknown = loaded.skipped.clone();
    let covered = spare.into_iter().map(|(name, better)| (name, format!("`{better}` does the same")));
    let left_out = absent.into_iter().chain(covered).chain(unknown).collect();
    Ok(Up { image, loaded, attached, streams, left_out, sizes })
}

/// Adds to what a program is attached by.
fn add(attached: &mut Vec<(String, Attachment)>, name: &str, attachment: Attachment) {
    match attached.last_mut().filter(|(last, _)| last == name) {
        Some((_, whole)) => whole.join(attachment),
        None => attached.push((name.to_owned(), attachment)),
    }
}

/// All structures of functions, registered.
fn structures(loaded: &Loaded) -> Result<Vec<(String, Attachment)>, Failure> {
    let mut registered = Vec::new();
    for map in &loaded.maps {
        match osmia_loader::register(map) {
            None => {}
            Some(Ok(attachment)) => registered.push((map.name.clone(), attachment)),
            Some(Err(error)) => return Err(Failure::Final(error.to_string())),
        }
    }
    Ok(registered)
}

/// A refusal to load; a program whose place the machine cannot have is left out, and one for which there is another.
fn refused(error: &LoadError, image: &Image, spare: &BTreeMap<String, String>, verbose: bool) -> Failure {
    let LoadError::Program(rejection) = error else { return Failure::Final(error.to_string()) };
    let absent = rejection.is_absence();
    let by_trampoline = |p: &&ImageProgram| matches!(p.attach, Attach::Trampoline { .. });
    let has_other = |p: &&ImageProgram| spare.values().any(|better| *better == p.name);
    // What this machine lacks for one it lacks for all.
    let all = image.programs.iter().filter(|program| program.autoload);
    let lacking: Vec<_> = all.filter(by_trampoline).filter(|program| absent || has_other(program)).collect();
    if rejection.insn.is_none() && lacking.iter().any(|program| program.name == rejection.program) {
        let words = rejection.meaning.as_ref().filter(|_| absent).unwrap_or(&rejection.reason);
        let why = match rejection.advice.as_ref().filter(|_| absent) {
            Some(advice) => format!("{words}; {advice}"),
            None => words.clone(),
        };
        return Failure::Without(lacking.iter().map(|p| (p.name.clone(), why.clone())).collect());
    }
    match verbose {
        true => Failure::Final(format!("{error}\n{}", rejection.log)),
        false => Failure::Final(error.to_string()),
    }
}

/// An event, whatever the technique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event<'a> {
    Function(&'a str, bool),
    Tracepoint(&'a str),
}

/// Programs that do by another technique what a better one does, and which that is. Places that somebody chose are not
/// looked at.
fn variants(image: &Image, chosen: &[(String, Wish)]) -> BTreeMap<String, String> {
    let mut best = BTreeMap::<Event<'_>, (u8, &str)>::new();
    let all: Vec<(Event<'_>, u8, &str)> = image
        .programs
        .iter()
        .filter(|program| program.autoload && !chosen.iter().any(|(name, _)| *name == program.name))
        .filter_map(|program| {
            event(&program.attach).map(|(event, rank)| (event, rank, program.name.as_str()))
        })
        .collect();
    for (event, rank, name) in &all {
        let entry = best.entry(event.clone()).or_insert((*rank, name));
        if *rank < entry.0 {
            *entry = (*rank, name);
        }
    }
    let worse = all.into_iter().filter_map(|(event, rank, name)| {
        let (first, better) = best.get(&event)?;
        (rank > *first).then(|| (name.to_owned(), (*better).to_owned()))
    });
    worse.collect()
}

/// Of which event a place is, and how good its technique is: less is better.
fn event(place: &Attach) -> Option<(Event<'_>, u8)> {
    match place {
        Attach::Trampoline { function, side, .. } => {
            Some((Event::Function(function, *side == ProbeSide::Return), 0))
        }
        Attach::Kprobe { function, offset: 0, side, .. } => {
            Some((Event::Function(function, *side == ProbeSide::Return), 1))
        }
        Attach::BtfTracepoint { name } => Some((Event::Tracepoint(name), 0)),
        Attach::RawTracepoint { name } => Some((Event::Tracepoint(name), 1)),
        _ => None,
    }
}
