//! All steps at once.
use crate::headers::Headers;
use crate::{Names, check, lower, parse, preprocess};
use osmia_base::{Diagnostics, Source};
use osmia_btf::Btf;
use osmia_ir::Module;

/// What became of a unit.
#[derive(Debug)]
pub struct Compiled {
    /// Its functions and data; nothing where there are errors.
    pub module: Option<Module>,
    /// All that there is to say about it.
    pub diagnostics: Diagnostics,
}

/// Makes a module of a unit of C. The first step with errors is the last one. What is included and expanded is added to `source`,
/// by which diagnostics are shown.
pub fn compile(
    source: &mut Source,
    headers: &dyn Headers,
    defines: &[(String, String)],
    kernel: Option<&Btf>,
) -> Compiled {
    let mut names = Names::default();
    let preprocessed = preprocess(source, &mut names, headers, defines);
    let mut diagnostics = preprocessed.diagnostics;
    if diagnostics.has_errors() {
        return Compiled { module: None, diagnostics };
    }
    let parsed = parse(&preprocessed.tokens, &mut names, kernel);
    diagnostics.extend(parsed.diagnostics);
    if diagnostics.has_errors() {
        return Compiled { module: None, diagnostics };
    }
    let checked = check(&parsed.unit, &mut names, kernel);
    diagnostics.extend(checked.diagnostics);
    if diagnostics.has_errors() {
        return Compiled { module: None, diagnostics };
    }
    let lowered = lower(&checked.unit, &names, source);
    diagnostics.extend(lowered.diagnostics);
    let module = (!diagnostics.has_errors()).then_some(lowered.module);
    Compiled { module, diagnostics }
}
