//! Objects made fit for machines: this one, old ones, and ones without something.
mod common;

use common::libbpf;
use osmia_abi::{AttachType, Feature, Features, MapType, ProgramType, Version};
use osmia_isa::{Callee, Imm64, Insn, Operand, Reg, Size, Width};
use osmia_object::{
    Attach, Data, DataKind, Extern, Function, Line, Linkage, Map, MapDecl, Object, Over, Pinning, ProbeSide,
    Program, Reloc, ResolveErrors, Symbol, Target, Variable, Wants, elf, resolve, resolve_apart,
    resolve_named, section, wants,
};
use osmia_sys::bpf::BtfLoad;
use std::path::Path;

fn compiled(name: &str) -> Object {
    let dir = common::scratch(&format!("fit-{name}-{:?}", std::thread::current().id()));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/c/{name}.bpf.c"));
    let object = common::read(name, &common::compile(&source, "bpfel", &dir.join("x.o")));
    std::fs::remove_dir_all(dir).unwrap();
    object
}

/// This machine, but known to be without some features.
fn without(object: &Object, features: &[Feature]) -> Target {
    let mut target = common::machine(object);
    features.iter().for_each(|&feature| target.features.set(feature, false));
    target
}

#[test]
fn the_kernel_takes_the_types_also_those_for_old_kernels() {
    let levels: &[&[Feature]] = &[
        &[],
        &[Feature::BtfEnum64],
        &[Feature::BtfEnum64, Feature::BtfTypeTag],
        &[Feature::BtfEnum64, Feature::BtfTypeTag, Feature::BtfDeclTag],
        &[Feature::BtfEnum64, Feature::BtfTypeTag, Feature::BtfDeclTag, Feature::BtfFloat],
        &[
            Feature::BtfEnum64,
            Feature::BtfTypeTag,
            Feature::BtfDeclTag,
            Feature::BtfFloat,
            Feature::BtfFuncGlobal,
        ],
        &[
            Feature::BtfEnum64,
            Feature::BtfTypeTag,
            Feature::BtfDeclTag,
            Feature::BtfFloat,
            Feature::BtfFuncGlobal,
            Feature::BtfDatasec,
            Feature::BtfFunc,
        ],
    ];
    for source in common::corpus() {
        let name = common::stem(&source);
        let object = compiled(&name);
        for level in levels {
            let image = resolve(&object, &without(&object, level))
                .unwrap_or_else(|errors| panic!("{name}: {errors}"));
            let bytes = image.btf.unwrap_or_else(|| panic!("{name} has no types"));
            if let Err(refused) = BtfLoad::new(&bytes).call_explained() {
                panic!("{name} without {level:?}: {refused}");
            }
            if let Some(Feature::BtfFunc) = level.last() {
                assert!(image.programs.iter().all(|program| program.functions.is_empty()), "{name}");
            }
        }
    }
}

/// An object as a compiler makes it: no BTF, a map, data, a subprogram.
fn hand_made() -> Object {
    let mut object = Object { license: "GPL".into(), ..Object::default() };
    let map = object.maps.push(Map {
        name: "numbers".into(),
        decl: MapDecl::Btf,
        kind: MapType::Hash,
        key_size: 8,
        value_size: 16,
        max_entries: 77,
        flags: 1,
        numa_node: 0,
        extra: 0,
        pinning: Pinning::None,
        key_type: Default::default(),
        value_type: Default::default(),
        inner: None,
        slots: Vec::new(),
    });
    let section = object.data.push(Data {
        name: ".data".into(),
        kind: DataKind::Data,
        bytes: vec![1, 0, 0, 0, 2, 0, 0, 0],
        type_id: Default::default(),
        variables: vec![Variable { name: "two".into(), offset: 4, size: 4, linkage: Linkage::Global }],
        relocs: Vec::new(),
    });
    let sub = object.functions.push(Function {
        name: "sub".into(),
        section: ".text".into(),
        linkage: Linkage::Static,
        insns: vec![
            Insn::LoadImm64 { dst: Reg::R1, value: Imm64::Value(0) },
            Insn::Load { size: Size::W, dst: Reg::R0, base: Reg::R1, off: 0 },
            Insn::Exit,
        ],
        relocs: vec![Reloc { insn: 0, symbol: Symbol::Data { section, offset: 4 } }],
        ..Function::default()
    });
    let zero = Insn::Store { size: Size::DW, base: Reg::R10, off: -8, src: Operand::Imm(0) };
    let mov = |dst, src| Insn::Alu { op: osmia_isa::AluOp::Mov, width: Width::W64, dst, src };
    object.functions.push(Function {
        name: "main".into(),
        section: "socket".into(),
        program: section::lookup("socket").map(|found| found.program()),
        insns: vec![
            zero,
            Insn::LoadImm64 { dst: Reg::R1, value: Imm64::Value(0) },
            mov(Reg::R2, Operand::Reg(Reg::R10)),
            Insn::Alu { op: osmia_isa::AluOp::Add, width: Width::W64, dst: Reg::R2, src: Operand::Imm(-8) },
            Insn::Call(Callee::Helper(1)),
            Insn::Call(Callee::Local(0)),
            Insn::Exit,
        ],
        relocs: vec![
            Reloc { insn: 1, symbol: Symbol::Map(map) },
            Reloc { insn: 5, symbol: Symbol::Function(sub) },
        ],
        ..Function::default()
    });
    object
}

