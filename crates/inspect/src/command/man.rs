//! Manual pages, printed from the same rows.
use super::{OBJECTS, OPTIONS, Object};

/// The manual page of one object's commands (`osmia-prog(8)`), or of all objects (`osmia-bpftool(8)`), for `man`.
pub fn manual(object: Option<&str>) -> Option<String> {
    match object {
        None => Some(overview()),
        Some(name) => OBJECTS.iter().find(|object| object.name == name).map(|object| page(object)),
    }
}

/// Text in roff: a dash is no hyphen, and a dot or quote at a line's beginning no request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let line =
        |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn head(name: &str, help: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        ".TH OSMIA\\-{} 8 \"\" \"osmia {version}\"\n.SH NAME\nosmia\\-{name} \\- {}\n",
        name.to_uppercase(),
        escaped(help)
    )
}

fn options() -> String {
    let mut text = ".SH OPTIONS\nThey may stand anywhere among the words.\n".to_owned();
    for option in OPTIONS {
        let value = if option.value.is_empty() { String::new() } else { format!(" {}", option.value) };
        text +=
            &format!(".TP\n.B {}{value}\n{}\n", escaped(&option.names().join(", ")), escaped(option.help));
    }
    text
}

const STATUS: &str = ".SH EXIT STATUS\n0 where it was done; 255, or 256 less the number of the kernel's error, where not. \
    What went wrong is told on standard error, or, with \\-j or \\-p, as the value of\n.B error\nin the answer, \
    which is always one JSON value.\n";

fn overview() -> String {
    let mut text = head("bpftool", "look at what is loaded into the kernel, and change it");
    text += ".SH SYNOPSIS\n.B osmia\nOBJECT { COMMAND | help }\n.br\n.B bpftool\nOBJECT { COMMAND | help }\n.SH DESCRIPTION\n\
        osmia takes bpftool's commands; called through a link named bpftool it takes exactly its command line. Objects and \
        commands may be shortened to any beginning.\n";
    for object in OBJECTS {
        text += &format!(
            ".TP\n.B {}\n{}; see \\fBosmia\\-{}\\fR(8)\n",
            escaped(object.name),
            escaped(object.help),
            object.name
        );
    }
    text + &options() + STATUS
}

fn page(object: &Object) -> String {
    let mut text = head(object.name, object.help);
    text += ".SH SYNOPSIS\n";
    for row in object.rows {
        text += &format!(".B osmia {}\n{}\n.br\n", escaped(&names(object, row.names)), escaped(row.grammar));
    }
    text += ".SH COMMANDS\n";
    for row in object.rows {
        let names = escaped(&names(object, row.names));
        text += &format!(
            ".TP\n.B {names} \\fR{}\n{}.\n",
            escaped(&row.grammar.replace('\n', " ")),
            escaped(row.help)
        );
    }
    if !object.terms.is_empty() {
        text += ".SH WORDS\n";
    }
    for term in object.terms {
        text += &format!(".TP\n.I {}\n{}\n", term.name, escaped(term.means));
    }
    text + &options() + STATUS
}

fn names(object: &Object, names: &[&str]) -> String {
    match names {
        [] => object.name.to_owned(),
        names => format!("{} {}", object.name, names.join("|")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_has_a_page() {
        for object in OBJECTS {
            let page = manual(Some(object.name)).unwrap();
            assert!(page.starts_with(".TH OSMIA\\-"), "{page}");
            for name in object.rows.iter().flat_map(|row| row.names) {
                assert!(page.contains(&escaped(name)), "{name}: {page}");
            }
            assert!(page.lines().all(|line| !line.starts_with('\'')), "{page}");
        }
        assert!(manual(None).unwrap().contains("osmia\\-map\\fR(8)"));
        assert!(manual(Some("nothing")).is_none());
    }
}
