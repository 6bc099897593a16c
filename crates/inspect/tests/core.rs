//! `core check` against the types of made-up kernels.
use osmia_inspect::command;
use std::fs;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "
#define SEC(name) __attribute__((section(name), used))
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
struct task { int pid; int gone; struct { int deep; } in; int list[4]; };
struct newer { int x; };
#pragma clang attribute pop
SEC(\"socket\") int filter(struct task *task)
{
	int sum = task->pid;
	sum += task->in.deep + task->list[2];
	if (__builtin_preserve_field_info(task->gone, 2))
		sum += task->gone;
	if (__builtin_preserve_type_info(*(struct newer *)0, 0))
		sum++;
	return sum;
}
";

fn compile(dir: &Path, name: &str, source: &str) -> String {
    let (from, to) = (dir.join(name).with_extension("c"), dir.join(name).with_extension("o"));
    fs::write(&from, source).expect("a file");
    let done = Command::new("clang-19")
        .args(["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c"])
        .arg(&from)
        .arg("-o")
        .arg(&to)
        .status();
    assert!(done.expect("clang-19").success());
    to.to_str().expect("UTF-8").to_owned()
}

#[test]
fn relocations_are_told_per_kernel_with_their_lines() {
    let dir = std::env::temp_dir().join(format!("osmia-core-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    let object = compile(&dir, "program", PROGRAM);
    let whole =
        "struct task { int pid; int gone; struct { int deep; } in; int list[4]; }; struct newer { int x; };
        int use(struct task *t, struct newer *n) { return t->pid + n->x; }";
    let moved = "struct task { long first; int pid; struct { int before, deep; } in; }; int use(struct task *t) { return t->pid; }";
    let (same, other) = (compile(&dir, "same", whole), compile(&dir, "moved", moved));
    let run = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let status = command::run("osmia", &words, &mut out, &mut errors);
        (status, String::from_utf8(out).expect("UTF-8"), String::from_utf8(errors).expect("UTF-8"))
    };
    let (status, out, errors) = run(&["core", "check", &object, "btf", &same]);
    assert_eq!((status, errors.as_str()), (0, ""), "{out}");
    assert!(out.ends_with(&format!("{same}: 6 relocations, 0 moved, 0 absent, 0 bad\n")), "{out}");
    let (status, out, _) = run(&["core", "check", &object, "btf", &same, "btf", &other]);
    assert_eq!(status, 1, "{out}");
    for part in [
        "program.c:9: int sum = task->pid;\n    filter insn 0: byte_off struct task.pid\n",
        ": moved (0 -> 8)\n",
        "byte_off struct task.in.deep\n",
        ": moved (8 -> 16)\n",
        "byte_off struct task.list[2]\n",
        ": MISSING\n",
        "field_exists struct task.gone\n",
        "type_exists struct newer\n",
        ": absent\n",
    ] {
        assert!(out.contains(part), "{part:?} in\n{out}");
    }
    let (status, out, _) = run(&["-j", "core", "check", &object, "btf", &other]);
    assert_eq!(status, 1);
    assert!(
        out.contains("\"subject\":\"struct task.pid\",\"kernels\":[{")
            && out.contains("\"answer\":\"moved\",\"local\":0,\"value\":8"),
        "{out}"
    );
    let (status, out, _) = run(&["core", "check", &object]);
    assert_eq!(status, 1, "{out}");
}
