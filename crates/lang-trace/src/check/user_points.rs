//! Points in user files: where they are attached, and what is wrong with places in the middle of code.
use super::body::Body;
use super::calls::{Call, Made, literal};
use super::convert::convert;
use super::{Options, user_debug};
use crate::attach_point::{AttachPoint, Point, UserPlace};
use crate::probes::Provider;
use crate::typed::{Expr, ExprKind, Space, Type};
use osmia_base::{Diagnostic, Severity, Span};
use osmia_isa::Cond;
use osmia_object::{Attach, Boundary, CodeSpot, Target, UprobeTarget, UsdtSpot, UserFile, UserFileKind};

/// What to do about a place that nobody can vouch for.
const FORCE: &str = "\nUse --unsafe to force attachment. WARNING: This option could lead to data corruption in the target process.";

/// The place of a uprobe; `None` for one that cannot be attached yet.
pub(super) fn uprobe_target(path: &str, place: &UserPlace, target: &Target) -> Option<UprobeTarget> {
    match place {
        UserPlace::Symbol { name, offset, .. } => {
            Some(match user_debug::symbol_elsewhere(path, name, target) {
                Some(address) => UprobeTarget::Address(address.wrapping_add(*offset)),
                None => UprobeTarget::Symbol { name: name.clone(), offset: *offset },
            })
        }
        // Code without symbols, and without segments: its addresses are offsets.
        UserPlace::Address(address) => match target.user_file(path).map(|file| file.kind) {
            Some(UserFileKind::Flat) => Some(UprobeTarget::Offset(*address)),
            _ => Some(UprobeTarget::Address(*address)),
        },
        UserPlace::Line { .. } => {
            let address = user_debug::line_address(place, target.debug.get(path)?)?;
            address.as_ref().ok().map(|address| UprobeTarget::Address(*address))
        }
    }
}

/// The sites of a probe that the file's author put in.
pub(super) fn usdt(path: &str, provider: &str, name: &str, target: &Target, options: &Options) -> Attach {
    let probe = target.user_file(path).and_then(|file| file.probe(provider, name));
    let sites = probe.into_iter().flat_map(|probe| &probe.sites);
    Attach::Usdt {
        path: path.to_owned(),
        provider: provider.to_owned(),
        name: name.to_owned(),
        pid: options.pid,
        sites: sites.map(|site| UsdtSpot { offset: site.offset, semaphore: site.semaphore }).collect(),
    }
}

/// Whether something can be put where the point says: between two instructions of a function.
pub(super) fn place(point: &AttachPoint, target: &Target, options: &Options) -> Result<(), Diagnostic> {
    let Point::UserFunction { path: Some(path), place } = &point.place else { return Ok(()) };
    let Some(file) = target.user_file(path) else { return Ok(()) };
    let wrong = match place {
        UserPlace::Symbol { name, offset: 0, .. } => file.symbol(name).and_then(start),
        UserPlace::Symbol { name, offset, .. } => {
            let at = file.symbol(name).map(|symbol| symbol.address.wrapping_add(*offset));
            at.and_then(|at| file.spots.get(&at)).and_then(|spot| inside(point, path, spot))
        }
        UserPlace::Address(_) if file.kind == UserFileKind::Flat => None,
        UserPlace::Address(address) => {
            file.spots.get(address).and_then(|spot| at_address(point, file, *address, spot))
        }
        UserPlace::Line { .. } => None,
    };
    // The words stand alone on their lines, where scripts that read messages look for them.
    let error = |text: String| Diagnostic::error(Span::NOWHERE, text).label(point.span, "the probe is here");
    match wrong {
        None => Ok(()),
        Some(Wrong::Certainly(text)) => Err(error(text)),
        Some(Wrong::Perhaps(text)) if options.unsafe_allowed => {
            Err(Diagnostic { severity: Severity::Warning, ..error(text) })
        }
        Some(Wrong::Perhaps(text)) => Err(error(text + FORCE)),
    }
}

