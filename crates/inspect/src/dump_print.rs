//! What is in a map, as text and JSON.
use super::map_print::{header_json, header_text};
use super::{Form, Json, Map, MapTypes, hex};
use osmia_abi::MapType;
use osmia_sys::Errno;

/// Prints maps element by element. What was printed so far can be taken at any time.
#[derive(Debug)]
pub struct DumpPrinter {
    form: Form,
    /// In text, maps without types are no JSON at all.
    typed: bool,
    several: bool,
    maps: usize,
    count: u64,
}

/// One element and what it belongs to.
struct Element<'a> {
    map: &'a Map,
    key: &'a [u8],
    value: &'a [u8],
}

impl DumpPrinter {
    /// Begins to print these maps.
    pub fn new(form: Form, maps: &[Map], json: &mut Json) -> Self {
        let typed = form == Form::Text && maps.iter().all(|map| map.btf_id != 0);
        let printer = Self { form, typed, several: maps.len() > 1, maps: 0, count: 0 };
        if printer.is_json() && printer.several {
            json.start(b'[');
        }
        printer
    }

    const fn is_json(&self) -> bool {
        self.typed || self.form.is_json()
    }

    /// The next map.
    pub fn begin(&mut self, map: &Map, json: &mut Json) {
        self.count = 0;
        if self.is_json() {
            if self.several {
                json.start(b'{');
                header_json(map, json);
                json.name("elements");
            }
            json.start(b'[');
            return;
        }
        if self.maps > 0 {
            json.raw().push(b'\n');
        }
        if self.several {
            json.raw().extend(header_text(map).into_bytes());
        }
        self.maps += 1;
    }

    /// The next element of it, or why a key has no value.
    pub fn element(
        &mut self,
        (map, types): (&Map, Option<&MapTypes>),
        key: &[u8],
        value: Result<&[u8], Errno>,
        json: &mut Json,
    ) {
        let value = match value {
            Ok(value) => value,
            Err(errno) => return self.failure(map, key, errno, json),
        };
        self.count += 1;
        let element = Element { map, key, value };
        match types {
            _ if self.form.is_json() => element_json(&element, types, json),
            Some(types) if self.typed => typed(&element, types, json),
            _ => element_text(&element, json.raw()),
        }
    }

    fn failure(&self, map: &Map, key: &[u8], errno: Errno, json: &mut Json) {
        let kind = MapType::from_raw(map.kind.number);
        let empty = matches!(kind, Some(MapType::ArrayOfMaps | MapType::HashOfMaps | MapType::ProgArray));
        if empty && errno == Errno::ENOENT {
            return;
        }
        if !self.form.is_json() {
            let text = match errno {
                Errno::ENOENT => "<no entry>".to_owned(),
                Errno::ENOSPC if kind == Some(MapType::ReuseportSockarray) => "<cannot read>".to_owned(),
                _ => errno.text(),
            };
            return pair_text(key, "value", text.len(), |out| out.extend(text.as_bytes()), json.raw());
        }
        json.object(|json| {
            json.name("key");
            json.hex(key);
            json.name("value");
            json.object(|json| json.text_field("error", &errno.text()));
        });
    }

    /// The map's end.
    pub fn end(&mut self, json: &mut Json) {
        if self.is_json() {
            json.end(b']');
            if self.several {
                json.end(b'}');
            }
            return;
        }
        let plural = if self.count == 1 { "" } else { "s" };
        json.raw().extend(format!("Found {} element{plural}\n", self.count).into_bytes());
    }

    /// The end of all maps.
    pub fn finish(self, json: &mut Json) {
        if self.is_json() {
            if self.several {
                json.end(b']');
            }
            if self.form == Form::Text {
                json.raw().push(b'\n');
            }
        }
    }
}

/// Prints one element that stands alone.
pub fn print_element(
    (map, types): (&Map, Option<&MapTypes>),
    key: &[u8],
    value: &[u8],
    form: Form,
    json: &mut Json,
) {
    let element = Element { map, key, value };
    match types {
        _ if form.is_json() => element_json(&element, types, json),
        Some(types) => {
            typed(&element, types, json);
            json.raw().push(b'\n');
        }
        None => element_text(&element, json.raw()),
    }
}

