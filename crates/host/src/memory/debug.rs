//! Symbols that were stripped from a file and put into another one.
use crate::debuginfo::{Identity, separate_file};
use elf::{Object, ObjectSegment, ReadCache};
use osmia_dwarf::DebugLink;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// The file that has the symbols of another one. Its addresses are the same; its offsets are not, as it has no code.
#[derive(Debug)]
pub(super) struct DebugFile {
    /// Where it is.
    pub(super) path: PathBuf,
    segments: Vec<Segment>,
}

/// A part of the stripped file that is loaded into memory.
#[derive(Clone, Copy, Debug)]
struct Segment {
    address: u64,
    offset: u64,
    len: u64,
}

impl DebugFile {
    /// That of an open file, by its build id or its link, where there is one.
    pub(super) fn of(file: &File) -> Option<Self> {
        let cache = ReadCache::new(file);
        let stripped = elf::File::parse(&cache).ok()?;
        let real = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default();
        let link = stripped.gnu_debuglink().ok().flatten();
        let identity = Identity {
            build_id: stripped.build_id().ok().flatten().map(<[u8]>::to_vec),
            link: link.map(|(name, crc)| DebugLink { name: String::from_utf8_lossy(name).into_owned(), crc }),
        };
        let path = separate_file(&real, &identity, &[])?;
        let segments = stripped.segments().map(|segment| {
            let (offset, len) = segment.file_range();
            Segment { address: segment.address(), offset, len }
        });
        Some(Self { path, segments: segments.collect() })
    }

    /// The address at an offset of the stripped file.
    pub(super) fn address(&self, offset: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let inside = offset.checked_sub(segment.offset).filter(|inside| *inside < segment.len)?;
            segment.address.checked_add(inside)
        })
    }
}
