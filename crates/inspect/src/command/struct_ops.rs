//! `struct_ops`: structures of functions, registered with parts of the kernel.
use super::{Done, Failure, LINK, Object, Session, Words, objects, pinning, row, term};
use crate::handle::long_number;
use crate::map::{OpenMap, open_maps};
use crate::structures::{Structure, StructureTypes};
use crate::{Handle, InspectError, Subject, open_link};
use osmia_abi::MapType;
use osmia_loader::{LoadOptions, LoadedMap, register, update_structure};
use osmia_sys::bpf::{link_info, map_info, pin};
use std::path::Path;

pub(super) const OBJECT: Object = Object {
    name: "struct_ops",
    help: "structures of functions that the kernel calls",
    rows: &[
        row(&["show", "list"], "[STRUCT_OPS_MAP]", "tell which are there", show),
        row(
            &["register"],
            "OBJ [LINK_DIR]",
            "register all structures of an object; those with a link stay where LINK_DIR has room for its pin",
            register_all,
        ),
        row(
            &["unregister"],
            "STRUCT_OPS_MAP",
            "take structures without a link out of the kernel",
            unregister,
        ),
        row(
            &["update"],
            "OBJ LINK",
            "put the structure of an object, which is made for links, in the place of a link's",
            update,
        ),
        row(&["dump"], "[STRUCT_OPS_MAP]", "show what is in them, with their programs", dump),
    ],
    terms: &[term("STRUCT_OPS_MAP", "{ id N | name NAME }"), LINK],
};

/// The maps that two words name, or all.
fn wanted(session: &Session<'_>, words: &Words<'_>) -> Result<Vec<OpenMap>, Failure> {
    let maps = match words.left() {
        [] => open_maps(&Handle::All)?,
        [kind, id] if "id".starts_with(kind.as_str()) => return one(id).map(|map| vec![map]),
        [kind, name] if "name".starts_with(kind.as_str()) => {
            let all = open_maps(&Handle::All)?.into_iter();
            let maps: Vec<OpenMap> = all.filter(|map| is_structure(map) && map.facts.name == *name).collect();
            if maps.is_empty() {
                return Err(Failure::words(format!("no struct_ops found for {name}")));
            }
            maps
        }
        _ => return Err(session.misuse("structures are named by 'id N' or 'name NAME'")),
    };
    Ok(maps.into_iter().filter(is_structure).collect())
}

fn is_structure(map: &OpenMap) -> bool {
    map.facts.kind.number == MapType::StructOps.raw()
}

fn one(word: &str) -> Result<OpenMap, Failure> {
    let number =
        long_number(word).and_then(|number| u32::try_from(number).ok()).filter(|number| *number != 0);
    let id = number.ok_or_else(|| Failure::words(format!("invalid id {word}")))?;
    let map = crate::open_map(&Handle::Id(id)).map_err(|error| match error {
        InspectError::NoSuchId(_, id, errno) => {
            Failure::errno(format!("can't get map by id ({id})"), errno).plain()
        }
        other => other.into(),
    })?;
    if is_structure(&map) {
        return Ok(map);
    }
    Err(Failure::words(format!("{} id {id} is not a struct_ops map", map.facts.name)))
}

/// What two words name, with what the kernel's types say of it.
fn structures(
    session: &Session<'_>,
    words: &Words<'_>,
    types: &StructureTypes,
) -> Result<Vec<Structure>, Failure> {
    let maps = wanted(session, words)?;
    Ok(maps.into_iter().map(|map| types.structure(map)).collect::<Result<_, _>>()?)
}

fn show(session: &mut Session<'_>, words: Words<'_>) -> Done {
    let found = structures(session, &words, &StructureTypes::default())?;
    session.print(
        found.as_slice(),
        |found, out| {
            for it in found {
                let facts = &it.map.facts;
                out.extend(format!("{}: {:<15} {:<32}\n", facts.id, facts.name, it.interface()).into_bytes());
            }
        },
        |found, json| {
            json.array(|json| {
                for it in found {
                    json.object(|json| {
                        json.field("id", it.map.facts.id);
                        json.text_field("name", &it.map.facts.name);
                        json.text_field("kernel_struct_ops", it.interface());
                    });
                }
            });
        },
    )
}

fn dump(session: &mut Session<'_>, words: Words<'_>) -> Done {
    let types = StructureTypes::default();
    let found = structures(session, &words, &types)?;
    session.json().start(b'[');
    for it in &found {
        types.print(it, session.json())?;
        session.breathe()?;
    }
    session.json().end(b']');
    if !session.is_json() {
        session.text().push(b'\n');
    }
    Ok(())
}

