//! `prog dump`: a program's instructions.
use super::{Done, Failure, Session, Words};
use crate::{
    Extras, InspectError, Jited, OpenProgram, Program, Subject, Xlated, graph_text, jited, jited_json,
    jited_text, open_programs, xlated, xlated_json, xlated_text,
};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// Which instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Xlated,
    Jited,
}

/// What to do with instructions.
#[derive(Default)]
struct Wanted<'a> {
    extras: Extras,
    file: Option<&'a str>,
    visual: bool,
    mapping: bool,
}

/// `{ xlated | jited } PROG …`
pub(super) fn dump(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let stage = match words.need("'xlated' or 'jited'")? {
        word if "jited".starts_with(word) => Stage::Jited,
        word if "xlated".starts_with(word) => Stage::Xlated,
        word => return Err(Failure::words(format!("expected 'xlated' or 'jited', got: {word}"))),
    };
    if words.left().len() < 2 {
        return Err(session.misuse("'dump' needs the handle of a program, two words"));
    }
    let programs = open_programs(&words.handle(Subject::Program)?)?;
    let wanted = wanted(session, words, stage, programs.len())?;
    match stage {
        Stage::Xlated => dump_xlated(session, programs, &wanted),
        Stage::Jited => dump_jited(session, programs, &wanted),
    }
}

fn dump_xlated(session: &mut Session<'_>, programs: Vec<OpenProgram>, wanted: &Wanted<'_>) -> Done {
    let code = |program: OpenProgram| {
        let code = xlated(&program)?;
        Ok((program.facts, code))
    };
    let coded: Result<Vec<(Program, Xlated)>, InspectError> = programs.into_iter().map(code).collect();
    let coded = coded?;
    if let Some(path) = wanted.file {
        return coded.iter().try_for_each(|(_, code)| write_file(path, &code.bytes));
    }
    session.print(
        coded.as_slice(),
        |coded, out| match wanted.visual {
            true => graph_text(coded, wanted.extras, out),
            false => xlated_text(coded, wanted.extras, out),
        },
        |coded, json| xlated_json(coded, wanted.extras, json),
    )
}

fn dump_jited(session: &mut Session<'_>, programs: Vec<OpenProgram>, wanted: &Wanted<'_>) -> Done {
    let code = |program: OpenProgram| {
        let code = jited(&program)?;
        let xlated = if wanted.mapping { Some(xlated(&program)?) } else { None };
        Ok((program.facts, code, xlated))
    };
    let coded: Result<Vec<(Program, Jited, Option<Xlated>)>, InspectError> =
        programs.into_iter().map(code).collect();
    let coded = coded?;
    if let Some(path) = wanted.file {
        return coded.iter().try_for_each(|(_, code, _)| write_file(path, &code.bytes));
    }
    session.print(
        coded.as_slice(),
        |coded, out| jited_text(coded, wanted.extras, out),
        |coded, json| jited_json(coded, wanted.extras, json),
    )
}

fn wanted<'a>(
    session: &Session<'_>,
    mut words: Words<'a>,
    stage: Stage,
    programs: usize,
) -> Result<Wanted<'a>, Failure> {
    let mut wanted = Wanted::default();
    while let Some(word) = words.peek() {
        if words.take("file") {
            wanted.file = Some(words.need("file path")?);
            if programs > 1 {
                return Err(Failure::words("several programs matched"));
            }
        } else if words.take("opcodes") {
            wanted.extras.opcodes = true;
        } else if words.take("linum") {
            wanted.extras.lines = true;
        } else if stage == Stage::Xlated && words.take("visual") {
            wanted.visual = true;
        } else if stage == Stage::Jited && words.take("mapping") {
            wanted.mapping = true;
        } else {
            let words = format!(
                "expected 'file', 'opcodes', 'linum' or 'visual' (of jited 'mapping'), got: '{word}'"
            );
            return Err(session.misuse(words));
        }
    }
    if wanted.visual && session.is_json() {
        return Err(Failure::words("'visual' is not compatible with JSON output"));
    }
    if wanted.visual && programs > 1 {
        return Err(Failure::words("several programs matched"));
    }
    let besides = wanted.extras != Extras::default() || wanted.visual || wanted.mapping;
    if wanted.file.is_some() && besides {
        return Err(session.misuse("a file gets the bare instructions: no other words go with 'file'"));
    }
    Ok(wanted)
}

/// Writes bytes to a file that only its owner reads.
fn write_file(path: &str, bytes: &[u8]) -> Done {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let open = options.open(path);
    let mut file = open.map_err(|error| Failure::io(format!("can't open file {path}"), &error))?;
    file.write_all(bytes).map_err(|error| Failure::io("error writing output file", &error))
}
