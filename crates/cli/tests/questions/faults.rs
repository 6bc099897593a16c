//! What goes wrong, and how it ends: words that help, and nothing left behind.
use crate::support::{command, finish, is_loaded, load, osmia, programs_of, script, signal, started};
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn several_errors_with_their_places() {
    let run = script("begin { printf(\"%d\\n\", pidd); @ = cout(); $x = $y; }");
    let message = run.refused();
    assert!(message.contains("stdin:1:24-28: ERROR: Unknown identifier: 'pidd'"), "{message}");
    assert!(message.contains("\n                       ~~~~\nHINT: did you mean `pid`?"), "{message}");
    assert!(
        message.contains("Unknown function: 'cout'") && message.contains("did you mean `count`?"),
        "{message}"
    );
    assert!(message.contains("$y"), "{message}");
}

#[test]
fn probes_that_do_not_exist() {
    let run = script("tracepoint:sched:sched_swich { }");
    assert!(run.refused().contains("did you mean `tracepoint:sched:sched_switch`?"), "{run:?}");
    let run = script(&format!("uprobe:{}:wrok {{ }}", load()));
    assert!(run.refused().contains("work"), "{run:?}");
    let run = script("uprobe:/nonexistent:f { }");
    assert!(run.refused().contains("/nonexistent"), "{run:?}");
}

#[test]
fn a_machine_without_types() {
    let run = osmia(&["trace", "--btf", "/nonexistent", "-e", "begin { print(curtask->pid); }"]);
    assert!(run.refused().contains("/nonexistent"), "{run:?}");
    // Nothing else needs them.
    let run = osmia(&["trace", "-q", "--btf", "/nonexistent", "-e", "begin { print(1); }"]);
    assert_eq!(run.ok(), "1\n\n\n");
}

#[test]
fn a_full_map_is_counted() {
    let run = osmia(&[
        "trace",
        "-e",
        "config = { max_map_keys = 2 } begin { @[1] = 1; @[2] = 1; @[3] = 1; @[4] = 1; }",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains("WARNING: Map full; can't update element. @: 2 updates were lost"), "{run:?}");
}

/// A script that holds programs of several kinds.
const HOLDING: &str = "tracepoint:syscalls:sys_enter_getpgid { @ = count(); } software:page-faults:1000 { @p = count(); } interval:s:60 { } begin { @begun = 1; }";

#[test]
fn signals_end_a_run_in_good_order() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let child = started(&["-q", "-e", HOLDING]);
        let programs = programs_of(child.id());
        assert!(programs.len() >= 3, "{programs:?}");
        signal(&child, name);
        let run = finish(child);
        assert!(run.ok().contains("@begun: 1"), "{name}: {run:?}");
        gone(&programs);
    }
}

#[test]
fn nothing_is_left_of_one_that_is_killed() {
    let text = format!("{HOLDING} uprobe:{}:work {{ @u = count(); }}", load());
    let child = started(&["-q", "-e", &text]);
    let programs = programs_of(child.id());
    signal(&child, "-KILL");
    finish(child);
    gone(&programs);
}

/// The kernel takes a moment to let go of what nobody holds.
fn gone(programs: &[String]) {
    for _ in 0..200 {
        if programs.iter().all(|id| !is_loaded(id)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("still loaded: {programs:?}");
}

#[test]
fn a_closed_pipe_ends_the_run() {
    let mut child =
        command(&["-q", "-e", "interval:ms:5 { printf(\"line\\n\"); }"]).spawn().expect("osmia starts");
    let mut out = child.stdout.take().expect("a pipe");
    let mut bytes = [0; 5];
    out.read_exact(&mut bytes).expect("a line");
    drop(out);
    child.stdout = None;
    let run = finish(child);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.is_empty(), "{run:?}");
}

#[test]
fn a_child_that_ends_ends_the_run() {
    let run = osmia(&["-q", "-e", "interval:s:60 { } begin { @ = 1; }", "-c", "false"]);
    assert!(run.ok().contains("@: 1"), "{run:?}");
    let run = osmia(&["-q", "-e", "begin { }", "-c", "/nonexistent/command"]);
    assert!(run.refused().contains("/nonexistent/command"), "{run:?}");
}

#[test]
fn colours_are_for_terminals() {
    let mut command = command(&["-e", "begin { x }"]);
    let plain = finish(command.stderr(Stdio::piped()).spawn().expect("osmia starts"));
    assert!(!plain.refused().contains('\x1b'), "{plain:?}");
    let forced = finish(command.env("BPFTRACE_COLOR", "always").spawn().expect("osmia starts"));
    assert!(forced.refused().contains("\x1b["), "{forced:?}");
}
