//! User files: where they are, what functions they have, and where in the file these stand.
use crate::libraries::find_library;
use elf::{Object, ObjectSegment, ObjectSymbol, ReadCache, SymbolFlags, SymbolKind};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why a user file cannot be probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryError {
    /// There is no such file.
    NotFound,
    /// It is a directory, a device or a pipe.
    NotAFile,
    /// It cannot be read.
    Unreadable(osmia_sys::Errno),
    /// It is no ELF file, or a broken one.
    NotElf(String),
}

impl std::fmt::Display for BinaryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such file, command or library"),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::Unreadable(errno) => write!(f, "it cannot be read: {errno}"),
            Self::NotElf(why) => write!(f, "it is not an ELF file: {why}"),
        }
    }
}

impl std::error::Error for BinaryError {}

/// A function or address of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The virtual address, as `nm` prints it.
    pub address: u64,
    /// The offset in the file.
    pub offset: u64,
    /// Bytes in the function, zero where unknown.
    pub size: u64,
}

/// The functions of one ELF file.
#[derive(Clone, Debug, Default)]
pub struct Binary {
    functions: BTreeMap<String, Place>,
    segments: Vec<Segment>,
}

/// A part of the file that is loaded into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    address: u64,
    offset: u64,
    len: u64,
}

impl Binary {
    /// Reads the file's symbols: its own, and where those were stripped, those of its debug file, found by its build id.
    pub fn open(path: &Path) -> Result<Self, BinaryError> {
        let cache = ReadCache::new(open_regular(path)?);
        let file = elf::File::parse(&cache).map_err(|error| BinaryError::NotElf(error.to_string()))?;
        let mut binary = Self { functions: BTreeMap::new(), segments: segments(&file) };
        binary.add(file.dynamic_symbols());
        binary.add(file.symbols());
        if file.symbol_table().is_none() {
            binary.add_debug_file(&file);
        }
        Ok(binary)
    }

    /// The functions, sorted by name.
    pub fn functions(&self) -> impl Iterator<Item = (&str, Place)> {
        self.functions.iter().map(|(name, place)| (name.as_str(), *place))
    }

    /// Where a function is.
    pub fn function(&self, name: &str) -> Option<Place> {
        self.functions.get(name).copied()
    }

    /// The offset in the file of a virtual address.
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        offset_in(&self.segments, address)
    }

    /// The function whose name is most like this one.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        osmia_base::nearest(name, self.functions.keys().map(String::as_str))
    }

    fn add<'data>(&mut self, symbols: impl Iterator<Item = impl ObjectSymbol<'data>>) {
        for symbol in symbols.filter(|symbol| is_function(symbol) && !symbol.is_undefined()) {
            let address = symbol.address();
            let (Ok(name), Some(offset)) = (symbol.name(), offset_in(&self.segments, address)) else {
                continue;
            };
            // A static symbol table writes the version of the symbol that is taken by default after two signs.
            let name = name.split_once("@@").map_or(name, |(name, _)| name);
            let place = Place { address, offset, size: symbol.size() };
            if !name.is_empty() {
                self.functions.entry(name.to_owned()).or_insert(place);
            }
        }
    }

    fn add_debug_file<'data>(&mut self, file: &impl Object<'data>) {
        let Some(path) = file.build_id().ok().flatten().and_then(debug_file) else { return };
        let Ok(opened) = open_regular(&path) else { return };
        let cache = ReadCache::new(opened);
        if let Ok(debug) = elf::File::parse(&cache) {
            self.add(debug.symbols());
        }
    }
}

/// Whether the symbol is code: a function, or one that chooses among several when the program starts (`STT_GNU_IFUNC`).
fn is_function<'data>(symbol: &impl ObjectSymbol<'data>) -> bool {
    let chooses = matches!(symbol.flags(), SymbolFlags::Elf { st_info, .. } if st_info.st_type() == elf::elf::STT_GNU_IFUNC);
    symbol.kind() == SymbolKind::Text || chooses
}

/// Opens a file that has an end; a pipe would wait for its writer.
fn open_regular(path: &Path) -> Result<fs::File, BinaryError> {
    let error = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => BinaryError::NotFound,
        _ => BinaryError::Unreadable(error.into()),
    };
    if !fs::metadata(path).map_err(error)?.is_file() {
        return Err(BinaryError::NotAFile);
    }
    fs::File::open(path).map_err(error)
}

fn segments<'data>(file: &impl Object<'data>) -> Vec<Segment> {
    file.segments()
        .map(|segment| {
            let (offset, len) = segment.file_range();
            Segment { address: segment.address(), offset, len }
        })
        .collect()
}

fn offset_in(segments: &[Segment], address: u64) -> Option<u64> {
    let inside =
        |segment: &Segment| address.checked_sub(segment.address).filter(|inside| *inside < segment.len);
    segments.iter().find_map(|segment| inside(segment).and_then(|at| segment.offset.checked_add(at)))
}

/// Where distributions put debug files.
pub(crate) fn debug_file(build_id: &[u8]) -> Option<PathBuf> {
    let hex: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let (head, tail) = hex.split_at_checked(2)?;
    Some(PathBuf::from(format!("/usr/lib/debug/.build-id/{head}/{tail}.debug")))
}

/// The file that a script means: a path; or a command's name, as the shell finds it; or a library's (`libc`), as the
/// dynamic linker does. `None` where there is none.
pub fn find_binary(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        let path = absolute(Path::new(name))?;
        return path.exists().then_some(path);
    }
    if name.starts_with("lib") {
        return find_library(name).or_else(|| find_command(name));
    }
    find_command(name).or_else(|| find_library(name))
}

/// The path from the root; links stay, as `/proc/PID/root` is one that must not be followed by its text.
fn absolute(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

fn find_command(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let runs = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(runs)
}
