//! Which clock a number is of: `strftime()` asks. Variables are followed through the ways that a body takes; a map has what
//! any of its assignments gave it, and a function's parameter what any of its calls did.
use super::body::Body;
use super::maps::Pace;
use super::vars::Site;
use crate::typed::{Builtin, Expr, ExprKind, VarId};
use osmia_base::Span;
use osmia_event::Aggregation;
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

/// Where in a value a number stands: positions in tuples and records, the outermost first.
type Path = Vec<usize>;

/// The times that a value consists of; a number is at the empty path.
type Parts = BTreeMap<Path, Time>;

/// Times by what holds them.
pub(super) type Times<Holder> = BTreeMap<(Holder, Path), Time>;

/// Adds what may be held as well; whether that is anything new.
fn join<Place: Ord>(times: &mut BTreeMap<Place, Time>, others: BTreeMap<Place, Time>) -> bool {
    let mut changed = false;
    for (place, time) in others {
        let joined = times.get(&place).map_or(time, |known| known.or(time));
        changed |= times.insert(place, joined) != Some(joined);
    }
    changed
}

/// What one holder holds.
fn held<Holder: Ord + Clone>(times: &Times<Holder>, holder: &Holder) -> Parts {
    let of_holder = times.range((holder.clone(), Path::new())..).take_while(|((it, _), _)| it == holder);
    of_holder.map(|((_, path), time)| (path.clone(), *time)).collect()
}

/// A value as what a holder holds.
fn hold<Holder: Ord + Clone>(holder: &Holder, value: Parts) -> Times<Holder> {
    value.into_iter().map(|(path, time)| ((holder.clone(), path), time)).collect()
}

/// A value as part of a bigger one.
fn within(position: usize, value: Parts) -> impl Iterator<Item = (Path, Time)> {
    value.into_iter().map(move |(path, time)| ([&[position], path.as_slice()].concat(), time))
}

/// A part of a value.
fn part(value: Parts, position: usize) -> Parts {
    let inside = |(path, time): (Path, Time)| {
        let (first, rest) = path.split_first()?;
        (*first == position).then(|| (rest.to_vec(), time))
    };
    value.into_iter().filter_map(inside).collect()
}

/// Times that are learnt of holders that no way through a body leads to, from one reading to the next.
#[derive(Debug)]
pub(super) struct Told<Holder> {
    known: Times<Holder>,
    /// What this reading has told so far.
    next: Times<Holder>,
}

impl<Holder> Default for Told<Holder> {
    fn default() -> Self {
        Self { known: Times::new(), next: Times::new() }
    }
}

/// Where an element of a map has its key and its value.
const KEY: usize = 0;
const VALUE: usize = 1;

/// The times of maps: of any element, a tuple of key and value.
pub(super) type MapTimes = Told<String>;

/// The times of the script's functions, by their numbers: of each parameter, and of what a call gives (`None`).
pub(super) type FunctionTimes = Told<(usize, Option<u16>)>;

impl<Holder: Ord + Clone> Told<Holder> {
    fn tell(&mut self, holder: &Holder, value: Parts) {
        join(&mut self.next, hold(holder, value));
    }

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

/// What arithmetic on times gives.
fn reckon(op: AluOp, a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (op, a, b) {
        (AluOp::Add, Some(time), None) | (AluOp::Add, None, Some(time)) | (AluOp::Sub, Some(time), None) => {
            Some(time)
        }
        (AluOp::Sub, Some(a), Some(b)) if a.clock != b.clock => Some(Time { clock: Clock::Apart, ..a }),
        _ => None,
    }
}

impl Body<'_, '_> {
    /// What is known of the clock of a value.
    pub(super) fn time(&self, value: &Expr) -> Option<Time> {
        self.parts(value).remove(&[][..])
    }

