//! What a run lost, kind by kind, probe by probe and map by map: nothing is lost in silence.
use crate::compile::Compiled;
use crate::world::World;
use osmia_render::{Loss, LossKind};

/// All losses of a run that is over.
pub(crate) fn losses(compiled: &Compiled, world: &World) -> Vec<Loss> {
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
    losses.extend(counted(compiled, world, LossKind::Updates, "map_full", maps));
    losses.extend(counted(compiled, world, LossKind::Stacks, "lost_stacks", probes));
    losses.push(Loss { kind: LossKind::Mappings, of: String::new(), count: world.lost_mappings() });
    losses.retain(|loss| loss.count > 0);
    losses
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
