//! User files: what functions and variables they have, and where in the file these stand.
use crate::archive;
use crate::debug_files::minimal;
use crate::debuginfo::{Identity, places, separate_file};
use crate::usdt;
use elf::{
    Object, ObjectKind, ObjectSegment, ObjectSymbol, ReadCache, ReadCacheRange, SymbolFlags, SymbolKind,
};
use osmia_dwarf::DebugLink;
use osmia_object::{UsdtProbe, UserFileKind, UserSymbolKind};
use std::collections::BTreeMap;
use std::fs;
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
    /// It is in an archive, and cannot be found there.
    Archive(String),
}

impl std::fmt::Display for BinaryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such file, command or library"),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::Unreadable(errno) => write!(f, "it cannot be read: {errno}"),
            Self::NotElf(why) => write!(f, "it is not an ELF file: {why}"),
            Self::Archive(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for BinaryError {}

/// A function, variable or address of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The virtual address, as `nm` prints it.
    pub address: u64,
    /// The offset in the file; for one in an archive, in that.
    pub offset: u64,
    /// Bytes in the function, zero where unknown.
    pub size: u64,
}

/// The functions and variables of one ELF file.
#[derive(Clone, Debug, Default)]
pub struct Binary {
    functions: BTreeMap<String, Place>,
    variables: BTreeMap<String, Place>,
    /// Whether they are from a file that is only found by who knows where to look.
    foreign: bool,
    segments: Vec<Segment>,
    kind: UserFileKind,
}

/// A part of the file that is loaded into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    address: u64,
    offset: u64,
    len: u64,
}

impl Binary {
    /// Reads the file's symbols: its own, and where those were stripped, those of its debug file, found by its build id or
    /// its link, or those that were packed into it.
    pub fn open(path: &Path) -> Result<Self, BinaryError> {
        Self::open_with(path, &[])
    }

    /// The same; the debug file may also be in one of `folders`.
    pub fn open_with(path: &Path, folders: &[PathBuf]) -> Result<Self, BinaryError> {
        let image = Image::open(path)?;
        let file = image.parse()?;
        let kind =
            if file.kind() == ObjectKind::Executable { UserFileKind::Fixed } else { UserFileKind::Shared };
        let mut binary = Self { segments: image.segments(&file), kind, ..Self::default() };
        binary.add(file.dynamic_symbols());
        binary.add(file.symbols());
        if file.symbol_table().is_none() {
            binary.add_debug_file(path, &file, folders);
        }
        Ok(binary)
    }

    /// Whether its symbols are from a file that was found in the folders it was opened with.
    pub const fn has_foreign_symbols(&self) -> bool {
        self.foreign
    }

    /// The functions, sorted by name.
    pub fn functions(&self) -> impl Iterator<Item = (&str, Place)> {
        self.functions.iter().map(|(name, place)| (name.as_str(), *place))
    }

    /// The variables, sorted by name.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Place)> {
        self.variables.iter().map(|(name, place)| (name.as_str(), *place))
    }

    /// Where a function is.
    pub fn function(&self, name: &str) -> Option<Place> {
        self.functions.get(name).copied()
    }

    /// The function or variable that an address is in.
    pub fn at(&self, address: u64) -> Option<(&str, Place)> {
        let inside = |place: &Place| address.wrapping_sub(place.address) < place.size;
        self.functions().chain(self.variables()).find(|(_, place)| inside(place))
    }

    /// Whether it is loaded where it says.
    pub const fn kind(&self) -> UserFileKind {
        self.kind
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
        for symbol in symbols.filter(|symbol| !symbol.is_undefined()) {
            let address = symbol.address();
            let (Some(kind), Ok(name)) = (kind_of(&symbol), symbol.name()) else { continue };
            // A variable that begins as zero is nowhere in the file.
            let offset = offset_in(&self.segments, address);
            let (into, offset) = match (kind, offset) {
                (UserSymbolKind::Function, Some(offset)) => (&mut self.functions, offset),
                (UserSymbolKind::Function, None) => continue,
                (UserSymbolKind::Variable, offset) => (&mut self.variables, offset.unwrap_or(0)),
            };
            // A static symbol table writes the version of the symbol that is taken by default after two signs.
            let name = name.split_once("@@").map_or(name, |(name, _)| name);
            if !name.is_empty() {
                into.entry(name.to_owned()).or_insert(Place { address, offset, size: symbol.size() });
            }
        }
    }

    fn add_debug_file<'data>(&mut self, path: &Path, file: &impl Object<'data>, folders: &[PathBuf]) {
        let link = file.gnu_debuglink().ok().flatten();
        let identity = Identity {
            build_id: file.build_id().ok().flatten().map(<[u8]>::to_vec),
            link: link.map(|(name, crc)| DebugLink { name: String::from_utf8_lossy(name).into_owned(), crc }),
        };
        if let Some(debug) = separate_file(path, &identity, folders) {
            self.foreign = places(path, folders).iter().any(|folder| debug.starts_with(folder));
            let Ok(image) = Image::open(&debug) else { return };
            if let Ok(debug) = image.parse() {
                self.add(debug.symbols());
            }
        } else if let Some(unpacked) = minimal(file)
            && let Ok(debug) = elf::File::parse(unpacked.as_slice())
        {
            self.add(debug.symbols());
        }
    }
}

