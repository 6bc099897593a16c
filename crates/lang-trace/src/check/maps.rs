//! What is learnt of maps while a script is read again and again until nothing new turns up.
use super::types::join;
use crate::typed::{Config, MapId, MapInfo, MapValue, Type};
use osmia_base::{Arena, Key, Span};
use osmia_event::Aggregation;
use std::collections::BTreeMap;

/// What is known of one map so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    /// The key's type; the outer `None` where no use has told.
    pub(super) key: Option<Option<Type>>,
    /// What it holds.
    pub(super) value: Option<MapValue>,
    /// Where it was first seen.
    pub(super) span: Span,
    /// Entries, where the script declares them.
    pub(super) max_entries: Option<u32>,
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
        if !self.known.contains_key(name) {
            let fresh = Known { key: None, value: None, span, max_entries: None };
            self.known.insert(name.to_owned(), fresh);
        }
        MapId::from_index(self.known.keys().position(|known| known == name).unwrap_or(0))
    }

    /// What is known of it.
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// All names, for suggestions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// Notes a size that the script declares.
    pub(super) fn declare(&mut self, name: &str, span: Span, max_entries: u32) {
        self.id(name, span);
        if let Some(known) = self.known.get_mut(name) {
            known.max_entries = Some(max_entries);
        }
    }

    /// Notes that a use has this key; the result is the type that the key must be converted to.
    pub(super) fn use_key(&mut self, name: &str, key: Option<&Type>) -> Result<Option<Type>, Clash> {
        let Some(known) = self.known.get_mut(name) else { return Ok(key.cloned()) };
        let joined = match (&known.key, key) {
            (None, key) => key.cloned(),
            (Some(None), None) => None,
            (Some(Some(old)), Some(new)) => {
                Some(join(old, new).ok_or_else(|| Clash::Key(Some(old.clone())))?)
            }
            (Some(old), _) => return Err(Clash::Key(old.clone())),
        };
        known.key = Some(joined.clone());
        Ok(joined)
    }

    /// Notes that a plain value is put; the result is the type that it must be converted to.
    pub(super) fn put_plain(&mut self, name: &str, ty: &Type) -> Result<Type, Clash> {
        let Some(known) = self.known.get_mut(name) else { return Ok(ty.clone()) };
        let joined = match &known.value {
            None => ty.clone(),
            Some(MapValue::Plain(old)) => {
                join(old, ty).ok_or_else(|| Clash::Value(MapValue::Plain(old.clone())))?
            }
            Some(other) => return Err(Clash::Value(other.clone())),
        };
        known.value = Some(MapValue::Plain(joined.clone()));
        Ok(joined)
    }

    /// Notes that an aggregation is put.
    pub(super) fn put_aggregate(&mut self, name: &str, new: &Aggregation) -> Result<(), Clash> {
        let Some(known) = self.known.get_mut(name) else { return Ok(()) };
        let joined = match &known.value {
            None => new.clone(),
            Some(MapValue::Aggregate(old)) => {
                join_aggregations(old, new).ok_or_else(|| Clash::Value(MapValue::Aggregate(old.clone())))?
            }
            Some(other) => return Err(Clash::Value(other.clone())),
        };
        known.value = Some(MapValue::Aggregate(joined));
        Ok(())
    }

    /// The maps as they are handed on; those that were never given a value are left out by the caller's errors.
    pub(super) fn finish(self, config: &Config) -> Arena<MapId, MapInfo> {
        self.known
            .into_iter()
            .map(|(name, known)| MapInfo {
                name,
                key: known.key.flatten(),
                value: known.value.unwrap_or(MapValue::Plain(Type::INT64)),
                declared: known.max_entries.is_some(),
                max_entries: known.max_entries.unwrap_or(config.max_map_keys),
                span: known.span,
            })
            .collect()
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
