//! Which probes of a script are run: those of its mode, and of these those that a person names.
use crate::compile::Compiled;
use osmia_lang_trace::{PlannedProbe, Provider};
use regex_lite::Regex;

/// What a script is run for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// To see what happens: all probes but those of the other modes.
    #[default]
    Trace,
    /// Its `test` probes, for whether they pass. Nothing is attached: what else happens is no part of a test.
    Test,
    /// Its `bench` probes, for how long they take.
    Bench,
}

/// Which probes are run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What for.
    pub mode: Mode,
    /// Only probes whose name this matches; `begin` and `end` always run.
    pub filter: Option<Regex>,
}

impl Choice {
    /// A choice of the probes whose name matches a regular expression; without one, of all.
    pub fn new(mode: Mode, filter: Option<&str>) -> Result<Self, String> {
        let filter = filter.filter(|text| !text.is_empty()).map(|text| {
            Regex::new(text).map_err(|error| format!("Invalid --probe-filter regex '{text}': {error}"))
        });
        Ok(Self { mode, filter: filter.transpose()? })
    }

    fn takes(&self, probe: &PlannedProbe) -> bool {
        let matches = self.filter.as_ref().is_none_or(|filter| filter.is_match(&probe.name));
        match probe.provider {
            Provider::Begin | Provider::End => true,
            Provider::Test => self.mode == Mode::Test && matches,
            Provider::Bench => self.mode == Mode::Bench && matches,
            _ => self.mode == Mode::Trace && matches,
        }
    }

    /// Leaves out what is not to run; its programs are not loaded. An error where nothing is left.
    pub(crate) fn apply(&self, compiled: &mut Compiled) -> Result<(), String> {
        let (chosen, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut compiled.plan.probes).into_iter().partition(|probe| self.takes(probe));
        let nothing = match self.mode {
            Mode::Trace => chosen.is_empty(),
            Mode::Test => chosen.iter().all(|probe| probe.provider != Provider::Test),
            Mode::Bench => chosen.iter().all(|probe| probe.provider != Provider::Bench),
        };
        if nothing {
            return Err(self.nothing(&others));
        }
        for function in compiled.object.functions.iter_mut().map(|(_, function)| function) {
            if let Some(program) = &mut function.program
                && others.iter().any(|probe| probe.program == function.name)
            {
                program.autoload = false;
            }
        }
        compiled.plan.probes = chosen;
        Ok(())
    }

    /// Why there is nothing to run, and what to do, in whole lines.
    fn nothing(&self, others: &[PlannedProbe]) -> String {
        let has = |provider| others.iter().any(|probe| probe.provider == provider);
        if others.is_empty() && self.mode == Mode::Trace {
            return "ERROR: none of the script's attach points is there, and missing_probes says to ignore that\n\
                    No probes to attach\n"
                .into();
        }
        if let Some(filter) = &self.filter {
            return format!(
                "ERROR: no probe's name matches --probe-filter '{filter}'\nNo probes to attach\n"
            );
        }
        let why: String = match self.mode {
            Mode::Test => "No probes attached: there is no test probe (test:NAME) in this script.".into(),
            Mode::Bench => "No probes attached: there is no bench probe (bench:NAME) in this script.".into(),
            Mode::Trace if has(Provider::Test) => "No probes attached; use --test to run test probes.".into(),
            Mode::Trace if has(Provider::Bench) => {
                "No probes attached; use --bench to run benchmark probes.".into()
            }
            Mode::Trace => "Attachment failed for all probes.".into(),
        };
        format!("ERROR: {why}\n")
    }
}
