//! `osmia new`: the projects that it makes are built by the tools that they name, and run.
mod common;

use common::{osmia, run};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A directory of this test's own.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("new-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory");
    dir
}

/// Runs the program that was built until it has told two counts, of which the second is not less and none is 0.
fn counts(program: &Path) {
    let mut child = Command::new(program).stdout(Stdio::piped()).spawn().expect("it was built");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let counts: Vec<u64> = lines
        .take(3)
        .map(|line| line.expect("text"))
        .map(|line| line.strip_suffix(" writes so far").and_then(|it| it.parse().ok()).expect("a count"))
        .collect();
    child.kill().and_then(|()| child.wait()).expect("it ends");
    assert!(counts.len() == 3 && counts.is_sorted() && counts[2] > 0, "{counts:?}");
}

#[test]
fn make_builds_the_project_in_c() {
    let dir = scratch("c");
    let made = run(osmia().current_dir(&dir).args(["new", "hello-there"])).ok();
    assert_eq!(made, "made hello-there; next: cd hello-there && make && sudo ./hello-there\n");
    let project = dir.join("hello-there");
    let ours = format!("OSMIA={}", env!("CARGO_BIN_EXE_osmia"));
    for clang in ["CLANG=", "CLANG=clang-19"] {
        let mut make = Command::new("make");
        let flags = "CFLAGS=-Wall -Werror -Wno-unused-function";
        run(make.current_dir(&project).args([clang, &ours, flags])).ok();
        counts(&project.join("hello-there"));
        run(Command::new("make").current_dir(&project).arg("clean")).ok();
    }
    // Without clang, where that is asked for, the first line says so.
    let refused = run(Command::new("make").current_dir(&project).args(["CLANG=no-such-clang", &ours]));
    assert!(!refused.status.success() && refused.err.starts_with("no-such-clang is missing"), "{refused:?}");
    fs::remove_dir_all(dir).expect("it goes");
}

/// A library as it was built for this test. Of several builds the last one is of this source.
fn library(name: &str) -> String {
    let exe = std::env::current_exe().expect("our name");
    let entries = fs::read_dir(exe.parent().expect("a directory")).expect("what was built").flatten();
    let libraries = entries.filter(|entry| {
        let file = entry.file_name().to_string_lossy().into_owned();
        file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
    });
    let newest = libraries.max_by_key(|entry| entry.metadata().and_then(|it| it.modified()).expect("a time"));
    format!("{name}={}", newest.expect("a library").path().display())
}

/// Compiles a file of the project as cargo does, but against the libraries that are there: cargo would compile all of them again.
fn rustc(project: &Path, source: &str, program: &Path, needs: &str) {
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-C", "debuginfo=0", source, "-o"]).arg(program).current_dir(project);
    rustc.args(["--extern", &library(needs)]).env("OUT_DIR", project);
    // Where a target is named, derives are built elsewhere: for the machine that compiles.
    let deps = std::env::current_exe().expect("our name").parent().expect("a directory").to_owned();
    let profile = deps.parent().expect("the profile's directory").to_owned();
    let host = profile.join("../..").join(profile.file_name().expect("its name")).join("deps");
    for deps in [deps, host] {
        rustc.arg("-L").arg(format!("dependency={}", deps.display()));
    }
    let done = rustc.output().expect("rustc");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_project_in_rust_is_built_by_its_build_script_and_runs() {
    let dir = scratch("rust");
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace");
    let checkout = workspace.to_str().expect("UTF-8");
    run(osmia().current_dir(&dir).args(["new", "hello_r", "--lang", "rust", "--library", checkout])).ok();
    let project = dir.join("hello_r");
    // Cargo understands it. (It stands inside of a workspace here, to which it does not belong.)
    let manifest = fs::read_to_string(project.join("Cargo.toml")).expect("a manifest");
    fs::write(project.join("Cargo.toml"), format!("{manifest}\n[workspace]\n")).expect("a file");
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock")).expect("a lock file");
    let mut cargo = Command::new(env!("CARGO"));
    let tree = run(cargo.current_dir(&project).args(["tree", "--offline", "--depth", "1"])).out;
    for part in ["hello_r v0.1.0", "osmia v", "[build-dependencies]", "osmia-skeleton v"] {
        assert!(tree.contains(part), "{tree}");
    }
    let (script, program) = (project.join("script"), project.join("program"));
    rustc(&project, "build.rs", &script, "osmia_skeleton");
    let build = |clang: &str| {
        run(Command::new(&script).current_dir(&project).env("OUT_DIR", &project).env("CLANG", clang))
    };
    let told = build("clang-19").ok();
    assert!(told.contains("cargo::rerun-if-changed=src/hello_r.bpf.c\n"), "{told}");
    rustc(&project, "src/main.rs", &program, "osmia");
    counts(&program);
    // Without clang it says so.
    let refused = build("no-such-clang");
    assert!(!refused.status.success() && refused.err.contains("no-such-clang cannot be run"), "{refused:#?}");
    fs::remove_dir_all(dir).expect("it goes");
}

#[test]
fn what_cannot_be_made_is_refused() {
    let dir = scratch("refused");
    for name in ["1st", "a b", "test", "naïve", ".."] {
        let refused = run(osmia().current_dir(&dir).args(["new", name])).refused();
        assert!(refused.contains("cannot be the name"), "{refused}");
    }
    fs::write(dir.join("there"), "").expect("a file");
    let refused = run(osmia().current_dir(&dir).args(["new", "there"])).refused();
    assert!(refused.contains("is there already"), "{refused}");
    fs::remove_dir_all(dir).expect("it goes");
}
