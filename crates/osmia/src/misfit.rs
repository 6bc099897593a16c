//! Why a script does not fit this machine, with the lines to blame.
use osmia_base::{Diagnostic, Source, Span};
use osmia_object::{Function, Object, ResolveError, ResolveErrorKind, ResolveErrors, Symbol};

/// All errors in words, each with its place in the script where that is known.
pub(crate) fn explain(errors: &ResolveErrors, object: &Object, source: &Source) -> String {
    let told = errors.0.iter().map(|error| match place(error, object, source) {
        Some(span) => Diagnostic::error(span, words(error)).render(source),
        None => format!("ERROR: {error}\n"),
    });
    let mut told: Vec<String> = told.collect();
    told.dedup();
    told.concat()
}

fn words(error: &ResolveError) -> String {
    match &error.kind {
        ResolveErrorKind::NoSymbol(name) => format!("Failed to resolve kernel symbol: {name}"),
        kind => kind.to_string(),
    }
}

/// The place that the instruction was compiled from, or the first one that names the missing symbol.
fn place(error: &ResolveError, object: &Object, source: &Source) -> Option<Span> {
    let functions = || object.functions.iter().map(|(_, function)| function);
    let (function, insn) = match (error.insn, &error.kind) {
        (Some(insn), _) => (functions().find(|function| function.name == error.place)?, insn),
        (None, ResolveErrorKind::NoSymbol(name)) => {
            functions().find_map(|function| Some((function, naming(function, object, name)?)))?
        }
        (None, _) => return None,
    };
    let line = function.line_at(insn)?;
    (line.line > 0).then(|| source.span_in(&line.file, line.line, line.column))
}

/// The first instruction of a function that refers to an external symbol of this name.
fn naming(function: &Function, object: &Object, name: &str) -> Option<u32> {
    let named = |symbol: &Symbol| match symbol {
        Symbol::Extern(key) => object.externs[*key].name == name,
        _ => false,
    };
    function.relocs.iter().find(|reloc| named(&reloc.symbol)).map(|reloc| reloc.insn)
}
