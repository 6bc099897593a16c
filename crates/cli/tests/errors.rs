//! What is said when something is wrong: where, what, and what to do.
mod common;

use common::{Done, Scratch, osmia, run, run_with};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

/// osmia as nobody.
fn nobody() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_osmia")]);
    command
}

/// What is said of a script.
#[track_caller]
fn error_of(text: &str) -> String {
    let done = run(osmia().args(["-q", "-e", text]));
    assert_eq!(done.out, "", "nothing is run: {done:?}");
    done.refused()
}

/// Scripts, the place of the error, the text that is underlined, and words that must be said.
const PLACES: &[(&str, &str, &str, &[&str])] = &[
    ("begin { prnt(1); }", "1:9-16", "prnt(1)", &["Unknown function", "did you mean `print`?"]),
    ("begin { print(pidd); }", "1:15-19", "pidd", &["Unknown identifier", "did you mean `pid`?"]),
    ("begin { @a = avgg(1); }", "1:14-21", "avgg(1)", &["did you mean `avg`?"]),
    ("kprob:vfs_read { }", "1:1-15", "kprob:vfs_read", &["Invalid probe type", "did you mean `kprobe`?"]),
    (
        "tracepoint:sched:sched_swich { }",
        "1:1-29",
        "tracepoint:sched:sched_swich",
        &["No matches for", "did you mean `tracepoint:sched:sched_switch`?"],
    ),
    (
        "tracepoint:shed:sched_switch { }",
        "1:1-29",
        "tracepoint:shed:sched_switch",
        &["did you mean `sched:sched_switch`?"],
    ),
    (
        "tracepoint:syscalls:sys_enter_openat { args.filenam }",
        "1:40-52",
        "args.filenam",
        &["did you mean `filename`?", "sys_enter_openat"],
    ),
    ("software:page-fault:1 { }", "1:1-22", "software:page-fault:1", &["did you mean `page-faults`?"]),
    ("interval:s:0 { }", "1:1-13", "interval:s:0", &["positive"]),
    ("interval:x:5 { }", "1:1-13", "interval:x:5", &["units: hz, ms, s, us"]),
    ("begin { curtask->pidd; }", "1:9-22", "curtask->pidd", &["struct task_struct", "did you mean `pid`?"]),
    ("begin { $a = (struct nosuch *)0; $a->b; }", "1:15-30", "struct nosuch *", &["struct nosuch"]),
    ("begin { @x = 1; @x = \"a\"; }", "1:17-25", "@x = \"a\"", &["Type mismatch", "string", "int8"]),
    ("begin { printf(\"%d %d\\n\", 1); }", "1:9-29", "printf(\"%d %d\\n\", 1)", &["1 supplied, 2 expected"]),
    ("begin { $x = 1; } end { print($x); }", "1:31-33", "$x", &["$x"]),
    ("begin { system(\"id\"); }", "1:9-21", "system(\"id\")", &["unsafe", "--unsafe"]),
    ("begin { print(1) print(2); }", "1:18-23", "print", &["expected `;`"]),
    ("begin { str( }", "1:14-15", "}", &["expected expression"]),
    ("begin { \"abc }", "1:9-15", "\"abc }", &["unterminated string"]),
    ("begin {", "1:8-8", "", &["expected `}`"]),
    ("uprobe:/no/such:main { }", "1:1-21", "uprobe:/no/such:main", &["/no/such", "no such file"]),
    (
        "uprobe:/etc/hostname:main { }",
        "1:1-26",
        "uprobe:/etc/hostname:main",
        &["/etc/hostname", "not an ELF file"],
    ),
    ("uprobe:libnosuch:main { }", "1:1-22", "uprobe:libnosuch:main", &["libnosuch"]),
    ("", "1:1-1", "", &["no probe", "begin"]),
];

