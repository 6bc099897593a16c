//! `osmia explain`: why the kernel refuses a program, told of a log or found out by loading.
use crate::portable::gather;
use osmia_explain::{Explanation, Place};
use osmia_loader::{Choice, LoadError, LoadOptions, Rejection};
use osmia_object::{Image, ResolveError, ResolveErrors, elf, resolve_apart};
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

/// What there is to say of one program.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The program; empty for a log, which does not name it, and for what concerns an object as a whole.
    pub program: String,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// How a program ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The verifier took it.
    Accepted,
    /// The verifier refused it.
    Refused(Box<Explanation>),
    /// It wants something that this machine does not have, or that no machine can give it.
    Unfit(Vec<Lack>),
    /// It did not come to the verifier: a map that could not be created, a missing right.
    NotTried(String),
}

/// Something that a program wants in vain.
#[derive(Clone, Debug, Serialize)]
pub struct Lack {
    /// What, in words.
    pub message: String,
    /// Where in the source it is wanted, where the object says so.
    pub place: Option<Place>,
    /// What to do.
    pub advice: Option<String>,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Does not fit: {}", self.message)?;
        if let Some(place) = &self.place {
            writeln!(f, "  at {place}")?;
        }
        match &self.advice {
            Some(advice) => writeln!(f, "  what to do: {advice}"),
            None => Ok(()),
        }
    }
}

impl From<&ResolveError> for Lack {
    fn from(error: &ResolveError) -> Self {
        let place = error.line.as_ref().map(|line| Place {
            file: line.file.clone(),
            line: line.line,
            text: line.text.trim().to_owned(),
        });
        Self { message: error.kind.to_string(), place, advice: error.kind.advice() }
    }
}

impl Explained {
    /// Several, as a JSON array.
    pub fn json(all: &[Self]) -> String {
        serde_json::to_string_pretty(all).unwrap_or_default() + "\n"
    }
}

/// Explains a log of the verifier's.
pub fn explain_log(log: &str) -> Explained {
    let verdict = match osmia_explain::explain(log) {
        None => Verdict::Accepted,
        Some(explanation) if explanation.is_of_a_log() => Verdict::Refused(Box::new(explanation)),
        Some(explanation) => Verdict::NotTried(format!(
            "this is no log of the verifier's: it has no instruction, no figures, and no message that is known: {}",
            explanation.message
        )),
    };
    Explained { program: String::new(), verdict }
}

/// Loads each program of an object by itself, and tells how that ended. Nothing is attached, and nothing stays.
pub fn explain_object(bytes: &[u8], btf: Option<&PathBuf>) -> Result<Vec<Explained>, String> {
    let object = elf::read(bytes).map_err(|error| error.to_string())?;
    let target = gather(&object, btf)?;
    let (image, mut absent) = resolve_apart(&object, &target, "").map_err(|errors| errors.to_string())?;
    let mut all: Vec<Explained> =
        image.programs.iter().map(|program| explain_program(&image, &program.name)).collect();
    // What no program wants is the object's own fault.
    let wanted = image.programs.iter().flat_map(|program| &program.unfit);
    let wanted: HashSet<String> = wanted.map(|error| error.kind.to_string()).collect();
    absent.retain(|error| !wanted.contains(&error.kind.to_string()));
    if !absent.is_empty() {
        let verdict = Verdict::Unfit(lacks(&ResolveErrors(absent)));
        all.push(Explained { program: String::new(), verdict });
    }
    Ok(all)
}

fn explain_program(image: &Image, program: &str) -> Explained {
    let program = program.to_owned();
    // What does not fit this machine, of the other programs or of the structures that they belong to, is not asked for.
    let options = LoadOptions { programs: Choice::Named(vec![program.clone()]), ..LoadOptions::default() };
    let verdict = match osmia_loader::load(image, &options) {
        Ok(_) => Verdict::Accepted,
        Err(LoadError::Program(rejection)) => refused(&rejection),
        Err(LoadError::Unfit(errors)) => Verdict::Unfit(lacks(&errors)),
        Err(error) => Verdict::NotTried(error.to_string()),
    };
    Explained { program, verdict }
}

/// Each thing that is lacking, once.
fn lacks(errors: &ResolveErrors) -> Vec<Lack> {
    let mut told = HashSet::new();
    errors.0.iter().map(Lack::from).filter(|lack| told.insert(lack.message.clone())).collect()
}

/// What the log says, with what else is known of the program.
fn refused(rejection: &Rejection) -> Verdict {
    let Some(mut explanation) = osmia_explain::explain(&rejection.log) else {
        return Verdict::NotTried(rejection.to_string());
    };
    explanation.meaning.clone_from(&rejection.meaning);
    explanation.advice.clone_from(&rejection.advice);
    if let Some(place) = &rejection.place {
        let (file, text) = (place.file.clone(), place.text.trim().to_owned());
        explanation.place = Some(Place { file, line: place.line, text });
    }
    Verdict::Refused(Box::new(explanation))
}
