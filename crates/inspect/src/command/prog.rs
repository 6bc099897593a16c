//! `prog`: loaded programs.
use super::prog_attach::{attach, detach, pin};
use super::prog_load::{load, loadall};
use super::prog_run::run;
use super::tracelog::tracelog;
use super::{Done, Failure, MAP, Object, PROG, Session, Words, row, term};
use crate::{Extras, Handle, OpenProgram, Program, Refs, Subject, Xlated, open_programs, programs};
use crate::{programs_json, programs_text, xlated, xlated_json, xlated_text};
use osmia_render::Zone;
use osmia_sys::bpf::ObjectKind;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

pub(super) const OBJECT: Object = Object {
    name: "prog",
    help: "loaded programs",
    rows: &[
        row(&["show", "list"], "[PROG]", "tell what is loaded: all of it, or what a handle names", show),
        row(
            &["dump"],
            "xlated PROG [{ file FILE | [opcodes] [linum] }]",
            "show a program's instructions as the kernel runs them",
            dump,
        ),
        row(&["pin"], "PROG FILE", "keep a program under a path in a BPF file system", pin),
        row(
            &["load"],
            "OBJ PATH [type TYPE] [map { idx IDX | name NAME } MAP] ... [pinmaps MAP_DIR]\n\
            [autoattach] [kernel_btf BTF_FILE]",
            "load an object and pin its first program",
            load,
        ),
        row(
            &["loadall"],
            "OBJ PATH [type TYPE] [map { idx IDX | name NAME } MAP] ... [pinmaps MAP_DIR]\n\
            [autoattach] [kernel_btf BTF_FILE]",
            "load an object and pin all its programs in a folder",
            loadall,
        ),
        row(&["attach"], "PROG ATTACH_TYPE [MAP]", "attach a program to a map of sockets", attach),
        row(&["detach"], "PROG ATTACH_TYPE [MAP]", "detach a program from a map of sockets", detach),
        row(
            &["tracelog"],
            "[{ stdout | stderr } PROG]",
            "show what programs print, until a signal; or what one program wrote to its stream",
            tracelog,
        ),
        row(
            &["run"],
            "PROG data_in FILE [data_out FILE [data_size_out L]] [ctx_in FILE [ctx_out FILE [ctx_size_out M]]]\n\
            [repeat N]",
            "run a program on data that are given",
            run,
        ),
    ],
    terms: &[
        PROG,
        MAP,
        term("TYPE", "the beginning of a section's name: socket, kprobe, tracepoint, xdp, cgroup/skb, ..."),
        term(
            "ATTACH_TYPE",
            "{ sk_msg_verdict | sk_skb_verdict | sk_skb_stream_verdict | sk_skb_stream_parser |\n\
            flow_dissector }",
        ),
    ],
};

fn show(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let handle = only_handle(Subject::Program, &mut words)?;
    let mut programs = programs(&handle)?;
    let refs = Refs::gather(session.pins());
    programs.iter_mut().for_each(|program| program.known = refs.of(ObjectKind::Prog, program.id));
    session.print(
        programs.as_slice(),
        |programs, out| programs_text(programs, &Zone::system(), out),
        |programs, json| programs_json(programs, handle != Handle::All, json),
    )
}

/// A handle that is all there is, or nothing, which means all.
pub(super) fn only_handle(subject: Subject, words: &mut Words<'_>) -> Result<Handle, Failure> {
    match words.left() {
        [] => Ok(Handle::All),
        [_, _] => words.handle(subject),
        // More or fewer words than a handle has are not looked at one by one.
        [word, ..] => Err(super::words::stray(word)),
    }
}

/// What to do with instructions.
#[derive(Default)]
struct Wanted<'a> {
    extras: Extras,
    file: Option<&'a str>,
}

fn dump(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    if words.take("jited") {
        return Err(Failure::words("machine code can't be shown yet"));
    }
    if !words.take("xlated") {
        let what = words.need("'xlated' or 'jited'")?;
        return Err(Failure::words(format!("expected 'xlated' or 'jited', got: {what}")));
    }
    if words.left().len() < 2 {
        return Err(session.misuse("'dump xlated' needs the handle of a program, two words"));
    }
    let programs = open_programs(&words.handle(Subject::Program)?)?;
    let wanted = wanted(session, words, programs.len())?;
    let code = |program: OpenProgram| Ok((xlated(&program)?, program.facts));
    let coded: Result<Vec<_>, Failure> = programs.into_iter().map(code).collect();
    let coded: Vec<(Program, Xlated)> = coded?.into_iter().map(|(code, facts)| (facts, code)).collect();
    if let Some(path) = wanted.file {
        return coded.iter().try_for_each(|(_, code)| write_file(path, &code.bytes));
    }
    session.print(
        coded.as_slice(),
        |coded, out| xlated_text(coded, wanted.extras, out),
        |coded, json| xlated_json(coded, wanted.extras, json),
    )
}

fn wanted<'a>(session: &Session<'_>, mut words: Words<'a>, programs: usize) -> Result<Wanted<'a>, Failure> {
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
        } else {
            return Err(session.misuse(format!("expected 'file', 'opcodes' or 'linum', got: '{word}'")));
        }
    }
    if wanted.file.is_some() && wanted.extras != Extras::default() {
        return Err(
            session.misuse("a file gets the bare instructions: neither 'opcodes' nor 'linum' go with 'file'")
        );
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
