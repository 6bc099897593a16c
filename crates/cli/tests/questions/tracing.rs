//! Tracepoints, timers, events, kernel types, stacks.
use crate::support::{Run, has_kprobes, kernel_has, load, number, osmia, script, with_command};

#[test]
fn hello() {
    for name in ["BEGIN", "begin"] {
        let run = osmia(&["trace", "-e", &format!("{name} {{ printf(\"hello world.\\n\"); exit(); }}")]);
        assert_eq!(run.ok(), "hello world.\n\n\n");
        assert_eq!(run.err, "Attached 1 probe\n");
    }
}

#[test]
fn fields_of_a_tracepoint() {
    let text = "tracepoint:syscalls:sys_enter_openat { printf(\"%-7d %-16s %s|%d\\n\", pid, comm, str(args.filename), args->flags); }";
    let run = with_command(text, load());
    let lines: Vec<&str> = run.ok().lines().filter(|line| line.contains("/dev/null|1")).collect();
    assert_eq!(lines.len(), 10, "{run:?}");
    assert!(lines.iter().all(|line| line[8..].starts_with("load             /dev/null|1")), "{lines:?}");
}

#[test]
fn a_predicate_on_a_result() {
    let run = with_command(
        "tracepoint:syscalls:sys_exit_write /args.ret == 10/ { @[comm] = count(); @sum = sum(args.ret); }",
        load(),
    );
    assert_eq!(number(run.ok(), "@[load]"), 10);
    assert_eq!(number(run.ok(), "@sum"), 100);
}

#[test]
fn counts_by_name_are_printed_and_cleared() {
    let text = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:ms:200 { print(@); clear(@); @n++; if (@n == 2) { exit(); } }";
    let run = with_command(text, "sleep 30");
    assert!(run.ok().contains("]: "), "{run:?}");
    assert!(run.out.contains("@n: 2"), "{run:?}");
}

#[test]
fn chains_of_kernel_pointers() {
    let member = if kernel_has("cfs_rq", "nr_running") { "nr_running" } else { "nr_queued" };
    let text = format!(
        "profile:hz:99 {{ $rq = curtask->se.cfs_rq; @len[cpu] = $rq->{member}; @name[curtask->comm] = count(); }} interval:ms:500 {{ exit(); }}"
    );
    let run = script(&text);
    let lines: Vec<&str> = run.ok().lines().filter(|line| line.starts_with("@len[")).collect();
    assert!(!lines.is_empty(), "{run:?}");
    assert!(
        lines
            .iter()
            .all(|line| line.rsplit(' ').next().is_some_and(|n| n.parse::<u32>().is_ok_and(|n| n < 1000)))
    );
}

#[test]
fn what_curtask_says_is_what_helpers_say() {
    let text = "tracepoint:syscalls:sys_enter_getpgid { if (curtask->tgid != pid || curtask->pid != tid || curtask->comm != comm) { @wrong++; } @all++; @p = curtask->real_parent->tgid; }";
    let run = with_command(text, load());
    assert_eq!(number(run.ok(), "@all"), 10);
    assert!(!run.out.contains("@wrong"), "{run:?}");
    assert!(number(&run.out, "@p") > 1);
}

#[test]
fn raw_tracepoints_with_typed_arguments() {
    let run = script(
        "rawtracepoint:sched_switch { @[args.next->pid != args.prev->pid] = count(); @a = arg1; } interval:ms:300 { exit(); }",
    );
    assert!(number(run.ok(), "@[true]") > 0, "{run:?}");
    assert!(!run.out.contains("@[false]"), "{run:?}");
}

#[test]
fn software_events() {
    let run = with_command("software:page-faults:1 /comm == \"load\"/ { @ = count(); }", load());
    assert!(number(run.ok(), "@") >= 64, "{run:?}");
}

#[test]
fn kernel_stacks_have_names() {
    let run = script("profile:hz:199 { @[kstack(8)] = count(); } interval:ms:700 { exit(); }");
    let frames: Vec<&str> = run.ok().lines().filter(|line| line.starts_with("        ")).collect();
    assert!(!frames.is_empty(), "{run:?}");
    let named = frames.iter().filter(|frame| !frame.trim().starts_with("0x")).count();
    assert!(named * 10 >= frames.len() * 9, "{frames:?}");
}

