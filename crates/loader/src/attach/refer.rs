//! What a person names, opened: programs, links, maps, directories.
use super::error::AttachErrorKind as Kind;
use crate::load::LoadedProgram;
use osmia_abi::{AttachType, ProgramType};
use osmia_object::{Attach, ObjectRef};
use osmia_sys::bpf::{
    MapFd, ObjectKind, Pinned, get_pinned, ids, link_by_id, map_by_id, map_info, name_of, prog_by_id,
    prog_info,
};
use osmia_sys::{Errno, LinkFd, ProgFd};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

/// A program.
pub(super) fn program(which: &ObjectRef) -> Result<ProgFd, Kind> {
    match which {
        ObjectRef::Id(id) => prog_by_id(*id).map_err(missing("program", which)),
        ObjectRef::Pinned(path) => match pinned("program", which, path)? {
            Pinned::Prog(program) => Ok(program),
            Pinned::Map(_) | Pinned::Link(_) => Err(other("program", which)),
        },
        ObjectRef::Name(name) => only("program", which, named_programs(name)),
    }
}

/// A link; links have no names.
pub(super) fn link(which: &ObjectRef) -> Result<LinkFd, Kind> {
    match which {
        ObjectRef::Id(id) => link_by_id(*id).map_err(missing("link", which)),
        ObjectRef::Pinned(path) => match pinned("link", which, path)? {
            Pinned::Link(link) => Ok(link),
            Pinned::Map(_) | Pinned::Prog(_) => Err(other("link", which)),
        },
        ObjectRef::Name(_) => Err(other("link", which)),
    }
}

/// A map.
pub(super) fn map(which: &ObjectRef) -> Result<MapFd, Kind> {
    match which {
        ObjectRef::Id(id) => map_by_id(*id, 0).map_err(missing("map", which)),
        ObjectRef::Pinned(path) => match pinned("map", which, path)? {
            Pinned::Map(map) => Ok(map),
            Pinned::Prog(_) | Pinned::Link(_) => Err(other("map", which)),
        },
        ObjectRef::Name(name) => only("map", which, named_maps(name)),
    }
}

/// A directory or device that is opened only to be named to the kernel.
pub(super) fn file(path: &str) -> Result<OwnedFd, Kind> {
    match File::open(path) {
        Ok(file) => Ok(file.into()),
        Err(error) => Err(Kind::NoFile { path: path.to_owned(), errno: Errno::from(error) }),
    }
}

/// A program that is loaded already, as if this process had loaded it. The kernel does not tell for which hook a program was
/// loaded: whoever knows says it.
pub fn adopt(which: &ObjectRef, attach_type: Option<AttachType>) -> Result<LoadedProgram, String> {
    let fd = program(which).map_err(|kind| kind.to_string())?;
    let info = prog_info(&fd).map_err(|errno| format!("the program cannot be asked what it is: {errno}"))?;
    let kind = ProgramType::from_raw(info.r#type)
        .ok_or_else(|| format!("programs of type {} are newer than osmia", info.r#type))?;
    let (name, attach) = (name_of(&info.name), Attach::Nowhere);
    Ok(LoadedProgram { name, index: 0, fd, kind, attach_type, attach, log: String::new(), usdt: None })
}

fn pinned(what: &'static str, which: &ObjectRef, path: &str) -> Result<Pinned, Kind> {
    get_pinned(Path::new(path)).and_then(Pinned::of).map_err(missing(what, which))
}

fn missing(what: &'static str, which: &ObjectRef) -> impl FnOnce(Errno) -> Kind {
    move |errno| Kind::NoObject { what, which: which.clone(), errno }
}

fn other(what: &'static str, which: &ObjectRef) -> Kind {
    missing(what, which)(Errno::EINVAL)
}

fn only<T>(what: &'static str, which: &ObjectRef, mut all: Vec<T>) -> Result<T, Kind> {
    match (all.pop(), all.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(missing(what, which)(Errno::ENOENT)),
        (Some(_), others) => Err(Kind::Ambiguous { what, which: which.clone(), count: others + 1 }),
    }
}

/// Whether the kernel's name, of which it keeps 15 characters, may be this one.
fn is_called(raw: &[u8], name: &str) -> bool {
    const KEPT: usize = osmia_abi::flags::OBJ_NAME_LEN - 1;
    let known = name_of(raw);
    known == name || known.len() == KEPT && name.get(..KEPT) == Some(known.as_str())
}

fn named_programs(name: &str) -> Vec<ProgFd> {
    let all = ids(ObjectKind::Prog).flatten().filter_map(|id| prog_by_id(id).ok());
    all.filter(|fd| prog_info(fd).is_ok_and(|info| is_called(&info.name, name))).collect()
}

fn named_maps(name: &str) -> Vec<MapFd> {
    let all = ids(ObjectKind::Map).flatten().filter_map(|id| map_by_id(id, 0).ok());
    all.filter(|fd| map_info(fd).is_ok_and(|info| is_called(&info.name, name))).collect()
}
