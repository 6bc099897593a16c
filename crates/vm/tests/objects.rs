//! Objects from C compiled by clang do the same here and in the running kernel. Needs root, a kernel with BPF, clang-19.
mod common;

use common::{Kernel, Left, left, options, stay_on_cpu_0};
use osmia_abi::ProgramType;
use osmia_isa::Insn;
use osmia_object::{Image, Target, elf, resolve};
use osmia_vm::{Input, Machine, MapId};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn compile(name: &str, version: &str) -> Image {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/c/{name}.bpf.c"));
    let test = format!("osmia-vm.{}.{:?}.{name}", std::process::id(), std::thread::current().id());
    let dir = std::env::temp_dir().join(test);
    fs::create_dir_all(&dir).expect("a directory");
    let out: PathBuf = dir.join("x.o");
    let include = format!("-I/usr/include/{}-linux-gnu", std::env::consts::ARCH);
    let done = Command::new("clang-19")
        .args([
            "-g",
            "-O2",
            "-target",
            "bpfel",
            &format!("-mcpu={version}"),
            "-fno-vectorize",
            &include,
            "-c",
        ])
        .args([source.as_os_str(), "-o".as_ref(), out.as_os_str()])
        .output()
        .expect("these tests need clang-19");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let object = elf::read(&fs::read(&out).expect("an object")).expect("an object that can be read");
    fs::remove_dir_all(dir).expect("a directory");
    resolve(&object, &Target { cpus: 2, ..Target::default() }).expect("an image")
}

/// A packet with different bytes.
fn packet() -> Vec<u8> {
    (0..64_u8).map(|at| at.wrapping_mul(37) ^ 0x5a).collect()
}

/// What our machine gets for a kind of program, and the kernel.
fn input(kind: ProgramType, context: &[u8]) -> (Input, Vec<u8>) {
    let packet = packet();
    let ours = match kind {
        ProgramType::Xdp => Input { context: vec![0; 24], packet: packet.clone() },
        ProgramType::SocketFilter => Input { context: vec![0; 192], packet: packet[14..].to_vec() },
        _ => return (Input { context: context.to_vec(), packet: Vec::new() }, Vec::new()),
    };
    (ours, packet)
}

fn ours(machine: &mut Machine, program: usize, context: &[u8]) -> (u64, Vec<u8>) {
    let kind = machine.image().programs[program].kind;
    let (mut input, _) = input(kind, context);
    let returned = machine.run_on(program, &mut input).unwrap_or_else(|fault| panic!("{fault}"));
    (returned, if kind == ProgramType::Xdp { input.packet } else { Vec::new() })
}

/// The code that the kernel gave up verifying when it names a helper that we call too says nothing about us: a refusal fails.
fn agree(name: &str, version: &str, program: &str, contexts: &[[u64; 2]]) -> (Machine, Left) {
    stay_on_cpu_0();
    let image = compile(name, version);
    let kernel = Kernel::load(&image).unwrap_or_else(|refused| panic!("{name}: {refused}"));
    let mut machine = Machine::new(image.clone(), options()).expect("a machine");
    let world = machine.world_mut();
    world.comm = fs::read_to_string("/proc/thread-self/comm").expect("a name").trim_end().to_owned();
    let thread = fs::read_link("/proc/thread-self").expect("a thread");
    world.tid =
        thread.file_name().and_then(|it| it.to_str()).and_then(|it| it.parse().ok()).expect("a thread");
    world.pid = std::process::id();
    world.pid_namespace = Some((7, 7));
    (world.monotonic_ns, world.boot_ns) = (1, 1);
    let at = machine.program(program).expect("the program");
    let mut last = None;
    for numbers in contexts {
        let context: Vec<u8> =
            numbers.iter().flat_map(|number| number.to_le_bytes()).chain([0; 80]).collect();
        let run = kernel.run(&image, at, &context, &input(image.programs[at].kind, &context).1);
        let mut theirs = kernel.left(&image, &run);
        if image.programs[at].kind != ProgramType::Xdp {
            theirs.packet.clear(); // the kernel hands out zeros for the first 14 bytes
        }
        let (returned, packet) = ours(&mut machine, at, &context);
        let ours = left(&mut machine, returned, packet);
        assert_same(&theirs, &ours, &format!("{name} ({version}), {program}, {numbers:x?}"));
        last = Some(ours);
    }
    (machine, last.expect("a run"))
}

