//! Maps as text and JSON.
use super::{Json, Map};

/// Maps as bpftool lists them for people.
pub fn maps_text(maps: &[Map], out: &mut Vec<u8>) {
    maps.iter().for_each(|map| map_text(map, out));
}

fn map_text(map: &Map, out: &mut Vec<u8>) {
    let memlock = map.memlock.map(|bytes| format!("  memlock {bytes}B")).unwrap_or_default();
    let head = format!(
        "{}\tkey {}B  value {}B  max_entries {}{memlock}{}",
        header_text(map),
        map.key_size,
        map.value_size,
        map.max_entries,
        owner_text(map),
    );
    out.extend(head.into_bytes());
    map.known.pins_text(out);
    out.extend(types_text(map).into_bytes());
    map.known.holders_text(out);
    out.push(b'\n');
}

/// The line that names a map.
pub(super) fn header_text(map: &Map) -> String {
    let name = if map.name.is_empty() { String::new() } else { format!("name {}  ", map.name) };
    let device = map.device.as_ref().map(|device| device.text()).unwrap_or_default();
    format!("{}: {}  {name}flags {:#x}{device}\n", map.id, map.kind.text(), map.flags)
}

fn owner_text(map: &Map) -> String {
    let kind = map.owner.kind.map(|kind| format!("owner_prog_type {}  ", kind.plain()));
    let jited = map.owner.jited.map(|jited| if jited { "owner jited" } else { "owner not jited" });
    if kind.is_none() && jited.is_none() {
        return String::new();
    }
    format!("\n\t{}{}", kind.unwrap_or_default(), jited.unwrap_or_default())
}

fn types_text(map: &Map) -> String {
    match (map.btf_id, map.frozen) {
        (0, false) => String::new(),
        (0, true) => "\n\tfrozen".to_owned(),
        (id, false) => format!("\n\tbtf_id {id}"),
        (id, true) => format!("\n\tbtf_id {id}  frozen"),
    }
}

/// Maps as JSON: an array, or, where `single` and there is one, an object.
pub fn maps_json(maps: &[Map], single: bool, json: &mut Json) {
    match maps {
        [map] if single => map_json(map, json),
        maps => json.array(|json| maps.iter().for_each(|map| map_json(map, json))),
    }
}

fn map_json(map: &Map, json: &mut Json) {
    json.object(|json| {
        header_json(map, json);
        if let Some(device) = &map.device {
            device.json(json);
        }
        json.field("bytes_key", map.key_size);
        json.field("bytes_value", map.value_size);
        json.field("max_entries", map.max_entries);
        if let Some(bytes) = map.memlock {
            json.field("bytes_memlock", bytes);
        }
        owner_json(map, json);
        json.field("frozen", u8::from(map.frozen));
        if map.btf_id != 0 {
            json.field("btf_id", map.btf_id);
        }
        map.known.json(json);
    });
}

/// The fields that name a map.
pub(super) fn header_json(map: &Map, json: &mut Json) {
    json.field("id", map.id);
    map.kind.json("type", json);
    if !map.name.is_empty() {
        json.text_field("name", &map.name);
    }
    // bpftool takes the flags for signed.
    json.field("flags", map.flags.cast_signed());
}

fn owner_json(map: &Map, json: &mut Json) {
    if let Some(kind) = map.owner.kind {
        kind.json("owner_prog_type", json);
    }
    if let Some(jited) = map.owner.jited {
        json.field("owner_jited", jited);
    }
}
