//! `version`: the level of bpftool and libbpf that is spoken, and what is built in.
use super::{Done, Object, Session, Words, row};

/// The version of bpftool whose answers are given.
pub(super) const BPFTOOL_LEVEL: &str = "7.8.0";

/// The version of libbpf whose rules objects follow.
pub(super) const LIBBPF_LEVEL: &str = "1.8";

/// What bpftool can be built with, and whether we have it.
const FEATURES: &[(&str, bool)] =
    &[("libbfd", false), ("llvm", false), ("crypto", true), ("skeletons", true), ("bootstrap", false)];

pub(super) const OBJECT: Object = Object {
    name: "version",
    help: "which version this is",
    rows: &[row(&[], "", "tell the version, and what is built in", version)],
    terms: &[],
};

pub(super) fn version(session: &mut Session<'_>, _: Words<'_>) -> Done {
    let ours = env!("CARGO_PKG_VERSION");
    if !session.is_json() {
        let built: Vec<&str> = FEATURES.iter().filter(|(_, built)| *built).map(|(name, _)| *name).collect();
        let program = session.program().to_owned();
        let first = match program.as_str() {
            "bpftool" => format!("bpftool v{BPFTOOL_LEVEL}\nusing libbpf v{LIBBPF_LEVEL} (osmia {ours})"),
            _ => format!("osmia {ours}\nspeaks bpftool v{BPFTOOL_LEVEL}, libbpf v{LIBBPF_LEVEL}"),
        };
        let text = format!("{first}\nfeatures: {}\n", built.join(", "));
        session.text().extend(text.into_bytes());
        return Ok(());
    }
    session.json().object(|json| {
        json.text_field("version", BPFTOOL_LEVEL);
        json.text_field("libbpf_version", LIBBPF_LEVEL);
        json.text_field("osmia_version", ours);
        json.name("features");
        json.object(|json| FEATURES.iter().for_each(|(name, built)| json.field(name, built)));
    });
    Ok(())
}
