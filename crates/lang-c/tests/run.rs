//! C in, what the program returns out: compiled, optimized, and run in osmia's own machine.
use osmia_base::Source;
use osmia_ir::{Isa, Options, emit, optimize};
use osmia_lang_c::compile;
use osmia_lang_c::headers::NoHeaders;
use osmia_object::{Object, Target, elf, resolve};
use osmia_vm::{Input, Machine};

/// A packet of different bytes.
fn packet() -> Vec<u8> {
    (0..64_u8).map(|at| at.wrapping_mul(37) ^ 0x5a).collect()
}

fn object(text: &str, isa: Isa) -> Result<Object, String> {
    let mut source = Source::new("test.c", text);
    let compiled = compile(&mut source, &NoHeaders, &[], None);
    let Some(mut module) = compiled.module else { return Err(compiled.diagnostics.render(&source)) };
    optimize(&mut module);
    emit(module, &Options { isa }).map_err(|error| error.to_string())
}

fn returned(object: &Object) -> Result<u32, String> {
    let target = Target { cpus: 2, ..Target::default() };
    let image = resolve(object, &target).map_err(|errors| format!("{errors:?}"))?;
    let options = osmia_vm::Options { cpus: 2, ..osmia_vm::Options::default() };
    let mut machine = Machine::new(image, options).map_err(|error| error.to_string())?;
    let program = machine.program("prog").ok_or("there is no program `prog`")?;
    let mut input = Input { context: vec![0; 24], packet: packet() };
    machine.run_on(program, &mut input).map(|number| number as u32).map_err(|fault| fault.to_string())
}

/// What a program returns, whatever the instruction set, and when it was written to a file in between.
fn answer(text: &str) -> Result<u32, String> {
    let mut answers = Vec::new();
    for isa in [Isa::V3, Isa::V4] {
        let object = object(text, isa)?;
        answers.push(returned(&object)?);
        let read = elf::read(&elf::write(&object)).map_err(|error| error.to_string())?;
        answers.push(returned(&read)?);
    }
    answers.dedup();
    match answers.as_slice() {
        [answer] => Ok(*answer),
        answers => Err(format!("the answers differ: {answers:?}")),
    }
}

#[test]
fn programs_return() {
    osmia_testkit::golden("tests/run", |text| match answer(text) {
        Ok(number) => format!("{number}\n"),
        Err(message) => message,
    });
}
