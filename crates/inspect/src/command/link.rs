//! `link`: what is attached by links.
use super::prog::only_handle;
use super::{Done, Failure, LINK, Object, PROG, Session, Words, pinning, row};
use crate::{Handle, Link, Refs, Subject, links, links_json, links_text, open_link, open_program};
use osmia_loader::{adopt, update_link};
use osmia_object::ObjectRef;
use osmia_sys::bpf::{ObjectKind, link_detach};

pub(super) const OBJECT: Object = Object {
    name: "link",
    help: "links: attachments that have ids",
    rows: &[
        row(&["show", "list"], "[LINK]", "tell what is attached: all of it, or what a handle names", show),
        row(&["pin"], "LINK FILE", "keep a link under a path in a BPF file system", pin),
        row(&["detach"], "LINK", "detach at once, whoever holds the link", detach),
        row(
            &["update"],
            "LINK PROG",
            "put another program in the place of the link's, without a moment in which none runs",
            update,
        ),
    ],
    terms: &[LINK, PROG],
};

fn show(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let handle = only_handle(Subject::Link, &mut words)?;
    let mut links = links(&handle)?;
    let refs = Refs::gather(session.pins());
    links.iter_mut().for_each(|link: &mut Link| link.known = refs.of(ObjectKind::Link, link.id));
    session.print(links.as_slice(), links_text, |links, json| links_json(links, handle != Handle::All, json))
}

fn pin(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(3)?;
    let link = open_link(&words.handle(Subject::Link)?)?;
    pinning::pin_at(session, &link.fd, words.need("a path")?)?;
    words.end()
}

fn detach(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    if words.left().len() != 2 {
        return Err(Failure::words("link specifier is invalid or missing").one());
    }
    let handle = words.handle(Subject::Link).map_err(Failure::one)?;
    let link = open_link(&handle).map_err(|error| Failure::from(error).one())?;
    link_detach(&link.fd).map_err(|errno| Failure::errno("failed link detach", errno).one())
}

fn update(_: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(4)?;
    let link = open_link(&words.handle(Subject::Link)?)?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    words.end()?;
    let program = adopt(&ObjectRef::Id(program.facts.id), None).map_err(Failure::words)?;
    update_link(&link.fd, &program, None).map_err(|error| Failure::words(error.to_string()))
}
