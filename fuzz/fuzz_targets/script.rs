#![no_main]
//! Any text is a script that compiles, or errors.
use osmia_base::Source;
use osmia_lang_trace::{LowerOptions, check, lower, parse};
use osmia_object::Target;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source::new("fuzz", text);
    let parsed = parse(&source);
    let target = Target { cpus: 1, ..Target::default() };
    let checked = check::check(&parsed.script, &target, &check::Options::default());
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(checked.diagnostics);
    if diagnostics.has_errors() {
        let _ = diagnostics.render(&source);
        return;
    }
    if let Ok(mut lowered) = lower(&checked.program, &source, &target, &LowerOptions::default()) {
        osmia_ir::optimize(&mut lowered.module);
        let _ = osmia_ir::emit(lowered.module, &osmia_ir::Options::default());
    }
});
