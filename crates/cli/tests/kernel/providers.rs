//! Iterators, signals, watchpoints, probes that this machine does not have, and what is listed.
use crate::common::{Live, Scratch, has_kprobe_multi, has_kprobes, osmia, run, script, script_with};
use std::path::Path;

fn iterator(text: &str) -> String {
    run(osmia().args(["-q", "-e", text])).ok()
}

#[test]
fn iterators_walk_over_what_there_is() {
    let own = std::process::id();
    let out = iterator("iter:task { printf(\"%d %s|%p\\n\", ctx.task.tgid, ctx.task.comm, ctx.task); }");
    let line =
        out.lines().find(|line| line.starts_with(&format!("{own} "))).unwrap_or_else(|| panic!("{out}"));
    assert!(line.contains("|0xffff"), "{line}");
    // After the last there is nothing more to print of.
    assert!(out.lines().filter(|line| !line.is_empty()).all(|line| line.contains("|0xffff")), "{out}");
}

#[test]
fn iterators_count_in_maps_and_read_their_numbers() {
    let text = "iter:task_file /ctx.fd < 3/ { @[ctx.fd] = count(); }";
    let out = iterator(text);
    for number in 0..3 {
        assert!(out.contains(&format!("@[{number}]: ")), "{out}");
    }
}

#[test]
fn iterators_are_pinned() {
    let name = format!("osmia-test-{}", std::process::id());
    let path = Path::new("/sys/fs/bpf").join(&name);
    let text = format!("iter:task:{name} {{ printf(\"%d%%\\n\", ctx.task.pid); }}");
    let out = run(osmia().args(["-e", &text])).ok();
    let own = format!("{}%", std::process::id());
    let read = std::fs::read_to_string(&path);
    let again = run(osmia().args(["-e", &text]));
    std::fs::remove_file(&path).unwrap_or_else(|error| panic!("{out}{error}"));
    assert!(out.contains(&format!("Program pinned to {}\n", path.display())), "{out}");
    assert!(read.unwrap_or_else(|error| panic!("{error}")).lines().any(|line| line == own));
    assert!(again.refused().contains("exists"));
}

#[test]
fn iterators_that_are_not_there() {
    let err = run(osmia().args(["-e", "iter:tsk { }"])).refused();
    assert!(err.contains("1:1-9: ERROR: iter tsk not available for your kernel version."), "{err}");
    assert!(err.contains("did you mean `task`?"), "{err}");
    let err = run(osmia().args(["-e", "iter:task { printf(\"%d\", ctx.tsk); }"])).refused();
    assert!(err.contains("did you mean `task`?"), "{err}");
    let err = run(osmia().args(["-e", "iter:task { printf(\"%s\", kstack); }"])).refused();
    assert!(err.contains("an iterator cannot print"), "{err}");
}

#[test]
fn a_signal_runs_its_probes() {
    let text = "self:signal:SIGUSR1 { printf(\"first \"); } self:signal:SIGUSR1 { printf(\"second %s\\n\", probetype); exit(); }";
    for extra in [&[][..], &["--vm"]] {
        let live = Live::attached(&[extra, &["-e", text]].concat());
        live.signal("USR1");
        assert_eq!(live.finish().ok(), "first second special\n\n\n");
    }
}

#[test]
fn watchpoints() {
    const TOUCH: &str = r#"
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
static void *touch(void *area) { *(volatile char *)area = 1; return NULL; }
int main(void) {
    char *area = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    touch(area);
    pthread_t thread;
    pthread_create(&thread, NULL, touch, area);
    pthread_join(thread, NULL);
    return 0;
}"#;
    let scratch = Scratch::new();
    let touch = scratch.compile("touch", TOUCH, &["-O1", "-pthread"]);
    let text = "watchpoint:0x10000000:1:w { @[probe] = count(); }";
    let done = run(osmia().args(["-q", "-e", text, "-c", &touch]));
    // Not every virtual machine has debug registers.
    match done.status.success() {
        true => assert!(done.ok().contains("@[watchpoint:268435456:1:w]: 2\n")),
        false => {
            assert!(done.refused().contains("the processor does not watch that"));
            return;
        }
    }
    // Nobody watches any more once that was asked for, however often it is written.
    let again = "int main(void) { for (int i = 0; i < 100; i++) { *(volatile char *)area = 1; usleep(10000); } return 0; }";
    let map = "#include <sys/mman.h>\n#include <unistd.h>\nstatic char *area;\n__attribute__((constructor)) static void map(void) {
        area = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); }\n";
    let again = scratch.compile("again", &format!("{map}{again}"), &[]);
    let text =
        "watchpoint:0x10000000:1:w { @ += 1; if (@ == 1) { unwatch(0x10000000); } } end { print(@ < 100); }";
    assert!(run(osmia().args(["-q", "-e", text, "-c", &again])).ok().starts_with("true\n"));
}

