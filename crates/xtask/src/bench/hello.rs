//! Hello world from start to exit.
use super::lab::{Cost, Lab};
use super::report::{Findings, Summary, table};
use super::stats::median;
use std::path::Path;
use std::process::{Command, Stdio};

const SCRIPT: &str = r#"BEGIN { printf("hello world.\n"); exit(); }"#;

/// Runs of each tool for every round of scripts.
const RUNS: usize = 3;

/// Wall time and memory.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let (peer, ours) = (["-e", SCRIPT], ["trace", "-e", SCRIPT]);
    says_hello(&lab.bpftrace, &peer)?;
    says_hello(&lab.osmia, &ours)?;
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for _ in 0..lab.rounds * RUNS {
        theirs.push(lab.clock(&lab.bpftrace, &peer)?);
        own.push(lab.clock(&lab.osmia, &ours)?);
    }
    let (time, memory) = (|cost: &Cost| cost.ms, |cost: &Cost| cost.mib);
    let summary = vec![
        summary("hello world, start to exit", "ms", &theirs, &own, time, 20.0, "20 times faster, better 50"),
        summary("hello world, peak memory", "MiB", &theirs, &own, memory, 8.0, "8 times less"),
    ];
    let rows = [
        spread("bpftrace, ms", &theirs, time),
        spread("osmia, ms", &own, time),
        spread("bpftrace, MiB", &theirs, memory),
        spread("osmia, MiB", &own, memory),
    ];
    let title = format!("### Hello world\n\n`{SCRIPT}`, {} runs of each in turn.\n\n", theirs.len());
    let details = title + &table(&["", "least", "median", "most"], &rows);
    Ok(Findings { summary, details })
}

fn says_hello(program: &Path, args: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if String::from_utf8_lossy(&output.stdout).contains("hello world.\n") {
        return Ok(());
    }
    Err(format!("{} does not say hello: {}", program.display(), String::from_utf8_lossy(&output.stderr)))
}

fn summary(
    what: &'static str,
    unit: &str,
    theirs: &[Cost],
    own: &[Cost],
    of: fn(&Cost) -> f64,
    least: f64,
    aim: &'static str,
) -> Summary {
    let middle = |costs: &[Cost]| median(&costs.iter().map(of).collect::<Vec<f64>>());
    let (peer, ours) = (middle(theirs), middle(own));
    Summary {
        what,
        peer: format!("{peer:.1} {unit}"),
        ours: format!("{ours:.1} {unit}"),
        ratio: format!("{:.1}×", peer / ours),
        aim,
        met: peer / ours >= least,
    }
}

fn spread(name: &str, costs: &[Cost], of: fn(&Cost) -> f64) -> Vec<String> {
    let values: Vec<f64> = costs.iter().map(of).collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    let numbers = [least, median(&values), most].map(|value| format!("{value:.2}"));
    [name.to_owned()].into_iter().chain(numbers).collect()
}
