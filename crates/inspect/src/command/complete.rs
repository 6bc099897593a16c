//! What may come next on a command line: for shells.
use super::{OBJECTS, OPTIONS, Object, Row};
use crate::{Handle, maps, programs};
use osmia_abi::{AttachType, MapType};
use osmia_sys::bpf::{ObjectKind, ids};

/// A word that may come next, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The word.
    pub word: String,
    /// What it means; often nothing.
    pub help: String,
}

fn candidate(word: &str, help: &str) -> Candidate {
    Candidate { word: word.to_owned(), help: help.to_owned() }
}

/// What may stand for the last of these words, which is begun or empty; `words` are all but the program's name. None:
/// a file, or anything at all.
pub fn complete(words: &[String]) -> Vec<Candidate> {
    let Some((begun, before)) = words.split_last() else { return Vec::new() };
    let Some(before) = without_options(before) else { return Vec::new() };
    let mut found = if begun.starts_with('-') { options() } else { next(&before) };
    found.retain(|candidate| candidate.word.starts_with(begun.as_str()));
    found.sort();
    found.dedup();
    found
}

/// The words that are no options nor their values; nothing where the value of an option comes next.
fn without_options(words: &[String]) -> Option<Vec<&str>> {
    let (mut left, mut words) = (Vec::new(), words.iter());
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            None => left.push(word.as_str()),
            Some(option) if wants_value(option) => drop(words.next()?),
            Some(_) => {}
        }
    }
    Some(left)
}

/// Whether the next word is the value of this option, without its first dash.
fn wants_value(option: &str) -> bool {
    let valued = |row: &&super::OptionRow| !row.value.is_empty();
    if let Some(name) = option.strip_prefix('-') {
        return OPTIONS.iter().filter(valued).any(|row| row.long == name);
    }
    let mut letters = option.chars();
    let found = letters.any(|letter| OPTIONS.iter().filter(valued).any(|row| row.short == letter));
    found && letters.next().is_none()
}

fn options() -> Vec<Candidate> {
    let names =
        |row: &'static super::OptionRow| row.names().into_iter().map(|name| candidate(&name, row.help));
    OPTIONS.iter().flat_map(names).collect()
}

fn next(before: &[&str]) -> Vec<Candidate> {
    let help = || candidate("help", "how commands are written");
    let Some((first, rest)) = before.split_first() else {
        return OBJECTS.iter().map(|object| candidate(object.name, object.help)).chain([help()]).collect();
    };
    let Some(object) = super::object(first) else { return Vec::new() };
    let Some((second, rest)) = rest.split_first() else {
        let rows = object.rows.iter().flat_map(|row| row.names.iter().map(|name| candidate(name, row.help)));
        return rows.chain([help()]).collect();
    };
    object.row(second).map_or_else(Vec::new, |(_, row)| after(object, row, rest))
}

