#![no_main]
//! Any text is C that compiles, or errors.
use osmia_base::Source;
use osmia_lang_c::compile;
use osmia_lang_c::headers::Builtin;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut source = Source::new("fuzz.c", text);
    let compiled = compile(&mut source, &Builtin, &[], None);
    let _ = compiled.diagnostics.render(&source);
    if let Some(mut module) = compiled.module {
        osmia_ir::optimize(&mut module);
        let _ = osmia_ir::emit(module, &osmia_ir::Options::default());
    }
});
