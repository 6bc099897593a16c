//! BTF of objects that clang makes, against bpftool and C compilers.
mod tools;

use osmia_btf::ext::Ext;
use osmia_btf::{Btf, Builder, Endian, Import, KindTag, c, dump, property, rust};
use std::collections::HashMap;
use std::fs;
use tools::{assert_same_lines, compile, run, scratch, section, text};

#[test]
fn raw_dump_of_an_object_equals_bpftool() {
    let dir = scratch("raw");
    let object = compile("kinds.c", &dir);
    let btf = Btf::parse(section(&object, ".BTF")).expect("BTF");
    let missing: Vec<KindTag> =
        KindTag::ALL.into_iter().filter(|&tag| !btf.ids().any(|id| btf.tag(id) == Some(tag))).collect();
    assert_eq!(missing, [KindTag::Void], "kinds that the test does not cover");
    let theirs = run("bpftool", &["btf", "dump", "file", text(&object), "format", "raw"]);
    assert_same_lines(&dump::raw(&btf).expect("all types decode"), &theirs);
    property::roundtrip(&btf);
}

/// Types printed as C and compiled again have the same layout.
#[test]
fn c_of_an_object_compiles_to_the_same_layout() {
    let dir = scratch("c");
    let object = compile("kinds.c", &dir);
    let btf = Btf::parse(section(&object, ".BTF")).expect("BTF");
    let mut source = c::header(&btf).expect("C");
    for name in ["bits", "packed", "aligned", "nested", "node", "other", "tagged"] {
        source
            .push_str(&format!("struct {name} *use_{name}(void) {{ static struct {name} x; return &x; }}\n"));
    }
    let again = dir.join("again.c");
    fs::write(&again, source).expect("a file");
    let object = dir.join("again.o");
    run("clang-19", &["-target", "bpf", "-g", "-Wno-everything", "-c", text(&again), "-o", text(&object)]);
    let other = Btf::parse(section(&object, ".BTF")).expect("BTF");
    for name in ["bits", "packed", "aligned", "nested", "node", "other", "tagged"] {
        assert_eq!(layout(&btf, name), layout(&other, name), "struct {name}");
    }
}

/// Types printed as Rust are taken by rustc, which asserts their sizes; members are where they are in C.
#[test]
fn rust_of_objects_has_the_same_layout() {
    let dir = scratch("rust");
    for source in ["kinds.c", "core_local.c", "core_target.c"] {
        let btf = Btf::parse(section(&compile(source, &dir), ".BTF")).expect("BTF");
        let mut text = rust::file(&btf).expect("Rust");
        let composite = |id: &osmia_btf::TypeId| {
            let name = btf.name(*id).unwrap_or_default();
            let same = btf.find(name).filter(|&id| btf.tag(id) != Some(KindTag::Fwd)).count();
            btf.tag(*id).is_some_and(KindTag::is_composite) && !name.is_empty() && same == 1
        };
        let mut count = 0;
        for id in btf.ids().filter(composite) {
            let ty = btf.get(id).expect("a type");
            for member in ty.kind.members().iter().filter(|it| it.bit_size.is_none() && !it.name.is_empty()) {
                let (name, field, at) = (&ty.name, &member.name, member.bit_offset / 8);
                let raw = if field == "type" || field == "union" { "r#" } else { "" };
                text.push_str(&format!(
                    "const _: () = assert!(::core::mem::offset_of!({name}, {raw}{field}) == {at});\n"
                ));
                count += 1;
            }
        }
        if source == "kinds.c" {
            assert!(count > 20, "only {count} members");
            text.push_str(BITS);
        }
        let file = dir.join(source).with_extension("rs");
        fs::write(&file, text).expect("a file");
        let out = dir.join("out.rmeta");
        run(
            "rustc",
            &[
                "--edition",
                "2024",
                "--crate-type",
                "lib",
                "--emit=metadata",
                "-o",
                text_of(&out),
                text_of(&file),
            ],
        );
    }
}

fn text_of(path: &std::path::Path) -> &str {
    text(path)
}

/// Bitfields are read as they were written, without touching their neighbours.
const BITS: &str = "
const _: () = {
    let mut bits: bits = unsafe { ::core::mem::zeroed() };
    bits.set_a(5);
    bits.set_b(-2);
    assert!(bits.a() == 5 && bits.b() == -2);
    bits.set_a(1);
    assert!(bits.a() == 1 && bits.b() == -2);
};
";

