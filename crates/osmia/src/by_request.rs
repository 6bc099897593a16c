//! Probes that a person runs: tests, for whether they pass, and benchmarks, for how long they take.
use crate::compile::Compiled;
use crate::output::Output;
use crate::session::{Choices, End, Session};
use crate::world::{Ran, World};
use osmia_lang_trace::{PlannedProbe, Provider};
use osmia_render::{BenchResult, Message, TestResult};
use std::time::Duration;

/// A benchmark runs so often that all its runs together take this long.
const LONG_ENOUGH: Duration = Duration::from_millis(1);

/// And never more often than this in one request: a signal ends the run between two.
const MOST: u32 = 10_000_000;

/// What running by request needs.
pub(crate) struct ByRequest<'a> {
    pub(crate) compiled: &'a Compiled,
    pub(crate) world: &'a mut World,
    pub(crate) choices: Choices,
    pub(crate) output: &'a mut Output,
}

/// What a program left.
struct Left {
    ran: Ran,
    /// The code of `exit()`, where it was called.
    code: i32,
    /// Whether it told of an error.
    failed: bool,
    /// What it said.
    said: Vec<u8>,
}

impl ByRequest<'_> {
    /// Runs all tests; the status to leave with.
    pub(crate) fn tests(&mut self) -> Result<u8, String> {
        let probes: Vec<&PlannedProbe> = self.compiled.plan.of(Provider::Test).collect();
        let mut failed = Vec::new();
        self.say(&Message::TestsStart(probes.len()))?;
        for probe in &probes {
            let name = name(probe);
            self.say(&Message::TestStart(name.to_owned()))?;
            let left = self.once(probe, World::run)?;
            let passed = left.ran.returned == 0 && left.code == 0 && !left.failed;
            if !passed {
                failed.push(name.to_owned());
            }
            let duration = left.ran.duration;
            self.say(&Message::Test(TestResult {
                name: name.to_owned(),
                duration,
                passed,
                output: left.said,
            }))?;
        }
        let status = u8::from(!failed.is_empty());
        self.say(&Message::TestsEnd(probes.len() - failed.len(), failed))?;
        Ok(status)
    }

    /// Runs all benchmarks; the status to leave with.
    pub(crate) fn benchmarks(&mut self) -> Result<u8, String> {
        let probes: Vec<&PlannedProbe> = self.compiled.plan.of(Provider::Bench).collect();
        let longest = probes.iter().map(|probe| name(probe).len()).max().unwrap_or(0);
        let mut status = 0;
        self.say(&Message::BenchHead(longest))?;
        for probe in probes {
            match self.benchmark(probe)? {
                Ok(Some(result)) => self.say(&Message::Bench(longest, result))?,
                // A benchmark that returns true has nothing to measure here.
                Ok(None) => {}
                Err(said) => {
                    status = 1;
                    let note = format!("ERROR: Benchmark '{}' failed.", name(probe));
                    let said = String::from_utf8_lossy(&said);
                    let note = if said.is_empty() { note } else { format!("{}\n{note}", said.trim_end()) };
                    self.output.note(&note).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(status)
    }

    /// Runs one benchmark more and more often until that takes long enough to be measured. The inner error is what it said.
    fn benchmark(&mut self, probe: &PlannedProbe) -> Result<Result<Option<BenchResult>, Vec<u8>>, String> {
        let mut times = 1;
        loop {
            let left = self.once(probe, |world, probe| world.repeat(probe, times))?;
            if left.code != 0 || left.failed {
                return Ok(Err(left.said));
            }
            if left.ran.returned != 0 {
                return Ok(Ok(None));
            }
            let total = left.ran.duration * times;
            if total >= LONG_ENOUGH || times == MOST {
                let (name, average) = (name(probe).to_owned(), left.ran.duration);
                return Ok(Ok(Some(BenchResult { name, average, runs: times.into() })));
            }
            let wanted = LONG_ENOUGH.as_nanos() / total.as_nanos().max(1) + 1;
            let factor = u32::try_from(wanted.clamp(2, 100)).unwrap_or(100);
            times = times.saturating_mul(factor).min(MOST);
        }
    }

    /// Runs a program, and reads what it sends.
    fn once(
        &mut self,
        probe: &PlannedProbe,
        run: impl FnOnce(&mut World, &PlannedProbe) -> Result<Ran, String>,
    ) -> Result<Left, String> {
        let (mut output, kept) = self.output.kept();
        let mut session = Session::new(&self.compiled.schema, self.world, &mut output, self.choices);
        session.skip_troubles();
        let ran = run(session.world, probe).map_err(|error| format!("ERROR: {}: {error}\n", probe.name))?;
        let mut code = 0;
        while let Some(end) = session.drain().map_err(|error| format!("ERROR: {error}\n"))? {
            if let End::Exit(asked) = end {
                code = if code == 0 { asked } else { code };
            }
        }
        output.finish().map_err(|error| error.to_string())?;
        Ok(Left { ran, code, failed: output.failures() > 0, said: kept.take() })
    }

    fn say(&mut self, message: &Message) -> Result<(), String> {
        self.output.say(message).map_err(|error| format!("ERROR: {error}\n"))
    }
}

/// A probe's name without its provider.
fn name(probe: &PlannedProbe) -> &str {
    probe.name.split_once(':').map_or(probe.name.as_str(), |(_, name)| name)
}