fn unregister(session: &mut Session<'_>, words: Words<'_>) -> Done {
    if words.is_empty() {
        return Err(session.misuse("'unregister' wants to know what"));
    }
    let mut failures = Vec::new();
    for it in structures(session, &words, &StructureTypes::default())? {
        let (facts, interface) = (&it.map.facts, it.interface());
        match it.map.fd.delete(&[0; 4]) {
            Ok(()) => tell(session, &format!("Unregistered {interface} {} id {}", facts.name, facts.id)),
            Err(errno) => failures.push(format!(
                "can't unload {interface} {} id {}: {}{}",
                facts.name,
                facts.id,
                errno.text(),
                link_hint(facts.flags)
            )),
        }
    }
    all_done(&failures)
}

/// Structures with a link go by their link.
fn link_hint(flags: u32) -> &'static str {
    if flags & osmia_abi::flags::LINK == 0 { "" } else { " (it is held by a link: 'link detach')" }
}

/// Tells something that is no part of the answer.
fn tell(session: &mut Session<'_>, words: &str) {
    if !session.is_json() {
        session.note(words);
    }
}

fn all_done(failures: &[String]) -> Done {
    if failures.is_empty() { Ok(()) } else { Err(Failure::words(failures.join("; "))) }
}

fn register_all(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let Some(file) = words.word() else { return Err(session.misuse("'register' needs an object's file")) };
    let folder = words.word();
    if !words.is_empty() {
        return Err(session.misuse("'register' takes an object's file and perhaps a folder for links"));
    }
    if let Some(folder) = folder {
        pinning::folder(session, folder)?;
    }
    let object = objects::open(file)?;
    let mut loaded = objects::load(session, &object, file, None, &LoadOptions::default())?;
    let maps: Vec<LoadedMap> = loaded.maps.drain(..).filter(|map| map.structure.is_some()).collect();
    if maps.is_empty() {
        return Err(Failure::words(format!("no struct_ops found in {file}")));
    }
    let mut failures = Vec::new();
    for map in maps {
        match register_one(&map, folder) {
            Ok(told) => tell(session, &told),
            Err(why) => failures.push(why),
        }
    }
    all_done(&failures)
}

/// Registers a structure so that it stays; what is to be told of it, or why it is not.
fn register_one(map: &LoadedMap, folder: Option<&str>) -> Result<String, String> {
    let failed = |why: &dyn std::fmt::Display| format!("can't register struct_ops {}: {why}", map.name);
    let mut attachment = match register(map) {
        Some(Ok(attachment)) => attachment,
        Some(Err(error)) => return Err(failed(&error.kind)),
        None => return Err(failed(&"it has no functions")),
    };
    let id = map_info(&map.fd).map_err(|errno| failed(&errno.text()))?.id;
    let interface = map.structure.as_ref().map_or("", |structure| structure.name.as_str());
    if attachment.keep() {
        return Ok(format!("Registered {interface} {} id {id}", map.name));
    }
    let link = attachment.links().into_iter().flatten().next().ok_or_else(|| failed(&"it has no link"))?;
    let number = link_info(link).map_err(|errno| failed(&errno.text()))?.id;
    let told = format!("Registered {interface} {} map id {id} link id {number}", map.name);
    match folder {
        Some(folder) => match pin(link, &Path::new(folder).join(&map.name)) {
            Ok(()) => Ok(told),
            Err(errno) => Err(format!("can't pin link {number} for {}: {}", map.name, errno.text())),
        },
        None => Ok(format!("{told}; without a LINK_DIR for its pin it ends with this command")),
    }
}

fn update(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let Some(file) = words.word() else {
        return Err(session.misuse("'update' needs an object's file and a link"));
    };
    words.at_least(2)?;
    let link = open_link(&words.handle(Subject::Link)?)?;
    words.end()?;
    let object = objects::open(file)?;
    let mut loaded = objects::load(session, &object, file, None, &LoadOptions::default())?;
    let mut maps: Vec<LoadedMap> = loaded.maps.drain(..).filter(|map| map.structure.is_some()).collect();
    let (Some(map), true) = (maps.pop(), maps.is_empty()) else {
        return Err(Failure::words(format!(
            "{file} is to have one structure of functions, which takes the link's place"
        )));
    };
    update_structure(&link.fd, &map, None).map_err(|error| Failure::words(error.to_string()))?;
    let id = map_info(&map.fd).map_err(|errno| Failure::errno("the map cannot be asked", errno))?.id;
    tell(session, &format!("Updated link id {}: {} map id {id}", link.facts.id, map.name));
    Ok(())
}
