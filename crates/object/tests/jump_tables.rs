//! Jump tables: objects as LLVM 22 makes them, written in assembly, as no compiler of today's distributions has `gotox`.
mod common;

use osmia_abi::MapType;
use osmia_isa::{Imm64, Insn};
use osmia_object::elf::{self, Input};
use osmia_object::{Image, Object, Target, resolve, resolve_later};
use std::path::Path;

/// A function that looks the number in `r1` up in a table of two places and one more behind it.
fn function(name: &str, table: &str, first: i32, scope: &str) -> String {
    format!(
        "{scope}\n.type {name},@function\n{name}:\n\
         if r1 > 2 goto {name}_no\n r1 <<= 3\n r2 = {table} ll\n r2 += r1\n r2 = *(u64 *)(r2 + 0)\n\
         .byte 0x0d, 0x02, 0, 0, 0, 0, 0, 0\n\
         {name}_a:\n r0 = {first}\n exit\n\
         {name}_no:\n r0 = 0\n exit\n\
         {name}_b:\n r0 = {first}\n r0 += 1\n exit\n\
         {name}_end:\n.size {name}, {name}_end-{name}\n"
    )
}

fn table(name: &str, function: &str) -> String {
    let entries: String = ["a", "b", "a"].iter().map(|label| format!(".quad {function}_{label}\n")).collect();
    format!(".type {name},@object\n.globl {name}\n{name}:\n{entries}.size {name}, 24\n")
}

/// Two programs of one section, the second of which calls the first function of `.text`'s two.
fn source() -> String {
    let main = "r6 = r1\n r1 = *(u32 *)(r6 + 0)\n call sub\n exit\n";
    let main =
        format!(".globl main\n.type main,@function\nmain:\n {main} main_end:\n.size main, main_end-main\n");
    let direct = function("direct", "BPF.JT.1.0", 10, ".globl direct").replacen(
        "direct:\n",
        "direct:\n r1 = *(u32 *)(r1 + 0)\n",
        1,
    );
    format!(
        ".text\n{}{}.section syscall,\"ax\",@progbits\n{direct}{main}.section .jumptables,\"\",@progbits\n{}{}{}",
        function("other", "BPF.JT.0.0", 30, ".globl other"),
        function("sub", "BPF.JT.2.0", 20, ".globl sub"),
        table("BPF.JT.0.0", "other"),
        table("BPF.JT.1.0", "direct"),
        table("BPF.JT.2.0", "sub"),
    )
}

fn assembled(dir: &Path, name: &str, text: &str) -> Vec<u8> {
    assembled_for(dir, name, text, "bpfel")
}

fn assembled_for(dir: &Path, name: &str, text: &str, target: &str) -> Vec<u8> {
    let (source, object) = (dir.join(format!("{name}.s")), dir.join(format!("{name}.o")));
    std::fs::write(&source, text).unwrap();
    common::run(
        "clang-19",
        &["-target", target, "-c", &source.to_string_lossy(), "-o", &object.to_string_lossy()],
    );
    std::fs::read(object).unwrap()
}

fn read(test: &str, text: &str) -> Object {
    let dir = common::scratch(test);
    let object = common::read(test, &assembled(&dir, "x", text));
    std::fs::remove_dir_all(dir).unwrap();
    object
}

/// For each table's map: the program it is for, and the places in it.
fn tables(image: &Image) -> Vec<(&str, Vec<u32>)> {
    let maps = image.maps.iter().filter(|map| map.kind == MapType::InsnArray);
    maps.map(|map| {
        assert_eq!(
            (map.name.as_str(), map.key_size, map.value_size, map.frozen),
            (".jumptables", 4, 16, true)
        );
        assert_eq!(map.max_entries as usize, map.initial.len());
        let places = map.initial.iter().map(|(_, value)| {
            assert!(value[4..].iter().all(|byte| *byte == 0));
            u32::from_ne_bytes(value[..4].try_into().unwrap())
        });
        (image.programs[map.table_of.unwrap()].name.as_str(), places.collect())
    })
    .collect()
}

