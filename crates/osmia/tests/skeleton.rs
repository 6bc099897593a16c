//! Rust skeletons: made as a build script makes them, compiled against this library and run on this kernel.
use osmia_skeleton::{BuildError, Builder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = include_str!("package/tool.bpf.c");
const USER: &str = include_str!("package/user.rs");

/// A directory that goes when the test ends well.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory");
    dir
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{errors}");
    output
}

/// The library as it was built for this test, and where what it needs is. Of several builds the last one is of this source.
fn library() -> (PathBuf, PathBuf) {
    let exe = std::env::current_exe().expect("our name");
    let deps = exe.parent().expect("a directory").to_owned();
    let entries = fs::read_dir(&deps).expect("what was built").flatten();
    let libraries = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("libosmia-") && name.ends_with(".rlib")
    });
    let newest = libraries.max_by_key(|entry| entry.metadata().and_then(|it| it.modified()).expect("a time"));
    (newest.expect("the library").path(), deps)
}

/// Compiles a program against the library; `out` stands for a build script's `OUT_DIR`.
fn rustc(source: &Path, out: &Path, program: &Path) {
    let (library, deps) = library();
    let mut rustc = Command::new("rustc");
    rustc
        .args(["--edition", "2024", "-C", "debuginfo=0"])
        .env("OUT_DIR", out)
        .arg(source)
        .arg("-o")
        .arg(program);
    rustc.arg("--extern").arg(format!("osmia={}", library.display()));
    // Where a target is named, derives are built elsewhere: for the machine that compiles.
    let profile = deps.parent().expect("the profile's directory").to_owned();
    let host = profile.join("../..").join(profile.file_name().expect("its name")).join("deps");
    for deps in [deps, host] {
        rustc.arg("-L").arg(format!("dependency={}", deps.display()));
    }
    succeed(&mut rustc);
}

fn compile(dir: &Path) -> PathBuf {
    let object = dir.join("other.bpf.o");
    let clang = ["-g", "-O2", "-mcpu=v3", "--target=bpf", "-c", "tool.bpf.c", "-o"];
    succeed(Command::new("clang-19").args(clang).arg(&object).current_dir(dir));
    object
}

/// What a build script makes of an object, and what `gen skeleton --lang rust` writes, do in a program what they say.
#[test]
fn a_program_with_a_skeleton_runs() {
    let dir = scratch("tool");
    fs::write(dir.join("tool.bpf.c"), PROGRAM).expect("a file");
    fs::write(dir.join("user.rs"), USER).expect("a file");
    let object = compile(&dir);
    let bytes = fs::read(&object).expect("an object");
    let read = osmia_object::elf::read(&bytes).expect("an object");
    let text = osmia_skeleton::rust::module(&read, &bytes, "other").expect("a skeleton");
    fs::write(dir.join("written.rs"), text).expect("a file");
    Builder::new(&object).name("tool").output(dir.join("tool.skel.rs")).build().expect("a skeleton");
    rustc(&dir.join("user.rs"), &dir, &dir.join("user"));
    let output = succeed(&mut Command::new(dir.join("user")));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "all is well\n");
    fs::remove_dir_all(&dir).expect("it goes");
}

/// Where a build script cannot do its work it says what to do.
#[test]
fn build_scripts_are_told_what_is_missing() {
    let dir = scratch("refused");
    let output = dir.join("x.skel.rs");
    let broken = dir.join("broken.o");
    fs::write(&broken, "no object").expect("a file");
    let error = Builder::new(&broken).output(&output).build().expect_err("no object");
    assert!(matches!(&error, BuildError::Object(path, _) if *path == broken), "{error}");
    let error = Builder::new(dir.join("absent.o")).output(&output).build().expect_err("no file");
    assert!(matches!(error, BuildError::File(..)), "{error}");
    assert!(matches!(Builder::new(&broken).build(), Err(BuildError::Nowhere)));
    fs::remove_dir_all(&dir).expect("it goes");
}
