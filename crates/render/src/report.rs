//! Reports of tests and benchmarks, as text. The colours are part of the report.
use std::time::Duration;

/// One test that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Its name, without its provider.
    pub name: String,
    /// How long it ran.
    pub duration: Duration,
    /// Whether it passed.
    pub passed: bool,
    /// What it said meanwhile; shown in text where it failed.
    pub output: Vec<u8>,
}

/// One benchmark that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchResult {
    /// Its name, without its provider.
    pub name: String,
    /// How long one run took on average.
    pub average: Duration,
    /// How many runs there were.
    pub runs: u64,
}

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// Columns of a benchmark's name, at least.
const NAME: usize = 40;
/// Columns of a time.
const TIME: usize = 15;

fn line(colour: &str, mark: &str, text: &str) -> String {
    format!("{colour}[{mark}]{PLAIN} {text}\n")
}

fn tests(count: usize) -> String {
    if count == 1 { "1 test".into() } else { format!("{count} tests") }
}

pub(crate) fn tests_start(count: usize) -> String {
    line(GREEN, "==========", &format!("Running {count} tests."))
}

pub(crate) fn test_start(name: &str) -> String {
    line(GREEN, " RUN      ", name)
}

pub(crate) fn test_result(result: &TestResult) -> Vec<u8> {
    let text = format!("{} ({})", result.name, short(result.duration));
    if result.passed {
        return line(GREEN, "       OK ", &text).into_bytes();
    }
    let mut out = Vec::new();
    for said in result.output.split(|byte| *byte == b'\n').filter(|said| !said.is_empty()) {
        out.extend_from_slice(said);
        out.push(b'\n');
    }
    out.extend_from_slice(line(RED, "  FAILED  ", &text).as_bytes());
    out
}

pub(crate) fn tests_end(passed: usize, failed: &[String]) -> String {
    let all = passed + failed.len();
    let mut out = line(GREEN, "==========", &format!("{} ran.", tests(all)));
    out += &line(GREEN, "  PASSED  ", &format!("{}.", tests(passed)));
    if !failed.is_empty() {
        out += &line(RED, "  FAILED  ", &format!("{}, listed below:", tests(failed.len())));
        out.extend(failed.iter().map(|name| line(RED, "  FAILED  ", name)));
    }
    out
}

pub(crate) fn bench_head(longest: usize) -> String {
    let head = row(longest, "Benchmark", "Time(ns)", "Iterations");
    let rule = "-".repeat(head.trim_end_matches('\n').len());
    format!("{head}{rule}\n")
}

pub(crate) fn bench_result(longest: usize, result: &BenchResult) -> String {
    row(longest, &result.name, &result.average.as_nanos().to_string(), &result.runs.to_string())
}

fn row(longest: usize, name: &str, time: &str, runs: &str) -> String {
    format!("{name:<width$} {time:<TIME$}{runs}\n", width = longest.max(NAME))
}

/// A duration in the largest unit of which there is a whole one.
fn short(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("μs", 1_000)];
    let (unit, scale) = units.into_iter().find(|(_, scale)| nanoseconds >= *scale).unwrap_or(("ns", 1));
    format!("{} {unit}", nanoseconds / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_shows_what_it_said_and_how_long_it_ran() {
        let mut result = TestResult {
            name: "adds".into(),
            duration: Duration::from_micros(12),
            passed: false,
            output: b"one\n\ntwo".to_vec(),
        };
        assert_eq!(test_result(&result), b"one\ntwo\n\x1b[31m[  FAILED  ]\x1b[0m adds (12 \xce\xbcs)\n");
        result.passed = true;
        assert_eq!(test_result(&result), b"\x1b[32m[       OK ]\x1b[0m adds (12 \xce\xbcs)\n");
    }

    #[test]
    fn the_summary_names_what_failed() {
        let text = tests_end(1, &["b".to_owned()]).replace(GREEN, "").replace(RED, "").replace(PLAIN, "");
        let lines: Vec<&str> = text.lines().collect();
        let all = [
            "[==========] 2 tests ran.",
            "[  PASSED  ] 1 test.",
            "[  FAILED  ] 1 test, listed below:",
            "[  FAILED  ] b",
        ];
        assert_eq!(lines, all);
        assert!(!tests_end(2, &[]).contains("FAILED"));
    }

    #[test]
    fn benchmarks_stand_in_columns() {
        let result = BenchResult { name: "a".into(), average: Duration::from_nanos(73), runs: 20_000 };
        let rows = bench_head(1) + &bench_result(1, &result);
        let lines: Vec<&str> = rows.lines().collect();
        assert_eq!(lines[0].find("Time(ns)"), Some(41));
        assert_eq!(lines[0].find("Iterations"), Some(56));
        assert_eq!(lines[1].len(), lines[0].len());
        assert_eq!((lines[2].find("73"), lines[2].find("20000")), (Some(41), Some(56)));
    }
}