#[test]
fn errors_have_their_place() {
    let mut wrong = Vec::new();
    for (text, place, marked, words) in PLACES {
        let err = error_of(text);
        let mut lines = err.lines();
        let first = lines.next().unwrap_or_default();
        let start: usize =
            place.split([':', '-']).nth(1).and_then(|column| column.parse().ok()).expect("column");
        let mark = format!("{}{}", " ".repeat(start - 1), "~".repeat(marked.len().max(1)));
        let well = first.starts_with(&format!("stdin:{place}: ERROR: "))
            && lines.next().unwrap_or_default() == *text
            && lines.next().unwrap_or_default() == mark
            && words.iter().all(|word| err.contains(word));
        if !well {
            wrong.push(format!("-- {text}\n   wanted {place} {words:?}\n{err}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), PLACES.len(), wrong.join("\n"));
}

#[test]
fn several_at_once() {
    let err = error_of("begin { print(1) print(2); } end { x y; } begin { ); }");
    assert_eq!(err.matches("ERROR: ").count(), 3, "{err}");
    let err = error_of("begin { @a = cmm; @b = nosuch(1); } end { print(pidd); }");
    assert_eq!(err.matches("ERROR: ").count(), 3, "{err}");
    let places: Vec<&str> = err
        .lines()
        .filter_map(|line| line.split(": ERROR").next().filter(|_| line.contains("ERROR")))
        .collect();
    assert_eq!(places, ["stdin:1:14-17", "stdin:1:24-33", "stdin:1:49-53"], "{err}");
}

#[test]
fn lines_of_files() {
    let scratch = Scratch::new();
    let file =
        scratch.write("wrong.bt", "#!/usr/bin/env osmia\n\nbegin {\n\tprint(1);\n\tprint(nosuch);\n}\n");
    let err = run(osmia().arg(&file)).refused();
    assert!(err.starts_with(&format!("{file}:5:8-14: ERROR: ")), "{err}");
    assert!(err.contains("print(nosuch);"), "{err}");
    let err = run_with(osmia().args(["trace", "-"]), "begin {\n  x\n}").refused();
    assert!(err.starts_with("stdin:2:3-4: ERROR: "), "{err}");
    let file = scratch.write("bytes.bt", b"begin { \xff\xfe }");
    let err = run(osmia().arg(&file)).refused();
    assert!(err.contains("byte 8") && err.contains("UTF-8"), "{err}");
}

#[test]
fn probes_that_this_file_lacks() {
    let scratch = Scratch::new();
    let two = scratch.compile(
        "two",
        "int second(void) { return 2; }\nint main(void) { return second(); }",
        &["-O0"],
    );
    let err = error_of(&format!("uprobe:{two}:secnd {{ }}"));
    assert!(err.contains("1:1-") && err.contains("secnd") && err.contains("did you mean `second`?"), "{err}");
    let err = error_of(&format!("uprobe:{two}:nothing_like_* {{ }}"));
    assert!(err.contains("nothing_like_*"), "{err}");
    let err = error_of(&format!("uprobe:{two}:0xffffffffff {{ }}"));
    assert!(err.contains("0xffffffffff") || err.contains("1099511627775"), "{err}");
}

#[test]
fn words_of_the_command_line() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["-p", "4194304", "-e", "uprobe:libc:malloc { }"], &["attach to pid: 4194304", "No such process"]),
        (&["-l", "-p", "4194304", "usdt:*"], &["attach to pid: 4194304", "No such process"]),
        (&["-c", "/no/such/command", "-e", "begin { }"], &["/no/such/command"]),
        (&["-c", "no-such-command-at-all x", "-e", "begin { }"], &["no-such-command-at-all"]),
        (&["-c", "/etc/passwd", "-e", "begin { }"], &["/etc/passwd"]),
        (&["-c", "'x", "-e", "begin { }"], &["quote"]),
        (&["-c", "", "-e", "begin { }"], &["no command"]),
        (&["no-such-file.bt"], &["no-such-file.bt", "No such file"]),
        (&["no-such/file"], &["no-such/file", "No such file"]),
        (&["/etc"], &["/etc", "Is a directory"]),
        (&["/dev/null"], &["no probe"]),
        (&["run", "no-such-file"], &["no-such-file", "No such file"]),
        (&["run"], &["file"]),
        (&["/bin/true"], &["/bin/true", "osmia run"]),
        (&["run", "/bin/true"], &["/bin/true", "not for BPF"]),
        (&["trace"], &["filename or -e"]),
        (&["--emit", "/no/such/dir/x", "-e", "begin { }"], &["/no/such/dir/x"]),
        (&["--no-feature", "nonsense", "-e", "begin { }"], &["nonsense", "ringbuf"]),
        (&["-l", "nonsense:*"], &["nonsense"]),
        (&["--emit-llvm", "/tmp/x", "-e", "begin { }"], &["--emit-llvm", "-d ir", "--emit FILE.bpf.o"]),
    ];
    for (words, said) in cases {
        let done = run(osmia().args(*words));
        assert_eq!(done.out, "", "{words:?}");
        let err = done.refused();
        assert!(said.iter().all(|word| err.contains(word)), "{words:?}: {err}");
        assert!(!err.contains("Attached"), "nothing was attached: {words:?}: {err}");
    }
    for words in [&["--nonsense"][..], &["-e"], &["--emit"]] {
        let done = run(osmia().args(words));
        assert_eq!(done.status.code(), Some(1), "{words:?}");
        assert!(done.err.contains("error: ") && done.err.contains("--help"), "{words:?}: {done:?}");
    }
}

#[test]
fn settings_of_the_environment() {
    for (name, value, said) in
        [("BPFTRACE_MAX_MAP_KEYS", "abc", "number"), ("BPFTRACE_MAX_STRLEN", "-1", "number")]
    {
        let err = run(osmia().env(name, value).args(["-e", "begin { }"])).refused();
        assert!(err.contains(name) && err.contains(said), "{err}");
    }
}

#[test]
fn without_rights() {
    // Only probes that fire there are told of the other machine.
    for (other_machine, text) in [
        (true, "begin { }"),
        (true, "interval:s:1 { }"),
        (false, "tracepoint:syscalls:sys_enter_getpgid { }"),
        (false, "tracepoint:syscalls:sys_enter_openat { print(args.dfd); }"),
        (false, "rawtracepoint:sched_switch { }"),
        (false, "uprobe:/bin/bash:main { }"),
        (false, "uprobe:libc:malloc { }"),
        (false, "kprobe:vfs_read { }"),
        (false, "begin { } kprobe:vfs_read { }"),
        (false, "profile:hz:99 { @[kstack] = count(); }"),
    ] {
        let err = run(nobody().args(["-e", text])).refused();
        assert!(err.contains("needs root") && err.contains("sudo"), "{text}: {err}");
        assert_eq!(err.contains("--vm"), other_machine, "{text}: {err}");
        assert!(err.contains("65534"), "it says who asks: {err}");
    }
    let err = run(nobody().args(["-l", "tracepoint:sched:*"])).refused();
    assert!(err.contains("needs root") && !err.contains("--vm"), "{err}");
    for words in [["prog", "show"], ["map", "show"]] {
        let done = run(nobody().args(words));
        assert!(!done.status.success() && done.err.contains("Operation not permitted"), "{done:?}");
    }
    // Errors of the script need no rights to be told.
    let err = run(nobody().args(["-e", "begin { prnt(1); }"])).refused();
    assert!(err.contains("did you mean `print`?"), "{err}");
}

#[test]
fn without_types() {
    let text = "profile:hz:99 { print(curtask->pid); }";
    let scratch = Scratch::new();
    let short = scratch.write("short", b"\x9f\xeb\x01\x00\x18\x00");
    for (file, said) in
        [("/nonexistent", "No such file"), ("/etc/hostname", "no BTF"), (short.as_str(), "offset")]
    {
        let err = run(osmia().args(["--btf", file, "-e", text])).refused();
        assert!(err.contains(file) && err.contains(said) && err.contains("--btf"), "{file}: {err}");
    }
    // What needs no types needs no file of them.
    let done = run(osmia().args(["-q", "--btf", "/nonexistent", "-e", "begin { print(1); }"]));
    assert_eq!(done.ok(), "1\n\n\n");
}

#[test]
fn more_strings_than_there_is_memory_for() {
    let strings: String = (0..33).map(|n| format!("$s{n} = str(args.filename); ")).collect();
    let err = error_of(&format!("tracepoint:syscalls:sys_enter_openat {{ {strings} }}"));
    let last = strings.find("$s32").unwrap_or_default() + "tracepoint:syscalls:sys_enter_openat { ".len() + 1;
    assert!(err.starts_with(&format!("stdin:1:{last}-")), "{err}");
    assert!(err.contains("32768 bytes") && err.contains("max_strlen"), "{err}");
}

#[test]
fn loops_without_an_end() {
    let err = error_of("tracepoint:syscalls:sys_enter_getpgid { $i = 0; while (1) { $i++; } }");
    assert!(err.starts_with("stdin:1:") && err.contains("verifier") && err.contains("loop"), "{err}");
}

#[test]
fn much_for_the_stack() {
    // 640 bytes of key: either there is room elsewhere, or the limit is told.
    let keys: Vec<String> = (0..80).map(|n| format!("nsecs + {n}")).collect();
    let text = format!("begin {{ @[{}] = 1; }}", keys.join(", "));
    let done = run(osmia().args(["-q", "-e", &text]));
    if done.status.success() {
        assert_eq!(done.ok().matches(", ").count(), 79);
        return;
    }
    let err = done.refused();
    assert!(err.contains("stack") && err.contains("512"), "{err}");
}

#[test]
fn nobody_listens_to_what_is_said() {
    for words in [
        "-d all -e 'begin { @[1] = 1; }'",
        "completions zsh",
        "trace --info",
        "-l",
        "prog show",
        "help",
        "-e 'begin { printf(\"x\\n\"); }'",
    ] {
        let shell = format!("exec 2>&1; {} {words} | true", env!("CARGO_BIN_EXE_osmia"));
        let done = run(Command::new("bash").args(["-c", &format!("({shell}); echo")]));
        assert!(!done.out.contains("panicked") && !done.err.contains("panicked"), "{words}: {done:?}");
        // Where standard error is a pipe that nobody reads.
        let shell = format!(
            "{} {words} 2>&1 >/dev/null | true; echo ${{PIPESTATUS[0]}}",
            env!("CARGO_BIN_EXE_osmia")
        );
        let done = run(Command::new("bash").args(["-c", &shell]));
        assert_ne!(done.out.trim(), "101", "{words}: a panic");
    }
}

/// An object with everything that loaders look at.
const VICTIM: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
int calls = 40;
const volatile int step = 2;
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, long); __uint(max_entries, 8); } seen SEC(".maps");
static __attribute__((noinline)) int more(int n) { return n * 2 + calls; }
SEC("tracepoint/syscalls/sys_enter_reboot")
int hello(void *ctx) {
    int key = 1;
    long one = more(step);
    calls += step;
    bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
    return 0;
}
"#;

