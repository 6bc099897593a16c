//! `feature`: what this kernel has, and what there is to ask for.
use super::{Done, Failure, Object, Session, Words, row, term};
use crate::features::{ProbeScope, missing_capabilities, probe_features};
use crate::features_print::{features_json, features_macros, features_text};
use osmia_abi::helpers::HELPERS;
use osmia_abi::{AttachType, LinkType, MapType, ProgramType};
use osmia_sys::netlink::interface_index;
use std::io::Write as _;

pub(super) const OBJECT: Object = Object {
    name: "feature",
    help: "what kernels have",
    rows: &[
        row(
            &["probe"],
            "[COMPONENT] [full] [unprivileged] [macros [prefix PREFIX]]",
            "ask the kernel, or a network card, what it has; 'full' also for helpers that make the kernel write to its log",
            probe,
        ),
        row(
            &["list_builtins"],
            "{ prog_types | map_types | attach_types | link_types | helpers }",
            "tell the names that are known here, whatever this kernel has",
            list_builtins,
        ),
    ],
    terms: &[term("COMPONENT", "{ kernel | dev NAME }")],
};

/// What the words of `probe` ask for: the scope, and the prefix of macros where these are wanted.
fn wanted<'w>(mut words: Words<'w>) -> Result<(ProbeScope, Option<&'w str>), Failure> {
    let (mut scope, mut component, mut prefix) = (ProbeScope::default(), false, None);
    while let Some(word) = words.peek() {
        if words.take("kernel") {
            once(&mut component)?;
        } else if words.take("dev") {
            once(&mut component)?;
            words.at_least(1).map_err(Failure::plain)?;
            let name = words.need("a name")?;
            scope.interface = interface_index(name)
                .map_err(|errno| Failure::errno(format!("unrecognized netdevice '{name}'"), errno).plain())?;
        } else if words.take("full") {
            scope.full = true;
        } else if prefix.is_none() && words.take("macros") {
            prefix = Some("");
        } else if words.take("prefix") {
            match prefix {
                None => return Err(Failure::words("'prefix' argument can only be use after 'macros'")),
                Some("") => {}
                Some(_) => return Err(Failure::words("'prefix' already defined")),
            }
            words.at_least(1).map_err(Failure::plain)?;
            prefix = Some(words.need("a prefix")?);
        } else if words.take("unprivileged") {
            scope.unprivileged = true;
        } else {
            return Err(Failure::words(format!(
                "expected no more arguments, 'kernel', 'dev', 'macros' or 'prefix', got: '{word}'?"
            )));
        }
    }
    Ok((scope, prefix))
}

/// Notes that the component was named; an error where it was already.
fn once(named: &mut bool) -> Done {
    if std::mem::replace(named, true) {
        return Err(Failure::words("component to probe already specified"));
    }
    Ok(())
}

fn probe(session: &mut Session<'_>, words: Words<'_>) -> Done {
    let (scope, prefix) = wanted(words)?;
    let missing = missing_capabilities();
    if !scope.unprivileged && !missing.is_empty() {
        return Err(Failure::words(format!(
            "missing {}, required for full feature probing; run as root or use 'unprivileged'",
            missing.join(", ")
        )));
    }
    let sections = probe_features(scope)
        .map_err(|errno| Failure::errno("failed to drop capabilities", errno).plain())?;
    session.print(
        sections.as_slice(),
        |sections, out| match prefix {
            None => features_text(sections, out),
            Some(prefix) => features_macros(sections, prefix, out),
        },
        features_json,
    )
}

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
