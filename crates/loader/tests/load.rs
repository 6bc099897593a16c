//! Maps and programs in the real kernel.
mod common;

use common::{COUNT, bss, image, map, program};
use osmia_abi::{MapType, ProgramType, flags};
use osmia_loader::{
    Arrival, Choice, Entry, Exclusive, Globals, LoadError, LoadOptions, MapStep, Stream, clear, dump, load,
    load_by_program, pin_all, run_once, zero,
};
use osmia_object::light::Loader;
use osmia_object::{Image, ImageMap, ImageProgram, LineInfo, Poison};
use osmia_sys::Errno;
use std::ops::ControlFlow;
use std::path::PathBuf;

fn raw(text: &str) -> ImageProgram {
    program(ProgramType::RawTracepoint, text)
}

fn loaded(image: &Image) -> osmia_loader::Loaded {
    load(image, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Sends sixteen bytes, the last eight of which are 42.
const SEND: &str = "
    r2 = 42
    *(u64 *)(r10 -8) = r2
    *(u64 *)(r10 -16) = r2
    r1 = map[idx:0]
    r2 = r10
    r2 += -16
    r3 = 16
    r4 = 0
    call bpf_ringbuf_output
    r0 = 0
    exit";

#[test]
fn records_come_through_a_ring_buffer() {
    let loaded = loaded(&image(vec![map("events", MapType::Ringbuf, 0, 0, 4096)], vec![raw(SEND)]));
    let mut stream = Stream::open(&loaded.map("events").unwrap().fd, 1).unwrap();
    for _ in 0..3 {
        run_once(&loaded.programs[0]).unwrap();
    }
    let mut seen = Vec::new();
    let count = stream.consume(|arrival| {
        seen.push(format!("{arrival:?}"));
        ControlFlow::Continue(())
    });
    assert_eq!((count, seen.len()), (Ok(3), 3));
    assert!(seen[0].starts_with("Record([42, 0, 0, 0, 0, 0, 0, 0, 42,"), "{seen:?}");
    assert_eq!(stream.descriptors().len(), 1);
}

/// The same by a perf buffer.
const SEND_PERF: &str = "
    r2 = 42
    *(u64 *)(r10 -8) = r2
    r2 = map[idx:0]
    w3 = -1
    r4 = r10
    r4 += -8
    r5 = 8
    call bpf_perf_event_output
    r0 = 0
    exit";

#[test]
fn records_come_through_perf_buffers_and_losses_are_told() {
    let cpus = osmia_host::possible_cpus().unwrap().len() as u32;
    let loaded =
        loaded(&image(vec![map("events", MapType::PerfEventArray, 4, 4, cpus)], vec![raw(SEND_PERF)]));
    let mut stream = Stream::open(&loaded.maps[0].fd, 1).unwrap();
    assert_eq!(stream.descriptors().len(), osmia_sys::online_cpus());
    for _ in 0..1000 {
        run_once(&loaded.programs[0]).unwrap(); // more than a page on each CPU holds
    }
    let (mut records, mut lost) = (0, 0);
    let read = |records: &mut u64, lost: &mut u64, stream: &mut Stream| {
        let consumed = stream.consume(|arrival| {
            match arrival {
                Arrival::Record(bytes) => {
                    assert_eq!(bytes.get(..8), Some(&42_u64.to_ne_bytes()[..]));
                    *records += 1;
                }
                Arrival::Lost(count) => *lost += count,
            }
            ControlFlow::Continue(())
        });
        consumed.unwrap()
    };
    read(&mut records, &mut lost, &mut stream);
    // The loss is written when there is room again: on whichever CPU we run now, and perhaps on another.
    for _ in 0..64 {
        run_once(&loaded.programs[0]).unwrap();
        std::thread::yield_now();
    }
    read(&mut records, &mut lost, &mut stream);
    assert!(records > 64 && lost > 0, "{records} {lost}");
    assert!(records + lost <= 1064, "{records} {lost}");
}

#[test]
fn global_data_is_there_from_the_start_and_frozen_where_it_should_be() {
    let rodata = ImageMap {
        initial: vec![(vec![0; 4], 7_u64.to_ne_bytes().to_vec())],
        frozen: true,
        flags: flags::RDONLY_PROG | flags::MMAPABLE,
        ..map("test.rodata", MapType::Array, 4, 8, 1)
    };
    let text = "
        r1 = map[idx:1][0]+0
        r2 = *(u64 *)(r1 +0)
        r3 = map[idx:0][0]+0
        *(u64 *)(r3 +0) = r2
        r0 = 0
        exit";
    let loaded = loaded(&image(vec![bss(), rodata], vec![raw(text)]));
    run_once(&loaded.programs[0]).unwrap();
    let mut value = [0; 8];
    Globals::new(&loaded.maps[0].fd).unwrap().read(0, &mut value).unwrap();
    assert_eq!(u64::from_ne_bytes(value), 7);
    let frozen = loaded.maps[1].fd.update(&[0; 4], &[0; 8], 0);
    assert_eq!(frozen, Err(Errno::EPERM));
    let shared = Globals::new(&loaded.maps[0].fd).unwrap();
    shared.write(0, &9_u64.to_ne_bytes()).unwrap();
    assert_eq!(loaded.maps[0].fd.get(&[0; 4]).unwrap(), Some(9_u64.to_ne_bytes().to_vec()));
    assert_eq!(shared.write(4, &[0; 8]), Err(Errno::E2BIG));
}

fn keys(entries: &[Entry]) -> Vec<u32> {
    let mut keys: Vec<u32> =
        entries.iter().map(|entry| u32::from_ne_bytes(entry.key.clone().try_into().unwrap())).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn maps_are_read_emptied_and_set_to_zero() {
    for kind in [MapType::Hash, MapType::PercpuHash, MapType::Array, MapType::PercpuArray] {
        let loaded = loaded(&image(vec![map("m", kind, 4, 12, 5000)], Vec::new()));
        let fd = &loaded.maps[0].fd;
        let wanted = 3000;
        for key in 0..wanted {
            fd.update(&u32::to_ne_bytes(key), &vec![1; fd.shape().element_size], 0).unwrap();
        }
        let entries = dump(fd).unwrap();
        let is_array = matches!(kind, MapType::Array | MapType::PercpuArray);
        let there = if is_array { 5000 } else { wanted };
        assert_eq!(keys(&entries), (0..there).collect::<Vec<_>>(), "{kind:?}");
        let cpus = if fd.shape().is_percpu() { osmia_sys::possible_cpus().unwrap() } else { 1 };
        let entry = entries.iter().find(|entry| entry.key == [0; 4]).unwrap();
        assert_eq!(entry.values, vec![vec![1; 12]; cpus], "{kind:?}");
        assert_eq!(zero(fd).unwrap(), there as usize);
        assert!(dump(fd).unwrap().iter().flat_map(|entry| &entry.values).flatten().all(|byte| *byte == 0));
        assert_eq!(clear(fd).unwrap(), there as usize);
        assert_eq!(dump(fd).unwrap().len(), if is_array { 5000 } else { 0 }, "{kind:?}");
        assert_eq!(clear(fd).unwrap(), if is_array { 5000 } else { 0 });
    }
}

#[test]
fn maps_and_programs_stand_in_the_slots_of_others() {
    let outer =
        ImageMap { inner: Some(3), slots: vec![(1, 0)], ..map("outer", MapType::ArrayOfMaps, 4, 4, 2) };
    let hash = ImageMap { inner: Some(3), slots: vec![(7, 0)], ..map("hash", MapType::HashOfMaps, 8, 4, 2) };
    let template = ImageMap { template: true, ..bss() };
    let jumps = ImageMap { slots: vec![(2, 0)], ..map("jumps", MapType::ProgArray, 4, 4, 3) };
    let tail = "
        r2 = map[idx:4]
        r3 = 2
        call bpf_tail_call
        r0 = 0
        exit";
    let second = ImageProgram { name: "second".to_owned(), ..raw(tail) };
    let loaded = loaded(&image(vec![bss(), outer, hash, template, jumps], vec![raw(COUNT), second]));
    let id = osmia_sys::bpf::map_info(&loaded.maps[0].fd).unwrap().id;
    assert_eq!(loaded.maps[1].fd.get(&1_u32.to_ne_bytes()).unwrap(), Some(id.to_ne_bytes().to_vec()));
    assert_eq!(loaded.maps[2].fd.get(&7_u64.to_ne_bytes()).unwrap(), Some(id.to_ne_bytes().to_vec()));
    run_once(loaded.program("second").unwrap()).unwrap();
    assert_eq!(loaded.maps[0].fd.get(&[0; 4]).unwrap(), Some(1_u64.to_ne_bytes().to_vec()));
}

#[test]
fn programs_are_chosen() {
    let off = ImageProgram { autoload: false, name: "off".to_owned(), ..raw("r0 = 0; exit") };
    let image = image(Vec::new(), vec![raw("r0 = 0; exit"), off]);
    let names = |programs: Choice| {
        let loaded = load(&image, &LoadOptions { programs, ..LoadOptions::default() }).unwrap();
        loaded.programs.iter().map(|program| (program.name.clone(), program.index)).collect::<Vec<_>>()
    };
    assert_eq!(names(Choice::Autoload), [("test_program".to_owned(), 0)]);
    assert_eq!(names(Choice::All).len(), 2);
    assert_eq!(names(Choice::Named(vec!["off".to_owned()])), [("off".to_owned(), 1)]);
}

/// A directory for pins that goes away.
struct Pins(PathBuf);

impl Pins {
    fn new(name: &str) -> Self {
        Self(PathBuf::from(format!("/sys/fs/bpf/osmia-loader-test-{}-{name}", std::process::id())))
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn pinned_maps_are_taken_again_and_others_refused() {
    let pins = Pins::new("reuse");
    let options = LoadOptions { pins: pins.0.clone(), ..LoadOptions::default() };
    let pinned = |value| ImageMap { pin: Some("kept".to_owned()), ..map("kept", MapType::Hash, 4, value, 8) };
    let first = load(&image(vec![pinned(8)], Vec::new()), &options).unwrap();
    assert!(!first.maps[0].reused && first.maps[0].pin.as_deref() == Some(&pins.0.join("kept")));
    first.maps[0].fd.update(&[1; 4], &[2; 8], 0).unwrap();
    drop(first);
    let second = load(&image(vec![pinned(8)], Vec::new()), &options).unwrap();
    assert!(second.maps[0].reused);
    assert_eq!(second.maps[0].fd.get(&[1; 4]).unwrap(), Some(vec![2; 8]));
    let Err(LoadError::Map(error)) = load(&image(vec![pinned(16)], Vec::new()), &options) else {
        panic!("another map was taken")
    };
    assert_eq!(error.step, MapStep::Reuse);
    assert!(error.to_string().contains("is another map: its value size is 8, not 16;"), "{error}");
    // Maps that differ by `map_extra` (the hash functions of a Bloom filter) are others; what the kernel adds itself is not.
    let filter = |extra| ImageMap {
        pin: Some("filter".to_owned()),
        extra,
        ..map("filter", MapType::BloomFilter, 0, 4, 8)
    };
    let devices = || ImageMap { pin: Some("devices".to_owned()), ..map("devices", MapType::Devmap, 4, 4, 8) };
    drop(load(&image(vec![filter(3), devices()], Vec::new()), &options).unwrap());
    let again = load(&image(vec![filter(3), devices()], Vec::new()), &options).unwrap();
    assert!(again.maps.iter().all(|map| map.reused));
    let error = load(&image(vec![filter(5)], Vec::new()), &options).unwrap_err().to_string();
    assert!(error.contains("its map_extra is 3, not 5;"), "{error}");
}

#[test]
fn everything_can_be_pinned_or_nothing_is() {
    let pins = Pins::new("all");
    let loaded = loaded(&image(vec![bss()], vec![raw(COUNT)]));
    let paths = pin_all(&loaded, &[], &pins.0).unwrap();
    assert_eq!(paths, [pins.0.join("test_bss"), pins.0.join("test_program")]);
    assert!(paths.iter().all(|path| path.exists()));
    let error = pin_all(&loaded, &[], &pins.0).unwrap_err();
    assert_eq!(error.errno, Errno::EEXIST);
    std::fs::remove_file(&paths[0]).unwrap();
    assert!(pin_all(&loaded, &[], &pins.0).is_err());
    assert!(!paths[0].exists(), "what was pinned before the error stays");
}

#[test]
fn maps_that_cannot_be_are_explained() {
    let image = image(vec![map("ring", MapType::Ringbuf, 0, 0, 5000)], Vec::new());
    let error = load(&image, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("`ring` cannot be created") && error.contains("power of two"), "{error}");
    let huge = common::image(vec![map("huge", MapType::Hash, 4, 1 << 20, u32::MAX)], Vec::new());
    let error = load(&huge, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("`huge` cannot be created"), "{error}");
    let looped = common::image(vec![ImageMap { inner: Some(0), ..bss() }], Vec::new());
    assert!(matches!(load(&looped, &LoadOptions::default()), Err(LoadError::Image(_))));
}

#[test]
fn a_refused_program_is_explained_at_its_line() {
    let line = |slot, line, text: &str| LineInfo {
        slot,
        file: "script.bt".to_owned(),
        text: text.to_owned(),
        file_offset: 0,
        text_offset: 0,
        line,
        column: 5,
    };
    let refused = ImageProgram {
        lines: vec![line(0, 1, "first"), line(1, 2, "$x = *7;"), line(2, 3, "last")],
        ..raw("r1 = 7; r0 = *(u8 *)(r1 +0); exit")
    };
    let Err(LoadError::Program(rejection)) = load(&image(Vec::new(), vec![refused]), &LoadOptions::default())
    else {
        panic!("the kernel takes anything")
    };
    assert_eq!((rejection.slot, rejection.errno), (Some(1), Errno::EACCES));
    assert_eq!(rejection.insn.as_deref(), Some("r0 = *(u8 *)(r1 +0)"));
    assert_eq!(rejection.place.as_ref().map(|place| (place.line, place.column)), Some((2, 5)));
    let text = rejection.to_string();
    assert!(text.contains("at script.bt:2:5: a plain number is used as a pointer"), "{text}");
    assert!(text.contains("$x = *7;") && text.contains("what to do: "), "{text}");
    assert!(rejection.log.contains("processed"), "{}", rejection.log);
}

#[test]
fn what_this_machine_lacks_is_named_where_it_is_reached() {
    let helper = 0xbad_2310_u32;
    let poisoned = ImageProgram {
        poisoned: vec![Poison {
            slot: 1,
            helper,
            reason: "struct task_struct has no field `nonsense`".to_owned(),
        }],
        ..raw(&format!("r0 = 0; call {helper}; r0 = 0; exit"))
    };
    let error = load(&image(Vec::new(), vec![poisoned]), &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("struct task_struct has no field `nonsense`"), "{error}");
}

#[test]
fn refusals_without_a_log_have_words_too() {
    let unlicensed = Image { license: "a\0b".to_owned(), ..image(Vec::new(), vec![raw("r0 = 0; exit")]) };
    assert!(matches!(load(&unlicensed, &LoadOptions::default()), Err(LoadError::Image(_))));
    let lost = image(Vec::new(), vec![raw(COUNT)]);
    assert!(matches!(load(&lost, &LoadOptions::default()), Err(LoadError::Image(_))));
    let proprietary = Image {
        license: "Proprietary".to_owned(),
        ..image(vec![map("events", MapType::PerfEventArray, 4, 4, 1)], vec![raw(SEND_PERF)])
    };
    let error = load(&proprietary, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("only for programs under the GPL"), "{error}");
}

#[test]
fn a_jump_table_is_made_for_its_program_alone() {
    let value = |slot: u32| [slot.to_ne_bytes().to_vec(), vec![0; 12]].concat();
    let initial = [8, 10].iter().zip(0u32..).map(|(slot, key)| (key.to_ne_bytes().to_vec(), value(*slot)));
    let table = ImageMap {
        initial: initial.collect(),
        frozen: true,
        table_of: Some(1),
        ..map(".jumptables", MapType::InsnArray, 4, 16, 2)
    };
    let plain = program(ProgramType::SocketFilter, "r0 = 0\nexit");
    let jump = "r2 = *(u32 *)(r1 + 0)\nr2 &= 1\nr2 <<= 3\nr1 = map[idx:0][0]+0\nr1 += r2\nr1 = *(u64 *)(r1 + 0)\ngotox r1\n\
                r0 = 1\nexit\nr0 = 2\nexit";
    let jumps = ImageProgram { name: "jumps".to_owned(), ..program(ProgramType::SocketFilter, jump) };
    let image = image(vec![table], vec![plain, jumps]);
    let choice =
        |name: &str| LoadOptions { programs: Choice::Named(vec![name.to_owned()]), ..LoadOptions::default() };
    assert!(load(&image, &choice("test_program")).unwrap().maps.is_empty());
    let since = osmia_host::kernel_version().unwrap().code >= 6 << 16 | 19 << 8;
    match load(&image, &choice("jumps")) {
        Ok(loaded) => assert!(since && loaded.maps.len() == 1 && loaded.programs.len() == 1),
        Err(error) => {
            let error = error.to_string();
            assert!(
                !since && error.contains("no maps of the kind insn_array, which came with Linux 6.19"),
                "{error}"
            );
        }
    }
}

/// A program that reads a map and a variable, and another that only reads the map.
fn two_readers() -> Image {
    let code =
        "r1 = map[idx:0][0]+0\nr0 = *(u32 *)(r1 + 0)\nr2 = map[idx:1][0]+4\nr3 = *(u32 *)(r2 + 0)\nexit";
    let other = "r1 = map[idx:0][0]+0\nr0 = *(u32 *)(r1 + 0)\nexit";
    let maps = vec![map("own", MapType::Array, 4, 8, 1), map("shared", MapType::Array, 4, 8, 1)];
    let named = |name: &str, text: &str| ImageProgram { name: name.to_owned(), ..raw(text) };
    image(maps, vec![named("first", code), named("second", other)])
}

/// Also where the image has no types, whose descriptor would be the first.
#[test]
fn a_program_that_loads_gives_all_that_it_made() {
    let numbers = map("numbers", MapType::Hash, 4, 8, 16);
    let image = image(vec![numbers], vec![raw("r1 = map[idx:0]\nr0 = 0\nexit")]);
    let loader = Loader::plain(&image).unwrap();
    let (loaded, _) = load_by_program(&image, &loader, None, 0).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((loaded.maps.len(), loaded.programs.len()), (1, 1));
}

#[test]
fn a_map_may_be_for_one_program_alone() {
    let exclusive = |program: &str| Exclusive { map: "own".to_owned(), program: program.to_owned() };
    let options = |program: &str, names: &[&str]| LoadOptions {
        exclusive: vec![exclusive(program)],
        programs: Choice::Named(names.iter().map(|&name| name.to_owned()).collect()),
        ..LoadOptions::default()
    };
    let since = osmia_host::kernel_version().unwrap().code >= 6 << 16 | 18 << 8;
    if !since {
        let error = load(&two_readers(), &options("first", &["first"])).unwrap_err().to_string();
        assert!(error.contains("which kernels know from Linux 6.18 on"), "{error}");
        return;
    }
    for (owner, other) in [("first", "second"), ("second", "first")] {
        load(&two_readers(), &options(owner, &[owner])).unwrap_or_else(|error| panic!("{owner}: {error}"));
        let error = load(&two_readers(), &options(owner, &[other])).unwrap_err();
        let LoadError::Program(rejection) = error else { panic!("{error}") };
        assert_eq!((rejection.program.as_str(), rejection.errno), (other, Errno::EACCES), "{rejection}");
        let text = rejection.to_string();
        assert!(text.contains("may be used by another program alone"), "{text}\n{}", rejection.log);
    }
    let error = load(&two_readers(), &options("third", &["first"])).unwrap_err().to_string();
    assert!(error.contains("alone, and the object has none of this name"), "{error}");
}
