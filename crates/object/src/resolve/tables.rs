//! Jump tables: a map of instructions for each program that uses one, as libbpf makes them.
use super::layout::{Layout, starts};
use super::{Context, ResolveErrorKind as Kind, When};
use crate::{ImageMap, TableKey};
use osmia_abi::MapType;
use std::collections::HashMap;

/// The name that libbpf gives all of them.
const NAME: &str = ".jumptables";

/// Bytes of `struct bpf_insn_array_value` (`include/uapi/linux/bpf.h`, 6.19): the place in the program as it is loaded, and what the
/// kernel makes of it.
const VALUE: u32 = 16;

/// The tables that programs use.
#[derive(Debug)]
pub(super) struct Tables {
    /// How many maps stand before them.
    before: usize,
    pub(super) maps: Vec<ImageMap>,
    /// By the program's position.
    known: HashMap<(usize, TableKey), usize>,
}

impl Tables {
    /// None yet; they come behind so many maps.
    pub(super) fn behind(before: usize) -> Self {
        Self { before, maps: Vec::new(), known: HashMap::new() }
    }
}

/// The position of the map that holds a table for a program.
pub(super) fn map(
    context: &mut Context<'_>,
    program: usize,
    key: TableKey,
    layout: &Layout,
) -> Result<usize, Kind> {
    if context.when == When::Later {
        return Err(Kind::Unsupported("a jump table in an object that is loaded by a program"));
    }
    if let Some(&known) = context.tables.known.get(&(program, key)) {
        return Ok(known);
    }
    let missing = Kind::Broken("a reference to a jump table that is not there");
    let table = context.object.tables.get(key).ok_or(missing)?;
    let place = layout.base.get(&table.function).copied().zip(context.object.functions.get(table.function));
    let (base, function) = place.ok_or(Kind::Broken("a jump table of a function that is not there"))?;
    let starts = starts(&function.insns, base);
    let mut initial = Vec::with_capacity(table.targets.len());
    for (index, target) in table.targets.iter().enumerate() {
        let outside = Kind::Broken("a jump table that leads past the function's end");
        let slot = starts.get(*target as usize).ok_or(outside)?;
        let mut value = slot.to_ne_bytes().to_vec();
        value.resize(VALUE as usize, 0);
        initial.push(((index as u32).to_ne_bytes().to_vec(), value));
    }
    let at = context.tables.before + context.tables.maps.len();
    context.tables.maps.push(ImageMap {
        name: NAME.to_owned(),
        kind: MapType::InsnArray,
        key_size: 4,
        value_size: VALUE,
        max_entries: initial.len() as u32,
        initial,
        frozen: true,
        table_of: Some(program),
        ..ImageMap::default()
    });
    context.tables.known.insert((program, key), at);
    Ok(at)
}
