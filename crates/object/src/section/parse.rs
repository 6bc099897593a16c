//! Attach targets: the text after a section's name.
use super::Auto;
use crate::{Attach, Over, ProbeSide, UprobeTarget};
use ProbeSide::{Entry, Return};

/// What `text` says to a row of kind `auto`; `None` where it cannot be understood.
pub(super) fn attach(auto: Auto, text: &str) -> Option<Attach> {
    match auto {
        Auto::Nowhere | Auto::Freplace | Auto::LsmCgroup => Some(Attach::Nowhere),
        Auto::Usdt => usdt(text),
        Auto::Kprobe => kprobe(text, Entry),
        Auto::Kretprobe => kprobe(text, Return),
        Auto::KprobeMulti => Some(Attach::KprobeMulti { functions: pattern(text)?, side: Entry }),
        Auto::KretprobeMulti => Some(Attach::KprobeMulti { functions: pattern(text)?, side: Return }),
        Auto::KprobeSession => Some(Attach::KprobeSession { functions: pattern(text)? }),
        Auto::Uprobe => uprobe(text, Entry),
        Auto::Uretprobe => uprobe(text, Return),
        Auto::UprobeMulti => uprobe_multi(text, Entry),
        Auto::UretprobeMulti => uprobe_multi(text, Return),
        Auto::UprobeSession => uprobe_session(text),
        Auto::Ksyscall => Some(Attach::Syscall { name: name(text)?, side: Entry }),
        Auto::Kretsyscall => Some(Attach::Syscall { name: name(text)?, side: Return }),
        Auto::Tracepoint => tracepoint(text),
        Auto::RawTracepoint => Some(Attach::RawTracepoint { name: name(text)? }),
        Auto::BtfTracepoint => Some(Attach::BtfTracepoint { name: name(text)? }),
        Auto::Fentry => trampoline(text, Entry),
        Auto::Fexit => trampoline(text, Return),
        Auto::ModifyReturn => {
            module(text).map(|(module, function)| Attach::ModifyReturn { module, function })
        }
        Auto::Lsm => Some(Attach::Lsm { hook: name(text)? }),
        Auto::Iterator => Some(Attach::Iterator { target: name(text)?, pin: None, over: Over::All }),
    }
}

/// A name that is not empty.
fn name(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `function[+offset]`; the return of a function has no offset.
fn kprobe(text: &str, side: ProbeSide) -> Option<Attach> {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let end = text.find(|c| !known(c)).unwrap_or(text.len());
    let (function, rest) = text.split_at(end);
    let offset = if rest.is_empty() { 0 } else { number(rest.strip_prefix('+')?)? };
    let possible = !function.is_empty() && (side == Entry || offset == 0);
    possible.then(|| Attach::Kprobe { module: None, function: function.to_owned(), offset, side })
}

/// A name with `*` and `?`.
fn pattern(text: &str) -> Option<Vec<String>> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.*?".contains(c);
    (!text.is_empty() && text.chars().all(known)).then(|| vec![text.to_owned()])
}

/// `path:function[+offset]` or `path:offset`.
fn uprobe(text: &str, side: ProbeSide) -> Option<Attach> {
    let (path, place) = path_and_place(text)?;
    let target = uprobe_target(place);
    let moved = matches!(target, UprobeTarget::Symbol { offset: 1.., .. });
    (side == Entry || !moved).then_some(Attach::Uprobe { path, target, pid: None, side })
}

/// A path may hold no colon, as libbpf has it.
fn path_and_place(text: &str) -> Option<(String, &str)> {
    let (path, place) = text.split_once(':')?;
    (!path.is_empty() && !place.is_empty()).then(|| (path.to_owned(), place))
}

fn uprobe_target(place: &str) -> UprobeTarget {
    if let Some(offset) = number(place) {
        return UprobeTarget::Offset(offset);
    }
    let split = place.rsplit_once('+').and_then(|(name, offset)| Some((name, number(offset)?)));
    let (name, offset) = split.unwrap_or((place, 0));
    UprobeTarget::Symbol { name: name.to_owned(), offset }
}

/// `path:pattern`.
fn uprobe_multi(text: &str, side: ProbeSide) -> Option<Attach> {
    let (path, place) = path_and_place(text)?;
    let targets = vec![UprobeTarget::Symbol { name: place.to_owned(), offset: 0 }];
    Some(Attach::UprobeMulti { path, targets, pid: None, side })
}

fn uprobe_session(text: &str) -> Option<Attach> {
    let (path, place) = path_and_place(text)?;
    let targets = vec![UprobeTarget::Symbol { name: place.to_owned(), offset: 0 }];
    Some(Attach::UprobeSession { path, targets, pid: None })
}

/// `path:provider:probe`.
fn usdt(text: &str) -> Option<Attach> {
    let (path, probe) = path_and_place(text)?;
    let (provider, probe) = probe.split_once(':')?;
    let whole = !probe.contains(':');
    Some(Attach::Usdt {
        path,
        provider: name(provider)?,
        name: name(probe).filter(|_| whole)?,
        pid: None,
        sites: Vec::new(),
    })
}

/// `category/name`.
fn tracepoint(text: &str) -> Option<Attach> {
    let (category, event) = text.split_once('/')?;
    Some(Attach::Tracepoint { category: name(category)?, name: name(event)? })
}

/// `[module:]function`.
fn trampoline(text: &str, side: ProbeSide) -> Option<Attach> {
    module(text).map(|(module, function)| Attach::Trampoline { module, function, side })
}

fn module(text: &str) -> Option<(Option<String>, String)> {
    match text.split_once(':') {
        Some((module, function)) => Some((Some(name(module)?), name(function)?)),
        None => Some((None, name(text)?)),
    }
}

/// A number as C writes it: `16`, `0x10`, `020`.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}
