//! Which symbols of several files are one.
use super::output::{Global, OutSymbol, Output};
use super::{LinkError, LinkErrorKind, Source, matching};
use crate::elf::raw::{Place as Where, Symbol};
use crate::elf::tables;
use elf::elf::{STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FILE, STT_SECTION, STV_DEFAULT, STV_HIDDEN};
use osmia_btf::{Kind, Linkage, TypeId};

/// The section of types where clang declares variables of other files.
const EXTERN: &str = ".extern";

/// What a file's types say of a global symbol.
#[derive(Clone, Copy, Debug)]
struct Typed {
    ty: TypeId,
    /// The section of types it is declared in.
    section: Option<TypeId>,
}

/// Adds a file's symbols, or finds what they are the same as.
pub(super) fn append(output: &mut Output, source: &mut Source<'_>) -> Result<(), LinkError> {
    for number in 1..source.file.symbols.len() {
        let Some(&symbol) = source.file.symbols.get(number) else { continue };
        if symbol.kind == STT_FILE.0 {
            continue;
        }
        let place = match symbol.place {
            Where::Section(section) => match source.place(section) {
                Some(place) => Some(place),
                None => continue,
            },
            Where::Undefined | Where::Elsewhere => None,
        };
        let table = place.and_then(|place| output.sections.get(place.section));
        let found = if table.is_some_and(|section| section.name == tables::SECTION) {
            // Each file numbers its jump tables from 0, and nobody shares them.
            Some(new_symbol(output, &symbol, place))
        } else if symbol.binding == STB_LOCAL.0 {
            Some(append_local(output, &symbol, place))
        } else {
            Some(append_global(output, source, &symbol, place)?)
        };
        if let Some(slot) = source.symbols.get_mut(number) {
            *slot = found;
        }
    }
    Ok(())
}

fn new_symbol(output: &mut Output, symbol: &Symbol<'_>, place: Option<super::Place>) -> usize {
    output.symbols.push(OutSymbol {
        name: symbol.name.to_owned(),
        kind: symbol.kind,
        binding: symbol.binding,
        visibility: symbol.visibility,
        section: place.map(|place| place.section),
        value: place.map_or(0, |place| place.offset).saturating_add(symbol.value),
        size: symbol.size,
    });
    output.symbols.len() - 1
}

/// Static symbols stay apart; sections have one symbol each.
fn append_local(output: &mut Output, symbol: &Symbol<'_>, place: Option<super::Place>) -> usize {
    let Some(place) = place.filter(|_| symbol.kind == STT_SECTION.0) else {
        return new_symbol(output, symbol, place);
    };
    if let Some(known) = output.sections.get(place.section).and_then(|section| section.symbol) {
        return known;
    }
    let whole = super::Place { offset: 0, ..place };
    let new = new_symbol(output, &Symbol { value: 0, ..*symbol }, Some(whole));
    if let Some(section) = output.sections.get_mut(place.section) {
        section.symbol = Some(new);
    }
    new
}

fn append_global(
    output: &mut Output,
    source: &Source<'_>,
    symbol: &Symbol<'_>,
    place: Option<super::Place>,
) -> Result<usize, LinkError> {
    let name = symbol.name.to_owned();
    let visible = [STV_DEFAULT.0, STV_HIDDEN.0].contains(&symbol.visibility);
    if !visible || ![STB_GLOBAL.0, STB_WEAK.0].contains(&symbol.binding) {
        return Err(source.error(LinkErrorKind::BadSymbol(name)));
    }
    let typed = types_of(source, symbol.name);
    let typed = typed.ok_or_else(|| source.error(LinkErrorKind::Untyped(name.clone())))?;
    let external = symbol.place == Where::Undefined;
    let weak = symbol.binding == STB_WEAK.0;
    let section = place.map(|place| place.section).or_else(|| declared_in(output, source, typed));
    let Some(known) = output.globals.get(symbol.name).copied() else {
        let new = new_symbol(output, symbol, place);
        let global = Global { symbol: new, section, ty: None, external, weak, retype: false, slot: None };
        output.globals.insert(name, global);
        return Ok(new);
    };
    if !external && !known.external && !weak && !known.weak {
        return Err(source.error(LinkErrorKind::TwoDefinitions(name)));
    }
    matching::agree(output, source, &known, symbol.name, typed.ty)?;
    let takes_over = !external && (known.external || !weak);
    if takes_over && known.slot.is_some() && known.section != section {
        return Err(source.error(LinkErrorKind::SectionsDiffer(name)));
    }
    resolve(output, symbol, place, takes_over, known.symbol);
    if let Some(global) = output.globals.get_mut(symbol.name) {
        global.weak &= weak;
        if takes_over {
            (global.section, global.external, global.retype) = (section, false, true);
        }
    }
    Ok(known.symbol)
}

/// A strong symbol makes both strong, a hidden one makes both hidden; a definition takes the place of a declaration.
fn resolve(
    output: &mut Output,
    symbol: &Symbol<'_>,
    place: Option<super::Place>,
    takes_over: bool,
    known: usize,
) {
    let Some(out) = output.symbols.get_mut(known) else { return };
    if symbol.binding == STB_GLOBAL.0 {
        out.binding = symbol.binding;
    }
    out.visibility = out.visibility.max(symbol.visibility);
    if let Some(place) = place.filter(|_| takes_over) {
        out.kind = symbol.kind;
        out.section = Some(place.section);
        out.value = place.offset.saturating_add(symbol.value);
        out.size = symbol.size;
    }
}

/// The section that a declaration belongs to: `.ksyms`, `.kconfig`, or `.maps`; none for what other files have.
fn declared_in(output: &mut Output, source: &Source<'_>, typed: Typed) -> Option<usize> {
    let name = source.btf.name(typed.section?)?;
    if name == EXTERN {
        return None;
    }
    match source.section(name) {
        Some(section) => source.place(section).map(|place| place.section),
        None => Some(output.declared_section(name)),
    }
}

/// Whether a variable or function can be seen from other files.
pub(super) fn is_shared(kind: &Kind) -> bool {
    matches!(kind, Kind::Var { linkage, .. } | Kind::Func { linkage, .. } if *linkage != Linkage::Static)
}

fn types_of(source: &Source<'_>, name: &str) -> Option<Typed> {
    let shared = |id: &TypeId| source.btf.get(*id).is_ok_and(|ty| is_shared(&ty.kind));
    let ty = source.btf.find(name).find(shared)?;
    let sections = source.btf.types().filter_map(|(id, found)| Some((id, found.ok()?.kind)));
    let section = sections.filter_map(|(id, kind)| match kind {
        Kind::Datasec { vars, .. } => vars.iter().any(|slot| slot.ty == ty).then_some(id),
        _ => None,
    });
    Some(Typed { ty, section: section.into_iter().next() })
}