/// What is wrong with a place.
enum Wrong {
    /// Nothing can be put there.
    Certainly(String),
    /// Nobody knows; who says `--unsafe` may try.
    Perhaps(String),
}

fn start(symbol: &osmia_object::UserSymbol) -> Option<Wrong> {
    let text = || format!("Could not determine boundary for {} (symbol has size 0).", symbol.name);
    (symbol.size == 0).then(|| Wrong::Perhaps(text()))
}

/// A place behind a function's start.
fn inside(point: &AttachPoint, path: &str, spot: &CodeSpot) -> Option<Wrong> {
    let (name, size) = spot.symbol.as_ref()?;
    if spot.offset >= *size {
        return Some(Wrong::Certainly(format!(
            "Offset outside the function bounds ('{name}' size is {size})"
        )));
    }
    let provider = point.provider.name();
    let place = format!("{path}:{name}+{}", spot.offset);
    match spot.boundary {
        Boundary::Start => None,
        Boundary::Middle => {
            Some(Wrong::Perhaps(format!("Could not add {provider} into middle of instruction: {place}")))
        }
        Boundary::Unknown => {
            Some(Wrong::Perhaps(format!("Failed to check if {provider} is in proper place: {place}")))
        }
    }
}

fn at_address(point: &AttachPoint, file: &UserFile, address: u64, spot: &CodeSpot) -> Option<Wrong> {
    let Some((name, _)) = &spot.symbol else {
        return Some(Wrong::Perhaps(format!("Could not resolve address: {}:{address:#x}", file.path)));
    };
    if point.provider == Provider::Uretprobe && spot.offset != 0 {
        return Some(Wrong::Certainly(format!(
            "uretprobes cannot be attached at function offset. (address resolved to: {name}+{})",
            spot.offset
        )));
    }
    inside(point, &file.path, spot)
}

/// The type of an argument of a probe: that of all its sites, or what holds all of them.
pub(super) fn argument_type(attach: &Attach, index: u16, target: &Target) -> Result<Type, String> {
    let Attach::Usdt { path, provider, name, .. } = attach else { return Ok(Type::UINT64) };
    let probe = target.user_file(path).and_then(|file| file.probe(provider, name));
    // Without the file at hand (another machine's), all are words.
    let Some(probe) = probe else { return Ok(Type::UINT64) };
    let mut found: Option<(u8, bool)> = None;
    for site in &probe.sites {
        let argument = match site.arguments.get(usize::from(index)) {
            None => {
                return Err(format!(
                    "there is no arg{index}: the probe has {} arguments",
                    site.arguments.len()
                ));
            }
            Some(Err(text)) => return Err(format!("arg{index} is {text}, which cannot be read")),
            Some(Ok(argument)) => argument,
        };
        found = Some(match found {
            None => (argument.size, argument.signed),
            Some(same) if same == (argument.size, argument.signed) => same,
            Some((_, signed)) => (8, signed || argument.signed),
        });
    }
    let (size, signed) = found.unwrap_or((8, false));
    Ok(Type::Int { size, signed, flexible: false })
}

/// `uaddr("name")`: a pointer to what is as wide as the symbol.
pub(super) fn uaddr(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let name = literal(body, call, 0)?;
    body.depends_on_point = true;
    let path = match &body.facts.attach {
        Attach::Uprobe { path, .. } | Attach::Usdt { path, .. } => path,
        _ => {
            body.error(call.span, "uaddr can only be used with u(ret)probes and usdt probes");
            return None;
        }
    };
    let file = body.session.target.user_file(path);
    let symbol = file.and_then(|file| file.symbol(&name));
    let Some(symbol) = symbol else {
        let message = Diagnostic::error(call.span, format!("Could not resolve symbol: {path}:{name}"));
        body.report(message);
        return None;
    };
    let size = match symbol.size {
        size @ (1 | 2 | 4) => size as u8,
        _ => 8,
    };
    let to = Box::new(Type::Int { size, signed: false, flexible: false });
    let ty = Type::Pointer { to, space: Space::User };
    Some(Made::Value(Expr { kind: ExprKind::Uaddr(name), ty, span: call.span }))
}

