//! How long each step of compiling takes: `--mode compiler-bench`.
use crate::compile::{CompileError, CompileOptions, compile};
use osmia_base::Source;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// A script is compiled for so long, and at least so often.
const LONG_ENOUGH: Duration = Duration::from_millis(500);
const FEWEST: usize = 5;
const MOST: usize = 10_000;

/// Samples of one step.
#[derive(Default)]
struct Samples(Vec<Duration>);

impl Samples {
    fn total(&self) -> Duration {
        self.0.iter().sum()
    }

    fn mean(&self) -> Duration {
        self.total() / u32::try_from(self.0.len()).unwrap_or(u32::MAX).max(1)
    }

    /// Half of the interval in which the mean lies with 95 %.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn deviation(&self) -> Duration {
        let mean = self.mean().as_secs_f64();
        let squares: f64 = self.0.iter().map(|sample| (sample.as_secs_f64() - mean).powi(2)).sum();
        let count = (self.0.len() as f64).max(1.0);
        Duration::from_secs_f64(1.96 * (squares / count).sqrt() / count.sqrt())
    }
}

/// Compiles a script again and again: a line for each step, with how often it ran, how long in all (ns), and the mean.
pub fn measure(source: &Source, options: &CompileOptions) -> Result<String, CompileError> {
    let mut steps: Vec<(&str, Samples)> = Vec::new();
    let mut whole = Samples::default();
    let start = Instant::now();
    while whole.0.len() < FEWEST || (start.elapsed() < LONG_ENOUGH && whole.0.len() < MOST) {
        let compiled = compile(&mut source.clone(), options)?;
        whole.0.push(compiled.steps.iter().map(|(_, took)| *took).sum());
        for (name, took) in compiled.steps {
            match steps.iter_mut().find(|(known, _)| *known == name) {
                Some((_, samples)) => samples.0.push(took),
                None => steps.push((name, Samples(vec![took]))),
            }
        }
    }
    steps.push(("total", whole));
    let mut out = String::new();
    for (name, samples) in &steps {
        let (count, total) = (samples.0.len(), samples.total().as_nanos());
        let (mean, deviation) = (micros(samples.mean()), micros(samples.deviation()));
        let _ = writeln!(out, "{name:<30}{count:<8}{total:<14}{mean:.1} ± {deviation:.1} us");
    }
    out.push_str("PASS\n");
    Ok(out)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
