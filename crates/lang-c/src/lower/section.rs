//! Data sections as they grow.
use crate::typed::GlobalId;
use osmia_btf::TypeId;
use osmia_object::{Data, DataKey, DataKind, Foreign};
use std::collections::HashMap;

/// Where a section's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Programs see it.
    Data(DataKey),
    /// By its position among those that no program sees.
    Foreign(usize),
    /// What it says is said elsewhere: licence and version.
    Nowhere,
}

/// One variable in a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) global: GlobalId,
    pub(super) offset: u32,
    pub(super) size: u32,
}

/// One section.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) home: Home,
    pub(super) size: u32,
    pub(super) variables: Vec<Held>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sections {
    pub(super) list: Vec<Section>,
    numbers: HashMap<String, usize>,
    /// Strings that are there already.
    pub(super) texts: HashMap<(String, Vec<u8>), u32>,
}

impl Sections {
    /// The section of a name; it is made if there is none.
    pub(super) fn named(&mut self, name: &str, home: impl FnOnce() -> Home) -> &mut Section {
        let number = *self.numbers.entry(name.to_owned()).or_insert_with(|| {
            let (name, home) = (name.to_owned(), home());
            self.list.push(Section { name, home, size: 0, variables: Vec::new() });
            self.list.len() - 1
        });
        &mut self.list[number]
    }
}

/// A data section with nothing in it.
pub(super) fn empty_data(name: &str, kind: DataKind) -> Data {
    Data {
        name: name.to_owned(),
        kind,
        bytes: Vec::new(),
        type_id: TypeId::VOID,
        variables: Vec::new(),
        relocs: Vec::new(),
    }
}

/// A section that nobody knows with nothing in it: a part of the program that may be written.
pub(super) fn empty_foreign(name: &str) -> Foreign {
    const PROGRAM_BITS: u32 = 1;
    const WRITE_AND_ALLOCATE: u64 = 3;
    Foreign {
        name: name.to_owned(),
        kind: PROGRAM_BITS,
        flags: WRITE_AND_ALLOCATE,
        align: 8,
        entry_size: 0,
        bytes: Vec::new(),
    }
}
