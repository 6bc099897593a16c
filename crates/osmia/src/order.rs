//! Blocks on one event run in the order in which they are written.
//!
//! The kernel runs what is attached to one event in the order of attaching, or in the opposite one, by the event's kind.
//! So what meets at one event is attached in rounds, one after the other; within a round everything goes side by side.
use osmia_object::{Attach, ProbeSide, UprobeTarget};
use std::collections::{BTreeMap, BTreeSet};

/// Positions in `places`, by rounds.
pub(crate) fn rounds(places: &[&Attach]) -> Vec<Vec<usize>> {
    let events = events(places);
    let mut met = BTreeMap::<&str, Vec<usize>>::new();
    for (index, event) in events.iter().enumerate() {
        met.entry(event).or_default().push(index);
    }
    let mut rounds = vec![Vec::new(); met.values().map(Vec::len).max().unwrap_or(0)];
    for mut indices in met.into_values() {
        if indices.first().is_some_and(|first| latest_first(places[*first])) {
            indices.reverse();
        }
        for (round, index) in indices.into_iter().enumerate() {
            rounds[round].push(index);
        }
    }
    rounds
}

/// Names for events, equal where programs may meet.
fn events(places: &[&Attach]) -> Vec<String> {
    let many_functions =
        places.iter().any(|place| matches!(place, Attach::KprobeMulti { .. } | Attach::KprobeSession { .. }));
    let many_places =
        places.iter().any(|place| matches!(place, Attach::UprobeMulti { .. } | Attach::UprobeSession { .. }));
    let mixed = mixed_files(places);
    let event = |place: &&Attach| match place {
        Attach::Kprobe { side, .. } | Attach::KprobeMulti { side, .. } if many_functions => {
            format!("kprobe {side:?}")
        }
        Attach::Uprobe { path, side, .. } | Attach::UprobeMulti { path, side, .. } if many_places => {
            format!("uprobe {path} {side:?}")
        }
        Attach::SystemCalls { side, .. } => format!("system calls {side:?}"),
        Attach::Tracepoint { category, name } if category == "raw_syscalls" => {
            let side = if name == "sys_enter" { ProbeSide::Entry } else { ProbeSide::Return };
            format!("system calls {side:?}")
        }
        // One place of a file may be written in several ways.
        Attach::Uprobe { path, side, .. } if mixed.contains(path.as_str()) => {
            format!("uprobe {path} {side:?}")
        }
        place => format!("{place:?}"),
    };
    places.iter().map(event).collect()
}

/// Files of which places are named in several ways: by functions, and by addresses or by how far they are behind one.
fn mixed_files<'a>(places: &[&'a Attach]) -> BTreeSet<&'a str> {
    let mut ways = BTreeMap::<&str, BTreeSet<u8>>::new();
    for place in places {
        if let Attach::Uprobe { path, target, .. } = place {
            let way = match target {
                UprobeTarget::Symbol { offset: 0, .. } => 0,
                UprobeTarget::Symbol { .. } => 1,
                UprobeTarget::Address(_) => 2,
                UprobeTarget::Offset(_) => 3,
            };
            ways.entry(path).or_default().insert(way);
        }
    }
    ways.into_iter().filter(|(_, ways)| ways.len() > 1).map(|(path, _)| path).collect()
}

/// Whether the kernel runs first what was attached last.
///
/// Return probes of the kernel are kept on a stack that turns them round once more.
const fn latest_first(place: &Attach) -> bool {
    match place {
        Attach::Kprobe { side, .. } | Attach::KprobeMulti { side, .. } => matches!(side, ProbeSide::Entry),
        Attach::Uprobe { .. }
        | Attach::UprobeMulti { .. }
        | Attach::Usdt { .. }
        | Attach::Trampoline { .. }
        | Attach::KprobeSession { .. }
        | Attach::UprobeSession { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracepoint(name: &str) -> Attach {
        Attach::Tracepoint { category: "sched".into(), name: name.into() }
    }

    fn kprobe(function: &str) -> Attach {
        Attach::Kprobe { module: None, function: function.into(), offset: 0, side: ProbeSide::Entry }
    }

    #[test]
    fn others_go_side_by_side() {
        let places = [tracepoint("a"), tracepoint("b"), kprobe("a"), kprobe("b")];
        assert_eq!(rounds(&places.iter().collect::<Vec<_>>()).len(), 1);
        assert!(rounds(&[]).is_empty());
    }

    #[test]
    fn what_meets_goes_one_by_one() {
        let places = [tracepoint("a"), kprobe("f"), tracepoint("a"), kprobe("f"), tracepoint("b")];
        let mut rounds = rounds(&places.iter().collect::<Vec<_>>());
        rounds.iter_mut().for_each(|round| round.sort_unstable());
        assert_eq!(rounds, [vec![0, 3, 4], vec![1, 2]]);
    }

    #[test]
    fn one_place_of_a_file_by_two_names() {
        let uprobe = |target| Attach::Uprobe { path: "x".into(), target, pid: None, side: ProbeSide::Entry };
        let symbol = |name: &str, offset| UprobeTarget::Symbol { name: name.into(), offset };
        let apart = [uprobe(symbol("f", 0)), uprobe(symbol("g", 0))];
        assert_eq!(rounds(&apart.iter().collect::<Vec<_>>()), [[0, 1]]);
        let meet = [uprobe(symbol("f", 0)), uprobe(UprobeTarget::Address(64)), uprobe(symbol("g", 0))];
        assert_eq!(rounds(&meet.iter().collect::<Vec<_>>()), [[2], [1], [0]]);
    }

    #[test]
    fn a_link_for_many_may_meet_all() {
        let many = Attach::KprobeMulti { functions: vec!["f".into(), "g".into()], side: ProbeSide::Entry };
        let places = [kprobe("f"), many, kprobe("h")];
        assert_eq!(rounds(&places.iter().collect::<Vec<_>>()), [[2], [1], [0]]);
    }
}
