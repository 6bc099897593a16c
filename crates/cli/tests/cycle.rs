//! How a run goes and what is said where: rules O1 to O11 and O72 to O79 of the output as a person sees them. All of it runs
//! in this process (`--vm`) and needs no rights. The table of all rules is in `crates/render/tests/rules.rs`.
mod common;

use common::{Done, Live, Scratch, json_lines, lives, osmia, run};
use std::process::Command;

/// Runs a script in this process.
#[track_caller]
fn vm(words: &[&str], script: &str) -> Done {
    run(osmia().arg("--vm").args(words).args(["-e", script]))
}

/// Standard output and standard error of a run that succeeds.
#[track_caller]
fn both(words: &[&str], script: &str) -> (String, String) {
    let done = vm(words, script);
    assert!(done.status.success(), "{done:#?}");
    (done.out, done.err)
}

/// Standard output of a run that has nothing to complain of.
#[track_caller]
fn said(words: &[&str], script: &str) -> String {
    vm(&[&["-q"], words].concat(), script).ok()
}

fn pair(out: &str, err: &str) -> (String, String) {
    (out.to_owned(), err.to_owned())
}

#[test]
fn o01_output_and_words_about_the_run_go_apart() {
    let text = "begin { printf(\"out\\n\"); @ = 1; }";
    assert_eq!(both(&[], text), pair("out\n\n\n@: 1\n", "Attached 1 probe\n"));
    let scratch = Scratch::new();
    let file = scratch.path("out");
    assert_eq!(both(&["-o", &file], text), pair("", "Attached 1 probe\n"));
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "out\n\n\n@: 1\n");
    let lines = "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n\
        {\"type\": \"printf\", \"data\": \"out\\n\"}\n{\"type\": \"map\", \"data\": {\"@\": 1}}\n";
    assert_eq!(both(&["-f", "json", "-o", &file], text), pair("", ""));
    // The run is told to be attached once its first words are out, if it is quick.
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&std::fs::read_to_string(&file).expect("a file")), sorted(lines));
}

#[test]
fn o02_all_probes_are_counted_and_told_of_unless_asked_not_to() {
    let text = "begin { } begin { } end { } self:signal:SIGUSR1, interval:ms:1 { exit(); }";
    assert_eq!(both(&[], text), pair("\n\n", "Attached 5 probes\n"));
    assert_eq!(both(&["-q"], text), pair("\n\n", ""));
    let text = "begin { } test:a { } bench:b { return 1; }";
    for mode in ["--test", "--bench"] {
        assert_eq!(both(&[mode], text).1, "", "{mode}");
    }
}

#[test]
fn o03_a_word_tells_programs_that_all_is_attached() {
    let word = "__BPFTRACE_NOTIFY_PROBES_ATTACHED";
    let mut command = osmia();
    command.env(word, "1").args(["--vm", "-e", "interval:ms:20 { printf(\"tick\\n\"); exit(); }"]);
    let done = run(&mut command);
    assert_eq!(
        (done.out.as_str(), done.err.as_str()),
        (&*format!("{word}\ntick\n\n\n"), "Attached 1 probe\n")
    );
    let mut quiet = osmia();
    quiet.env(word, "").args(["--vm", "-q", "-e", "interval:ms:20 { exit(); }"]);
    assert_eq!(run(&mut quiet).out, format!("{word}\n\n\n"));
}

#[test]
fn o04_what_only_begins_and_ends_leaves_by_itself() {
    for text in ["begin { }", "end { }", "begin { } end { } begin { }", "test:a { } begin { }"] {
        assert_eq!(said(&[], text), "\n\n", "{text}");
    }
    // Whatever else there is, the run waits for.
    for text in ["begin { } self:signal:SIGUSR1 { exit(); }", "begin { } interval:s:3600 { }"] {
        let live = Live::attached(&["--vm", "-e", text]);
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(lives(live.pid()), "{text}");
        live.signal(if text.contains("self") { "USR1" } else { "INT" });
        assert_eq!(live.finish().ok(), "\n\n", "{text}");
    }
}