#[test]
fn lists() {
    let names = osmia(&["trace", "-l", "tracepoint:sched:sched_sw*"]);
    assert!(names.ok().lines().any(|line| line == "tracepoint:sched:sched_switch"), "{names:?}");
    let fields = osmia(&["trace", "-lv", "tracepoint:sched:sched_switch"]);
    assert!(fields.ok().contains("\n    pid_t next_pid\n"), "{fields:?}");
    let software = osmia(&["trace", "-l", "software:*"]);
    assert!(software.ok().contains("software:page-faults:"), "{software:?}");
}

#[test]
fn kernel_functions() {
    let run = with_command(
        "kprobe:vfs_write /comm == \"load\"/ { @[func] = count(); @bytes = sum(arg2); }",
        load(),
    );
    if !has_kprobes() {
        assert!(run.refused().contains("this kernel is built without kprobes"), "{run:?}");
        return;
    }
    assert_eq!(number(run.ok(), "@[vfs_write]"), 10);
    assert_eq!(number(&run.out, "@bytes"), 100);
}

#[test]
fn results_of_kernel_functions() {
    let run = with_command(
        "kretprobe:vfs_write /retval > 0 && comm == \"load\"/ { @ = hist(retval); @n = count(); }",
        load(),
    );
    if !has_kprobes() {
        assert!(run.refused().contains("kprobes"), "{run:?}");
        return;
    }
    assert!(run.ok().contains("[8, 16)               10 |@"), "{run:?}");
}

#[test]
fn many_kernel_functions_by_a_pattern() {
    let text = "kprobe:vfs_* /comm == \"load\"/ { @[func] = count(); }";
    let run = osmia(&["-e", text, "-c", load()]);
    if !has_kprobes() {
        run.refused();
        return;
    }
    // A program does not run on a processor that runs one of its kind already: such events are missed, and told.
    assert!((1..=10).contains(&number(run.ok(), "@[vfs_write]")), "{run:?}");
    assert!(number(run.ok(), "@[vfs_open]") >= 1, "{run:?}");
    let attached = run.err.lines().find_map(|line| line.strip_prefix("Attached ")?.strip_suffix(" probes"));
    assert!(attached.and_then(|count| count.parse::<u32>().ok()).is_some_and(|count| count > 20), "{run:?}");
    let single = osmia(&["-q", "--no-feature", "kprobe_multi", "-e", text, "-c", load()]);
    assert!((1..=10).contains(&number(single.ok(), "@[vfs_write]")), "{single:?}");
}

#[test]
fn kernel_functions_by_trampoline() {
    let text = "fentry:vfs_write /comm == \"load\"/ { @bytes = sum(args.count); } fexit:vfs_write /comm == \"load\"/ { @r = sum(retval); @c = args.count; }";
    let run = with_command(text, load());
    if !has_kprobes() {
        assert!(run.refused().contains("vfs_write"), "{run:?}");
        return;
    }
    assert_eq!(number(run.ok(), "@bytes"), 100);
    assert_eq!(number(run.ok(), "@r"), 100);
    assert_eq!(number(run.ok(), "@c"), 10);
    // The second argument is a structure of two words; 11 asks for the next program, and the last time there is none.
    let text =
        "fexit:__sys_bpf /comm == \"bpftool\" && args.cmd == 11/ { @size = args.size; @last = retval; }";
    let run = with_command(text, "bpftool prog show");
    assert!((8..=512).contains(&number(run.ok(), "@size")), "{run:?}");
    assert!(run.ok().contains("@last: -2\n"), "{run:?}");
}

#[test]
fn user_text_in_a_kernel_function() {
    let run = with_command(
        "kprobe:do_sys_openat2 /comm == \"load\"/ { printf(\"%s\\n\", str(uptr(arg1))); }",
        load(),
    );
    if !has_kprobes() {
        run.refused();
        return;
    }
    assert_eq!(run.ok().lines().filter(|line| *line == "/dev/null").count(), 10, "{run:?}");
}

/// Lines `@[NAME, FUNCTION]: N` with a name that does not end in its function.
fn misnamed<'a>(run: &'a Run, provider: &str) -> Vec<&'a str> {
    let names = |line: &str| {
        let (key, _) = line.strip_prefix("@[")?.split_once("]: ")?;
        let (name, function) = key.split_once(", ")?;
        Some(name == format!("{provider}:{function}"))
    };
    run.ok().lines().filter(|line| line.starts_with("@[") && names(line) != Some(true)).collect()
}

