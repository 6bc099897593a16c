//! Making, pinning and freezing maps.
use super::{Done, Failure, Session, Words, pinning};
use crate::{Subject, facts, open_map};
use osmia_abi::MapType;
use osmia_sys::bpf::MapCreate;
use std::os::fd::AsFd as _;

/// `MAP FILE`
pub(super) fn pin(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(3)?;
    let map = open_map(&words.handle(Subject::Map)?)?;
    pinning::pin_at(session, &map.fd, words.need("a path")?)?;
    words.end()
}

/// `MAP`
pub(super) fn freeze(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    if words.left().len() < 2 {
        return words.at_least(2).map_err(|failure| failure.plain());
    }
    let map = open_map(&words.handle(Subject::Map)?)?;
    words.end()?;
    map.fd.freeze().map_err(|errno| Failure::errno("failed to freeze map", errno).plain())
}

/// Numbers of a new map, by the words that begin them.
#[derive(Default)]
struct Numbers {
    key: Option<u32>,
    value: Option<u32>,
    entries: Option<u32>,
    flags: Option<u32>,
}

/// `FILE type TYPE key N value N entries N name NAME …`
pub(super) fn create(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(7).map_err(|failure| failure.plain())?;
    let path = words.need("a path")?;
    let (mut kind, mut name, mut device, mut inner) = (None, None, 0, None);
    let mut numbers = Numbers::default();
    while let Some(word) = words.peek() {
        words.at_least(2).map_err(|failure| failure.plain())?;
        if words.take("type") {
            let word = words.need("a kind of maps")?;
            once(kind.is_some(), "map type")?;
            let known = MapType::from_name(word).filter(|kind| *kind != MapType::Unspec);
            kind = Some(known.ok_or_else(|| Failure::words(format!("unrecognized map type: {word}")))?);
        } else if words.take("name") {
            name = Some(words.need("a name")?);
        } else if words.take("offload_dev") || words.take("dev") {
            let word = words.need("the name of an interface")?;
            once(device != 0, "offload device")?;
            device = facts::interface_index(word)
                .ok_or_else(|| Failure::words(format!("unrecognized netdevice '{word}': No such device")))?;
        } else if words.take("inner_map") {
            inner = Some(open_map(&words.handle(Subject::Map)?)?);
        } else if !number(&mut numbers, &mut words)? {
            return Err(Failure::words(format!("unknown arg {word}")));
        }
    }
    let name = name.ok_or_else(|| Failure::words("map name not specified"))?;
    if name.len() > 15 {
        session.note("Warning: map name is longer than 15 characters, it will be truncated.");
    }
    let wanted = MapCreate {
        flags: numbers.flags.unwrap_or(0),
        name,
        inner: inner.as_ref().map(|map| map.fd.as_fd()),
        ifindex: device,
        ..MapCreate::new(
            kind.ok_or_else(|| Failure::words("map type not specified"))?,
            numbers.key.unwrap_or(0),
            numbers.value.unwrap_or(0),
            numbers.entries.unwrap_or(0),
        )
    };
    let map = wanted.call().map_err(|errno| Failure::errno("map create failed", errno).plain())?;
    pinning::pin_at(session, &map, path)
}

/// Takes the word of a number and the number; `false` where the word is none of these.
fn number(numbers: &mut Numbers, words: &mut Words<'_>) -> Result<bool, Failure> {
    let places = [
        ("key", "key size", &mut numbers.key),
        ("value", "value size", &mut numbers.value),
        ("entries", "max entries", &mut numbers.entries),
        ("flags", "flags", &mut numbers.flags),
    ];
    for (keyword, what, place) in places {
        if words.take(keyword) {
            once(place.is_some(), what)?;
            *place = Some(words.number(what)?);
            return Ok(true);
        }
    }
    Ok(false)
}

fn once(given: bool, what: &str) -> Done {
    if given { Err(Failure::words(format!("{what} already specified"))) } else { Ok(()) }
}
