//! `net`: programs at interfaces.
use super::{Done, Failure, Object, PROG, Session, Words, row, term};
use crate::{Subject, net_json, net_programs, net_text, open_program};
use osmia_abi::{AttachType, flags};
use osmia_sys::Errno;
use osmia_sys::bpf::{AttachPoint, Order, ProgAttach, ProgDetach};
use osmia_sys::netlink::{Netlink, SetXdp, interface_index};
use std::os::fd::{AsFd as _, BorrowedFd};

pub(super) const OBJECT: Object = Object {
    name: "net",
    help: "programs at network interfaces",
    rows: &[
        row(&["show", "list"], "[dev DEVICE]", "tell what is attached to interfaces, or to one", show),
        row(
            &["attach"],
            "ATTACH_TYPE PROG dev DEVICE [{ overwrite | prepend }]",
            "attach a program: in place of the one that is there (XDP), or before all others (tcx)",
            attach,
        ),
        row(&["detach"], "ATTACH_TYPE dev DEVICE", "take away what is attached", detach),
    ],
    terms: &[
        PROG,
        term("ATTACH_TYPE", "{ xdp | xdpgeneric | xdpdrv | xdpoffload | tcx_ingress | tcx_egress }"),
    ],
};

/// A kind of attachment: XDP with its flags (`XDP_FLAGS_*`), or an ordered list.
#[derive(Clone, Copy)]
enum Place {
    Xdp(u32),
    Tcx(AttachType),
}

const PLACES: &[(&str, Place)] = &[
    ("xdp", Place::Xdp(0)),
    ("xdpgeneric", Place::Xdp(1 << 1)),
    ("xdpdrv", Place::Xdp(1 << 2)),
    ("xdpoffload", Place::Xdp(1 << 3)),
    ("tcx_ingress", Place::Tcx(AttachType::TcxIngress)),
    ("tcx_egress", Place::Tcx(AttachType::TcxEgress)),
];

/// `XDP_FLAGS_UPDATE_IF_NOEXIST`
const ONLY_IF_NONE: u32 = 1;

fn show(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let only = match words.left() {
        [] => None,
        [_, _] => Some(device(&mut words)?),
        _ => return Err(session.misuse("'show' takes 'dev DEVICE' or nothing")),
    };
    let found = net_programs(only).map_err(|error| Failure::with(error.to_string(), error.errno).plain())?;
    session.print(&found, net_text, net_json)
}

fn device(words: &mut Words<'_>) -> Result<u32, Failure> {
    let word = words.need("'dev'")?;
    if !"dev".starts_with(word) {
        return Err(Failure::words(format!("expected 'dev', got: '{word}'?")));
    }
    let name = words.need("an interface")?;
    interface_index(name).map_err(|_| Failure::words(format!("invalid devname {name}")))
}

fn invalid(failure: Failure) -> Failure {
    match failure {
        Failure::Told { words, .. } => Failure::with(words, Errno::EINVAL),
        other => other,
    }
}

fn place(words: &mut Words<'_>) -> Result<(&'static str, Place), Failure> {
    let word = words.need("a kind of attachment")?;
    let found = PLACES.iter().find(|(name, _)| name.starts_with(word));
    found
        .copied()
        .ok_or_else(|| Failure::with(format!("invalid net attach/detach type: {word}"), Errno::EINVAL))
}

fn attach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(5)?;
    let (name, place) = place(&mut words)?;
    let program = open_program(&words.handle(Subject::Program).map_err(invalid)?);
    let program = program.map_err(|error| invalid(error.into()))?;
    let index = device(&mut words).map_err(invalid)?;
    let (mut overwrite, mut prepend) = (false, false);
    if let Some(word) = words.word() {
        match place {
            Place::Xdp(_) if "overwrite".starts_with(word) => overwrite = true,
            Place::Tcx(_) if "prepend".starts_with(word) => prepend = true,
            _ => {
                let kind =
                    if matches!(place, Place::Xdp(_)) { "'overwrite' (xdp)" } else { "'prepend' (tcx)" };
                return Err(Failure::with(format!("expected {kind}, got: '{word}'?"), Errno::EINVAL));
            }
        }
    }
    let failed = |errno: Errno| Failure::errno(format!("interface {name} attach failed"), errno);
    match place {
        Place::Xdp(mode) => {
            let flags = mode | if overwrite { 0 } else { ONLY_IF_NONE };
            set_xdp(index, Some(program.fd.as_fd()), flags, &format!("interface {name} attach failed"))
        }
        Place::Tcx(attach) => {
            let wish = ProgAttach {
                target: AttachPoint::Interface(index),
                prog: program.fd.as_fd(),
                attach,
                flags: if prepend { flags::BEFORE } else { 0 },
                replace: None,
                order: Order::default(),
            };
            wish.call().map_err(failed)
        }
    }
}

/// The kernel's own words are told where it has some.
fn set_xdp(index: u32, program: Option<BorrowedFd<'_>>, flags: u32, failed: &str) -> Done {
    let mut socket = Netlink::open().map_err(|errno| Failure::errno(failed, errno))?;
    socket.set_xdp(&SetXdp { index, program, flags, expected: None }).map_err(|error| {
        let more = error.words.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
        Failure::with(format!("{failed}: {}{more}", error.errno.text()), error.errno)
    })
}

fn detach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(3)?;
    let (name, place) = place(&mut words)?;
    let index = device(&mut words).map_err(invalid)?;
    words.end()?;
    let failed = format!("interface {name} detach failed");
    match place {
        Place::Xdp(mode) => set_xdp(index, None, mode | ONLY_IF_NONE, &failed),
        Place::Tcx(attach) => {
            let target = AttachPoint::Interface(index);
            let wish = ProgDetach { target, prog: None, attach, flags: 0, order: Order::default() };
            wish.call().map_err(|errno| Failure::errno(failed, errno))
        }
    }
}