#[test]
fn one_program_knows_by_which_of_many_functions_it_runs() {
    let text = "kprobe:vfs_r* /pid == cpid/ { @[probe, func] = count(); }
        kretprobe:vfs_r* /pid == cpid && probe == \"kretprobe:vfs_read\"/ { @returns[probe] = count(); }";
    if !has_kprobes() {
        assert!(script(text).err.contains("kprobe"));
        return;
    }
    for lacking in ["", "kprobe_session", "kprobe_multi,kprobe_session"] {
        let run = osmia(&["-q", "--no-feature", lacking, "-e", text, "-c", "cat /etc/passwd"]);
        assert!(misnamed(&run, "kprobe").is_empty(), "{run:?}");
        assert!(number(&run.out, "@[kprobe:vfs_read, vfs_read]") > 1, "{run:?}");
        assert!(number(&run.out, "@returns[kretprobe:vfs_read]") > 1, "{run:?}");
        // One side asks, and the other does not.
        let text = "kprobe:vfs_o*,kprobe:vfs_r* /pid == cpid/ { @entries = count(); }
            kretprobe:vfs_o*,kretprobe:vfs_r* /pid == cpid/ { @[probe, func] = count(); }";
        let run = osmia(&["-q", "--no-feature", lacking, "-e", text, "-c", "cat /etc/passwd"]);
        assert!(misnamed(&run, "kretprobe").is_empty(), "{run:?}");
        assert!(number(&run.out, "@[kretprobe:vfs_read, vfs_read]") > 1, "{run:?}");
    }
}

/// What is at each of many system calls by itself, and by one program for all of them, counts the same.
#[test]
fn many_system_calls_are_one_place() {
    for (side, told) in [("enter", "args.__syscall_nr"), ("exit", "args.ret < 0")] {
        let points = ["get*", "w*"].map(|calls| format!("tracepoint:syscalls:sys_{side}_{calls}"));
        let block = |body: &str| format!("{} /pid == cpid/ {{ {body} }}", points.join(","));
        let counts = format!("@[probe] = count(); @second[comm, {told}] = count();");
        let together = block(&counts);
        // Who asks for arguments, which differ, has a program at each.
        let apart = block(&format!("$a = args; {counts}"));
        let [together, apart] = [together, apart].map(|text| with_command(&text, load()));
        assert_eq!(together.ok(), apart.ok());
        assert_eq!(number(&together.out, &format!("@[tracepoint:syscalls:sys_{side}_write]")), 10);
        assert_eq!(number(&together.out, &format!("@[tracepoint:syscalls:sys_{side}_getpgid]")), 10);
        assert!(!together.out.contains("writev"), "calls of 32 bits have other numbers: {together:?}");
    }
}

#[test]
fn blocks_on_system_calls_run_in_order() {
    let text = "tracepoint:syscalls:sys_enter_g*,tracepoint:syscalls:sys_enter_w* /pid == cpid/ { @first[tid] = 1; }
        tracepoint:syscalls:sys_enter_getpgid /pid == cpid/ { @[@first[tid], @last[tid]] = count(); delete(@first, tid); }
        tracepoint:syscalls:sys_enter_g* /pid == cpid/ { @last[tid] = 1; }
        tracepoint:raw_syscalls:sys_exit /pid == cpid/ { delete(@last, tid); delete(@first, tid); }";
    let run = with_command(text, load());
    assert_eq!(number(&run.out, "@[1, 0]"), 10, "{run:?}");
}

#[test]
fn one_program_knows_at_which_of_many_places_it_runs() {
    let text = "tracepoint:syscalls:sys_enter_get* /pid == cpid/ { @[probe] = count(); }
        tracepoint:syscalls:sys_enter_get* /probe == \"tracepoint:syscalls:sys_enter_getpgid\" && pid == cpid/ { @equal++; }";
    let run = with_command(text, load());
    assert_eq!(number(run.ok(), "@[tracepoint:syscalls:sys_enter_getpgid]"), 10, "{run:?}");
    assert_eq!(number(run.ok(), "@equal"), 10, "{run:?}");
    // One by one, each takes the kernel tens of milliseconds to end.
    for (lacking, functions) in [("", "str*"), ("uprobe_multi", "strc*,uprobe:libc:strl*")] {
        let text = format!(
            "uprobe:libc:{functions} {{ @n[probe] = count(); @[strcontains(probe, \":str\")] = count(); }}"
        );
        let run = osmia(&["-q", "--no-feature", lacking, "-e", &text, "-c", "ls /"]);
        assert!(number(run.ok(), "@[true]") > 0 && !run.out.contains("@[false]"), "{run:?}");
        assert!(run.out.contains(":strlen]: "), "{run:?}");
    }
}