#[test]
fn o05_the_end_comes_in_order() {
    let text = "end { printf(\"first\\n\"); @[1] = 1; } interval:ms:5 { @n++; printf(\"tick\\n\"); if (@n == 3) { exit(); } }
        begin { printf(\"begin\\n\"); } end { printf(\"second %d\\n\", @n); @n = 7; print(@n); }";
    let out = "begin\ntick\ntick\ntick\nfirst\nsecond 3\n@n: 7\n\n\n@[1]: 1\n@n: 7\n";
    assert_eq!(said(&[], text), out);
}

#[test]
fn o06_two_empty_lines_end_every_run_in_text() {
    assert_eq!(said(&[], "begin { }"), "\n\n");
    assert_eq!(said(&[], "begin { printf(\"no newline\"); }"), "no newline\n\n");
    assert_eq!(said(&["-f", "json"], "begin { }"), "");
    assert!(both(&["--test"], "test:a { }").0.ends_with("[  PASSED  ]\x1b[0m 1 test.\n\n\n"));
}

#[test]
fn o07_maps_are_printed_at_the_end_of_a_trace_only() {
    let text = "begin { @ = 1; } test:a { @ = 2; } bench:b { @ = 3; return 1; }";
    assert_eq!(said(&[], text), "\n\n@: 1\n");
    assert_eq!(said(&[], &format!("config = {{ print_maps_on_exit = false }} {text}")), "\n\n");
    assert_eq!(said(&["--dry-run"], text), "");
    for mode in ["--test", "--bench"] {
        let out = said(&[mode], text);
        assert!(out.ends_with("\n\n\n") && !out.contains('@'), "{mode}: {out}");
    }
    let done = vm(&["-q"], "begin { @ = 1; exit(3); }");
    assert_eq!((done.status.code(), done.out.as_str()), (Some(3), "\n\n@: 1\n"));
}

#[test]
fn o08_maps_come_in_the_order_of_their_names() {
    let text = "begin { @b = 1; @a1 = 2; @B = 3; @_ = 4; @ = 5; @aa = 6; @a = 7; @A_ = 8; @a_ = 9; }";
    let out = "\n\n@: 5\n@A_: 8\n@B: 3\n@_: 4\n@a: 7\n@a1: 2\n@a_: 9\n@aa: 6\n@b: 1\n";
    assert_eq!(said(&[], text), out);
}

#[test]
fn o09_empty_maps() {
    let never = "@k[1] = 1; @c = count(); @a = avg(1); @s = \"x\"; @h = hist(1); @i = 1; @st = stats(1)";
    let asked = "print(@k); print(@c); print(@a); print(@s); print(@h); print(@i); print(@st);";
    let text = format!("begin {{ if (pid == 0) {{ {never}; }} {asked} }}");
    let zeros = "@c: 0\n@a: 0\n@s: \n@i: 0\n@st: { .count = 0, .average = 0, .total = 0 }\n\n\n";
    assert_eq!(said(&[], &text), zeros);
    assert_eq!(
        said(&[], "begin { @k[1] = 1; delete(@k, 1); @c = count(); clear(@c); @a[1] = avg(1); clear(@a); }"),
        "\n\n"
    );
    // In JSON, averages and stats that nobody wrote are empty objects at the end.
    let text = format!("begin {{ if (pid == 0) {{ {never}; @b[1] = avg(1); }} }}");
    let empty =
        ["@a", "@b", "@st"].map(|map| format!("{{\"type\": \"stats\", \"data\": {{\"{map}\": {{}}}}}}\n"));
    assert_eq!(said(&["-f", "json"], &text), empty.concat());
}

#[test]
fn o10_complaints_of_scripts() {
    let text = "begin { errorf(\"a %d\", 1); warnf(\"b %s\\n\", \"x\"); printf(\"c\\n\"); }";
    let (error, warning) = ("stdin:1:9-26: ERROR: a 1\n", "stdin:1:28-48: WARNING: b x\n");
    assert_eq!(both(&["-q"], text), pair("c\n\n\n", &format!("{error}{warning}")));
    assert_eq!(both(&["-q", "--no-warnings"], text), pair("c\n\n\n", error));
    let lines = "{\"type\": \"errorf\", \"msg\": \"a 1\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n\
        {\"type\": \"warnf\", \"msg\": \"b x\\n\", \"filename\": \"stdin\", \"line\": 1, \"col\": 28}\n\
        {\"type\": \"printf\", \"data\": \"c\\n\"}\n";
    assert_eq!(both(&["-q", "-f", "json"], text), pair(lines, ""));
}

#[test]
fn o11_tracing_ends_with_the_process() {
    let text = "interval:s:3600 { } end { printf(\"end\\n\"); }";
    let child = run(osmia().args(["--vm", "-q", "-e", text, "-c", "true"]));
    assert_eq!(child.ok(), "end\n\n\n");
    let mut sleeper = Command::new("sleep").arg("1").spawn().expect("sleep");
    let pid = sleeper.id().to_string();
    // Its end is seen, whether or not anybody has waited for it.
    let process = run(osmia().args(["--vm", "-q", "-e", text, "-p", &pid]));
    assert!(sleeper.wait().expect("sleep").success());
    assert_eq!(process.ok(), "end\n\n\n");
}

#[test]
fn o35_names_of_values() {
    let text = "enum colour { RED = 1, BLUE = 3 }
        begin { $c = (enum colour)3; print($c); $n = pid * 0 + 2; print((enum colour)$n); printf(\"%s %d\\n\", $c, $c); @[RED] = (enum colour)1; }";
    assert_eq!(said(&[], text), "BLUE\n2\nBLUE 3\n\n\n@[RED]: RED\n");
    assert_eq!(
        said(&["-f", "json"], text),
        "{\"type\": \"value\", \"data\": 3}\n{\"type\": \"value\", \"data\": 2}\n\
        {\"type\": \"printf\", \"data\": \"BLUE 3\\n\"}\n{\"type\": \"map\", \"data\": {\"@\": {\"RED\": 1}}}\n"
    );
}

#[test]
fn o42_times_of_either_clock_are_times_of_day() {
    let out = said(
        &[],
        "begin { printf(\"%s %s\\n\", strftime(\"%s\", nsecs(sw_tai)), strftime(\"%s\", nsecs)); }",
    );
    let seconds: Vec<u64> = out.split_whitespace().map(|text| text.parse().expect("a time")).collect();
    assert!(seconds.iter().all(|time| *time > 1_700_000_000), "{out}");
    assert!(seconds[0].abs_diff(seconds[1]) < 60, "TAI is ahead by the leap seconds at most: {out}");
}

#[test]
fn o75_times_are_c_times() {
    let text = "begin { time(\"%Y|%k|%l|%%|%f\\n\"); time(\"no newline\"); time(); }";
    let mut command = osmia();
    command.env("TZ", "UTC").args(["--vm", "-q", "-e", text]);
    let out = run(&mut command).ok();
    let (first, rest) = out.split_once('\n').expect("lines");
    let parts: Vec<&str> = first.split('|').collect();
    let number = |at: usize| parts[at].trim_start().parse::<u32>().expect("a number");
    assert!(number(0) >= 2024 && number(1) < 24 && (1..=12).contains(&number(2)), "{out}");
    assert_eq!((parts[1].len(), parts[2].len(), parts[3], parts[4]), (2, 2, "%", "%f"), "{out}");
    let clock = rest.strip_prefix("no newline").and_then(|rest| rest.strip_suffix("\n\n\n")).expect("a time");
    assert_eq!((clock.len(), clock.matches(':').count()), (8, 2), "{out}");
}

#[test]
fn o76_files_are_shown_as_they_are() {
    let scratch = Scratch::new();
    let file = scratch.write("file", b"one\n\x01two");
    let text = "begin { cat(\"%s\", str($1)); printf(\"|\\n\"); }";
    let shown = |words: &[&str], head: &str| {
        let text = format!("{head}{text}");
        run(osmia().arg("--vm").args(["-q"]).args(words).args(["-e", &text, &file])).ok()
    };
    assert_eq!(shown(&[], ""), "one\n\x01two|\n\n\n");
    assert_eq!(shown(&[], "config = { max_cat_bytes = 3 } "), "one|\n\n\n");
    let lines = json_lines(&shown(&["-f", "json"], ""));
    assert_eq!(lines[0], serde_json::json!({"type": "cat", "data": "one\n\u{1}two"}));
    let (out, err) = both(&["-q"], "begin { cat(\"/no/such/file\"); printf(\"on\\n\"); }");
    assert_eq!(out, "on\n\n\n");
    assert!(err.contains("failed to open file '/no/such/file'"), "{err}");
}

#[test]
fn o77_commands_end_with_a_newline_more() {
    let text = "begin { system(\"echo %d\", 7); system(\"printf x\"); system(\"true\"); }";
    assert_eq!(said(&["--unsafe"], text), "7\n\nx\n\n\n\n");
    let json = "{\"type\": \"syscall\", \"data\": \"7\\n\"}\n{\"type\": \"syscall\", \"data\": \"x\"}\n{\"type\": \"syscall\", \"data\": \"\"}\n";
    assert_eq!(said(&["--unsafe", "-f", "json"], text), json);
}

#[test]
fn o78_reports_of_tests_are_coloured_everywhere() {
    let mut command = osmia();
    command.env("NO_COLOR", "1").args(["--vm", "--test", "-e"]);
    let done =
        run(command.arg("test:good { printf(\"hidden\\n\"); } test:bad { printf(\"shown\\n\"); return 1; }"));
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(done.status.code(), Some(1), "{done:#?}");
    assert_eq!(lines[0], "\x1b[32m[==========]\x1b[0m Running 2 tests.");
    assert_eq!(lines[1], "\x1b[32m[ RUN      ]\x1b[0m good");
    assert!(lines[2].starts_with("\x1b[32m[       OK ]\x1b[0m good ("), "{lines:#?}");
    assert_eq!((lines[3], lines[4]), ("\x1b[32m[ RUN      ]\x1b[0m bad", "shown"));
    assert!(lines[5].starts_with("\x1b[31m[  FAILED  ]\x1b[0m bad ("), "{lines:#?}");
    let rest = [
        "\x1b[32m[==========]\x1b[0m 2 tests ran.",
        "\x1b[32m[  PASSED  ]\x1b[0m 1 test.",
        "\x1b[31m[  FAILED  ]\x1b[0m 1 test, listed below:",
        "\x1b[31m[  FAILED  ]\x1b[0m bad",
        "",
        "",
    ];
    assert_eq!(lines[6..], rest);
}

#[test]
fn o79_benchmarks_are_a_table() {
    let long = "a_name_that_is_longer_than_forty_characters_is";
    let out = said(&["--bench"], &format!("bench:{long} {{ @ = count(); }} bench:b {{ @n++; }}"));
    let lines: Vec<&str> = out.lines().collect();
    let head = format!("{:<width$}{:<15}Iterations", "Benchmark", "Time(ns)", width = long.len() + 1);
    assert_eq!((lines[0], lines[1]), (head.as_str(), "-".repeat(head.len()).as_str()));
    for (line, name) in lines[2..4].iter().zip([long, "b"]) {
        let (label, numbers) = line.split_at(long.len() + 1);
        let (time, runs) = numbers.split_at(15);
        assert_eq!(label.trim_end(), name, "{out}");
        assert!(time.trim_end().parse::<u64>().is_ok() && runs.parse::<u64>().is_ok(), "{out}");
    }
}

#[test]
fn json_is_of_the_run_alone() {
    let done = vm(&["-f", "json"], "begin { nope }");
    assert_eq!((done.status.code(), done.out.as_str()), (Some(1), ""), "{done:#?}");
    assert_eq!(done.err, "stdin:1:9-13: ERROR: Unknown identifier: 'nope'\nbegin { nope }\n        ~~~~\n");
    let done = vm(&["-q", "-f", "json"], "begin { $x = (int8)(int8)1; print($x); }");
    assert_eq!(done.out, "{\"type\": \"value\", \"data\": 1}\n", "{done:#?}");
    assert!(done.err.contains("WARNING: "), "{done:#?}");
}

#[test]
fn options_of_test_runners_are_taken() {
    assert_eq!(
        said(&["--verify-llvm-ir"], "BEGIN { print(probe); print(probetype); }"),
        "begin\nspecial\n\n\n"
    );
}
