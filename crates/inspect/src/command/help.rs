//! How commands are written, printed from their rows.
use super::{Done, OBJECTS, OPTIONS, Object, Session};

/// Help for all there is. In JSON it is `null`, as bpftool has it.
pub(super) fn everything(session: &mut Session<'_>) -> Done {
    let text = all(session.program());
    show(session, &text)
}

/// Help for the commands of one object.
pub(super) fn of(session: &mut Session<'_>, object: &Object) -> Done {
    let text = usage(session.program(), object);
    show(session, &text)
}

fn show(session: &mut Session<'_>, text: &str) -> Done {
    if session.is_json() {
        return Ok(());
    }
    // bpftool tells it on standard error.
    match session.program() {
        "bpftool" => session.note(text.trim_end()),
        _ => session.text().extend_from_slice(text.as_bytes()),
    }
    Ok(())
}

/// Help for all there is, as text.
pub(super) fn all(program: &str) -> String {
    let mut text = format!(
        "Usage: {program} [OPTIONS] OBJECT {{ COMMAND | help }}\n       {program} batch file FILE\n       {program} \
        version\n\nOBJECT is one of these, or its beginning:\n"
    );
    for object in OBJECTS {
        line(&mut text, object.name, object.help);
    }
    text += "\nOPTIONS, which may stand anywhere:\n";
    for option in OPTIONS {
        let value = if option.value.is_empty() { String::new() } else { format!(" {}", option.value) };
        line(&mut text, &format!("{}{value}", option.names().join(", ")), option.help);
    }
    text
}

fn line(text: &mut String, name: &str, help: &str) {
    *text += &format!("    {name:<22} {help}\n");
}

/// Help for the commands of one object, as text.
pub(super) fn usage(program: &str, object: &Object) -> String {
    let mut text = format!("{}: {}\n\n", object.name, object.help);
    let mut lead = "Usage:";
    for row in object.rows {
        let name = match row.names {
            [] => String::new(),
            [name] => format!(" {name}"),
            names => format!(" {{ {} }}", names.join(" | ")),
        };
        let grammar = row.grammar.replace('\n', "\n               ");
        let space = if grammar.is_empty() { "" } else { " " };
        let help = row.help.replace('\n', "\n           ");
        text += &format!("{lead:<6} {program} {}{name}{space}{grammar}\n           {help}\n", object.name);
        lead = "";
    }
    text += &format!("{lead:<6} {program} {} help\n", object.name);
    if !object.terms.is_empty() {
        text.push('\n');
    }
    for term in object.terms {
        let means = term.means.replace('\n', "\n           ");
        text += &format!("       {} := {means}\n", term.name);
    }
    text += "       OPTIONS := { ";
    let letters = OPTIONS.iter().map(|option| option.names().join("|"));
    text += &letters.collect::<Vec<_>>().join(" | ").replace(" | -L", "\n           | -L");
    text + " }\n"
}
