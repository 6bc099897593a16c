//! An ELF file and its debug sections.
use crate::Error;
use elf::read::CompressionFormat;
use elf::{Object, ObjectSection, ObjectSegment, ReadCache};
use gimli::SectionId;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;

/// The name and checksum of a debug file, as `.gnu_debuglink` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugLink {
    /// The file's name, without folders.
    pub name: String,
    /// The CRC-32 of its content.
    pub crc: u32,
}

/// A packed section may say that it is so large, and no larger: a file of a few bytes must not cost gigabytes.
const MAX_RATIO: u64 = 1024;

/// One file. What its sections have in them is read when it is first asked for, and kept.
pub struct Image {
    cache: ReadCache<File>,
    /// Where each section is. Split files have a section of one name for each unit.
    places: HashMap<String, Vec<Place>>,
    unpacked: HashMap<&'static str, OnceCell<Vec<u8>>>,
    link: Option<DebugLink>,
    build_id: Option<Vec<u8>>,
    little: bool,
    /// What is loaded into memory: address, offset in the file, length there.
    segments: Vec<(u64, u64, u64)>,
    /// Where `.eh_frame` is in memory.
    frames: u64,
}

/// Where a section is in the file, and how it is packed.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    size: u64,
    packed: Option<(CompressionFormat, u64)>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image").field("sections", &self.places.len()).finish()
    }
}

impl Image {
    /// Reads the file's table of sections.
    pub fn new(file: File) -> Result<Self, Error> {
        let cache = ReadCache::new(file);
        let broken = |error: elf::Error| Error::NotElf(error.to_string());
        let parsed = elf::File::parse(&cache).map_err(broken)?;
        let mut places: HashMap<String, Vec<Place>> = HashMap::new();
        for section in parsed.sections() {
            let (Ok(name), Ok(range)) = (section.name(), section.compressed_file_range()) else { continue };
            let packed =
                (range.format != CompressionFormat::None).then_some((range.format, range.uncompressed_size));
            let place = Place { offset: range.offset, size: range.compressed_size, packed };
            places.entry(name.to_owned()).or_default().push(place);
        }
        let link = parsed.gnu_debuglink().ok().flatten();
        let link =
            link.map(|(name, crc)| DebugLink { name: String::from_utf8_lossy(name).into_owned(), crc });
        let build_id = parsed.build_id().ok().flatten().map(<[u8]>::to_vec);
        let little = parsed.is_little_endian();
        let segments = parsed.segments().map(|segment| {
            let (offset, len) = segment.file_range();
            (segment.address(), offset, len)
        });
        let segments = segments.collect();
        let frames = parsed.section_by_name(".eh_frame").map_or(0, |section| section.address());
        let names = NAMES.iter().chain(&SPLIT_NAMES);
        let unpacked = names.map(|(_, name)| (*name, OnceCell::new())).collect();
        Ok(Self { cache, places, unpacked, link, build_id, little, segments, frames })
    }

    /// Whether it describes functions and types.
    pub fn has_debug_info(&self) -> bool {
        [".debug_info", ".debug_info.dwo"].iter().any(|name| self.places.contains_key(*name))
    }

    /// The address at an offset of the file.
    pub fn address_at(&self, offset: u64) -> Option<u64> {
        self.segments.iter().find_map(|(address, begin, len)| {
            let inside = offset.checked_sub(*begin).filter(|inside| inside < len)?;
            address.checked_add(inside)
        })
    }

    /// Its build id.
    pub fn build_id(&self) -> Option<&[u8]> {
        self.build_id.as_deref()
    }

    /// The file that its debug information was moved to.
    pub fn debug_link(&self) -> Option<&DebugLink> {
        self.link.as_ref()
    }

    /// Where `.eh_frame` is in memory.
    pub(crate) const fn frames_address(&self) -> u64 {
        self.frames
    }

    pub(crate) const fn endian(&self) -> gimli::RunTimeEndian {
        if self.little { gimli::RunTimeEndian::Little } else { gimli::RunTimeEndian::Big }
    }

    /// A section of the file itself; empty where there is none.
    pub(crate) fn section(&self, id: SectionId) -> &[u8] {
        let name = NAMES.iter().find(|(known, _)| *known == id);
        name.map_or(&[], |(_, name)| self.content(name))
    }

    /// The same section of a file that has only what was split off.
    pub(crate) fn split_section(&self, id: SectionId) -> &[u8] {
        let name = SPLIT_NAMES.iter().find(|(known, _)| *known == id);
        name.map_or(&[], |(_, name)| self.content(name))
    }

    fn content(&self, name: &'static str) -> &[u8] {
        let places = self.places.get(name).map_or(&[][..], Vec::as_slice);
        match (places, self.unpacked.get(name)) {
            ([place], _) if place.packed.is_none() => self.bytes(*place).unwrap_or(&[]),
            ([_, ..], Some(cell)) => cell.get_or_init(|| self.join(places)),
            _ => &[],
        }
    }

    /// What several sections hold together, unpacked.
    fn join(&self, places: &[Place]) -> Vec<u8> {
        let mut all = Vec::new();
        for place in places {
            let Some(bytes) = self.bytes(*place) else { continue };
            match place.packed {
                Some((format, size)) => all.extend(unpack(bytes, format, size)),
                None => all.extend_from_slice(bytes),
            }
        }
        all
    }

    fn bytes(&self, place: Place) -> Option<&[u8]> {
        use elf::ReadRef;
        (&self.cache).read_bytes_at(place.offset, place.size).ok()
    }
}

/// What a packed section holds; nothing where it cannot be told.
fn unpack(bytes: &[u8], format: CompressionFormat, size: u64) -> Vec<u8> {
    let most = (bytes.len() as u64).saturating_mul(MAX_RATIO);
    if !matches!(format, CompressionFormat::Zlib) || size > most {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    match flate2::read::ZlibDecoder::new(bytes).take(size).read_to_end(&mut out) {
        Ok(_) => out,
        Err(_) => Vec::new(),
    }
}

/// The sections that are read.
const NAMES: [(SectionId, &str); 13] = [
    (SectionId::EhFrame, ".eh_frame"),
    (SectionId::DebugFrame, ".debug_frame"),
    (SectionId::DebugAbbrev, ".debug_abbrev"),
    (SectionId::DebugAddr, ".debug_addr"),
    (SectionId::DebugAranges, ".debug_aranges"),
    (SectionId::DebugInfo, ".debug_info"),
    (SectionId::DebugLine, ".debug_line"),
    (SectionId::DebugLineStr, ".debug_line_str"),
    (SectionId::DebugRanges, ".debug_ranges"),
    (SectionId::DebugRngLists, ".debug_rnglists"),
    (SectionId::DebugStr, ".debug_str"),
    (SectionId::DebugStrOffsets, ".debug_str_offsets"),
    (SectionId::DebugTypes, ".debug_types"),
];

/// The same in files that were split off (`.dwo`, `.dwp`).
const SPLIT_NAMES: [(SectionId, &str); 9] = [
    (SectionId::DebugAbbrev, ".debug_abbrev.dwo"),
    (SectionId::DebugInfo, ".debug_info.dwo"),
    (SectionId::DebugLine, ".debug_line.dwo"),
    (SectionId::DebugRngLists, ".debug_rnglists.dwo"),
    (SectionId::DebugStr, ".debug_str.dwo"),
    (SectionId::DebugStrOffsets, ".debug_str_offsets.dwo"),
    (SectionId::DebugTypes, ".debug_types.dwo"),
    (SectionId::DebugCuIndex, ".debug_cu_index"),
    (SectionId::DebugTuIndex, ".debug_tu_index"),
];