/// The words of a grammar, with those of the handles in it.
fn keywords(object: &Object, row: &Row) -> Vec<&'static str> {
    let split = |grammar: &'static str| {
        grammar.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.len() > 1)
    };
    let mut found = Vec::new();
    for word in split(row.grammar) {
        let term = object.terms.iter().find(|term| term.name == word);
        match term {
            Some(term) if term.means.starts_with('{') => found.extend(split(term.means)),
            _ => found.push(word),
        }
    }
    found.retain(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

fn after(object: &Object, row: &Row, rest: &[&str]) -> Vec<Candidate> {
    let plain = |words: Vec<&str>| words.into_iter().map(|word| candidate(word, "")).collect();
    match rest.last().copied() {
        Some("id") => numbers(subject(object, row)),
        Some("name") if row.grammar.contains("name NAME") && !row.grammar.starts_with('{') => Vec::new(),
        Some("name") => names(subject(object, row)),
        Some("tag") => tags(),
        Some(
            "pinned" | "file" | "data_in" | "data_out" | "ctx_in" | "ctx_out" | "pinmaps" | "kernel_btf",
        ) => Vec::new(),
        Some("type") if row.names.contains(&"create") => {
            plain(MapType::ALL.iter().skip(1).map(|kind| kind.name()).collect())
        }
        Some("dev" | "offload_dev" | "xdpmeta_dev") => interfaces(),
        last => {
            let mut found = keywords(object, row);
            if object.name == "cgroup" && row.grammar.contains("ATTACH_TYPE") {
                let kinds = AttachType::ALL.iter().map(|kind| kind.name());
                found.extend(kinds.filter(|name| name.starts_with("cgroup")));
            }
            found.retain(|word| Some(*word) != last && (*word == "id" || !rest.contains(word)));
            plain(found)
        }
    }
}

/// What a handle in a row is of: the first of its kinds that the grammar names, else what the object is.
fn subject(object: &Object, row: &Row) -> ObjectKind {
    let kinds = [("PROG", ObjectKind::Prog), ("MAP", ObjectKind::Map), ("LINK", ObjectKind::Link)];
    let first =
        kinds.iter().filter_map(|(name, kind)| Some((row.grammar.find(name)?, *kind))).min_by_key(|it| it.0);
    let own = match object.name {
        "map" => ObjectKind::Map,
        "link" => ObjectKind::Link,
        "btf" => ObjectKind::Btf,
        _ => ObjectKind::Prog,
    };
    first.map_or(own, |(_, kind)| kind)
}

fn numbers(kind: ObjectKind) -> Vec<Candidate> {
    let named: Vec<(u32, String)> = match kind {
        ObjectKind::Prog => {
            programs(&Handle::All).unwrap_or_default().into_iter().map(|it| (it.id, it.name)).collect()
        }
        ObjectKind::Map => {
            maps(&Handle::All).unwrap_or_default().into_iter().map(|it| (it.id, it.name)).collect()
        }
        ObjectKind::Link | ObjectKind::Btf => {
            ids(kind).filter_map(Result::ok).map(|id| (id, String::new())).collect()
        }
    };
    named.into_iter().map(|(id, name)| candidate(&id.to_string(), &name)).collect()
}

fn names(kind: ObjectKind) -> Vec<Candidate> {
    let names: Vec<String> = match kind {
        ObjectKind::Prog => {
            programs(&Handle::All).unwrap_or_default().into_iter().map(|it| it.name).collect()
        }
        ObjectKind::Map => maps(&Handle::All).unwrap_or_default().into_iter().map(|it| it.name).collect(),
        ObjectKind::Link | ObjectKind::Btf => Vec::new(),
    };
    names.iter().filter(|name| !name.is_empty()).map(|name| candidate(name, "")).collect()
}

fn tags() -> Vec<Candidate> {
    let programs = programs(&Handle::All).unwrap_or_default();
    programs.iter().map(|it| candidate(&crate::hex::digits(&it.tag), &it.name)).collect()
}

fn interfaces() -> Vec<Candidate> {
    let entries = std::fs::read_dir("/sys/class/net").into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| Some(candidate(entry.file_name().to_str()?, ""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        complete(&words).into_iter().map(|candidate| candidate.word).collect()
    }

    #[test]
    fn the_table_says_what_comes_next() {
        assert_eq!(words("pr"), ["prog"]);
        assert_eq!(words("map p"), ["peek", "pin", "pop", "push"]);
        assert_eq!(words("-j map --pr"), ["--pretty"]);
        assert_eq!(
            words("prog dump "),
            [
                "file", "id", "jited", "linum", "mapping", "name", "opcodes", "pinned", "tag", "visual",
                "xlated"
            ]
        );
        assert_eq!(words("map create /x type lru_"), ["lru_hash", "lru_percpu_hash"]);
        assert_eq!(
            words("cgroup attach /x cgroup_inet_"),
            [
                "cgroup_inet_egress",
                "cgroup_inet_ingress",
                "cgroup_inet_sock_create",
                "cgroup_inet_sock_release"
            ]
        );
        assert!(words("prog load x.o /x type xdp map ").contains(&"idx".to_owned()));
        assert_eq!(words("-S -k key.pem -icert.pem prog lo"), ["load", "loadall"]);
        assert!(words("prog load -S -k ").is_empty() && words("--base-btf ").is_empty());
        assert!(words("nonsense x").is_empty() && words("prog dump xlated pinned ").is_empty());
    }
}
