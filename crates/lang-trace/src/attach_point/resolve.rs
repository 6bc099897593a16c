//! The text of an attach point, taken apart. One function a kind of probe, chosen by the provider's row.
use super::{AttachPoint, Every, Mangled, Point, UserPlace, has_wildcard};
use crate::literal;
use crate::probes::{
    HARDWARE, MICROSECONDS, PROVIDERS, Provider, SIGNALS, SOFTWARE, TIME_UNITS, find_counter,
};
use osmia_base::{Diagnostic, Span};
use osmia_object::Access;

/// What is wrong with an attach point: words, and a hint.
struct Wrong(String, Option<String>);

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self(text, None)
    }
}

impl From<&str> for Wrong {
    fn from(text: &str) -> Self {
        Self(text.into(), None)
    }
}

/// Takes the text of an attach point apart. `$1` in it are replaced by `params`.
pub fn resolve_point(text: &str, span: Span, params: &[Vec<u8>]) -> Result<AttachPoint, Diagnostic> {
    let diagnose = |Wrong(text, hint): Wrong| {
        let diagnostic = Diagnostic::error(span, text);
        hint.into_iter().fold(diagnostic, Diagnostic::hint)
    };
    let parts = split_parts(text, params).map_err(|text| diagnose(text.into()))?;
    let (head, parts) = parts.split_first().map_or(("", &[][..]), |(head, parts)| (head.as_str(), parts));
    let provider = Provider::from_name(head).ok_or_else(|| unknown(head, span))?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let place = place(provider, &parts).map_err(diagnose)?;
    Ok(AttachPoint { provider, place, span })
}

fn unknown(head: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(span, format!("Invalid probe type: {head}"));
    match head {
        "asyncwatchpoint" | "aw" => diagnostic.hint("watchpoints that wait are gone; use `watchpoint`"),
        _ if has_wildcard(head) => {
            diagnostic.hint("patterns for the type of a probe are for listing (`-l`) only")
        }
        _ => diagnostic.suggest(head, PROVIDERS.iter().map(|row| row.name)),
    }
}

fn place(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    match provider {
        Provider::Begin | Provider::End => once(provider, parts),
        Provider::Own => signal(parts),
        Provider::Test | Provider::Bench => named(provider, parts),
        Provider::Kprobe | Provider::Kretprobe => kprobe(provider, parts),
        Provider::Fentry | Provider::Fexit => fentry(provider, parts),
        Provider::Tracepoint => tracepoint(parts),
        Provider::RawTracepoint => raw_tracepoint(parts),
        Provider::Uprobe | Provider::Uretprobe => uprobe(provider, parts),
        Provider::Usdt => usdt(parts),
        Provider::Profile | Provider::Interval => timer(provider, parts),
        Provider::Software | Provider::Hardware => counter(provider, parts),
        Provider::Watchpoint => watchpoint(parts),
        Provider::Iter => iterator(parts),
    }
}

/// Splits at `:`, outside of quotes, which are taken off; puts parameters in.
pub fn split_parts(text: &str, params: &[Vec<u8>]) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        rest = &rest[char.len_utf8()..];
        match char {
            '"' => quoted = !quoted,
            '\\' if quoted => {
                let next = rest.chars().next().unwrap_or('\\');
                rest = rest.get(next.len_utf8()..).unwrap_or("");
                put(&mut parts, next);
            }
            ':' if !quoted => parts.push(String::new()),
            '$' if !quoted => rest = put_param(&mut parts, rest, params)?,
            char => put(&mut parts, char),
        }
    }
    Ok(parts)
}

fn put(parts: &mut [String], char: char) {
    if let Some(part) = parts.last_mut() {
        part.push(char);
    }
}

