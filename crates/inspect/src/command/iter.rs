//! `iter`: iterators, pinned as files that can be read.
use super::{Done, Failure, MAP, Object, Session, Words, help, objects, pinning, row};
use crate::{Subject, open_map};
use osmia_loader::{AttachOptions, LoadOptions, attach};
use osmia_object::{Attach, ObjectRef, Over};
use osmia_sys::Errno;
use osmia_sys::bpf::pin;
use std::fs;
use std::path::Path;

pub(super) const OBJECT: Object = Object {
    name: "iter",
    help: "iterators: programs that files are made of",
    rows: &[row(
        &["pin"],
        "OBJ PATH [map MAP]",
        "load the first program of an object, and pin it as a file that runs it when it is read",
        pin_iterator,
    )],
    terms: &[MAP],
};

fn pin_iterator(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    // The object's name alone asks what there is, as with bpftool.
    if words.is_empty() && words.follow(OBJECT.name) {
        return help::of(session, &OBJECT);
    }
    if words.left().len() < 2 {
        return Err(session.misuse("'pin' needs an object's file and a path"));
    }
    let (file, path) = (words.need("an object's file")?, words.need("a path")?);
    let map = match words.is_empty() {
        true => None,
        false if words.take("map") => Some(open_map(&words.handle(Subject::Map)?)?),
        false => return words.end(),
    };
    words.end()?;
    let unread = |error| Failure::io_status(format!("can't open objfile {file}"), &error);
    fs::metadata(file).map_err(unread)?;
    let object = objects::open(file)?;
    let loaded = objects::load(session, &object, file, None, &LoadOptions::default())?;
    let first = loaded.programs.first();
    let program = first.ok_or_else(|| Failure::words(format!("can't find bpf program in objfile {file}")))?;
    let place = match (&program.attach, &map) {
        (Attach::Iterator { target, .. }, Some(map)) => {
            let over = Over::Map(ObjectRef::Id(map.facts.id));
            Attach::Iterator { target: target.clone(), pin: None, over }
        }
        (place, _) => place.clone(),
    };
    let attachment = attach(program, &place, &AttachOptions::default()).map_err(|error| {
        Failure::with(format!("attach_iter failed for program {}: {error}", program.name), Errno::EINVAL)
    })?;
    pinning::prepare(session, path)?;
    let link = attachment.links().into_iter().flatten().next();
    let link = link.ok_or_else(|| Failure::words(format!("program {} is no iterator", program.name)))?;
    pin(link, Path::new(path)).map_err(|errno| {
        Failure::errno(format!("pin_iter failed for program {} to path {path}", program.name), errno).plain()
    })
}
