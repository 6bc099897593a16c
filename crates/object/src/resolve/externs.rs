//! External symbols: what the kernel and its configuration say.
use super::modules::{KernelType, Modules};
use super::{ResolveError, ResolveErrorKind, When};
use crate::{Extern, ExternKey, Object, Symbol, Target};
use osmia_abi::{Answer, Feature};
use osmia_base::Key;
use osmia_btf::core::{essential_name, types_compatible};
use osmia_btf::{Btf, Kind, KindTag, TypeId};
use std::collections::HashMap;

/// What an external symbol is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Missing, and it may be.
    Missing,
    /// An address.
    Address(u64),
    /// A function or variable of the kernel or of a module, by its BTF id.
    BtfId(KernelType),
    /// In the map of configuration values, at this offset.
    Kconfig(u32),
    /// To be looked up when it is loaded: a function, a variable, or something without a type.
    Later(Option<KindTag>),
    /// Missing, and it must be there.
    Absent(ResolveErrorKind),
}

/// All external symbols of an object.
#[derive(Debug, Default)]
pub(super) struct Externs {
    values: Vec<Value>,
    /// The place of each in libbpf's order, by which it names what is missing.
    ranks: Vec<u32>,
    /// The contents of the map of configuration values.
    pub(super) kconfig: Vec<u8>,
}

impl Externs {
    pub(super) fn value(&self, key: ExternKey) -> &Value {
        self.values.get(key.index()).unwrap_or(&Value::Missing)
    }

    /// What must be there and is not.
    pub(super) fn absent(&self, object: &Object) -> Vec<ResolveError> {
        let absent = object.externs.keys().filter_map(|key| match self.value(key) {
            Value::Absent(kind) => Some((key, kind.clone())),
            _ => None,
        });
        at_first_uses(object, absent.collect())
    }

    /// Its place among all of them as libbpf counts: configuration values first, then kernel symbols by their names.
    pub(super) fn rank(&self, key: ExternKey) -> u32 {
        self.ranks.get(key.index()).copied().unwrap_or(0)
    }
}

/// Looks all of them up.
pub(super) fn find(
    when: When,
    object: &Object,
    target: &Target,
    modules: &Modules,
    errors: &mut Vec<ResolveError>,
) -> Externs {
    let values = vec![Value::Missing; object.externs.len()];
    let mut externs = Externs { values, ranks: ranks(object), kconfig: Vec::new() };
    for (key, symbol) in object.externs.iter() {
        if is_kconfig(symbol) {
            continue;
        }
        let found = match when {
            _ if is_of_others(symbol) => Err(ResolveErrorKind::NotLinked(symbol.name.clone())),
            When::Later => Ok(Value::Later(is_typed(object.btf.as_ref(), symbol))),
            When::Now => kernel_symbol(object.btf.as_ref(), symbol, target, modules),
        };
        externs.values[key.index()] = match found {
            Ok(value) => value,
            Err(kind) if symbol.weak && may_be_missing(&kind) => Value::Missing,
            Err(kind) => Value::Absent(kind),
        };
    }
    kconfig(object, target, &mut externs, errors);
    externs
}

/// Whether the symbol is another object's: this one is not linked.
pub(crate) fn is_of_others(symbol: &Extern) -> bool {
    !is_kconfig(symbol) && symbol.section != ".ksyms"
}

/// Each symbol that is another object's, as an error.
pub(super) fn of_others(object: &Object) -> Vec<ResolveError> {
    let others = object.externs.iter().filter(|(_, symbol)| is_of_others(symbol));
    let others = others.map(|(key, it)| (key, ResolveErrorKind::NotLinked(it.name.clone())));
    at_first_uses(object, others.collect())
}

/// Errors about symbols, each at the first instruction that refers to it.
fn at_first_uses(object: &Object, about: Vec<(ExternKey, ResolveErrorKind)>) -> Vec<ResolveError> {
    let mut uses = HashMap::new();
    for function in object.functions.values().filter(|_| !about.is_empty()) {
        for reloc in &function.relocs {
            if let Symbol::Extern(key) = reloc.symbol {
                uses.entry(key).or_insert((function, reloc.insn));
            }
        }
    }
    let errors = about.into_iter().map(|(key, kind)| match uses.get(&key) {
        Some((function, insn)) => ResolveError::at(function, Some(*insn), kind),
        None => ResolveError::new(object.externs.get(key).map_or("", |symbol| &symbol.name), kind),
    });
    errors.collect()
}

fn ranks(object: &Object) -> Vec<u32> {
    let mut order: Vec<(bool, &str, ExternKey)> =
        object.externs.iter().map(|(key, symbol)| (!is_kconfig(symbol), symbol.name.as_str(), key)).collect();
    order.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let mut ranks = vec![0; order.len()];
    for (rank, (.., key)) in (0..).zip(order) {
        if let Some(place) = ranks.get_mut(key.index()) {
            *place = rank;
        }
    }
    ranks
}

