//! Places as people write them: `xdp eth0 mode=skb`, `tcx ingress eth0 before=17`, `kprobe do_unlinkat`.
//!
//! The first word is the hook. What has a section name is written as that (`kprobe/FUNCTION` or `kprobe FUNCTION`); all
//! others are rows of [`HOOKS`]. Whatever else there is to say follows as `KEY=VALUE`, or as `KEY` alone. `cookie=N` may follow
//! wherever programs can ask for one.
mod hooks;
mod words;

use crate::{Attach, section};
use hooks::hook_of;
pub use hooks::{HOOKS, Hook};
use osmia_abi::{AttachType, ProgramType};
use std::fmt;
use words::Words;
pub use words::reference;

/// A place, and what a program must be loaded as for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The place.
    pub attach: Attach,
    /// The type of programs that it takes, where there is only one.
    pub kind: Option<ProgramType>,
    /// The attach type that a program is loaded with for it, where the place says.
    pub attach_type: Option<AttachType>,
    /// What the program is told there when it asks (`cookie=N`).
    pub cookie: Option<u64>,
}

impl Wish {
    pub(crate) fn new(attach: Attach, kind: ProgramType, attach_type: Option<AttachType>) -> Self {
        Self { attach, kind: Some(kind), attach_type, cookie: None }
    }
}

/// Why words name no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceError(pub String);

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlaceError {}

/// The place that these words name.
pub fn parse_place<S: AsRef<str>>(words: &[S]) -> Result<Wish, PlaceError> {
    let all: Vec<&str> = words.iter().map(AsRef::as_ref).flat_map(str::split_whitespace).collect();
    let Some((hook, rest)) = all.split_first() else {
        return Err(PlaceError("it is not said where".to_owned()));
    };
    let (name, inside) = hook.split_once('/').map_or((*hook, None), |(name, inside)| (name, Some(inside)));
    let mut words = Words::new(inside, rest)?;
    let mut wish = match HOOKS.iter().find(|hook| hook.name == name) {
        Some(hook) => (hook.parse)(&mut words)
            .map_err(|error| PlaceError(format!("{error}; it is written `{} {}`", hook.name, hook.syntax)))?,
        None => by_section(hook, &mut words)?,
    };
    wish.cookie = words.number("cookie")?;
    if wish.cookie.is_some() && !wish.attach.takes_cookie() {
        return Err(PlaceError(format!("programs at `{name}` get no cookie: cookie= has no meaning there")));
    }
    words.finish()?;
    Ok(wish)
}

/// What is written as the section of a program.
fn by_section(hook: &str, words: &mut Words<'_>) -> Result<Wish, PlaceError> {
    let name = match words.after_section(hook) {
        Some(target) => format!("{hook}/{target}"),
        None => hook.to_owned(),
    };
    let Some(found) = section::lookup(&name) else {
        return Err(
            section::lookup(hook).map_or_else(|| unknown(hook), |found| says_no_place(hook, found.row))
        );
    };
    if let section::Expected::Newer(constant) = found.row.attach_type {
        return Err(PlaceError(format!(
            "programs of the section {} ({constant}) are newer than the newest kernel that osmia knows (6.18)",
            found.row.name
        )));
    }
    let program = found.program();
    let mut attach = found.attach().unwrap_or_default();
    if attach == Attach::Nowhere {
        return Err(says_no_place(&name, found.row));
    }
    if let Some(number) = words.number("pid")? {
        let process =
            u32::try_from(number).map_err(|_| PlaceError(format!("there is no process {number}")))?;
        match &mut attach {
            Attach::Uprobe { pid, .. }
            | Attach::UprobeMulti { pid, .. }
            | Attach::UprobeSession { pid, .. }
            | Attach::Usdt { pid, .. } => *pid = Some(process),
            _ => return Err(PlaceError(format!("`{name}` is for all processes: pid= has no meaning there"))),
        }
    }
    Ok(Wish::new(attach, program.kind, program.attach_type))
}

/// Why the name of a section is no place, and what is to be written instead.
fn says_no_place(name: &str, row: &section::Section) -> PlaceError {
    let instead = match (hook_of(row), row.target) {
        (Some(hook), _) => {
            format!("; programs of that section are placed by `{} {}`", hook.name, hook.syntax)
        }
        (None, section::Target::Optional) if row.kind != ProgramType::StructOps => {
            format!("; it is written `{}`", example(row.name))
        }
        (None, _) => ", and there is no hook for programs of that section".to_owned(),
    };
    PlaceError(format!("`{name}` does not say where{instead}"))
}

/// How a place of that section is written.
fn example(section: &str) -> String {
    let plain = section.trim_end_matches(".s");
    let target = match plain {
        "uprobe" | "uretprobe" => "PATH:FUNCTION[+OFFSET]",
        "uprobe.multi" | "uretprobe.multi" | "uprobe.session" => "PATH:PATTERN",
        "kprobe.multi" | "kretprobe.multi" | "kprobe.session" => "PATTERN",
        "usdt" => "PATH:PROVIDER:PROBE",
        "ksyscall" | "kretsyscall" => "CALL",
        "tracepoint" | "tp" => "CATEGORY/NAME",
        "lsm" => "HOOK",
        "raw_tp" | "raw_tracepoint" | "tp_btf" | "raw_tp.w" | "raw_tracepoint.w" => "NAME",
        _ => "FUNCTION",
    };
    format!("{section}/{target}")
}

fn unknown(hook: &str) -> PlaceError {
    let sections = section::SECTIONS.iter().map(|row| row.name);
    let nearest = osmia_base::nearest(hook, HOOKS.iter().map(|hook| hook.name).chain(sections));
    let hint = nearest.map_or_else(|| ".".to_owned(), |name| format!("; did you mean `{name}`?"));
    let names: Vec<&str> = HOOKS.iter().map(|hook| hook.name).collect();
    PlaceError(format!(
        "there is no hook `{hook}`{hint} There are {}, and whatever has a section name, such as `kprobe/FUNCTION`",
        names.join(", ")
    ))
}
