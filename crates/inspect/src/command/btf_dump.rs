//! `btf dump`: types as text, JSON, C or Rust.
use super::{Done, Failure, Session, Words};
use crate::type_print::type_json;
use crate::{Subject, open_map, open_program};
use osmia_btf::{Btf, TypeId, c, dump as raw, merge, rust};
use osmia_host::{KERNEL_BTF, btf_file, kernel_btf};
use osmia_sys::Errno;
use osmia_sys::bpf::{Copying, btf_by_id, btf_info};
use std::path::Path;

/// How many types may be asked for one by one.
const MAX_ROOTS: usize = 16;

/// How many files may be merged.
const MAX_FILES: usize = 64;

/// Where the kernel has its own types and those of its modules.
const KERNEL_TYPES: &str = "/sys/kernel/btf/";

/// How types are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Raw,
    C,
    Rust,
}

/// Types, and which of them are wanted: none for all.
struct Source {
    btf: Btf,
    roots: Vec<TypeId>,
}

pub(super) fn dump(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(2).map_err(|_| session.misuse("'dump' needs to know of what"))?;
    let mut source = source(session, &mut words)?;
    let (format, order) = options(&mut words, &mut source.roots)?;
    if let Some(root) = source.roots.iter().find(|root| root.0 >= source.btf.len()) {
        return Err(Failure::with(format!("invalid root ID: {}", root.0), Errno::EINVAL));
    }
    match format {
        Format::Raw => print_raw(session, &source),
        Format::C | Format::Rust if session.is_json() => {
            let what = if format == Format::C { "C-syntax dump" } else { "Rust" };
            Err(Failure::with(format!("JSON output for {what} is not supported"), Errno(95)))
        }
        Format::C if source.roots.is_empty() => text(session, c::header_in(&source.btf, order)),
        Format::C => text(session, c::header_of(&source.btf, &source.roots)),
        Format::Rust if source.roots.is_empty() => text(session, rust::file(&source.btf)),
        Format::Rust => text(session, rust::definitions(&source.btf, &source.roots)),
    }
}

fn text(session: &mut Session<'_>, text: Result<String, osmia_btf::BtfError>) -> Done {
    let text = text.map_err(|error| Failure::words(error.to_string()))?;
    session.text().extend_from_slice(text.as_bytes());
    session.breathe()
}

fn print_raw(session: &mut Session<'_>, source: &Source) -> Done {
    let own = (source.btf.first_id().0..source.btf.len()).map(TypeId);
    let wanted: Vec<TypeId> = if source.roots.is_empty() { own.collect() } else { source.roots.clone() };
    let broken = |error: osmia_btf::BtfError| Failure::words(error.to_string());
    if !session.is_json() {
        for id in wanted {
            let text = raw::raw_type(&source.btf, id).map_err(broken)?;
            session.text().extend_from_slice(text.as_bytes());
            session.breathe()?;
        }
        return Ok(());
    }
    let mut failed = None;
    session.json().object(|json| {
        json.name("types");
        json.array(|json| {
            failed = wanted.iter().find_map(|&id| type_json(&source.btf, id, json).err());
        });
    });
    failed.map_or(Ok(()), |error| Err(broken(error)))
}

fn source(session: &mut Session<'_>, words: &mut Words<'_>) -> Result<Source, Failure> {
    const KINDS: [&str; 4] = ["map", "prog", "id", "file"];
    let word = words.need("'map', 'prog', 'id' or 'file'")?;
    let kind = KINDS.iter().find(|kind| kind.starts_with(word));
    let all = |btf| Source { btf, roots: Vec::new() };
    match kind {
        Some(&"map") => {
            let facts = open_map(&words.handle(Subject::Map)?)?.facts;
            let (key, value) = (TypeId(facts.key_type), TypeId(facts.value_type));
            let choices =
                [("key", vec![key]), ("value", vec![value]), ("all", vec![]), ("kv", vec![key, value])];
            let chosen =
                words.peek().and_then(|word| choices.iter().find(|(name, _)| name.starts_with(word)));
            let roots = chosen.map_or_else(|| vec![key, value], |(_, roots)| roots.clone());
            if chosen.is_some() {
                words.word();
            }
            Ok(Source { btf: by_id(session, facts.btf_id)?, roots })
        }
        Some(&"prog") => {
            let program = open_program(&words.handle(Subject::Program)?)?;
            by_id(session, program.facts.btf_id).map(all)
        }
        Some(&"id") => {
            let word = words.need("an id")?;
            let id = crate::handle::number(word);
            let id = id.ok_or_else(|| Failure::words(format!("can't parse {word} as ID")))?;
            by_id(session, id).map(all)
        }
        Some(_) => files(session, words).map(all),
        None => Err(Failure::words(format!("unrecognized BTF source specifier: '{word}'"))),
    }
}

