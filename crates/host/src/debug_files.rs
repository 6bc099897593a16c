//! Symbols that were stripped from a file and packed into itself.
use elf::{Object, ObjectSection};

/// The largest symbol table that is unpacked.
const LARGEST: usize = 256 << 20;

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