/// The probes that the file's author put in.
pub fn usdt_probes(path: &Path) -> Result<Vec<UsdtProbe>, BinaryError> {
    let image = Image::open(path)?;
    let file = image.parse()?;
    Ok(usdt::probes(&file, &image.segments(&file)))
}

/// The file that the kernel maps: for one in an archive, the archive.
pub fn mapped_file(path: &Path) -> PathBuf {
    archive::split(path).map_or_else(|| path.to_owned(), |(archive, _)| archive)
}

/// An ELF file, alone or in an archive.
struct Image {
    cache: ReadCache<fs::File>,
    span: archive::Span,
}

impl Image {
    fn open(path: &Path) -> Result<Self, BinaryError> {
        match archive::split(path) {
            Some((archive, name)) => {
                let file = open_regular(&archive)?;
                let span = archive::find(&file, &name).map_err(BinaryError::Archive)?;
                Ok(Self { cache: ReadCache::new(file), span })
            }
            None => {
                let file = open_regular(path)?;
                let len = file.metadata().map_err(unreadable)?.len();
                Ok(Self { cache: ReadCache::new(file), span: archive::Span { offset: 0, len } })
            }
        }
    }

    fn parse(&self) -> Result<elf::File<'_, ReadCacheRange<'_, fs::File>>, BinaryError> {
        let bytes = self.cache.range(self.span.offset, self.span.len);
        elf::File::parse(bytes).map_err(|error| BinaryError::NotElf(error.to_string()))
    }

    /// Offsets are those in the archive.
    fn segments<'data>(&self, file: &impl Object<'data>) -> Vec<Segment> {
        let segments = file.segments().map(|segment| {
            let (offset, len) = segment.file_range();
            Segment { address: segment.address(), offset: offset.saturating_add(self.span.offset), len }
        });
        segments.collect()
    }
}

/// What the symbol is: code, also code that chooses among several when the program starts (`STT_GNU_IFUNC`), or data.
fn kind_of<'data>(symbol: &impl ObjectSymbol<'data>) -> Option<UserSymbolKind> {
    let chooses = matches!(symbol.flags(), SymbolFlags::Elf { st_info, .. } if st_info.st_type() == elf::elf::STT_GNU_IFUNC);
    match symbol.kind() {
        SymbolKind::Text => Some(UserSymbolKind::Function),
        SymbolKind::Data => Some(UserSymbolKind::Variable),
        _ => chooses.then_some(UserSymbolKind::Function),
    }
}

/// Opens a file that has an end; a pipe would wait for its writer.
pub(crate) fn open_regular(path: &Path) -> Result<fs::File, BinaryError> {
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(BinaryError::NotAFile);
    }
    fs::File::open(path).map_err(unreadable)
}

fn unreadable(error: std::io::Error) -> BinaryError {
    match error.kind() {
        std::io::ErrorKind::NotFound => BinaryError::NotFound,
        _ => BinaryError::Unreadable(error.into()),
    }
}

pub(crate) fn offset_in(segments: &[Segment], address: u64) -> Option<u64> {
    let inside =
        |segment: &Segment| address.checked_sub(segment.address).filter(|inside| *inside < segment.len);
    segments.iter().find_map(|segment| inside(segment).and_then(|at| segment.offset.checked_add(at)))
}
