//! Keys and values on the command line: bytes, handles, or values of their types.
use super::{Failure, Session, Words};
use crate::handle::long_number;
use crate::{Layout, MapTypes, OpenMap, Subject, input, open_map, open_program};
use osmia_abi::{MapType, flags};
use std::os::fd::{AsRawFd as _, OwnedFd};

/// What a command takes.
#[derive(Clone, Copy)]
pub(super) struct Accepts {
    pub(super) key: bool,
    pub(super) value: bool,
    pub(super) flags: bool,
}

/// What was given.
#[derive(Default)]
pub(super) struct Input {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) flags: u64,
    /// Keeps open what the value names by its descriptor.
    _held: Option<OwnedFd>,
}

const FLAGS: &[(&str, u64)] = &[("any", flags::ANY), ("noexist", flags::NOEXIST), ("exist", flags::EXIST)];

/// Reads `key DATA`, `value VALUE` and a flag, in any order, each once.
pub(super) fn read(
    session: &mut Session<'_>,
    map: &OpenMap,
    words: &mut Words<'_>,
    accepts: Accepts,
) -> Result<Input, Failure> {
    let shape = *map.fd.shape();
    let types = MapTypes::of(&map.facts)?;
    let mut input =
        Input { value: vec![0; if accepts.value { shape.element_size } else { 0 }], ..Input::default() };
    let (mut key, mut value, mut flag) = (None, accepts.value.then_some(()), false);
    value = value.filter(|()| shape.element_size > 0);
    while let Some(word) = words.peek() {
        if words.take("key") {
            if key.is_some() || !accepts.key || shape.key_size == 0 {
                return Err(Failure::words(if key.is_some() { "duplicate key" } else { "unnecessary key" }));
            }
            let place_type = is_array(map).then_some(Place::Number);
            let layout = types.as_ref().and_then(|types| types.key.as_ref()).map(Place::Typed);
            key = Some(data(words, "key", vec![0; shape.key_size], layout.or(place_type))?);
        } else if words.take("value") {
            if value.is_none() {
                return Err(Failure::words(if accepts.value {
                    "duplicate value"
                } else {
                    "unnecessary value"
                }));
            }
            let now =
                key.as_deref().filter(|_| types.as_ref().is_some_and(|types| types.value.has_sections()));
            let now = now.and_then(|key: &[u8]| map.fd.get(key).ok().flatten());
            let (bytes, held) =
                given_value(session, map, words, types.as_ref().map(|types| &types.value), now)?;
            (input.value, input._held, value) = (bytes, held, None);
        } else if let Some((_, bits)) = FLAGS.iter().find(|(name, _)| accepts.flags && name.starts_with(word))
        {
            if flag {
                return Err(Failure::words(format!("flags specified multiple times: {word}")));
            }
            words.word();
            (input.flags, flag) = (*bits, true);
        } else {
            return Err(Failure::words(format!("expected key or value, got: {word}")));
        }
    }
    if accepts.key && key.is_none() && shape.key_size > 0 {
        return Err(Failure::words("did not find key"));
    }
    if value.is_some() {
        return Err(Failure::words("did not find value"));
    }
    input.key = key.unwrap_or_default();
    Ok(input)
}

fn given_value(
    session: &mut Session<'_>,
    map: &OpenMap,
    words: &mut Words<'_>,
    layout: Option<&Layout>,
    now: Option<Vec<u8>>,
) -> Result<(Vec<u8>, Option<OwnedFd>), Failure> {
    let shape = *map.fd.shape();
    let held = match MapType::from_raw(map.facts.kind.number) {
        Some(MapType::ArrayOfMaps | MapType::HashOfMaps) => {
            two(words, "not enough value arguments for map in map")?;
            Some(open_map(&words.handle(Subject::Map)?)?.fd.into_fd())
        }
        Some(MapType::ProgArray) => {
            two(words, "not enough value arguments for map of progs")?;
            if words.peek().is_some_and(|word| "id".starts_with(word)) && !session.is_json() {
                session.note(
                    "Warning: what is in a map of programs stays only as long as some process or a pin holds the map",
                );
            }
            Some(open_program(&words.handle(Subject::Program)?)?.fd.into_fd())
        }
        _ => None,
    };
    if let Some(held) = held {
        return Ok((held.as_raw_fd().to_ne_bytes().to_vec(), Some(held)));
    }
    let start = now.filter(|now| now.len() == shape.value_size).unwrap_or_else(|| vec![0; shape.value_size]);
    let one = data(words, "value", start, layout.map(Place::Typed))?;
    if !shape.is_percpu() {
        return Ok((one, None));
    }
    // Each processor gets the same.
    let mut padded = one;
    padded.resize(padded.len().next_multiple_of(8), 0);
    let copies = shape.element_size.checked_div(padded.len()).unwrap_or(0);
    Ok((padded.repeat(copies), None))
}

