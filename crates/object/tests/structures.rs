//! Structures of functions, arenas and callbacks of exceptions, on a machine made by hand.
mod common;

use osmia_abi::{Feature, MapType};
use osmia_btf::{Btf, Builder, IntEncoding, Member, TypeId};
use osmia_isa::{Callee, Imm64, Insn};
use osmia_object::{Image, Object, Target, resolve, resolve_each};

/// Compiles a text.
fn compiled(test: &str, text: &str) -> Object {
    let dir = common::scratch(test);
    let source = dir.join("x.bpf.c");
    let head = "#define SEC(x) __attribute__((section(x), used))\n";
    std::fs::write(&source, format!("{head}{text}")).unwrap();
    let object = common::read(test, &common::compile(&source, "bpfel", &dir.join("x.o")));
    std::fs::remove_dir_all(dir).unwrap();
    object
}

/// A kernel whose `struct ops` is `{ long number; int (*stop)(void); int (*run)(void); }`, 8 bytes into the map's value.
fn kernel() -> Target {
    let mut builder = Builder::new();
    let int = builder.add_int("int", 4, IntEncoding::SIGNED);
    let long = builder.add_int("long", 8, IntEncoding::SIGNED);
    let proto = builder.add_func_proto(int, Vec::new());
    let function = builder.add_ptr(proto);
    let members =
        vec![Member::at("number", long, 0), Member::at("stop", function, 8), Member::at("run", function, 16)];
    let ops = builder.add_struct("ops", 24, members);
    builder.add_struct(
        "bpf_struct_ops_ops",
        32,
        vec![Member::at("common", long, 0), Member::at("data", ops, 8)],
    );
    Target { btf: Some(Btf::parse(builder.finish()).unwrap()), ..Target::default() }
}

