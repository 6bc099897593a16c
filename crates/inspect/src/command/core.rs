//! `core`: whether an object fits kernels, asked of their types alone.
use super::{Done, Failure, Object, Session, Words, row};
use crate::Json;
use osmia_host::kernel_btf;
use osmia_object::elf::read;
use osmia_object::{CoreAnswer, CoreEntry, core_report};
use std::io::Write as _;
use std::path::Path;

pub(super) const OBJECT: Object = Object {
    name: "core",
    help: "relocations of objects: what they become on other kernels",
    rows: &[row(
        &["check"],
        "FILE [btf FILE]...",
        "tell of each relocation of an object how it ends on the types of kernels: this one's, or those of files",
        check,
    )],
    terms: &[],
};

/// What is told.
struct Report {
    kernels: Vec<String>,
    entries: Vec<CoreEntry>,
}

fn check(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let file = words.need("an object file")?;
    let mut kernels = Vec::new();
    while let Some(word) = words.word() {
        if !"btf".starts_with(word) {
            return Err(Failure::words(format!(
                "expected 'btf FILE' for the types of a kernel, got: '{word}'"
            )));
        }
        kernels.push(words.need("a file with types")?.to_owned());
    }
    if kernels.is_empty() {
        kernels.push(osmia_host::KERNEL_BTF.to_owned());
    }
    let bytes = osmia_host::read_file(Path::new(file))
        .map_err(|error| Failure::io(format!("can't read {file}"), &error))?;
    let object = read(&bytes).map_err(|error| Failure::words(format!("{file} is no object: {error}")))?;
    let load = |kernel: &String| {
        let btf = kernel_btf(Path::new(kernel));
        btf.map_err(|words| Failure::words(format!("failed to load BTF from {kernel}: {words}")))
    };
    let types = kernels.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let report = Report { entries: core_report(&object, &types), kernels };
    session.print(&report, text, json)?;
    let bad = report.entries.iter().flat_map(|entry| &entry.answers).filter(|it| it.is_bad()).count();
    if bad == 0 {
        return Ok(());
    }
    // The answer says what is wrong; the status says that something is.
    Err(Failure::Silent(1))
}

fn answer_text(answer: &CoreAnswer) -> String {
    match answer {
        CoreAnswer::Same(value) => format!("same ({value})"),
        CoreAnswer::Moved { local, value } => format!("moved ({local} -> {value})"),
        CoreAnswer::Absent => "absent".to_owned(),
        CoreAnswer::Missing => "MISSING".to_owned(),
        CoreAnswer::Ambiguous(why) => format!("AMBIGUOUS: {why}"),
        CoreAnswer::Broken(why) => format!("BROKEN: {why}"),
    }
}

fn text(report: &Report, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let mut last = None;
    for entry in &report.entries {
        let place = entry.line.as_ref().map(|line| (line.file.clone(), line.line));
        if place.is_none() || place != last {
            let _ = match &entry.line {
                Some(line) => writeln!(out, "{}:{}: {}", line.file, line.line, line.text.trim()),
                None => writeln!(out, "{}:", entry.function),
            };
        }
        last = place;
        let _ = writeln!(out, "    {} insn {}: {} {}", entry.function, entry.insn, entry.kind, entry.subject);
        for (kernel, answer) in report.kernels.iter().zip(&entry.answers) {
            let _ = writeln!(out, "        {kernel}: {}", answer_text(answer));
        }
    }
    for (place, kernel) in report.kernels.iter().enumerate() {
        let answers = || report.entries.iter().filter_map(|entry| entry.answers.get(place));
        let moved = answers().filter(|it| matches!(it, CoreAnswer::Moved { .. })).count();
        let absent = answers().filter(|it| matches!(it, CoreAnswer::Absent)).count();
        let bad = answers().filter(|it| it.is_bad()).count();
        let count = report.entries.len();
        let _ = writeln!(out, "{kernel}: {count} relocations, {moved} moved, {absent} absent, {bad} bad");
    }
}

fn json(report: &Report, json: &mut Json) {
    json.array(|json| {
        for entry in &report.entries {
            json.object(|json| entry_json(report, entry, json));
        }
    });
}

fn entry_json(report: &Report, entry: &CoreEntry, json: &mut Json) {
    json.text_field("function", &entry.function);
    json.field("insn", entry.insn);
    if let Some(line) = &entry.line {
        json.text_field("file", &line.file);
        json.field("line", line.line);
        json.text_field("text", line.text.trim());
    }
    json.text_field("kind", entry.kind);
    json.text_field("subject", &entry.subject);
    json.name("kernels");
    json.array(|json| {
        for (kernel, answer) in report.kernels.iter().zip(&entry.answers) {
            json.object(|json| {
                json.text_field("btf", kernel);
                answer_json(answer, json);
            });
        }
    });
}

fn answer_json(answer: &CoreAnswer, json: &mut Json) {
    let (word, why) = match answer {
        CoreAnswer::Same(_) => ("same", None),
        CoreAnswer::Moved { .. } => ("moved", None),
        CoreAnswer::Absent => ("absent", None),
        CoreAnswer::Missing => ("missing", None),
        CoreAnswer::Ambiguous(why) => ("ambiguous", Some(why)),
        CoreAnswer::Broken(why) => ("broken", Some(why)),
    };
    json.text_field("answer", word);
    match answer {
        CoreAnswer::Same(value) => json.field("value", value),
        CoreAnswer::Moved { local, value } => {
            json.field("local", local);
            json.field("value", value);
        }
        _ => {}
    }
    if let Some(why) = why {
        json.text_field("why", why);
    }
}
