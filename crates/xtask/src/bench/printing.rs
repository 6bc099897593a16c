//! How many events `printf` can tell of in a second, when they come as fast as a program can make them.
use super::lab::Lab;
use super::report::{Findings, Summary, table};
use super::script::Script;
use super::stats::median;
use super::tool::{Tool, load};
use std::process::Command;
use std::time::Instant;

const TEXT: &str = "tracepoint:syscalls:sys_enter_getpgid { printf(\"%d %s %lld\\n\", pid, comm, nsecs); }\n";
const EVENTS: u32 = 1_000_000;

/// What one run gave.
struct Run {
    told: f64,
    /// Events told of per second, from the first event to the tool's end.
    rate: f64,
}

/// Both tools in turn, under the same load.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let path = lab.dir.join("printing.bt");
    std::fs::write(&path, TEXT).map_err(|error| format!("{}: {error}", path.display()))?;
    let script = Script {
        name: "printing".into(),
        path,
        load: ["calls".into(), EVENTS.to_string()],
        probes: vec!["tracepoint:syscalls:sys_enter_getpgid".into()],
    };
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for _ in 0..lab.rounds {
        theirs.push(once(lab, Command::new(&lab.bpftrace), &script)?);
        let mut command = Command::new(&lab.osmia);
        command.arg("trace");
        own.push(once(lab, command, &script)?);
    }
    let middle = |runs: &[Run], of: fn(&Run) -> f64| median(&runs.iter().map(of).collect::<Vec<f64>>());
    let rate = |runs: &[Run]| middle(runs, |run| run.rate);
    let (peer, ours) = (rate(&theirs), rate(&own));
    let complete = own.iter().all(|run| run.told >= f64::from(EVENTS));
    let summary = vec![Summary {
        what: "events through `printf` at full speed",
        peer: format!("{:.0} a second", peer),
        ours: format!("{:.0} a second", ours),
        ratio: format!("{:.1}×", ours / peer),
        aim: "twice as many, none lost",
        met: complete && ours / peer >= 2.0,
    }];
    let row = |name: &str, runs: &[Run]| {
        vec![name.to_owned(), format!("{:.0}", middle(runs, |run| run.told)), format!("{:.0}", rate(runs))]
    };
    let details = format!(
        "### Printing\n\n`{}` under {EVENTS} calls as fast as they go, {} runs of each in turn, output to a file; default buffers.\n\n{}",
        TEXT.trim(),
        lab.rounds,
        table(&["tool", "events told of", "a second"], &[row("bpftrace", &theirs), row("osmia", &own)])
    );
    Ok(Findings { summary, details })
}

fn once(lab: &Lab, command: Command, script: &Script) -> Result<Run, String> {
    let mut tool = Tool::start(lab, command, script)?;
    tool.ready(lab, script)?;
    let start = Instant::now();
    load(lab, &[&script.load[0], &script.load[1]])?;
    let printed = tool.stop()?;
    let seconds = start.elapsed().as_secs_f64();
    let told = printed.lines().filter(|line| line.contains(" load ")).count() as f64;
    Ok(Run { told, rate: told / seconds })
}
