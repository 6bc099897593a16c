//! Ring buffers and perf buffers of the real kernel.
mod common;

use common::{call, copy, exit, insn, load, map_in, mov};
use osmia_abi::{MapType, ProgramType, flags};
use osmia_sys::bpf::{MapCreate, MapFd, TestRun};
use osmia_sys::perf::{PerfBuffer, PerfEventOpen, PerfRecord, bpf_output_event, raw_sample};
use osmia_sys::{Errno, Interest, Poller, ProgFd, RingBuffer, online_cpus};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

fn ring(size: u32) -> MapFd {
    MapCreate::new(MapType::Ringbuf, 0, 0, size).call().unwrap()
}

/// Reserves 24 bytes, writes the argument `ctx[0]` to the first eight, and submits (132) or discards (133) them; returns
/// 1 where there was no room.
fn writer(map: &MapFd, end: i32) -> ProgFd {
    let [first, second] = map_in(1, map);
    load(
        ProgramType::RawTracepoint,
        &[
            insn(0x79, 6, 1, 0, 0), // r6 = ctx[0]
            first,
            second,
            mov(2, 24),
            mov(3, 0),
            call(131),
            insn(0x55, 0, 0, 2, 0), // if r0 != 0 goto +2
            mov(0, 1),
            exit(),
            insn(0x7b, 0, 6, 0, 0),
            insn(0x7a, 0, 0, 8, 0),
            insn(0x7a, 0, 0, 16, 0),
            copy(1, 0),
            mov(2, 0),
            call(end),
            mov(0, 0),
            exit(),
        ],
    )
}

fn run(prog: &ProgFd, argument: u64) -> u32 {
    TestRun { context: &argument.to_ne_bytes(), ..Default::default() }.call(prog).unwrap().returned
}

fn number(record: &[u8]) -> u64 {
    u64::from_ne_bytes(record[..8].try_into().unwrap())
}

#[test]
fn records_come_in_order_without_those_that_were_discarded() {
    let map = ring(4096);
    let (submit, discard) = (writer(&map, 132), writer(&map, 133));
    let mut reader = RingBuffer::new(&map).unwrap();
    for argument in 0..10 {
        assert_eq!(run(if argument % 3 == 0 { &discard } else { &submit }, argument), 0);
    }
    assert_eq!(reader.waiting(), 320);
    let mut seen = Vec::new();
    let count = reader.consume(|record| {
        assert_eq!(record.len(), 24);
        seen.push(number(record));
        ControlFlow::Continue(())
    });
    assert_eq!((count, seen), (Ok(6), vec![1, 2, 4, 5, 7, 8]));
    assert_eq!((reader.waiting(), reader.consume(|_| panic!("empty"))), (0, Ok(0)));
}

#[test]
fn a_reader_may_stop_and_go_on_later() {
    let map = ring(4096);
    let submit = writer(&map, 132);
    let mut reader = RingBuffer::new(&map).unwrap();
    for argument in 0..4 {
        run(&submit, argument);
    }
    assert_eq!(
        reader.consume(|record| if number(record) == 1 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }),
        Ok(2)
    );
    let mut seen = Vec::new();
    reader
        .consume(|record| {
            seen.push(number(record));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen, [2, 3]);
}

#[test]
fn records_go_round_the_end_and_a_full_buffer_says_so() {
    let map = ring(4096);
    let submit = writer(&map, 132);
    let mut reader = RingBuffer::new(&map).unwrap();
    let (mut written, mut next) = (0, 0);
    for _ in 0..50 {
        while run(&submit, written) == 0 {
            written += 1;
        }
        reader
            .consume(|record| {
                assert_eq!(number(record), next);
                next += 1;
                if next % 7 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
    }
    assert!(written > 4096 / 32 + 100, "{written} records went through");
    assert_eq!(written - next, reader.waiting() / 32);
}

#[test]
fn a_ring_buffer_wakes_its_reader() {
    let map = ring(4096);
    let submit = writer(&map, 132);
    let mut reader = RingBuffer::new(&map).unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&reader, 5, Interest::Read).unwrap();
    assert_eq!(poller.wait(Some(Duration::ZERO)), Ok(Vec::new()));
    run(&submit, 1);
    let ready = poller.wait(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(ready.iter().map(|one| (one.token, one.ready)).collect::<Vec<_>>(), [(5, true)]);
    assert_eq!(reader.consume(|_| ControlFlow::Continue(())), Ok(1));
}

#[test]
fn only_ring_buffers_are_read_as_such() {
    assert_eq!(RingBuffer::new(&common::counter()).map(drop), Err(Errno::EINVAL));
}

/// A perf buffer on each CPU, all in one map.
fn perf_buffers(pages: usize) -> (MapFd, Vec<PerfBuffer>) {
    let map = MapCreate::new(MapType::PerfEventArray, 4, 4, online_cpus() as u32).call().unwrap();
    let open = |cpu: usize| {
        let event = PerfEventOpen::on_cpu(bpf_output_event(1), cpu as i32).call().unwrap();
        map.update(&(cpu as u32).to_ne_bytes(), &event.as_fd().as_raw_fd().to_ne_bytes(), flags::ANY)
            .unwrap();
        event.enable().unwrap();
        PerfBuffer::new(event, pages).unwrap()
    };
    let all = (0..online_cpus()).map(open).collect();
    (map, all)
}

/// Puts out 100 bytes that begin with the argument `ctx[0]`, on the current CPU.
fn perf_writer(map: &MapFd) -> ProgFd {
    let [first, second] = map_in(2, map);
    let mut code = vec![insn(0x79, 6, 1, 0, 0)];
    code.extend((1..=13).map(|word| insn(0x7a, 10, 0, word * -8, 0)));
    code.extend([
        insn(0x7b, 10, 6, -104, 0),
        first,
        second,
        insn(0x18, 3, 0, 0, -1), // BPF_F_CURRENT_CPU
        insn(0, 0, 0, 0, 0),
        copy(4, 10),
        common::add(4, -104),
        mov(5, 100),
        call(25),
        exit(),
    ]);
    load(ProgramType::RawTracepoint, &code)
}

#[test]
fn perf_records_come_in_order_and_lost_ones_are_counted() {
    let (map, mut buffers) = perf_buffers(1);
    let prog = perf_writer(&map);
    let run = |argument: u64| {
        let flags = flags::TEST_RUN_ON_CPU;
        TestRun { context: &argument.to_ne_bytes(), flags, cpu: 0, ..Default::default() }
            .call(&prog)
            .unwrap()
            .returned
    };
    let (mut next, mut lost) = (0, 0);
    for round in 0..10 {
        let sent = (0..100).filter(|_| run(next + round * 1000) == 0).count();
        assert!(sent < 100, "one page is too small for 100 records");
        let mut seen = 0;
        buffers[0]
            .consume(|record| {
                match record {
                    PerfRecord::Sample(sample) => {
                        let raw = raw_sample(sample).unwrap();
                        assert!((100..108).contains(&raw.len()));
                        assert_eq!(number(raw), next + round * 1000);
                        seen += 1;
                    }
                    PerfRecord::Lost(count) => lost += count,
                    PerfRecord::Other(kind, ..) => panic!("a record of kind {kind}"),
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen, sent);
        next += 1;
    }
    assert!(lost > 0, "the kernel tells how many it lost when there is room again");
}
