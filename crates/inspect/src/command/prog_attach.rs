//! `prog pin`, `prog attach`, `prog detach`
use super::{Done, Failure, Session, Words, pinning};
use crate::{OpenMap, OpenProgram, Subject, open_map, open_program};
use osmia_abi::AttachType;
use osmia_sys::Errno;
use osmia_sys::bpf::{AttachPoint, Order, ProgAttach, ProgDetach};
use std::os::fd::AsFd as _;

/// What programs are attached to here, by their whole names or by the beginnings of older ones.
const KINDS: [(AttachType, &str); 5] = [
    (AttachType::SkSkbStreamParser, "stream_parser"),
    (AttachType::SkSkbStreamVerdict, "stream_verdict"),
    (AttachType::SkSkbVerdict, "skb_verdict"),
    (AttachType::SkMsgVerdict, "msg_verdict"),
    (AttachType::FlowDissector, ""),
];

fn attach_type(word: &str) -> Option<AttachType> {
    let named = |(kind, older): &&(AttachType, &str)| {
        word == kind.name() || !word.is_empty() && older.starts_with(word)
    };
    KINDS.iter().find(named).map(|(kind, _)| *kind)
}

/// `PROG FILE`
pub(super) fn pin(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(3)?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    pinning::pin_at(session, &program.fd, words.need("a path")?)?;
    words.end()
}

/// The program, how it is attached, and the map of sockets it is attached to; a flow dissector needs none.
fn place(words: &mut Words<'_>) -> Result<(OpenProgram, AttachType, Option<OpenMap>), Failure> {
    words.at_least(3)?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    let word = words.need("a kind of attachment")?;
    let kind = attach_type(word)
        .ok_or_else(|| Failure::with(format!("invalid attach/detach type '{word}'"), Errno::EINVAL))?;
    if kind == AttachType::FlowDissector {
        return Ok((program, kind, None));
    }
    words.at_least(2)?;
    let map = open_map(&words.handle(Subject::Map)?)?;
    words.end()?;
    Ok((program, kind, Some(map)))
}

fn point(map: Option<&OpenMap>) -> AttachPoint<'_> {
    map.map_or(AttachPoint::Nothing, |map| AttachPoint::Fd(map.fd.as_fd()))
}

/// What bpftool gives for every failure here.
fn failed(what: &str, errno: Errno) -> Failure {
    Failure::with(format!("{what}: {}", errno.text()), Errno::EINVAL)
}

/// `PROG ATTACH_TYPE [MAP]`
pub(super) fn attach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let (program, attach, map) = place(&mut words)?;
    let wish = ProgAttach {
        target: point(map.as_ref()),
        prog: program.fd.as_fd(),
        attach,
        flags: 0,
        replace: None,
        order: Order::default(),
    };
    wish.call().map_err(|errno| failed("failed prog attach to map", errno))
}

/// `PROG ATTACH_TYPE [MAP]`
pub(super) fn detach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let (program, attach, map) = place(&mut words)?;
    let wish = ProgDetach {
        target: point(map.as_ref()),
        prog: Some(program.fd.as_fd()),
        attach,
        flags: 0,
        order: Order::default(),
    };
    wish.call().map_err(|errno| failed("failed prog detach from map", errno))
}
