//! BTF that goes on where another ends.
mod tools;

use osmia_btf::core::{AccessSpec, Candidates, CoreReloc, RelocKind, resolve, resolve_with};
use osmia_btf::{Btf, Builder, Member, TypeId, c, dump};
use std::fs;
use tools::{assert_same_lines, kernel, run, scratch, section, text};

const MODULE: &str = "
struct list_head { struct list_head *next, *prev; };
struct osmia_module { long first; struct list_head list; int member; };
struct osmia_module variable;
int osmia_function(struct osmia_module *module) { return module->member; }
";

/// A module as pahole makes it, split from the kernel's BTF, in a directory of this name.
fn module(name: &str) -> (Btf, Btf, String) {
    let dir = scratch(name);
    let (source, object) = (dir.join("module.c"), dir.join("module.o"));
    fs::write(&source, MODULE).expect("a file");
    run("gcc", &["-g", "-c", text(&source), "-o", text(&object)]);
    run("pahole", &["-J", "--btf_base", "/sys/kernel/btf/vmlinux", text(&object)]);
    let dumped = run(
        "bpftool",
        &["btf", "dump", "-B", "/sys/kernel/btf/vmlinux", "file", text(&object), "format", "raw"],
    );
    let base = kernel();
    let split = Btf::parse_split(section(&object, ".BTF"), &base).expect("split BTF");
    (base, split, dumped)
}

#[test]
fn module_btf_goes_on_from_the_kernels() {
    let (base, split, dumped) = module("split");
    assert_same_lines(&dump::raw(&split).expect("all types decode"), &dumped);
    assert_eq!(split.first_id().0, base.len());
    let mine = split.find_struct("osmia_module").expect("the module's structure");
    assert!(mine >= split.first_id());
    assert_eq!(base.find_struct("osmia_module"), None);
    let task = split.find_struct("task_struct").expect("the kernel's structure");
    assert_eq!(Some(task), base.find_struct("task_struct"));
    let member = split.field(mine, "member").expect("a member");
    assert_eq!((member.bit_offset, split.type_name(member.ty).as_str()), (192, "int"));
    assert_eq!(split.size_of(mine), Ok(32));
    assert!(split.functions().any(|(_, name)| name == "osmia_function"));
    let text = c::definitions(&split, &[mine]).expect("C");
    assert!(text.contains("struct list_head list;"), "{text}");
}

#[test]
fn modules_are_asked_where_the_kernel_has_no_such_type() {
    let (base, split, _) = module("asked");
    let mut builder = Builder::new();
    let int = builder.add_int("int", 4, osmia_btf::IntEncoding::SIGNED);
    let ty = builder.add_struct("osmia_module", 4, vec![Member::at("member", int, 0)]);
    let task = builder.add_struct("task_struct", 4, vec![Member::at("pid", int, 0)]);
    let local = Btf::parse(builder.finish()).expect("BTF");
    let ask = |ty: TypeId| CoreReloc { ty, access: AccessSpec(vec![0, 0]), kind: RelocKind::FieldByteOffset };
    let alone = resolve(&local, &ask(ty), &split).expect("an answer");
    assert_eq!((alone.value, alone.poison), (24, false));
    let two = Btf::stack(&split, &base, &split).expect("two modules");
    let mut candidates = Candidates::default();
    let found = resolve_with(&local, &ask(ty), &two, &mut candidates).expect("an answer");
    assert_eq!((found.value, candidates[&ty].len()), (24, 2), "both modules have it, and at the same place");
    let missing = resolve(&local, &ask(ty), &base).expect("an answer");
    assert!(missing.poison && !missing.exists);
    let pid = resolve(&local, &ask(task), &two).expect("an answer");
    let place = base.field(base.find_struct("task_struct").expect("a task"), "pid").expect("pid");
    assert_eq!(pid.value, u64::from(place.bit_offset / 8));
}
