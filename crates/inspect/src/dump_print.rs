//! What is in a map, as text and JSON.
use super::map_print::{header_json, header_text};
use super::{Form, Json, Map, MapTypes, Walked, hex};
use osmia_abi::MapType;
use osmia_sys::Errno;

/// Prints maps element by element. What was printed so far can be taken at any time.
#[derive(Debug)]
pub struct DumpPrinter {
    form: Form,
    /// In text, maps without types are no JSON at all.
    typed: bool,
    json: Json,
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
    pub fn new(form: Form, maps: &[Map]) -> Self {
        let typed = form == Form::Text && maps.iter().all(|map| map.btf_id != 0);
        let json = if form == Form::Text { Json::dialect(true) } else { Json::new(form) };
        let mut printer = Self { form, typed, json, several: maps.len() > 1, maps: 0, count: 0 };
        if printer.is_json() && printer.several {
            printer.json.start(b'[');
        }
        printer
    }

    const fn is_json(&self) -> bool {
        self.typed || self.form.is_json()
    }

    /// The next map.
    pub fn begin(&mut self, map: &Map) {
        self.count = 0;
        if self.is_json() {
            if self.several {
                self.json.start(b'{');
                header_json(map, &mut self.json);
                self.json.name("elements");
            }
            self.json.start(b'[');
            return;
        }
        if self.maps > 0 {
            self.json.raw().push(b'\n');
        }
        if self.several {
            self.json.raw().extend(header_text(map).into_bytes());
        }
        self.maps += 1;
    }

    /// The next element of it, or why a key has no value.
    pub fn element(&mut self, map: &Map, types: Option<&MapTypes>, key: &[u8], value: Result<&[u8], Errno>) {
        let value = match value {
            Ok(value) => value,
            Err(errno) => return self.failure(map, key, errno),
        };
        self.count += 1;
        let element = Element { map, key, value };
        match types {
            _ if self.form.is_json() => element_json(&element, types, &mut self.json),
            Some(types) if self.typed => typed(&element, types, &mut self.json),
            _ => element_text(&element, self.json.raw()),
        }
    }

    fn failure(&mut self, map: &Map, key: &[u8], errno: Errno) {
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
            return pair_text(key, text.len(), |out| out.extend(text.as_bytes()), self.json.raw());
        }
        self.json.object(|json| {
            json.name("key");
            json.hex(key);
            json.name("value");
            json.object(|json| json.text_field("error", &errno.text()));
        });
    }

    /// The map's end.
    pub fn end(&mut self, _: Walked) {
        if self.is_json() {
            self.json.end(b']');
            if self.several {
                self.json.end(b'}');
            }
            return;
        }
        let plural = if self.count == 1 { "" } else { "s" };
        self.json.raw().extend(format!("Found {} element{plural}\n", self.count).into_bytes());
    }

    /// The end of all maps; gives what is left.
    pub fn finish(mut self) -> Vec<u8> {
        if !self.is_json() {
            return self.json.take();
        }
        if self.several {
            self.json.end(b']');
        }
        self.json.finish()
    }

    /// What was printed since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        self.json.take()
    }

    /// How many bytes wait to be taken.
    pub fn waiting(&mut self) -> usize {
        self.json.raw().len()
    }
}

impl<'a> Element<'a> {
    fn is_percpu(&self) -> bool {
        use MapType::{LruPercpuHash, PercpuArray, PercpuCgroupStorage, PercpuHash};
        let kind = MapType::from_raw(self.map.kind.number);
        matches!(kind, Some(PercpuHash | PercpuArray | LruPercpuHash | PercpuCgroupStorage))
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
        if let Some(types) = types {
            json.name("formatted");
            typed(element, types, json);
        }
    });
}

fn element_text(element: &Element<'_>, out: &mut Vec<u8>) {
    if !element.is_percpu() {
        let value = element.value();
        return pair_text(element.key, value.len(), |out| hex::push_rows(out, value), out);
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

/// A key and something of this length, on one line if both are short.
fn pair_text(key: &[u8], length: usize, value: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
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
        out.extend(b"value:");
        out.push(gap);
        value(out);
    }
    out.push(b'\n');
}
