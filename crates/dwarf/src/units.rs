//! Compilation units: found by number, by address and by what refers to them; split ones where their files are.
use crate::{Error, Files};
use gimli::{
    AttributeValue, DebugTypeSignature, DwarfPackage, EndianSlice, RunTimeEndian, Section, SectionId,
    UnitOffset, UnitType,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub(crate) type Reader<'a> = EndianSlice<'a, RunTimeEndian>;
pub(crate) type Dwarf<'a> = gimli::Dwarf<Reader<'a>>;
pub(crate) type Entry<'a> = gimli::DebuggingInformationEntry<Reader<'a>>;
pub(crate) type Value<'a> = AttributeValue<Reader<'a>>;
type Header<'a> = gimli::UnitHeader<Reader<'a>>;
/// A unit that was split off, with its sections.
type Split<'a> = (Rc<Dwarf<'a>>, gimli::Unit<Reader<'a>>);

/// A unit with the sections that it refers to.
pub(crate) struct Unit<'a> {
    /// Its number: that of its header, or a later one for units of types in split files.
    pub(crate) number: usize,
    pub(crate) dwarf: Rc<Dwarf<'a>>,
    pub(crate) unit: gimli::Unit<Reader<'a>>,
}

/// Where a unit's code is.
#[derive(Clone, Copy, Debug)]
struct Range {
    begin: u64,
    end: u64,
    unit: usize,
}

/// All of a program's debug information.
pub(crate) struct Debug<'a> {
    files: &'a Files<'a>,
    pub(crate) main: Rc<Dwarf<'a>>,
    package: Option<DwarfPackage<Reader<'a>>>,
    headers: Vec<Header<'a>>,
    units: Vec<OnceCell<Option<Rc<Unit<'a>>>>>,
    ranges: OnceCell<Vec<Range>>,
    /// Units of types by signature: their numbers.
    signatures: OnceCell<HashMap<DebugTypeSignature, usize>>,
    /// Units of types in split files.
    split_types: RefCell<HashMap<DebugTypeSignature, Option<Rc<Unit<'a>>>>>,
    /// Whether the types of the package were handed out.
    packed_types: Cell<bool>,
    /// Split files that are not there.
    missing: RefCell<Vec<String>>,
}

impl<'a> Debug<'a> {
    /// Reads the headers of all units; nothing of what is in them.
    pub(crate) fn open(files: &'a Files<'a>) -> Result<Self, Error> {
        let endian = files.main.endian();
        let main = Dwarf::load(|id| Ok::<_, Error>(EndianSlice::new(files.main.section(id), endian)))?;
        let mut headers = Vec::new();
        let mut units = main.units();
        while let Some(header) = units.next()? {
            headers.push(header);
        }
        let mut types = main.type_units();
        while let Some(header) = types.next()? {
            headers.push(header);
        }
        files.room(headers.len());
        let package = files.package.as_ref().map(|image| {
            let section =
                |id: SectionId| Ok::<_, gimli::Error>(EndianSlice::new(image.split_section(id), endian));
            DwarfPackage::load(section, EndianSlice::new(&[], endian))
        });
        Ok(Self {
            files,
            main: Rc::new(main),
            package: package.transpose()?,
            units: headers.iter().map(|_| OnceCell::new()).collect(),
            headers,
            ranges: OnceCell::new(),
            signatures: OnceCell::new(),
            split_types: RefCell::default(),
            packed_types: Cell::new(false),
            missing: RefCell::default(),
        })
    }

    /// How many units there are.
    pub(crate) fn len(&self) -> usize {
        self.headers.len()
    }

    /// Split files that are not where they were said to be.
    pub(crate) fn missing(&self) -> Vec<String> {
        self.missing.borrow().clone()
    }