/// Size, and names, places and types of the members that have a name.
fn layout(btf: &Btf, name: &str) -> Vec<String> {
    let id = btf.find_struct(name).unwrap_or_else(|| panic!("struct {name}"));
    let ty = btf.get(id).expect("a type");
    let members = ty.kind.members().iter().filter(|member| !member.name.is_empty());
    let line = |member: &osmia_btf::Member| {
        let declaration = btf.declaration(member.ty, &member.name);
        format!("{declaration} @{} {:?}", member.bit_offset, member.bit_size)
    };
    let size = format!("size {}", btf.size_of(id).expect("a size"));
    members.map(line).chain([size]).collect()
}

#[test]
fn extension_records_are_read_and_written() {
    let dir = scratch("ext");
    let object = compile("kinds.c", &dir);
    let btf = Btf::parse(section(&object, ".BTF")).expect("BTF");
    let bytes = section(&object, ".BTF.ext");
    let ext = Ext::parse(&bytes).expect("records");
    let sections: Vec<&str> = ext.func_info.iter().map(|it| btf.string(it.name).expect("a name")).collect();
    assert_eq!(sections, ["socket", ".text"]);
    let functions: Vec<&str> =
        ext.func_info.iter().flat_map(|it| &it.records).map(|it| btf.name(it.ty).expect("a name")).collect();
    assert_eq!(functions, ["entry", "helper"]);
    let source =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c/kinds.c")).expect("the source");
    let lines: Vec<&str> = source.lines().collect();
    for record in ext.line_info.iter().flat_map(|it| &it.records).filter(|it| it.line() > 0) {
        assert_eq!(btf.string(record.text).expect("a line"), lines[record.line() as usize - 1]);
    }
    assert_eq!(ext.write(Endian::Little), bytes, "written again, it is the same to the byte");
    assert_eq!(Ext::parse(&ext.write(Endian::Big)), Ok(ext));
}

/// A part of one BTF, with only what it needs.
#[test]
fn a_type_is_imported_with_what_it_needs() {
    let dir = scratch("import");
    let btf = Btf::parse(section(&compile("kinds.c", &dir), ".BTF")).expect("BTF");
    let other = btf.find_struct("other").expect("struct other");
    let import = |part| {
        let mut builder = Builder::new();
        let id = builder.import(&btf, other, &mut HashMap::new(), |_, _| part).expect("imported");
        (Btf::parse(builder.finish()).expect("written"), id)
    };
    let (whole, id) = import(Import::Whole);
    assert_eq!(layout(&whole, "other"), layout(&btf, "other"));
    assert_eq!(layout(&whole, "nested"), layout(&btf, "nested"));
    assert_eq!(whole.name(id), Some("other"));
    let (least, id) = import(Import::Declaration);
    assert_eq!(
        dump::raw(&least).expect("text"),
        "\
[1] STRUCT 'other' size=24 vlen=2
\t'node' type_id=2 bits_offset=0
\t'nested' type_id=3 bits_offset=128
[2] FWD 'node' fwd_kind=struct
[3] PTR '(anon)' type_id=4
[4] FWD 'nested' fwd_kind=struct
"
    );
    assert_eq!(least.name(id), Some("other"));
}

/// The kernel takes what the builder writes, and gives it back.
#[test]
fn the_kernel_takes_what_is_written() {
    let dir = scratch("load");
    let object = compile("loads.c", &dir);
    let btf = Btf::parse(section(&object, ".BTF")).expect("BTF");
    let written = dir.join("written.btf");
    fs::write(&written, Builder::from(&btf).expect("a builder").finish()).expect("a file");
    let rewritten = dir.join("rewritten.o");
    let update = format!(".BTF={}", text(&written));
    run("llvm-objcopy-19", &["--update-section", &update, text(&object), text(&rewritten)]);
    let pin = format!("/sys/fs/bpf/osmia-btf-{}", std::process::id());
    run("bpftool", &["prog", "load", text(&rewritten), &pin]);
    let shown = run("bpftool", &["--json", "prog", "show", "pinned", &pin]);
    let (_, id) = shown.split_once("\"btf_id\":").expect("the program has BTF");
    let id: String = id.chars().take_while(char::is_ascii_digit).collect();
    let theirs = run("bpftool", &["btf", "dump", "id", &id, "format", "raw"]);
    fs::remove_file(&pin).expect("the pin");
    let ours = dump::raw(&btf).expect("text");
    assert_same_lines(&without_sections(&ours), &without_sections(&theirs));
}

/// The loader fills in sizes and offsets of data sections, and makes the linkage of unused functions static.
fn without_sections(dump: &str) -> String {
    let of_section = |line: &str| line.contains("DATASEC") || line.starts_with("\ttype_id=");
    dump.lines().filter(|line| !of_section(line)).flat_map(|line| [line, "\n"]).collect()
}
