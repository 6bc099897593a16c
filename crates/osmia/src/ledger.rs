//! What a run lost, kind by kind, probe by probe and map by map: nothing is lost in silence.
use crate::compile::Compiled;
use crate::world::World;
use osmia_event::{Spilled, Trouble, TroubleKind};
use osmia_render::{Loss, LossKind};
use std::time::{Duration, Instant};

/// Losses are told no more often than this while the run goes on: where much is lost, it is lost all the time.
const PAUSE: Duration = Duration::from_millis(200);

/// The losses of events that are told while a run goes on, each of them once.
#[derive(Clone, Debug, Default)]
pub(crate) struct LostEvents {
    /// Where the programs count, a word for each probe.
    counters: Vec<usize>,
    told: u64,
    told_at: Option<Instant>,
}

impl LostEvents {
    /// Nothing was told yet of this script's.
    pub(crate) fn of(compiled: &Compiled) -> Self {
        let start = compiled.variable("lost_events");
        let counters =
            start.map(|start| (0..compiled.plan.probes.len()).map(|probe| start + probe * 8).collect());
        Self { counters: counters.unwrap_or_default(), ..Self::default() }
    }

    /// How many were lost that were not told.
    pub(crate) fn untold(&self, world: &World) -> u64 {
        let counted = self.counters.iter().map(|offset| world.data(*offset).unwrap_or(0));
        counted.sum::<u64>().saturating_add(world.lost()).saturating_sub(self.told)
    }

    /// How many there are to tell now; they count as told.
    pub(crate) fn due(&mut self, world: &World) -> Option<u64> {
        let untold = Some(self.untold(world)).filter(|count| *count > 0)?;
        if self.told_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return None;
        }
        self.told_at = Some(Instant::now());
        self.told = self.told.saturating_add(untold);
        Some(untold)
    }

    /// How many were told.
    pub(crate) const fn told(&self) -> u64 {
        self.told
    }
}

/// All losses of a run that is over.
pub(crate) fn losses(compiled: &Compiled, world: &World, spilled: &Spilled) -> Vec<Loss> {
    let probes = compiled.plan.probes.iter().map(|probe| probe.name.as_str());
    let maps = compiled.schema.maps.iter().map(|map| map.name.as_str());
    let mut losses = counted(compiled, world, LossKind::Events, "lost_events", probes.clone());
    let lost = world.lost();
    if lost > 0 {
        losses.push(Loss { kind: LossKind::Events, of: "the reader".into(), count: lost });
    }
    for probe in &compiled.plan.probes {
        let count = world.missed(&probe.program);
        losses.push(Loss { kind: LossKind::Missed, of: probe.name.clone(), count });
    }
    // What found no room went to the reader: what has not arrived there is lost.
    let mut sent = counted(compiled, world, LossKind::Updates, "spilled", maps.clone());
    (0..).zip(&mut sent).for_each(|(map, loss)| loss.count = loss.count.saturating_sub(spilled.arrived(map)));
    losses.extend(sent);
    losses.extend(counted(compiled, world, LossKind::Unseen, "unseen", maps.clone()));
    losses.extend(maps.enumerate().map(|(map, name)| Loss {
        kind: LossKind::Updates,
        of: name.to_owned(),
        count: failed_updates(compiled, world, map),
    }));
    losses.extend(counted(compiled, world, LossKind::Stacks, "lost_stacks", probes));
    losses.push(Loss { kind: LossKind::Mappings, of: String::new(), count: world.lost_mappings() });
    losses.retain(|loss| loss.count > 0);
    losses
}

/// Changes of a map that were lost because the helper that makes them failed.
fn failed_updates(compiled: &Compiled, world: &World, map: usize) -> u64 {
    let of_map =
        |trouble: &&Trouble| matches!(trouble.kind, TroubleKind::Helper { map: Some(it), .. } if it == map);
    let count = |trouble: &Trouble| world.data(trouble.counter as usize).unwrap_or(0);
    compiled.schema.troubles.iter().filter(of_map).map(count).sum()
}

/// The counters of one kind, in the order of what they count for.
fn counted<'a>(
    compiled: &Compiled,
    world: &World,
    kind: LossKind,
    variable: &str,
    names: impl Iterator<Item = &'a str>,
) -> Vec<Loss> {
    let Some(offset) = compiled.variable(variable) else { return Vec::new() };
    let count = |index: usize| world.data(offset + index * 8).unwrap_or(0);
    names.enumerate().map(|(index, name)| Loss { kind, of: name.to_owned(), count: count(index) }).collect()
}