impl<'a> Element<'a> {
    fn is_percpu(&self) -> bool {
        use MapType::{LruPercpuHash, PercpuArray, PercpuCgroupStorage, PercpuHash};
        let kind = MapType::from_raw(self.map.kind.number);
        matches!(kind, Some(PercpuHash | PercpuArray | LruPercpuHash | PercpuCgroupStorage))
    }

    /// For maps of maps, the id of the map that is the value.
    fn inner_map(&self) -> Option<u32> {
        let kind = MapType::from_raw(self.map.kind.number);
        let id = self.value.first_chunk().copied().map(u32::from_ne_bytes);
        id.filter(|_| matches!(kind, Some(MapType::ArrayOfMaps | MapType::HashOfMaps)))
    }

    /// The one value, without padding.
    fn value(&self) -> &'a [u8] {
        self.value.get(..self.map.value_size as usize).unwrap_or(self.value)
    }

    /// The value of each CPU.
    fn values(&self) -> impl Iterator<Item = &'a [u8]> {
        let size = self.map.value_size as usize;
        self.value
            .chunks(size.next_multiple_of(8).max(1))
            .map(move |chunk| chunk.get(..size).unwrap_or(chunk))
    }
}

/// `{"key": …, "value": …}` by types.
fn typed(element: &Element<'_>, types: &MapTypes, json: &mut Json) {
    json.object(|json| {
        if let Some(key) = &types.key {
            json.name("key");
            key.print(element.key, json);
        }
        each_value(element, json, &|value, json| types.value.print(value, json));
    });
}

/// `"value": …`, or `"values": [{"cpu": 0, "value": …}, …]`
fn each_value(element: &Element<'_>, json: &mut Json, print: &dyn Fn(&[u8], &mut Json)) {
    if !element.is_percpu() {
        json.name("value");
        return print(element.value(), json);
    }
    json.name("values");
    json.array(|json| {
        for (cpu, value) in element.values().enumerate() {
            json.object(|json| {
                json.field("cpu", cpu);
                json.name("value");
                print(value, json);
            });
        }
    });
}

fn element_json(element: &Element<'_>, types: Option<&MapTypes>, json: &mut Json) {
    json.object(|json| {
        json.name("key");
        json.hex(element.key);
        each_value(element, json, &|value, json| json.hex(value));
        if let Some(id) = element.inner_map() {
            json.field("inner_map_id", id);
        }
        if let Some(types) = types {
            json.name("formatted");
            typed(element, types, json);
        }
    });
}

fn element_text(element: &Element<'_>, out: &mut Vec<u8>) {
    if let Some(id) = element.inner_map() {
        let id = |out: &mut Vec<u8>| out.extend(format!("{id} ").into_bytes());
        return pair_text(element.key, "inner_map_id", element.value().len(), id, out);
    }
    if !element.is_percpu() {
        let value = element.value();
        return pair_text(element.key, "value", value.len(), |out| hex::push_rows(out, value), out);
    }
    if !element.key.is_empty() {
        out.extend(b"key:\n");
        hex::push_rows(out, element.key);
        out.push(b'\n');
    }
    for (cpu, value) in element.values().enumerate().filter(|(_, value)| !value.is_empty()) {
        let gap = if value.len() > 16 { '\n' } else { ' ' };
        out.extend(format!("value (CPU {cpu:02}):{gap}").into_bytes());
        hex::push_rows(out, value);
        out.push(b'\n');
    }
}

/// A key and something of this name and length, on one line if both are short.
fn pair_text(key: &[u8], name: &str, length: usize, value: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    let lines = key.len() > 16 || length > 16;
    let gap = if lines { b'\n' } else { b' ' };
    if !key.is_empty() {
        out.extend(b"key:");
        out.push(gap);
        hex::push_rows(out, key);
        let short = key.len() + length <= 24 && !lines;
        out.extend(if short { &b"  "[..] } else { b"\n" });
    }
    if length > 0 {
        out.extend(name.as_bytes());
        out.extend([b':', gap]);
        value(out);
    }
    out.push(b'\n');
}
