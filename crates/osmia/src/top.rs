//! `osmia top`: what programs cost, moment by moment. The kernel counts runs and their time only while a [`Sampler`] lives.
use crate::kernel::ENDING;
use osmia_inspect::{Handle, Program, programs};
use osmia_sys::{SignalFd, bpf::enable_run_time_stats};
use serde::Serialize;
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// What a program cost since the sample before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Its id.
    pub id: u32,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How often it ran.
    pub runs: u64,
    /// Nanoseconds that it ran.
    pub nanoseconds: u64,
    /// Runs in a second.
    pub runs_per_second: f64,
    /// Nanoseconds of a run.
    pub average_ns: u64,
    /// Of one processor, in percent.
    pub cpu_percent: f64,
    /// How often it did not run, because it was running already.
    pub recursion_misses: u64,
}

/// A moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds that it covers.
    pub seconds: f64,
    /// All programs that are loaded, the dearest first.
    pub programs: Vec<Cost>,
}

impl Sample {
    /// As one line of JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// What was counted of a program until a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    runs: u64,
    nanoseconds: u64,
    misses: u64,
}

/// Takes samples.
#[derive(Debug)]
pub struct Sampler {
    last: HashMap<u32, Count>,
    at: Instant,
    signals: SignalFd,
    /// Statistics are counted as long as this is open.
    _statistics: OwnedFd,
}

impl Sampler {
    /// Switches the kernel's statistics on. The first sample covers the time from here.
    pub fn new() -> Result<Self, String> {
        let statistics = enable_run_time_stats().map_err(|errno| {
            format!("the kernel does not count what programs cost ({errno}): that needs Linux 5.8 and root")
        })?;
        let signals = SignalFd::new(ENDING).map_err(|error| error.to_string())?;
        let last = all()?.iter().map(|program| (program.id, count(program))).collect();
        Ok(Self { last, at: Instant::now(), signals, _statistics: statistics })
    }

    /// Whether somebody asked us to end.
    pub fn is_over(&self) -> bool {
        self.signals.take().is_ok_and(|signal| signal.is_some())
    }

    /// What all programs cost since the last sample. Programs that came since then are counted from their beginning.
    pub fn sample(&mut self) -> Result<Sample, String> {
        let programs = all()?;
        let now = Instant::now();
        let passed = now.duration_since(self.at);
        self.at = now;
        let costs = programs.iter().map(|program| {
            let before = self.last.get(&program.id).copied().unwrap_or_default();
            cost(program, before, passed)
        });
        let mut costs: Vec<Cost> = costs.collect();
        costs.sort_by(|a, b| b.nanoseconds.cmp(&a.nanoseconds).then(a.id.cmp(&b.id)));
        self.last = programs.iter().map(|program| (program.id, count(program))).collect();
        Ok(Sample { seconds: passed.as_secs_f64(), programs: costs })
    }
}

fn all() -> Result<Vec<Program>, String> {
    programs(&Handle::All).map_err(|error| error.to_string())
}

const fn count(program: &Program) -> Count {
    Count { runs: program.run_count, nanoseconds: program.run_time_ns, misses: program.recursion_misses }
}

fn cost(program: &Program, before: Count, passed: Duration) -> Cost {
    let now = count(program);
    let runs = now.runs.saturating_sub(before.runs);
    let nanoseconds = now.nanoseconds.saturating_sub(before.nanoseconds);
    let seconds = passed.as_secs_f64().max(f64::MIN_POSITIVE);
    Cost {
        id: program.id,
        kind: program.kind.name.map_or_else(|| program.kind.number.to_string(), str::to_owned),
        name: program.name.clone(),
        runs,
        nanoseconds,
        runs_per_second: runs as f64 / seconds,
        average_ns: nanoseconds.checked_div(runs).unwrap_or(0),
        cpu_percent: nanoseconds as f64 / 1e7 / seconds,
        recursion_misses: now.misses.saturating_sub(before.misses),
    }
}
