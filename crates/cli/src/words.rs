//! What single options may say, and the words for what they may not.
use crate::flags::Trace;
use osmia::{Buffering, Form, Mode, Stage};

/// The nominal maximum of process numbers; what a system really has may be less.
const MOST_PIDS: u64 = 0x40_0000;

/// What is done with a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Work {
    /// It is compiled and run.
    #[default]
    Run,
    /// It is compiled.
    Compile,
    /// It is compiled many times, and each step's time is told.
    Measure,
    /// It is printed in the form that all scripts have.
    Format,
}

/// Names of modes.
const MODES: &[(&str, Work, Mode)] = &[
    ("codegen", Work::Compile, Mode::Trace),
    ("compiler-bench", Work::Measure, Mode::Trace),
    ("bench", Work::Run, Mode::Bench),
    ("test", Work::Run, Mode::Test),
    ("format", Work::Format, Mode::Trace),
];

/// Upstream's names of stages, and what we have in their place.
const OTHER_NAMES: &[(&str, Stage)] = &[
    ("parse", Stage::Ast),
    ("codegen", Stage::Ir),
    ("codegen-opt", Stage::IrOpt),
    ("dis", Stage::Bytecode),
    ("libbpf", Stage::Object),
];

impl Trace {
    /// What is done with the script, and for what.
    pub(crate) fn work(&self) -> Result<(Work, Mode), String> {
        let mut asked = Vec::new();
        if let Some(mode) = &self.mode {
            asked.push(("--mode", mode.as_str()));
        }
        let switches = [
            ("--test", self.test, "test"),
            ("--bench", self.bench, "bench"),
            ("--fmt", self.format_script, "format"),
        ];
        asked.extend(switches.iter().filter(|(_, on, _)| *on).map(|(option, _, mode)| (*option, *mode)));
        if let [_, (second, _), ..] = asked.as_slice() {
            return Err(format!("USAGE: {second} conflicts with existing --mode"));
        }
        let Some((_, mode)) = asked.first() else { return Ok((Work::Run, Mode::Trace)) };
        match MODES.iter().find(|(name, ..)| name == mode) {
            Some((_, work, mode)) => Ok((*work, *mode)),
            None => {
                Err("USAGE: --mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'."
                    .into())
            }
        }
    }

    /// Whether helpers that fail are reported.
    pub(crate) fn reports_failures(&self) -> Result<bool, String> {
        match (self.helper_errors, self.no_warnings) {
            (2.., _) => {
                Err("USAGE: -kk has been deprecated. Use a single -k for runtime warnings for errors in map \
                lookups and probe reads."
                    .into())
            }
            (1, true) => Err("USAGE: -k, --warnings conflicts with --no-warnings".into()),
            (count, _) => Ok(count == 1),
        }
    }

    /// When output is passed on.
    pub(crate) fn buffering(&self) -> Result<Buffering, String> {
        match self.buffering.as_deref() {
            None => Ok(Buffering::Burst),
            Some("full") => Ok(Buffering::Full),
            Some("line" | "none") => Ok(Buffering::Message),
            Some(_) => Err("USAGE: -B must be either 'line', 'full', or 'none'.".into()),
        }
    }

    /// The form of output.
    pub(crate) fn form(&self) -> Result<Form, String> {
        let Some(word) = self.format.as_deref() else { return Ok(Form::Text) };
        match Form::ALL.iter().find(|(name, _)| *name == word) {
            Some((_, form)) => Ok(*form),
            None => {
                let names: Vec<String> = Form::ALL.iter().map(|(name, _)| format!("'{name}'")).collect();
                Err(format!("Invalid output format \"{word}\"\nValid formats: {}", names.join(", ")))
            }
        }
    }

    /// Features that count as missing.
    pub(crate) fn missing(&self) -> Result<Vec<osmia::Feature>, String> {
        let known = [
            ("kprobe_multi", osmia::Feature::KprobeMulti),
            ("kprobe_session", osmia::Feature::KprobeSession),
            ("uprobe_multi", osmia::Feature::UprobeMulti),
            ("ringbuf", osmia::Feature::Ringbuf),
        ];
        let find = |name: &String| match known.iter().find(|(word, _)| word == name) {
            Some((_, feature)) => Ok(*feature),
            None => Err(format!(
                "USAGE: --no-feature can only have values 'kprobe_multi,kprobe_session,uprobe_multi,ringbuf', not '{name}'."
            )),
        };
        self.no_feature.iter().filter(|name| !name.is_empty()).map(find).collect()
    }

    /// Stages to be shown, and whether the verifier's log is.
    pub(crate) fn stages(&self) -> Result<(Vec<Stage>, bool), String> {
        let (mut stages, mut verifier) = (Vec::new(), false);
        for word in self.debug.iter().filter(|word| !word.is_empty()) {
            match Stage::ALL.iter().chain(OTHER_NAMES).find(|(name, _)| name == word) {
                Some((_, stage)) => stages.push(*stage),
                None if word == "all" => stages.extend(Stage::ALL.iter().map(|(_, stage)| *stage)),
                None if word == "verifier" => verifier = true,
                None => {
                    let names: Vec<&str> = Stage::ALL.iter().map(|(name, _)| *name).collect();
                    return Err(format!(
                        "USAGE: invalid option for -d: {word}\nthere are {}, verifier, all",
                        names.join(", ")
                    ));
                }
            }
        }
        Ok((stages, verifier))
    }
}

/// A process number.
pub(crate) fn parse_pid(text: &str) -> Result<u32, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = text.split_at(digits);
    let wrong = |why: &str| format!("Failed to parse pid: {why}: {text}");
    if number.is_empty() {
        return Err(wrong("invalid integer"));
    }
    if !rest.is_empty() {
        return Err(wrong("invalid trailing bytes"));
    }
    let number: u64 =
        number.parse().map_err(|_| wrong(&format!("overflow error, maximum value is {}", u64::MAX)))?;
    match u32::try_from(number) {
        Ok(pid) if number <= MOST_PIDS => Ok(pid),
        _ => Err(format!("Pid out of range: {number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_numbers_are_read_whole() {
        assert_eq!(parse_pid("1111"), Ok(1111));
        for (text, why) in [
            ("a1111", "Failed to parse pid: invalid integer: a1111"),
            ("111a1", "Failed to parse pid: invalid trailing bytes: 111a1"),
            ("", "Failed to parse pid: invalid integer: "),
            ("5000000", "Pid out of range: 5000000"),
            (
                "99999999999999999999",
                "Failed to parse pid: overflow error, maximum value is 18446744073709551615: 99999999999999999999",
            ),
        ] {
            assert_eq!(parse_pid(text), Err(why.to_owned()));
        }
    }

    #[test]
    fn only_one_mode_at_a_time() {
        let test = Trace { test: true, ..Trace::default() };
        assert_eq!(test.work(), Ok((Work::Run, Mode::Test)));
        let both = Trace { bench: true, ..test };
        assert_eq!(both.work(), Err("USAGE: --bench conflicts with existing --mode".into()));
        let named = Trace { mode: Some("codegen".into()), ..Trace::default() };
        assert_eq!(named.work(), Ok((Work::Compile, Mode::Trace)));
    }
}
