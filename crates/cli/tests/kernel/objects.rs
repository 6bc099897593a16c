//! Objects: those of clang, run; ours, written and loaded by others.
use crate::common::{Live, Scratch, bpftool, eventually, has_kprobes, osmia, run, script_with};
use crate::events::POKE;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What all sources begin with.
const HEAD: &str = r#"
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
"#;

/// A tracepoint that prints to the trace pipe, and counts in a map and in global data.
const HELLO: &str = r#"
int calls = 40;
const volatile int step = 2;
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, long); __uint(max_entries, 8); } seen SEC(".maps");
SEC("tracepoint/syscalls/sys_enter_getpgid")
int hello(void *ctx) {
    int key = 1;
    long one = 1;
    calls += step;
    bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
    bpf_printk("osmia-hello MARK %d", calls);
    return 0;
}
"#;

/// Records through a ring buffer and a perf buffer.
const SENDERS: &str = r#"
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } perf SEC(".maps");
struct record { char text[12]; unsigned number; };
SEC("tp/syscalls/sys_enter_getpgid")
int by_ring(void *ctx) {
    struct record *record = bpf_ringbuf_reserve(&ring, sizeof *record, 0);
    if (!record) return 0;
    __builtin_memcpy(record->text, "through ring", 12);
    record->number = 0x11223344;
    bpf_ringbuf_submit(record, 0);
    return 0;
}
SEC("raw_tp/sys_enter")
int by_perf(struct bpf_raw_tracepoint_args *ctx) {
    if (ctx->args[1] != 121) return 0;
    struct record record = { "through perf", 0x55667788 };
    bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &record, sizeof record);
    return 0;
}
"#;

#[test]
fn tracepoint_and_trace_pipe() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let mark = format!("mark{}", std::process::id());
    let object = scratch.compile_bpf("hello", &format!("{HEAD}{}", HELLO.replace("MARK", &mark)));
    let mut live = Live::start(osmia().args(["run", &object]));
    assert_eq!(live.until("Attached"), "Attached 1 probe");
    run(&mut Command::new(&poke)).ok();
    let first = live.until(&format!("osmia-hello {mark} "));
    let number = first.rsplit(' ').next().and_then(|word| word.parse::<u32>().ok()).expect("number");
    assert!(number >= 42 && number.is_multiple_of(2), "global data was there: {first}");
    live.signal("INT");
    let done = live.finish();
    assert!(done.status.success(), "{done:?}");
    eventually("hello gone", || {
        !bpftool(&["prog", "show"])
            .as_array()
            .expect("programs")
            .iter()
            .any(|program| program["name"] == mark.as_str())
    });
}

#[test]
fn ring_and_perf_buffers() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let object = scratch.compile_bpf("senders", &format!("{HEAD}{SENDERS}"));
    let mut live = Live::start(osmia().args(["run", &object]));
    assert_eq!(live.until("Attached"), "Attached 2 probes");
    run(&mut Command::new(&poke)).ok();
    let mut wanted = vec!["|through ring", "|through perf"];
    while !wanted.is_empty() {
        let line = live.until("|through ");
        assert!(line.contains("44 33 22 11") || line.contains("88 77 66 55"), "{line}");
        wanted.retain(|text| !line.contains(text));
    }
    live.signal("TERM");
    let done = live.finish();
    assert!(done.status.success(), "{done:?}");
    assert!(
        done.out.contains("ring: 16 bytes") && done.out.contains("perf: 1")
            || done.out.contains("perf: 20 bytes"),
        "{done:?}"
    );
}

#[test]
fn uprobes_of_objects() {
    const TARGET: &str = "#include <unistd.h>\n__attribute__((noinline)) int visited(int n) { __asm__ volatile(\"\"); return n + 7; }\nint main(void) { for (int i = 0;; i++) { visited(35); usleep(2000); } }";
    let scratch = Scratch::new();
    let target = scratch.compile("target", TARGET, &["-O1"]);
    let source = format!(
        r#"{HEAD}
struct {{ __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); }} ring SEC(".maps");
static void send(unsigned long value) {{ bpf_ringbuf_output(&ring, &value, sizeof value, 0); }}
SEC("uprobe/{target}:visited") int at_entry(struct pt_regs *ctx) {{ send(ctx->rdi); return 0; }}
SEC("uretprobe/{target}:visited") int at_return(struct pt_regs *ctx) {{ send(ctx->rax); return 0; }}
"#
    );
    let object = scratch.compile_bpf("visits", &source);
    let _target = crate::common::Background::start(&mut Command::new(&target));
    let mut live = Live::start(osmia().args(["run", &object]));
    assert_eq!(live.until("Attached"), "Attached 2 probes");
    live.until("23 00 00 00");
    live.until("2a 00 00 00");
    live.signal("INT");
    assert!(live.finish().status.success());
}