/// Section by section, so that a difference can be seen.
fn assert_same(theirs: &Left, ours: &Left, what: &str) {
    for (name, map) in &theirs.maps {
        let ours = &ours.maps[name];
        for (theirs, ours) in map.iter().zip(ours) {
            let bytes = theirs.1.concat();
            let at = bytes.iter().zip(ours.1.concat()).position(|(a, b)| *a != b);
            let shown = |all: Vec<u8>| String::from_utf8_lossy(&all).chars().collect::<String>();
            if let Some(at) = at {
                panic!(
                    "map {name} of {what}, at {at}:\n{:?}\n{:?}",
                    shown(bytes[at..].iter().copied().take(64).collect()),
                    shown(ours.1.concat()[at..].iter().copied().take(64).collect()),
                );
            }
        }
        assert_eq!(map, ours, "map {name} of {what}");
    }
    assert_eq!(theirs, ours, "{what}");
}

const SOME: &[[u64; 2]] =
    &[[0, 0], [7, 3], [25, u64::MAX], [1 << 63, 0xffff_ffff], [0x1234_5678_9abc_def0, 1]];

#[test]
fn callbacks_functions_and_data() {
    for version in ["v2", "v3", "v4"] {
        agree("loops", version, "run", SOME);
    }
}

#[test]
fn records() {
    let (machine, left) = agree("records", "v3", "run", &[[0, 0], [0, 0]]);
    assert!(left.records.len() > 7);
    assert!(machine.dropped(machine.map("events").expect("a map")) > 0);
}

#[test]
fn packets() {
    let (_, left) = agree("packet", "v3", "run", &[[0, 0]]);
    assert_ne!(left.packet, packet());
    agree("classic", "v3", "run", &[[0, 0]]);
    agree("classic", "v3", "past_the_end", &[[0, 0]]);
}

#[test]
fn text() {
    agree("text", "v3", "run", &[[0, 0]]);
}

#[test]
fn tail_calls() {
    agree("tail", "v3", "run", &[[0, 0]]);
}

#[test]
fn the_fourth_version() {
    agree("v4", "v4", "run", SOME);
}

#[test]
fn the_world() {
    agree("process", "v3", "run", &[[0, 0]]);
}

/// The corpus makes use of what it is meant to test.
#[test]
fn new_instructions_are_there() {
    let image = compile("v4", "v4");
    let kinds: BTreeSet<&str> = image.programs[0].insns.iter().filter_map(kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["bswap", "ldsx", "may_goto", "movsx"]);
}

fn kind(insn: &Insn) -> Option<&'static str> {
    match insn {
        Insn::MovSx { .. } => Some("movsx"),
        Insn::LoadSx { .. } => Some("ldsx"),
        Insn::Swap { kind: osmia_isa::Swap::Always, .. } => Some("bswap"),
        Insn::MayGoto { .. } => Some("may_goto"),
        _ => None,
    }
}

#[test]
fn data_is_read_and_written_from_outside() {
    let image = compile("loops", "v3");
    let mut machine = Machine::new(image, options()).expect("a machine");
    let data = machine.map(".data").expect("data");
    assert_eq!(machine.read_data(data, 0, 4), Some(&5_i32.to_le_bytes()[..]));
    assert_eq!(machine.write_data(data, 0, &9_i32.to_le_bytes()), Some(()));
    assert_eq!(machine.read_data(data, 0, 1), Some(&[9][..]));
    assert_eq!(machine.read_data(data, 0, 1 << 20), None);
    assert_eq!(machine.read_data(MapId(99), 0, 1), None);
}
