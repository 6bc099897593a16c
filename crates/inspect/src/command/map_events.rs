//! `map event_pipe`, `map events`: what programs send.
use super::follow::follow;
use super::{Done, Failure, Session, Words};
use crate::types::Types;
use crate::{Handle, Json, Layout, OpenMap, Subject, hex, open_map, programs};
use osmia_abi::MapType;
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::perf;
use osmia_btf::{Btf, TypeId};
use osmia_loader::{Arrival, Stream};
use osmia_sys::perf::{PerfBuffer, PerfEventOpen, PerfRecord, bpf_output_event, raw_sample};
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, AsRawFd as _};

/// Pages of each processor's buffer.
const PAGES: usize = 64;

/// `PERF_RECORD_LOST`, `PERF_RECORD_SAMPLE`
const LOST: u32 = 2;
const SAMPLE: u32 = 9;

/// A processor's buffer, and the slot of the map that it is in.
struct Pipe {
    cpu: u32,
    index: u32,
    buffer: PerfBuffer,
}

/// `MAP [cpu N index M]`
pub(super) fn event_pipe(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = open_map(&words.handle(Subject::Map)?)?;
    if map.facts.kind.number != MapType::PerfEventArray.raw() {
        return Err(Failure::words("map is not a perf event array"));
    }
    let (mut cpu, mut index) = (None, None);
    while let Some(word) = words.peek() {
        if words.take("cpu") {
            cpu = Some(words.number("CPU ID")?);
        } else if words.take("index") {
            index = Some(words.number("index")?);
        } else {
            return Err(super::words::stray(word));
        }
    }
    let places = match (cpu, index) {
        (Some(cpu), Some(index)) => vec![(cpu, index)],
        (None, None) => {
            let cpus = osmia_host::online_cpus();
            let cpus = cpus.map_err(|errno| Failure::errno("failed to create perf buffer", errno).plain())?;
            let room = map.facts.max_entries;
            cpus.into_iter().filter(|cpu| *cpu < room).map(|cpu| (cpu, cpu)).collect()
        }
        _ => return Err(Failure::words("cpu and index must be specified together")),
    };
    let pipes: Result<Vec<Pipe>, Failure> = places.into_iter().map(|place| pipe(&map, place)).collect();
    follow(
        session,
        &mut pipes?,
        |pipes| pipes.iter().map(|pipe| pipe.buffer.as_fd()).collect(),
        |session, pipes| pipes.iter_mut().try_for_each(|pipe| read_pipe(session, pipe)),
    )
}

fn pipe(map: &OpenMap, (cpu, index): (u32, u32)) -> Result<Pipe, Failure> {
    let attr = bpf_output_event(1);
    let attr = PerfEventAttr { sample_type: attr.sample_type | perf::SAMPLE_TIME, ..attr };
    let open = || {
        let event = PerfEventOpen::on_cpu(attr, cpu.cast_signed()).call()?;
        let buffer = PerfBuffer::new(event, PAGES)?;
        buffer.event().enable()?;
        map.fd.update(&index.to_ne_bytes(), &buffer.as_fd().as_raw_fd().to_ne_bytes(), 0)?;
        Ok(Pipe { cpu, index, buffer })
    };
    open().map_err(|errno| Failure::errno("failed to create perf buffer", errno).plain())
}

fn read_pipe(session: &mut Session<'_>, pipe: &mut Pipe) -> Done {
    let (cpu, index) = (pipe.cpu, pipe.index);
    let read = pipe.buffer.consume(|record| {
        match record {
            PerfRecord::Sample(sample) => {
                let (time, raw) = sample.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                let data = raw_sample(raw).unwrap_or_default();
                sample_out(session, (cpu, index), u64::from_ne_bytes(*time), data);
            }
            PerfRecord::Lost(count) => lost_out(session, Some((cpu, index)), count),
            PerfRecord::Other(..) => {}
        }
        ControlFlow::Continue(())
    });
    read.map(drop).map_err(|errno| Failure::errno("perf buffer polling failed", errno).plain())
}