    fn parts(&self, value: &Expr) -> Parts {
        let read = |clock| Parts::from([(Path::new(), Time { clock, at: value.span, other: None })]);
        match &value.kind {
            ExprKind::Builtin(Builtin::Nsecs) => read(Clock::Boot),
            ExprKind::Builtin(Builtin::NsecsMonotonic) => read(Clock::Monotonic),
            ExprKind::Builtin(Builtin::NsecsTai) => read(Clock::Tai),
            ExprKind::Var(var) | ExprKind::StepVar { var, .. } => held(&self.times, self.site(*var)),
            ExprKind::MapValue(map, _) | ExprKind::MapNumber(map, _) | ExprKind::StepMap { map, .. } => {
                let name = self.session.maps.at(*map).map(|(name, _)| name);
                part(name.map(|name| self.of_map(name)).unwrap_or_default(), VALUE)
            }
            ExprKind::Given(at) => self.of_function(self.functions.innermost(), Some(*at)),
            ExprKind::Invoke { function, .. } => self.of_function(self.functions.number(*function), None),
            ExprKind::Tuple(parts) => {
                (0..).zip(parts).flat_map(|(at, part)| within(at, self.parts(part))).collect()
            }
            ExprKind::Part(whole, at) => part(self.parts(whole), *at),
            ExprKind::Cast(inner) | ExprKind::Block(_, inner) => self.parts(inner),
            ExprKind::Ternary(_, a, b) => {
                let mut either = self.parts(a);
                join(&mut either, self.parts(b));
                either
            }
            ExprKind::Arithmetic(op, a, b) => {
                let time = reckon(*op, self.time(a), self.time(b));
                time.map(|time| (Path::new(), time)).into_iter().collect()
            }
            _ => Parts::new(),
        }
    }

    fn of_map(&self, map: &str) -> Parts {
        held(&self.session.times.known, &map.to_owned())
    }

    fn of_function(&self, number: Option<usize>, param: Option<u16>) -> Parts {
        number.map(|number| held(&self.learnt.functions.known, &(number, param))).unwrap_or_default()
    }

    /// Notes that a variable is given a value.
    pub(super) fn note_time(&mut self, var: VarId, value: &Expr) {
        let site = self.site(var).clone();
        let new = hold(&site, self.parts(value));
        self.forget(&site);
        self.times.extend(new);
    }

    /// What a variable held is gone.
    fn forget(&mut self, site: &Site) {
        for path in held(&self.times, site).into_keys() {
            self.times.remove(&(site.clone(), path));
        }
    }

    /// Notes that a value is put in a map.
    pub(super) fn note_map_time(&mut self, name: &str, value: &Expr) {
        let value = within(VALUE, self.parts(value)).collect();
        self.session.times.tell(&name.to_owned(), value);
    }

    /// Notes that a number is given to a map that makes one of several: the smallest of times is a time, and their sum is none.
    pub(super) fn note_aggregate_time(&mut self, name: &str, aggregation: &Aggregation, number: &Expr) {
        if matches!(aggregation, Aggregation::Min { .. } | Aggregation::Max { .. } | Aggregation::Avg { .. })
        {
            self.note_map_time(name, number);
        }
    }

    /// Notes that a map has an element of this key.
    pub(super) fn note_key_time(&mut self, name: &str, key: &Expr) {
        let key = within(KEY, self.parts(key)).collect();
        self.session.times.tell(&name.to_owned(), key);
    }

    /// Notes that a loop's variable is each element of a map, as key and value.
    pub(super) fn note_elements(&mut self, var: VarId, map: &str) {
        let site = self.site(var).clone();
        self.times.extend(hold(&site, self.of_map(map)));
    }

    /// Notes what a call gives to a function's parameter.
    pub(super) fn note_argument_time(&mut self, function: usize, at: u16, value: &Expr) {
        let value = self.parts(value);
        self.learnt.functions.tell(&(function, Some(at)), value);
    }

    /// Notes what the function that is being read gives to its callers.
    pub(super) fn note_returned_time(&mut self, value: &Expr) {
        if let Some(number) = self.functions.innermost() {
            let value = self.parts(value);
            self.learnt.functions.tell(&(number, None), value);
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
