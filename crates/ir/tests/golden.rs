//! Golden tests: IR in, IR or instructions out.
use osmia_ir::{Isa, Options, emit, text, validate_module};
use osmia_isa::text::{Names, llvm};
use osmia_object::Object;
use std::fmt::Write;

fn listing(object: &Object) -> String {
    let mut out = String::new();
    for function in object.functions.values() {
        let _ = writeln!(out, "{}:", function.name);
        let text = llvm::disassemble(&function.insns, &Names::of_helpers(), llvm::Narrow::W);
        let mut slot = 0;
        for (insn, line) in text.lines().enumerate() {
            let _ = write!(out, "{line}");
            for reloc in function.relocs.iter().filter(|reloc| reloc.insn == insn as u32) {
                let _ = write!(out, "  ; {:?}", reloc.symbol);
            }
            for core in function.core.iter().filter(|core| core.insn == insn as u32) {
                let _ = write!(out, "  ; core {} {:?} {}", core.type_id.0, core.access, core.kind);
            }
            out.push('\n');
            slot += function.insns[insn].slots();
        }
        let _ = writeln!(out, "{slot} slots");
    }
    out
}

fn isa(input: &str) -> Isa {
    match input.lines().next().unwrap_or("") {
        "# v1" => Isa::V1,
        "# v2" => Isa::V2,
        "# v4" => Isa::V4,
        _ => Isa::V3,
    }
}

#[test]
fn emits() {
    osmia_testkit::golden("tests/emit", |input| {
        let mut module = match text::parse(input) {
            Ok(module) => module,
            Err(error) => return error.to_string(),
        };
        if input.starts_with("# optimize") {
            osmia_ir::optimize(&mut module);
        }
        match emit(module, &Options { isa: isa(input) }) {
            Ok(object) => listing(&object),
            Err(error) => error.to_string(),
        }
    });
}

#[test]
fn text_round_trip() {
    osmia_testkit::cases("tests/emit").iter().for_each(|path| {
        let input = std::fs::read_to_string(path).unwrap();
        let Ok(module) = text::parse(input.split("---- expect").next().unwrap()) else { return };
        let printed = text::print(&module);
        let again =
            text::parse(&printed).unwrap_or_else(|error| panic!("{}: {error}\n{printed}", path.display()));
        assert_eq!(text::print(&again), printed, "{}", path.display());
    });
}

#[test]
fn passes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passes");
    let mut seen = 0;
    for dir in std::fs::read_dir(root).unwrap() {
        let name = dir.unwrap().file_name().into_string().unwrap();
        seen += 1;
        osmia_testkit::golden(&format!("tests/passes/{name}"), |input| {
            let mut module = text::parse(input).unwrap_or_else(|error| panic!("{name}: {error}"));
            validate_module(&module).unwrap_or_else(|error| panic!("{name}: {error}"));
            osmia_ir::run_pass(&mut module, &name);
            validate_module(&module)
                .unwrap_or_else(|error| panic!("after {name}: {error}\n{}", text::print(&module)));
            text::print(&module)
        });
    }
    assert!(seen > 0);
}