#[test]
fn a_table_becomes_a_map_of_places_in_its_program() {
    let object = read("tables", &source());
    let names: Vec<&str> = object.tables.values().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["BPF.JT.0.0", "BPF.JT.2.0", "BPF.JT.1.0"]);
    let image = resolve(&object, &Target::default()).unwrap();
    // `direct` begins with one more instruction; `sub` stands behind the four of `main`. `other` is not reached.
    assert_eq!(tables(&image), [("direct", vec![8, 12, 8]), ("main", vec![4 + 7, 4 + 11, 4 + 7])]);
    for program in &image.programs {
        let at = program.insns.iter().position(|insn| matches!(insn, Insn::GotoRegister { .. })).unwrap();
        let load = program.insns[..at].iter().rev().find_map(|insn| match insn {
            Insn::LoadImm64 { value: Imm64::MapValue { map, offset: 0 }, .. } => Some(*map as usize),
            _ => None,
        });
        let map = &image.maps[load.unwrap()];
        assert_eq!(image.programs[map.table_of.unwrap()].name, program.name);
    }
}

#[test]
fn what_was_read_is_written_again() {
    let dir = common::scratch("tables-again");
    // The registers' halves of a byte change places with the byte order.
    let swapped = source().replace(".byte 0x0d, 0x02", ".byte 0x0d, 0x20");
    let mut tables = Vec::new();
    for (target, source) in [("bpfel", source()), ("bpfeb", swapped)] {
        let object = common::read(target, &assembled_for(&dir, "x", &source, target));
        let written = elf::write(&object);
        let again = common::read("tables, written again", &written);
        assert_eq!(common::print(&object), common::print(&again), "{target}");
        assert_eq!(elf::write(&again), written, "{target}");
        std::fs::write(dir.join("y.o"), written).unwrap();
        let relocs = common::run("llvm-readelf-19", &["-rW", &dir.join("y.o").to_string_lossy()]);
        assert_eq!(relocs.matches("R_BPF_64_ABS64").count(), 9, "{target}: {relocs}");
        tables.push(object.tables.values().cloned().collect::<Vec<_>>());
    }
    assert_eq!(tables[0], tables[1]);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn linking_moves_tables_with_their_code() {
    let dir = common::scratch("tables-linked");
    let types = ".section .BTF,\"\",@progbits\n.short 0xeb9f\n.byte 1, 0\n.long 24, 0, 0, 0, 1\n.byte 0\n";
    let first = format!("{}{types}", source());
    // Static ones: nothing has a type here, which global ones need.
    let local = |line: &&str| !line.starts_with(".globl ") || line.contains("JT");
    let first: String = first.lines().filter(local).map(|line| format!("{line}\n")).collect();
    let second = first.replace("direct", "again").replace("main", "over");
    let (first, second) = (assembled(&dir, "one", &first), assembled(&dir, "two", &second));
    let inputs = [Input { name: "one", bytes: &first }, Input { name: "two", bytes: &second }];
    let linked = common::read("linked", &elf::link(&inputs).unwrap());
    std::fs::remove_dir_all(dir).unwrap();
    assert_eq!(linked.tables.len(), 6);
    let image = resolve(&linked, &Target::default()).unwrap();
    let (alone, called) = (vec![8, 12, 8], vec![11, 15, 11]);
    let all = [("direct", alone.clone()), ("main", called.clone()), ("again", alone), ("over", called)];
    assert_eq!(tables(&image), all);
}

#[test]
fn broken_tables_are_told() {
    let cases = [
        (".size BPF.JT.1.0, 24", ".size BPF.JT.1.0, 20", "is not made of whole entries"),
        (".size BPF.JT.1.0, 24", ".size BPF.JT.1.0, 0", "is not made of whole entries"),
        (".size BPF.JT.2.0, 24", ".size BPF.JT.2.0, 240", "goes past the section's end"),
        (".quad direct_b", ".quad main", "leads out of the function that uses it"),
        (".quad direct_b", ".quad direct_b+4", "leads out of the function that uses it"),
    ];
    let dir = common::scratch("tables-broken");
    for (from, to, says) in cases {
        let error = elf::read(&assembled(&dir, "x", &source().replace(from, to))).unwrap_err().to_string();
        assert!(error.contains("the jump table `BPF.JT.") && error.contains(says), "{to}: {error}");
    }
    std::fs::remove_dir_all(dir).unwrap();
    let errors =
        resolve_later(&read("tables-later", &source()), &Target::default(), "").unwrap_err().to_string();
    assert!(errors.contains("a jump table in an object that is loaded by a program"), "{errors}");
}
