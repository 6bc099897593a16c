//! Descriptors of programs, maps and links by handle.
use super::{Handle, InspectError, Subject};
use osmia_sys::bpf::{MapFd, ObjectKind, Pinned, ids, link_by_id, map_by_id, prog_by_id};
use osmia_sys::{Errno, LinkFd, ProgFd};
use std::path::Path;

/// Something that has an id and can be opened by it.
pub(super) trait Open: Sized + 'static {
    const SUBJECT: Subject;
    const KIND: ObjectKind;
    fn by_id(id: u32) -> Result<Self, Errno>;
    /// Itself, or what else it is.
    fn of_pin(pinned: Pinned) -> Result<Self, &'static str>;
}

impl Open for ProgFd {
    const SUBJECT: Subject = Subject::Program;
    const KIND: ObjectKind = ObjectKind::Prog;

    fn by_id(id: u32) -> Result<Self, Errno> {
        prog_by_id(id)
    }

    fn of_pin(pinned: Pinned) -> Result<Self, &'static str> {
        match pinned {
            Pinned::Prog(prog) => Ok(prog),
            other => Err(what(&other)),
        }
    }
}

impl Open for MapFd {
    const SUBJECT: Subject = Subject::Map;
    const KIND: ObjectKind = ObjectKind::Map;

    fn by_id(id: u32) -> Result<Self, Errno> {
        map_by_id(id, 0)
    }

    fn of_pin(pinned: Pinned) -> Result<Self, &'static str> {
        match pinned {
            Pinned::Map(map) => Ok(map),
            other => Err(what(&other)),
        }
    }
}

impl Open for LinkFd {
    const SUBJECT: Subject = Subject::Link;
    const KIND: ObjectKind = ObjectKind::Link;

    fn by_id(id: u32) -> Result<Self, Errno> {
        link_by_id(id)
    }

    fn of_pin(pinned: Pinned) -> Result<Self, &'static str> {
        match pinned {
            Pinned::Link(link) => Ok(link),
            other => Err(what(&other)),
        }
    }
}

/// The only one of those that were found.
pub(super) fn only<T>(subject: Subject, mut found: Vec<T>) -> Result<T, InspectError> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(InspectError::Several(subject)),
    }
}

const fn what(pinned: &Pinned) -> &'static str {
    match pinned {
        Pinned::Map(_) => "map",
        Pinned::Prog(_) => "prog",
        Pinned::Link(_) => "link",
    }
}

/// Opens what may have this handle; names and tags are left to the caller to compare.
pub(super) fn candidates<T: Open>(handle: &Handle) -> Box<dyn Iterator<Item = Result<T, InspectError>>> {
    match handle {
        Handle::All | Handle::Tag(_) | Handle::Name(_) => Box::new(ids(T::KIND).filter_map(each)),
        Handle::Id(id) => {
            let opened = T::by_id(*id).map_err(|errno| InspectError::NoSuchId(T::SUBJECT, *id, errno));
            Box::new(std::iter::once(opened))
        }
        Handle::Pinned(path) => Box::new(std::iter::once(pinned(path))),
    }
}

/// What went away since its id was listed is left out.
fn each<T: Open>(id: Result<u32, Errno>) -> Option<Result<T, InspectError>> {
    match id.map(|id| (id, T::by_id(id))) {
        Ok((_, Ok(opened))) => Some(Ok(opened)),
        Ok((_, Err(Errno::ENOENT))) => None,
        Ok((id, Err(errno))) => Some(Err(InspectError::NoSuchId(T::SUBJECT, id, errno))),
        Err(errno) => Some(Err(InspectError::NoNext(T::SUBJECT, errno))),
    }
}

fn pinned<T: Open>(path: &Path) -> Result<T, InspectError> {
    match Pinned::get(path) {
        Ok(found) => T::of_pin(found).map_err(InspectError::OtherPin),
        Err(errno) => Err(InspectError::NoPin(path.to_owned(), errno)),
    }
}

/// The error of a name or tag that nothing has.
pub(super) fn no_match(subject: Subject, handle: &Handle) -> Option<InspectError> {
    match handle {
        Handle::Name(name) => Some(InspectError::NoMatch(subject, name.clone())),
        Handle::Tag(tag) => Some(InspectError::NoMatch(subject, super::hex::digits(tag))),
        Handle::All | Handle::Id(_) | Handle::Pinned(_) => None,
    }
}