/// Loads a file that may be anything, and stops; it may be refused but neither panic nor hang.
#[track_caller]
fn offered(file: &str, what: &str) -> Done {
    let done = run(Command::new("timeout").args([
        "-s",
        "KILL",
        "60",
        env!("CARGO_BIN_EXE_osmia"),
        "run",
        "--dry-run",
        file,
    ]));
    assert!(matches!(done.status.code(), Some(0 | 1)), "{what}: {done:?}");
    assert!(!done.err.contains("panicked"), "{what}: {done:?}");
    if matches!(done.status.code(), Some(1 | 255)) {
        assert!(
            done.err.starts_with("ERROR: ") && done.err.trim().len() > file.len() + 10,
            "{what}: {done:?}"
        );
    }
    done
}

#[test]
fn hostile_objects() {
    let scratch = Scratch::new();
    let object = scratch.compile_bpf("victim", VICTIM);
    let bytes = std::fs::read(&object).expect("object");
    assert!(offered(&object, "as it is").status.success());
    let file = scratch.path("hostile.bpf.o");
    for length in
        [4, 15, 16, 63, 64, 65, 100, bytes.len() / 4, bytes.len() / 2, bytes.len() - 100, bytes.len() - 1]
    {
        std::fs::write(&file, &bytes[..length]).expect("write");
        let done = offered(&file, &format!("{length} of {} bytes", bytes.len()));
        assert!(!done.status.success(), "cut at {length}");
        assert!(done.err.contains("offset") || done.err.contains("section"), "{length}: {}", done.err);
    }
    // Bytes of the header and everywhere, changed; the same in each run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    for round in 0..150 {
        let mut hostile = bytes.clone();
        for _ in 0..1 + random(8) {
            let at = if round % 3 == 0 { random(64) } else { random(hostile.len()) };
            hostile[at] = [0, 0xff, 0x7f, 0x80, random(256) as u8][random(5)];
        }
        std::fs::write(&file, &hostile).expect("write");
        offered(&file, &format!("round {round}"));
    }
}

