//! Scripts in their form: files rewritten, told of, or printed.
use crate::support::{command, finish, osmia, scratch};
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

const UGLY: &str = "#!/usr/bin/env osmia\nbegin{print(1) ;exit()} // once\n";
const FORMED: &str = "#!/usr/bin/env osmia\nbegin\n{\n  print(1);\n  exit();\n} // once\n";

fn file(name: &str, text: &str) -> String {
    let path = scratch().join(name);
    fs::write(&path, text).expect("a script");
    path.to_string_lossy().into_owned()
}

#[test]
fn files_are_rewritten_in_place() {
    let (ugly, formed) = (file("ugly.bt", UGLY), file("formed.bt", FORMED));
    let told = osmia(&["fmt", "--check", &ugly, &formed]);
    assert_eq!((told.code, told.out.as_str()), (Some(1), format!("{ugly}:2: not formatted\n").as_str()));
    assert_eq!(fs::read_to_string(&ugly).expect("script"), UGLY, "--check writes nothing");
    let before = fs::metadata(&formed).and_then(|facts| facts.modified()).expect("a time");
    assert_eq!(osmia(&["fmt", &ugly, &formed]).ok(), "");
    assert_eq!(fs::read_to_string(&ugly).expect("script"), FORMED);
    let after = fs::metadata(&formed).and_then(|facts| facts.modified()).expect("a time");
    assert_eq!(after, before, "what has its form already is not written");
    assert_eq!(osmia(&["fmt", "--check", &ugly, &formed]).ok(), "");
}

#[test]
fn standard_input_is_printed() {
    let mut child = command(&["fmt", "-"]).stdin(Stdio::piped()).spawn().expect("osmia starts");
    child.stdin.take().expect("piped").write_all(UGLY.as_bytes()).expect("written");
    assert_eq!(finish(child).ok(), FORMED);
}

#[test]
fn wrong_scripts_are_left_as_they_are() {
    let (wrong, ugly) = (file("wrong.bt", "begin { print( }\n"), file("beside.bt", UGLY));
    let done = osmia(&["fmt", &wrong, &ugly, "/nowhere.bt"]);
    assert!(done.refused().contains("wrong.bt:1:") && done.err.contains("/nowhere.bt"), "{done:?}");
    assert_eq!(fs::read_to_string(&wrong).expect("script"), "begin { print( }\n");
    assert_eq!(fs::read_to_string(&ugly).expect("script"), FORMED, "the others get their form");
}

/// bpftrace's command line, the file that is read being the one that is written too.
#[test]
fn under_the_name_of_bpftrace() {
    let link = scratch().join("bpftrace");
    symlink(env!("CARGO_BIN_EXE_osmia"), &link).expect("a link");
    let ugly = file("tidy.bt", UGLY);
    let bpftrace = |args: &[&str]| {
        let mut command = Command::new(&link);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        finish(command.spawn().expect("bpftrace starts"))
    };
    assert_eq!(bpftrace(&["--fmt", &ugly]).ok(), FORMED);
    assert_eq!(bpftrace(&["--mode", "format", "-e", "end{}"]).ok(), "end\n{}\n");
    assert_eq!(bpftrace(&["--fmt", &ugly, "-o", &ugly]).ok(), "");
    assert_eq!(fs::read_to_string(&ugly).expect("script"), FORMED);
    assert!(bpftrace(&["--fmt", "--test", &ugly]).refused().contains("conflicts with existing --mode"));
    assert!(bpftrace(&["--fmt", "-e", "begin {"]).refused().contains("1:8"), "a place");
}
