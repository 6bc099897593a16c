//! What the debug information of a probed file says of the probe.
use crate::attach_point::{AttachPoint, Point, UserPlace};
use crate::probes::Provider;
use osmia_base::Diagnostic;
use osmia_btf::{Kind, TypeId};
use osmia_object::{DebugFacts, SourcePlace, Target};

/// What is known of the file of a user probe, and its number.
pub(super) fn debug_of<'a>(point: &AttachPoint, target: &'a Target) -> Option<(u16, &'a DebugFacts)> {
    let Point::UserFunction { path: Some(path), .. } = &point.place else { return None };
    let (number, (_, facts)) = target.debug.iter().enumerate().find(|(_, (own, _))| *own == path)?;
    Some((u16::try_from(number).ok()?, facts))
}

/// The prototype of a user function, whose parameters are there when it begins.
pub(super) fn user_prototype(point: &AttachPoint, facts: &DebugFacts) -> Option<TypeId> {
    let Point::UserFunction { place: UserPlace::Symbol { name, offset: 0, .. }, .. } = &point.place else {
        return None;
    };
    let types = facts.types.as_ref().filter(|_| point.provider == Provider::Uprobe)?;
    match types.get(types.find_func(name)?).ok()?.kind {
        Kind::Func { proto, .. } => Some(proto),
        _ => None,
    }
}

/// The address of the source line that a probe is at.
pub(super) fn line_address<'a>(place: &UserPlace, facts: &'a DebugFacts) -> Option<&'a Result<u64, String>> {
    let UserPlace::Line { file, line, column } = place else { return None };
    facts.lines.get(&SourcePlace { file: file.clone(), line: *line, column: *column })
}

/// Why a probe cannot be at a line of source.
pub(super) fn line_error(point: &AttachPoint, facts: Option<&DebugFacts>) -> Option<Diagnostic> {
    let Point::UserFunction { path, place: place @ UserPlace::Line { .. } } = &point.place else {
        return None;
    };
    let text = match (facts.and_then(|facts| line_address(place, facts)), path) {
        (Some(Ok(_)), _) => return None,
        (Some(Err(why)), _) => return Some(Diagnostic::error(point.span, why.clone())),
        (None, None) => "Unspecified target binary, cannot attach by source code location.".into(),
        (None, Some(path)) => {
            format!("No DWARF debug info found for '{path}', cannot attach by source code location.")
        }
    };
    let hint = facts.and_then(|facts| facts.missing.clone());
    Some(hint.into_iter().fold(Diagnostic::error(point.span, text), Diagnostic::hint))
}

/// The address of a symbol that the file itself does not have.
pub(super) fn symbol_elsewhere(path: &str, name: &str, target: &Target) -> Option<u64> {
    target.debug.get(path).filter(|facts| facts.symbols_elsewhere)?;
    target.user_file(path)?.symbol(name).map(|symbol| symbol.address)
}
