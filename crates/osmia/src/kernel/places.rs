//! Where probes' programs go.
use osmia_lang_trace::PlannedProbe;
use osmia_loader::Attachment;
use osmia_object::{Attach, ProbeSide, UprobeTarget};
use std::collections::BTreeMap;

/// Functions that a pattern names but that the kernel does not let anybody probe.
pub(super) fn left_out(probe: &PlannedProbe, attachment: &Attachment) -> Option<String> {
    let missed = attachment.missed();
    let first = missed.first()?;
    let more = if missed.len() > 1 { format!(" and {} more", missed.len() - 1) } else { String::new() };
    Some(format!("WARNING: {}: {}{more} cannot be probed: {}", probe.name, first.name, first.why))
}

/// Where a probe's program goes: many functions by one link.
pub(super) fn places(probe: &PlannedProbe) -> Vec<Attach> {
    let places: Vec<&Attach> = probe.attach.iter().filter(|place| **place != Attach::TestRun).collect();
    if !probe.multi {
        return places.into_iter().cloned().collect();
    }
    let (mut functions, mut rest) = (BTreeMap::<ProbeSide, Vec<String>>::new(), Vec::new());
    let mut files = BTreeMap::<(String, ProbeSide, Option<u32>), Vec<UprobeTarget>>::new();
    for place in places {
        match place {
            Attach::Kprobe { function, offset: 0, side, .. } => {
                functions.entry(*side).or_default().push(function.clone())
            }
            Attach::Uprobe { path, target, pid, side } => {
                files.entry((path.clone(), *side, *pid)).or_default().push(target.clone());
            }
            other => rest.push(other.clone()),
        }
    }
    rest.extend(functions.into_iter().map(|(side, functions)| Attach::KprobeMulti { functions, side }));
    rest.extend(files.into_iter().map(|((path, side, pid), targets)| Attach::UprobeMulti {
        path,
        targets,
        pid,
        side,
    }));
    rest
}
