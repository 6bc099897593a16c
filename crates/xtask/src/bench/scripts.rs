//! The same scripts in both tools: how many instructions, and how long they run for each event.
use super::lab::Lab;
use super::programs;
use super::report::{Findings, Summary, table};
use super::script::{Script, read_all};
use super::stats::{geometric_mean, median};
use super::tool::{Tool, load};
use std::collections::BTreeSet;
use std::process::Command;

/// One probe in one tool.
#[derive(Clone, Default)]
struct Series {
    instructions: u64,
    /// Nanoseconds per event, of every round.
    ns: Vec<f64>,
}

/// One probe in both.
struct Row {
    script: String,
    probe: String,
    peer: Series,
    ours: Series,
}

impl Row {
    fn instructions(&self) -> f64 {
        self.ours.instructions as f64 / self.peer.instructions as f64
    }

    fn time(&self) -> f64 {
        median(&self.ours.ns) / median(&self.peer.ns)
    }

    fn cells(&self) -> Vec<String> {
        vec![
            format!("{}: `{}`", self.script, self.probe),
            self.peer.instructions.to_string(),
            self.ours.instructions.to_string(),
            format!("{:.2}", self.instructions()),
            format!("{:.0}", median(&self.peer.ns)),
            format!("{:.0}", median(&self.ours.ns)),
            format!("{:.2}", self.time()),
        ]
    }
}

/// Every script, both tools in turn, round by round.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let scripts = read_all()?;
    let mut rows: Vec<Vec<Row>> = scripts.iter().map(empty).collect();
    let mut notes = BTreeSet::new();
    for round in 0..lab.rounds {
        eprintln!("── round {} of {}", round + 1, lab.rounds);
        for (script, rows) in scripts.iter().zip(&mut rows) {
            sample(lab, script, "bpftrace", rows, |row| &mut row.peer, &mut notes)?;
            sample(lab, script, "osmia", rows, |row| &mut row.ours, &mut notes)?;
        }
    }
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    Ok(findings(&rows, scripts.len(), lab.rounds, &notes))
}

fn empty(script: &Script) -> Vec<Row> {
    let row = |probe: &String| Row {
        script: script.name.clone(),
        probe: probe.clone(),
        peer: Series::default(),
        ours: Series::default(),
    };
    script.probes.iter().map(row).collect()
}

/// One run of one tool with one script.
fn sample(
    lab: &Lab,
    script: &Script,
    tool: &str,
    rows: &mut [Row],
    side: fn(&mut Row) -> &mut Series,
    notes: &mut BTreeSet<String>,
) -> Result<(), String> {
    let name = |why: String| format!("{tool}, {}: {why}", script.name);
    let mut running = Tool::start(lab, command(lab, tool), script).map_err(name)?;
    let before = running.ready(lab, script).map_err(name)?;
    load(lab, &[&script.load[0], &script.load[1]])?;
    let after = programs::again(lab, &before)?;
    let printed = running.stop().map_err(name)?;
    if printed.lines().any(|line| line.to_ascii_lowercase().starts_with("lost ")) {
        notes.insert(format!("{tool} lost events in `{}`.", script.name));
    }
    for ((row, before), after) in rows.iter_mut().zip(before).zip(after) {
        let series = side(row);
        series.instructions = after.instructions;
        series.ns.push((after.ns - before.ns) as f64 / (after.runs - before.runs).max(1) as f64);
    }
    Ok(())
}

fn command(lab: &Lab, tool: &str) -> Command {
    if tool == "bpftrace" {
        return Command::new(&lab.bpftrace);
    }
    let mut command = Command::new(&lab.osmia);
    command.arg("trace");
    command
}

fn findings(rows: &[Row], scripts: usize, rounds: usize, notes: &BTreeSet<String>) -> Findings {
    let instructions = geometric_mean(&rows.iter().map(Row::instructions).collect::<Vec<_>>());
    let time = geometric_mean(&rows.iter().map(Row::time).collect::<Vec<_>>());
    let sum = |of: fn(&Row) -> u64| rows.iter().map(of).sum::<u64>();
    let total = |of: fn(&Row) -> &Series| rows.iter().map(|row| median(&of(row).ns)).sum::<f64>();
    let summary = vec![
        Summary {
            what: "instructions per probe, twelve scripts",
            peer: format!("{} in all", sum(|row| row.peer.instructions)),
            ours: format!("{} in all", sum(|row| row.ours.instructions)),
            ratio: format!("{instructions:.2} (geometric mean)"),
            aim: "no more",
            met: instructions <= 1.0,
        },
        Summary {
            what: "time per event in the kernel, the same",
            peer: format!("{:.0} ns in all", total(|row| &row.peer)),
            ours: format!("{:.0} ns in all", total(|row| &row.ours)),
            ratio: format!("{time:.2} (geometric mean)"),
            aim: "no more",
            met: time <= 1.0,
        },
    ];
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    let header =
        ["script and probe", "insns, bpftrace", "osmia", "ratio", "ns per event, bpftrace", "osmia", "ratio"];
    let mut details = format!(
        "### Scripts\n\n{scripts} scripts of `benches/scripts`, {rounds} rounds, both tools in turn under the same load \
         (`benches/load.c`). Instructions are 8-byte units of `bpftool prog dump xlated`; time is the median of \
         `run_time_ns` / `run_cnt` (BPF_ENABLE_STATS), which contains the kernel's own reading of the clock.\n\n{}",
        table(&header, &cells)
    );
    for note in notes {
        details.push_str(&format!("\n{note}\n"));
    }
    Findings { summary, details }
}