fn two(words: &Words<'_>, otherwise: &str) -> Result<(), Failure> {
    if words.left().len() < 2 { Err(Failure::words(otherwise)) } else { Ok(()) }
}

fn is_array(map: &OpenMap) -> bool {
    map.fd.shape().key_size == 4 && MapType::from_raw(map.facts.kind.number).is_some_and(MapType::is_array)
}

/// What else than bytes may stand for a key or value.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// A value of its type.
    Typed(&'a Layout),
    /// The number of a place in an array.
    Number,
}

/// Bytes, or one word that is a value of a type: always where the word is no byte (`{`, `[`, `"`, a name), and for a
/// number where more than one byte is wanted.
fn data(
    words: &mut Words<'_>,
    what: &str,
    mut bytes: Vec<u8>,
    place: Option<Place<'_>>,
) -> Result<Vec<u8>, Failure> {
    if let (Some(place), Some(word)) = (place, words.peek())
        && is_typed(word, words.left().get(1).map(String::as_str), bytes.len())
    {
        words.word();
        let told = |why: String| Failure::words(format!("this is no {what}: {word}: {why}"));
        match place {
            Place::Typed(layout) => {
                let node = input::parse(word).map_err(|error| told(error.to_string()))?;
                layout.encode(&node, &mut bytes).map_err(|error| told(error.to_string()))?;
            }
            Place::Number => {
                let number = long_number(word).and_then(|number| u32::try_from(number).ok());
                let number = number.ok_or_else(|| told("expected a place in the array".to_owned()))?;
                bytes = number.to_ne_bytes().to_vec();
            }
        }
        return Ok(bytes);
    }
    let (hexadecimal, wanted) = (words.take("hex"), bytes.len());
    for (place, byte) in bytes.iter_mut().enumerate() {
        let Some(word) = words.peek() else {
            return Err(missing(what, wanted, place));
        };
        let number = if hexadecimal {
            u64::from_str_radix(word.trim_start_matches("0x"), 16).ok()
        } else {
            long_number(word)
        };
        *byte = match number.map(u8::try_from) {
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                return Err(Failure::words(format!("error parsing byte: {word} (a byte is at most 255)")));
            }
            None if is_keyword(word) && place > 0 => return Err(missing(what, wanted, place)),
            None if place == 0 && word.starts_with(['{', '[', '"', '-']) => {
                return Err(untyped(what, wanted, word));
            }
            None => return Err(Failure::words(format!("error parsing byte: {word}"))),
        };
        words.word();
    }
    Ok(bytes)
}

fn missing(what: &str, wanted: usize, got: usize) -> Failure {
    Failure::words(format!("{what} expected {wanted} bytes got {got}"))
}

/// A value of a type where the map tells none.
fn untyped(what: &str, wanted: usize, word: &str) -> Failure {
    Failure::words(format!(
        "error parsing byte: {word}: the map tells no type of its {what} (it has no BTF), so a {what} is written as its bytes, \
         {wanted} of them: {what} hex 00 …"
    ))
}

fn is_keyword(word: &str) -> bool {
    "key".starts_with(word)
        || "value".starts_with(word)
        || FLAGS.iter().any(|(name, _)| name.starts_with(word))
}

fn is_typed(word: &str, next: Option<&str>, bytes: usize) -> bool {
    if word.starts_with(['{', '[', '"', '-']) {
        return true;
    }
    let alone = next.is_none_or(|next| long_number(next).is_none());
    let number = word.starts_with(|first: char| first.is_ascii_digit());
    alone && !"hex".starts_with(word) && (bytes > 1 || !number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_type_that_nobody_tells() {
        for word in ["{a: 1}", "[1]", "\"x\"", "-7"] {
            let words = [word.to_owned()];
            let told = data(&mut Words::of("update", &words), "key", vec![0; 8], None).unwrap_err();
            let Failure::Told { words, .. } = told else { panic!("{word}") };
            let start = format!("error parsing byte: {word}: the map tells no type of its key");
            assert!(words.starts_with(&start) && words.contains("8 of them: key hex"), "{words}");
        }
    }
}
