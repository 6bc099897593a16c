//! What the language means: scripts with what they print, the same in the kernel and in this process. Where a case says
//! `alike`, the distribution's bpftrace 0.17 prints the same; where it says `newer`, the language has changed since, or
//! had not got that far.
//!
//! `OSMIA_BLESS=1` writes down what the kernel's runs print now.
#![allow(clippy::print_stderr, reason = "a test that cannot run says so")]
mod common;

use common::{osmia, program, run};
use std::path::{Path, PathBuf};

/// One script.
struct Case {
    /// Whether bpftrace 0.17 agrees.
    alike: bool,
    /// What `$1`, `$2`, … are.
    params: Vec<String>,
    script: String,
    expected: String,
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/cases")
}

/// `==== alike|newer PARAMS`, the script, `----`, and what it prints.
fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(file()).expect("the cases");
    let parts = text.strip_prefix("==== ").expect("a case").split("\n==== ");
    let count = parts.clone().count();
    let all = parts.enumerate().map(|(index, part)| {
        let (head, rest) = part.split_once('\n').expect("a script");
        let (script, expected) =
            rest.split_once("\n----\n").or_else(|| rest.split_once("\n----")).expect("`----`");
        let mut words = head.split(' ').map(str::to_owned);
        // The line break in front of the next case ends the last line that is printed.
        let end = if index + 1 < count && !expected.is_empty() { "\n" } else { "" };
        Case {
            alike: words.next().as_deref() == Some("alike"),
            params: words.collect(),
            script: script.to_owned(),
            expected: format!("{expected}{end}"),
        }
    });
    all.collect()
}

fn printed(case: &Case, flags: &[&str]) -> String {
    let mut command = osmia();
    command.arg("trace").args(flags).args(["-e", &case.script, "--"]).args(&case.params);
    run(&mut command).ok()
}

fn write_down(cases: &[Case]) {
    let mut text = String::new();
    for case in cases {
        let mut head = vec![if case.alike { "alike".to_owned() } else { "newer".to_owned() }];
        head.extend(case.params.iter().cloned());
        text += &format!("==== {}\n{}\n----\n{}", head.join(" "), case.script, printed(case, &[]));
    }
    std::fs::write(file(), text).expect("the cases");
}

#[test]
fn scripts_print_the_same_everywhere() {
    let cases = cases();
    assert!(cases.len() > 150, "{}", cases.len());
    if std::env::var_os("OSMIA_BLESS").is_some() {
        return write_down(&cases);
    }
    for case in &cases {
        assert_eq!(printed(case, &[]), case.expected, "in the kernel: {}", case.script);
        assert_eq!(printed(case, &["--vm"]), case.expected, "in this process: {}", case.script);
    }
}

#[test]
fn bpftrace_prints_the_same_where_the_language_agrees() {
    let peer = Path::new("/usr/bin/bpftrace");
    if !peer.exists() {
        eprintln!("SKIPPED: /usr/bin/bpftrace is not installed");
        return;
    }
    for case in cases().iter().filter(|case| case.alike) {
        let script = case.script.replace("begin {", "BEGIN {").replace("end {", "END {");
        let out = run(program(peer).args(["-e", &script]).args(&case.params)).out;
        let out =
            out.split_once("probe...\n").or_else(|| out.split_once("probes...\n")).map_or("", |(_, out)| out);
        assert_eq!(out.trim_matches('\n'), case.expected.trim_matches('\n'), "{}", case.script);
    }
}
