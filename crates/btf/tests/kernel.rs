//! The kernel's own BTF, against bpftool and C compilers.
mod tools;

use osmia_btf::{Btf, Kind, KindTag, TypeId, c, dump, property};
use std::fmt::Write;
use std::fs;
use tools::{assert_same_lines, kernel, run, scratch, text};

const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

#[test]
fn raw_dump_equals_bpftool() {
    let theirs = run("bpftool", &["btf", "dump", "file", VMLINUX, "format", "raw"]);
    assert_same_lines(&dump::raw(&kernel()).expect("all types decode"), &theirs);
}

#[test]
fn what_is_written_reads_the_same() {
    property::roundtrip(&kernel());
}

/// Searching and the index find what a look at every name finds.
#[test]
fn finds_what_a_scan_finds() {
    let btf = kernel();
    for name in
        ["task_struct", "u64", "vfs_read", "int", "ip", "sk_buff", "list_head", "vfs_read", "u64", "x"]
    {
        let scanned: Vec<TypeId> = btf.ids().filter(|&id| btf.name(id) == Some(name)).collect();
        assert_eq!(btf.find(name).collect::<Vec<_>>(), scanned, "{name}");
        assert_eq!(kernel().find(name).collect::<Vec<_>>(), scanned, "{name} without index");
    }
    let sample = |&id: &TypeId| id.0 % 101 == 0 || btf.name(id).is_some_and(|name| name.contains("___"));
    for id in btf.ids().filter(sample) {
        let name = btf.name(id).expect("a name");
        assert!(name.is_empty() || btf.find(name).any(|found| found == id), "{name}");
    }
    assert_eq!(btf.find("").count(), 0);
    assert_eq!(btf.find("no such thing at all").count(), 0);
    assert_eq!(btf.type_name(btf.find_struct("task_struct").expect("task_struct")), "struct task_struct");
    assert_eq!(btf.enumerator("BPF_MAP_TYPE_ARRAY").map(|found| found.value), Some(2));
    assert!(btf.functions().any(|(_, name)| name == "vfs_read"));
}

/// Of every hundredth enumeration the last value.
#[test]
fn enumerators_are_found_wherever_they_stand() {
    let btf = kernel();
    let is_enum = |&id: &TypeId| btf.tag(id).is_some_and(KindTag::is_enum);
    let enums: Vec<TypeId> = btf.ids().filter(is_enum).collect();
    assert!(enums.len() > 1000);
    let values = |id: TypeId| btf.get(id).expect("an enum").kind.enumerators().to_vec();
    for &id in enums.iter().step_by(100) {
        let Some(last) = values(id).pop() else { continue };
        let found = btf.enumerators(&last.name);
        let same = |ty: &TypeId| values(*ty).iter().any(|it| it.name == last.name);
        let expected: Vec<TypeId> = enums.iter().copied().filter(same).collect();
        assert_eq!(found.iter().map(|it| it.ty).collect::<Vec<_>>(), expected, "{}", last.name);
        let own = found.iter().find(|it| it.ty == id).expect("its own");
        assert_eq!((own.index as usize, own.value), (values(id).len() - 1, last.value), "{}", last.name);
    }
}

/// The header compiles, and every structure and member in it is where BTF has it.
#[test]
fn header_compiles_with_the_same_layout() {
    let btf = kernel();
    let dir = scratch("header");
    let header = dir.join("vmlinux.h");
    fs::write(&header, c::header(&btf).expect("the header is written")).expect("a file");
    let checks = dir.join("checks.c");
    let (asserts, count) = layout_asserts(&btf);
    assert!(count > 20_000, "only {count} checks");
    fs::write(&checks, format!("#include \"vmlinux.h\"\n{asserts}")).expect("a file");
    run("clang-19", &["-target", "bpf", "-Werror", "-Wno-everything", "-fsyntax-only", text(&checks)]);
    run("gcc", &["-w", "-fsyntax-only", text(&checks)]);
}

