//! What the tests use of the machine: compilers, bpftool, the kernel's BTF.
#![allow(dead_code, reason = "every test file uses a part of it")]
use osmia_btf::Btf;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The running kernel's BTF.
pub(crate) fn kernel() -> Btf {
    Btf::parse(fs::read("/sys/kernel/btf/vmlinux").expect("a kernel with BTF"))
        .expect("the kernel's BTF can be read")
}

/// A directory of this test's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join("osmia-btf").join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

/// Runs a program and returns what it printed; it must succeed.
pub(crate) fn run(program: &str, args: &[&str]) -> String {
    let output =
        Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {args:?}: {}\n{}",
        output.status,
        &errors[..errors.len().min(4000)]
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Compiles a file of `tests/c` for BPF and returns the object's path.
pub(crate) fn compile(source: &str, dir: &Path) -> PathBuf {
    let object = dir.join(source).with_extension("o");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(source);
    run(
        "clang-19",
        &[
            "-target",
            "bpf",
            "-O2",
            "-g",
            "-mcpu=v3",
            "-c",
            text(&source),
            "-o",
            text(&object),
            "-D__TARGET_ARCH_x86",
        ],
    );
    object
}

/// A section of an object.
pub(crate) fn section(object: &Path, name: &str) -> Vec<u8> {
    let out = object.with_extension(name.trim_start_matches('.').replace('/', "_"));
    run("llvm-objcopy-19", &["--dump-section", &format!("{name}={}", text(&out)), text(object), "/dev/null"]);
    fs::read(out).expect("the section that was dumped")
}

/// A path as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Compares texts line by line, so that a difference is readable.
pub(crate) fn assert_same_lines(ours: &str, theirs: &str) {
    for (number, (our, their)) in ours.lines().zip(theirs.lines()).enumerate() {
        assert_eq!(our, their, "line {}", number + 1);
    }
    assert_eq!(ours.lines().count(), theirs.lines().count(), "number of lines");
}
