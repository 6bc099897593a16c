//! Stacks: their forms, and what stands in their frames.
use crate::common::{Scratch, osmia, run, script, script_with};
use std::process::Command;

/// Four functions deep, and nothing inlined unless it says so.
const DEEP: &str = "
#define FAR __attribute__((noipa)) int
FAR leaf(int n) { volatile int kept = n; return kept; }
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
fn stacks_are_equal_where_all_their_frames_are() {
    let scratch = Scratch::new();
    let twice = DEEP.replace(
        "return top(1) == 0;",
        "for (volatile int i = 0; i < 2; i++) top(1); return middle(1) == 0;",
    );
    let twice = scratch.compile("twice", &twice, FRAMES);
    let text = format!(
        "uprobe:{twice}:leaf {{
             $own = ustack(raw, 4);
             if (@n++ == 0) {{ @first = $own; }}
             print(($own == @first, @first != $own, ($own, 1) == (@first, 1), ustack(1) == ustack(1)));
         }}"
    );
    let out = script_with(&text, &twice);
    let (same, other) = ("(true, false, true, true)\n", "(false, true, false, true)\n");
    assert!(out.starts_with(&[same, same, other].concat()), "{out}");
}

/// Goes to `leaf` by all ways through `left` and `right` of so many steps, then makes a system call.
const WAYS: &str = "
#include <stdlib.h>
#include <unistd.h>
#define FAR __attribute__((noipa)) void
volatile int n;
FAR leaf(int way) { volatile int kept = way; n += kept; }
FAR filled(void) { n++; }
FAR left(unsigned way, int steps);
FAR go(unsigned way, int steps);
FAR right(unsigned way, int steps) { if (steps) go(way, steps); else leaf(way); n++; }
FAR left(unsigned way, int steps) { if (steps) go(way, steps); else leaf(way); n++; }
FAR go(unsigned way, int steps) { (way & 1 ? left : right)(way >> 1, steps - 1); n++; }
int main(int argc, char **argv) {
    int steps = atoi(argv[1]);
    for (unsigned way = 0; way < 1u << steps; way++) go(way, steps);
    filled();
    return getppid() < 0;
}
";

#[test]
fn stacks_of_one_hash_are_all_kept() {
    let scratch = Scratch::new();
    let ways = scratch.compile("ways", WAYS, FRAMES);
    let text = format!("uprobe:{ways}:leaf+4 {{ @[ustack(raw)] = count(); }}");
    let told = run(osmia().args(["-q", "--strict", "-e", &text, "-c", &format!("{ways} 12")])).ok();
    let counts: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("]: ")).collect();
    assert!(counts.len() == 1 << 12 && counts.iter().all(|count| *count == "1"), "{counts:?}");
}

