//! Functions of the kernel: on kernels without kprobes the refusal is looked at instead.
use crate::common::{Scratch, eventually, has_kprobe_multi, has_kprobes, osmia, run, script_with};
use crate::events::POKE;

/// What a script prints where there are kprobes; `None`, having seen a good refusal, where there are none.
#[track_caller]
fn traced(text: &str, command: &str) -> Option<String> {
    if has_kprobes() {
        return Some(script_with(text, command));
    }
    let err = run(osmia().args(["-q", "-e", text, "-c", command])).refused();
    assert!(err.contains("kprobe") && err.contains("kernel"), "{err}");
    assert!(err.contains("tracepoint"), "it says what to do instead: {err}");
    None
}

/// A file to read, and `cat` to read it.
fn reader() -> (Scratch, String) {
    let scratch = Scratch::new();
    let file = scratch.write("file", "x".repeat(777));
    let command = format!("cat {file}");
    (scratch, command)
}

#[test]
fn kprobe() {
    let (_scratch, cat) = reader();
    let text = "kprobe:vfs_read /pid == cpid && comm == \"cat\"/ { @n = count(); @f[func] = count(); @sizes[arg2] = count(); }";
    let Some(out) = traced(text, &cat) else { return };
    assert!(
        out.contains("@f[vfs_read]: ") && out.contains("@n: ") && out.contains("@sizes[131072]: 2\n"),
        "{out}"
    );
}

#[test]
fn kretprobe_in_a_histogram() {
    let (_scratch, cat) = reader();
    let text = "kretprobe:vfs_read /retval > 0 && comm == \"cat\" && pid == cpid/ { @ = hist(retval); @exact[retval] = count(); }";
    let Some(out) = traced(text, &cat) else { return };
    assert!(out.contains("\n@exact[777]: 1\n"), "{out}");
    assert!(out.contains("[512, 1K) "), "{out}");
}

#[test]
fn both_sides() {
    let (_scratch, cat) = reader();
    let text = "kprobe:vfs_read /pid == cpid/ { @at[tid] = nsecs; }
        kretprobe:vfs_read /@at[tid]/ { @took = (nsecs > @at[tid]) * 5; delete(@at, tid); }";
    let Some(out) = traced(text, &cat) else { return };
    assert_eq!(out.lines().last(), Some("@took: 5"), "{out}");
}

#[test]
fn wildcards() {
    let (_scratch, cat) = reader();
    let text = "kprobe:vfs_rea* /pid == cpid/ { @[func] = count(); @p[probe] = count(); }";
    let Some(out) = traced(text, &cat) else { return };
    assert!(out.contains("@[vfs_read]: ") && out.contains("@p[kprobe:vfs_read]: "), "{out}");
    for lacking in ["", "kprobe_multi"] {
        let mut command = osmia();
        command.args(["-e", text, "-c", &cat]);
        if !lacking.is_empty() {
            command.args(["--no-feature", lacking]);
        }
        let done = run(&mut command);
        assert!(done.err.starts_with("Attached ") && done.err.ends_with(" probes\n"), "{}", done.err);
        assert!(done.ok().contains("@[vfs_read]: "));
    }
}

#[test]
fn one_link_for_many_functions() {
    if !has_kprobes() {
        assert!(!has_kprobe_multi(), "multi-links are made of kprobes");
        return;
    }
    // While it runs: one program on one link, or one a function.
    let text = "kprobe:vfs_rea* { @many_links = count(); }";
    let live = crate::common::Live::attached(&["-e", text]);
    let programs = crate::leaving::programs_of("AT_many_links");
    let expected_one = has_kprobe_multi();
    assert!(!programs.is_empty());
    assert_eq!(programs.len() == 1, expected_one || programs.len() == 1, "{programs:?}");
    live.signal("INT");
    assert!(live.finish().status.success());
}

#[test]
fn many_functions() {
    if !has_kprobe_multi() {
        // One by one this takes minutes on an emulated machine; `wildcards` tries it with few.
        let done = run(osmia().args(["--dry-run", "-e", "kprobe:vfs_w* { @[func] = count(); }"]));
        assert_eq!(done.status.success(), has_kprobes(), "{done:?}");
        return;
    }
    let done = run(osmia().args(["-e", "kprobe:tcp_* { @[func] = count(); }", "-c", "true"]));
    let count: u32 = done.err.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    assert!(count > 100, "{done:?}");
    done.ok();
}

#[test]
fn strings_of_user_space() {
    let (_scratch, cat) = reader();
    let text = "kprobe:do_sys_openat2 /pid == cpid/ { printf(\"%s\\n\", str(uptr(arg1))); }";
    let Some(out) = traced(text, &cat) else { return };
    assert!(out.lines().any(|line| line.ends_with("/file") && line.contains("osmia-test")), "{out}");
}

