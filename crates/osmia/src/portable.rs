//! Scripts inside of objects: `--emit` writes what a reader must know beside the code, `osmia run` reads it again.
//!
//! It stands in a section of its own, which libbpf and the kernel pass over: [`SECTION`], JSON text, whose first key says
//! which form it has. A reader takes the form that it knows, and keys that it does not know mean nothing to it.
use crate::compile::Compiled;
use crate::gather::places;
use osmia_base::{Diagnostics, Source};
use osmia_event::Schema;
use osmia_lang_trace::check::{COUNT, named_variable, number_variable, text_variable};
use osmia_lang_trace::typed::Config;
use osmia_lang_trace::{NamedParam, ParamValue, Plan, literal};
use osmia_object::{Foreign, Object, Target};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The section's name.
pub const SECTION: &str = ".osmia";

/// The form that is written here; readers refuse others.
const VERSION: u32 = 1;

/// `SHT_PROGBITS`.
const PROGBITS: u32 = 1;

/// A script beside its code.
#[derive(Debug, Serialize, Deserialize)]
struct Script {
    version: u32,
    /// Who wrote it: for people who read the file.
    #[serde(default)]
    written_by: String,
    name: String,
    text: String,
    schema: Schema,
    plan: Plan,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    params: Vec<NamedParam>,
}

/// Only the version, to tell a newer form from a broken one.
#[derive(Debug, Deserialize)]
struct Form {
    version: u32,
}

/// The object with its script: a file that libbpf, bpftool and osmia load, and that osmia runs as the script.
pub fn write_script(source: &Source, compiled: &Compiled) -> Result<Vec<u8>, String> {
    let script = Script {
        version: VERSION,
        written_by: format!("osmia {}", env!("CARGO_PKG_VERSION")),
        name: source.name.clone(),
        text: source.text.clone(),
        schema: compiled.schema.clone(),
        plan: compiled.plan.clone(),
        config: compiled.config.clone(),
        params: compiled.params.clone(),
    };
    let bytes = serde_json::to_vec(&script).map_err(|error| error.to_string())?;
    let mut object = compiled.object.clone();
    let section = Foreign { name: SECTION.into(), kind: PROGBITS, flags: 0, align: 1, entry_size: 0, bytes };
    object.foreign.push(section);
    Ok(osmia_object::elf::write(&object))
}

/// The script in an object, ready to be run on this machine; `None` for objects that carry none.
pub fn open_script(bytes: &[u8], btf: Option<&PathBuf>) -> Result<Option<(Source, Compiled)>, String> {
    let mut object = osmia_object::elf::read(bytes).map_err(|error| error.to_string())?;
    let Some(at) = object.foreign.iter().position(|section| section.name == SECTION) else {
        return Ok(None);
    };
    let section = object.foreign.swap_remove(at);
    let script = parse(&section.bytes)?;
    let target = gather(&object, btf)?;
    let source = Source::new(script.name, script.text);
    let compiled = Compiled {
        object,
        schema: script.schema,
        plan: script.plan,
        config: script.config,
        target,
        warnings: Diagnostics::default(),
        shown: Vec::new(),
        params: script.params,
        steps: Vec::new(),
    };
    Ok(Some((source, compiled)))
}

fn parse(bytes: &[u8]) -> Result<Script, String> {
    let broken = |error: serde_json::Error| format!("its section {SECTION} cannot be read: {error}");
    let form: Form = serde_json::from_slice(bytes).map_err(broken)?;
    if form.version != VERSION {
        return Err(format!(
            "its section {SECTION} has form {}; this osmia reads form {VERSION}: write the object anew",
            form.version
        ));
    }
    let script: Script = serde_json::from_slice(bytes).map_err(broken)?;
    check(&script).map_err(|why| format!("its section {SECTION} contradicts itself: {why}"))?;
    Ok(script)
}

/// Numbers in the schema that say which map: readers rely on them.
fn check(script: &Script) -> Result<(), String> {
    use osmia_event::Verb as V;
    for stream in &script.schema.streams {
        if let V::PrintMap { map, .. } | V::PrintEntry { map } | V::Clear { map } | V::Zero { map } =
            stream.verb
            && map >= script.schema.maps.len()
        {
            return Err(format!("map {map} of {}", script.schema.maps.len()));
        }
    }
    Ok(())
}

