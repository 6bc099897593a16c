//! Compiled objects that scripts import: what may be called of them, and how their code joins the script's.
use crate::script::ScriptObject;
use osmia_abi::is_gpl_compatible;
use osmia_base::{Diagnostic, Diagnostics};
use osmia_btf::{Kind, Linkage};
use osmia_lang_trace::Imported;
use osmia_object::Object;
use osmia_object::elf::{self, Input};
use std::collections::BTreeMap;

/// An imported object, read.
#[derive(Debug)]
pub(crate) struct Import {
    file: ScriptObject,
    object: Object,
}

/// Reads all of them; programs that they contain are not the script's, which a warning says.
pub(crate) fn read(files: Vec<ScriptObject>, diagnostics: &mut Diagnostics) -> Vec<Import> {
    let mut imports = Vec::new();
    for file in files {
        match elf::read(&file.bytes) {
            Ok(object) => {
                diagnostics.extend(judge(&file, &object));
                imports.push(Import { file, object });
            }
            Err(error) => {
                diagnostics.error(file.span, format!("{}: {error}", file.name));
            }
        }
    }
    imports
}

/// What of an object a script cannot use.
fn judge(file: &ScriptObject, object: &Object) -> Diagnostics {
    let mut said = Diagnostics::default();
    if object.btf.is_none() {
        let text = format!("{}: it has no types (.BTF), so that nothing of it can be called", file.name);
        said.push(Diagnostic::error(file.span, text).hint("compile it with -g"));
    }
    let programs = object.functions.values().filter(|function| function.program.is_some());
    let names: Vec<&str> = programs.map(|function| function.name.as_str()).collect();
    if !names.is_empty() {
        let text = format!(
            "{}: its programs are not run ({}); scripts call functions of an object",
            file.name,
            names.join(", ")
        );
        said.push(Diagnostic::warning(file.span, text).hint("`osmia run` runs programs of objects"));
    }
    said
}

/// What the checker knows of them: functions that are no programs, unless only their own file may see them.
pub(crate) fn known(imports: &[Import]) -> Vec<Imported> {
    imports.iter().filter_map(|import| known_of(&import.file.name, &import.object)).collect()
}

fn known_of(name: &str, object: &Object) -> Option<Imported> {
    let types = object.btf.clone()?;
    let mut functions = BTreeMap::new();
    for function in object.functions.values().filter(|function| function.program.is_none()) {
        // Functions that are hidden from other programs are static for the verifier, yet other files may call them.
        if let Ok(Kind::Func { proto, linkage: Linkage::Global }) =
            types.get(function.type_id).map(|ty| ty.kind)
        {
            functions.insert(function.name.clone(), proto);
        }
    }
    Some(Imported { name: name.to_owned(), types, functions })
}

/// The script's object and all imported ones as one object.
pub(crate) fn link(script: Object, imports: &[Import]) -> Result<Object, Diagnostic> {
    if imports.is_empty() {
        return Ok(script);
    }
    let own = elf::write(&script);
    let mut files = Vec::with_capacity(imports.len());
    for import in imports {
        files.push(under_licence(import, &script.license)?);
    }
    let names = imports.iter().map(|import| import.file.name.as_str());
    let others = names.zip(&files).map(|(name, bytes)| Input { name, bytes });
    let inputs: Vec<Input<'_>> =
        std::iter::once(Input { name: "the script", bytes: &own }).chain(others).collect();
    let failed = |error: String| Diagnostic::error(imports[0].file.span, error);
    let linked = elf::link(&inputs).map_err(|error| failed(error.to_string()))?;
    let mut object = elf::read(&linked).map_err(|error| failed(error.to_string()))?;
    for (_, function) in object.functions.iter_mut() {
        let own = script.functions.values().any(|own| own.name == function.name);
        if let Some(program) = function.program.as_mut().filter(|_| !own) {
            program.autoload = false;
        }
    }
    Ok(object)
}

/// An object's file, under the script's licence: one program has one. Those that the GPL may be mixed with become the script's.
fn under_licence(import: &Import, licence: &str) -> Result<Vec<u8>, Diagnostic> {
    let Import { file, object } = import;
    if object.license.is_empty() || object.license == licence {
        return Ok(file.bytes.clone());
    }
    if is_gpl_compatible(&object.license) && is_gpl_compatible(licence) {
        return Ok(elf::write(&Object { license: licence.to_owned(), ..object.clone() }));
    }
    let text = format!("{}: its licence is {:?}, the script's is {licence:?}", file.name, object.license);
    Err(Diagnostic::error(file.span, text)
        .hint("`config = { license = \"…\" }` says which licence the script has"))
}
