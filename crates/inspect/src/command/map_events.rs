//! `map event_pipe`, `map events`: what programs send.
use super::follow::follow;
use super::{Done, Failure, Session, Words};
use crate::types::Types;
use crate::{Handle, Json, Layout, OpenMap, Subject, hex, open_map, programs};
use osmia_abi::MapType;
use osmia_abi::attr::PerfEventAttr;
use osmia_abi::perf;
use osmia_btf::TypeId;
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
    let mut layout = None;
    while let Some(word) = words.peek() {
        if !words.take("type") {
            return Err(super::words::stray(word));
        }
        layout = Some(layout_of(&map, words.need("the name of a type")?)?);
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
                Arrival::Record(bytes) => event_out(session, layout.as_ref(), bytes),
                Arrival::Lost(count) => lost_out(session, None, count),
            }
            ControlFlow::Continue(())
        });
        read.map(drop).map_err(|errno| Failure::errno("can't read events", errno).plain())
    })
}

/// A structure or other type of this name, in the types of the programs that use the map: ring buffers have none of
/// their own.
fn layout_of(map: &OpenMap, name: &str) -> Result<Layout, Failure> {
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
            return Ok(Layout::of(&btf, ty));
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

fn event_out(session: &mut Session<'_>, layout: Option<&Layout>, bytes: &[u8]) {
    if session.is_json() {
        session.json().object(|json| {
            json.name("data");
            json.array(|json| bytes.iter().for_each(|byte| json.bare(byte)));
            if let Some(layout) = layout {
                json.name("formatted");
                layout.print(bytes, json);
            }
        });
        return;
    }
    match layout {
        Some(layout) => {
            let mut json = Json::dialect(false);
            layout.print(bytes, &mut json);
            session.text().extend(json.take());
        }
        None => hex::push_rows(session.text(), bytes),
    }
    session.text().push(b'\n');
}
