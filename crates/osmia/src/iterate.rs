//! Iterators: each is walked once, or its link is kept in the BPF file system for others to read.
use crate::session::Session;
use osmia_lang_trace::{Plan, Provider};
use osmia_object::Attach;
use osmia_render::{Message, Origin};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where pins are that are no whole paths.
const PINS: &str = "/sys/fs/bpf";

/// So much is read at once.
const CHUNK: usize = 64 * 1024;

/// Walks the plan's iterators in order, passing on what their programs write; whether there are any.
pub(crate) fn walk(session: &mut Session<'_>, plan: &Plan) -> Result<bool, String> {
    let mut walked = false;
    for probe in plan.of(Provider::Iter) {
        walked = true;
        let pin = probe.attach.iter().find_map(|attach| match attach {
            Attach::Iterator { pin, .. } => pin.as_deref(),
            _ => None,
        });
        let done = match pin {
            Some(pin) => keep(session, &probe.program, pin),
            None => read(session, &probe.program),
        };
        done.map_err(|why| format!("ERROR: {}: {why}\n", probe.name))?;
    }
    Ok(walked)
}

fn keep(session: &mut Session<'_>, program: &str, pin: &str) -> Result<(), String> {
    let path = if pin.starts_with('/') { PathBuf::from(pin) } else { Path::new(PINS).join(pin) };
    let cannot = |why: String| format!("Failed to pin iter probe link at {}: {why}", path.display());
    session.world.pin(program, &path).map_err(cannot)?;
    let said = session.output.write(format!("Program pinned to {}\n", path.display()).as_bytes());
    said.map_err(|error| error.to_string())
}

fn read(session: &mut Session<'_>, program: &str) -> Result<(), String> {
    let mut file = session.world.iterate(program)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = file.read(&mut chunk).map_err(|error| error.to_string())?;
        let Some(text) = chunk.get(..count).filter(|text| !text.is_empty()) else { return Ok(()) };
        let message = Message::text(Origin::Printf, text.to_vec());
        session.output.say(&message).map_err(|error| error.to_string())?;
    }
}
