//! What is written to files and to standard output gets there, or it is told and nothing is half done.
mod common;

use common::{Done, Scratch, osmia, run};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

/// A script that is not in its form, and longer than [`cramped`] allows.
fn unformatted() -> String {
    "begin { print(1);print(2) }\n".repeat(100)
}

/// osmia where no file has room for more than a block of 512 bytes.
fn cramped(dir: &Scratch, words: &[&str]) -> Done {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_osmia")]);
    run(shell.current_dir(dir.dir()).args(words))
}

/// The names in a directory.
fn names(dir: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(dir.dir()).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Without room a script stays as it is, whether it has one name or two.
#[test]
fn a_script_survives_a_full_disk() {
    let dir = Scratch::new();
    let (script, text) = (dir.path("a.bt"), unformatted());
    dir.write("a.bt", &text);
    let refused = |names_now: &[&str]| {
        let error = cramped(&dir, &["fmt", "a.bt"]).refused();
        assert!(error.starts_with("ERROR: a.bt: "), "{error}");
        assert_eq!(fs::read_to_string(&script).expect("it is there"), text);
        assert_eq!(names(&dir), names_now);
    };
    refused(&["a.bt"]);
    fs::hard_link(&script, dir.path("b.bt")).expect("another name");
    refused(&["a.bt", "b.bt"]);
}

/// A script that is formatted keeps its mode, its owner, its links and its other names.
#[test]
fn a_formatted_script_is_the_same_file_to_others() {
    let dir = Scratch::new();
    let script = dir.write("a.bt", unformatted());
    fs::set_permissions(&script, fs::Permissions::from_mode(0o750)).expect("its mode");
    let owned = std::os::unix::fs::chown(&script, Some(65534), Some(65534)).is_ok();
    symlink("a.bt", dir.path("link.bt")).expect("a link");
    run(osmia().current_dir(dir.dir()).args(["fmt", "link.bt"])).ok();
    let now = fs::metadata(&script).expect("it is there");
    assert_eq!(now.mode() & 0o7777, 0o750);
    assert!(!owned || (now.uid(), now.gid()) == (65534, 65534));
    assert!(fs::symlink_metadata(dir.path("link.bt")).expect("it is there").is_symlink());
    run(osmia().args(["fmt", "--check", &script])).ok();
    // Another name of the file is one still.
    fs::write(&script, unformatted()).expect("as it was");
    fs::hard_link(&script, dir.path("b.bt")).expect("another name");
    run(osmia().args(["fmt", &script])).ok();
    run(osmia().args(["fmt", "--check", &dir.path("b.bt")])).ok();
    assert_eq!(names(&dir), ["a.bt", "b.bt", "link.bt"]);
}

/// Objects, programs and projects are there whole or not at all.
#[test]
fn nothing_is_half_written() {
    let dir = Scratch::new();
    let script = "begin { print(1); }";
    for (option, file) in [("--emit", "a.bpf.o"), ("--aot", "a")] {
        let error = cramped(&dir, &["trace", option, file, "-e", script]).refused();
        assert!(error.starts_with(&format!("ERROR: {file}: ")), "{error}");
        assert_eq!(names(&dir), [""; 0]);
        dir.write(file, "what was there");
        cramped(&dir, &["trace", option, file, "-e", script]).refused();
        assert_eq!(fs::read_to_string(dir.path(file)).expect("it is there"), "what was there");
        fs::remove_file(dir.path(file)).expect("it goes");
    }
    for lang in ["c", "rust"] {
        cramped(&dir, &["new", "over/hello", "--lang", lang]).refused();
        assert_eq!(names(&dir), [""; 0]);
    }
    fs::create_dir(dir.path("hello")).expect("a directory");
    cramped(&dir, &["new", "hello"]).refused();
    assert_eq!(names(&dir), ["hello"]);
    assert_eq!(fs::read_dir(dir.path("hello")).expect("it is there").count(), 0);
}

/// A file that may not be written to is not replaced either.
#[test]
fn a_protected_script_stays() {
    let dir = Scratch::new();
    fs::set_permissions(dir.dir(), fs::Permissions::from_mode(0o777)).expect("everybody's");
    let script = dir.write("a.bt", unformatted());
    fs::set_permissions(&script, fs::Permissions::from_mode(0o444)).expect("its mode");
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_osmia")]);
    run(nobody.args(["fmt", &script])).refused();
    assert_eq!(fs::read_to_string(&script).expect("it is there"), unformatted());
}

/// What is no file is written to, and stays what it is; a program can be run whatever was in its place.
#[test]
fn devices_stay_and_programs_run() {
    let dir = Scratch::new();
    let script = "begin { print(1); }";
    let object = run(osmia().args(["trace", "--emit", "/dev/stdout", "-e", script])).ok();
    assert!(object.starts_with("\u{7f}ELF"), "{object:?}");
    let program = dir.write("a", "");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).expect("its mode");
    run(osmia().args(["trace", "--aot", &program, "-e", script])).ok();
    assert_ne!(fs::metadata(&program).expect("it is there").mode() & 0o100, 0);
}

/// Commands that print.
const PRINTERS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["prog", "help"],
    &["help", "trace"],
    &["man"],
    &["man", "prog"],
    &["completions", "bash"],
    &["doctor"],
    &["doctor", "--json"],
    &["graph"],
    &["graph", "-f", "json"],
    &["explain", "a.log"],
    &["fmt", "-"],
    &["fmt", "--check", "a.bt"],
    &["trace", "--fmt", "a.bt"],
    &["trace", "--info"],
    &["trace", "-l", "software:*"],
    &["trace", "-lv", "software:*"],
    &["trace", "-d", "ast", "a.bt"],
    &["trace", "--mode", "compiler-bench", "a.bt"],
    &["trace", "--vm", "a.bt"],
    &["check", "-f", "json", "a.bt"],
    &["top", "-d", "0.05", "-n", "1"],
    &["new", "hello"],
];

/// osmia with the script `a.bt` for standard input, and standard output as it is given.
fn printed(words: &[&str], out: impl Into<Stdio>) -> (bool, String) {
    let dir = Scratch::new();
    let script = dir.write("a.bt", "begin { print(1);exit() }\n");
    dir.write("a.log", "processed 2 insns (limit 1000000)\n");
    let input = File::open(script).expect("it is there");
    let done = osmia().current_dir(dir.dir()).args(words).stdin(input).stdout(out).output().expect("osmia");
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

/// Output for which there is no room is told and is a failure.
#[test]
fn output_that_is_lost_is_a_failure() {
    for words in PRINTERS {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let (good, error) = printed(words, full);
        assert!(!good && error.contains("rite"), "{words:?}: {error}");
        // bpftool's commands have their own words.
        let own = words[0] == "prog"
            || error.contains("ERROR: cannot write standard output: No space left on device\n");
        assert!(own, "{words:?}: {error}");
    }
}

/// A reader that went away wants no more, which is no failure.
#[test]
fn a_reader_may_go_away() {
    for words in PRINTERS.iter().filter(|words| !words.contains(&"--check")) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let (good, error) = printed(words, writer);
        assert!((good || words[0] == "prog") && !error.contains("cannot write"), "{words:?}: {error}");
    }
}

/// A file of `-o` that has no room is named.
#[test]
fn a_full_file_is_named() {
    for more in [&["--vm"] as &[&str], &["--fmt"]] {
        let words = [&["trace", "-o", "/dev/full", "-e", "begin { print(1); exit(); }"], more].concat();
        let error = run(osmia().args(words)).refused();
        assert!(error.contains("ERROR: cannot write /dev/full: No space left on device\n"), "{error}");
    }
}
