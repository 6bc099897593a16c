//! What is learnt of maps while a script is read again and again until nothing new turns up.
use super::join::join;
use crate::typed::{Config, MapId, MapInfo, MapKind, MapValue, Type};
use osmia_base::{Arena, Key, Span};
use osmia_event::Aggregation;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one map so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    /// Its position among all, as the reading began.
    position: usize,
    /// The key's type; the outer `None` where no use has told.
    pub(super) key: Option<Option<Type>>,
    /// What it holds.
    pub(super) value: Option<MapValue>,
    /// Both as this reading has it so far, and whether an earlier one has told.
    next_key: Option<Option<Type>>,
    next_value: Option<MapValue>,
    key_settled: bool,
    value_settled: bool,
    /// Whether an element is read.
    read: bool,
    /// Maps that its elements are put in while it is not known what they are.
    copied_to: BTreeSet<String>,
    /// Where it was first seen.
    pub(super) span: Span,
    /// Where it is used first, if that is known.
    pub(super) first_use: Option<Span>,
    /// Kind and number of entries, where the script declares them.
    pub(super) declared: Option<(MapKind, u32)>,
}

/// How types change from one reading to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Each reading begins anew with what the one before has told.
    Free,
    /// So that there is an end to it.
    OnlyWider,
}

/// Why a use of a map does not go with the others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Clash {
    /// Another use has another kind of key.
    Key(Option<Type>),
    /// Another use puts another kind of value.
    Value(MapValue),
}

/// All maps by name. Positions in it are the maps' ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Maps {
    known: BTreeMap<String, Known>,
}

impl Maps {
    /// A map's id; a new name is remembered, and ids are right again the next time round.
    pub(super) fn id(&mut self, name: &str, span: Span) -> MapId {
        if let Some(known) = self.known.get_mut(name) {
            known.first_use.get_or_insert(span);
            return MapId::from_index(known.position);
        }
        let position = self.known.len();
        let fresh = Known {
            position,
            key: None,
            value: None,
            next_key: None,
            next_value: None,
            key_settled: false,
            value_settled: false,
            read: false,
            copied_to: BTreeSet::new(),
            span,
            first_use: None,
            declared: None,
        };
        self.known.insert(name.to_owned(), fresh);
        MapId::from_index(position)
    }

    /// Counts them anew: ids are positions in the order of names.
    pub(super) fn renumber(&mut self) {
        for (position, known) in self.known.values_mut().enumerate() {
            known.position = position;
        }
    }

    /// What is known of it.
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// The name of a map, and what it holds.
    pub(super) fn at(&self, id: MapId) -> Option<(&str, Option<MapValue>)> {
        let (name, known) = self.known.iter().find(|(_, known)| known.position == id.index())?;
        Some((name, known.value.clone()))
    }

    /// All names, for suggestions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// Notes a kind and a size that the script declares.
    pub(super) fn declare(&mut self, name: &str, span: Span, kind: MapKind, max_entries: u32) {
        self.id(name, span);
        if let Some(known) = self.known.get_mut(name) {
            known.first_use = None;
            known.declared = Some((kind, max_entries));
        }
    }

