//! bpftrace's own tools in both tracers: how many instructions their programs have, and how long they run for an event.
//!
//! Where it runs there must be kprobes: in a virtual machine, if this machine's kernel has none.
use super::lab::Lab;
use super::programs::{self, Program};
use super::report::{Findings, Summary, table};
use super::stats::geometric_mean;
use super::tool::load;
use crate::run::output;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a tool may take to attach.
const PATIENCE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);

/// What happens on the machine while a tool looks.
const LOADS: [(&str, &str); 7] = [
    ("opens", "2000"),
    ("reads", "20000"),
    ("switches", "2000"),
    ("faults", "20000"),
    ("processes", "30"),
    ("connections", "200"),
    ("others", "200"),
];

/// What a tool's programs are, all together.
#[derive(Clone, Copy, Default)]
struct Sum {
    programs: u64,
    instructions: u64,
    runs: u64,
    ns: u64,
}

impl Sum {
    fn of(programs: &[Program]) -> Self {
        programs.iter().fold(Self::default(), |sum, program| Self {
            programs: sum.programs + 1,
            instructions: sum.instructions + program.instructions,
            runs: sum.runs + program.runs,
            ns: sum.ns + program.ns,
        })
    }

    fn per_event(&self) -> f64 {
        self.ns as f64 / self.runs.max(1) as f64
    }
}

/// Each tool that both can attach, one after the other.
pub(super) fn measure(lab: &Lab) -> Result<Findings, String> {
    let tools = tools()?;
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    let (mut instructions, mut times) = (Vec::new(), Vec::new());
    for tool in &tools {
        let name = tool.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        eprintln!("── {name}");
        let peer = once(lab, Command::new(&lab.bpftrace), tool);
        let mut command = Command::new(&lab.osmia);
        command.arg("trace");
        let ours = once(lab, command, tool);
        let (peer, ours) = match (peer, ours) {
            (Ok(peer), Ok(ours)) => (peer, ours),
            (Err(why), _) => {
                left_out.push(format!("{name}: bpftrace: {why}"));
                continue;
            }
            (_, Err(why)) => {
                left_out.push(format!("{name}: osmia: {why}"));
                continue;
            }
        };
        let size = ours.instructions as f64 / peer.instructions as f64;
        instructions.push(size);
        let happened = peer.runs >= 10 && ours.runs >= 10;
        let time = if happened { ours.per_event() / peer.per_event() } else { f64::NAN };
        if happened {
            times.push(time);
        }
        let cell = |value: f64| if value.is_nan() { "-".to_owned() } else { format!("{value:.2}") };
        rows.push(vec![
            name,
            format!("{} / {}", peer.programs, ours.programs),
            peer.instructions.to_string(),
            ours.instructions.to_string(),
            cell(size),
            format!("{:.0}", peer.per_event()),
            format!("{:.0}", ours.per_event()),
            cell(time),
        ]);
    }
    let (size, time) = (geometric_mean(&instructions), geometric_mean(&times));
    let line = |what, count: usize, value: f64| Summary {
        what,
        peer: format!("{count} tools"),
        ours: String::new(),
        ratio: format!("{value:.2} (geometric mean)"),
        aim: "no more",
        met: value <= 1.0,
    };
    let summary = vec![
        line("instructions, bpftrace's tools", instructions.len(), size),
        line("time per event, bpftrace's tools", times.len(), time),
    ];
    let header =
        ["tool", "programs", "insns, bpftrace", "osmia", "ratio", "ns per event, bpftrace", "osmia", "ratio"];
    let mut details = format!(
        "### Tools\n\nThe tools of the distribution's bpftrace, {} of {}, in both tracers one after the other while files are opened and \
         read, threads and processes begin, switch and end. Instructions are those of all programs of events that a tool loads, what runs at its begin and end left out; time is \
         all their time by all their runs, where there were ten at least.\n\n{}",
        rows.len(),
        tools.len(),
        table(&header, &rows)
    );
    for why in left_out {
        details.push_str(&format!("\nNot compared: {why}\n"));
    }
    Ok(Findings { summary, details })
}

/// The tools that the distribution's bpftrace comes with.
fn tools() -> Result<Vec<PathBuf>, String> {
    let files = output("dpkg", &["-L", "bpftrace"])?;
    let mut tools: Vec<PathBuf> = files
        .lines()
        .map(PathBuf::from)
        .filter(|path| path.extension().is_some_and(|it| it == "bt"))
        .collect();
    tools.sort();
    Ok(tools)
}

/// A tool at work, until it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let interrupt = format!("kill -INT {}", self.0.id());
        let _ = Command::new("sh").args(["-c", &interrupt]).status();
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.0.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(MOMENT);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn once(lab: &Lab, mut command: Command, tool: &Path) -> Result<Sum, String> {
    let printed = lab.dir.join("output");
    let file = File::create(&printed).map_err(|error| error.to_string())?;
    let errors = file.try_clone().map_err(|error| error.to_string())?;
    command.arg(tool).current_dir(&lab.dir).stdin(Stdio::null()).stdout(file).stderr(errors);
    let mut running = Running(command.spawn().map_err(|error| error.to_string())?);
    let pid = running.0.id();
    let start = Instant::now();
    // It is attached when it says so, and ends when it cannot be.
    loop {
        let text = String::from_utf8_lossy(&std::fs::read(&printed).unwrap_or_default()).into_owned();
        if text.contains("Attach") && !programs::held(pid).is_empty() {
            break;
        }
        if running.0.try_wait().is_ok_and(|ended| ended.is_some()) || start.elapsed() > PATIENCE {
            return Err(text.lines().find(|line| !line.is_empty()).unwrap_or("it says nothing").to_owned());
        }
        std::thread::sleep(MOMENT);
    }
    // bpftrace says so before the last of its probes is there.
    std::thread::sleep(Duration::from_secs(1));
    for (kind, count) in LOADS {
        load(lab, &[kind, count])?;
    }
    let all = programs::all(lab, pid)?;
    let probes: Vec<Program> = all.into_iter().filter(|program| !program.runs_once()).collect();
    if probes.is_empty() { Err("it has no programs".to_owned()) } else { Ok(Sum::of(&probes)) }
}
