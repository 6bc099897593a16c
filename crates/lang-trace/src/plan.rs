//! What a compiled script runs where, in the script's order: plain data for whoever attaches.
use crate::probes::Provider;
use osmia_base::Span;
use osmia_object::Attach;

/// All programs of one script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In source order.
    pub probes: Vec<PlannedProbe>,
}

/// One program and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Whether one run of it can send more than any buffer holds: it has a loop.
    pub loops: bool,
    /// The attach points in the script.
    pub span: Span,
}

impl Plan {
    /// The programs of one kind, in order.
    pub fn of(&self, provider: Provider) -> impl Iterator<Item = &PlannedProbe> {
        self.probes.iter().filter(move |probe| probe.provider == provider)
    }
}
