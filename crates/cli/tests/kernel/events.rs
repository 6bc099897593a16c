//! Tracepoints, timers, counters, kernel types and kernel stacks.
use crate::common::{Live, Scratch, osmia, run, script, script_with, symbols};

/// A program that makes exactly these system calls: `getppid` so often as its first argument says, `getpgid(0)` once.
pub(crate) const POKE: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int times = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < times; i++) syscall(SYS_getppid);
    syscall(SYS_getpgid, 0);
    for (int i = 2; i < argc; i++) syscall(SYS_openat, -100, argv[i], 0, 0);
    return 0;
}
"#;

#[test]
fn hello() {
    for begin in ["BEGIN", "begin"] {
        let text = format!("{begin} {{ printf(\"hello world.\\n\"); exit(); }}");
        for words in [&["trace", "-e", &text][..], &["-e", &text]] {
            let done = run(osmia().args(words));
            assert_eq!(done.err, "Attached 1 probe\n");
            assert_eq!(done.ok(), "hello world.\n\n\n");
        }
    }
}

#[test]
fn maps_are_printed_after_end() {
    let done =
        run(osmia().args(["-e", "BEGIN { @b[\"x\"] = 2; @a = 1; exit(); } END { printf(\"bye\\n\"); }"]));
    assert_eq!(done.err, "Attached 2 probes\n");
    assert_eq!(done.ok(), "bye\n\n\n@a: 1\n@b[x]: 2\n");
}

#[test]
fn exit_code() {
    let done = run(osmia().args(["-q", "-e", "begin { exit(7); }"]));
    assert_eq!(done.status.code(), Some(7), "{done:?}");
}

/// Its format says `enum hrtimer_mode mode`; the kernel's types have the names.
#[test]
fn enumerations_of_tracepoints_have_names() {
    let text = "tracepoint:timer:hrtimer_start /pid == cpid/ { printf(\"%d %s\\n\", args.mode, args.mode); exit(); }";
    let out = script_with(text, "/bin/sleep 0.01");
    let (number, name) = out.trim().split_once(' ').expect("both");
    assert!(number.parse::<u32>().is_ok() && name.starts_with("HRTIMER_MODE_"), "{out}");
}

