//! Where and when.
use crate::run::output;
use std::fs::read_to_string;

/// A paragraph that says what machine this is, and what is compared.
pub(super) fn describe() -> String {
    let cpus = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&cpus, "model name").unwrap_or("unknown");
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal").and_then(|kib| kib.trim_end_matches(" kB").parse::<f64>().ok());
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{}, commit {}. Linux {}, {cores} × {model}, {:.0} GiB; load average {load} at the start. \
         Peers: {}, {}.\n",
        ask("date", &["-u", "+%F"]),
        ask("git", &["rev-parse", "--short=12", "HEAD"]),
        kernel.trim(),
        memory.unwrap_or_default() / f64::from(1 << 20),
        ask("bpftrace", &["--version"]),
        ask("bpftool", &["version"]),
    )
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

/// The first line of what a program answers.
fn ask(program: &str, args: &[&str]) -> String {
    let answer = output(program, args).unwrap_or_default();
    answer.lines().next().unwrap_or("unknown").to_owned()
}
