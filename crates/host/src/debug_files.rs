//! Symbols that were stripped from a file: in another file that it names, or packed into itself.
use elf::{Object, ObjectSection};
use std::path::{Path, PathBuf};

/// The largest symbol table that is unpacked.
const LARGEST: usize = 256 << 20;

/// The debug file that a file names by `.gnu_debuglink`, if it is there and is the right one.
pub(crate) fn debug_link<'data>(path: &Path, file: &impl Object<'data>) -> Option<PathBuf> {
    let (name, sum) = file.gnu_debuglink().ok().flatten()?;
    let name = std::str::from_utf8(name).ok()?;
    let real = std::fs::canonicalize(path).ok()?;
    let dir = real.parent()?;
    let below = Path::new("/usr/lib/debug").join(dir.strip_prefix("/").ok()?);
    let places = [dir.to_owned(), dir.join(".debug"), below].map(|dir| dir.join(name));
    places.into_iter().find(|place| *place != real && checksum(place) == Some(sum))
}

/// The checksum that links carry: that of zip and Ethernet.
fn checksum(path: &Path) -> Option<u32> {
    let mut file = crate::binary::open_regular(path).ok()?;
    let mut sum = flate2::CrcWriter::new(std::io::sink());
    std::io::copy(&mut file, &mut sum).ok()?;
    Some(sum.crc().sum())
}

/// The ELF file in `.gnu_debugdata`: the symbols that the dynamic ones leave out, packed with xz.
pub(crate) fn minimal<'data>(file: &impl Object<'data>) -> Option<Vec<u8>> {
    let packed = file.section_by_name(".gnu_debugdata")?.data().ok()?;
    let mut unpacked = Limited(Vec::new());
    lzma_rs::xz_decompress(&mut std::io::BufReader::new(packed), &mut unpacked).ok()?;
    Some(unpacked.0)
}

/// Takes no more than [`LARGEST`] bytes, whatever the packed data promise.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