#[test]
fn kernel_stacks_whose_places_others_have_are_kept() {
    let scratch = Scratch::new();
    let ways = scratch.compile("ways", WAYS, FRAMES);
    // User stacks take most places of the map that one of the two kernel stacks is in, too.
    let text = format!(
        "uprobe:{ways}:leaf+4 {{ $s = ustack; @n = len($s); }} uprobe:{ways}:filled {{ @f = 1; }}
         tracepoint:raw_syscalls:sys_enter, tracepoint:raw_syscalls:sys_exit /@f && pid == cpid/ {{
             print((len(kstack(127)) == len(kstack(126)), len(kstack) > 2));
             printf(\"%s|%s;\", kstack(raw, 127), kstack(raw, 126));
         }}
         end {{ clear(@n); clear(@f); }}"
    );
    let out = run(osmia().args(["-q", "-e", &text, "-c", &format!("{ways} 15")])).ok();
    assert!(out.contains("(true, true)") && !out.contains("false"), "{out}");
    let pairs: Vec<(&str, &str)> = out.split(';').filter_map(|pair| pair.split_once('|')).collect();
    assert!(pairs.len() > 1, "{out}");
    for (crowded, alone) in pairs {
        assert_eq!(crowded.trim_start_matches("(true, true)\n"), alone, "{out}");
        assert!(alone.contains("ffffffff"), "{out}");
    }
}

#[test]
fn many_stacks_in_one_statement() {
    let text =
        format!("begin {{ $all = ({}); print(len($all.0) == len($all.39)); }}", ["kstack"; 40].join(", "));
    assert_eq!(script(&text).lines().next(), Some("true"));
}

/// What keeps a stack has a loop of its own: the verifier does not look at that in every turn of another.
#[test]
fn stacks_in_loops() {
    let text = "fn depth($of : int64) : int64 { return $of + len(kstack(5)); }
        begin {
            $i = 0; while ($i < 1000) { @a[kstack, $i] = count(); $i++; }
            for $k : 0..10 { @b[kstack(perf), ustack, $k] = count(); }
            $i = 0;
            while ($i < 100) {
                $j = 0; while ($j < 10) { @c[kstack(3), kstack, ustack, $i, $j] = count(); $j++; }
                $i++;
            }
            unroll (60) { @d[kstack, ustack(perf)] = sum(depth(1)); }
            unroll (10) { unroll (100) { @e[kstack] = count(); } }
            print((len(@a), len(@b), len(@c), len(@d)));
            clear(@e); clear(@a); clear(@b); clear(@c); clear(@d);
        }";
    let out = run(osmia().args(["-q", "--no-warnings", "-e", text])).ok();
    // What is written out is at 60 places of the program, which are in its stacks too.
    assert_eq!(out.lines().next(), Some("(1000, 10, 1000, 60)"));
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

/// The same, with two functions inlined.
const INLINED: &str = "
#define FAR __attribute__((noipa)) int
#define INTO static inline __attribute__((always_inline)) int
FAR leaf(int n) { volatile int kept = n; return kept; }
INTO least(int n)
{
    return leaf(n + 1) + 1;
}
INTO middle(int n)
{
    return least(n) + 1;
}
FAR whole(int n)
{
    n += 2;
    return middle(n) + 1;
}
int main(void)
{
    return whole(1) == 0;
}
";

/// A stack's lines without offsets.
fn bare(stack: &str) -> Vec<String> {
    let lines = stack.lines().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    let bare = |line: &str| match line.trim().split_once('+') {
        Some((name, rest)) => format!("{name}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => line.trim().to_owned(),
    };
    lines.map(bare).collect()
}

#[test]
fn lines_of_source_and_inlined_functions() {
    for flags in [&["-g", "-O2"][..], &["-g", "-O2", "-no-pie"], &["-g", "-O2", "-gsplit-dwarf"]] {
        let scratch = Scratch::new();
        let program = scratch.compile("inlined", INLINED, &[flags, &["-fno-omit-frame-pointer"]].concat());
        let source = format!("{program}.c");
        let text = format!("uprobe:{program}:leaf+4 {{ print(ustack(3)); print(usym(reg(\"ip\"))); }}");
        let out = script_with(&text, &program);
        let expected = [
            format!("leaf@{source}:4"),
            format!("[inlined] least@{source}:7"),
            format!("[inlined] middle@{source}:11"),
            format!("whole@{source}:16"),
            format!("main@{source}:20"),
        ];
        assert_eq!(bare(&out)[..], expected, "{flags:?}: {out}");
        assert!(out.contains("\nleaf\n"), "{out}");
        let plain = script_with(&format!("config = {{ show_debug_info = 0 }} {text}"), &program);
        assert_eq!(bare(&plain), ["leaf", "whole", "main"], "{plain}");
        let perf = script_with(&format!("uprobe:{program}:leaf+4 {{ print(ustack(perf, 2)); }}"), &program);
        let names: Vec<&str> =
            perf.lines().filter_map(|line| line.trim().split_once(' ')).map(|(_, name)| name).collect();
        assert_eq!(names[1..3], ["least (inlined)", "middle (inlined)"], "{perf}");
        assert!(names[3].starts_with("whole+") && names[3].ends_with(&format!("({program})")), "{perf}");
    }
}

#[test]
fn lines_from_files_that_debug_information_was_moved_to() {
    let scratch = Scratch::new();
    let program = scratch.compile("inlined", INLINED, &["-g", "-O2", "-fno-omit-frame-pointer"]);
    let debug = format!("{program}.debug");
    for words in [
        &["--only-keep-debug", &program, &debug][..],
        &["--strip-all", &format!("--add-gnu-debuglink={debug}"), &program],
    ] {
        assert!(Command::new("objcopy").args(words).status().unwrap().success());
    }
    let out = script_with(&format!("uprobe:{program}:leaf+4 {{ print(ustack); }}"), &program);
    assert!(out.contains(&format!("leaf+4@{program}.c:4\n        [inlined] least@")), "{out}");
    // Names of the C library are not lost, whatever is known of its lines; what is not exported, only its debug file tells.
    let has_debug_files = std::path::Path::new("/usr/lib/debug/.build-id").is_dir();
    assert_eq!(out.contains("__libc_start"), has_debug_files, "{out}");
}

#[test]
fn names_as_their_authors_wrote_them() {
    let scratch = Scratch::new();
    let text = "
namespace deep { struct Box { template <class T> __attribute__((noipa)) int put(T value) { volatile int kept = value; return kept; } }; }
int main() { deep::Box box; return box.put<long>(3) == 0; }";
    let source = scratch.write("names.cpp", text);
    let program = scratch.path("names");
    let flags = ["-g", "-O1", "-fno-omit-frame-pointer", "-o", &program, &source];
    assert!(Command::new("g++").args(flags).status().unwrap().success());
    let script = format!("uprobe:{program}:_ZN4deep3Box3putIlEEiT_ {{ print(ustack(1)); }}");
    let out = script_with(&script, &program);
    assert!(out.contains("int deep::Box::put<long>(long)+0@"), "{out}");
    let out = script_with(
        &format!(
            "config = {{ cpp_demangle = 0 }} uprobe:{program}:_ZN4deep3Box3putIlEEiT_ {{ print(ustack(1)); }}"
        ),
        &program,
    );
    assert!(out.contains("_ZN4deep3Box3putIlEEiT_+0@"), "{out}");
}

/// Writes a function into its memory, tells the name as compilers at run time do, and has it call another one.
const JIT: &str = r#"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
__attribute__((noipa)) int leaf(int n) { volatile int kept = n; return kept; }
int main(void)
{
    /* push rbp; mov rbp, rsp; mov rax, leaf; call rax; pop rbp; ret */
    unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5d, 0xc3 };
    void *target = leaf;
    memcpy(code + 6, &target, 8);
    char *page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, code, sizeof code);
    char path[64];
    sprintf(path, "/tmp/perf-%d.map", getpid());
    FILE *map = fopen(path, "w");
    fprintf(map, "%lx %lx made_at_run_time\n", (long)page, (long)sizeof code);
    fclose(map);
    for (int i = 0; i < 100; i++) { ((int (*)(int))page)(i); usleep(10000); }
    unlink(path);
}
"#;

#[test]
fn code_that_was_made_at_run_time() {
    let scratch = Scratch::new();
    let jit = scratch.compile("jit", JIT, &["-O0", "-fno-omit-frame-pointer"]);
    let text = format!("uprobe:{jit}:leaf+4 {{ @n++; if (@n == 3) {{ print(ustack(3)); }} }}");
    let out = script_with(&text, &jit);
    assert_eq!(bare(&out), ["leaf", "made_at_run_time", "main"], "{out}");
}
