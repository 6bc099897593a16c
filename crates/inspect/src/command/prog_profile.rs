//! `prog profile`: what a program costs while it runs.
use super::follow::until;
use super::{Done, Failure, Session, Words};
use crate::handle::long_number;
use crate::profile::{METRICS, Metric, NoCounter, metrics, open_counters, profiler, read_sums};
use crate::profile_print::{profile_json, profile_text};
use crate::{Subject, declared_function, open_program};
use osmia_loader::{AttachOptions, LoadOptions, Loaded, attach, load};
use osmia_sys::perf::PerfEvent;
use osmia_sys::{Errno, possible_cpus};
use std::time::Duration;

/// `PROG [duration DURATION] METRIC...`
pub(super) fn profile(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(3)?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    let mut duration = None;
    if words.left().len() > 2 && words.take("duration") {
        let word = words.need("seconds")?;
        let seconds = long_number(word);
        duration = Some(Duration::from_secs(
            seconds.ok_or_else(|| session.misuse(format!("'{word}' is no number of seconds")))?,
        ));
    }
    let metrics = metrics(words.left()).map_err(|word| {
        let all: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        Failure::words(format!("unknown metric {word}: there are {}", all.join(", ")))
    })?;
    let function = declared_function(&program).ok_or_else(|| {
        Failure::words(format!(
            "the program {} was loaded without types: nothing can be attached to it",
            program.facts.id
        ))
    })?;
    let loaded = prepare(program.facts.id, &function, metrics.len())?;
    let counters = count(session, &loaded, &metrics)?;
    let attached = loaded.programs.iter().map(|program| {
        attach(program, &program.attach, &AttachOptions::default())
            .map_err(|error| Failure::words(format!("failed to attach profile_obj: {error}")))
    });
    let attached = attached.collect::<Result<Vec<_>, _>>()?;
    until(duration)?;
    drop(attached);
    drop(counters);
    let sums = loaded.map("sums").ok_or_else(|| Failure::words("failed to get fd for map"))?;
    let profile = read_sums(&sums.fd, metrics.len())
        .map_err(|errno| Failure::errno("failed to read reading_map", errno).plain())?;
    session.print(
        &profile,
        |profile, out| profile_text(&metrics, profile, out),
        |profile, json| profile_json(&metrics, profile, json),
    )
}

fn prepare(program: u32, function: &str, metrics: usize) -> Result<Loaded, Failure> {
    let failed = |why: String| Failure::words(format!("failed to load profile_obj: {why}"));
    let cpus = possible_cpus()
        .map_err(|errno| Failure::errno("failed to identify number of CPUs", errno).plain())?;
    let image = profiler(program, function, metrics, cpus).map_err(failed)?;
    load(&image, &LoadOptions::default()).map_err(|error| failed(error.to_string()))
}

/// Starts the counters; they count as long as what is given lives.
fn count(session: &mut Session<'_>, loaded: &Loaded, metrics: &[&Metric]) -> Result<Vec<PerfEvent>, Failure> {
    let events = loaded.map("events").ok_or_else(|| Failure::words("failed to get fd for events map"))?;
    let mut opened = Vec::new();
    for (column, metric) in metrics.iter().enumerate() {
        let offline =
            open_counters(&events.fd, column, metric, &mut opened).map_err(|why| missing(metric, why))?;
        for cpu in if session.is_json() { Vec::new() } else { offline } {
            session.note(&format!("cpu {cpu} may be offline, skip {} profiling.", metric.name));
        }
    }
    Ok(opened)
}

fn missing(metric: &Metric, NoCounter { cpu, errno }: NoCounter) -> Failure {
    let hint = match errno {
        Errno::ENOENT | Errno::EOPNOTSUPP | Errno::EINVAL => {
            ": this processor, or the virtual machine, does not count that; cpu_clock_ns is counted everywhere"
        }
        _ => "",
    };
    let words = format!("failed to create event {} on cpu {cpu}: {}{hint}", metric.name, errno.text());
    Failure::words(words)
}