/// Debian's bpftool (7.1) has no sorting and no kernel functions, and does not know some attributes; the rest is the same.
#[test]
fn header_in_order_of_numbers_equals_bpftool() {
    let theirs = run("bpftool", &["btf", "dump", "file", VMLINUX, "format", "c"]);
    let ours = c::header_in(&kernel(), c::Order::Numbered).expect("the header is written");
    let types = |text: &str| -> String {
        let start = text.find("\ntypedef").expect("a first type");
        let end = text.find("\n/* BPF kfuncs */").or_else(|| text.rfind("#ifndef")).expect("an end");
        let plain = text[start..end].replace(" __attribute__((mode(byte)))", "");
        plain.lines().filter(|line| !line.contains("___size[")).flat_map(|line| [line, "\n"]).collect()
    };
    assert_same_lines(&types(&ours), &types(&theirs));
}

/// Sorting changes nothing but the order.
#[test]
fn no_type_is_lost_by_sorting() {
    let defined = |order| {
        let text = c::header_in(&kernel(), order).expect("the header is written");
        let starts = |word| text.lines().filter(|line| line.starts_with(word) && line.ends_with('{')).count();
        ["struct ", "union ", "enum ", "enum {", "typedef "].map(starts)
    };
    assert_eq!(defined(c::Order::Sorted), defined(c::Order::Numbered));
}

/// Size of every named structure whose name is unique, and places of its members.
fn layout_asserts(btf: &Btf) -> (String, usize) {
    let (mut text, mut count) = (String::new(), 0);
    for (id, ty) in btf.types() {
        let ty = ty.expect("a type");
        let composite = btf.tag(id).is_some_and(KindTag::is_composite);
        let same_name = btf.find(&ty.name).filter(|&other| is_tag(btf, other)).count();
        // It holds a `va_list`, which is the compiler's own.
        if !composite || ty.name.is_empty() || same_name != 1 || ty.name == "warn_args" {
            continue;
        }
        let name = btf.type_name(id);
        let size = btf.size_of(id).expect("a size");
        let _ = writeln!(text, "_Static_assert(sizeof({name}) == {size}, \"size of {name}\");");
        for member in ty.kind.members().iter().filter(|it| !it.name.is_empty() && it.bit_size.is_none()) {
            let (field, offset) = (&member.name, member.bit_offset / 8);
            let place = format!("__builtin_offsetof({name}, {field})");
            let _ = writeln!(text, "_Static_assert({place} == {offset}, \"{name}.{field}\");");
            count += 1;
        }
    }
    (text, count)
}

fn is_tag(btf: &Btf, id: TypeId) -> bool {
    let tag = btf.tag(id).expect("a type");
    tag.is_composite() || tag.is_enum() || tag == KindTag::Fwd
}

/// One type with all it needs compiles alone.
#[test]
fn definitions_of_one_type_compile() {
    let btf = kernel();
    let dir = scratch("definitions");
    for name in ["task_struct", "sk_buff", "file", "bpf_prog", "list_head"] {
        let id = btf.find_struct(name).expect(name);
        let source = dir.join(name).with_extension("c");
        let text_of = c::definitions(&btf, &[id]).expect("definitions");
        fs::write(&source, format!("{text_of}\nstruct {name} x;\n")).expect("a file");
        run("clang-19", &["-target", "bpf", "-Wno-everything", "-fsyntax-only", text(&source)]);
    }
}

#[test]
fn fields_are_found_through_anonymous_members() {
    let btf = kernel();
    let sk_buff = btf.find_struct("sk_buff").expect("sk_buff");
    let len = btf.field(sk_buff, "len").expect("sk_buff.len");
    let next = btf.field(sk_buff, "next").expect("sk_buff.next, in an anonymous union");
    assert!(next.path.len() >= 2, "{:?}", next.path);
    assert_eq!(next.bit_offset, 0);
    assert_eq!(btf.type_name(next.ty), "struct sk_buff *");
    assert_eq!(btf.type_name(len.ty), "unsigned int");
    assert_eq!(btf.field(sk_buff, "no_such_member"), None);
    let comm = btf.field(btf.find_struct("task_struct").expect("task_struct"), "comm").expect("comm");
    assert_eq!(btf.declaration(comm.ty, "comm"), "char comm[16]");
}

#[test]
fn functions_have_their_prototypes() {
    let btf = kernel();
    let id = btf.find_func("vfs_read").expect("vfs_read");
    let Kind::Func { proto, .. } = btf.get(id).expect("a type").kind else { panic!("not a function") };
    assert_eq!(btf.tag(proto), Some(KindTag::FuncProto));
    assert_eq!(
        btf.type_name(id),
        "ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)"
    );
}
