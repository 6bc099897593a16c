//! `prog`: loaded programs.
use super::prog_attach::{attach, detach, pin};
use super::prog_dump::dump;
use super::prog_load::{load, loadall};
use super::prog_profile::profile;
use super::prog_run::run;
use super::tracelog::tracelog;
use super::{Done, Failure, MAP, Object, PROG, Session, Words, row, term};
use crate::{Handle, Refs, Subject, programs, programs_json, programs_text};
use osmia_render::Zone;
use osmia_sys::bpf::ObjectKind;

pub(super) const OBJECT: Object = Object {
    name: "prog",
    help: "loaded programs",
    rows: &[
        row(&["show", "list"], "[PROG]", "tell what is loaded: all of it, or what a handle names", show),
        row(
            &["dump"],
            "{ xlated | jited } PROG [{ file FILE | [opcodes] [linum] [visual] [mapping] }]",
            "show a program's instructions as the verifier left them, or as machine code; as a graph (visual); machine\n\
            code together with what it was made of (mapping)",
            dump,
        ),
        row(&["pin"], "PROG FILE", "keep a program under a path in a BPF file system", pin),
        row(
            &["load"],
            "OBJ PATH [type TYPE] [map { idx IDX | name NAME } { MAP | exclusive PROGRAM }] ...\n\
            [{ offload_dev | xdpmeta_dev } NAME] [pinmaps MAP_DIR] [autoattach] [kernel_btf BTF_FILE]",
            "load an object and pin its first program",
            load,
        ),
        row(
            &["loadall"],
            "OBJ PATH [type TYPE] [map { idx IDX | name NAME } { MAP | exclusive PROGRAM }] ...\n\
            [{ offload_dev | xdpmeta_dev } NAME] [pinmaps MAP_DIR] [autoattach] [kernel_btf BTF_FILE]",
            "load an object and pin all its programs in a folder",
            loadall,
        ),
        row(&["attach"], "PROG ATTACH_TYPE [MAP]", "attach a program to a map of sockets", attach),
        row(&["detach"], "PROG ATTACH_TYPE [MAP]", "detach a program from a map of sockets", detach),
        row(
            &["profile"],
            "PROG [duration DURATION] METRIC...",
            "count what the processor does while a program runs, for so many seconds or until a signal",
            profile,
        ),
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
        term(
            "METRIC",
            "{ cycles | instructions | l1d_loads | llc_misses | itlb_misses | dtlb_misses | cpu_clock_ns }",
        ),
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