    /// All that is known of all of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.known.iter().map(|(name, known)| (name.as_str(), known))
    }

    /// Notes that a use has this key; the result is the type that the key must be converted to.
    pub(super) fn use_key(&mut self, name: &str, key: Option<&Type>) -> Result<Option<Type>, Clash> {
        let Some(known) = self.known.get_mut(name) else { return Ok(key.cloned()) };
        let joined = match (&known.next_key, key) {
            (None, key) => key.cloned(),
            (Some(None), None) => None,
            (Some(Some(old)), Some(new)) => {
                Some(join(old, new).ok_or_else(|| Clash::Key(Some(old.clone())))?)
            }
            (Some(old), _) => return Err(Clash::Key(old.clone())),
        };
        known.next_key = Some(joined.clone());
        if !known.key_settled {
            known.key = Some(joined);
        }
        Ok(known.key.clone().flatten())
    }

    /// Notes that a plain value is put; the result is the type that it must be converted to.
    pub(super) fn put_plain(&mut self, name: &str, ty: &Type) -> Result<Type, Clash> {
        match self.put(name, MapValue::Plain(ty.clone()))? {
            MapValue::Plain(ty) => Ok(ty),
            other => Err(Clash::Value(other)),
        }
    }

    /// Notes that an aggregation is put.
    pub(super) fn put_aggregate(&mut self, name: &str, new: &Aggregation) -> Result<(), Clash> {
        self.put(name, MapValue::Aggregate(new.clone())).map(drop)
    }

    fn put(&mut self, name: &str, new: MapValue) -> Result<MapValue, Clash> {
        let Some(known) = self.known.get_mut(name) else { return Ok(new) };
        let joined = match &known.next_value {
            None => new,
            Some(old) => join_values(old, &new).ok_or_else(|| Clash::Value(old.clone()))?,
        };
        known.next_value = Some(joined.clone());
        if !known.value_settled {
            known.value = Some(joined);
        }
        Ok(known.value.clone().unwrap_or(MapValue::Plain(Type::None)))
    }

    /// Notes that an element is read, whoever puts it there.
    pub(super) fn note_read(&mut self, name: &str) {
        if let Some(known) = self.known.get_mut(name) {
            known.read = true;
        }
    }

    /// Takes what a reading has learnt as what is known in the next one; whether that is anything new.
    pub(super) fn settle(&mut self, pace: Pace) -> bool {
        let mut changed = false;
        for known in self.known.values_mut() {
            if let Some(key) = known.next_key.take() {
                let key = match (&known.key, &key, pace) {
                    (Some(Some(old)), Some(new), Pace::OnlyWider) => join(old, new).map(Some).unwrap_or(key),
                    _ => key,
                };
                changed |= !known.key_settled || known.key.as_ref() != Some(&key);
                (known.key, known.key_settled) = (Some(key), true);
            }
            if let Some(value) = known.next_value.take() {
                let value = match (&known.value, pace) {
                    (Some(old), Pace::OnlyWider) => join_values(old, &value).unwrap_or(value),
                    _ => value,
                };
                changed |= !known.value_settled || known.value.as_ref() != Some(&value);
                (known.value, known.value_settled) = (Some(value), true);
            }
        }
        self.follow_copies();
        changed
    }

    /// Notes that elements of one map, of which nothing is known yet, are put in another.
    pub(super) fn note_copy(&mut self, from: &str, to: &str) {
        if let Some(known) = self.known.get_mut(from) {
            known.copied_to.insert(to.to_owned());
        }
    }

    /// Where one map is copied to another and so on, all of them are known as soon as the first is: readings are dear.
    fn follow_copies(&mut self) {
        let known = |(name, known): (&String, &Known)| known.value.is_some().then(|| name.clone());
        let mut work: Vec<String> = self.known.iter().filter_map(known).collect();
        while let Some(name) = work.pop() {
            let Some(from) = self.known.get_mut(&name) else { continue };
            let copies = std::mem::take(&mut from.copied_to);
            let Some(MapValue::Plain(ty)) = from.value.clone() else { continue };
            for copy in copies {
                if let Some(to) = self.known.get_mut(&copy)
                    && to.value.is_none()
                {
                    to.value = Some(MapValue::Plain(ty.clone()));
                    work.push(copy);
                }
            }
        }
    }

    /// Maps that are read, and that nothing is put in, hold zeros; whether there are such.
    pub(super) fn fill_unwritten(&mut self) -> bool {
        let mut changed = false;
        for known in self.known.values_mut().filter(|known| known.read && known.value.is_none()) {
            known.value = Some(MapValue::Plain(Type::int(1, true)));
            changed = true;
        }
        changed
    }

    /// The maps as they are handed on; those that were never given a value are left out by the caller's errors.
    pub(super) fn finish(self, config: &Config) -> Arena<MapId, MapInfo> {
        self.known
            .into_iter()
            .map(|(name, known)| MapInfo {
                name,
                key: known.key.flatten(),
                value: known.value.unwrap_or(MapValue::Plain(Type::INT64)),
                kind: known.declared.map(|(kind, _)| kind),
                max_entries: known.declared.map_or(config.max_map_keys, |(_, entries)| entries),
                span: known.span,
            })
            .collect()
    }
}

fn join_values(a: &MapValue, b: &MapValue) -> Option<MapValue> {
    match (a, b) {
        (MapValue::Plain(a), MapValue::Plain(b)) => join(a, b).map(MapValue::Plain),
        (MapValue::Aggregate(a), MapValue::Aggregate(b)) => join_aggregations(a, b).map(MapValue::Aggregate),
        _ => None,
    }
}

/// The same aggregation of signed and unsigned numbers is one of signed numbers.
fn join_aggregations(a: &Aggregation, b: &Aggregation) -> Option<Aggregation> {
    use Aggregation::{Avg, Max, Min, Stats, Sum, TimeSeries};
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Sum { .. }, Sum { .. }) => Some(Sum { signed: true }),
        (Min { .. }, Min { .. }) => Some(Min { signed: true }),
        (Max { .. }, Max { .. }) => Some(Max { signed: true }),
        (Avg { .. }, Avg { .. }) => Some(Avg { signed: true }),
        (Stats { .. }, Stats { .. }) => Some(Stats { signed: true }),
        (TimeSeries { interval, intervals, merge, .. }, TimeSeries { .. }) => {
            let joined =
                |signed| TimeSeries { signed, interval: *interval, intervals: *intervals, merge: *merge };
            [joined(true), joined(false)].contains(b).then(|| joined(true))
        }
        _ => None,
    }
}

/// What messages call a map's value.
pub(super) fn value_name(value: &MapValue, plain: impl Fn(&Type) -> String) -> String {
    match value {
        MapValue::Plain(ty) => plain(ty),
        MapValue::Aggregate(aggregation) => aggregation_name(aggregation).into(),
    }
}

/// What messages call an aggregation.
pub(super) const fn aggregation_name(aggregation: &Aggregation) -> &'static str {
    match aggregation {
        Aggregation::Value(_) => "value",
        Aggregation::Count => "count_t",
        Aggregation::Sum { signed: true } => "sum_t",
        Aggregation::Sum { signed: false } => "usum_t",
        Aggregation::Min { signed: true } => "min_t",
        Aggregation::Min { signed: false } => "umin_t",
        Aggregation::Max { signed: true } => "max_t",
        Aggregation::Max { signed: false } => "umax_t",
        Aggregation::Avg { signed: true } => "avg_t",
        Aggregation::Avg { signed: false } => "uavg_t",
        Aggregation::Stats { signed: true } => "stats_t",
        Aggregation::Stats { signed: false } => "ustats_t",
        Aggregation::Hist { .. } => "hist_t",
        Aggregation::Lhist { .. } => "lhist_t",
        Aggregation::TimeSeries { .. } => "tseries_t",
    }
}
