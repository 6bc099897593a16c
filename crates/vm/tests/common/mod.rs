//! The running kernel, given the same image. Needs root and a kernel with BPF.
#![allow(dead_code, reason = "each test uses a part")]
use osmia_abi::{MapType, ProgramType, flags};
use osmia_isa::{Imm64, Insn, encode};
use osmia_object::{Image, ImageMap, ImageProgram};
use osmia_sys::bpf::{BtfLoad, MapCreate, MapFd, ProgLoad, ProgLoadError, TestRun, TestRunResult};
use osmia_sys::{BtfFd, ProgFd, RingBuffer, possible_cpus};
use osmia_vm::{Entry, Machine, MapId, Options};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;

/// An image in the kernel.
pub(crate) struct Kernel {
    pub(crate) maps: Vec<MapFd>,
    pub(crate) programs: Vec<ProgFd>,
}

/// What a run left, in one of the two machines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) returned: u32,
    /// By map name.
    pub(crate) maps: BTreeMap<String, Vec<Entry>>,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) packet: Vec<u8>,
}

impl Kernel {
    /// Makes the maps and loads all programs.
    pub(crate) fn load(image: &Image) -> Result<Self, ProgLoadError> {
        let types = image.btf.as_ref().map(|bytes| BtfLoad::new(bytes).call().expect("BTF that loads"));
        let maps: Vec<MapFd> = image.maps.iter().map(make_map).collect();
        let load = |program| load_program(program, &maps, types.as_ref());
        let programs = image.programs.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        for (map, fd) in image.maps.iter().zip(&maps) {
            for &(key, program) in map.slots.iter().filter(|_| map.kind == MapType::ProgArray) {
                let value = programs[program].as_fd().as_raw_fd().to_le_bytes();
                fd.update(&key.to_le_bytes(), &value, 0).expect("a program in a map");
            }
        }
        Ok(Self { maps, programs })
    }

    /// Runs a program once, on CPU 0 where that can be asked for.
    pub(crate) fn run(&self, image: &Image, program: usize, context: &[u8], packet: &[u8]) -> TestRunResult {
        let tracing = image.programs[program].kind == ProgramType::RawTracepoint;
        let run = TestRun {
            data: packet,
            data_out: packet.len(),
            context: if tracing { context } else { &[] },
            flags: if tracing { flags::TEST_RUN_ON_CPU } else { 0 },
            ..TestRun::default()
        };
        run.call(&self.programs[program]).expect("a test run")
    }

    pub(crate) fn records(&self, image: &Image) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for (map, fd) in image.maps.iter().zip(&self.maps).filter(|(map, _)| map.kind == MapType::Ringbuf) {
            let mut ring = RingBuffer::new(fd).unwrap_or_else(|error| panic!("{}: {error}", map.name));
            let seen = ring.consume(|record| {
                all.push(record.to_vec());
                ControlFlow::Continue(())
            });
            seen.expect("records");
        }
        all
    }

    /// What a run left behind, given what it returned.
    pub(crate) fn left(&self, image: &Image, run: &TestRunResult) -> Left {
        let maps = image.maps.iter().zip(&self.maps).filter(|(map, _)| has_elements(map.kind));
        let maps = maps.map(|(map, fd)| (map.name.clone(), entries(map, fd))).collect();
        Left { returned: run.returned, maps, records: self.records(image), packet: run.data.clone() }
    }
}

/// Puts this thread on CPU 0. Test runs then need no interrupt of another CPU, in which the kernel's allocator can run dry.
pub(crate) fn stay_on_cpu_0() {
    let thread = std::fs::read_link("/proc/thread-self").expect("this thread");
    let thread = thread.file_name().expect("its number").to_owned();
    let done = Command::new("taskset").args(["-cp", "0"]).arg(thread).output().expect("taskset");
    assert!(done.status.success(), "{done:?}");
}

