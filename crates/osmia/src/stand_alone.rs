//! Programs that stand alone: osmia itself with an object behind it, which it runs instead of reading words.
//!
//! The file is osmia's own, then the object, its length (`u64`, little-endian) and [`MARK`]. What stands behind the last
//! segment of an ELF file is nothing to the kernel that starts it.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The last bytes of such a file.
const MARK: &[u8; 16] = b"\0osmia's program";

/// Bytes of the length and the mark.
const TRAILER: u64 = 8 + 16;

/// The program that is running.
const OWN: &str = "/proc/self/exe";

/// A program that runs the script in `object`, on this machine or another with the same architecture.
pub fn stand_alone(object: &[u8]) -> io::Result<Vec<u8>> {
    let file = File::open(OWN)?;
    let length = file.metadata()?.len();
    let own = object_in(&file, length).map_or(length, |(at, _)| at);
    let mut program = vec![0; usize::try_from(own).map_err(io::Error::other)?];
    file.read_exact_at(&mut program, 0)?;
    program.extend_from_slice(object);
    program.extend_from_slice(&(object.len() as u64).to_le_bytes());
    program.extend_from_slice(MARK);
    Ok(program)
}

/// The object that this program carries; `None` where it carries none.
pub fn carried() -> Option<Vec<u8>> {
    let file = File::open(OWN).ok()?;
    let (at, length) = object_in(&file, file.metadata().ok()?.len())?;
    let mut object = vec![0; usize::try_from(length).ok()?];
    file.read_exact_at(&mut object, at).ok()?;
    Some(object)
}

/// Where the object is in a file of so many bytes, and how long it is.
fn object_in(file: &File, length: u64) -> Option<(u64, u64)> {
    let end = length.checked_sub(TRAILER)?;
    let mut trailer = [0; TRAILER as usize];
    file.read_exact_at(&mut trailer, end).ok()?;
    let (size, mark) = trailer.split_first_chunk()?;
    let size = u64::from_le_bytes(*size);
    (mark == MARK).then_some((end.checked_sub(size)?, size))
}