/// Whether the symbol is a configuration value.
pub(crate) fn is_kconfig(symbol: &Extern) -> bool {
    symbol.section == ".kconfig"
}

/// The kind of a symbol's declaration: a function, a variable with a type, or an untyped one.
pub(crate) fn is_typed(btf: Option<&Btf>, symbol: &Extern) -> Option<KindTag> {
    let btf = btf?;
    match btf.get(symbol.type_id).ok()?.kind {
        Kind::Func { .. } => Some(KindTag::Func),
        Kind::Var { ty, .. } if !btf.resolve(ty).is_void() => Some(KindTag::Var),
        _ => None,
    }
}

/// Whether a weak symbol is 0 for that reason. A variable of another type is another variable: that is always an error.
fn may_be_missing(kind: &ResolveErrorKind) -> bool {
    matches!(
        kind,
        ResolveErrorKind::NoSymbol(_)
            | ResolveErrorKind::NotLinked(_)
            | ResolveErrorKind::NoKernelBtf
            | ResolveErrorKind::OtherType { tag: KindTag::Func, .. }
    )
}

fn kernel_symbol(
    btf: Option<&Btf>,
    symbol: &Extern,
    target: &Target,
    modules: &Modules,
) -> Result<Value, ResolveErrorKind> {
    let missing = || ResolveErrorKind::NoSymbol(symbol.name.clone());
    let (Some(btf), Some(tag)) = (btf, is_typed(btf, symbol)) else {
        if target.ambiguous_ksyms.contains(&symbol.name) {
            return Err(ResolveErrorKind::ManySymbols(symbol.name.clone()));
        }
        return target.ksyms.get(&symbol.name).map(|&address| Value::Address(address)).ok_or_else(missing);
    };
    let kernel = target.btf.as_ref().ok_or(ResolveErrorKind::NoKernelBtf)?;
    let name = kernel_name(symbol, tag);
    let found = kernel.find_kind(name, tag).ok_or_else(missing)?;
    let same = match (declared(btf, symbol.type_id), declared(kernel, found)) {
        (Some(ours), Some(theirs)) => types_compatible(btf, ours, kernel, theirs).unwrap_or(false),
        _ => false,
    };
    if !same {
        return Err(ResolveErrorKind::OtherType { name: name.to_owned(), tag });
    }
    modules.locate(target, found).map(Value::BtfId).ok_or(ResolveErrorKind::TooLong)
}

/// The symbol's name in the kernel: functions have flavours.
pub(crate) fn kernel_name(symbol: &Extern, tag: KindTag) -> &str {
    if tag == KindTag::Func { essential_name(&symbol.name) } else { &symbol.name }
}

/// The type of a variable, the prototype of a function.
fn declared(btf: &Btf, id: TypeId) -> Option<TypeId> {
    match btf.get(id).ok()?.kind {
        Kind::Func { proto, .. } => Some(proto),
        Kind::Var { ty, .. } => Some(btf.resolve(ty)),
        _ => None,
    }
}

/// How a configuration value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    Bool,
    Tristate,
    Char,
    Int { signed: bool },
    Text,
}

/// A configuration value and its place in the map.
struct Slot<'a> {
    key: ExternKey,
    symbol: &'a Extern,
    store: Store,
    size: usize,
    align: usize,
}

/// Lays the configuration values out, as libbpf does, and fills them in.
fn kconfig(object: &Object, target: &Target, externs: &mut Externs, errors: &mut Vec<ResolveError>) {
    let mut slots = Vec::new();
    for (key, symbol) in object.externs.iter().filter(|(_, symbol)| is_kconfig(symbol)) {
        match object.btf.as_ref().and_then(|btf| slot(btf, key, symbol)) {
            Some(slot) => slots.push(slot),
            None => {
                externs.values[key.index()] =
                    Value::Absent(wrong(symbol, "its type cannot hold a configuration value"));
            }
        }
    }
    slots.sort_by(|a, b| (b.align, a.size, &a.symbol.name).cmp(&(a.align, b.size, &b.symbol.name)));
    for slot in slots {
        let start = externs.kconfig.len().next_multiple_of(slot.align);
        if start + slot.size > MAX_TEXT as usize {
            let full = wrong(slot.symbol, "there is no room for so many configuration values");
            errors.push(ResolveError::new(&slot.symbol.name, full));
            return;
        }
        externs.kconfig.resize(start + slot.size, 0);
        let place = externs.kconfig.get_mut(start..).unwrap_or_default();
        let filled = fill(&slot, target, object, place);
        externs.values[slot.key.index()] =
            filled.map_or_else(Value::Absent, |()| Value::Kconfig(start as u32));
    }
}

fn wrong(symbol: &Extern, what: &str) -> ResolveErrorKind {
    ResolveErrorKind::BadConfig(format!("`{}`: {what}", symbol.name))
}

/// How many bytes all configuration values together may have.
const MAX_TEXT: u64 = 1 << 16;

