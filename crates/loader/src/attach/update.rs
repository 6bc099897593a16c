//! Another program, or another structure of functions, in the place of what a link holds: never a moment without.
use super::error::{AttachError, AttachErrorKind as Kind};
use super::part::Attachment;
use crate::load::{LoadedMap, LoadedProgram};
use osmia_abi::flags;
use osmia_sys::bpf::{LinkDetail, MapFd, link_info, link_update};
use osmia_sys::{Errno, LinkFd, ProgFd};
use std::os::fd::AsFd;

/// Puts another program in the place of the one that a link holds (`BPF_LINK_UPDATE`); with `old`, only where that is the one.
pub fn update_link(link: &LinkFd, program: &LoadedProgram, old: Option<&ProgFd>) -> Result<(), AttachError> {
    link_update(link, &program.fd, old.map(AsFd::as_fd)).map_err(|errno| AttachError {
        program: program.name.clone(),
        place: place(link),
        kind: program_refused(link, errno, old.is_some()),
    })
}

/// The same with a structure of functions, such as that of another version of an object: it must be made for links
/// (`.struct_ops.link`), and be of the kind and name of the one that is there.
pub fn update_structure(link: &LinkFd, map: &LoadedMap, old: Option<&MapFd>) -> Result<(), AttachError> {
    filled(map)
        .and_then(|()| {
            let done = link_update(link, &map.fd, old.map(AsFd::as_fd));
            done.map_err(|errno| structure_refused(link, errno, old.is_some()))
        })
        .map_err(|kind| AttachError { program: map.name.clone(), place: place(link), kind })
}

impl Attachment {
    /// Puts another program in the place of this one, at all its links.
    pub fn update_program(&self, program: &LoadedProgram) -> Result<(), AttachError> {
        self.only_links(&program.name)?.into_iter().try_for_each(|link| update_link(link, program, None))
    }

    /// Puts another structure of functions in the place of this one.
    pub fn update_structure(&self, map: &LoadedMap) -> Result<(), AttachError> {
        self.only_links(&map.name)?.into_iter().try_for_each(|link| update_structure(link, map, None))
    }

    fn only_links(&self, name: &str) -> Result<Vec<&LinkFd>, AttachError> {
        let links = self.links().filter(|links| !links.is_empty());
        links.ok_or_else(|| AttachError {
            program: name.to_owned(),
            place: "where another is".to_owned(),
            kind: Kind::Unable("what holds that one is no link: detach it, and attach the other"),
        })
    }
}

fn place(link: &LinkFd) -> String {
    link_info(link).map_or_else(|_| "a link".to_owned(), |facts| format!("the link {}", facts.id))
}

/// Puts the structure into its map, if it is not there yet.
fn filled(map: &LoadedMap) -> Result<(), Kind> {
    let none = Kind::Unable(
        "the map holds no structure of functions that a link could register (`.struct_ops.link`)",
    );
    let structure = map.structure.as_ref().filter(|structure| structure.link).ok_or(none)?;
    if let Some(program) = structure.missing.first() {
        return Err(Kind::MissingMember(program.clone()));
    }
    match map.fd.update(&[0; 4], &structure.value, flags::ANY) {
        // It was registered before: its value never changes.
        Ok(()) | Err(Errno::EBUSY) => Ok(()),
        Err(Errno::EINVAL) => Err(Kind::Unable(
            "the kernel does not take the structure: a function that it must have is missing, or a value is out of range",
        )),
        Err(errno) => Err(Kind::refused("filling the structure", errno)),
    }
}

const OTHER: &str = "the link holds another one than was said by now";

fn program_refused(link: &LinkFd, errno: Errno, said_old: bool) -> Kind {
    use LinkDetail as L;
    let kind = link_info(link).map(|facts| facts.detail);
    match (errno, kind) {
        (Errno::EPERM, _) if said_old => Kind::Unable(OTHER),
        (Errno::EINVAL, Ok(L::StructOps { .. })) => {
            Kind::Unable("the link holds a structure of functions, no program")
        }
        (
            Errno::EINVAL | Errno::EOPNOTSUPP,
            Ok(
                L::RawTracepoint { .. }
                | L::Tracing { .. }
                | L::PerfEvent(_)
                | L::KprobeMulti { .. }
                | L::UprobeMulti { .. }
                | L::Netfilter { .. }
                | L::Other,
            ),
        ) => Kind::Unable("links of this kind keep their program: detach it, and attach the other"),
        (Errno::EINVAL, _) => {
            Kind::OtherHook("the program was loaded for another kind of place than that of the link")
        }
        (Errno::ENOLINK, _) => Kind::Unable("the link is detached"),
        (errno, _) => Kind::refused("updating the link", errno),
    }
}

fn structure_refused(link: &LinkFd, errno: Errno, said_old: bool) -> Kind {
    let structures = link_info(link).is_ok_and(|facts| matches!(facts.detail, LinkDetail::StructOps { .. }));
    match errno {
        Errno::EPERM if said_old => Kind::Unable(OTHER),
        Errno::EINVAL | Errno::EBADF if !structures => {
            Kind::Unable("the link holds a program, no structure of functions")
        }
        Errno::EINVAL => Kind::Unable(
            "structures are replaced by those of the same kind and name only, made for links (`.struct_ops.link`)",
        ),
        Errno::EOPNOTSUPP | Errno::ENOTSUPP => Kind::Unable(
            "the kernel does not replace structures of this kind: detach it, and register the other",
        ),
        Errno::ENOLINK => Kind::Unable("the link is detached"),
        errno => Kind::refused("updating the link", errno),
    }
}