const PROGRAMS: &str = "
    SEC(\"struct_ops/run\") int run(void) { return 1; }
    SEC(\"struct_ops/stop\") int stop(void) { return 2; }
    SEC(\"struct_ops/gone\") int gone(void) { return 3; }";

fn ops(test: &str, section: &str, declared: &str, value: &str) -> Object {
    compiled(test, &format!("{PROGRAMS} {declared} SEC(\"{section}\") struct ops ops = {value};"))
}

#[test]
fn members_go_where_the_kernel_has_them() {
    let declared =
        "struct ops { int (*run)(void); int (*gone)(void); long number; int absent; int (*stop)(void); };";
    let object = ops("members", ".struct_ops.link", declared, "{ run, gone, 42, 0, stop }");
    let image = resolve(&object, &kernel()).unwrap_or_else(|errors| panic!("{errors}"));
    let map = image.maps.iter().find(|map| map.kind == MapType::StructOps).unwrap();
    let structure = map.structure.as_deref().unwrap();
    assert_eq!((map.value_size, map.flags, map.create), (32, osmia_abi::flags::LINK, true));
    assert_eq!((structure.value[16], structure.value.iter().filter(|byte| **byte != 0).count()), (0, 1));
    assert_eq!((structure.value[8], structure.link, structure.name.as_str()), (42, true, "ops"));
    let name = |index: usize| image.programs[index].name.as_str();
    let functions: Vec<_> = structure.functions.iter().map(|&(at, index)| (at, name(index))).collect();
    assert_eq!(functions, [(24, "run"), (16, "stop")]);
    let facts = |name: &str| {
        let program = image.programs.iter().find(|program| program.name == name).unwrap();
        (program.autoload, program.member, !program.unfit.is_empty())
    };
    assert_eq!(facts("run"), (true, Some(2), false));
    assert_eq!(facts("stop"), (true, Some(1), false));
    assert_eq!(facts("gone"), (false, None, true), "the kernel has no such member");
    let gone = image.programs.iter().find(|program| program.name == "gone").unwrap();
    let why = gone.unfit.iter().map(ToString::to_string).collect::<String>();
    assert!(why.ends_with("refers to it: the kernel's structure has no member `gone`"), "{why}");
}

#[test]
fn what_does_not_fit_is_told() {
    let cases = [
        ("struct ops { int absent; };", "{ 1 }", "`absent` is not in the kernel's structure, and not zero"),
        ("struct ops { int number; };", "{ 1 }", "`number` has another size in the kernel"),
        ("struct ops { int *number; };", "{ 0 }", "`number` has another type in the kernel"),
        ("struct ops { long number : 3; };", "{ 1 }", "`number` is a bit-field"),
        ("struct ops { int (*run)(void); int (*stop)(void); };", "{ run, run }", "two different members"),
        (
            "struct ops { int (*run)(void); }; SEC(\"xdp\") int x(void) { return 0; }",
            "{ x }",
            "no program of a section",
        ),
    ];
    for (declared, value, says) in cases {
        let errors =
            resolve(&ops("unfit", ".struct_ops", declared, value), &kernel()).unwrap_err().to_string();
        assert!(errors.contains(says), "{declared}: {errors}");
    }
    let other = ops("other", ".struct_ops", "struct ops { long number; };", "{ 1 }");
    let bare = Target { btf: Some(Btf::parse(Builder::new().finish()).unwrap()), ..Target::default() };
    let errors = resolve(&other, &bare).unwrap_err().to_string();
    assert!(errors.contains("the kernel has no structure `bpf_struct_ops_ops`"), "{errors}");
}

#[test]
fn optional_structures_keep_their_programs_out() {
    let declared = "struct ops { int (*run)(void); };";
    let image = resolve_each(&ops("optional", "?.struct_ops", declared, "{ run }"), &kernel(), "").unwrap();
    let map = image.maps.iter().find(|map| map.kind == MapType::StructOps).unwrap();
    assert!(!map.create && map.structure.is_some());
    let run = image.programs.iter().find(|program| program.name == "run").unwrap();
    assert!(!run.autoload && run.unfit.is_empty() && run.member == Some(2));
    let flavour = compiled(
        "flavour",
        &format!(
            "{PROGRAMS} struct ops___v2 {{ int (*stop)(void); }}; SEC(\".struct_ops\") struct ops___v2 ops = {{ stop }};"
        ),
    );
    let errors = resolve(&flavour, &kernel()).unwrap_err().to_string();
    assert!(errors.contains("`gone` (") && errors.contains("): no structure of functions"), "{errors}");
    let image = resolve_each(&flavour, &kernel(), "").unwrap();
    assert!(image.programs.iter().any(|program| program.member == Some(1)));
}

/// The offsets of addresses in the first map.
fn offsets(image: &Image) -> Vec<u32> {
    let offset = |insn: &Insn| match insn {
        Insn::LoadImm64 { value: Imm64::MapValue { map: 0, offset }, .. } => Some(*offset),
        _ => None,
    };
    image.programs[0].insns.iter().filter_map(offset).collect()
}

#[test]
fn variables_of_an_arena_stand_at_its_end() {
    let text = "
        SEC(\".maps\") struct { int (*type)[33]; int (*map_flags)[1024]; int (*max_entries)[10]; } arena;
        SEC(\".addr_space.1\") int first = 7;
        SEC(\".addr_space.1\") int second = 9;
        SEC(\"syscall\") int run(void *ctx) { return *(volatile int *)&first + *(volatile int *)&second; }";
    let object = compiled("arena", text);
    let image = resolve(&object, &Target::default()).unwrap();
    let data = image.maps[0].arena.as_ref().unwrap();
    assert_eq!((data.offset, data.bytes.as_slice()), (9 * 4096, &[7, 0, 0, 0, 9, 0, 0, 0][..]));
    assert_eq!((image.maps.len(), offsets(&image)), (1, vec![9 * 4096, 9 * 4096 + 4]));
    let mut old = Target::default();
    old.features.set(Feature::FarMapValue, false);
    let image = resolve(&object, &old).unwrap();
    assert_eq!((image.maps[0].arena.as_ref().unwrap().offset, offsets(&image)), (0, vec![0, 4]));
    let alone = compiled("no-arena", &text.replace("int (*type)[33]", "int (*type)[2]"));
    let errors = resolve(&alone, &Target::default()).unwrap_err().to_string();
    assert!(errors.contains("variables of an arena, and no map that is one"), "{errors}");
}

#[test]
fn what_is_called_on_an_exception_comes_along() {
    let tag = "__attribute__((btf_decl_tag(\"exception_callback:caught\")))";
    let text = |callback: &str| format!("{callback} {tag} SEC(\"tc\") int run(void *ctx) {{ return 0; }}");
    let callback = "__attribute__((noinline)) int caught(unsigned long long cookie) { return 16; }";
    let image = resolve(&compiled("caught", &text(callback)), &Target::default()).unwrap();
    assert_eq!((image.programs[0].functions.len(), image.programs[0].insns.len()), (2, 4));
    let errors = resolve(&compiled("uncaught", &text("")), &Target::default()).unwrap_err().to_string();
    assert!(errors.contains("there is no function `caught`"), "{errors}");
    let hidden = format!("__attribute__((visibility(\"hidden\"))) {callback}");
    let errors = resolve(&compiled("hidden", &text(&hidden)), &Target::default()).unwrap_err().to_string();
    assert!(errors.contains("must be one global function"), "{errors}");
}

#[test]
fn contexts_by_their_tag_are_named_for_old_verifiers() {
    let parameter = |section: &str, spelled: &str, target: &Target| {
        let text = format!(
            "struct pt_regs {{ long ax; }}; typedef struct pt_regs bpf_user_pt_regs_t; struct other {{ long ax; }};
            __attribute__((noinline)) int helped({spelled} *ctx __attribute__((btf_decl_tag(\"arg:ctx\")))) {{ return ctx != 0; }}
            SEC(\"{section}\") int run(void *ctx) {{ return helped(ctx); }}"
        );
        let image = resolve(&compiled("contexts", &text), target).unwrap();
        let types = Btf::parse(image.btf.unwrap()).unwrap();
        let function = image.programs[0].functions[1].type_id;
        let osmia_btf::Kind::Func { proto, .. } = types.get(function).unwrap().kind else {
            panic!("no function")
        };
        let osmia_btf::Kind::FuncProto { params, .. } = types.get(proto).unwrap().kind else {
            panic!("no prototype")
        };
        types.type_name(params[0].ty)
    };
    let mut old = Target::default();
    old.features.set(Feature::ArgCtxTag, false);
    for (section, spelled, named) in [
        ("xdp", "void", "struct xdp_md *"),
        ("xdp", "struct other", "struct other *"),
        ("kprobe", "struct pt_regs", "struct bpf_user_pt_regs_t *"),
        ("kprobe", "bpf_user_pt_regs_t", "struct bpf_user_pt_regs_t *"),
        ("perf_event", "struct pt_regs", "struct bpf_perf_event_data *"),
        ("perf_event", "bpf_user_pt_regs_t", "struct bpf_perf_event_data *"),
        ("raw_tp", "unsigned long", "struct bpf_raw_tracepoint_args *"),
    ] {
        assert_eq!(parameter(section, spelled, &Target::default()), format!("{spelled} *"));
        assert_eq!(parameter(section, spelled, &old), named, "{section} {spelled}");
    }
}

#[test]
fn one_program_that_does_not_fit_does_not_keep_others_out() {
    let text = "
        extern int missing(int x) __attribute__((section(\".ksyms\"), weak));
        SEC(\"kprobes\") int unknown(void *ctx) { return 0; }
        SEC(\"fentry/no_such_function\") int absent(void *ctx) { return 0; }
        SEC(\"xdp\") int fine(void *ctx) { return missing ? missing(1) : 0; }";
    let object = compiled("each", text);
    assert!(resolve(&object, &kernel()).is_err());
    let image = resolve_each(&object, &kernel(), "").unwrap();
    let why = |index: usize| image.programs[index].unfit.first().map(ToString::to_string).unwrap_or_default();
    assert!(why(0).contains("the section `kprobes` says nothing"), "{}", why(0));
    assert!(why(1).contains("the kernel has no `no_such_function`"), "{}", why(1));
    assert_eq!(why(2), "");
    let poisoned = |insn: &Insn| matches!(insn, Insn::Call(Callee::Helper(2_002_000_000..)));
    assert!(image.programs[2].insns.iter().any(poisoned));
    assert_eq!(image.programs[2].poisoned.len(), 1);
    assert_eq!(image.maps.iter().map(|map| map.value_type).find(|ty| *ty != TypeId::VOID), None);
}