/// Puts the parameter in whose number `rest` begins with, and returns what follows. A `:` in it separates parts, too.
fn put_param<'a>(parts: &mut Vec<String>, rest: &'a str, params: &[Vec<u8>]) -> Result<&'a str, String> {
    let length = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(length);
    if digits.is_empty() || digits.starts_with('0') {
        let found: String = rest.chars().take(1).collect();
        return Err(format!(
            "invalid trailing character for positional param: {found}. \
             Try quoting this entire part if this is intentional e.g. \"${found}\"."
        ));
    }
    let number: usize = digits.parse().map_err(|_| format!("positional parameter is not valid: {digits}"))?;
    let word = params.get(number - 1).map_or(&[][..], Vec::as_slice);
    let text = std::str::from_utf8(word)
        .map_err(|_| format!("${number} is no UTF-8 text, and cannot be part of an attach point"))?;
    for char in text.chars() {
        match char {
            ':' => parts.push(String::new()),
            char => put(parts, char),
        }
    }
    Ok(after)
}

/// That there are not as many parts as there must be.
fn count_error(provider: Provider, wanted: &str, found: usize) -> Wrong {
    let text = format!("{} probe type requires {wanted} arguments, found {found}", provider.name());
    Wrong(text, Some(format!("it is written {}", provider.info().syntax)))
}

fn number(text: &str, what: &str) -> Result<u64, Wrong> {
    literal::integer(text).map_err(|words| format!("{what}: {words}").into())
}

/// The part as an optional name: an empty one is none.
fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn once(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    match parts {
        [] | ["*"] => Ok(Point::Once),
        _ => Err(count_error(provider, "0", parts.len())),
    }
}

fn signal(parts: &[&str]) -> Result<Point, Wrong> {
    match parts {
        ["signal", name] if SIGNALS.contains(name) => Ok(Point::Signal((*name).to_owned())),
        ["signal", name] => {
            let known = format!("supported: {}", SIGNALS.join(", "));
            Err(Wrong(format!("{name} is not a supported signal"), Some(known)))
        }
        [trigger, _] => Err(format!("{trigger} is not a supported trigger").into()),
        _ => Err(count_error(Provider::Own, "2", parts.len())),
    }
}

fn named(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    match parts {
        [""] => Err(format!("{} probes must have a name", provider.name()).into()),
        [name] => Ok(Point::Named((*name).to_owned())),
        _ => Err(count_error(provider, "1", parts.len())),
    }
}

/// `name+offset`
fn with_offset(provider: Provider, text: &str) -> Result<(String, u64), Wrong> {
    let Some((name, offset)) = text.split_once('+') else { return Ok((text.to_owned(), 0)) };
    if matches!(provider, Provider::Kretprobe | Provider::Uretprobe) {
        return Err("Offset not allowed".into());
    }
    if offset.contains('+') {
        return Err("Cannot take more than one offset".into());
    }
    if has_wildcard(name) {
        return Err("Cannot use wildcards with an offset".into());
    }
    Ok((name.to_owned(), number(offset, "Invalid offset")?))
}

fn kprobe(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    let (module, function) = match parts {
        [function] => (None, function),
        [module, function] => (optional(module), function),
        _ => return Err(count_error(provider, "1 or 2", parts.len())),
    };
    if function.is_empty() {
        return Err("kprobes should be attached to a function or an address".into());
    }
    if module.is_none() && function.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(Point::KernelAddress(number(function, "Invalid address")?));
    }
    let (function, offset) = with_offset(provider, function)?;
    Ok(Point::KernelFunction { module, function, offset })
}

fn fentry(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    let (module, function) = match parts {
        ["bpf"] => return Err("the 'bpf' variant of this probe requires a bpf program name".into()),
        ["bpf", name] => return Ok(Point::BpfProgram { id: None, name: (*name).to_owned() }),
        ["bpf", "*", name] => return Ok(Point::BpfProgram { id: None, name: (*name).to_owned() }),
        ["bpf", id, name] => {
            let id = id.parse().map_err(|_| Wrong::from("bpf program id must be a number or '*'"))?;
            return Ok(Point::BpfProgram { id: Some(id), name: (*name).to_owned() });
        }
        [function] => (None, function),
        [module, function] => (optional(module), function),
        _ => return Err(count_error(provider, "1 or 2", parts.len())),
    };
    if function.is_empty() {
        return Err("fentry/fexit should specify a function".into());
    }
    if function.contains('+') {
        return Err("Offset not allowed".into());
    }
    Ok(Point::KernelFunction { module, function: (*function).to_owned(), offset: 0 })
}

