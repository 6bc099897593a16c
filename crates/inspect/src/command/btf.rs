//! `btf`: types that are loaded, and types in files.
use super::{Done, Failure, MAP, Object, PROG, Session, Words, btf_diff, btf_dump, row, term};
use crate::{Handle, Json, Known, Refs, maps, programs};
use osmia_sys::Errno;
use osmia_sys::bpf::{BtfFacts, Copying, ObjectKind, btf_by_id, btf_info, ids};
use std::io::Write as _;

pub(super) const OBJECT: Object = Object {
    name: "btf",
    help: "types: what is loaded, and what is in files",
    rows: &[
        row(&["show", "list"], "[id N]", "tell which types are loaded, and what uses them", show),
        row(
            &["dump"],
            "SOURCE [format { raw | c [unsorted] | rust }] [root_id N]...",
            "print types: as they are numbered, as a C header, or as a Rust module",
            btf_dump::dump,
        ),
        row(
            &["diff"],
            "FILE FILE [name NAME]...",
            "tell how the types of two files differ: structures, enumerations, typedefs and functions",
            btf_diff::diff,
        ),
    ],
    terms: &[
        term(
            "SOURCE",
            "{ id N | prog PROG | map MAP [{ key | value | kv | all }] | file FILE [file FILE]... }",
        ),
        MAP,
        PROG,
    ],
};

/// One BTF and who uses it.
struct Loaded {
    facts: BtfFacts,
    programs: Vec<u32>,
    maps: Vec<u32>,
    known: Known,
}

fn show(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let wanted = match words.peek() {
        None => None,
        Some(word) if "id".starts_with(word) => {
            words.word();
            let word = words.need("an id")?;
            let id = crate::handle::number(word);
            Some(id.ok_or_else(|| Failure::words(format!("can't parse {word} as ID")))?)
        }
        Some(word) => return Err(Failure::words(format!("expected 'id', got: '{word}'?"))),
    };
    words.end()?;
    let loaded = loaded(session, wanted)?;
    session.print(
        loaded.as_slice(),
        |all, out| all.iter().for_each(|one| one_text(one, out)),
        |all, json| match all {
            [one] if wanted.is_some() => one_json(one, json),
            all => json.array(|json| all.iter().for_each(|one| one_json(one, json))),
        },
    )
}

fn loaded(session: &Session<'_>, wanted: Option<u32>) -> Result<Vec<Loaded>, Failure> {
    let users: Vec<(u32, u32)> = programs(&Handle::All)?.iter().map(|it| (it.btf_id, it.id)).collect();
    let stores: Vec<(u32, u32)> = maps(&Handle::All)?.iter().map(|it| (it.btf_id, it.id)).collect();
    let refs = Refs::gather(session.pins());
    let mut all = Vec::new();
    let found: Box<dyn Iterator<Item = Result<u32, Errno>>> = match wanted {
        Some(id) => Box::new(std::iter::once(Ok(id))),
        None => Box::new(ids(ObjectKind::Btf)),
    };
    for id in found {
        let id = id.map_err(|errno| Failure::errno("can't get next BTF object", errno).plain())?;
        let facts = btf_by_id(id).and_then(|fd| btf_info(&fd, Copying::Facts));
        let facts = match facts {
            Ok(facts) => facts,
            // It went away while we were looking.
            Err(Errno::ENOENT) if wanted.is_none() => continue,
            Err(errno) => {
                return Err(Failure::errno(format!("can't get BTF object by id ({id})"), errno).plain());
            }
        };
        // bpftool tells the newest first.
        let newest = |list: &[(u32, u32)]| {
            list.iter().rev().filter(|(btf, _)| *btf == id).map(|(_, id)| *id).collect::<Vec<_>>()
        };
        let known = refs.of(ObjectKind::Btf, id);
        all.push(Loaded { facts, programs: newest(&users), maps: newest(&stores), known });
    }
    Ok(all)
}

fn one_text(one: &Loaded, out: &mut Vec<u8>) {
    let name = match (one.facts.kernel, one.facts.name.as_str()) {
        (true, name) => format!("[{name}]"),
        (false, "") => "<anon>".to_owned(),
        (false, name) => name.to_owned(),
    };
    // Writing to memory does not fail.
    let _ = write!(out, "{}: name {name}  size {}B", one.facts.id, one.facts.size);
    for (word, ids) in [("prog_ids", &one.programs), ("map_ids", &one.maps)] {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
            let _ = write!(out, "  {word} {}", ids.join(","));
        }
    }
    one.known.holders_text(out);
    out.push(b'\n');
}

fn one_json(one: &Loaded, json: &mut Json) {
    json.object(|json| {
        json.field("id", one.facts.id);
        json.field("size", one.facts.size);
        for (word, ids) in [("prog_ids", &one.programs), ("map_ids", &one.maps)] {
            json.name(word);
            json.array(|json| ids.iter().for_each(|id| json.bare(id)));
        }
        one.known.json(json);
        json.field("kernel", one.facts.kernel);
        if !one.facts.name.is_empty() {
            json.text_field("name", &one.facts.name);
        }
    });
}