#[test]
fn trampolines() {
    let (_scratch, cat) = reader();
    let text = "fentry:vfs_read /pid == cpid && comm == \"cat\"/ { @sizes[args.count] = count(); @[func] = count(); }
        fexit:vfs_read /pid == cpid && comm == \"cat\"/ { @got[retval, args.count] = count(); }
        fentry:vfs_read /pid == cpid && args.count == 131072/ { @name[str(args.file->f_path.dentry->d_name.name)] = count(); }";
    if has_kprobes() {
        let out = script_with(text, &cat);
        assert!(out.contains("@sizes[131072]: 2\n"), "{out}");
        assert!(out.contains("@got[777, 131072]: 1\n"), "{out}");
        assert!(out.contains("@name[file]: 2\n"), "{out}");
        assert!(out.contains("@[vfs_read]: "), "{out}");
        return;
    }
    let err = run(osmia().args(["-q", "-e", text, "-c", &cat])).refused();
    assert!(err.contains("fentry") && err.contains("use a tracepoint"), "{err}");
}

#[test]
fn kernel_stacks_of_functions() {
    let (_scratch, cat) = reader();
    let Some(out) = traced("kprobe:vfs_read /pid == cpid/ { @[kstack(1)] = count(); }", &cat) else { return };
    assert!(out.contains("vfs_read+"), "{out}");
}

#[test]
fn registers_and_places_within_functions() {
    let (_scratch, cat) = reader();
    let text = "kprobe:vfs_read /pid == cpid/ { @[ksym(reg(\"ip\"))] = count(); }";
    let Some(out) = traced(text, &cat) else { return };
    assert!(out.contains("@[vfs_read]: "), "{out}");
}

#[test]
fn functions_that_do_not_exist() {
    let err = run(osmia().args(["-e", "kprobe:vfs_raed { }"])).refused();
    assert!(err.contains("1:1"), "{err}");
    assert!(err.contains("vfs_raed"), "{err}");
    if has_kprobes() {
        assert!(err.contains("vfs_read"), "the nearest name is told: {err}");
    }
    let err = run(osmia().args(["-e", "kprobe:no_such_function_* { }"])).refused();
    assert!(err.contains("no_such_function_*"), "{err}");
}

#[test]
fn nothing_stays_in_the_list_of_dynamic_events() {
    let (_scratch, cat) = reader();
    let _ = traced("kprobe:vfs_read { @ = count(); }", &cat);
    let scratch = Scratch::new();
    let poke = scratch.compile("poke", POKE, &["-O1"]);
    script_with(&format!("uprobe:{poke}:main {{ @ = count(); }}"), &poke);
    for list in ["kprobe_events", "uprobe_events"] {
        eventually(list, || {
            let events = std::fs::read_to_string(format!("/sys/kernel/tracing/{list}"))
                .or_else(|_| std::fs::read_to_string(format!("/sys/kernel/debug/tracing/{list}")));
            !events.unwrap_or_default().contains("osmia")
        });
    }
}

#[test]
fn blocks_on_one_function_run_as_they_are_written() {
    let (_scratch, cat) = reader();
    let block = |probe: &str, when: &str, text: &str| {
        format!("{probe}:vfs_read /pid == cpid && {when}/ {{ printf(\"{text}\"); }}\n")
    };
    let here = "arg2 == 131072";
    let kinds = [
        ("kprobe", here, ""),
        ("kretprobe", "retval == 777", ""),
        ("kprobe", here, "kprobe_multi"),
        ("kretprobe", "retval == 777", "kprobe_multi"),
        ("fentry", "args.count == 131072", ""),
        ("fexit", "retval == 777", ""),
    ];
    for (probe, when, lacking) in kinds {
        let text: String = ["a", "b", "c"].iter().map(|name| block(probe, when, name)).collect();
        // A pattern may be attached by another kind of link.
        let text = if probe.starts_with('k') {
            text + &block(probe, when, "d").replace("vfs_read", "vfs_rea[d]")
        } else {
            text
        };
        if !has_kprobes() {
            run(osmia().args(["-q", "-e", &text, "-c", &cat])).refused();
            continue;
        }
        let mut command = osmia();
        command.args(["-q", "-e", &text, "-c", &cat]);
        if !lacking.is_empty() {
            command.args(["--no-feature", lacking]);
        }
        let out = run(&mut command).ok().replace('x', "");
        let wanted = if probe.starts_with('k') { "abcd" } else { "abc" };
        let times = if when.contains("777") { 1 } else { 2 };
        assert_eq!(out.trim_end(), wanted.repeat(times), "{probe} {lacking}");
    }
}

#[test]
fn signals_are_sent() {
    // It would live for half a minute.
    for text in [
        "tracepoint:syscalls:sys_enter_clock_nanosleep /pid == cpid/ { signal(\"KILL\"); }",
        "tracepoint:syscalls:sys_enter_clock_nanosleep /pid == cpid/ { signal_thread(9); @sent = 1; }",
    ] {
        let start = std::time::Instant::now();
        run(osmia().args(["-q", "--unsafe", "-c", "sleep 30", "-e", text])).ok();
        assert!(start.elapsed().as_secs() < 20, "{text}");
    }
}

#[test]
fn what_a_function_returns_is_overridden() {
    // Which functions allow that is the kernel's affair; that they are asked to is ours.
    let shown = run(osmia().args([
        "--unsafe",
        "-d",
        "ir",
        "-e",
        "kprobe:vfs_read { if (pid == 1) { override(5); } }",
    ]));
    assert!(shown.ok().contains("call helper 58(v0, "));
}
