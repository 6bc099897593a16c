//! Functions and named types of a program.
use crate::die::Die;
use crate::types::{Maker, definitions};
use crate::units::{Debug, Entry, Unit};
use crate::{Error, Files};
use gimli::UnitOffset;
use gimli::constants as dw;
use osmia_btf::{Btf, Linkage};
use std::collections::{BTreeMap, HashSet};

/// What is to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Functions by the names that the symbol table has for them, and their addresses.
    pub functions: Vec<(String, u64)>,
    /// Types: `struct NAME`, `union NAME`, `enum NAME`, or the name of a type definition.
    pub types: Vec<String>,
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// The functions, under the names that they were asked by, with their prototypes; the types; and all that these are
    /// made of.
    pub types: Btf,
    /// Split files that are not where they were said to be.
    pub missing: Vec<String>,
}

/// Finds functions and types.
pub fn find(files: &Files<'_>, wanted: &Wanted) -> Result<Found, Error> {
    let debug = Debug::open(files)?;
    let mut maker = Maker::new(&debug);
    for (name, die) in subprograms(&debug, &wanted.functions) {
        let kind = maker.prototype(&die);
        let proto = maker.builder.add(osmia_btf::Type::anonymous(kind));
        maker.builder.add_func(&name, proto, Linkage::Global);
    }
    let names: HashSet<(&'static str, String)> = wanted.types.iter().map(|name| key(name)).collect();
    for (_, die) in definitions(&debug, &names) {
        maker.at(&die.unit, die.entry.offset());
    }
    maker.complete();
    let types = Btf::parse(maker.finish()).map_err(|error| Error::Broken(error.to_string()))?;
    Ok(Found { types, missing: debug.missing() })
}

/// Keyword and name.
fn key(name: &str) -> (&'static str, String) {
    let known = ["struct", "union", "enum"];
    let split = name.split_once(' ');
    let tagged = split.and_then(|(word, rest)| Some((*known.iter().find(|known| **known == word)?, rest)));
    tagged.map_or_else(|| ("", name.to_owned()), |(word, rest)| (word, rest.trim().to_owned()))
}

/// The entries of functions, in the order of their addresses.
fn subprograms<'a>(debug: &Debug<'a>, wanted: &[(String, u64)]) -> Vec<(String, Die<'a>)> {
    let mut names: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (name, address) in wanted {
        names.entry(*address).or_default().push(name);
    }
    let mut units: BTreeMap<usize, ()> = BTreeMap::new();
    for address in names.keys() {
        units.extend(debug.units_at(*address).into_iter().map(|unit| (unit, ())));
    }
    let mut found: BTreeMap<u64, Die<'a>> = BTreeMap::new();
    for unit in units.into_keys().filter_map(|number| debug.unit(number)) {
        for (address, offset) in functions_of(&unit) {
            if names.contains_key(&address)
                && let Some(die) = Die::at(&unit, offset)
            {
                found.entry(address).or_insert(die);
            }
        }
    }
    let mut all = Vec::new();
    for (address, die) in found {
        for name in names.get(&address).into_iter().flatten() {
            all.push(((*name).to_owned(), die.clone()));
        }
    }
    all
}

/// Where the functions of a unit begin.
fn functions_of(unit: &Unit<'_>) -> Vec<(u64, UnitOffset)> {
    let mut all = Vec::new();
    let Ok(mut entries) = unit.unit.entries_raw(None) else { return all };
    let mut entry = Entry::null();
    while !entries.is_empty() {
        match entries.read_entry(&mut entry) {
            Ok(true) => {}
            // The end of an entry's children.
            Ok(false) => continue,
            Err(_) => break,
        }
        if entry.tag() == dw::DW_TAG_subprogram
            && let Some(address) = begin(unit, &entry)
        {
            all.push((address, entry.offset()));
        }
    }
    all
}

/// The address that a function begins at.
fn begin<'a>(unit: &Unit<'a>, entry: &Entry<'a>) -> Option<u64> {
    let address = |at| {
        let value = entry.attr_value(at)?;
        unit.dwarf.attr_address(&unit.unit, value).ok()?
    };
    if let Some(begin) = address(dw::DW_AT_low_pc).or_else(|| address(dw::DW_AT_entry_pc)) {
        return Some(begin);
    }
    entry.attr_value(dw::DW_AT_ranges)?;
    Some(unit.dwarf.die_ranges(&unit.unit, entry).ok()?.next().ok()??.begin)
}