#[test]
fn foreign_objects() {
    let scratch = Scratch::new();
    scratch.compile("native.o", "int main(void) { return 0; }", &["-c"]);
    let err = run(osmia().args(["run", &scratch.path("native.o")])).refused();
    assert!(err.contains("not for BPF"), "{err}");
    let empty = scratch.write("empty", "");
    let err = run(osmia().args(["run", &empty])).refused();
    assert!(err.contains("no probe"), "{err}");
    let bytes = scratch.write("bytes", [0x80, 0xff, 0, 1]);
    let err = run(osmia().args(["run", &bytes])).refused();
    assert!(err.contains("neither an object (ELF) nor a script"), "{err}");
    let err = run(osmia().args(["run", "/tmp"])).refused();
    assert!(err.contains("/tmp") && err.contains("directory"), "{err}");
}

#[test]
fn objects_that_the_kernel_refuses() {
    let scratch = Scratch::new();
    let source = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nchar LICENSE[] SEC(\"license\") = \"GPL\";
SEC(\"raw_tp/sys_enter\") int wild(void *ctx) { return *(volatile int *)((long)bpf_get_prandom_u32() << 3); }";
    let object = scratch.compile_bpf("wild", source);
    let done = run(osmia().args(["run", &object]));
    let err = done.refused();
    assert!(err.contains("wild") && err.contains("the verifier says"), "{err}");
    let verbose = run(osmia().args(["run", "-v", &object])).refused();
    assert!(verbose.len() > err.len(), "the whole log is shown: {verbose}");
    let source = source
        .replace("raw_tp/sys_enter", "tracepoint/syscalls/sys_enter_nosuch")
        .replace("*(volatile int *)((long)bpf_get_prandom_u32() << 3)", "0");
    let object = scratch.compile_bpf("nosuch", &source);
    let err = run(osmia().args(["run", &object])).refused();
    assert!(err.contains("sys_enter_nosuch"), "{err}");
}

/// A file may have any name; of other arguments that are no text it is said which they are.
#[test]
fn arguments_that_are_no_text() {
    let dir = Scratch::new();
    let odd = OsStr::from_bytes(b"a\xff.bt");
    let script = dir.dir().join(odd);
    std::fs::write(&script, "begin { print(1);print(2) }\n").expect("a script");
    run(osmia().arg("fmt").arg(&script)).ok();
    run(osmia().args(["fmt", "--check"]).arg(&script)).ok();
    std::fs::write(&script, "processed 2 insns (limit 1000000)\n").expect("a log");
    assert_eq!(run(osmia().arg("explain").arg(&script)).ok(), "the log tells of no refusal\n");
    std::fs::write(&script, "begin { printf(\"%r\\n\", buf(str($1), strlen(str($1)))); }\n")
        .expect("a script");
    run(osmia().arg("check").arg(&script)).ok();
    for command in [&["trace", "--vm", "-q"][..], &["--vm", "-q"], &["run", "--vm", "-q"]] {
        let out = run(osmia().args(command).arg(&script).arg(OsStr::from_bytes(b"a\xff"))).ok();
        assert_eq!(out.trim_end(), "a\\xff", "{command:?}");
    }
    assert!(run(osmia().arg("attach").arg(&script)).refused().contains("is no UTF-8 text"));
    // Paths of attach points, and names, are text.
    for (script, word) in [("uprobe:/bin/$1:f { }", "$1"), ("begin { print(str($1)); }", "\"--a\\xFF\"")] {
        let odd = OsStr::from_bytes(if word == "$1" { b"a\xff" } else { b"--a\xff" });
        let error = run(osmia().args(["-e", script, "--"]).arg(odd)).refused();
        assert!(error.contains(&format!("{word} is no UTF-8 text")), "{error}");
    }
    let error = run(osmia().arg("-e").arg(odd)).refused();
    assert_eq!(error, "ERROR: argument \"a\\xFF.bt\" is no UTF-8 text\n");
}
