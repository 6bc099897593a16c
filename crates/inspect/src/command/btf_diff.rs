//! `btf diff`: how the types of two kernels differ.
use super::{Done, Failure, Session, Words};
use crate::Json;
use osmia_btf::diff::{Detail, Diff, Item, Part, Sort, diff as compare};
use osmia_host::kernel_btf;
use std::io::Write as _;
use std::path::Path;

pub(super) fn diff(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let load = |file: &str| {
        let btf = kernel_btf(Path::new(file));
        btf.map_err(|words| Failure::words(format!("failed to load BTF from {file}: {words}")))
    };
    let [old, new] = files(&mut words)?;
    let (old, new) = (load(old)?, load(new)?);
    let mut names = Vec::new();
    while words.take("name") {
        names.push(words.need("a name")?);
    }
    words.end()?;
    let found = compare(&old, &new, |_, name| names.is_empty() || names.contains(&name));
    session.print(&found, text, json)
}

/// Two files. `file` may stand before each, as where types are dumped; a file may have that name, too. Which of both it is
/// the number of words says, whatever there is on the disk: behind the files, words come in pairs.
fn files<'a>(words: &mut Words<'a>) -> Result<[&'a str; 2], Failure> {
    let is_odd = |words: &Words<'_>| words.left().len() % 2 == 1;
    if words.peek() == Some("file") && (is_odd(words) || words.left().get(2).is_some_and(|it| it == "file")) {
        words.word();
    }
    let old = words.need("a file with types")?;
    if words.peek() == Some("file") && !is_odd(words) {
        words.word();
    }
    Ok([old, words.need("another file with types")?])
}

fn text(found: &Diff, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    for item in &found.removed {
        let _ = writeln!(out, "- {} {}", item.sort.word(), item.name);
    }
    for item in &found.added {
        let _ = writeln!(out, "+ {} {}", item.sort.word(), item.name);
    }
    for (item, details) in &found.changed {
        let _ = writeln!(out, "~ {} {}", item.sort.word(), item.name);
        details.iter().for_each(|detail| detail_text(item.sort, detail, out));
    }
    let counts = [&found.removed, &found.added].map(Vec::len);
    let _ = writeln!(out, "{} removed, {} added, {} changed", counts[0], counts[1], found.changed.len());
}

fn detail_text(sort: Sort, detail: &Detail, out: &mut Vec<u8>) {
    let _ = match detail {
        Detail::Size { old, new } => writeln!(out, "      size {old} -> {new}"),
        Detail::Declaration { old, new } => writeln!(out, "    - {old}\n    + {new}"),
        Detail::Added(part) => writeln!(out, "    + {}", part_text(sort, part)),
        Detail::Removed(part) => writeln!(out, "    - {}", part_text(sort, part)),
        Detail::Changed { old, new } => {
            writeln!(out, "    ~ {} -> {}", part_text(sort, old), change_text(sort, old, new))
        }
    };
}

fn place(part: &Part) -> String {
    let bits = part.bits.map_or(String::new(), |bits| format!(":{bits}"));
    if part.at % 8 == 0 && part.bits.is_none() {
        return format!("at {}", part.at / 8);
    }
    format!("at {}+{}{bits}", part.at / 8, part.at % 8)
}

fn part_text(sort: Sort, part: &Part) -> String {
    match sort {
        Sort::Enum => format!("{} = {}", part.name, part.at),
        _ => format!("{} {} {}", part.ty, part.name, place(part)),
    }
}

/// Only what is new.
fn change_text(sort: Sort, old: &Part, new: &Part) -> String {
    match sort {
        Sort::Enum => new.at.to_string(),
        _ if old.ty == new.ty => place(new),
        _ if (old.at, old.bits) == (new.at, new.bits) => new.ty.clone(),
        _ => format!("{} {}", new.ty, place(new)),
    }
}

fn json(found: &Diff, json: &mut Json) {
    json.object(|json| {
        for (name, items) in [("removed", &found.removed), ("added", &found.added)] {
            json.name(name);
            json.array(|json| items.iter().for_each(|item| json.object(|json| item_json(item, json))));
        }
        json.name("changed");
        json.array(|json| {
            for (item, details) in &found.changed {
                json.object(|json| {
                    item_json(item, json);
                    json.name("details");
                    json.array(|json| {
                        details.iter().for_each(|it| json.object(|json| detail_json(item.sort, it, json)));
                    });
                });
            }
        });
    });
}

fn item_json(item: &Item, json: &mut Json) {
    json.text_field("kind", item.sort.word());
    json.text_field("name", &item.name);
}

fn detail_json(sort: Sort, detail: &Detail, json: &mut Json) {
    let part = |json: &mut Json, name: &str, part: &Part| {
        json.name(name);
        json.object(|json| part_json(sort, part, json));
    };
    match detail {
        Detail::Size { old, new } => {
            json.text_field("what", "size");
            json.field("old", old);
            json.field("new", new);
        }
        Detail::Declaration { old, new } => {
            json.text_field("what", "declaration");
            json.text_field("old", old);
            json.text_field("new", new);
        }
        Detail::Added(new) => {
            json.text_field("what", "added");
            part(json, "new", new);
        }
        Detail::Removed(old) => {
            json.text_field("what", "removed");
            part(json, "old", old);
        }
        Detail::Changed { old, new } => {
            json.text_field("what", "changed");
            part(json, "old", old);
            part(json, "new", new);
        }
    }
}

fn part_json(sort: Sort, part: &Part, json: &mut Json) {
    json.text_field("name", &part.name);
    if sort == Sort::Enum {
        return json.field("value", part.at);
    }
    json.text_field("type", &part.ty);
    json.field("bit_offset", part.at);
    if let Some(bits) = part.bits {
        json.field("bits", bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_word_is_a_file_does_not_depend_on_the_disk() {
        for (text, expected, left) in [
            ("a b", ["a", "b"], ""),
            ("file a file b", ["a", "b"], ""),
            ("file a b", ["a", "b"], ""),
            ("a file b", ["a", "b"], ""),
            ("file a file b name n", ["a", "b"], "name n"),
            ("file a b name n", ["a", "b"], "name n"),
            // Files with that name.
            ("file b", ["file", "b"], ""),
            ("a file", ["a", "file"], ""),
            ("file file", ["file", "file"], ""),
            ("file b name n", ["file", "b"], "name n"),
            ("a file name n", ["a", "file"], "name n"),
            ("file file file b", ["file", "b"], ""),
            ("file a file file", ["a", "file"], ""),
        ] {
            let all: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let mut words = Words::of("diff", &all);
            assert_eq!(files(&mut words).unwrap(), expected, "{text}");
            assert_eq!(words.left().join(" "), left, "{text}");
        }
    }
}
