//! The form of things: help, lists, colours, names, JSON.
use crate::common::{Live, Scratch, json_lines, osmia, program, run};
use std::path::Path;
use std::process::Command;

#[test]
fn help() {
    for words in [
        &["help"][..],
        &["--help"],
        &["-h"],
        &["trace", "--help"],
        &["run", "--help"],
        &["prog", "--help"],
        &["map", "--help"],
    ] {
        let done = run(osmia().args(words));
        assert!(done.out.contains("Usage: osmia"), "{words:?}: {done:?}");
        assert!(done.out.lines().all(|line| line.chars().count() <= 130), "{words:?}: {}", done.out);
        assert!(!done.out.contains('\x1b'), "no colours: {words:?}");
        done.ok();
    }
    let trace = run(osmia().args(["trace", "--help"])).ok();
    assert!(
        trace.contains("Examples:") && trace.contains("--emit") && trace.contains("--pid <PID>"),
        "{trace}"
    );
    let whole = run(osmia().arg("help")).ok();
    assert!(whole.contains("Examples:") && whole.contains("osmia run hello.bpf.o"), "{whole}");
    let version = run(osmia().arg("--version")).ok();
    assert!(version.starts_with("osmia 0."), "{version}");
}

#[test]
fn no_words_at_all() {
    let done = run(&mut osmia());
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(done.err.contains("Usage: osmia"), "{done:?}");
    let done = run(osmia().args(["tarce", "-e", "begin { }"]));
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(done.err.contains("trace"), "{done:?}");
}

#[test]
fn completions() {
    for (shell, part) in
        [("bash", "complete -F _osmia"), ("zsh", "#compdef osmia"), ("fish", "complete -c osmia")]
    {
        let text = run(osmia().args(["completions", shell])).ok();
        assert!(text.contains(part), "{shell}");
        assert!(text.contains("emit") && text.contains("xlated") || text.contains("dump"), "{shell}");
    }
    let scratch = Scratch::new();
    let file = scratch.write("completion", run(osmia().args(["completions", "bash"])).ok());
    run(Command::new("bash").args(["-n", &file])).ok();
}

#[test]
fn the_name_bpftrace() {
    let scratch = Scratch::new();
    let link = scratch.dir().join("bpftrace");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_osmia"), &link).expect("link");
    let done = run(program(&link).args(["-e", "BEGIN { printf(\"hello\\n\"); exit(); }"]));
    assert_eq!((done.out.as_str(), done.err.as_str()), ("hello\n\n\n", "Attached 1 probe\n"));
    let version = run(program(&link).arg("--version")).ok();
    assert!(version.starts_with("bpftrace v0."), "{version}");
    let list = run(program(&link).args(["-l", "tracepoint:sched:sched_sw*"])).ok();
    assert!(list.contains("tracepoint:sched:sched_switch\n"), "{list}");
    assert_eq!(run(program(&link).arg("--no-such-option")).status.code(), Some(1));
    assert_eq!(run(&mut program(&link)).status.code(), Some(1));
    let help = run(program(&link).arg("--help")).ok();
    assert!(help.contains("bpftrace"), "{help}");
}

#[test]
fn lists() {
    let sched = run(osmia().args(["trace", "-l", "tracepoint:sched:*"])).ok();
    let lines: Vec<&str> = sched.lines().collect();
    assert!(lines.contains(&"tracepoint:sched:sched_switch") && lines.len() > 10, "{sched}");
    assert!(lines.iter().all(|line| line.starts_with("tracepoint:sched:sched_")), "{sched}");
    assert!(lines.is_sorted(), "{sched}");
    let fields = run(osmia().args(["-lv", "tracepoint:syscalls:sys_enter_openat"])).ok();
    for line in [
        "tracepoint:syscalls:sys_enter_openat",
        "    int dfd",
        "    const char * filename",
        "    umode_t mode",
    ] {
        assert!(fields.lines().any(|found| found == line), "{line}: {fields}");
    }
    let software = run(osmia().args(["-l", "software:*"])).ok();
    assert!(software.contains("software:page-faults:"), "{software}");
    let scratch = Scratch::new();
    let two = scratch.compile(
        "two",
        "int second(void) { return 2; }\nint main(void) { return second(); }",
        &["-O0"],
    );
    let functions = run(osmia().args(["-l", &format!("uprobe:{two}:*")])).ok();
    assert!(functions.lines().any(|line| line == format!("uprobe:{two}:second")), "{functions}");
    assert_eq!(
        run(osmia().args(["-l", &format!("uprobe:{two}:sec*")])).ok(),
        format!("uprobe:{two}:second\n")
    );
}

#[test]
fn lists_of_everything_of_a_kind() {
    for (pattern, least) in
        [("rawtracepoint:*", 100), ("tracepoint:*", 300), ("kprobe:vfs_*", 10), ("", 1000)]
    {
        let list = run(osmia().args(["-l", pattern])).ok();
        assert!(list.lines().count() >= least, "{pattern}: {}", list.lines().count());
        assert!(list.lines().all(|line| line.contains(':')), "{pattern}");
    }
    // A reader that has enough.
    let shell = format!("{} -l | head -1", env!("CARGO_BIN_EXE_osmia"));
    let done = run(Command::new("bash").args(["-c", &format!("set -o pipefail; {shell}")]));
    assert!(done.status.success() && done.err.is_empty(), "{done:?}");
}

#[test]
fn list_of_a_script() {
    let done = run(osmia().args(["-l", "-e", "tracepoint:sched:sched_switch, begin { } interval:s:1 { }"]));
    let out = done.ok();
    assert!(out.contains("tracepoint:sched:sched_switch\n") && out.contains("interval:s:\n"), "{out}");
}