/// Whether elements can be listed, and are values.
pub(crate) fn has_elements(kind: MapType) -> bool {
    !matches!(
        kind,
        MapType::Ringbuf
            | MapType::PerfEventArray
            | MapType::StackTrace
            | MapType::Queue
            | MapType::Stack
            | MapType::ProgArray
    )
}

fn make_map(map: &ImageMap) -> MapFd {
    let create = MapCreate {
        flags: map.flags,
        name: "osmia_vm",
        ..MapCreate::new(map.kind, map.key_size, map.value_size, map.max_entries)
    };
    let fd = create.call().unwrap_or_else(|error| panic!("{}: {error}", map.name));
    for (key, value) in &map.initial {
        fd.update(key, value, 0).expect("an element");
    }
    if map.frozen {
        fd.freeze().expect("a frozen map");
    }
    fd
}

fn load_program(
    program: &ImageProgram,
    maps: &[MapFd],
    types: Option<&BtfFd>,
) -> Result<ProgFd, ProgLoadError> {
    let fd = |map: u32| maps[map as usize].as_fd().as_raw_fd();
    let by_descriptor = |insn: &Insn| match *insn {
        Insn::LoadImm64 { dst, value: Imm64::Map(map) } => {
            Insn::LoadImm64 { dst, value: Imm64::MapFd(fd(map)) }
        }
        Insn::LoadImm64 { dst, value: Imm64::MapValue { map, offset } } => {
            Insn::LoadImm64 { dst, value: Imm64::MapFdValue { fd: fd(map), offset } }
        }
        other => other,
    };
    let insns: Vec<Insn> = program.insns.iter().map(by_descriptor).collect();
    let record =
        |info: &osmia_object::FunctionInfo| [info.slot.to_le_bytes(), info.type_id.0.to_le_bytes()].concat();
    let functions: Vec<u8> = program.functions.iter().flat_map(record).collect();
    let license = CString::new("GPL").expect("a licence");
    let bytes = encode(&insns);
    let load = ProgLoad {
        btf: types.map(AsFd::as_fd),
        func_info: if types.is_some() { (&functions, 8) } else { (&[], 0) },
        expected_attach: program.attach_type,
        ..ProgLoad::new(program.kind, &bytes, &license)
    };
    load.call_explained().map(|loaded| loaded.fd)
}

fn entries(map: &ImageMap, fd: &MapFd) -> Vec<Entry> {
    let size = map.value_size as usize;
    let values = |key: &Vec<u8>| {
        let all = fd.get(key).expect("a value").expect("a key that is there");
        if fd.shape().is_percpu() {
            all.chunks(size.next_multiple_of(8)).map(|value| value[..size].to_vec()).collect()
        } else {
            vec![all]
        }
    };
    let keys: Vec<Vec<u8>> = fd.keys().map(|key| key.expect("a key")).collect();
    let mut all: Vec<Entry> = keys.into_iter().map(|key| (key.clone(), values(&key))).collect();
    all.sort();
    all
}

/// As many CPUs as the kernel has, time that stands still.
pub(crate) fn options() -> Options {
    let mut options = Options { cpus: possible_cpus().expect("CPUs") as u32, ..Options::default() };
    options.world.insn_ns = 0;
    options
}

/// What a run left behind in our machine.
pub(crate) fn left(machine: &mut Machine, returned: u64, packet: Vec<u8>) -> Left {
    let maps: Vec<(String, MapType)> =
        machine.image().maps.iter().map(|map| (map.name.clone(), map.kind)).collect();
    let listed = maps.into_iter().enumerate().filter(|(_, (_, kind))| has_elements(*kind));
    let entries = listed.map(|(at, (name, _))| {
        let mut entries = machine.entries(MapId(at));
        entries.sort();
        (name, entries)
    });
    let maps = entries.collect();
    let records = machine.take_records().into_iter().map(|record| record.bytes).collect();
    Left { returned: returned as u32, maps, records, packet }
}

/// Numbers that look random, always the same (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}
