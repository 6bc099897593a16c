//! `needs`: what an object asks of the kernel, read off it alone.
use super::{Done, Object, Session, Words, objects, row};
use crate::Json;
use osmia_abi::Version;
use osmia_object::{Need, NeedPlace, least_version, needs};
use std::fmt::Write as _;

pub(super) const OBJECT: Object = Object {
    name: "needs",
    help: "what an object asks of the kernel, and the least version that has it",
    rows: &[row(
        &[],
        "FILE",
        "tell which types of programs and maps, helpers, kernel functions, instructions and types an object asks for, since \
         when Linux has each, and where it is asked for; without root",
        answer,
    )],
    terms: &[],
};

/// So many places are told in text.
const SHOWN: usize = 3;

fn answer(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let file = words.need("an object file")?;
    words.end()?;
    let all = needs(&objects::open(file)?);
    session.print(&all, |all, out| out.extend_from_slice(text(all).as_bytes()), |all, out| json(all, out))
}

fn version(version: Version) -> String {
    format!("{}.{}", version.0, version.1)
}

fn text(all: &[Need]) -> String {
    let mut out = match least_version(all) {
        Some(least) => format!("least kernel: Linux {}\n", version(least)),
        None => "least kernel: any that has BPF\n".to_owned(),
    };
    let firm = all.iter().filter(|need| need.spare.is_none());
    firm.for_each(|need| line(need, &mut out));
    let mut spare = all.iter().filter(|need| need.spare.is_some()).peekable();
    if spare.peek().is_some() {
        out.push_str("\nused where it is there:\n");
    }
    spare.for_each(|need| line(need, &mut out));
    out
}

fn line(need: &Need, out: &mut String) {
    let since = need.since.map_or_else(|| "?".to_owned(), version);
    let _ = writeln!(out, "{since:>5}  {} {}", need.kind.name(), need.name);
    for place in need.places.iter().take(SHOWN) {
        let _ = writeln!(out, "         {}", place_text(place));
    }
    if need.places.len() > SHOWN {
        let _ = writeln!(out, "         and {} more", need.places.len() - SHOWN);
    }
    if let Some(why) = need.spare {
        let _ = writeln!(out, "         ({why})");
    }
}

fn place_text(place: &NeedPlace) -> String {
    match &place.line {
        Some(line) => format!("{}, {}:{}: {}", place.words, line.file, line.line, line.text.trim()),
        None => place.words.clone(),
    }
}

fn json(all: &[Need], out: &mut Json) {
    out.object(|out| {
        version_json("least", least_version(all), out);
        out.name("needs");
        out.array(|out| all.iter().for_each(|need| out.object(|out| need_json(need, out))));
    });
}

fn version_json(name: &str, found: Option<Version>, out: &mut Json) {
    match found {
        Some(found) => out.text_field(name, &version(found)),
        None => out.field(name, "null"),
    }
}

fn need_json(need: &Need, out: &mut Json) {
    out.text_field("kind", need.kind.name());
    out.text_field("name", &need.name);
    version_json("since", need.since, out);
    out.field("required", need.spare.is_none());
    if let Some(why) = need.spare {
        out.text_field("spare", why);
    }
    out.name("places");
    out.array(|out| {
        for place in &need.places {
            out.object(|out| {
                out.text_field("place", &place.words);
                if let Some(line) = &place.line {
                    out.text_field("file", &line.file);
                    out.field("line", line.line);
                    out.text_field("text", line.text.trim());
                }
            });
        }
    });
}
