//! Commands on one element of a map.
use super::map_input::{Accepts, read};
use super::{Done, Failure, Session, Words};
use crate::{MapTypes, OpenMap, Subject, hex, open_map, print_element};
use osmia_abi::MapType;
use osmia_sys::Errno;

/// `MAP [key DATA] [value VALUE] [FLAG]`
pub(super) fn update(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = map(session, &mut words)?;
    let accepts = Accepts { key: true, value: true, flags: true };
    let input = read(session, &map, &mut words, accepts)?;
    map.fd.update(&input.key, &input.value, input.flags).map_err(|errno| match errno {
        Errno::EPERM if map.facts.frozen => {
            Failure::with(format!("update failed: {}; the map is frozen", errno.text()), errno)
        }
        errno => Failure::errno("update failed", errno),
    })
}

/// `MAP [key DATA]`
pub(super) fn lookup(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = map(session, &mut words)?;
    let accepts = Accepts { key: true, value: is_bloom(&map), flags: false };
    if accepts.value && words.is_empty() {
        return Err(Failure::words("a bloom_filter is asked for a value: 'value DATA'"));
    }
    let input = read(session, &map, &mut words, accepts)?;
    // A bloom filter is asked for a value.
    let mut value = if accepts.value { input.value } else { vec![0; map.fd.shape().element_size] };
    match map.fd.lookup(&input.key, &mut value, 0) {
        Ok(()) => show(session, &map, &input.key, &value),
        Err(Errno::ENOENT) => {
            if !session.is_json() {
                let out = session.text();
                out.extend(b"key:\n");
                hex::push_rows(out, &input.key);
                out.extend(b"\n\nNot found\n");
            }
            Err(Failure::none(Errno::ENOENT))
        }
        Err(errno) => Err(Failure::errno("lookup failed", errno)),
    }
}

/// `MAP [key DATA]`
pub(super) fn getnext(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = map(session, &mut words)?;
    let accepts = Accepts { key: true, value: false, flags: false };
    let key = if words.is_empty() { None } else { Some(read(session, &map, &mut words, accepts)?.key) };
    let mut next = vec![0; map.fd.shape().key_size];
    let found = map
        .fd
        .next_key(key.as_deref(), &mut next)
        .and_then(|found| if found { Ok(()) } else { Err(Errno::ENOENT) });
    found.map_err(|errno| Failure::errno("can't get next key", errno))?;
    session.print(
        &(key, next),
        |(key, next), out| {
            match key {
                Some(key) => {
                    out.extend(b"key:\n");
                    hex::push_rows(out, key);
                }
                None => out.extend(b"key: None"),
            }
            out.extend(b"\nnext key:\n");
            hex::push_rows(out, next);
            out.push(b'\n');
        },
        |(key, next), json| {
            json.object(|json| {
                json.name("key");
                match key {
                    Some(key) => json.hex(key),
                    None => json.bare("null"),
                }
                json.name("next_key");
                json.hex(next);
            });
        },
    )
}

/// `MAP key DATA`
pub(super) fn delete(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = map(session, &mut words)?;
    let accepts = Accepts { key: true, value: false, flags: false };
    let key = read(session, &map, &mut words, accepts)?.key;
    if key.is_empty() {
        return Err(Failure::words(format!("did not find key: a {} has none", map.facts.kind.text())));
    }
    map.fd.delete(&key).map_err(|errno| Failure::errno("delete failed", errno))
}

/// `MAP`
pub(super) fn pop(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = map(session, &mut words)?;
    words.end()?;
    let mut value = vec![0; map.fd.shape().element_size];
    match map.fd.lookup_and_delete(&[], &mut value, 0) {
        Ok(()) => show(session, &map, &[], &value),
        Err(Errno::ENOENT) => {
            if !session.is_json() {
                session.text().extend(b"Error: empty map\n");
            }
            Err(Failure::none(Errno::ENOENT))
        }
        Err(errno) => Err(Failure::errno("pop failed", errno)),
    }
}

fn map(session: &Session<'_>, words: &mut Words<'_>) -> Result<OpenMap, Failure> {
    if words.left().len() < 2 {
        return Err(session.misuse("this needs the handle of a map, two words"));
    }
    Ok(open_map(&words.handle(Subject::Map)?)?)
}

fn is_bloom(map: &OpenMap) -> bool {
    map.facts.kind.number == MapType::BloomFilter.raw()
}

fn show(session: &mut Session<'_>, map: &OpenMap, key: &[u8], value: &[u8]) -> Done {
    let types = MapTypes::of(&map.facts)?;
    let form = session.form();
    print_element((&map.facts, types.as_ref()), key, value, form, session.json());
    Ok(())
}
