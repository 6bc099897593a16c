//! What was lost, in words and as JSON.
use std::fmt::Write as _;

/// One kind of loss at one place of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What kind.
    pub kind: LossKind,
    /// The probe or the map; empty where the whole run is meant.
    pub of: String,
    /// How often.
    pub count: u64,
}

/// What can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossKind {
    /// Records of a probe that found no room in the buffer to the reader.
    Events,
    /// Events for which a probe's program did not run.
    Missed,
    /// Changes of a map for which it had no room.
    Updates,
    /// Stacks of a probe whose place in the stack map another stack had.
    Stacks,
    /// Changes of a map for which it had no room, and which the reader has: the script, which looks into the map, does not
    /// see them.
    Unseen,
    /// Records of what processes map, by which user addresses get their names.
    Mappings,
}

/// Says how often something was lost, and of what.
type Words = fn(&str, u64) -> String;

/// What is said of each kind: its name in JSON, what it is counted for there, and its words.
const WORDS: [(LossKind, &str, &str, Words); 6] = [
    (LossKind::Events, "events", "probe", |probe, count| {
        format!(
            "{probe} lost {count} events: the reader was slower than the probe. Raise perf_rb_pages, or send less"
        )
    }),
    (LossKind::Missed, "missed", "probe", |probe, count| {
        format!(
            "{probe} missed {count} events: the kernel does not run a program that runs already on that processor"
        )
    }),
    (LossKind::Updates, "updates", "map", |map, count| {
        format!(
            "Map full; can't update element. {map}: {count} updates were lost. Try increasing max_map_keys"
        )
    }),
    (LossKind::Stacks, "stacks", "probe", |probe, count| {
        format!("{probe} lost {count} stacks: others had their places in the stack map")
    }),
    (LossKind::Unseen, "unseen", "map", |map, count| {
        format!(
            "Map full. {map}: {count} updates of keys for which the kernel had no room are in what is printed of the map, but \
             not in what the script itself read of it. Try increasing max_map_keys"
        )
    }),
    (LossKind::Mappings, "mappings", "run", |_, count| {
        format!("names of user addresses may be missing: {count} mapping records were lost")
    }),
];

impl LossKind {
    /// Its name for machines.
    pub(crate) const fn name(self) -> &'static str {
        WORDS[self as usize].1
    }
}

impl Loss {
    /// As a line of text.
    pub fn text(&self) -> String {
        let (.., words) = WORDS[self.kind as usize];
        format!("WARNING: {}\n", words(&self.of, self.count))
    }

    /// As a line of JSON: `{"type": "loss", "data": {"kind": "updates", "map": "@x", "count": 3}}`.
    pub fn json(&self) -> String {
        let (_, kind, place, _) = WORDS[self.kind as usize];
        let mut line = format!(r#"{{"type": "loss", "data": {{"kind": "{kind}""#);
        if !self.of.is_empty() {
            let _ = write!(line, r#", "{place}": {}"#, crate::json::string(self.of.as_bytes()));
        }
        let _ = writeln!(line, r#", "count": {}}}}}"#, self.count);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_kinds() {
        for (index, (kind, ..)) in WORDS.iter().enumerate() {
            assert_eq!(*kind as usize, index, "{kind:?}");
        }
    }

    #[test]
    fn losses_in_both_forms() {
        let loss = Loss { kind: LossKind::Updates, of: "@x".into(), count: 3 };
        assert_eq!(
            loss.text(),
            "WARNING: Map full; can't update element. @x: 3 updates were lost. Try increasing max_map_keys\n"
        );
        assert_eq!(
            loss.json(),
            "{\"type\": \"loss\", \"data\": {\"kind\": \"updates\", \"map\": \"@x\", \"count\": 3}}\n"
        );
        let loss = Loss { kind: LossKind::Mappings, of: String::new(), count: 1 };
        assert_eq!(loss.json(), "{\"type\": \"loss\", \"data\": {\"kind\": \"mappings\", \"count\": 1}}\n");
    }
}
