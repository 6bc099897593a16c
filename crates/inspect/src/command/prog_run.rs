//! `prog run`: one run of a program, with a context and data that are given.
use super::{Done, Failure, Session, Words};
use crate::{Subject, hex, open_program};
use osmia_sys::bpf::TestRun;
use std::fs;
use std::io::{self, Read as _};

/// More than the kernel takes as data or context of any kind of programs; what has no end is not read for ever.
const MOST: u64 = 16 << 20;

/// Room for what a program leaves, where none is given.
const ROOM: u32 = 32 << 10;

/// The words that say something, and what follows them.
#[derive(Default)]
struct Wanted<'a> {
    data_in: Option<&'a str>,
    data_out: Option<&'a str>,
    data_size_out: Option<u32>,
    ctx_in: Option<&'a str>,
    ctx_out: Option<&'a str>,
    ctx_size_out: Option<u32>,
    repeat: Option<u32>,
}

const KEYWORDS: [&str; 7] =
    ["data_in", "data_out", "data_size_out", "ctx_in", "ctx_out", "ctx_size_out", "repeat"];

/// `PROG data_in FILE …`
pub(super) fn run(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    words.at_least(4).map_err(Failure::plain)?;
    let program = open_program(&words.handle(Subject::Program)?)?;
    let wanted = wanted(words)?;
    if (wanted.data_in, wanted.ctx_in) == (Some("-"), Some("-")) {
        return Err(Failure::words("cannot use standard input for both data_in and ctx_in"));
    }
    let (data, context) = (input(wanted.data_in)?, input(wanted.ctx_in)?);
    let room = |given: &Option<Vec<u8>>, size: Option<u32>| match given {
        Some(_) => size.filter(|size| *size != 0).unwrap_or(ROOM) as usize,
        None => 0,
    };
    let wish = TestRun {
        data: data.as_deref().unwrap_or_default(),
        data_out: room(&data, wanted.data_size_out),
        context: context.as_deref().unwrap_or_default(),
        context_out: room(&context, wanted.ctx_size_out),
        repeat: wanted.repeat.unwrap_or(1),
        ..TestRun::default()
    };
    let result = wish.call(&program.fd).map_err(|errno| Failure::errno("failed to run program", errno))?;
    if session.is_json() {
        session.json().start(b'{');
    }
    let context = if context.is_some() { result.context.as_slice() } else { &[] };
    // That it ran and what it gave is told, whether or not the rest can be written.
    let written = output(session, "data_out", wanted.data_out, &result.data).and(output(
        session,
        "ctx_out",
        wanted.ctx_out,
        context,
    ));
    let nanoseconds = result.duration.as_nanos();
    if session.is_json() {
        let json = session.json();
        json.field("retval", result.returned);
        json.field("duration", nanoseconds);
        // An error stands in the same object.
        return written.map(|()| session.json().end(b'}'));
    }
    let average = if wish.repeat > 1 { " (average)" } else { "" };
    let line = format!("Return value: {}, duration{average}: {nanoseconds}ns\n", result.returned);
    session.text().extend(line.into_bytes());
    written
}

fn wanted(mut words: Words<'_>) -> Result<Wanted<'_>, Failure> {
    let mut wanted = Wanted::default();
    while let Some(word) = words.word() {
        let meant: Vec<&str> = KEYWORDS.into_iter().filter(|keyword| keyword.starts_with(word)).collect();
        let [keyword, others @ ..] = meant.as_slice() else {
            let listed =
                "'data_in', 'data_out', 'data_size_out', 'ctx_in', 'ctx_out', 'ctx_size_out' or 'repeat'";
            return Err(Failure::words(format!("expected no more arguments, {listed}, got: '{word}'?")));
        };
        if !others.is_empty() {
            let listed = meant.join("' or '");
            return Err(Failure::words(format!("ambiguous prefix: '{word}' could be '{listed}'")));
        }
        match *keyword {
            "data_in" => wanted.data_in = Some(words.need("a file")?),
            "data_out" => wanted.data_out = Some(words.need("a file")?),
            "ctx_in" => wanted.ctx_in = Some(words.need("a file")?),
            "ctx_out" => wanted.ctx_out = Some(words.need("a file")?),
            "data_size_out" => wanted.data_size_out = Some(words.number("output data size")?),
            "ctx_size_out" => wanted.ctx_size_out = Some(words.number("output context size")?),
            _ => wanted.repeat = Some(words.number("repeat number")?),
        }
    }
    Ok(wanted)
}

fn input(name: Option<&str>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = match name {
        "-" => io::stdin().take(MOST + 1).read_to_end(&mut bytes),
        name => fs::File::open(name)
            .map_err(|error| Failure::io(format!("failed to open {name}"), &error))?
            .take(MOST + 1)
            .read_to_end(&mut bytes),
    };
    read.map_err(|error| Failure::io(format!("failed to read data_in/ctx_in from {name}"), &error))?;
    if bytes.len() as u64 > MOST {
        return Err(Failure::words(format!("what {name} has is longer than what a program can be given")));
    }
    Ok(Some(bytes))
}

/// What a program left: to a file, to standard output (`-`), or nowhere.
fn output(session: &mut Session<'_>, key: &str, name: Option<&str>, bytes: &[u8]) -> Done {
    match name {
        _ if bytes.is_empty() => Ok(()),
        None => Ok(()),
        Some("-") if session.is_json() => {
            let json = session.json();
            json.name(key);
            json.array(|json| bytes.iter().for_each(|byte| json.bare(byte)));
            Ok(())
        }
        Some("-") => {
            rows(bytes, session.text());
            Ok(())
        }
        Some(name) => {
            fs::write(name, bytes).map_err(|error| Failure::io(format!("failed to open {name}"), &error))
        }
    }
}

/// Sixteen bytes to a line: where, in hexadecimal, as text.
fn rows(bytes: &[u8], out: &mut Vec<u8>) {
    for (row, line) in bytes.chunks(16).enumerate() {
        out.extend(format!("{:07x}\t", 16 * row).into_bytes());
        for place in 0..16 {
            match line.get(place) {
                Some(byte) => hex::push_byte(out, *byte),
                None => out.extend(b"  "),
            }
            out.extend(if place % 2 == 1 { &b" "[..] } else { b"" });
        }
        out.extend(b"| ");
        for (place, byte) in line.iter().enumerate() {
            out.push(if (b' '..=b'~').contains(byte) { *byte } else { b'.' });
            out.extend(if place == 7 { &b" "[..] } else { b"" });
        }
        out.push(b'\n');
    }
}
