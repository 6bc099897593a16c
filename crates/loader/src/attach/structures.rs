//! Structures of functions (`struct_ops`): registered as a whole.
use super::error::{AttachError, AttachErrorKind as Kind};
use super::held::{Held, Place};
use super::part::{Attachment, Part};
use crate::load::{LoadedMap, LoadedStructure};
use osmia_abi::{AttachType, flags};
use osmia_sys::Errno;
use osmia_sys::bpf::{LinkCreate, LinkTarget};
use std::os::fd::AsFd;

/// Registers a map's structure: by a link where the object says so (`.struct_ops.link`, 6.4), else by the map's own element,
/// which is deleted when the attachment goes. `None` for maps that are none.
pub fn register(map: &LoadedMap) -> Option<Result<Attachment, AttachError>> {
    let structure = map.structure.as_ref()?;
    let done = part(map, structure).map(|part| Attachment::new(vec![part], Vec::new()));
    Some(done.map_err(|kind| AttachError {
        program: map.name.clone(),
        place: format!("struct_ops:{}", structure.name),
        kind,
    }))
}

fn part(map: &LoadedMap, structure: &LoadedStructure) -> Result<Part, Kind> {
    if let Some(program) = structure.missing.first() {
        return Err(Kind::MissingMember(program.clone()));
    }
    const KEY: [u8; 4] = [0; 4];
    map.fd.update(&KEY, &structure.value, flags::ANY).map_err(|errno| match errno {
        Errno::EEXIST => Kind::Taken {
            by: None,
            hint: "a structure of that name is registered already; unregister it, or give yours another name",
        },
        Errno::EINVAL => Kind::Unable(
            "the kernel does not take the structure: a function that it must have is missing, or a value is out of range",
        ),
        errno => Kind::refused("registering the structure", errno),
    })?;
    if !structure.link {
        let fd = map.fd.try_clone().map_err(|errno| Kind::refused("copying a descriptor", errno))?;
        return Ok(Part::from(Held::new(Place::Structure { map: fd, key: KEY })));
    }
    let target = LinkTarget::Own { cookie: 0 };
    LinkCreate { prog: map.fd.as_fd(), attach: AttachType::StructOps, flags: 0, target }
        .call()
        .map(Part::from)
        .map_err(|errno| match errno {
            Errno::EEXIST => Kind::Taken {
                by: None,
                hint: "a structure of that name is registered already; detach its link, or give yours another name",
            },
            errno => Kind::refused("making the structure's link", errno),
        })
}
