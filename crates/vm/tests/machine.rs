//! The machine from outside: its maps, its world, and what its faults say.
use osmia_abi::{MapType, ProgramType, flags};
use osmia_isa::text::assemble;
use osmia_object::{Image, ImageMap, Poison};
use osmia_vm::{
    Access, Errno, ErrorKind, FaultKind, Input, Machine, MapId, Options, Place, Window, property,
};

const MAPS: &[(&str, MapType, u32, u32, u32)] = property::MAPS;

fn image(code: &str) -> Image {
    let insns = assemble(code).unwrap_or_else(|errors| panic!("{errors:?}")).insns;
    property::image(ProgramType::RawTracepoint, insns, MAPS)
}

fn machine(code: &str) -> Machine {
    Machine::new(image(code), Options { cpus: 2, ..Options::default() }).expect("a machine")
}

/// What a program answers.
fn answer(code: &str) -> u64 {
    machine(code).run(0, &[0; 16]).unwrap_or_else(|fault| panic!("{fault}"))
}

/// What is wrong with a program, without the names around it.
fn fault(code: &str) -> String {
    let fault = machine(code).run(0, &[1; 16]).expect_err("a fault");
    fault.to_string()
}

fn key(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

#[test]
fn faults_say_where_and_why() {
    let cases = [
        ("r0 = *(u64 *)(r1 + 12)\nexit", "instruction 0: read of 8 bytes out of bounds: the context at +12"),
        ("*(u32 *)(r1 + 4) = 1\nexit", "instruction 0: no right to do this to the context at +4"),
        ("r1 = 0\nr0 = *(u8 *)(r1 + 8)\nexit", "instruction 1: read of 1 bytes by a null pointer (0x8)"),
        ("r0 = *(u64 *)(r10 + 0)\nexit", "read of 8 bytes out of bounds: the stack at 0"),
        ("*(u64 *)(r10 - 516) = 1\nexit", "write of 8 bytes out of bounds: the stack at -516"),
        (
            "r1 = 0xffff888000000000 ll\nr0 = *(u64 *)(r1 + 0)\nexit",
            "instruction 2: read of 8 bytes out of bounds: nothing",
        ),
        ("r0 = 1\ngoto +1\nexit", "instruction 3: there is no instruction here"),
        ("r10 = 1\nexit", "instruction 0: the frame pointer is read-only"),
        ("call 9999\nexit", "instruction 0: there is no helper 9999"),
        ("call 36\nexit", "the user-space machine has no helper probe_write_user"),
        ("call -1\nexit", "there is no helper 4294967295"),
        ("r1 = 5\nr2 = r10\ncall 1\nexit", "instruction 2: 0x5 is no map that this helper takes"),
        ("r1 = 4\nr2 = 7\nr3 = 0\nr4 = 0\ncall 181\nexit", "0x7 is no function"),
        ("r1 = r10\ncall 132\nexit", "is no reserved record"),
    ];
    for (code, expected) in cases {
        let message = fault(code);
        assert!(message.contains(expected), "{code}:\n{message}");
    }
}

#[test]
fn a_fault_is_data() {
    let fault = machine("r0 = 0\nr0 = *(u64 *)(r1 + 12)\nexit").run(0, &[0; 16]).expect_err("a fault");
    assert_eq!((fault.slot, fault.insn.as_str()), (1, "(79) r0 = *(u64 *)(r1 +12)"));
    let FaultKind::OutOfBounds { size: 8, access: Access::Read, place: Place::Context(12), .. } = fault.kind
    else {
        panic!("{fault:?}");
    };
    let fault = machine("exit").run(7, &[]).expect_err("a fault");
    assert_eq!((fault.kind, fault.slot), (FaultKind::BadJump, 0));
}

#[test]
fn values_end_where_they_end() {
    let lookup = "*(u32 *)(r10 - 4) = 1\nr1 = map[idx:1]\nr2 = r10\nr2 += -4\ncall 1\n";
    assert_eq!(answer(&format!("{lookup}r0 = *(u64 *)(r0 + 8)\nexit")), 0);
    for off in ["+ 9", "- 1"] {
        let message = fault(&format!("{lookup}r0 = *(u64 *)(r0 {off})\nexit"));
        assert!(message.contains("out of bounds: an element of map `array`"), "{message}");
    }
}

#[test]
fn at_most_eight_frames_of_their_own() {
    assert!(fault("call pc+1\nexit\ncall pc-1\nexit").contains("more than 8 frames"));
    // An inner function's stack is gone when it returned.
    let gone = "call pc+2\nr0 = *(u64 *)(r0 + 0)\nexit\nr0 = r10\nr0 += -8\n*(u64 *)(r0 + 0) = 5\nexit";
    assert!(fault(gone).contains("out of bounds: the stack at -8"));
    // The caller's is there.
    let passed = "r1 = r10\nr1 += -8\ncall pc+2\nr0 = *(u64 *)(r10 - 8)\nexit\n*(u64 *)(r1 + 0) = 5\nexit";
    assert_eq!(answer(passed), 5);
}

#[test]
fn what_is_reserved_is_given_back() {
    let reserve = "r1 = map[idx:5]\nr2 = 8\nr3 = 0\ncall 131\n";
    assert!(fault(&format!("{reserve}exit")).contains("a record reserved in `ring` was left behind"));
    let after = format!("{reserve}r6 = r0\nr1 = r0\nr2 = 0\ncall 132\n*(u64 *)(r6 + 0) = 1\nexit");
    assert!(fault(&after).contains("out of bounds: an element of map `ring`"));
    // A fault gives it back too: the buffer does not fill up.
    let mut machine = machine(&format!("{reserve}r1 = 0\nr0 = *(u64 *)(r1 + 0)\nexit"));
    for _ in 0..2000 {
        machine.run(0, &[]).expect_err("a fault");
        assert_eq!(machine.take_records(), []);
    }
    assert_eq!(machine.dropped(MapId(5)), 0);
}

#[test]
fn records_of_rings_and_perf_buffers() {
    let code = "*(u64 *)(r10 - 8) = 7\nr6 = r1\nr2 = map[idx:6]\nr3 = 0xffffffff ll\nr4 = r10\nr4 += -8\nr5 = 8\ncall 25\n\
        r7 = r0\nr1 = map[idx:5]\nr2 = r10\nr2 += -8\nr3 = 8\nr4 = 0\ncall 130\nr0 |= r7\nexit";
    let mut machine = machine(code);
    machine.world_mut().cpu = 1;
    assert_eq!(machine.run(0, &[]), Ok(0));
    let records = machine.take_records();
    let seen: Vec<_> = records.iter().map(|it| (it.map, it.cpu, it.bytes.as_slice())).collect();
    let seven = &7_u64.to_le_bytes()[..];
    assert_eq!(seen, [(MapId(5), 0, seven), (MapId(6), 1, seven)]);
    assert_eq!(machine.take_records(), []);
    while machine.run(0, &[]) == Ok(0) {}
    assert!(machine.dropped(MapId(5)) > 0 || machine.dropped(MapId(6)) > 0);
}

#[test]
fn maps_from_outside() {
    let mut machine = machine("r0 = 0\nexit");
    let map = |name| machine.map(name).expect(name);
    let (hash, array, percpu, ring) = (map("hash"), map("array"), map("percpu_hash"), map("ring"));
    assert_eq!(machine.map("nothing"), None);
    assert_eq!(machine.update(hash, &key(1), &[1; 8], flags::EXIST), Err(Errno::NoEntry));
    assert_eq!(machine.update(hash, &key(1), &[1; 8], flags::ANY), Ok(()));
    assert_eq!(machine.update(hash, &key(1), &[2; 8], flags::NOEXIST), Err(Errno::Exists));
    assert_eq!(machine.update(hash, &key(1), &[2; 8], 9), Err(Errno::Invalid));
    assert_eq!(machine.update(hash, &key(1), &[2; 7], 0), Err(Errno::Invalid));
    assert_eq!(machine.update(hash, &[1], &[2; 8], 0), Err(Errno::Invalid));
    assert_eq!(machine.entries(hash), [(key(1).to_vec(), vec![vec![1; 8]])]);
    (2..5).for_each(|number| assert_eq!(machine.update(hash, &key(number), &[2; 8], 0), Ok(())));
    assert_eq!(machine.update(hash, &key(9), &[2; 8], 0), Err(Errno::TooBig));
    assert_eq!(machine.delete(hash, &key(9)), Err(Errno::NoEntry));
    machine.clear(hash);
    assert_eq!(machine.entries(hash), []);
    assert_eq!(machine.update(percpu, &key(1), &[3; 8], 0), Ok(()));
    assert_eq!(machine.lookup(percpu, &key(1)), Some(vec![vec![3; 8]; 2]));
    assert_eq!(machine.update(array, &key(3), &[4; 16], 0), Ok(()));
    assert_eq!(machine.update(array, &key(4), &[4; 16], 0), Err(Errno::TooBig));
    assert_eq!(machine.delete(array, &key(3)), Err(Errno::Invalid));
    assert_eq!(machine.entries(array).len(), 4);
    machine.clear(array);
    assert_eq!(machine.lookup(array, &key(3)), Some(vec![vec![0; 16]]));
    assert_eq!(machine.update(ring, &[], &[], 0), Err(Errno::Invalid));
}

#[test]
fn what_was_used_longest_ago_is_forgotten() {
    // Looks key 1 up.
    let mut machine =
        machine("*(u64 *)(r10 - 8) = 1\nr1 = map[idx:4]\nr2 = r10\nr2 += -8\ncall 1\nr0 = 0\nexit");
    let lru = machine.map("lru").expect("a map");
    for number in 1..=4_u64 {
        assert_eq!(machine.update(lru, &number.to_le_bytes(), &[1; 8], 0), Ok(()));
    }
    machine.run(0, &[]).expect("a run");
    for number in 5..=7_u64 {
        assert_eq!(machine.update(lru, &number.to_le_bytes(), &[1; 8], 0), Ok(()));
    }
    let mut keys: Vec<u8> = machine.entries(lru).iter().map(|(key, _)| key[0]).collect();
    keys.sort_unstable();
    assert_eq!(keys, [1, 5, 6, 7]);
}

#[test]
fn the_world_is_what_it_is_told_to_be() {
    let mut machine = machine("call 5\nr6 = r0\ncall 5\nr0 -= r6\nr0 *= 1000\nr6 %= 1000\nr0 += r6\nexit");
    machine.world_mut().monotonic_ns = 500;
    machine.world_mut().insn_ns = 10;
    assert_eq!(machine.run(0, &[]), Ok(20 * 1000 + 510));
    assert_eq!(machine.world().monotonic_ns, 580);
    let random = |seed| {
        let mut machine = self::machine("call 7\nr6 = r0\ncall 7\nr6 <<= 32\nr0 |= r6\nexit");
        machine.world_mut().random = seed;
        machine.run(0, &[]).expect("a number")
    };
    assert_eq!(random(1), random(1));
    assert_ne!(random(1), random(2));
}

#[test]
fn windows_are_memory_of_others() {
    let code = "r6 = *(u64 *)(r1 + 0)\nr1 = r10\nr1 += -16\nr2 = 16\nr3 = r6\ncall 115\nr7 = r0\nr0 = *(u64 *)(r10 - 16)\n\
        r0 += r7\nexit";
    let mut machine = machine(code);
    let address = 0xffff_8880_0000_1000_u64;
    machine.world_mut().memory.push(Window { address, bytes: b"hi\0".to_vec() });
    let expected = u64::from_le_bytes(*b"hi\0\0\0\0\0\0") + 3;
    assert_eq!(machine.run(0, &address.to_le_bytes()), Ok(expected));
    assert_eq!(machine.run(0, &(address + 9).to_le_bytes()), Ok(Errno::Fault.returned()));
    let direct = "r6 = *(u64 *)(r1 + 0)\nr0 = *(u8 *)(r6 + 0)\nexit";
    assert!(self::machine(direct).run(0, &address.to_le_bytes()).is_err());
    let mut machine = self::machine(direct);
    machine.world_mut().memory.push(Window { address, bytes: b"hi\0".to_vec() });
    machine.world_mut().memory.push(Window { address: 0x7000, bytes: b"ho\0".to_vec() });
    assert_eq!(machine.run(0, &(address + 1).to_le_bytes()), Ok(b'i'.into()));
    assert!(machine.run(0, &0x7000_u64.to_le_bytes()).is_err());
}

#[test]
fn context_and_packet_come_back() {
    let insns = assemble(
        "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\n*(u16 *)(r2 + 1) = -1\nr3 -= r2\nr0 = r3\nexit",
    );
    let image = property::image(ProgramType::Xdp, insns.expect("code").insns, &[]);
    let mut machine = Machine::new(image, Options::default()).expect("a machine");
    let mut input = Input { context: vec![0; 24], packet: vec![1, 2, 3, 4] };
    assert_eq!(machine.run_on(0, &mut input), Ok(4));
    assert_eq!(input.packet, [1, 0xff, 0xff, 4]);
}

#[test]
fn images_that_cannot_run_say_why() {
    let refused = |map| {
        let image = property::image(ProgramType::Unspec, Vec::new(), &[map]);
        Machine::new(image, Options { memory: 1 << 20, ..Options::default() }).expect_err("an error").kind
    };
    assert_eq!(refused(("x", MapType::Xskmap, 4, 4, 1)), ErrorKind::MapKind(MapType::Xskmap));
    assert_eq!(refused(("x", MapType::Ringbuf, 0, 0, 5000)), ErrorKind::Map(Errno::Invalid));
    assert_eq!(refused(("x", MapType::Array, 4, 8, 0)), ErrorKind::Map(Errno::Invalid));
    let ErrorKind::Memory { wanted } = refused(("x", MapType::Array, 4, u32::MAX, u32::MAX)) else {
        panic!("not too large");
    };
    assert!(wanted > 1 << 60);
}

#[test]
fn what_the_target_lacks_is_named_when_it_is_reached() {
    let mut image = image("r0 = 1\ncall 195896080\nexit");
    let reason = "the kernel has no field `x`".to_owned();
    image.programs[0].poisoned.push(Poison { slot: 1, helper: 195_896_080, reason: reason.clone() });
    let mut machine = Machine::new(image, Options::default()).expect("a machine");
    assert_eq!(machine.run(0, &[]).map_err(|fault| fault.kind), Err(FaultKind::Poisoned(reason)));
}

#[test]
fn printed_lines_are_kept() {
    // "n=%d\n" and a zero.
    let code = "*(u64 *)(r10 - 8) = 0\n*(u32 *)(r10 - 8) = 0x64253d6e\n*(u8 *)(r10 - 4) = 10\nr1 = r10\nr1 += -8\n\
        r2 = 6\nr3 = -42\ncall 6\nexit";
    let mut machine = machine(code);
    assert_eq!(machine.run(0, &[]), Ok(6));
    assert_eq!(machine.take_trace(), ["n=-42\n"]);
    assert!(machine.take_trace().is_empty());
}

#[test]
fn a_jump_table_leads_where_it_says() {
    let code = "r2 = *(u64 *)(r1 + 0)\nr2 <<= 3\nr1 = map[idx:0][0]+0\nr1 += r2\nr1 = *(u64 *)(r1 + 0)\ngotox r1\n\
                r0 = 1\nexit\nr0 = 2\nexit\nr1 = 7\ngotox r1";
    // Slots: the constant has two.
    let place = |slot: u32| [slot.to_ne_bytes().to_vec(), vec![0; 12]].concat();
    let initial = [9, 7, 11].iter().zip(0u32..).map(|(slot, key)| (key.to_ne_bytes().to_vec(), place(*slot)));
    let table = ImageMap {
        kind: MapType::InsnArray,
        key_size: 4,
        value_size: 16,
        max_entries: 3,
        initial: initial.collect(),
        table_of: Some(0),
        ..ImageMap::default()
    };
    let image = Image { maps: vec![table], ..image(code) };
    let mut machine = Machine::new(image.clone(), Options::default()).expect("a machine");
    let mut run = |index: u64| machine.run(0, &[index.to_le_bytes(), [0; 8]].concat());
    assert_eq!((run(0).unwrap(), run(1).unwrap()), (2, 1));
    let stray = run(2).expect_err("a fault").to_string();
    assert!(stray.contains("instruction 12: 0x7 is no function"), "{stray}");
    let outside = run(3).expect_err("a fault").to_string();
    assert!(outside.contains("instruction 5: read of 8 bytes out of bounds"), "{outside}");
    // What nobody says is a table of a program's is none: values in the kernel's form are no addresses.
    let maps = vec![ImageMap { table_of: None, ..image.maps[0].clone() }];
    let error = Machine::new(Image { maps, ..image }, Options::default()).expect_err("an unknown kind");
    assert!(matches!(error.kind, ErrorKind::MapKind(MapType::InsnArray)), "{error:?}");
}