#[test]
fn kprobes_of_objects() {
    let scratch = Scratch::new();
    let source = format!(
        r#"{HEAD}
struct {{ __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); }} ring SEC(".maps");
SEC("kprobe/vfs_read") int at_entry(struct pt_regs *ctx) {{ bpf_ringbuf_output(&ring, "entry", 5, 0); return 0; }}
SEC("kretprobe/vfs_read") int at_return(struct pt_regs *ctx) {{ bpf_ringbuf_output(&ring, "return", 6, 0); return 0; }}
"#
    );
    let object = scratch.compile_bpf("reads", &source);
    if !has_kprobes() {
        let err = run(osmia().args(["run", &object])).refused();
        assert!(err.contains("at_entry") && err.contains("without kprobes"), "{err}");
        return;
    }
    let mut live = Live::start(osmia().args(["run", &object]));
    live.until("Attached 2 probes");
    let _reader = crate::common::Background::start(
        Command::new("sh").args(["-c", "while :; do cat /etc/hostname; done"]),
    );
    live.until("|entry|");
    live.until("|return|");
    live.signal("INT");
    assert!(live.finish().status.success());
}

#[test]
fn trampolines_that_the_machine_lacks_are_left_out() {
    let scratch = Scratch::new();
    let both = "SEC(\"fentry/vfs_read\") int reading(void *ctx) { return 0; }\n\
        SEC(\"tracepoint/syscalls/sys_enter_openat\") int opening(void *ctx) { return 0; }\n";
    let object = scratch.compile_bpf("both", &format!("{HEAD}{both}"));
    let done = run(osmia().args(["run", "--dry-run", &object]));
    let text = format!("{}{}", done.out, done.err);
    assert!(done.status.success(), "{text}");
    let (count, told) = if has_kprobes() { ("2 probes", "") } else { ("1 probe", "reading: left out: ") };
    assert!(text.contains(&format!("Attached {count}")) && text.contains(told), "{text}");
    // One that the verifier refuses is an error all the same.
    let refused = "SEC(\"tracepoint/syscalls/sys_enter_openat\") int wild(void *ctx) { return *(int *)64; }";
    let object = scratch.compile_bpf("wild", &format!("{HEAD}{both}{refused}"));
    let err = run(osmia().args(["run", "--dry-run", &object])).refused();
    assert!(err.contains("the kernel refuses the program `wild`"), "{err}");
}

#[test]
fn programs_that_are_not_attached_by_themselves() {
    let scratch = Scratch::new();
    let source = format!(
        "{HEAD}\nSEC(\"perf_event\") int sample(struct bpf_perf_event_data *ctx) {{ return 0; }}\nSEC(\"xdp\") int pass(struct xdp_md *ctx) {{ return XDP_PASS; }}\n"
    );
    let object = scratch.compile_bpf("loose", &source);
    let mut live = Live::start(osmia().args(["run", &object]));
    live.until("sample: loaded");
    live.until("pass: loaded");
    live.until("nothing is attached: what is loaded stays until this ends");
    live.until("Attached 0 probes");
    live.signal("INT");
    assert!(live.finish().status.success());
    // Who asks for them to be attached hears that they are not.
    let err = run(osmia().args(["attach", &object])).refused();
    assert!(
        err.contains("pass: loaded; its section `xdp`") && err.contains("nothing of it is attached"),
        "{err}"
    );
}

/// A directory of the BPF file system that is taken away with all that is in it.
struct Pins(PathBuf);

