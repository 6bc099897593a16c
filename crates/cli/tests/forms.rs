//! Stacks in the forms that other tools read.
mod common;

use common::{Scratch, osmia, run};
use std::process::Command;

const DEEP: &str = r#"
__attribute__((noinline)) int leaf(int n) { __asm__ volatile("" : "+r"(n)); return n; }
__attribute__((noinline)) int middle(int n) { return leaf(n) + 1; }
int main(void) { int n = 0; for (int i = 0; i < 5; i++) n += middle(i); return n == 0; }
"#;

fn traced(form: &[&str]) -> (String, common::Done) {
    let scratch = Scratch::new();
    let deep =
        scratch.compile("deep", DEEP, &["-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls"]);
    let script = format!("uprobe:{deep}:leaf {{ @[ustack(3), comm] = count(); printf(\"beside\\n\"); }}");
    let out = scratch.path("out");
    let done = run(osmia().args(["-q", "-o", &out]).args(form).args(["-e", &script, "-c", &deep]));
    assert!(done.status.success(), "{done:?}");
    if form == ["-f", "pprof"] {
        let text = run(Command::new("sh").args(["-c", "gzip -dc < \"$0\"", &out]));
        return (text.out, done);
    }
    (std::fs::read_to_string(&out).expect("output"), done)
}

/// Lines for flame graphs: root first, the name of the program in front, and nothing else on the output.
#[test]
fn folded() {
    let (out, done) = traced(&["-f", "folded"]);
    // At its first instruction a function has no frame yet: kernels before 6.11 leave its caller out.
    let line = out.strip_suffix(" 5\n").unwrap_or_else(|| panic!("one line of five: {out:?}"));
    let frames: Vec<&str> = line.split(';').collect();
    assert_eq!((frames.first(), frames.last()), (Some(&"deep"), Some(&"leaf")), "{out}");
    assert!(frames.contains(&"main"), "{out}");
    assert_eq!(done.err.matches("beside").count(), 5, "{done:?}");
}

/// What has no place in the form is told once, and is a loss.
#[test]
fn what_is_no_stack_is_told() {
    let script = "begin { @text = \"x\"; @n[1] = 2; print(@text); }";
    let done = run(osmia().args(["-q", "-f", "folded", "-e", script]));
    assert!(done.status.success() && done.out == "1 2\n", "{done:?}");
    assert_eq!(done.err.matches("WARNING: @text: nothing of it is a stack").count(), 1, "{done:?}");
    assert!(!run(osmia().args(["-q", "--strict", "-f", "folded", "-e", script])).status.success());
}

/// A profile that is gzip's and holds the names; what it says is tried in `osmia-render`.
#[test]
fn pprof() {
    let (profile, done) = traced(&["-f", "pprof"]);
    for name in ["leaf", "main", "deep", "count", "key1"] {
        assert!(profile.contains(name), "{name}: {profile:?}");
    }
    assert_eq!(done.err.matches("beside").count(), 5, "{done:?}");
}

/// Typed JSON.
#[test]
fn ndjson() {
    let script = "begin { @x[1, \"a b\"] = 5; @h = hist(70000); printf(\"%d\\n\", 1); }";
    let out = run(osmia().args(["-f", "ndjson", "-e", script])).ok();
    let lines = common::json_lines(&out);
    let map = lines.iter().find(|line| line["map"] == "@x").expect("@x");
    assert_eq!(map["entries"], serde_json::json!([{ "key": [1, "a b"], "value": 5 }]));
    let hist = lines.iter().find(|line| line["map"] == "@h").expect("@h");
    assert_eq!(hist["entries"][0]["buckets"][0]["min"], 65536);
    assert!(lines.iter().all(|line| line["v"] == 1), "{out}");
}
