//! Programs at places that keep them without a link, and orders among programs.
use super::error::AttachErrorKind as Kind;
use super::held::{Held, Place, Target};
use super::part::Part;
use super::{Job, Parts, refer};
use osmia_abi::{AttachType, flags};
use osmia_object::{Anchor, ObjectRef, Order, OrderSide, Sharing};
use osmia_sys::Errno;
use osmia_sys::bpf::{Order as SysOrder, ProgAttach, Relative};
use std::os::fd::{AsFd, OwnedFd};

/// An order with its neighbour open.
#[derive(Debug)]
pub(super) struct Near {
    neighbour: Option<OwnedFd>,
    /// On which side, and what the neighbour is.
    pub(super) flags: u32,
}

impl Near {
    pub(super) fn as_sys(&self, revision: u64) -> SysOrder<'_> {
        SysOrder { relative: self.neighbour.as_ref().map(|fd| Relative::Fd(fd.as_fd())), revision }
    }
}

/// Opens the neighbour of an order.
pub(super) fn order(at: &Order) -> Result<Near, Kind> {
    let side = match at.side {
        None => 0,
        Some(OrderSide::Before) => flags::BEFORE,
        Some(OrderSide::After) => flags::AFTER,
    };
    let (neighbour, kind) = match &at.anchor {
        None => (None, 0),
        Some(Anchor::Program(which)) => (Some(refer::program(which)?.into_fd()), 0),
        Some(Anchor::Link(which)) => (Some(refer::link(which)?.into_fd()), flags::LINK),
    };
    Ok(Near { neighbour, flags: side | kind })
}

/// Attaches without a link.
pub(super) fn bare(
    job: Job<'_>,
    (target, attach, sharing): (Target, AttachType, Sharing),
    replace: Option<&ObjectRef>,
    at: &Order,
    refused: impl Fn(Errno) -> Kind,
) -> Parts {
    let old = replace.map(refer::program).transpose()?;
    let near = order(at)?;
    let sharing = match sharing {
        Sharing::Alone => 0,
        Sharing::Override => flags::ALLOW_OVERRIDE,
        Sharing::Multi => flags::ALLOW_MULTI,
    };
    let request = ProgAttach {
        target: target.point(),
        prog: job.program.fd.as_fd(),
        attach,
        flags: sharing | near.flags,
        replace: old.as_ref().map(AsFd::as_fd),
        order: near.as_sys(at.revision),
    };
    request.call().map_err(refused)?;
    let program = job.program.fd.try_clone().map_err(|errno| Kind::refused("copying a descriptor", errno))?;
    Ok(vec![Part::from(Held::new(Place::Bare { target, program, attach }))])
}

/// What lists of programs say.
pub(super) fn refused_in_list(step: &'static str, errno: Errno) -> Kind {
    match errno {
        Errno::ESTALE => {
            Kind::Unable("the list of programs has changed since that revision; look at it again")
        }
        Errno::ENOENT => {
            Kind::Unable("the program or link to stand next to, or to be replaced, is not at that place")
        }
        Errno::EEXIST => Kind::Taken { by: None, hint: "the program is there already" },
        errno => Kind::refused(step, errno),
    }
}
