//! Random programs mean what C says: each returns what it returned when a compiler made it for a processor that has nothing to do with
//! BPF. `cargo run --example random_c` writes them for such a compiler; `OSMIA_C_ANSWERS` names a longer list of what they return.
mod generator;

use osmia_base::Source;
use osmia_ir::{Isa, Options, emit, optimize};
use osmia_lang_c::compile;
use osmia_lang_c::headers::NoHeaders;
use osmia_object::{Object, Target, resolve};
use osmia_vm::{Input, Machine};

/// What programs for BPF have and others have not.
const BEFORE: &str =
    "#define SEC(x) __attribute__((section(x), used))\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n";

/// One line a program: its number, and what it returns.
const ANSWERS: &str = include_str!("meaning/answers.txt");

fn object(text: &str, isa: Isa) -> Result<Object, String> {
    let mut source = Source::new("test.c", text);
    let compiled = compile(&mut source, &NoHeaders, &[], None);
    let Some(mut module) = compiled.module else { return Err(compiled.diagnostics.render(&source)) };
    optimize(&mut module);
    emit(module, &Options { isa }).map_err(|error| error.to_string())
}

fn returned(object: &Object, name: &str) -> Result<i32, String> {
    let image = resolve(object, &Target::default()).map_err(|errors| format!("{errors:?}"))?;
    let mut machine = Machine::new(image, osmia_vm::Options::default()).map_err(|error| error.to_string())?;
    let program = machine.program(name).ok_or("there is no such program")?;
    let mut input = Input { context: vec![0; 24], packet: Vec::new() };
    machine.run_on(program, &mut input).map(|number| number as i32).map_err(|fault| fault.to_string())
}

/// What a program returns.
fn answer(seed: u64) -> Result<i32, String> {
    let text = format!("{BEFORE}{}{}", generator::PRELUDE, generator::program(seed));
    let isa = if seed.is_multiple_of(2) { Isa::V3 } else { Isa::V4 };
    returned(&object(&text, isa)?, &format!("prog_{seed}"))
}

/// Whether a program is too large for BPF, which is nobody's mistake.
fn is_too_large(message: &str) -> bool {
    message.contains("bytes of stack") || message.contains("is too long")
}

/// Programs and what they return.
fn answers() -> Vec<(u64, i32)> {
    let more = std::env::var_os("OSMIA_C_ANSWERS");
    let more = more.map(|path| std::fs::read_to_string(path).expect("OSMIA_C_ANSWERS can be read"));
    let lines = more.as_deref().unwrap_or(ANSWERS).lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(seed, answer)| (seed.parse().expect("a number"), answer.parse().expect("an answer")))
        .collect()
}

#[test]
fn programs_return_what_c_says() {
    let (mut large, mut wrong) = (0, Vec::new());
    let answers = answers();
    assert!(answers.len() >= 90);
    for &(seed, expected) in &answers {
        match answer(seed) {
            Ok(number) if number == expected => {}
            Err(message) if is_too_large(&message) => large += 1,
            other => wrong.push((seed, expected, other)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(large * 20 < answers.len(), "{large} programs are too large");
}
