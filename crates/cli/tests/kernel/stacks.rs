//! Stacks: their forms, and what stands in their frames.
use crate::common::{Scratch, osmia, run, script, script_with};

/// Four functions deep, and nothing inlined unless it says so.
const DEEP: &str = "
#define FAR __attribute__((noipa)) int
FAR leaf(int n) { __asm__ volatile(\"\"); return n; }
FAR middle(int n) { return leaf(n + 1) + 1; }
FAR top(int n) { return middle(n + 1) + 1; }
int main(void) { return top(1) == 0; }
";

const FRAMES: &[&str] = &["-O1", "-fno-omit-frame-pointer"];

#[test]
fn how_many_frames_a_stack_has() {
    let scratch = Scratch::new();
    let deep = scratch.compile("deep", DEEP, FRAMES);
    let text = format!(
        "uprobe:{deep}:leaf {{
             $three = ustack(3); @kept[1] = ustack(2); $pair = (1, ustack(raw, 1));
             print((len($three), len(@kept[1]), len($pair.1), len(ustack(build_id, 2)), len(ustack) > 3));
         }}
         begin {{ print((len(kstack(1)), len(kstack(2)), len(kstack) > 2)); }}"
    );
    let out = script_with(&text, &deep);
    assert!(out.starts_with("(1, 2, true)\n(3, 2, 1, 2, true)\n"), "{out}");
}

#[test]
fn longer_stacks_than_the_kernel_takes_down() {
    let out = script(
        "begin { print(kstack(raw, 1024)); print(ustack(build_id, 1000)); @[kstack(500)] = count(); }",
    );
    assert!(out.starts_with("\nffffffff") && out.contains("@[\n        bpf_prog_"), "{out}");
}

#[test]
fn places_in_files_by_their_build_ids() {
    let scratch = Scratch::new();
    let id = "0123456789abcdef0123456789abcdef01234567";
    let deep =
        scratch.compile("deep", DEEP, &[FRAMES, &["-no-pie", &format!("-Wl,--build-id=0x{id}")]].concat());
    let text = format!(
        "uprobe:{deep}:leaf {{
             print(ustack(build_id, 2)); @[ustack(build_id)] = count(); printf(\"%x\\n\", reg(\"ip\") - 0x400000);
         }}"
    );
    let out = script_with(&text, &deep);
    let mut lines = out.lines().skip(1);
    let (leaf, middle) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let address = lines.nth(1).unwrap_or_default();
    assert_eq!(leaf, format!("{id} 0x{address}"), "{out}");
    assert!(middle.starts_with(&format!("{id} 0x")), "{out}");
    // The C library has an id of its own.
    let called = out.split_once("@[\n").map_or("", |(_, key)| key);
    assert!(called.lines().filter(|line| line.starts_with(id)).count() >= 3, "{out}");
    assert!(called.lines().any(|line| line.len() > 42 && !line.starts_with(id)), "{out}");
    let out = run(osmia().args(["-q", "-f", "ndjson", "-e", &text, "-c", &deep])).ok();
    assert!(out.contains(&format!("{{\"build_id\":\"{id}\",\"file_offset\":\"0x{address}\"}}")), "{out}");
}

#[test]
fn the_way_to_print_that_is_set() {
    let scratch = Scratch::new();
    let deep = scratch.compile("deep", DEEP, &[FRAMES, &["-no-pie"]].concat());
    let text = format!("uprobe:{deep}:leaf {{ print(ustack(1)); print(ustack(raw, 1)); }}");
    for (mode, starts) in
        [("bpftrace", "\n        leaf+"), ("perf", "\n\t"), ("raw", "\n401"), ("build_id", "\n")]
    {
        let out = run(osmia().args(["-q", "-e", &text, "-c", &deep]).env("BPFTRACE_STACK_MODE", mode)).ok();
        assert!(out.starts_with(starts), "{mode}: {out}");
        assert_eq!(out.contains(" 0x"), mode == "build_id", "{mode}: {out}");
        assert_eq!(out.contains(&format!("({deep})")), mode == "perf", "{mode}: {out}");
    }
    let done =
        run(osmia().args(["-q", "-e", "begin { print(kstack); }"]).env("BPFTRACE_STACK_MODE", "build_id"));
    assert!(
        done.err.contains("Falling back to 'raw' mode") && done.out.starts_with("\nffffffff"),
        "{}",
        done.err
    );
}
