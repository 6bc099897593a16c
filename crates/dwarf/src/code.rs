//! What an address of a program's code stands for: the line that it was compiled from, and functions that were inlined there.
use crate::die::{Die, text};
use crate::lines::file_paths;
use crate::units::{Debug, Entry, Unit};
use crate::{Error, Files};
use gimli::UnitOffset;
use gimli::constants as dw;
use std::collections::HashMap;
use std::rc::Rc;

/// Answers that are kept; when there are more, all are forgotten.
const MOST_KEPT: usize = 1 << 16;

/// A function that has an address in it, and the line that it is at there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The function, by the name that linkers know it by where it has one; `None` where that is not told.
    pub function: Option<String>,
    /// Where the function begins; of one that was inlined, where that copy of it does.
    pub begin: u64,
    /// The file and the line; of all but the first, where the one before was inlined.
    pub line: Option<(String, u32)>,
}

/// The lines and functions of one program. What a unit says is read when the first address in it is asked for, and kept.
#[derive(Debug)]
pub struct Code {
    files: Files<'static>,
    ranges: Vec<(u64, u64, usize)>,
    units: HashMap<usize, Option<Table>>,
    known: HashMap<u64, Rc<[Spot]>>,
}

/// What one unit says.
#[derive(Debug, Default)]
struct Table {
    files: Vec<String>,
    /// Sorted by address.
    rows: Vec<Row>,
    /// The files by which functions say where they were called; those of a unit that was split off may be others.
    call_files: Vec<String>,
    extents: Vec<Extent>,
    functions: Vec<Function>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    address: u64,
    /// `None` where the code ends.
    place: Option<(usize, u32)>,
}

/// A piece of a function's code.
#[derive(Clone, Copy, Debug)]
struct Extent {
    begin: u64,
    end: u64,
    /// How deep the entry lies among others.
    depth: isize,
    function: usize,
}

#[derive(Debug)]
struct Function {
    name: Option<String>,
    begin: u64,
    inlined: bool,
    call: Option<(usize, u32)>,
}

impl Code {
    /// Finds where which unit has code.
    pub fn new(files: Files<'static>) -> Result<Self, Error> {
        let ranges = Debug::open(&files)?.code_ranges();
        Ok(Self { files, ranges, units: HashMap::new(), known: HashMap::new() })
    }

    /// The functions at an address, innermost first: the last one has the code, all before it were inlined into the one after
    /// them. Nothing where the debug information knows nothing of the address.
    pub fn at(&mut self, address: u64) -> Rc<[Spot]> {
        if let Some(known) = self.known.get(&address) {
            return Rc::clone(known);
        }
        if self.known.len() >= MOST_KEPT {
            self.known.clear();
        }
        let found: Rc<[Spot]> = self.look(address).unwrap_or_default().into();
        self.known.insert(address, Rc::clone(&found));
        found
    }

    fn look(&mut self, address: u64) -> Option<Vec<Spot>> {
        let after = self.ranges.partition_point(|(begin, ..)| *begin <= address);
        let (.., unit) = *self.ranges.get(after.checked_sub(1)?).filter(|(_, end, _)| address < *end)?;
        let files = &self.files;
        let table = self.units.entry(unit).or_insert_with(|| read(files, unit)).as_ref()?;
        Some(table.at(address))
    }
}

impl Table {
    fn at(&self, address: u64) -> Vec<Spot> {
        let mut extents: Vec<&Extent> =
            self.extents.iter().filter(|extent| extent.begin <= address && address < extent.end).collect();
        extents.sort_by_key(|extent| std::cmp::Reverse(extent.depth));
        let mut line = self.line(address);
        let mut spots = Vec::new();
        for function in extents.iter().filter_map(|extent| self.functions.get(extent.function)) {
            let call =
                function.call.and_then(|(file, line)| Some((self.call_files.get(file)?.clone(), line)));
            let line = std::mem::replace(&mut line, call);
            spots.push(Spot { function: function.name.clone(), begin: function.begin, line });
            if !function.inlined {
                return spots;
            }
        }
        // What is inlined nowhere makes no sense, but its line does.
        let whole = Spot { function: None, begin: 0, line: self.line(address) };
        if whole.line.is_some() { vec![whole] } else { Vec::new() }
    }

    fn line(&self, address: u64) -> Option<(String, u32)> {
        let after = self.rows.partition_point(|row| row.address <= address);
        let (file, line) = self.rows.get(after.checked_sub(1)?)?.place?;
        Some((self.files.get(file)?.clone(), line)).filter(|(_, line)| *line != 0)
    }
}

