//! Where probes' programs go.
use osmia_lang_trace::PlannedProbe;
use osmia_loader::{AttachOptions, Attachment};
use osmia_object::{Attach, ProbeSide, UprobeTarget};
use std::collections::BTreeMap;

/// Functions that a pattern names but that the kernel does not let anybody probe.
pub(super) fn left_out(probe: &PlannedProbe, attachment: &Attachment) -> Option<String> {
    let missed = attachment.missed();
    let first = missed.first()?;
    let more = if missed.len() > 1 { format!(" and {} more", missed.len() - 1) } else { String::new() };
    Some(format!("WARNING: {}: {}{more} cannot be probed: {}", probe.name, first.name, first.why))
}

/// A place to attach a program to, and what the program is told there.
pub(super) struct Spot {
    /// The place, or many by one link.
    pub(super) place: Attach,
    /// The cookie of each of them; none where nobody asks.
    pub(super) cookies: Vec<u64>,
}

impl Spot {
    /// How to attach there.
    pub(super) fn options(&self, all: &AttachOptions) -> AttachOptions {
        match (&self.place, self.cookies.as_slice()) {
            (
                Attach::KprobeMulti { .. } | Attach::KprobeSession { .. } | Attach::UprobeMulti { .. },
                many,
            ) => AttachOptions { cookies: many.to_vec(), ..all.clone() },
            (_, [cookie, ..]) => AttachOptions { cookie: *cookie, ..all.clone() },
            (_, []) => all.clone(),
        }
    }
}

/// Where a probe's program goes: many functions by one link.
pub(super) fn spots(probe: &PlannedProbe) -> Vec<Spot> {
    let (mut functions, mut rest) = (BTreeMap::<ProbeSide, Many<String>>::new(), Vec::new());
    let mut files = BTreeMap::<(String, ProbeSide, Option<u32>), Many<UprobeTarget>>::new();
    let mut number = 0;
    for place in probe.attach.iter().filter(|place| **place != Attach::TestRun) {
        let numbers = number..number + place.places() as u64;
        number = numbers.end;
        let cookies = numbers.filter(|_| probe.numbered);
        match place {
            Attach::Kprobe { function, offset: 0, side, .. } if probe.multi => {
                functions.entry(*side).or_default().push(function.clone(), cookies);
            }
            Attach::Uprobe { path, target, pid, side } if probe.multi => {
                files.entry((path.clone(), *side, *pid)).or_default().push(target.clone(), cookies);
            }
            other => rest.push(Spot { place: other.clone(), cookies: cookies.collect() }),
        }
    }
    rest.extend(functions.into_iter().map(|(side, Many { places: functions, cookies })| Spot {
        place: Attach::KprobeMulti { functions, side },
        cookies,
    }));
    rest.extend(files.into_iter().map(|((path, side, pid), Many { places: targets, cookies })| Spot {
        place: Attach::UprobeMulti { path, targets, pid, side },
        cookies,
    }));
    rest
}

/// Places of one link, and their cookies.
struct Many<T> {
    places: Vec<T>,
    cookies: Vec<u64>,
}

impl<T> Many<T> {
    fn push(&mut self, place: T, cookies: impl Iterator<Item = u64>) {
        self.places.push(place);
        self.cookies.extend(cookies);
    }
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { places: Vec::new(), cookies: Vec::new() }
    }
}