#[test]
fn an_iterator_goes_on_to_its_end() {
    let out = iterator("iter:task { printf(\"%d\\n\", ctx.task.tgid); exit(); }");
    assert!(out.lines().filter(|line| !line.is_empty()).count() > 1, "{out}");
}

#[test]
fn probes_that_are_not_there() {
    let both = "tracepoint:raw_syscalls:sys_enter { exit(); } tracepoint:syscalls:nonsense { exit(); }";
    let err = run(osmia().args(["-e", both])).refused();
    assert!(err.contains(": ERROR: No matches for tracepoint syscalls:nonsense."), "{err}");
    let warned = run(osmia().args(["-e", &format!("config = {{ missing_probes = warn }} {both}")]));
    assert!(warned.status.success(), "{warned:?}");
    let err = &warned.err;
    assert!(err.contains("WARNING: No matches for tracepoint syscalls:nonsense. Skipping."), "{err}");
    assert!(err.contains("WARNING: Probe has no valid attach points. It is being removed"), "{err}");
    let silent = run(osmia().args(["-q", "-e", &format!("config = {{ missing_probes = ignore }} {both}")]));
    assert!(silent.status.success() && silent.err.is_empty(), "{silent:?}");
    let nothing = "config = { missing_probes = ignore } tracepoint:syscalls:nonsense { exit(); }";
    assert!(run(osmia().args(["-e", nothing])).refused().contains("No probes to attach"));
    let err = run(osmia().args(["-e", "kprobe:nonsense:vfs_read { }"])).refused();
    assert!(
        err.contains("specified module nonsense in probe kprobe:nonsense:vfs_read is not loaded."),
        "{err}"
    );
    let err = run(osmia().args(["-e", "kprobe:0x12345678 { }"])).refused();
    assert!(err.contains("Probing by address requires --unsafe"), "{err}");
}

#[test]
fn more_programs_than_fit_at_one_event() {
    let probes: String =
        (0..70).map(|at| format!("tracepoint:oom:mark_victim /pid == {at}/ {{ @ = {at}; }}\n")).collect();
    let err = run(osmia().args(["-e", &probes])).refused();
    assert!(
        err.contains("64 programs are at this event already") && err.contains(":65:1-27: ERROR"),
        "{err}"
    );
}

#[test]
fn more_programs_than_are_allowed() {
    let text = "tracepoint:syscalls:* { print((probe, args)); }";
    let err = run(osmia().env("BPFTRACE_MAX_BPF_PROGS", "100").args(["-e", text])).refused();
    assert!(err.contains("BPF programs, which exceeds the current limit of 100"), "{err}");
    assert!(err.contains("HINT: You can increase the limit through the BPFTRACE_MAX_BPF_PROGS"), "{err}");
    let written = "begin { print(1); } begin { print(2); } end { print(3); }";
    let out = run(osmia().env("BPFTRACE_MAX_BPF_PROGS", "1").args(["-q", "-e", written])).ok();
    assert_eq!(out, "1\n2\n3\n\n\n", "only programs that patterns become are counted");
}

#[test]
fn probes_have_the_names_that_they_are_given() {
    assert!(script("tick=interval:ms:1 { printf(\"%s\\n\", probe); exit(); }").starts_with("tick\n"));
}