fn read(files: &Files<'_>, number: usize) -> Option<Table> {
    let debug = Debug::open(files).ok()?;
    let mut table = Table::default();
    if let Ok(skeleton) = debug.skeleton(number)
        && let Some(program) = skeleton.line_program.clone()
    {
        table.files = file_paths(&debug.main, &skeleton, &program);
        table.rows = rows(program);
    }
    if let Some(unit) = debug.unit(number) {
        let program = unit.unit.line_program.as_ref();
        table.call_files = program
            .map_or_else(|| table.files.clone(), |program| file_paths(&unit.dwarf, &unit.unit, program));
        table.read_functions(&debug, &unit);
    }
    Some(table)
}

/// The rows of a line program, without code that was thrown away.
fn rows(program: crate::lines::Program<'_>) -> Vec<Row> {
    let mut all = Vec::new();
    let mut sequence: Vec<Row> = Vec::new();
    let mut rows = program.rows();
    while let Ok(Some((_, row))) = rows.next_row() {
        let line = row.line().and_then(|line| u32::try_from(line.get()).ok()).unwrap_or(0);
        let place = usize::try_from(row.file_index()).ok().map(|file| (file, line));
        let place = place.filter(|_| !row.end_sequence());
        sequence.push(Row { address: row.address(), place });
        if row.end_sequence() {
            // Linkers leave sequences that begin at zero where they drop the code.
            if sequence.first().is_some_and(|first| first.address != 0) {
                all.append(&mut sequence);
            }
            sequence.clear();
        }
    }
    // An end comes before what begins at the same address; of several rows the last counts.
    all.sort_by_key(|row| (row.address, row.place.is_some()));
    all
}

impl Table {
    fn read_functions<'a>(&mut self, debug: &Debug<'a>, unit: &Rc<Unit<'a>>) {
        let mut names = HashMap::new();
        let Ok(mut entries) = unit.unit.entries_raw(None) else { return };
        let mut entry = Entry::null();
        while !entries.is_empty() {
            let depth = entries.next_depth();
            match entries.read_entry(&mut entry) {
                Ok(true) => {}
                // The end of an entry's children.
                Ok(false) => continue,
                Err(_) => break,
            }
            let tag = entry.tag();
            if tag == dw::DW_TAG_subprogram || tag == dw::DW_TAG_inlined_subroutine {
                self.read_function(debug, unit, &entry, depth, &mut names);
            }
        }
    }

    fn read_function<'a>(
        &mut self,
        debug: &Debug<'a>,
        unit: &Rc<Unit<'a>>,
        entry: &Entry<'a>,
        depth: isize,
        names: &mut HashMap<UnitOffset, Option<String>>,
    ) {
        let Ok(mut ranges) = unit.dwarf.die_ranges(&unit.unit, entry) else { return };
        let (function, known) = (self.functions.len(), self.extents.len());
        while let Ok(Some(range)) = ranges.next() {
            if range.begin < range.end && range.begin != 0 {
                self.extents.push(Extent { begin: range.begin, end: range.end, depth, function });
            }
        }
        let Some(begin) = self.extents.get(known).map(|extent| extent.begin) else { return };
        let inlined = entry.tag() == dw::DW_TAG_inlined_subroutine;
        let file = match entry.attr_value(dw::DW_AT_call_file) {
            Some(gimli::AttributeValue::FileIndex(file)) => usize::try_from(file).ok(),
            _ => None,
        };
        let line = entry.attr_value(dw::DW_AT_call_line).and_then(|value| value.udata_value());
        let line = line.and_then(|line| u32::try_from(line).ok());
        // Copies of one function are called the same.
        let origin = match entry.attr_value(dw::DW_AT_abstract_origin) {
            Some(gimli::AttributeValue::UnitRef(offset)) => offset,
            _ => entry.offset(),
        };
        let name = names.entry(origin).or_insert_with(|| name(debug, unit, origin)).clone();
        self.functions.push(Function { name, begin, inlined, call: file.zip(line) });
    }
}

/// A function's name: for the linker, else as it is written.
fn name<'a>(debug: &Debug<'a>, unit: &Rc<Unit<'a>>, offset: UnitOffset) -> Option<String> {
    let chain = Die::at(unit, offset)?.chain(debug);
    let find = |at| chain.iter().find_map(|die| text(&die.unit, die.entry.attr_value(at)?));
    find(dw::DW_AT_linkage_name)
        .or_else(|| find(dw::DW_AT_MIPS_linkage_name))
        .or_else(|| find(dw::DW_AT_name))
}