fn tracepoint(parts: &[&str]) -> Result<Point, Wrong> {
    let (category, name) = match parts {
        [name] if has_wildcard(name) => ("*", *name),
        ["", _] | [_, ""] => return Err("tracepoint probe must have a target".into()),
        [category, name] => (*category, *name),
        _ => return Err(count_error(Provider::Tracepoint, "2", parts.len())),
    };
    Ok(Point::Tracepoint { category: category.to_owned(), name: name.to_owned() })
}

fn raw_tracepoint(parts: &[&str]) -> Result<Point, Wrong> {
    let (module, name) = match parts {
        [name] => (None, *name),
        [module, name] => (optional(module), *name),
        _ => return Err(count_error(Provider::RawTracepoint, "1 or 2", parts.len())),
    };
    if name.is_empty() {
        return Err("rawtracepoint should be attached to a function".into());
    }
    Ok(Point::RawTracepoint { module, name: name.to_owned() })
}

fn uprobe(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    let (path, mangled, function) = match parts {
        [path, line, rest @ ..] if path.contains('@') && rest.len() < 2 && line.parse::<u32>().is_ok() => {
            return source_line(provider, path, line, rest.first().copied());
        }
        [function] => (None, Mangled::AsIs, *function),
        ["cpp", function] => (None, Mangled::Demangled, *function),
        [path, function] => (Some(*path), Mangled::AsIs, *function),
        [path, "cpp", function] => (Some(*path), Mangled::Demangled, *function),
        [_, language, _] => return Err(format!("unsupported language type: {language}").into()),
        _ => return Err(count_error(provider, "2 or 3", parts.len())),
    };
    if path == Some("") {
        return Err(format!("{} should have a target", provider.name()).into());
    }
    if function.is_empty() {
        return Err(format!("{} should be attached to a function and/or address", provider.name()).into());
    }
    let path = path.map(str::to_owned);
    if let (Mangled::AsIs, Ok(address)) = (mangled, literal::integer(function)) {
        if path.as_deref().is_some_and(has_wildcard) {
            return Err("Cannot use wildcards with absolute address".into());
        }
        return Ok(Point::UserFunction { path, place: UserPlace::Address(address) });
    }
    let (name, offset) = match mangled {
        Mangled::AsIs => with_offset(provider, function)?,
        // `operator+` is a name.
        Mangled::Demangled => (function.to_owned(), 0),
    };
    Ok(Point::UserFunction { path, place: UserPlace::Symbol { name, offset, mangled } })
}

/// `bin@file:line[:column]`
fn source_line(provider: Provider, path: &str, line: &str, column: Option<&str>) -> Result<Point, Wrong> {
    let (path, file) = path.split_once('@').unwrap_or((path, ""));
    if provider == Provider::Uretprobe {
        return Err("uretprobes can not be attached to a line".into());
    }
    let small =
        |text: &str| text.parse::<u32>().map_err(|_| Wrong::from(format!("Invalid line or column: {text}")));
    let (line, column) = (small(line)?, column.map(small).transpose()?);
    let place = UserPlace::Line { file: file.to_owned(), line, column };
    Ok(Point::UserFunction { path: optional(path), place })
}

fn usdt(parts: &[&str]) -> Result<Point, Wrong> {
    let (path, namespace, name) = match parts {
        [name] => (None, None, *name),
        [path, name] => (optional(path), None, *name),
        [path, namespace, name] => (optional(path), optional(namespace), *name),
        _ => return Err(count_error(Provider::Usdt, "2 or 3", parts.len())),
    };
    if name.is_empty() {
        return Err("usdt probe must have a target function or wildcard".into());
    }
    Ok(Point::Usdt { path, namespace, name: name.to_owned() })
}