#[test]
fn all_arguments_are_one_value() {
    let out = script_with(
        "tracepoint:syscalls:sys_enter_getpgid /pid == cpid/ { print(args); }",
        "sh -c 'ps -o pgid= -p $$ > /dev/null; true'",
    );
    assert!(
        out.is_empty() || out.starts_with('\n') || out.starts_with("{ .__syscall_nr = 121, .pid = "),
        "{out}"
    );
    let out = script("rawtracepoint:sched_switch { print(args); exit(); }");
    assert!(out.starts_with("{ .preempt = ") && out.contains(".next = 0xffff"), "{out}");
}

#[test]
fn both_sides_of_a_function_are_one_program_where_the_kernel_can() {
    let text = "kprobe:ksys_read { @in = 1; } kretprobe:ksys_read /@in == 1/ { printf(\"%d\\n\", retval >= 0); exit(); }";
    if !has_kprobes() {
        run(osmia().args(["-q", "-e", text, "-c", "cat /etc/hostname"])).refused();
        return;
    }
    for lacking in ["", "kprobe_session"] {
        let mut command = osmia();
        command.args(["-q", "-e", text, "-c", "sh -c 'while :; do cat /etc/hostname; done'"]);
        if !lacking.is_empty() {
            command.args(["--no-feature", lacking]);
        }
        let out = run(&mut command).ok();
        assert!(out.contains("1\n") && out.contains("@in: 1\n"), "{lacking}: {out}");
    }
}

#[test]
fn one_program_for_many_functions() {
    let text = "kprobe:ksys_* { @many_functions = count(); }";
    if !has_kprobes() {
        run(osmia().args(["-e", text])).refused();
        return;
    }
    let live = Live::attached(&["-e", text]);
    let programs = crate::leaving::programs_of("AT_many_functions");
    assert_eq!(programs.len(), 1, "{programs:?}");
    let links = run(std::process::Command::new("bpftool").args(["link", "show"])).out;
    assert!(links.contains("kprobe_multi") || links.contains("type 8") || !has_kprobe_multi(), "{links}");
    live.signal("INT");
    assert!(live.finish().status.success());
}

#[test]
fn listings() {
    let list = |words: &[&str]| run(osmia().args(words)).ok();
    assert_eq!(
        list(&["-l", "tracepoint:sched:sched_switch,self:*"]),
        "tracepoint:sched:sched_switch\nself:signal:SIGUSR1\n"
    );
    assert!(list(&["-l", "*sched_switch*"]).contains("rawtracepoint:vmlinux:sched_switch\n"));
    assert!(list(&["-l", "iter:*"]).contains("iter:task_vma\n"));
    assert!(
        list(&["-lv", "iter:task_file"])
            .starts_with("iter:task_file\n    struct task_struct * task\n    u32 fd\n")
    );
    assert!(list(&["-lv", "kprobe:vfs_read"]).contains("kprobe:vfs_read\n    struct file * arg0\n"));
    assert!(list(&["-lv", "kretprobe:vfs_read"]).ends_with(" retval\n"));
    assert!(
        list(&["-lv", "fentry:vfs_read"]).starts_with("fentry:vmlinux:vfs_read\n    struct file * file\n")
    );
    assert!(list(&["-lv", "rawtracepoint:sched_switch"]).contains("    bool preempt\n"));
    let types = list(&["-lv", "struct file,union nf_inet_addr"]);
    assert!(types.starts_with("vmlinux: struct file {\n"), "{types}");
    let scratch = Scratch::new();
    let file = scratch.write(
        "probes.bt",
        "begin { } interval:ms:10, hardware:cache-misses:10 { } tracepoint:sched:sched_wak* { }",
    );
    let listed = list(&["-l", &file]);
    assert!(
        listed.starts_with("interval:ms:\nhardware:cache-misses:\ntracepoint:sched:sched_wak"),
        "{listed}"
    );
    let done = run(osmia().args(["-l", "no-such-file.bt"]));
    assert!(done.err.contains("WARNING: It appears that 'no-such-file.bt' is a filename"), "{done:?}");
}
