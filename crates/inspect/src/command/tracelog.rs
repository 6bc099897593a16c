//! `prog tracelog`: what programs print.
use super::follow::follow;
use super::{Done, Failure, Session, Words};
use crate::{Subject, open_program};
use osmia_sys::bpf::prog_stream_read;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// `O_NONBLOCK`
const NON_BLOCKING: i32 = 0o4000;

/// `[{ stdout | stderr } PROG]`
pub(super) fn tracelog(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    if words.is_empty() {
        return pipe(session);
    }
    let stream = match words.word() {
        Some(word) if "stdout".starts_with(word) => 1,
        Some(word) if "stderr".starts_with(word) => 2,
        other => {
            let other = other.unwrap_or_default();
            return Err(session.misuse(format!("expected 'stdout' or 'stderr', got: '{other}'")));
        }
    };
    words.at_least(2).map_err(Failure::plain)?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    words.end()?;
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = prog_stream_read(&program.fd, stream, &mut buffer);
        let read = read.map_err(|errno| Failure::errno("can't read the program's stream", errno).plain())?;
        match buffer.get(..read) {
            Some([]) | None => break,
            Some(bytes) => text.extend(bytes),
        }
    }
    session.print(
        text.as_slice(),
        |text, out| out.extend(text),
        |text, json| json.array(|json| lines(text).for_each(|line| json.bytes(line))),
    )
}

/// Lines with the newlines that end them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// The trace pipe, until a signal.
fn pipe(session: &mut Session<'_>) -> Done {
    let root = osmia_host::tracefs::root().map_err(|error| Failure::words(error.to_string()))?;
    let opened = OpenOptions::new().read(true).custom_flags(NON_BLOCKING).open(root.join("trace_pipe"));
    let pipe = opened.map_err(|error| Failure::io("could not open trace pipe", &error))?;
    let mut source = (pipe, Vec::new());
    follow(
        session,
        &mut source,
        |(pipe, _)| vec![pipe.as_fd()],
        |session, (pipe, kept)| {
            read_some(pipe, kept)?;
            // What is no whole line yet stays.
            let whole = kept.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            let text: Vec<u8> = kept.drain(..whole).collect();
            session.print(
                text.as_slice(),
                |text, out| out.extend(text),
                |text, json| lines(text).for_each(|line| json.bytes(line)),
            )
        },
    )
}

fn read_some(pipe: &mut std::fs::File, kept: &mut Vec<u8>) -> Done {
    let mut buffer = [0; 1 << 14];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => kept.write_all(buffer.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::io("failed to read content from trace pipe", &error)),
        }
    }
}
