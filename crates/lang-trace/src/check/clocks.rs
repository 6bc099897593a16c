//! Which clock a number is of: `strftime()` asks. Variables are followed through the ways that a body takes; a map has what
//! any of its assignments gave it.
use super::body::Body;
use super::maps::Pace;
use crate::typed::{Builtin, Expr, ExprKind, VarId};
use osmia_base::Span;
use osmia_isa::AluOp;
use std::collections::BTreeMap;

/// What a number of nanoseconds was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// `CLOCK_BOOTTIME`
    Boot,
    /// `CLOCK_MONOTONIC`, which stands still while the machine sleeps: nobody knows how long it did.
    Monotonic,
    /// `CLOCK_TAI`
    Tai,
    /// None: it is how far two clocks are apart, and added to the time of one makes another's.
    Apart,
}

impl Clock {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Boot => "a time of nsecs(boot)",
            Self::Monotonic => "a time of nsecs(monotonic)",
            Self::Tai => "a time of nsecs(tai)",
            Self::Apart => "how far two clocks are apart",
        }
    }
}

/// A number that is known to come from a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) clock: Clock,
    /// Where that is asked.
    pub(super) at: Span,
    /// Another clock that it may be of as well.
    pub(super) other: Option<(Clock, Span)>,
}

impl Time {
    /// This one or another.
    fn or(self, other: Self) -> Self {
        let second = [Some((other.clock, other.at)), other.other].into_iter().flatten();
        let differs = |(clock, _): &(Clock, Span)| *clock != self.clock;
        Self { other: self.other.or_else(|| second.clone().find(differs)), ..self }
    }
}

/// Times by what holds them.
pub(super) type Times<Holder> = BTreeMap<Holder, Time>;

/// Adds what may be held as well; whether that is anything new.
fn join<Holder: Ord>(times: &mut Times<Holder>, others: Times<Holder>) -> bool {
    let mut changed = false;
    for (holder, time) in others {
        let joined = times.get(&holder).map_or(time, |known| known.or(time));
        changed |= times.insert(holder, joined) != Some(joined);
    }
    changed
}

fn either(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.or(b)),
        (a, b) => a.or(b),
    }
}

/// The times that maps hold.
#[derive(Debug, Default)]
pub(super) struct MapTimes {
    known: Times<String>,
    /// What this reading has told so far.
    next: Times<String>,
}

impl MapTimes {
    /// Takes what a reading has told as what is known in the next one; whether that is anything new.
    pub(super) fn settle(&mut self, pace: Pace) -> bool {
        let mut next = std::mem::take(&mut self.next);
        if pace == Pace::OnlyWider {
            join(&mut next, self.known.clone());
        }
        let changed = next != self.known;
        self.known = next;
        changed
    }
}

impl Body<'_, '_> {
    /// What is known of the clock of a value.
    pub(super) fn time(&self, value: &Expr) -> Option<Time> {
        let read = |clock| Some(Time { clock, at: value.span, other: None });
        match &value.kind {
            ExprKind::Builtin(Builtin::Nsecs) => read(Clock::Boot),
            ExprKind::Builtin(Builtin::NsecsMonotonic) => read(Clock::Monotonic),
            ExprKind::Builtin(Builtin::NsecsTai) => read(Clock::Tai),
            ExprKind::Var(var) | ExprKind::StepVar { var, .. } => self.times.get(self.site(*var)).copied(),
            ExprKind::MapValue(map, _) | ExprKind::StepMap { map, .. } => {
                self.session.maps.at(*map).and_then(|(name, _)| self.session.times.known.get(name).copied())
            }
            // Of tuples, times are only known of what loops over maps give: key and value.
            ExprKind::Part(pair, 1) => self.time(pair),
            ExprKind::Cast(inner) | ExprKind::Block(_, inner) => self.time(inner),
            ExprKind::Ternary(_, a, b) => either(self.time(a), self.time(b)),
            ExprKind::Arithmetic(AluOp::Add, a, b) => match (self.time(a), self.time(b)) {
                (Some(time), None) | (None, Some(time)) => Some(time),
                _ => None,
            },
            ExprKind::Arithmetic(AluOp::Sub, a, b) => match (self.time(a)?, self.time(b)) {
                (time, None) => Some(time),
                (a, Some(b)) if a.clock != b.clock => Some(Time { clock: Clock::Apart, ..a }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Notes that a variable is given a value.
    pub(super) fn note_time(&mut self, var: VarId, value: &Expr) {
        let site = self.site(var).clone();
        match self.time(value) {
            Some(time) => self.times.insert(site, time),
            None => self.times.remove(&site),
        };
    }

    /// Notes that a value is put in a map.
    pub(super) fn note_map_time(&mut self, name: &str, value: &Expr) {
        if let Some(time) = self.time(value) {
            join(&mut self.session.times.next, [(name.to_owned(), time)].into());
        }
    }

    /// Notes that a loop's variable is each element of a map, as key and value.
    pub(super) fn note_elements(&mut self, var: VarId, map: &str) {
        if let Some(time) = self.session.times.known.get(map).copied() {
            self.times.insert(self.site(var).clone(), time);
        }
    }

    /// Reads two ways of which one is taken.
    pub(super) fn either_way<A, B>(
        &mut self,
        then: impl FnOnce(&mut Self) -> A,
        other: impl FnOnce(&mut Self) -> B,
    ) -> (A, B) {
        let before = self.times.clone();
        let then = then(self);
        let after = std::mem::replace(&mut self.times, before);
        let other = other(self);
        join(&mut self.times, after);
        (then, other)
    }

    /// Leaves a turn of a loop: what comes behind is not done.
    pub(super) fn leave_turn(&mut self) {
        join(&mut self.left_early, std::mem::take(&mut self.times));
    }

    /// Reads a loop's body: it may be left out, and in each turn there is what the one before has left.
    pub(super) fn turns<T>(&mut self, span: Span, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.times.clone();
        join(&mut self.times, self.learnt.turns.get(&span).cloned().unwrap_or_default());
        let outer = std::mem::take(&mut self.left_early);
        let out = read(self);
        join(&mut self.times, std::mem::replace(&mut self.left_early, outer));
        let left = self.learnt.turns.entry(span).or_default();
        self.session.changed |= join(left, self.times.clone());
        join(&mut self.times, before);
        out
    }
}
