//! `feature`: what there is to ask for.
use super::{Done, Object, Session, Words, row};
use osmia_abi::helpers::HELPERS;
use osmia_abi::{AttachType, LinkType, MapType, ProgramType};
use std::io::Write as _;

pub(super) const OBJECT: Object = Object {
    name: "feature",
    help: "what kernels have",
    rows: &[row(
        &["list_builtins"],
        "{ prog_types | map_types | attach_types | link_types | helpers }",
        "tell the names that are known here, whatever this kernel has",
        list_builtins,
    )],
    terms: &[],
};

/// Names of one sort.
type Names = fn() -> Vec<String>;

const GROUPS: [(&str, Names); 5] = [
    ("prog_types", || ProgramType::ALL.iter().map(|it| it.name().to_owned()).collect()),
    ("map_types", || MapType::ALL.iter().map(|it| it.name().to_owned()).collect()),
    ("attach_types", || AttachType::ALL.iter().map(|it| it.name().to_owned()).collect()),
    ("link_types", || LinkType::ALL.iter().map(|it| it.name().to_owned()).collect()),
    ("helpers", helpers),
];

/// Number 0 is no helper, but has a name too.
fn helpers() -> Vec<String> {
    let names = HELPERS.iter().map(|helper| format!("bpf_{}", helper.name));
    std::iter::once("bpf_unspec".to_owned()).chain(names).collect()
}

fn list_builtins(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let names = words.choose(&GROUPS)?();
    words.end()?;
    session.print(
        names.as_slice(),
        |names, out| {
            for name in names {
                // Writing to memory does not fail.
                let _ = writeln!(out, "{name}");
            }
        },
        |names, json| json.array(|json| names.iter().for_each(|name| json.string(name))),
    )
}