#[test]
fn libbpf_loads_what_a_compiler_made() {
    let object = hand_made();
    let dir = common::scratch("hand");
    let file = dir.join("hand.o");
    std::fs::write(&file, elf::write(&object)).unwrap();
    let again = common::read("hand", &std::fs::read(&file).unwrap());
    assert_eq!(format!("{:?}", object.functions), format!("{:?}", again.functions));
    let image = resolve_named(&again, &common::machine(&again), "hand").unwrap();
    let ours = libbpf::of_image(&image);
    let theirs = libbpf::load(&file);
    assert_eq!(ours.len(), 3, "{ours:?}");
    for line in &ours {
        assert!(theirs.contains(line), "libbpf does not ask for\n{line}\nbut for\n{}", theirs.join("\n"));
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn poisoned_instructions_say_why() {
    let object = compiled("poison");
    let image = resolve(&object, &common::machine(&object)).unwrap();
    let reasons: Vec<&str> = image.programs[0].poisoned.iter().map(|poison| poison.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("the offset of `task_struct.gone_field` (type ["), "{reasons:?}");
    assert!(reasons[1].starts_with("the offset of `task_struct.gone[1].deep` (type ["), "{reasons:?}");
    for poison in &image.programs[0].poisoned {
        assert_eq!(poison.helper, 195_896_080);
    }
}

#[test]
fn without_kernel_types_the_error_says_so() {
    let errors = resolve(&compiled("core"), &Target::default()).unwrap_err();
    let text = errors.to_string();
    assert!(text.starts_with("`questions`, instruction "), "{text}");
    assert!(text.contains("this needs the kernel's types, and the target has no BTF"), "{text}");
}

#[test]
fn wanted_is_only_what_is_needed() {
    use Feature::*;
    let features = vec![GlobalData, Btf, BtfFunc, BtfDatasec, BtfFuncGlobal, MmapableArray];
    assert_eq!(wants(&compiled("data")), Wants { features, ..Wants::default() });
    assert!(wants(&compiled("maps")).cpus);
    let externs = wants(&compiled("externs"));
    assert!(externs.kernel_btf);
    assert_eq!(externs.ksyms, ["no_such_symbol", "vfs_read"]);
    assert_eq!(
        externs.kconfig,
        ["CONFIG_ANOTHER_MISSING", "CONFIG_BPF", "CONFIG_BPF_SYSCALL", "CONFIG_HZ", "CONFIG_NO_SUCH_THING"]
    );
}

#[test]
fn configuration_values_are_filled_in() {
    let object = compiled("externs");
    let mut target = common::machine(&object);
    target.kconfig = [("CONFIG_BPF_SYSCALL", "y"), ("CONFIG_BPF", "m"), ("CONFIG_HZ", "0x64")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    target.version = 0x0506_0708;
    let image = resolve(&object, &target).unwrap();
    let map = image.maps.iter().find(|map| map.name == ".kconfig").unwrap();
    // The missing number, then the tristate, the number, the version; then two truth values.
    let wanted = [[0, 0, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0], [0x64, 0, 0, 0], [8, 7, 6, 5]].concat();
    assert_eq!(map.initial[0].1, [wanted.as_slice(), &[1, 0]].concat());
    target.kconfig.insert("CONFIG_HZ".into(), "y".into());
    let errors = resolve(&object, &target).unwrap_err().to_string();
    assert!(
        errors.starts_with("`run`, instruction 22 (")
            && errors.ends_with("): `CONFIG_HZ`: `y` is not a number"),
        "{errors}"
    );
    target.kconfig.remove("CONFIG_HZ");
    let errors = resolve(&object, &target).unwrap_err().to_string();
    assert!(
        errors.contains(
            "externs.bpf.c:34): the kernel's configuration has no `CONFIG_HZ`\nwhat to do: declare"
        ),
        "{errors}"
    );
}

#[test]
fn old_kernels_get_old_helpers() {
    let object = compiled("core");
    let calls = |target: &Target| {
        let image = resolve(&object, target).unwrap();
        let helper = |insn: &Insn| match insn {
            Insn::Call(Callee::Helper(number)) => Some(*number),
            _ => None,
        };
        image.programs[0].insns.iter().filter_map(helper).collect::<Vec<_>>()
    };
    let (new, old) = (calls(&without(&object, &[])), calls(&without(&object, &[Feature::ProbeReadKernel])));
    assert!(new.contains(&113) && !new.contains(&4), "{new:?}");
    assert!(old.contains(&4) && !old.contains(&113), "{old:?}");
    let before = Features::of_version(Version(5, 1));
    let errors = resolve(&compiled("data"), &Target { features: before, ..Target::default() }).unwrap_err();
    assert!(errors.to_string().contains("global data, which this kernel does not have"), "{errors}");
}

/// What a section's name says about its program.
fn named(name: &str) -> Program {
    section::lookup(name).unwrap_or_else(|| panic!("{name} is unknown")).program()
}

#[test]
fn section_names_say_where_programs_go() {
    use osmia_object::UprobeTarget::{Offset, Symbol};
    let symbol = |name: &str, offset| Symbol { name: name.into(), offset };
    let uprobe = |target, side| Attach::Uprobe { path: "/bin/bash".into(), target, pid: None, side };
    let kprobe = |function: &str, offset, side| Attach::Kprobe {
        module: None,
        function: function.into(),
        offset,
        side,
    };
    let cases = [
        ("kprobe/do_unlinkat+0x10", kprobe("do_unlinkat", 16, ProbeSide::Entry)),
        ("kretprobe/do_unlinkat", kprobe("do_unlinkat", 0, ProbeSide::Return)),
        ("kretprobe/do_unlinkat+4", Attach::Nowhere),
        ("kprobe", Attach::Nowhere),
        ("uprobe//bin/bash:readline", uprobe(symbol("readline", 0), ProbeSide::Entry)),
        ("uretprobe.s//bin/bash:readline", uprobe(symbol("readline", 0), ProbeSide::Return)),
        ("uprobe//bin/bash:readline+8", uprobe(symbol("readline", 8), ProbeSide::Entry)),
        ("uprobe//bin/bash:0x4710", uprobe(Offset(0x4710), ProbeSide::Entry)),
        ("uprobe//bin/bash", Attach::Nowhere),
        (
            "tp/sched/sched_switch",
            Attach::Tracepoint { category: "sched".into(), name: "sched_switch".into() },
        ),
        ("raw_tp.w/bpf_test", Attach::RawTracepoint { name: "bpf_test".into() }),
        ("tp_btf/sched_switch", Attach::BtfTracepoint { name: "sched_switch".into() }),
        ("lsm.s/file_open", Attach::Lsm { hook: "file_open".into() }),
        ("iter/task", Attach::Iterator { target: "task".into(), pin: None, over: Over::All }),
        ("ksyscall/openat", Attach::Syscall { name: "openat".into(), side: ProbeSide::Entry }),
        (
            "kprobe.multi/tcp_*",
            Attach::KprobeMulti { functions: vec!["tcp_*".into()], side: ProbeSide::Entry },
        ),
        ("xdp", Attach::Nowhere),
    ];
    for (name, attach) in cases {
        assert_eq!(named(name).attach, attach, "{name}");
    }
    let lsm = named("?lsm.s/file_open");
    assert_eq!((lsm.kind, lsm.attach_type), (ProgramType::Lsm, Some(AttachType::LsmMac)));
    assert!(lsm.sleepable && !lsm.autoload && !lsm.frags);
    assert!(named("xdp.frags/devmap").frags);
    for unknown in ["xdp/none", "kprobes/x", "tracepointx", "", "?", "maps"] {
        assert!(section::lookup(unknown).is_none(), "{unknown}");
    }
    assert!(
        section::SECTIONS
            .iter()
            .all(|row| section::lookup(row.name).is_some_and(|it| it.row.name == row.name))
    );
}

/// Compiles a text.
fn compiled_text(test: &str, text: &str) -> Object {
    let dir = common::scratch(test);
    let source = dir.join("x.bpf.c");
    std::fs::write(&source, text).unwrap();
    let object = common::read(test, &common::compile(&source, "bpfel", &dir.join("x.o")));
    std::fs::remove_dir_all(dir).unwrap();
    object
}

#[test]
fn legacy_maps_are_read_and_written() {
    let object = compiled_text(
        "legacy",
        r#"
        struct bpf_map_def { unsigned type, key_size, value_size, max_entries, map_flags; };
        struct bpf_map_def one __attribute__((section("maps"), used)) = { 1, 4, 8, 16, 1 };
        struct bpf_map_def two __attribute__((section("maps"), used)) = { 2, 4, 12, 3, 0 };
        static void *(*lookup)(void *, const void *) = (void *)1;
        __attribute__((section("socket"), used)) int run(void *ctx)
        {
            int key = 0;
            return lookup(&two, &key) != 0;
        }
        "#,
    );
    let maps: Vec<_> =
        object.maps.values().map(|map| (map.name.as_str(), map.kind, map.value_size, map.flags)).collect();
    assert_eq!(maps, [("one", MapType::Hash, 8, 1), ("two", MapType::Array, 12, 0)]);
    assert!(object.maps.values().all(|map| map.decl == MapDecl::Legacy));
    let again = common::read("legacy", &elf::write(&object));
    assert_eq!(common::print(&object), common::print(&again));
    let image = resolve(&again, &Target::default()).unwrap();
    let map = |insn: &Insn| matches!(insn, Insn::LoadImm64 { value: Imm64::Map(1), .. });
    assert!(image.programs[0].insns.iter().any(map));
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let text = |body: &str| format!("#define SEC(x) __attribute__((section(x), used))\n{body}");
    let ops = "struct ops { int (*run)(void); }; SEC(\"struct_ops/run\") int run(void) { return 0; }
               SEC(\".struct_ops\") struct ops ops = { run };";
    let object = compiled_text("ops", &text(ops));
    let again = common::read("ops", &elf::write(&object));
    assert_eq!(common::print(&object), common::print(&again), "its pointers to programs are kept");
    assert_eq!(again.data.values().next().unwrap().relocs.len(), 1);
    let errors = resolve(&object, &Target::default()).unwrap_err().to_string();
    assert!(errors.contains("`ops`: this needs the kernel's types, and the target has no BTF"), "{errors}");
    let dir = common::scratch("attribute");
    let source = dir.join("x.bpf.c");
    let map = "SEC(\".maps\") struct { int (*type)[1]; int (*colour)[2]; } odd;";
    std::fs::write(&source, text(map)).unwrap();
    let refused = elf::read(&common::compile(&source, "bpfel", &dir.join("x.o"))).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "section `.maps`, offset 0x0: map `odd`: nobody knows an attribute `colour`"
    );
    std::fs::remove_dir_all(dir).unwrap();
}

/// A program that calls what nobody has, `zero` and `one` by turns, each call on a line of its own.
fn calls_of_nothing(calls: u32) -> Object {
    let mut object = Object { license: "GPL".into(), ..Object::default() };
    let externs = ["zero", "one"].map(|name| {
        let (name, section) = (name.into(), ".ksyms".into());
        object.externs.push(Extern { name, type_id: Default::default(), weak: false, section })
    });
    let line = |insn: u32| Line { insn, file: "x.c".into(), line: 100 + insn, ..Line::default() };
    let reloc = |insn: u32| Reloc { insn, symbol: Symbol::Extern(externs[insn as usize % 2]) };
    object.functions.push(Function {
        name: "main".into(),
        section: "socket".into(),
        program: section::lookup("socket").map(|found| found.program()),
        insns: vec![Insn::Call(Callee::Local(0)); calls as usize],
        relocs: (0..calls).map(reloc).collect(),
        lines: (0..calls).map(line).collect(),
        ..Function::default()
    });
    object
}

#[test]
fn what_is_not_there_is_told_once_a_function_with_its_line() {
    let (image, _) = resolve_apart(&calls_of_nothing(1000), &Target::default(), "").unwrap();
    let told: Vec<String> = image.programs[0].unfit.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "`main`, instruction 0 (x.c:100): the kernel has no symbol `zero`");
    assert_eq!(told[1], "`main`, instruction 1 (x.c:101): the kernel has no symbol `one`");
}

/// Also where other advice stands between.
#[test]
fn advice_is_given_once() {
    let mut errors = resolve(&calls_of_nothing(2), &Target::default()).unwrap_err().0;
    errors.extend(errors.clone());
    let told = ResolveErrors(errors).to_string();
    let advice: Vec<&str> = told.lines().filter(|line| line.starts_with("what to do: ")).collect();
    assert_eq!(advice.len(), 2, "{told}");
    assert!(
        advice[0].contains("bpf_ksym_exists(zero)") && advice[1].contains("bpf_ksym_exists(one)"),
        "{told}"
    );
}