/// Fills the variables of parameters: `$1`, `$2`, … from `words`, named ones from words such as `--name=value`. What nobody
/// says is as it was when the object was written.
pub fn fill_parameters(compiled: &mut Compiled, words: &[Vec<u8>], named: &[String]) -> Result<(), String> {
    let mut values: Vec<(String, Vec<u8>)> = Vec::new();
    if !words.is_empty() {
        values.push((COUNT.to_owned(), (words.len() as u64).to_ne_bytes().to_vec()));
    }
    for (word, index) in words.iter().zip(1..) {
        values.push((text_variable(index), text(word)));
        let variable = number_variable(index);
        match number(word) {
            Some(number) => values.push((variable, number.to_ne_bytes().to_vec())),
            None if has(compiled, &variable) => {
                let word = String::from_utf8_lossy(word);
                return Err(format!("ERROR: ${index} is used as a number, and \"{word}\" is none\n"));
            }
            None => {}
        }
    }
    if !named.is_empty() {
        let given = osmia_lang_trace::param_values(&compiled.params, named)?;
        for (position, (name, value)) in given.into_iter().enumerate() {
            let said = named.iter().any(|word| word.trim_start_matches('-').split('=').next() == Some(&name));
            if said {
                values.push((named_variable(position), bytes(&value)));
            }
        }
    }
    for (variable, value) in values {
        write(compiled, &variable, &value);
    }
    Ok(())
}

fn has(compiled: &Compiled, variable: &str) -> bool {
    compiled.object.data.values().any(|data| data.variables.iter().any(|known| known.name == variable))
}

/// Writes a variable of read-only data; a value that is too long is cut, with room for a NUL.
fn write(compiled: &mut Compiled, variable: &str, value: &[u8]) {
    for (_, data) in compiled.object.data.iter_mut() {
        let Some(known) = data.variables.iter().find(|known| known.name == variable) else { continue };
        let (start, size) = (known.offset as usize, known.size as usize);
        let Some(place) = data.bytes.get_mut(start..start + size) else { continue };
        place.fill(0);
        let room = if value.len() > size { size.saturating_sub(1) } else { value.len() };
        place[..room].copy_from_slice(&value[..room]);
    }
}

fn number(word: &[u8]) -> Option<i64> {
    let word = std::str::from_utf8(word).ok()?;
    match word.strip_prefix('-') {
        Some(digits) => Some(literal::integer(digits).ok()?.cast_signed().wrapping_neg()),
        None => Some(literal::integer(word).ok()?.cast_signed()),
    }
}

fn text(word: &[u8]) -> Vec<u8> {
    let mut bytes = word.to_vec();
    bytes.push(0);
    bytes
}

fn bytes(value: &ParamValue) -> Vec<u8> {
    match value {
        ParamValue::Bool(on) => vec![u8::from(*on)],
        ParamValue::Unsigned(number) => number.to_ne_bytes().to_vec(),
        ParamValue::Signed(number) => number.to_ne_bytes().to_vec(),
        ParamValue::Text(word) => text(word.as_bytes()),
    }
}

/// What the object must know of this machine.
pub(crate) fn gather(object: &Object, btf: Option<&PathBuf>) -> Result<Target, String> {
    let wants = osmia_host::Wants::from(osmia_object::wants(object));
    osmia_host::gather_with(&wants, &places(btf, &[])).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_and_nonsense_are_refused_with_words() {
        for (text, says) in [
            (r#"{"version":2}"#, "form 2"),
            (r#"{"version":1}"#, "cannot be read"),
            ("nonsense", "cannot be read"),
            (
                r#"{"version":1,"name":"","text":"","plan":{"probes":[]},"schema":{"maps":[],"streams":
                [{"verb":{"Clear":{"map":3}},"fields":[],"size":4,"location":{"file":"","line":1,"column":1}}]}}"#,
                "contradicts",
            ),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
