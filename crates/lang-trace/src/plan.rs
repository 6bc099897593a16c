//! What a compiled script runs where, in the script's order: plain data for whoever attaches.
use crate::probes::Provider;
use osmia_base::Span;
use osmia_object::Attach;
use serde::{Deserialize, Serialize};

/// All programs of one script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In source order.
    pub probes: Vec<PlannedProbe>,
}

/// One program and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedProbe {
    /// The function's name in the object.
    pub program: String,
    /// What kind of probe it is; `begin` and `end` say when it runs.
    pub provider: Provider,
    /// The canonical name: `tracepoint:sched:sched_switch`.
    pub name: String,
    /// All places that run this program.
    pub attach: Vec<Attach>,
    /// Whether one link for all of them is wanted.
    pub multi: bool,
    /// Whether the program asks by its cookie which of the places it is at: the number that [`Self::attach`] has it under,
    /// where the functions of one link are counted one by one.
    #[serde(default)]
    pub numbered: bool,
    /// Whether one run of it can send more than any buffer holds: it has a loop.
    pub loops: bool,
    /// The attach points in the script.
    #[serde(with = "place")]
    pub span: Span,
}

/// A place in the script as a pair of numbers.
mod place {
    use osmia_base::Span;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
        (span.start, span.end).serialize(to)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Span, D::Error> {
        let (start, end) = Deserialize::deserialize(from)?;
        Ok(Span::new(start, end))
    }
}

impl PlannedProbe {
    /// At how many places its program runs.
    pub fn places(&self) -> usize {
        self.attach.iter().map(Attach::places).sum()
    }
}

impl Plan {
    /// At how many places programs run.
    pub fn places(&self) -> usize {
        self.probes.iter().map(PlannedProbe::places).sum()
    }

    /// The programs of one kind, in order.
    pub fn of(&self, provider: Provider) -> impl Iterator<Item = &PlannedProbe> {
        self.probes.iter().filter(move |probe| probe.provider == provider)
    }
}