/// What the traced file is asked; an error where the probe is in none.
fn traced_file<'a>(body: &mut Body<'_, 'a>, call: &Call<'_>) -> Option<Option<&'a UserFile>> {
    let (Attach::Uprobe { path, .. } | Attach::Usdt { path, .. }) = &body.facts.attach else {
        let text = format!("{} can not be used for this probetype: {}", call.name, body.facts.probe_type());
        body.report(Diagnostic::error(call.span, text).hint("it is for uprobe, uretprobe and usdt"));
        return None;
    };
    let target: &'a Target = body.session.target;
    let found = target.user_file(path);
    body.depends_on_point = true;
    Some(found)
}

/// `elf_is_exe`: whether the traced file is a program that is loaded where it says.
pub(super) fn elf_is_exe(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let fixed = traced_file(body, call)?.is_some_and(|file| file.kind == UserFileKind::Fixed);
    let kind = ExprKind::Number(fixed.into());
    Some(Made::Value(Expr { kind, ty: Type::Bool, span: call.span }))
}

/// `elf_info`: the traced file's number in its file system.
pub(super) fn elf_inode(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    let inode = traced_file(body, call)?.map_or(0, |file| file.inode);
    let kind = ExprKind::Number(inode as i64);
    Some(Made::Value(Expr { kind, ty: Type::UINT64, span: call.span }))
}

/// `usdt_arg(N)`: `argN`. Of a variable number (the library's macro sees to it that it is a variable) it is that one of all
/// arguments, and 0 beyond them.
pub(super) fn usdt_arg(body: &mut Body<'_, '_>, call: &Call<'_>) -> Option<Made> {
    if body.facts.provider != Provider::Usdt {
        let text = format!("{} can not be used for this probetype: {}", call.name, body.facts.probe_type());
        body.report(Diagnostic::error(call.span, text).hint("it is for usdt"));
        return None;
    }
    let (index, span) = (body.integer(&call.args[0])?, call.span);
    if let ExprKind::Number(number) = index.kind {
        let Ok(number) = u16::try_from(number) else {
            body.error(span, format!("there is no argument {number}"));
            return None;
        };
        return body.usdt_argument(number, span).map(Made::Value);
    }
    body.depends_on_point = true;
    let count = argument_count(&body.facts.attach, body.session.target);
    let mut value = Expr { kind: ExprKind::Number(0), ty: Type::INT64, span };
    for number in (0..count).rev() {
        let argument = convert(body.usdt_argument(number, span)?, &Type::INT64)?;
        let number = Expr { kind: ExprKind::Number(number.into()), ty: Type::INT64, span };
        let index = convert(index.clone(), &Type::INT64)?;
        let is_it = ExprKind::Compare(Cond::Eq, Box::new(index), Box::new(number));
        let is_it = Box::new(Expr { kind: is_it, ty: Type::Bool, span });
        let kind = ExprKind::Ternary(is_it, Box::new(argument), Box::new(value));
        value = Expr { kind, ty: Type::INT64, span };
    }
    Some(Made::Value(value))
}

/// How many arguments a probe has at each of its sites.
fn argument_count(attach: &Attach, target: &Target) -> u16 {
    let Attach::Usdt { path, provider, name, .. } = attach else { return 0 };
    let probe = target.user_file(path).and_then(|file| file.probe(provider, name));
    let least = probe.and_then(|probe| probe.sites.iter().map(|site| site.arguments.len()).min());
    least.and_then(|least| u16::try_from(least).ok()).unwrap_or(0)
}