fn timer(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    let name = provider.name();
    let (unit, count) = match parts {
        [duration] => {
            let nanoseconds = number(duration, &format!("Invalid rate of {name} probe"))?;
            if nanoseconds < 1000 {
                return Err(format!(
                    "Invalid rate of {name} probe. Minimum is 1000 or 1us. Found: {nanoseconds} nanoseconds"
                )
                .into());
            }
            (MICROSECONDS, nanoseconds / 1000)
        }
        [unit, count] => {
            let Some(unit) = TIME_UNITS.iter().find(|row| row.name == *unit) else {
                let hint = format!("units: {}", TIME_UNITS.each_ref().map(|row| row.name).join(", "));
                return Err(Wrong(format!("{unit} is not an accepted unit of time"), Some(hint)));
            };
            if count.starts_with('-') {
                return Err(format!("{name} frequency should be a positive integer").into());
            }
            (unit, number(count, &format!("Invalid rate of {name} probe"))?)
        }
        _ => return Err(count_error(provider, "1 or 2", parts.len())),
    };
    if count == 0 {
        return Err(format!("{name} frequency should be a positive integer").into());
    }
    let out_of_range = || format!("Invalid rate of {name} probe: {count} {} is out of range", unit.name);
    Ok(Point::Timer(Every::new(count, unit).ok_or_else(out_of_range)?, unit))
}

fn counter(provider: Provider, parts: &[&str]) -> Result<Point, Wrong> {
    let (kind, table) = match provider {
        Provider::Software => ("software", &SOFTWARE[..]),
        _ => ("hardware", &HARDWARE[..]),
    };
    let (name, count) = match parts {
        [""] | ["", _] => return Err(format!("{kind} probe must have a {kind} event name").into()),
        [name] => (*name, None),
        [name, "" | "*"] => (*name, None),
        [name, count] => (*name, Some(number(count, &format!("Invalid count for {kind} probe"))?)),
        _ => return Err(count_error(provider, "1 or 2", parts.len())),
    };
    if has_wildcard(name) {
        return Err(format!("wildcards are not allowed for {kind} probe type").into());
    }
    let event = find_counter(table, name).ok_or_else(|| {
        let names = table.iter().flat_map(|row| [Some(row.name), row.alias]).flatten();
        let hint = osmia_base::nearest(name, names).map(|found| format!("did you mean `{found}`?"));
        Wrong(format!("{name} is not a {kind} probe"), hint)
    })?;
    match count {
        Some(0) => Err(format!("{kind} count should be a positive integer").into()),
        period => {
            let called = event.alias.filter(|alias| *alias == name).unwrap_or(event.name);
            Ok(Point::Counter { event, called, period })
        }
    }
}

fn watchpoint(parts: &[&str]) -> Result<Point, Wrong> {
    let [address, length, mode] = parts else {
        return Err(count_error(Provider::Watchpoint, "3", parts.len()));
    };
    let address = number(address, "Invalid function/address argument")?;
    if address == 0 {
        return Err("watchpoint must be attached to a non-zero address".into());
    }
    let length = match number(length, "Invalid length argument")? {
        length @ (1 | 2 | 4 | 8) => length as u8,
        _ => return Err("watchpoint length must be one of (1,2,4,8)".into()),
    };
    Ok(Point::Watchpoint { address, length, access: access(mode)? })
}

fn access(mode: &str) -> Result<Access, Wrong> {
    let mut access = Access::default();
    for letter in mode.chars() {
        let flag = match letter {
            'r' => &mut access.read,
            'w' => &mut access.write,
            'x' => &mut access.execute,
            _ => return Err("watchpoint mode must be combination of (r,w,x)".into()),
        };
        if std::mem::replace(flag, true) {
            return Err("watchpoint modes may not be duplicated".into());
        }
    }
    match (access.read, access.write, access.execute) {
        (false, false, false) => Err("watchpoint mode must be combination of (r,w,x)".into()),
        // What x86 watches (Intel's manual, volume 3, 17.2.4).
        (false, false, true) | (_, true, false) => Ok(access),
        _ => {
            let hint = "supported modes: x,w,rw".to_owned();
            Err(Wrong(format!("invalid watchpoint mode: {mode}"), Some(hint)))
        }
    }
}

fn iterator(parts: &[&str]) -> Result<Point, Wrong> {
    let (name, pin) = match parts {
        [name] => (*name, None),
        [name, pin] => (*name, optional(pin)),
        _ => return Err(count_error(Provider::Iter, "1 or 2", parts.len())),
    };
    if name.is_empty() {
        return Err("iter should specify a iterator's name".into());
    }
    Ok(Point::Iterator { name: name.to_owned(), pin })
}