#[test]
fn files_that_a_program_opens() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let (first, second) = (scratch.path("first"), scratch.path("second"));
    for field in ["args.filename", "args->filename"] {
        let text = format!(
            "tracepoint:syscalls:sys_enter_openat /comm == \"poke\" && pid == cpid/
             {{ printf(\"%-7d %-16s %s\\n\", pid, comm, str({field})); }}"
        );
        let out = script_with(&text, &format!("{poke} 1 {first} {second}"));
        let lines: Vec<&str> = out.lines().filter(|line| line.contains("osmia-test")).collect();
        let [one, two] = lines[..] else { panic!("{out}") };
        let pid = one.split(' ').next().expect("pid");
        assert_eq!(one, format!("{pid:<7} {:<16} {first}", "poke"));
        assert_eq!(two, format!("{pid:<7} {:<16} {second}", "poke"));
    }
}

#[test]
fn fields_of_every_kind() {
    let text = "tracepoint:sched:sched_process_exec /pid == cpid/
        { printf(\"%s %d %d\\n\", str(args.filename), args.pid == pid, args.old_pid == tid); }
        tracepoint:syscalls:sys_exit_getpgid /pid == cpid/ { @group = args.ret; @self = args.__syscall_nr; }";
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let out = script_with(text, &poke);
    assert!(out.starts_with(&format!("{poke} 1 1\n\n\n@group: ")), "{out}");
    assert!(out.ends_with("@self: 121\n"), "{out}");
}

#[test]
fn counts_by_command() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let text =
        "tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @[comm] = count(); @n[comm, pid == cpid]++; }";
    let out = script_with(text, &format!("{poke} 1234"));
    assert_eq!(out, "\n\n@[poke]: 1234\n@n[poke, true]: 1234\n");
}

#[test]
fn printed_and_cleared_by_an_interval() {
    let mut live = Live::attached(&[
        "-e",
        "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:ms:100 { print(@); clear(@); }",
        "-c",
        "sh -c 'while :; do :; done & trap \"kill $!\" TERM; wait'",
    ]);
    live.until("@[");
    live.until("@[");
    live.signal("TERM");
    let done = live.finish();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn an_interval_counts() {
    let out = script("interval:ms:20 { @n++; printf(\"%d\\n\", @n); if (@n == 3) { clear(@n); exit(); } }");
    assert_eq!(out.lines().take(3).collect::<Vec<_>>(), ["1", "2", "3"]);
    for unit in ["hz:50", "ms:20", "us:20000"] {
        // Until all is taken down, it may tick again.
        let out = script(&format!("interval:{unit} {{ printf(\"tick\\n\"); exit(); }}"));
        assert!(out.starts_with("tick\n") && out.replace("tick\n", "") == "\n\n", "{unit}: {out}");
    }
    assert_eq!(script("interval:s:1 { exit(); } END { printf(\"end\\n\"); }"), "end\n\n\n");
}

#[test]
fn time_passes() {
    let text =
        "begin { @start = nsecs; } interval:ms:10 { printf(\"%d\\n\", nsecs - @start >= 10000000); exit(); }
        end { clear(@start); }";
    let out = script(text);
    assert!(out.starts_with("1\n") && out.replace("1\n", "") == "\n\n", "{out}");
    let out = script("begin { printf(\"%d\\n\", elapsed < 3600000000000); }");
    assert_eq!(out, "1\n\n\n");
}

#[test]
fn profile_reads_the_run_queue() {
    // The field was renamed in 6.15.
    let types =
        run(std::process::Command::new("bpftool").args(["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]));
    let queue = types.out.split("STRUCT 'cfs_rq'").nth(1).expect("cfs_rq");
    let field = if queue.split("\n[").next().expect("cfs_rq").contains("'nr_queued'") {
        "nr_queued"
    } else {
        "nr_running"
    };
    let text = format!(
        "profile:hz:99 /cpu == 0/ {{ $rq = curtask->se.cfs_rq; @len[cpu] = $rq->{field}; @seen++; if (@seen == 3) {{ exit(); }} }}"
    );
    let out = script(&text);
    let length =
        out.split("@len[0]: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_else(|| panic!("{out}"));
    assert!(length.parse::<u32>().is_ok_and(|length| length < 1000), "{out}");
    let wrong = if field == "nr_queued" { "nr_running" } else { "nr_queued" };
    let done = run(osmia().args(["-e", &text.replace(field, wrong)]));
    let err = done.refused();
    assert!(err.contains(wrong) && err.contains("cfs_rq"), "{err}");
}

#[test]
fn the_current_task() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let text = "tracepoint:syscalls:sys_enter_getpgid /pid == cpid/ {
        $task = curtask;
        printf(\"%d %d %s %d\\n\", $task->tgid == pid, $task->pid == tid, $task->comm, $task->real_parent->tgid);
        printf(\"%s\\n\", $task->group_leader->comm);
    }";
    let live = Live::start(osmia().args(["-q", "-e", text, "-c", &poke]));
    let parent = live.pid();
    assert_eq!(live.finish().ok(), format!("1 1 poke {parent}\npoke\n\n\n"));
}

#[test]
fn raw_tracepoints() {
    let out = script("rawtracepoint:sched_switch { @[probe] = count(); exit(); }");
    assert!(out.starts_with("\n\n@[rawtracepoint:"), "{out}");
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let out = script_with(
        "rawtracepoint:sys_enter /pid == cpid && arg1 == 110/ { @ = count(); }",
        &format!("{poke} 17"),
    );
    assert_eq!(out, "\n\n@: 17\n");
}

#[test]
fn page_faults() {
    const TOUCH: &str = r#"
#include <sys/mman.h>
int main(void) {
    char *area = mmap(0, 300 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(area, 300 * 4096, MADV_NOHUGEPAGE);
    for (int i = 0; i < 300; i++) area[i * 4096] = 1;
    return 0;
}"#;
    let scratch = Scratch::new();
    let touch = scratch.compile("touch", TOUCH, &["-O1"]);
    let out =
        script_with("software:page-faults:1 /pid == cpid && comm == \"touch\"/ { @ = count(); }", &touch);
    let count: u32 = out.trim().trim_start_matches("@: ").parse().unwrap_or_else(|_| panic!("{out}"));
    assert!((300..3000).contains(&count), "{out}");
    let every_100 = script_with("software:page-faults:100 /pid == cpid/ { @ = count(); }", &touch);
    let count: u32 =
        every_100.trim().trim_start_matches("@: ").parse().unwrap_or_else(|_| panic!("{every_100}"));
    assert!((1..100).contains(&count), "{every_100}");
}

#[test]
fn kernel_stacks_have_names() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let text = "tracepoint:sched:sched_process_exec /pid == cpid/ { @[kstack] = count(); printf(\"%s\", kstack(2)); }";
    let out = script_with(text, &poke);
    assert!(out.contains("do_syscall_64+"), "{out}");
    assert!(out.contains("entry_SYSCALL_64_after_hwframe+"), "{out}");
    assert!(out.ends_with("\n]: 1\n"), "{out}");
    let top = out.split("\n\n").next().expect("printf");
    assert_eq!(top.lines().filter(|line| !line.trim().is_empty()).count(), 2, "{out}");
}

#[test]
fn kernel_symbols() {
    let table = symbols();
    let address = table.lines().find_map(|line| line.strip_suffix(" T vfs_read")).expect("vfs_read");
    let text = "begin { printf(\"%s %lx\\n\", ksym(kaddr(\"vfs_read\")), kaddr(\"vfs_read\")); }";
    assert_eq!(script(text), format!("vfs_read {}\n\n\n", address.trim_start_matches('0')));
}

#[test]
fn wildcards_of_tracepoints() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let done = run(osmia().args([
        "-e",
        "tracepoint:syscalls:sys_*_getppid /pid == cpid/ { @[probe] = count(); }",
        "-c",
        &format!("{poke} 5"),
    ]));
    assert_eq!(done.err, "Attached 2 probes\n");
    let out = done.ok();
    assert!(out.contains("@[tracepoint:syscalls:sys_enter_getppid]: 5\n"), "{out}");
    assert!(out.contains("@[tracepoint:syscalls:sys_exit_getppid]: 5\n"), "{out}");
}

#[test]
fn several_probes_of_one_block() {
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    let text = "tracepoint:syscalls:sys_enter_getppid, tracepoint:syscalls:sys_enter_getpgid /pid == cpid/ { @ = count(); }
        tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @once++; }
        tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @twice = @once * 2; }";
    assert_eq!(script_with(text, &format!("{poke} 4")), "\n\n@: 5\n@once: 4\n@twice: 8\n");
}

#[test]
fn blocks_on_one_event_run_as_they_are_written() {
    for event in ["tracepoint:sched:sched_process_exec", "rawtracepoint:sched_process_exec"] {
        let blocks =
            ["a", "b", "c", "d"].map(|name| format!("{event} /pid == cpid/ {{ printf(\"{name}\"); }}\n"));
        assert_eq!(script_with(&blocks.concat(), "true"), "abcd\n\n");
    }
}
