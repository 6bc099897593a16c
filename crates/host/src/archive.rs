//! Libraries in archives (`app.apk!/lib/libx.so`): the loader maps them from where they stand in the archive, if they are
//! stored without being packed.
use osmia_base::{Bytes, Endian, Truncated};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What stands between an archive's path and the path in it.
const SEPARATOR: &str = "!/";
/// The longest end of an archive: its fixed part and a comment of 64 KiB.
const LONGEST_END: u64 = 22 + 0xffff;
/// The longest directory that is read.
const LONGEST_DIRECTORY: u32 = 64 << 20;
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// The method of entries that are not packed.
const STORED: u16 = 0;

/// Where an entry's bytes are in its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// The archive and the name in it, where a path names both and the archive is there.
pub(crate) fn split(path: &Path) -> Option<(PathBuf, String)> {
    let (archive, name) = path.to_str()?.split_once(SEPARATOR)?;
    Path::new(archive).is_file().then(|| (PathBuf::from(archive), name.to_owned()))
}

/// Where the entry `name` is; an error in words.
pub(crate) fn find(archive: &File, name: &str) -> Result<Span, String> {
    search(archive, name).unwrap_or_else(|| Err("it is not a ZIP archive, or a broken one".into()))
}

/// `None` where the archive is broken.
fn search(archive: &File, name: &str) -> Option<Result<Span, String>> {
    let size = archive.metadata().ok()?.len();
    let tail = read(archive, size.saturating_sub(LONGEST_END), size.min(LONGEST_END))?;
    let at = tail.windows(END.len()).rposition(|window| window == END)?;
    let (count, directory_size, offset) = end(tail.get(at + END.len()..)?).ok()?;
    let directory = read(archive, offset.into(), directory_size.min(LONGEST_DIRECTORY).into())?;
    let mut bytes = Bytes::new(&directory, Endian::Little);
    for _ in 0..count {
        let entry = entry(&mut bytes).ok()?;
        if entry.name != name.as_bytes() {
            continue;
        }
        if entry.method != STORED {
            return Some(Err(format!(
                "{name} is packed in the archive, so it is nowhere in memory as it is there"
            )));
        }
        return local(archive, &entry).map(Ok);
    }
    Some(Err(format!("there is no {name} in the archive")))
}

fn read(file: &File, offset: u64, len: u64) -> Option<Vec<u8>> {
    let size = file.metadata().ok()?.len();
    let len = len.min(size.saturating_sub(offset));
    let mut bytes = vec![0; usize::try_from(len).ok()?];
    file.read_exact_at(&mut bytes, offset).ok()?;
    Some(bytes)
}

/// How many entries there are, and the size and place of their directory.
fn end(bytes: &[u8]) -> Result<(u16, u32, u32), Truncated> {
    let mut bytes = Bytes::new(bytes, Endian::Little);
    bytes.skip(6)?;
    Ok((bytes.u16()?, bytes.u32()?, bytes.u32()?))
}

struct Entry<'a> {
    name: &'a [u8],
    method: u16,
    size: u32,
    header: u32,
}

/// One entry of the directory.
fn entry<'a>(bytes: &mut Bytes<'a>) -> Result<Entry<'a>, Truncated> {
    if bytes.take(ENTRY.len())? != ENTRY {
        return Err(Truncated { offset: bytes.offset(), wanted: ENTRY.len() });
    }
    bytes.skip(6)?;
    let method = bytes.u16()?;
    bytes.skip(8)?;
    let size = bytes.u32()?;
    bytes.skip(4)?;
    let [name, extra, comment] = [bytes.u16()?, bytes.u16()?, bytes.u16()?].map(usize::from);
    bytes.skip(8)?;
    let header = bytes.u32()?;
    let name = bytes.take(name)?;
    bytes.skip(extra + comment)?;
    Ok(Entry { name, method, size, header })
}

/// The bytes stand behind a header of their own, whose names and extras are as long as it says.
fn local(archive: &File, entry: &Entry<'_>) -> Option<Span> {
    let header = read(archive, entry.header.into(), 30)?;
    let mut bytes = Bytes::new(&header, Endian::Little);
    if bytes.take(LOCAL.len()).ok()? != LOCAL {
        return None;
    }
    bytes.skip(22).ok()?;
    let (name, extra) = (bytes.u16().ok()?, bytes.u16().ok()?);
    let offset = u64::from(entry.header) + 30 + u64::from(name) + u64::from(extra);
    Some(Span { offset, len: entry.size.into() })
}