#[test]
fn json_of_everything_that_is_said() {
    let text = "begin { printf(\"q\\\"uote\\n\\x01\"); print((1, \"two\")); print(\"three\"); time(\"%H\"); @a[1, \"x\"] = 1; @h = hist(5);
        @l[\"k\"] = lhist(5, 0, 10, 2); @s = stats(3); @c = count(); @str = \"te\\\\xt\"; print(@c); @avg[1] = avg(4); @neg = -5; }
        interval:ms:1 { exit(); }";
    let done = run(osmia().args(["-f", "json", "-e", text]));
    let lines = json_lines(&done.ok());
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    for kind in ["attached_probes", "printf", "value", "time", "map", "hist", "stats"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    assert_eq!(lines[0]["data"], serde_json::json!({"probes": 2}));
}

/// Runs a command on a terminal; what it wrote there.
fn on_a_terminal(words: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new("script");
    command.args(["-qec", words, "/dev/null"]).env_remove("NO_COLOR").envs(environment.iter().copied());
    run(&mut command).out
}

#[test]
fn colours_on_terminals_only() {
    let words = format!("{} -e 'begin {{ nonsense }}'", env!("CARGO_BIN_EXE_osmia"));
    assert!(on_a_terminal(&words, &[]).contains('\x1b'), "colours on a terminal");
    assert!(!on_a_terminal(&words, &[("NO_COLOR", "1")]).contains('\x1b'), "none under NO_COLOR");
    assert!(!on_a_terminal(&words, &[("TERM", "dumb")]).contains('\x1b'), "none on a terminal that has none");
    let done = run(osmia().args(["-e", "begin { nonsense }"]));
    assert!(done.err.contains("ERROR") && !done.err.contains('\x1b'), "none in a pipe: {done:?}");
    let help = format!("{} help", env!("CARGO_BIN_EXE_osmia"));
    assert!(!on_a_terminal(&help, &[("NO_COLOR", "1")]).contains('\x1b'), "none in help under NO_COLOR");
}

#[test]
fn a_hint_after_silence() {
    let words = format!(
        "{} -e 'tracepoint:syscalls:sys_enter_reboot {{ printf(\"never\\n\"); }}'",
        env!("CARGO_BIN_EXE_osmia")
    );
    let mut command = Command::new("script");
    command.args(["-qefc", &words, "/dev/null"]);
    let mut live = Live::start(&mut command);
    live.until("Attached 1 probe");
    let hint = live.until("Ctrl-C");
    assert!(hint.contains("tracing"), "{hint}");
}

#[test]
fn what_this_machine_can_do() {
    let info = run(osmia().args(["trace", "--info"])).ok();
    assert!(info.contains("skboutput: yes") && info.contains("libdw (DWARF support): yes"), "{info}");
    // What test runners look for.
    for name in [
        "btf",
        "iter",
        "dpath",
        "kprobe_multi",
        "uprobe_multi",
        "kprobe_session",
        "get_func_ip",
        "lookup_percpu_elem",
        "dwunwind (DWARF stack unwinding)",
        "blazesym (advanced symbolization)",
        "bcc library path resolution",
        "Loop support",
        "loop",
        "probe_read_kernel",
        "fentry",
        "send_signal",
        "jiffies64",
        "get_ktime_ns",
        "get_tai_ns",
    ] {
        assert!(
            ["yes", "no"].iter().any(|answer| info.contains(&format!("{name}: {answer}"))),
            "{name}: {info}"
        );
    }
}

#[test]
fn attached_and_left() {
    let done = run(osmia().args(["--dry-run", "-e", "begin { printf(\"not\\n\"); } interval:s:1 { }"]));
    assert_eq!(done.err, "");
    assert_eq!(done.ok(), "");
    let done = run(osmia().args(["-e", "begin { printf(\"left\\n\"); } interval:ms:1 { exit(); }"]));
    assert_eq!(done.err, "Attached 2 probes\n");
    assert_eq!(done.ok(), "left\n\n\n");
    assert!(Path::new(env!("CARGO_BIN_EXE_osmia")).is_file());
}

/// A machine in this process has this process's facts: those that the kernel tells of it.
#[test]
fn facts_of_this_process() {
    use std::os::unix::process::CommandExt as _;
    let text = "begin { print((uid, gid, cgroup, cgroup_path(cgroup))); printf(\"%llu\\n\", jiffies); }";
    let facts = |words: &[&str]| {
        let out = run(osmia().args(words).args(["-q", "-e", text]).gid(7)).ok();
        let mut lines = out.lines().map(str::to_owned);
        let words = lines.next().expect("facts");
        (words, lines.next().and_then(|ticks| ticks.parse::<u64>().ok()).expect("ticks"))
    };
    let (here, there) = (facts(&["--vm"]), facts(&[]));
    assert_eq!(here.0, there.0);
    assert!(here.0.contains(", 7, "), "{here:?}");
    // Both were asked within a minute, of a thousand ticks a second at most.
    assert!(here.1.abs_diff(there.1) < 60_000, "{here:?} {there:?}");
    let ticks = "interval:ms:30 { printf(\"%llu\\n\", jiffies); if (++@n == 2) { exit(); } }";
    let ticks = run(osmia().args(["--vm", "-q", "-e", ticks])).ok();
    let ticks: Vec<u64> = ticks.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(ticks.len() == 2 && ticks.is_sorted_by(|a, b| a < b), "{ticks:?}");
}