    /// A unit: the split one where it was split. `None` where it is broken.
    pub(crate) fn unit(&self, number: usize) -> Option<Rc<Unit<'a>>> {
        self.units.get(number)?.get_or_init(|| self.read(number).ok()).clone()
    }

    /// What a unit left in the program itself.
    pub(crate) fn skeleton(&self, number: usize) -> Result<gimli::Unit<Reader<'a>>, gimli::Error> {
        let header = self.headers.get(number).ok_or(gimli::Error::NoEntryAtGivenOffset(0))?;
        self.main.unit(*header)
    }

    fn read(&self, number: usize) -> Result<Rc<Unit<'a>>, gimli::Error> {
        let unit = self.skeleton(number)?;
        let split = match unit.dwo_id {
            Some(id) => self.split(number, &unit, id)?,
            None => None,
        };
        let (dwarf, unit) = match split {
            Some(split) => split,
            None => (Rc::clone(&self.main), unit),
        };
        Ok(Rc::new(Unit { number, dwarf, unit }))
    }

    /// The unit that was split off.
    fn split(
        &self,
        number: usize,
        skeleton: &gimli::Unit<Reader<'a>>,
        id: gimli::DwoId,
    ) -> Result<Option<Split<'a>>, gimli::Error> {
        let packed = self.package.as_ref().map(|package| package.find_cu(id, &self.main)).transpose()?;
        let dwarf = match packed.flatten() {
            Some(dwarf) => Some(dwarf),
            None => self.split_file(number, skeleton)?,
        };
        let Some(dwarf) = dwarf else { return Ok(None) };
        let mut units = dwarf.units();
        while let Some(header) = units.next()? {
            let mut unit = dwarf.unit(header)?;
            if unit.dwo_id.is_none_or(|own| own == id) && !is_types(&header) {
                unit.copy_relocated_attributes(skeleton);
                return Ok(Some((Rc::new(dwarf), unit)));
            }
        }
        Ok(None)
    }

    fn split_file(
        &self,
        number: usize,
        skeleton: &gimli::Unit<Reader<'a>>,
    ) -> Result<Option<Dwarf<'a>>, gimli::Error> {
        let Some(name) = skeleton.dwo_name()? else { return Ok(None) };
        let name = self.main.attr_string(skeleton, name)?.to_string_lossy().into_owned();
        let folder = skeleton.comp_dir.map(|folder| folder.to_string_lossy()).unwrap_or_default();
        let Some(image) = self.files.split(number, &folder, &name) else {
            self.missing.borrow_mut().push(name);
            return Ok(None);
        };
        let endian = image.endian();
        let mut dwarf =
            Dwarf::load(|id| Ok::<_, gimli::Error>(EndianSlice::new(image.split_section(id), endian)))?;
        dwarf.make_dwo(&self.main);
        Ok(Some(dwarf))
    }

    /// The units that have code at an address.
    pub(crate) fn units_at(&self, address: u64) -> Vec<usize> {
        let ranges = self.ranges.get_or_init(|| self.read_ranges());
        let holds = |range: &&Range| range.begin <= address && address < range.end;
        let mut found: Vec<usize> = ranges.iter().filter(holds).map(|range| range.unit).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Where which unit has code: begin, end and the unit's number, in order.
    pub(crate) fn code_ranges(&self) -> Vec<(u64, u64, usize)> {
        let ranges = self.ranges.get_or_init(|| self.read_ranges());
        let mut all: Vec<_> = ranges.iter().map(|range| (range.begin, range.end, range.unit)).collect();
        all.sort_unstable();
        all
    }

    /// Where code is: from the table for that, and from the units that it leaves out.
    fn read_ranges(&self) -> Vec<Range> {
        let mut ranges = Vec::new();
        let _ = self.read_table(&mut ranges);
        let told: HashSet<usize> = ranges.iter().map(|range| range.unit).collect();
        for number in (0..self.headers.len()).filter(|number| !told.contains(number)) {
            let Ok(unit) = self.skeleton(number) else { continue };
            let Ok(mut own) = self.main.unit_ranges(&unit) else { continue };
            while let Ok(Some(range)) = own.next() {
                ranges.push(Range { begin: range.begin, end: range.end, unit: number });
            }
        }
        ranges
    }

    /// `.debug_aranges`.
    fn read_table(&self, ranges: &mut Vec<Range>) -> Result<(), gimli::Error> {
        let mut tables = self.main.debug_aranges.headers();
        while let Some(table) = tables.next()? {
            let Some(unit) = self.number_at(table.debug_info_offset().0) else { continue };
            let mut entries = table.entries();
            while let Some(entry) = entries.next()? {
                let range = entry.range();
                ranges.push(Range { begin: range.begin, end: range.end, unit });
            }
        }
        Ok(())
    }

    /// The unit that holds an offset of `.debug_info`.
    fn number_at(&self, offset: usize) -> Option<usize> {
        let begin = |header: &Header<'_>| header.debug_info_offset().map_or(usize::MAX, |begin| begin.0);
        let after = self.headers.partition_point(|header| begin(header) <= offset);
        let number = after.checked_sub(1)?;
        let header = self.headers.get(number)?;
        let inside = offset.checked_sub(begin(header))?;
        (inside < header.length_including_self()).then_some(number)
    }

    /// What a reference in `unit` refers to.
    pub(crate) fn refer(&self, unit: &Rc<Unit<'a>>, value: Value<'a>) -> Option<(Rc<Unit<'a>>, UnitOffset)> {
        match value {
            AttributeValue::UnitRef(offset) => Some((Rc::clone(unit), offset)),
            AttributeValue::DebugInfoRef(offset) => {
                let number = self.number_at(offset.0)?;
                let offset = offset.to_unit_offset(self.headers.get(number)?)?;
                Some((self.unit(number)?, offset))
            }
            AttributeValue::DebugTypesRef(signature) => self.signed(unit, signature),
            _ => None,
        }
    }

    /// The type of a signature: one of the program's own, or one that was split off with `unit`.
    fn signed(
        &self,
        unit: &Rc<Unit<'a>>,
        signature: DebugTypeSignature,
    ) -> Option<(Rc<Unit<'a>>, UnitOffset)> {
        let own = self.signatures.get_or_init(|| {
            let all = self.headers.iter().enumerate();
            all.filter_map(|(number, header)| Some((signature_of(header)?.0, number))).collect()
        });
        let found = match own.get(&signature) {
            Some(number) => self.unit(*number),
            None => {
                let known = self.split_types.borrow().get(&signature).cloned();
                known.unwrap_or_else(|| self.split_type(unit, signature))
            }
        }?;
        let (_, offset) = signature_of(&found.unit.header)?;
        Some((found, offset))
    }

    /// Begins a search through all units: [`Self::types_beside`] hands out each unit once.
    pub(crate) fn search(&self) -> impl Iterator<Item = Rc<Unit<'a>>> + '_ {
        self.packed_types.set(false);
        (0..self.headers.len()).filter_map(|number| self.unit(number))
    }

    /// Units of types that were split off together with `unit`, or packed with all others.
    pub(crate) fn types_beside(&self, unit: &Rc<Unit<'a>>) -> Vec<Rc<Unit<'a>>> {
        if Rc::ptr_eq(&unit.dwarf, &self.main) {
            return Vec::new();
        }
        let mut signatures = signatures(&unit.dwarf);
        if let Some(package) = self.package.as_ref().filter(|_| !self.packed_types.replace(true)) {
            let rows = 1..=package.tu_index.unit_count();
            let sections = rows.filter_map(|row| package.tu_sections(row, &self.main).ok());
            signatures.extend(sections.flat_map(|dwarf| self::signatures(&dwarf)));
        }
        signatures.into_iter().filter_map(|signature| Some(self.signed(unit, signature)?.0)).collect()
    }

    fn split_type(&self, unit: &Rc<Unit<'a>>, signature: DebugTypeSignature) -> Option<Rc<Unit<'a>>> {
        let packed =
            self.package.as_ref().and_then(|package| package.find_tu(signature, &self.main).ok().flatten());
        let dwarf = packed.map_or_else(|| Rc::clone(&unit.dwarf), Rc::new);
        let number = self.headers.len() + self.split_types.borrow().len();
        let found = find_signature(&dwarf, signature).map(|unit| Rc::new(Unit { number, dwarf, unit }));
        self.split_types.borrow_mut().insert(signature, found.clone());
        found
    }

    /// Whether a name is anywhere in the debug information's texts; `true` where that cannot be told.
    pub(crate) fn may_name(&self, name: &str) -> bool {
        let has = |section: &[u8]| memchr::memmem::find(section, name.as_bytes()).is_some();
        let split = self.headers.iter().any(|header| matches!(header.type_(), UnitType::Skeleton(_)));
        split
            || self.files.package.is_some()
            || has(self.main.debug_str.reader().slice())
            || has(self.main.debug_info.reader().slice())
    }
}

/// The signatures of all units of types.
fn signatures(dwarf: &Dwarf<'_>) -> Vec<DebugTypeSignature> {
    let mut all = Vec::new();
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        all.extend(signature_of(&header).map(|(signature, _)| signature));
    }
    let mut units = dwarf.type_units();
    while let Ok(Some(header)) = units.next() {
        all.extend(signature_of(&header).map(|(signature, _)| signature));
    }
    all
}

fn find_signature<'a>(dwarf: &Dwarf<'a>, signature: DebugTypeSignature) -> Option<gimli::Unit<Reader<'a>>> {
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        if signature_of(&header).is_some_and(|(own, _)| own == signature) {
            return dwarf.unit(header).ok();
        }
    }
    let mut units = dwarf.type_units();
    while let Ok(Some(header)) = units.next() {
        if signature_of(&header).is_some_and(|(own, _)| own == signature) {
            return dwarf.unit(header).ok();
        }
    }
    None
}

fn is_types(header: &Header<'_>) -> bool {
    signature_of(header).is_some()
}

/// The signature of a unit of types, and where its type is.
fn signature_of(header: &Header<'_>) -> Option<(DebugTypeSignature, UnitOffset)> {
    match header.type_() {
        UnitType::Type { type_signature, type_offset }
        | UnitType::SplitType { type_signature, type_offset } => Some((type_signature, type_offset)),
        _ => None,
    }
}