/// Loaded types; a module's build on the kernel's.
fn by_id(session: &mut Session<'_>, id: u32) -> Result<Btf, Failure> {
    let fail = |errno| Failure::errno(format!("get btf by id ({id})"), errno);
    let facts = btf_by_id(id).and_then(|fd| btf_info(&fd, Copying::Data)).map_err(fail)?;
    let module = facts.kernel && facts.name != "vmlinux";
    let base = match &session.options.base_btf {
        Some(file) => Some(load(file, None)?),
        None if module => Some(load(Path::new(KERNEL_BTF), None)?),
        None => None,
    };
    let btf = match &base {
        Some(base) => Btf::parse_split(facts.data, base),
        None => Btf::parse(facts.data),
    };
    btf.map_err(|error| Failure::words(format!("get btf by id ({id}): {error}")))
}

/// Whether the file that `-B` names has types: what does not need them would pass over one that has none.
pub(super) fn check_base(session: &Session<'_>) -> Done {
    let Some(file) = &session.options.base_btf else { return Ok(()) };
    let told = format!("failed to parse base BTF at '{}'", file.display());
    std::fs::metadata(file).map_err(|error| Failure::io(&told, &error))?;
    kernel_btf(file).map(drop).map_err(|why| Failure::words(format!("{told}: {why}")))
}

fn load(file: &Path, base: Option<&Btf>) -> Result<Btf, Failure> {
    if let Err(error) = std::fs::metadata(file) {
        let errno = Errno(error.raw_os_error().unwrap_or(Errno::EINVAL.0));
        return Err(Failure::errno(format!("failed to load BTF from {}", file.display()), errno));
    }
    let btf = match base {
        None => kernel_btf(file),
        base => btf_file(file, base),
    };
    btf.map_err(|words| Failure::words(format!("failed to load BTF from {}: {words}", file.display())))
}

/// Types of files; what several have in common comes once. The kernel's own are the base of its modules'.
fn files(session: &Session<'_>, words: &mut Words<'_>) -> Result<Btf, Failure> {
    let mut files = vec![words.need("a file")?];
    while words.take("file") {
        files.push(words.need("a file")?);
    }
    files.retain(|&file| file != KERNEL_BTF);
    if files.len() > MAX_FILES {
        return Err(Failure::with(format!("too many BTF files (max {MAX_FILES})"), Errno(7)));
    }
    let base = match &session.options.base_btf {
        Some(file) => Some(load(file, None)?),
        None if files.iter().any(|file| file.starts_with(KERNEL_TYPES)) => {
            Some(load(Path::new(KERNEL_BTF), None)?)
        }
        None => None,
    };
    match files.as_slice() {
        [] => load(Path::new(KERNEL_BTF), None),
        [file] => load(Path::new(file), base.as_ref()),
        files => {
            let all = files.iter().map(|file| load(Path::new(file), base.as_ref()));
            let all = all.collect::<Result<Vec<_>, _>>()?;
            merge(&all, base.as_ref())
                .map_err(|error| Failure::words(format!("failed to merge BTF: {error}")))
        }
    }
}

fn options(words: &mut Words<'_>, roots: &mut Vec<TypeId>) -> Result<(Format, c::Order), Failure> {
    let (mut format, mut order, fixed) = (Format::Raw, c::Order::Sorted, !roots.is_empty());
    let invalid = |words: String| Failure::with(words, Errno::EINVAL);
    while let Some(word) = words.word() {
        if "format".starts_with(word) {
            let name =
                words.word().ok_or_else(|| invalid("expecting value for 'format' option\n".to_owned()))?;
            format = match name {
                "raw" => Format::Raw,
                "c" => Format::C,
                "rust" => Format::Rust,
                _ => {
                    let known = "possible values: raw, c, rust";
                    return Err(invalid(format!("unrecognized format specifier: '{name}', {known}")));
                }
            };
        } else if "root_id".starts_with(word) {
            if fixed {
                return Err(invalid("cannot use root_id with other type filtering".to_owned()));
            }
            if roots.len() == MAX_ROOTS {
                return Err(Failure::with(format!("only {MAX_ROOTS} root_id are supported"), Errno(7)));
            }
            let word = words.need("an id")?;
            let id = crate::handle::number(word);
            let id = TypeId(id.ok_or_else(|| Failure::words(format!("can't parse {word} as root ID")))?);
            if roots.contains(&id) {
                return Err(invalid(format!("duplicate root_id {} supplied", id.0)));
            }
            roots.push(id);
        } else if "unsorted".starts_with(word) {
            order = c::Order::Numbered;
        } else {
            return Err(invalid(format!("unrecognized option: '{word}'")));
        }
    }
    Ok((format, order))
}