fn head_json(kind: u32, (cpu, index): (u32, u32), json: &mut Json) {
    json.field("type", kind);
    json.field("cpu", cpu);
    json.field("index", index);
}

fn sample_out(session: &mut Session<'_>, place: (u32, u32), time: u64, data: &[u8]) {
    if session.is_json() {
        session.json().object(|json| {
            head_json(SAMPLE, place, json);
            json.field("timestamp", time);
            json.name("data");
            json.array(|json| data.iter().for_each(|byte| json.bare(byte)));
        });
        return;
    }
    let (seconds, rest) = (time / 1_000_000_000, time % 1_000_000_000);
    let out = session.text();
    out.extend(format!("== @{seconds}.{rest:09} CPU: {} index: {} =====\n", place.0, place.1).into_bytes());
    hex::push_rows(out, data);
    out.push(b'\n');
}

fn lost_out(session: &mut Session<'_>, place: Option<(u32, u32)>, count: u64) {
    if !session.is_json() {
        return session.text().extend(format!("lost {count} events\n").into_bytes());
    }
    session.json().object(|json| {
        if let Some(place) = place {
            head_json(LOST, place, json);
        }
        json.name("lost");
        json.object(|json| json.field("count", count));
    });
}

/// `MAP [type NAME]`
pub(super) fn events(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let map = open_map(&words.handle(Subject::Map)?)?;
    let mut typed = None;
    while let Some(word) = words.peek() {
        if !words.take("type") {
            return Err(super::words::stray(word));
        }
        typed = Some(Typed::of(&map, words.need("the name of a type")?)?);
    }
    let mut stream = Stream::open(&map.fd, PAGES).map_err(|errno| {
        let kind = map.facts.kind.text();
        Failure::errno(
            format!("can't read events of this {kind} (only of ring buffers and arrays of perf events)"),
            errno,
        )
    })?;
    follow(session, &mut stream, Stream::descriptors, |session, stream| {
        let read = stream.consume(|arrival| {
            match arrival {
                Arrival::Record(bytes) => event_out(session, typed.as_ref(), bytes),
                Arrival::Lost(count) => lost_out(session, None, count),
            }
            ControlFlow::Continue(())
        });
        read.map(drop).map_err(|errno| Failure::errno("can't read events", errno).plain())
    })
}

/// By how much the kernel pads what goes through buffers of perf events.
const PADDING: usize = 7;

/// What records are to be.
struct Typed {
    layout: Layout,
    /// How many bytes of a record are a value of the type.
    size: usize,
    /// How many more may be the kernel's.
    padding: usize,
}

impl Typed {
    fn of(map: &OpenMap, name: &str) -> Result<Self, Failure> {
        let (btf, ty) = type_of(map, name)?;
        let padded = map.facts.kind.number == MapType::PerfEventArray.raw();
        let size = btf.size_of(ty).map_err(|error| Failure::words(format!("type '{name}': {error}")))?;
        Ok(Self {
            layout: Layout::of(&btf, ty),
            size: usize::try_from(size).unwrap_or(usize::MAX),
            padding: if padded { PADDING } else { 0 },
        })
    }

    /// What of a record the type leaves unsaid.
    fn rest<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.size..).filter(|rest| rest.len() > self.padding).unwrap_or_default()
    }

    /// How many bytes of the type a record does not have.
    const fn missing(&self, bytes: &[u8]) -> usize {
        self.size.saturating_sub(bytes.len())
    }
}

/// A structure or other type of this name, in the types of the programs that use the map: ring buffers have none of
/// their own.
fn type_of(map: &OpenMap, name: &str) -> Result<(Btf, TypeId), Failure> {
    let users = programs(&Handle::All)?;
    let used =
        users.iter().filter(|program| program.map_ids.contains(&map.facts.id)).map(|program| program.btf_id);
    let mut types = Types::default();
    let mut of: Vec<u32> = [map.facts.btf_id].into_iter().chain(used).filter(|id| *id != 0).collect();
    of.dedup();
    for id in of {
        let Some(btf) = types.get(id) else { continue };
        let named = (1..btf.len()).map(TypeId);
        let mut found =
            named.filter(|ty| btf.get(*ty).is_ok_and(|found| found.name == name && shown(&found.kind)));
        if let Some(ty) = found.next() {
            return Ok((btf, ty));
        }
    }
    Err(Failure::words(format!("no program that uses this map knows a type '{name}'")))
}