fn slot<'a>(btf: &Btf, key: ExternKey, symbol: &'a Extern) -> Option<Slot<'a>> {
    let Kind::Var { ty, .. } = btf.get(symbol.type_id).ok()?.kind else { return None };
    let size = btf.size_of(ty).ok().filter(|&size| size > 0 && size <= MAX_TEXT)? as usize;
    let align = btf.align_of(ty).ok().filter(|&align| align > 0 && align <= 16)? as usize;
    let resolved = btf.get(btf.resolve(ty)).ok()?;
    let store = match resolved.kind {
        Kind::Int { encoding, .. } if encoding.is_bool() && size == 1 => Store::Bool,
        Kind::Int { encoding, .. } if size == 1 && (encoding.is_char() || resolved.name == "char") => {
            Store::Char
        }
        Kind::Int { encoding, .. } if size <= 8 => Store::Int { signed: encoding.is_signed() },
        Kind::Enum(_) if resolved.name == "libbpf_tristate" => Store::Tristate,
        Kind::Array { .. } => Store::Text,
        _ => return None,
    };
    Some(Slot { key, symbol, store, size, align })
}

/// Writes a value into its place.
fn fill(slot: &Slot<'_>, target: &Target, object: &Object, place: &mut [u8]) -> Result<(), ResolveErrorKind> {
    let symbol = slot.symbol;
    if let Some(value) = special(&symbol.name, target) {
        return store_number(slot, value as i128, object, place);
    }
    let Some(text) = target.kconfig.get(&symbol.name) else {
        let missing = || ResolveErrorKind::NoConfig(symbol.name.clone());
        return if symbol.weak { Ok(()) } else { Err(missing()) };
    };
    match (slot.store, text.as_str()) {
        (Store::Bool, "y") | (Store::Bool | Store::Tristate, "n") => store_byte(place, u8::from(text == "y")),
        // TRI_NO, TRI_YES, TRI_MODULE.
        (Store::Tristate, "y") => return store_number(slot, 1, object, place),
        (Store::Tristate, "m") => return store_number(slot, 2, object, place),
        (Store::Char, "y" | "n" | "m") => store_byte(place, text.as_bytes()[0]),
        (Store::Text, text) => return store_text(slot, text, place),
        (Store::Int { .. } | Store::Char, text) => match number(text) {
            Some(value) => return store_number(slot, value, object, place),
            None => return Err(wrong(symbol, &format!("`{text}` is not a number"))),
        },
        (_, text) => return Err(wrong(symbol, &format!("`{text}` does not fit its type"))),
    }
    Ok(())
}

/// Values that come from the machine instead of its configuration.
fn special(name: &str, target: &Target) -> Option<u64> {
    match name {
        "LINUX_KERNEL_VERSION" => Some(target.version.into()),
        "LINUX_HAS_BPF_COOKIE" => Some((target.features.get(Feature::AttachCookie) != Answer::No).into()),
        "LINUX_HAS_SYSCALL_WRAPPER" => Some(has_syscall_wrapper(target).into()),
        _ => None,
    }
}

/// Names of a system call where it is wrapped, by machine.
pub(crate) const WRAPPED: [&str; 3] = ["__x64_sys_bpf", "__arm64_sys_bpf", "__s390x_sys_bpf"];

fn has_syscall_wrapper(target: &Target) -> bool {
    let typed = |name| target.btf.as_ref().is_some_and(|btf| btf.find_func(name).is_some());
    WRAPPED.into_iter().any(|name| typed(name) || target.ksyms.contains_key(name))
}

fn number(text: &str) -> Option<i128> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn store_byte(place: &mut [u8], value: u8) {
    if let Some(first) = place.first_mut() {
        *first = value;
    }
}

fn store_number(
    slot: &Slot<'_>,
    value: i128,
    object: &Object,
    place: &mut [u8],
) -> Result<(), ResolveErrorKind> {
    let bits = slot.size as u32 * 8;
    let (low, high) = match slot.store {
        Store::Int { signed: true } => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ if bits > 64 => return Err(wrong(slot.symbol, "a text cannot hold a number")),
        _ => (0, (1i128 << bits) - 1),
    };
    if value < low || value > high {
        return Err(wrong(slot.symbol, &format!("{value} does not fit into {bits} bits")));
    }
    let raw = match object.endian {
        osmia_base::Endian::Little => value.to_le_bytes()[..slot.size].to_vec(),
        osmia_base::Endian::Big => value.to_be_bytes()[16 - slot.size..].to_vec(),
    };
    place.iter_mut().zip(raw).for_each(|(place, byte)| *place = byte);
    Ok(())
}

/// A text stands in quotes; what is too long is cut, the last byte stays zero.
fn store_text(slot: &Slot<'_>, text: &str, place: &mut [u8]) -> Result<(), ResolveErrorKind> {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = quoted.ok_or_else(|| wrong(slot.symbol, &format!("`{text}` is not a text in quotes")))?;
    place.iter_mut().take(slot.size - 1).zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    Ok(())
}
