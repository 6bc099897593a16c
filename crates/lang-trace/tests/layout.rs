//! How the script's own C definitions are laid out.
use osmia_base::Source;
use osmia_btf::{Btf, Kind};
use osmia_lang_trace::check::{Options, check};
use osmia_lang_trace::{expand, parse};
use osmia_object::Target;

/// All structures, unions and enumerations with their sizes, and where their members are.
fn layouts(btf: &Btf) -> String {
    let mut out = String::new();
    for id in btf.ids() {
        let Ok(ty) = btf.get(id) else { continue };
        match ty.kind {
            Kind::Struct(body) | Kind::Union(body) => {
                out += &format!("{}: {}\n", btf.type_name(id), body.size);
                for member in body.members {
                    let bits = member.bit_size.map_or_else(String::new, |bits| format!(" : {bits}"));
                    let (ty, at) = (btf.type_name(member.ty), member.bit_offset);
                    out += &format!("  {}.{} {ty} {}{bits}\n", at / 8, at % 8, member.name);
                }
            }
            Kind::Enum(body) | Kind::Enum64(body) => {
                let values = body.values.iter().map(|value| format!(" {}={}", value.name, value.value));
                out += &format!("{}: {}{}\n", btf.type_name(id), body.size, values.collect::<String>());
            }
            _ => {}
        }
    }
    out
}

fn describe(preamble: &str) -> String {
    let mut source = Source::new("stdin", format!("{preamble}\nbegin {{ }}"));
    let mut parsed = parse(&source);
    parsed.diagnostics.extend(expand(&mut parsed.script, &mut source));
    let checked = check(&parsed.script, &Target::default(), &Options::default());
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(checked.diagnostics);
    diagnostics.render(&source) + &checked.program.types.as_ref().map_or_else(String::new, layouts)
}

#[test]
fn definitions_are_laid_out_as_a_compiler_of_c_has_them() {
    osmia_testkit::golden("tests/layout", describe);
}
