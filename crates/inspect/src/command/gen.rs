//! `gen`: files made of objects.
use super::{Done, Failure, Object, Session, Words, objects, row, signing};
use osmia_object::elf::{Input, link, read};
use osmia_object::minimal_btf;
use osmia_sys::Errno;
use std::fs;
use std::path::Path;

pub(super) const OBJECT: Object = Object {
    name: "gen",
    help: "files made of objects",
    rows: &[
        row(&["object"], "OUTPUT FILE [FILE]...", "link several objects into one", object),
        row(
            &["skeleton"],
            "FILE [name NAME] [lang LANG]",
            "write a C header, or a Rust module, with handles for what is in an object, and the object itself; with -L\n\
            (C alone) a program that loads it in its place, with -S that program signed",
            skeleton,
        ),
        row(
            &["subskeleton"],
            "FILE [name NAME]",
            "write a C header with handles for what a library has in an object that it was linked into",
            subskeleton,
        ),
        row(
            &["min_core_btf"],
            "INPUT OUTPUT OBJECT [OBJECT]...",
            "write the types of a kernel (INPUT) that the relocations of objects need, and no others",
            min_core_btf,
        ),
    ],
    terms: &[super::term("LANG", "{ c | rust }")],
};

fn object(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(2).map_err(Failure::plain)?;
    let output = words.need("a file to write")?;
    let mut files = Vec::new();
    while let Some(name) = words.word() {
        let bytes = osmia_host::read_file(Path::new(name));
        let bytes = bytes.map_err(|error| Failure::io_status(format!("failed to link '{name}'"), &error))?;
        files.push((name, bytes));
    }
    let inputs: Vec<Input<'_>> = files.iter().map(|(name, bytes)| Input { name, bytes }).collect();
    let linked =
        link(&inputs).map_err(|error| Failure::with(format!("failed to link: {error}"), Errno::EINVAL))?;
    let written = fs::write(output, linked);
    written.map_err(|error| Failure::io_status(format!("failed to write '{output}'"), &error))
}

fn subskeleton(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(1).map_err(Failure::plain)?;
    let file = words.need("an object file")?;
    let mut name = None;
    while let Some(word) = words.word() {
        if !"name".starts_with(word) {
            return Err(Failure::words(format!("unknown arg {word}")));
        }
        if name.replace(words.need("a name")?).is_some() {
            return Err(Failure::words("object name already specified"));
        }
    }
    if session.options.use_loader {
        return Err(Failure::words("cannot use loader for subskeletons"));
    }
    let bytes = osmia_host::read_file(Path::new(file))
        .map_err(|error| Failure::io(format!("failed to open() {file}"), &error))?;
    let object =
        read(&bytes).map_err(|error| Failure::words(format!("failed to open BPF object file: {error}")))?;
    let name = name.map_or_else(|| osmia_skeleton::object_name(file), str::to_owned);
    let text = osmia_skeleton::c::library_header(&object, &name);
    let text = text.map_err(|error| Failure::words(error.to_string()))?;
    session.text().extend_from_slice(text.as_bytes());
    session.breathe()
}

fn min_core_btf(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(3).map_err(Failure::plain)?;
    let input = words.need("a file with types")?;
    let output = words.need("a file to write")?;
    let unread = |error| Failure::io_status(format!("failed parsing '{input}' BTF file"), &error);
    fs::metadata(input).map_err(unread)?;
    let kernel = osmia_host::kernel_btf(Path::new(input));
    let kernel =
        kernel.map_err(|error| Failure::words(format!("failed parsing '{input}' BTF file: {error}")))?;
    let mut objects = Vec::new();
    while let Some(name) = words.word() {
        let unread = |error| Failure::io_status(format!("failed to parse BPF object '{name}'"), &error);
        fs::metadata(name).map_err(unread)?;
        let parsed = objects::open(name)?;
        if parsed.btf.is_none() {
            return Err(Failure::words(format!(
                "failed to parse BPF object '{name}': it has no types (.BTF)"
            )));
        }
        objects.push(parsed);
    }
    let written = minimal_btf(&objects, &kernel).map_err(|(function, error)| {
        Failure::words(format!("error recording relocations of {function}: {error}"))
    })?;
    fs::write(output, written)
        .map_err(|error| Failure::io_status(format!("error saving btf file '{output}'"), &error))
}

fn skeleton(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(1).map_err(Failure::plain)?;
    let file = words.need("an object file")?;
    let mut name = None;
    let mut language = session.options.language.clone();
    while let Some(word) = words.word() {
        if "name".starts_with(word) {
            if name.replace(words.need("a name")?).is_some() {
                return Err(Failure::words("object name already specified"));
            }
        } else if "lang".starts_with(word) {
            language = Some(words.need("a language")?.to_owned());
        } else {
            return Err(Failure::words(format!("unknown arg {word}")));
        }
    }
    let write = match language.as_deref() {
        None | Some("c") => osmia_skeleton::c::header,
        Some("rust") => osmia_skeleton::rust::module,
        Some(other) => {
            return Err(Failure::words(format!("skeletons are written in c or rust, not in {other}")));
        }
    };
    let bytes = osmia_host::read_file(Path::new(file))
        .map_err(|error| Failure::io(format!("failed to open() {file}"), &error))?;
    let object =
        read(&bytes).map_err(|error| Failure::words(format!("failed to open BPF object file: {error}")))?;
    objects::check_whole(&object, file)?;
    let name = name.map_or_else(|| osmia_skeleton::object_name(file), str::to_owned);
    let text = match (session.options.use_loader, language.as_deref()) {
        (false, _) => write(&object, &bytes, &name),
        (true, Some("rust")) => return Err(Failure::words("skeletons with -L are written in c alone")),
        (true, _) => {
            let image = objects::later(&object, file, &name)?;
            let loader = signing::loader(session, signing::signer(session)?.as_ref(), &image)?;
            osmia_skeleton::light::header(&object, &image, &loader, &name)
        }
    };
    let text = text.map_err(|error| Failure::words(error.to_string()))?;
    session.text().extend_from_slice(text.as_bytes());
    session.breathe()
}
