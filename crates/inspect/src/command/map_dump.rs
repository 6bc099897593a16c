//! `map dump`
use super::{Done, Failure, Session, Words};
use crate::{DumpPrinter, Map, MapTypes, OpenMap, Subject, open_maps};
use osmia_abi::MapType;

/// `MAP`
pub(super) fn dump(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    if words.left().len() != 2 {
        return Err(session.misuse("'dump' takes the handle of a map, two words"));
    }
    let maps = open_maps(&words.handle(Subject::Map)?)?;
    let facts: Vec<_> = maps.iter().map(|map| map.facts.clone()).collect();
    let mut printer = DumpPrinter::new(session.form(), &facts, session.json());
    for map in &maps {
        dump_map(map, &mut printer, session)?;
    }
    printer.finish(session.json());
    Ok(())
}

fn dump_map(map: &OpenMap, printer: &mut DumpPrinter, session: &mut Session<'_>) -> Done {
    let types = MapTypes::of(&map.facts)?;
    warn(&map.facts, session);
    let mut written = Ok(());
    printer.begin(&map.facts, session.json());
    let walked = map.walk(&mut |key, value| {
        printer.element((&map.facts, types.as_ref()), key, value, session.json());
        if written.is_ok() {
            written = session.breathe();
        }
    });
    written?;
    if let Some(errno) = walked.failure {
        return Err(Failure::errno(no_keys(&map.facts), errno));
    }
    printer.end(session.json());
    Ok(())
}

/// Why the keys of a map can't be listed, and what to do instead.
fn no_keys(map: &Map) -> String {
    use MapType::{BloomFilter, Queue, Ringbuf, Stack, UserRingbuf};
    let kind = map.kind.text();
    let instead = match MapType::from_raw(map.kind.number) {
        Some(Queue | Stack) => "'map peek' shows the next element",
        Some(BloomFilter) => "'map lookup' tells whether it may hold a value",
        Some(Ringbuf) => "'map events' shows what arrives",
        Some(UserRingbuf) => "the kernel reads what is in it",
        _ => return format!("can't list the keys of this {kind}"),
    };
    format!("a {kind} has no keys to list ({instead})")
}

/// Sockets are read as cookies of eight bytes.
fn warn(map: &Map, session: &mut Session<'_>) {
    let name = MapType::ReuseportSockarray.name();
    if !session.is_json() && map.kind.name == Some(name) && map.value_size != 8 {
        session.note(&format!("Warning: cannot read values from {name} map with value_size != 8"));
    }
}