fn shown(kind: &osmia_btf::Kind) -> bool {
    use osmia_btf::Kind;
    matches!(
        kind,
        Kind::Struct(_)
            | Kind::Union(_)
            | Kind::Int { .. }
            | Kind::Enum(_)
            | Kind::Enum64(_)
            | Kind::Typedef(_)
    )
}

fn event_out(session: &mut Session<'_>, typed: Option<&Typed>, bytes: &[u8]) {
    if session.is_json() {
        return session.json().object(|json| {
            byte_field("data", bytes, json);
            if let Some(typed) = typed {
                formatted(typed, bytes, json);
            }
        });
    }
    match typed {
        Some(typed) => push_typed(session.text(), typed, bytes),
        None => hex::push_rows(session.text(), bytes),
    }
    session.text().push(b'\n');
}

fn byte_field(name: &str, bytes: &[u8], json: &mut Json) {
    json.name(name);
    json.array(|json| bytes.iter().for_each(|byte| json.bare(byte)));
}

fn formatted(typed: &Typed, bytes: &[u8], json: &mut Json) {
    json.name("formatted");
    typed.layout.print(bytes, json);
    let (rest, missing) = (typed.rest(bytes), typed.missing(bytes));
    if !rest.is_empty() {
        byte_field("rest", rest, json);
    }
    if missing > 0 {
        json.field("missing", missing);
    }
}

/// A record as a value, and what it has besides or lacks.
fn push_typed(out: &mut Vec<u8>, typed: &Typed, bytes: &[u8]) {
    let mut json = Json::dialect(false);
    typed.layout.print(bytes, &mut json);
    out.extend(json.take());
    let (rest, missing) = (typed.rest(bytes), typed.missing(bytes));
    if !rest.is_empty() {
        out.extend(format!(" and {} bytes behind it:\n", rest.len()).into_bytes());
        hex::push_rows(out, rest);
    }
    if missing > 0 {
        let (has, size) = (bytes.len(), typed.size);
        out.extend(
            format!(" (the record has {has} bytes, the type {size}: those that are missing are shown as 0)")
                .into_bytes(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_btf::{Builder, IntEncoding};

    fn shown(padding: usize, bytes: &[u8]) -> (String, String) {
        let mut types = Builder::new();
        let ty = types.add_int("int", 4, IntEncoding::SIGNED);
        let btf = Btf::parse(types.finish()).unwrap();
        let typed = Typed { layout: Layout::of(&btf, ty), size: 4, padding };
        let (mut text, mut json) = (Vec::new(), Json::new(crate::Form::Json));
        push_typed(&mut text, &typed, bytes);
        json.object(|json| formatted(&typed, bytes, json));
        (String::from_utf8(text).unwrap(), String::from_utf8(json.take()).unwrap())
    }

    #[test]
    fn nothing_of_a_record_is_dropped() {
        let seven = 7_i32.to_ne_bytes();
        let long = [&seven[..], &[0, 1, 2, 0xff]].concat();
        let told = (
            "7 and 4 bytes behind it:\n00 01 02 ff".to_owned(),
            r#"{"formatted":7,"rest":[0,1,2,255]}"#.to_owned(),
        );
        assert_eq!(shown(0, &long), told);
        let exact = ("7".to_owned(), r#"{"formatted":7}"#.to_owned());
        assert_eq!(shown(0, &seven), exact);
        // What the kernel pads with is nothing that a program said.
        assert_eq!(shown(PADDING, &long), exact);
    }

    #[test]
    fn what_a_record_lacks_is_told() {
        let told = (
            "0 (the record has 2 bytes, the type 4: those that are missing are shown as 0)".to_owned(),
            r#"{"formatted":0,"missing":2}"#.to_owned(),
        );
        assert_eq!(shown(0, &[0, 0]), told);
    }
}
