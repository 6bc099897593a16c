//! Lines of source as addresses.
use crate::units::{Debug, Dwarf, Reader};
use crate::{Error, Files};
use std::fmt;

/// A place in a program's source.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLine {
    /// The file, or the last parts of its path.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, where only that will do.
    pub column: Option<u32>,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

/// Why a place has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineError {
    /// The debug information cannot be read.
    Debug(Error),
    /// No file of the source has such a name.
    NoFile(String),
    /// Several have.
    Ambiguous(String, String),
    /// There is no code for this line. The nearest one that has some.
    NoCode(SourceLine, Option<u32>),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Debug(error) => error.fmt(f),
            Self::NoFile(file) => write!(f, "No compilation unit matches {file}"),
            Self::Ambiguous(one, other) => {
                write!(f, "Ambiguous source path, matches multiple files: {one}, {other}")
            }
            Self::NoCode(place, _) => write!(f, "Unable to map '{place}' to address"),
        }
    }
}

impl std::error::Error for LineError {}

impl From<Error> for LineError {
    fn from(error: Error) -> Self {
        Self::Debug(error)
    }
}

pub(crate) type Program<'a> = gimli::IncompleteLineProgram<Reader<'a>>;

/// The address of the first instruction that stands for a place in the source.
pub fn address_of_line(files: &Files<'_>, place: &SourceLine) -> Result<u64, LineError> {
    let debug = Debug::open(files)?;
    let mut chosen: Option<String> = None;
    let mut best: Option<u64> = None;
    let mut nearest: Option<u32> = None;
    for number in 0..debug.len() {
        let Ok(unit) = debug.skeleton(number) else { continue };
        let Some(program) = unit.line_program.clone() else { continue };
        let paths = file_paths(&debug.main, &unit, &program);
        let fits: Vec<bool> = paths.iter().map(|path| ends_with(path, &place.file)).collect();
        for path in paths.iter().zip(&fits).filter(|(_, fits)| **fits).map(|(path, _)| path) {
            match &chosen {
                Some(chosen) if chosen != path => {
                    return Err(LineError::Ambiguous(chosen.clone(), path.clone()));
                }
                _ => chosen = Some(path.clone()),
            }
        }
        if fits.contains(&true) {
            // The same line of a file that several units include has code in each; the first is meant.
            let address = scan(program, &fits, place, &mut nearest);
            best = best.or(address);
        }
    }
    if chosen.is_none() {
        return Err(LineError::NoFile(place.file.clone()));
    }
    best.ok_or_else(|| LineError::NoCode(place.clone(), nearest))
}

/// The first row of a line program that is for the place; one that begins a statement before others.
fn scan(program: Program<'_>, fits: &[bool], place: &SourceLine, nearest: &mut Option<u32>) -> Option<u64> {
    let mut any = None;
    let mut rows = program.rows();
    while let Ok(Some((_, row))) = rows.next_row() {
        let ours = usize::try_from(row.file_index()).ok().and_then(|index| fits.get(index)).copied();
        let line = row.line().and_then(|line| u32::try_from(line.get()).ok());
        let (Some(true), Some(line), false) = (ours, line, row.end_sequence()) else { continue };
        if line != place.line {
            let distance = |other: u32| other.abs_diff(place.line);
            *nearest = nearest.filter(|known| distance(*known) <= distance(line)).or(Some(line));
            continue;
        }
        let column = match row.column() {
            gimli::ColumnType::LeftEdge => 0,
            gimli::ColumnType::Column(column) => column.get(),
        };
        if place.column.is_some_and(|wanted| u64::from(wanted) != column) {
            continue;
        }
        if row.is_stmt() {
            return Some(row.address());
        }
        any = any.or(Some(row.address()));
    }
    any
}

/// The paths of a unit's files by their numbers.
pub(crate) fn file_paths(
    dwarf: &Dwarf<'_>,
    unit: &gimli::Unit<Reader<'_>>,
    program: &Program<'_>,
) -> Vec<String> {
    let header = program.header();
    // Before DWARF 5 the first file has number 1, and number 0 is the unit's own.
    let first = u64::from(header.version() < 5);
    let count = header.file_names().len() as u64 + first;
    (0..count)
        .map(|index| {
            let Some(file) = header.file(index) else { return String::new() };
            let text = |value| dwarf.attr_string(unit, value).ok().map(|text| text.to_string_lossy());
            let name = text(file.path_name()).unwrap_or_default();
            let folder = file.directory(header).and_then(text).unwrap_or_default();
            let base = unit.comp_dir.map(|dir| dir.to_string_lossy()).unwrap_or_default();
            join(&join(&base, &folder), &name)
        })
        .collect()
}

fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.starts_with('/')) {
        (false, false) if !name.is_empty() => format!("{}/{name}", folder.trim_end_matches('/')),
        (false, false) => folder.to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether the last parts of `path` are those of `end`.
fn ends_with(path: &str, end: &str) -> bool {
    let rest = path.strip_suffix(end);
    !end.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || end.starts_with('/'))
}
