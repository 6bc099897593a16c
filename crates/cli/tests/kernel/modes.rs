//! Tests and benchmarks in scripts, in the kernel and in this process.
use crate::common::{Done, Scratch, json_lines, osmia, program, run};

/// Scripts that must do the same in both worlds.
fn in_both(words: &[&str], see: impl Fn(&str, Done)) {
    see("kernel", run(osmia().args(words)));
    see("vm", run(osmia().arg("trace").arg("--vm").args(words)));
}

/// The report without its colours and times, and without where errors were told.
fn plain(text: &str) -> String {
    let text = text.replace("\x1b[32m", "").replace("\x1b[31m", "").replace("\x1b[0m", "");
    let line = |line: &str| match line.rsplit_once(" (") {
        Some((before, time)) if time.ends_with("s)") => format!("{before} (TIME)\n"),
        _ if line.contains(": ERROR: ") => {
            line.find("ERROR: ").map_or("", |at| &line[at..]).to_owned() + "\n"
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

const TESTS: &str = "
test:adds { @n[1] = 1; @n[1] += 2; if (@n[1] != 3) { return 1; } }
test:finds { printf(\"looked\\n\"); return @n[1] == 3; }
test:loops { for ($i : 0..200) { if ($i == 150) { return true; } } }
test:leaves { for ($i : 0..200) { if ($i == 150) { return 0; } } exit(3); }
test:exits { exit(2); }
test:tells { errorf(\"wrong %d\", 7); }
test:holds { assert(1 + 1 == 2, \"arithmetic\"); }
test:breaks { assert(1 + 1 == 3, \"arithmetic\"); printf(\"never\\n\"); }
interval:ms:1 { printf(\"not asked for\\n\"); }
end { printf(\"end\\n\"); }
";

const REPORT: &str = "\
[==========] Running 8 tests.
[ RUN      ] adds
[       OK ] adds (TIME)
[ RUN      ] finds
looked
[  FAILED  ] finds (TIME)
[ RUN      ] loops
[  FAILED  ] loops (TIME)
[ RUN      ] leaves
[       OK ] leaves (TIME)
[ RUN      ] exits
[  FAILED  ] exits (TIME)
[ RUN      ] tells
ERROR: wrong 7
[  FAILED  ] tells (TIME)
[ RUN      ] holds
[       OK ] holds (TIME)
[ RUN      ] breaks
ERROR: assert failed: arithmetic
ERROR: expanded from
test:breaks { assert(1 + 1 == 3, \"arithmetic\"); printf(\"never\\n\"); }
              ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
[  FAILED  ] breaks (TIME)
[==========] 8 tests ran.
[  PASSED  ] 3 tests.
[  FAILED  ] 5 tests, listed below:
[  FAILED  ] finds
[  FAILED  ] loops
[  FAILED  ] exits
[  FAILED  ] tells
[  FAILED  ] breaks
";

#[test]
fn tests_are_reported() {
    in_both(&["--test", "-e", TESTS], |world, done| {
        assert_eq!(done.status.code(), Some(1), "{world}: {done:#?}");
        let report = plain(&done.out);
        let rest = report.strip_prefix(REPORT).unwrap_or_else(|| panic!("{world}: {report}"));
        assert!(!rest.contains("@n"), "maps are not printed: {world}: {rest}");
    });
}

#[test]
fn tests_that_pass_say_nothing_of_what_they_print() {
    let words = ["--mode", "test", "--probe-filter", "add|^test:holds$", "-e", TESTS];
    in_both(&words, |world, done| {
        assert_eq!(done.status.code(), Some(0), "{world}: {done:#?}");
        assert!(plain(&done.out).contains("[  PASSED  ] 2 tests.\n"), "{world}: {}", done.out);
        assert!(!done.out.contains("looked") && !done.out.contains("FAILED"), "{world}: {}", done.out);
    });
}

#[test]
fn tests_in_json() {
    in_both(&["-q", "-f", "json", "--test", "-e", TESTS], |world, done| {
        let lines = json_lines(&done.out);
        let results: Vec<_> = lines.iter().filter(|line| line["type"] == "test_result").collect();
        assert_eq!(results.len(), 8, "{world}: {}", done.out);
        assert_eq!(results[0]["data"]["adds"]["passed"], true);
        assert_eq!(results[1]["data"]["finds"]["passed"], false);
        assert_eq!(results[1]["data"]["finds"]["output"], "looked\n");
        assert!(results[0]["data"]["adds"]["duration"].as_u64().is_some_and(|time| time > 0));
    });
}

#[test]
fn tests_know_who_runs_them() {
    let text = "test:me { assert(pid > 0 && comm != \"\" && nsecs > 0, \"the current process\"); }";
    assert!(plain(&run(osmia().args(["--test", "-e", text])).ok()).contains("[  PASSED  ] 1 test."));
}

#[test]
fn benchmarks_are_measured() {
    let text = "bench:count { @ = count(); } bench:skipped { return 1; } bench:b { @x++; }";
    in_both(&["--bench", "-e", text], |world, done| {
        let out = done.ok();
        let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["Benchmark", "Time(ns)", "Iterations"], "{world}: {out}");
        assert_eq!((rows[2][0], rows[3][0]), ("count", "b"), "{world}: {out}");
        for row in &rows[2..4] {
            let [time, runs] = [row[1], row[2]].map(|number| number.parse::<u64>().expect("a number"));
            assert!(time * runs >= 500_000, "{world}: {out}");
        }
        assert!(!out.contains("skipped") && !out.contains('@'), "{world}: {out}");
    });
    in_both(&["-q", "-f", "json", "--mode", "bench", "-e", text], |world, done| {
        let out = done.ok();
        let lines = json_lines(&out);
        assert_eq!(lines.len(), 2, "{world}: {out}");
        assert!(lines[0]["data"]["count"]["iters"].as_u64().is_some_and(|runs| runs > 0), "{world}: {out}");
    });
}

#[test]
fn a_benchmark_that_fails() {
    let text = "bench:bad { errorf(\"cannot\"); } bench:good { @x++; }";
    in_both(&["--bench", "-e", text], |world, done| {
        assert_eq!(done.status.code(), Some(1), "{world}: {done:#?}");
        assert!(
            done.err.contains("cannot") && done.err.contains("Benchmark 'bad' failed."),
            "{world}: {done:#?}"
        );
        assert!(done.out.contains("\ngood "), "{world}: {done:#?}");
    });
}

#[test]
fn probes_of_other_modes_are_left_out() {
    for (words, says) in [
        (&["-e", "test:a { }"][..], "use --test"),
        (&["-e", "bench:a { }"], "use --bench"),
        (&["--test", "-e", "bench:a { }"], "no test probe"),
        (&["--bench", "-e", "test:a { }"], "no bench probe"),
        (&["--test", "--probe-filter", "x", "-e", "test:a { }"], "--probe-filter 'x'"),
        (&["--test", "--probe-filter", "(", "-e", "test:a { }"], "Invalid --probe-filter regex '('"),
        (&["--test", "--bench", "-e", "test:a { }"], "--bench conflicts with existing --mode"),
        (&["--mode", "dance", "-e", "test:a { }"], "--mode can only be"),
    ] {
        let err = run(osmia().args(words)).refused();
        assert!(err.contains(says), "{words:?}: {err}");
    }
    let out =
        run(osmia().args(["-q", "-e", "begin { printf(\"x\\n\"); } test:a { printf(\"y\\n\"); }"])).ok();
    assert_eq!(out, "x\n\n\n");
}

#[test]
fn filters_choose_what_is_attached() {
    let text =
        "interval:ms:1 { printf(\"ms\\n\"); exit(); } interval:us:300000 { printf(\"us\\n\"); exit(); }";
    assert_eq!(run(osmia().args(["-q", "--probe-filter", ":us:", "-e", text])).ok(), "us\n\n\n");
}

#[test]
fn compiling_is_measured() {
    let out = run(osmia().args(["--mode", "compiler-bench", "-e", "begin { @ = 1; }"])).ok();
    let steps: Vec<&str> = out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(steps, ["parse", "gather", "check", "lower", "optimize", "emit", "total", "PASS"], "{out}");
    assert_eq!(run(osmia().args(["--mode", "codegen", "-e", "begin { printf(\"x\\n\"); }"])).ok(), "");
}

#[test]
fn named_parameters() {
    let text = "begin { print((getopt(\"aa\", 20), getopt(\"bb\", -1), getopt(\"cc\", true), getopt(\"dd\"), getopt(\"ee\", \"hello\"))); }";
    for (words, says) in [
        (&[][..], "(20, -1, true, false, hello)\n\n\n"),
        (
            &["--dd", "--aa=0xffffffffffffffff", "--bb=-10", "--cc=False", "--ee=a b"],
            "(18446744073709551615, -10, false, true, a b)\n\n\n",
        ),
    ] {
        let done = run(osmia().args(["-q", "-e", text, "--"]).args(words));
        assert_eq!(done.ok(), says, "{words:?}");
    }
    for (word, says) in [
        ("--aa=x", "ERROR: program command line option --aa invalid integer (value: x)\n"),
        (
            "--zz",
            "ERROR: unexpected program command line options: --zz\nHINT: expected program options: --aa --bb --cc --dd --ee\n",
        ),
    ] {
        assert_eq!(run(osmia().args(["-e", text, "--", word])).refused(), says);
    }
    let both = "begin { print(($1, getopt(\"aa\", 10), $2, $#)); }";
    let done = run(osmia().args(["-q", "-e", both, "one", "--", "--aa=3", "2"]));
    assert_eq!(done.ok(), "(one, 3, 2, 2)\n\n\n");
    let help = "begin { print(getopt(\"aa\", 10, \"how many\")); print(getopt(\"bb\")); }";
    let done = run(osmia().args(["-e", help, "--", "--help"]));
    assert_eq!(done.status.code(), Some(1), "{done:#?}");
    let err = done.err;
    assert!(err.contains("\n--aa: how many\n--bb\n"), "{err}");
}

#[test]
fn misuse_of_the_name_bpftrace() {
    let scratch = Scratch::new();
    let link = scratch.dir().join("bpftrace");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_osmia"), &link).expect("link");
    for (words, says, usage) in [
        (&["-idonotexist"][..], "ERROR: unexpected argument", true),
        (&["-e", "begin { }", "--aa=20"], "ERROR: unexpected argument", true),
        (&[], "", true),
        (&["-c", "true", "-p", "1", "-e", "begin { }"], "ERROR: USAGE: Cannot use both -c and -p.", true),
        (&["-q"], "ERROR: USAGE: filename or -e 'program' required.", false),
        (&["no.bt"], "ERROR: failed to open file 'no.bt': No such file or directory", false),
        (&["-kk", "-e", "begin { }"], "ERROR: USAGE: -kk has been deprecated.", false),
        (&["-k", "--no-warnings", "-e", "begin { }"], "conflicts with --no-warnings", false),
        (&["-p", "a1", "-e", "begin { }"], "ERROR: Failed to parse pid: invalid integer: a1", false),
        (&["-p", "5000000", "-e", "begin { }"], "ERROR: Pid out of range: 5000000", false),
        (&["-f", "jsonx", "-e", "begin { }"], "ERROR: Invalid output format \"jsonx\"", false),
        (&["-B", "half", "-e", "begin { }"], "ERROR: USAGE: -B must be either", false),
        (&["-d", "soup", "-e", "begin { }"], "ERROR: USAGE: invalid option for -d: soup", false),
        (&["--no-feature", "x", "-e", "begin { }"], "ERROR: USAGE: --no-feature can only", false),
    ] {
        let done = run(program(&link).args(words));
        assert_eq!(done.status.code(), Some(1), "{words:?}: {done:#?}");
        assert!(done.err.contains(says), "{words:?}: {}", done.err);
        assert_eq!(done.err.contains("\nUSAGE:\n"), usage, "{words:?}: {}", done.err);
        assert_eq!(done.out, "", "{words:?}");
    }
    let help = run(program(&link).arg("-h")).ok();
    assert!(help.contains("\nUSAGE:\n"), "{help}");
    let long = run(program(&link).args(["--btf", "--qui", "-e", "begin { printf(\"x\\n\"); }"])).ok();
    assert_eq!(long, "x\n\n\n");
}

#[test]
fn settings_and_what_is_wrong_with_them() {
    let refused = |text: &str| run(osmia().args(["-e", text])).refused();
    let err = refused("config = { bad_config=raw } begin { }");
    assert!(err.starts_with("stdin:1:12-26: ERROR: bad_config: not a known configuration option\n"), "{err}");
    let err = refused("config = { license=\"Potato\" } begin { }");
    assert!(err.contains("ERROR: Invalid value for license. Found: Potato. Valid values: "), "{err}");
    let done = run(osmia().args(["-q", "-e", "config = { strlen=20; unstable_macro=1 } begin { }"]));
    assert!(done.status.success(), "{done:#?}");
    assert!(done.err.contains("WARNING: strlen has been renamed, please use max_strlen"), "{done:#?}");
    assert!(done.err.contains("WARNING: unstable_macro is deprecated and has no effect"), "{done:#?}");
    let done = run(osmia().env("BPFTRACE_STRLEN", "20").args(["-e", "begin { exit(); }"]));
    assert_eq!(done.err.matches("please use BPFTRACE_MAX_STRLEN").count(), 1, "{done:#?}");
    assert!(done.status.success(), "{done:#?}");
    let text = "config = { print_maps_on_exit=1 } begin { @ = 1; }";
    let wins = run(osmia().env("BPFTRACE_PRINT_MAPS_ON_EXIT", "false").args(["-q", "-e", text]));
    assert_eq!(wins.ok(), "\n\n");
}

/// `osmia` as nobody.
fn nobody() -> std::process::Command {
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_osmia")]);
    command
}

#[test]
fn scripts_are_checked_where_no_machine_is_seen() {
    let mut command = std::process::Command::new("unshare");
    command.args(["-m", "sh", "-c", "mount -t tmpfs none /sys && exec \"$0\" check -e \"$1\""]);
    command.arg(osmia().get_program()).arg("begin { @a = count(); if (@a > 1) { print(@a); } }");
    run(&mut command).ok();
}

#[test]
fn scripts_are_checked_without_rights() {
    let right = "begin { $x = curtask.pid; @[$x] = count(); }";
    let done = run(nobody().args(["check", "-e", right]));
    assert_eq!((done.status.code(), done.out.as_str(), done.err.as_str()), (Some(0), "", ""));
    let done = run(nobody().args(["check", "-e", "begin { print(curtask.no_such_field); $x + ; }"]));
    assert_eq!(done.status.code(), Some(1), "{done:#?}");
    assert!(done.err.contains("stdin:1:") && done.err.contains("ERROR"), "{done:#?}");
    // The kernel's types know events that are a class of their own.
    let done =
        run(nobody().args(["check", "-e", "tracepoint:sched:sched_switch { print(args.next_pidx); }"]));
    assert_eq!(done.status.code(), Some(1), "{done:#?}");
    assert!(done.err.contains("did you mean `next_pid`?"), "{done:#?}");
    // What nobody may not read is said, and the rest is checked.
    let text = "tracepoint:syscalls:sys_enter_read { @[args.fd] = count(); } begin { print(curtask.nope); }";
    let done = run(nobody().args(["check", "-f", "json", "-e", text]));
    assert_eq!(done.status.code(), Some(1), "{done:#?}");
    let report = &json_lines(&done.out)[0];
    assert_eq!((report["ok"].as_bool(), report["version"].as_u64()), (Some(false), Some(1)), "{report}");
    let list = report["diagnostics"].as_array().expect("a list");
    let of = |severity: &str| list.iter().find(|it| it["severity"] == severity).expect(severity);
    assert!(of("error")["text"].as_str().is_some_and(|text| text.contains("nope")), "{report}");
    assert_eq!(of("error")["start"]["line"], 1);
    if list.iter().any(|it| it["severity"] == "warning") {
        let text = of("warning")["text"].as_str().unwrap_or_default();
        assert!(text.starts_with("this probe was not checked: "), "{report}");
        assert_eq!(of("warning")["start"]["column"], 1);
    }
}

#[test]
fn scripts_are_checked_against_other_types() {
    let text = "begin { print(curtask.pid); }";
    run(nobody().args(["check", "--btf", "/sys/kernel/btf/vmlinux", "-e", text])).ok();
    let done = run(nobody().args(["check", "-f", "json", "--btf", "/nonexistent", "-e", text]));
    let report = &json_lines(&done.out)[0];
    let warning = &report["diagnostics"][0];
    assert_eq!(
        (report["ok"].as_bool(), warning["severity"].as_str()),
        (Some(true), Some("warning")),
        "{report}"
    );
    assert!(warning["text"].as_str().is_some_and(|text| text.contains("/nonexistent")), "{report}");
}

#[test]
fn a_test_that_leaves_well_hides_no_failure() {
    in_both(&["--test", "-e", "test:a { return 1; } test:b { exit(0); }"], |world, done| {
        assert_eq!(done.status.code(), Some(1), "{world}: {done:#?}");
    });
}

#[test]
fn numbers_that_are_given_are_written_as_in_scripts() {
    let text = "begin { print(($1, $2, $3, $4)); print(getopt(\"low\", 1)); }";
    let out = run(osmia().args(["-q", "-e", text, "1e3", "2us", "0x1F", "7up", "--", "--low=-5"])).ok();
    assert_eq!(out, "(1000, 2000, 31, 7up)\n-5\n\n\n");
}
