//! Formats of `printf` and its kin, against the arguments they are given.
use super::body::Body;
use super::calls::Call;
use crate::typed::{Expr, Type};
use osmia_base::Diagnostic;
use osmia_event::{Format, Mismatch, Type as Wire};

/// The parsed format, unless it does not go with its arguments.
pub(super) fn format_of(
    body: &mut Body<'_, '_>,
    call: &Call<'_>,
    text: &str,
    args: &[Expr],
) -> Option<Format> {
    let format = osmia_event::parse(text);
    let last = body.session.last_reading;
    let kinds: Vec<Wire> = args.iter().map(|arg| class(&arg.ty, last)).collect();
    let Some(first) = osmia_event::check(&format, &kinds).into_iter().next() else { return Some(format) };
    let message = describe(body, call, args, &first);
    body.report(message);
    None
}

fn describe(body: &Body<'_, '_>, call: &Call<'_>, args: &[Expr], mismatch: &Mismatch) -> Diagnostic {
    match mismatch {
        Mismatch::Count { supplied, expected } => {
            let few = if supplied < expected { "not enough" } else { "too many" };
            let counts = format!("{supplied} supplied, {expected} expected");
            Diagnostic::error(call.span, format!("{few} arguments for format string ({counts})"))
        }
        Mismatch::Class { argument, letter, .. } => {
            let ty = args.get(*argument).map_or_else(String::new, |arg| body.type_text(&arg.ty));
            let text = format!("unsupported format specifier for type '{ty}': {}", letter.spelling());
            Diagnostic::error(call.span, text).hint("%s prints a value of any type")
        }
        Mismatch::Width { argument } => {
            let span = args.get(*argument).map_or(call.span, |arg| arg.span);
            Diagnostic::error(span, format!("{}: the width `*` expects an integer", call.name))
        }
        Mismatch::Unsupported { letter, .. } => {
            Diagnostic::error(call.span, format!("unsupported format specifier: {}", letter.spelling()))
        }
    }
}

/// The class of a type, as far as a format cares.
fn class(ty: &Type, last_reading: bool) -> Wire {
    match ty {
        Type::Int { size, signed, .. } | Type::Enum { size, signed, .. } => {
            Wire::Int { size: *size, signed: *signed }
        }
        Type::Bool => Wire::Bool,
        Type::Pointer { .. } => Wire::Pointer,
        Type::Buffer { capacity } => Wire::Buffer { capacity: *capacity },
        Type::Str { capacity } => Wire::Str { capacity: *capacity },
        // What is not known yet may become a number.
        Type::None if !last_reading => Wire::Int { size: 8, signed: true },
        // Addresses and ids that are printed as words by %s are numbers to %d, %x and %p.
        Type::KernelSymbol | Type::UserSymbol | Type::CgroupPath { .. } => Wire::Pointer,
        _ => Wire::None,
    }
}
