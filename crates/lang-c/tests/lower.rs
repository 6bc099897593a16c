//! C in, IR out, as it is before any pass, or types; or what cannot be lowered.
use osmia_base::Source;
use osmia_btf::{Btf, dump};
use osmia_ir::{text, validate_module};
use osmia_lang_c::compile;
use osmia_lang_c::headers::NoHeaders;

#[test]
fn functions_become_ir() {
    osmia_testkit::golden("tests/lower", |input| {
        let mut source = Source::new("test.c", input);
        let compiled = compile(&mut source, &NoHeaders, &[], None);
        let Some(mut module) = compiled.module else { return compiled.diagnostics.render(&source) };
        assert_eq!(validate_module(&module), Ok(()));
        // Where things were written is another test's.
        for (_, function) in module.functions.iter_mut() {
            for (_, data) in function.blocks.iter_mut() {
                data.end_loc = Default::default();
                data.insts.iter_mut().for_each(|inst| inst.loc = Default::default());
            }
        }
        text::print(&module)
    });
}

#[test]
fn types_become_btf() {
    osmia_testkit::golden("tests/types", |input| {
        let mut source = Source::new("test.c", input);
        let compiled = compile(&mut source, &NoHeaders, &[], None);
        let Some(module) = compiled.module else { return compiled.diagnostics.render(&source) };
        let btf = Btf::parse(module.btf.finish()).unwrap_or_else(|error| panic!("{error}"));
        dump::raw(&btf).unwrap_or_else(|error| error.to_string())
    });
}
