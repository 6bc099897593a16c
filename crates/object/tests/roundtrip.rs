//! Writing an object and reading it again changes nothing; in both byte orders.
mod common;

use osmia_object::elf;

#[test]
fn reading_what_was_written_gives_the_same_object() {
    let dir = common::scratch("roundtrip");
    for source in common::corpus() {
        for target in ["bpfel", "bpfeb"] {
            let name = format!("{} for {target}", common::stem(&source));
            let object = common::read(&name, &common::compile(&source, target, &dir.join("x.o")));
            let written = elf::write(&object);
            let again = common::read(&format!("{name}, written again"), &written);
            let (before, after) = (common::print(&object), common::print(&again));
            let differing = before.lines().zip(after.lines()).enumerate().find(|(_, (a, b))| a != b);
            assert!(before == after, "{name}: first difference {differing:?}");
            assert_eq!(elf::write(&again), written, "{name}: writing is not stable");
        }
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn other_tools_read_what_was_written() {
    let dir = common::scratch("tools");
    for source in common::corpus() {
        let name = common::stem(&source);
        let (theirs, ours) = (dir.join("theirs.o"), dir.join("ours.o"));
        let object = common::read(&name, &common::compile(&source, "bpfel", &theirs));
        std::fs::write(&ours, elf::write(&object)).unwrap();
        let readelf = common::run("readelf", &["-aW", &ours.to_string_lossy()]);
        assert!(readelf.contains("Linux BPF") && !readelf.contains("rror"), "{name}: {readelf}");
        let code = |file: &std::path::Path| {
            let text = common::run(
                "llvm-objdump-19",
                &["-d", "--no-show-raw-insn", "--no-leading-addr", &file.to_string_lossy()],
            );
            let lines = text.lines().filter(|line| line.starts_with('\t') && !line.contains("call"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(code(&theirs), code(&ours), "{name}: llvm-objdump sees other instructions");
    }
    std::fs::remove_dir_all(dir).unwrap();
}