impl Pins {
    fn new(name: &str) -> Self {
        let root = Path::new("/sys/fs/bpf");
        if !run(Command::new("findmnt").args(["-t", "bpf", "/sys/fs/bpf"])).status.success() {
            run(Command::new("mount").args(["-t", "bpf", "bpf", "/sys/fs/bpf"])).ok();
        }
        Self(root.join(format!("osmia-{name}-{}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn pinned_objects_stay() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let object = scratch.compile_bpf("keep", &format!("{HEAD}{HELLO}"));
    let pins = Pins::new("keep");
    let done = run(osmia().args(["run", "--pin", pins.path(), &object]));
    let err = done.err.clone();
    done.ok();
    let files: Vec<String> = std::fs::read_dir(&pins.0)
        .expect("pins")
        .map(|entry| entry.expect("pin").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        files.iter().any(|file| file == "seen") && files.iter().any(|file| file == "hello"),
        "{files:?}: {err}"
    );
    for file in &files {
        assert!(err.contains(&format!("pinned {}/{file}", pins.path())), "{file}: {err}");
    }
    let map = format!("{}/seen", pins.path());
    assert_eq!(bpftool(&["map", "dump", "pinned", &map]), serde_json::json!([]));
    run(&mut Command::new(&poke)).ok();
    eventually("the pinned program counts", || {
        !bpftool(&["map", "dump", "pinned", &map]).as_array().is_some_and(Vec::is_empty)
    });
    let again = run(osmia().args(["run", "--pin", pins.path(), &object])).refused();
    assert!(again.contains(pins.path()), "{again}");
}

#[test]
fn written_objects_are_loaded_by_others() {
    let scratch = Scratch::new();
    let scripts = [
        "tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); @[comm, pid] = count(); }",
        "profile:hz:99 { $rq = curtask->se.cfs_rq; @len[cpu] = lhist($rq->h_load, 0, 100, 10); @[kstack] = count(); }",
        "rawtracepoint:sched_switch { @a[curtask->real_parent->tgid] = hist(nsecs); @b = avg(cpu); @c[comm] = max(tid); }",
        "begin { @m[1] = 10; $sum = 0; for ($kv : @m) { $sum += $kv.0 * $kv.1; } print($sum); }",
    ];
    for (number, text) in scripts.iter().enumerate() {
        let object = scratch.path(&format!("out{number}.bpf.o"));
        let done = run(osmia().args(["trace", "--emit", &object, "-e", text]));
        assert_eq!(done.ok(), "");
        let pins = Pins::new(&format!("emit{number}"));
        run(Command::new("bpftool").args(["prog", "loadall", &object, pins.path()])).ok();
        assert!(std::fs::read_dir(&pins.0).expect("pins").count() >= 1, "{text}");
    }
}

#[test]
fn written_objects_hold_relocations_and_no_offsets() {
    let scratch = Scratch::new();
    let object = scratch.path("out.bpf.o");
    let text = "profile:hz:99 { @len[cpu] = curtask->se.cfs_rq->h_load; }";
    run(osmia().args(["trace", "--emit", &object, "-e", text])).ok();
    let shown = run(Command::new("llvm-objdump-19").args(["-dr", &object])).ok();
    assert!(shown.contains("CO-RE <byte_off>"), "{shown}");
}

#[test]
fn written_objects_run() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let object = scratch.path("out.bpf.o");
    run(osmia().args([
        "--emit",
        &object,
        "-e",
        "tracepoint:syscalls:sys_enter_getpgid { @[comm] = count(); }",
    ]))
    .ok();
    let mut live = Live::start(osmia().args(["run", &object]));
    live.until("Attached 1 probe");
    run(&mut Command::new(&poke)).ok();
    live.signal("INT");
    assert!(live.finish().status.success());
    // And without root, a script is only written.
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_osmia")]);
    let done = run(command.args(["--emit", "/dev/null", "-e", "begin { @ = 1; }"]));
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn programs_and_maps_of_a_run_are_shown() {
    let number = std::process::id() % 100_000;
    let mut live =
        Live::attached(&["-e", &format!("interval:ms:10 {{ @show{number}[1] = 2; printf(\"tick\\n\"); }}")]);
    live.until("tick");
    let programs = crate::leaving::programs_of(&format!("AT_show{number}"));
    assert_eq!(programs.len(), 1, "{programs:?}");
    let id = programs.first().expect("one").to_string();
    let shown = run(osmia().args(["prog", "show", "id", &id])).ok();
    assert!(shown.starts_with(&format!("{id}: perf_event  name interval")), "{shown}");
    let json = run(osmia().args(["prog", "show", "id", &id, "--json"])).ok();
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["id"].to_string(), id);
    let dumped = run(osmia().args(["prog", "dump", "xlated", "id", &id])).ok();
    assert!(dumped.contains(") exit"), "{dumped}");
    let map = value["map_ids"].as_array().expect("maps").iter().find_map(|map| {
        let shown = bpftool(&["map", "show", "id", &map.to_string()]);
        shown["name"].as_str().is_some_and(|name| name == format!("AT_show{number}")).then(|| map.to_string())
    });
    let dumped = run(osmia().args(["map", "dump", "id", &map.expect("the map"), "--json"])).ok();
    assert!(serde_json::from_str::<serde_json::Value>(&dumped).is_ok(), "{dumped}");
    live.signal("INT");
    live.finish().ok();
}

#[test]
fn scripts_through_run() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let text = "tracepoint:syscalls:sys_enter_getpgid /pid == cpid/ { printf(\"here\\n\"); }";
    let file = scratch.write("no-suffix", text);
    assert_eq!(run(osmia().args(["run", "-q", &file, "-c", &poke])).ok(), script_with(text, &poke));
}

/// A script with all that an object can leave open.
const OPEN: &str = "begin {
    printf(\"%d %s %d %s\\n\", $1, str($2), $#, getopt(\"who\", \"nobody\"));
    print((getopt(\"n\", 5), getopt(\"b\"), getopt(\"s\", -1)));
    @same[(uint32)curtask.tgid == pid] = count();
    @x = (uint8)300;
    print(kaddr(\"vfs_read\") != 0);
}
tracepoint:syscalls:sys_enter_clock_nanosleep /comm == \"sleep\"/ { @n[comm] = count(); }
end { printf(\"end\\n\"); }";

#[test]
fn objects_carry_their_scripts() {
    let scratch = Scratch::new();
    let object = scratch.dir().join("open.bpf.o").display().to_string();
    run(osmia().args(["trace", "--emit", &object, "-e", OPEN])).ok();
    let rest = "true\nend\n\n\n@n[sleep]: 1\n@same[true]: 1\n@x: 44\n";
    for (words, says) in [
        (&[][..], "0  0 nobody\n(5, false, -1)\n"),
        (&["--", "7", "hello", "--who=me", "--n=9", "--b", "--s=-3"], "7 hello 2 me\n(9, true, -3)\n"),
    ] {
        let out = run(osmia().args(["run", "-q", &object, "-c", "sleep 0.01"]).args(words)).ok();
        assert_eq!(out, format!("{says}{rest}"), "{words:?}");
    }
    let err = run(osmia().args(["run", &object, "--", "x"])).refused();
    assert!(err.contains("$1 is used as a number, and \"x\" is none"), "{err}");
    let err = run(osmia().args(["run", &object, "--", "--zz"])).refused();
    assert!(err.contains("unexpected program command line options: --zz"), "{err}");
}

#[test]
fn values_of_the_writing_stay_where_nobody_says_otherwise() {
    let scratch = Scratch::new();
    let object = scratch.dir().join("given.bpf.o").display().to_string();
    run(osmia().args(["trace", "--emit", &object, "-e", OPEN, "3", "three", "--", "--n=8"])).ok();
    let out = run(osmia().args(["run", "-q", &object, "-c", "true"])).ok();
    assert!(out.starts_with("3 three 2 nobody\n(8, false, -1)\n"), "{out}");
}

#[test]
fn programs_stand_alone() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.dir().join(name).display().to_string();
    let (program, second) = (path("alone"), path("second"));
    run(osmia().args(["trace", "--aot", &program, "-e", OPEN])).ok();
    let out = run(Command::new(&program).args(["-q", "-c", "true", "--", "7", "hello", "--n=9"])).ok();
    assert!(out.starts_with("7 hello 2 nobody\n(9, false, -1)\n"), "{out}");
    // What writes a program is not part of it twice; and a program in use is replaced.
    run(osmia().args(["trace", "--aot", &second, "-e", "begin { printf(\"second\\n\"); }"])).ok();
    let size = |path: &str| std::fs::metadata(path).expect(path).len();
    let own = size(env!("CARGO_BIN_EXE_osmia"));
    assert!((own..own + 100_000).contains(&size(&second)), "{own} {}", size(&second));
    assert_eq!(run(Command::new(&second).arg("-q")).ok(), "second\n\n\n");
    run(osmia().args(["trace", "--aot", &second, "-e", "begin { printf(\"third\\n\"); }"])).ok();
    assert_eq!(run(Command::new(&second).arg("-q")).ok(), "third\n\n\n");
}
