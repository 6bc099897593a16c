//! Probes that a file's author put in: the notes that `sys/sdt.h` leaves in `.note.stapsdt`.
mod arguments;

use crate::binary::{Segment, offset_in};
use arguments::arguments;
use elf::{Object, ObjectSection, ObjectSymbol};
use osmia_base::{Bytes, Endian};
use osmia_object::{UsdtProbe, UsdtSite};
use std::collections::BTreeMap;

/// The section with the notes.
const NOTES: &str = ".note.stapsdt";
/// The section whose address tells how far the file was moved after its notes were made.
const BASE: &str = ".stapsdt.base";
/// Type of a note.
const TYPE: u32 = 3;

/// One note, as it stands in the file.
struct Note<'a> {
    location: u64,
    base: u64,
    semaphore: u64,
    provider: &'a str,
    name: &'a str,
    arguments: &'a str,
}

/// The probes of a file, sorted by namespace and name; sites in the order of the notes.
pub(crate) fn probes<'data>(file: &impl Object<'data>, segments: &[Segment]) -> Vec<UsdtProbe> {
    let Some(data) = file.section_by_name(NOTES).and_then(|section| section.uncompressed_data().ok()) else {
        return Vec::new();
    };
    let endian = if file.is_little_endian() { Endian::Little } else { Endian::Big };
    let base = file.section_by_name(BASE).map(|section| section.address());
    let mut found: BTreeMap<(String, String), Vec<UsdtSite>> = BTreeMap::new();
    let mut bytes = Bytes::new(&data, endian);
    while let Some(note) = next(&mut bytes, endian, file.is_64()) {
        let Some(note) = note else { continue };
        // What was moved (by `prelink`) was moved as a whole.
        let moved = base.filter(|_| note.base != 0).map_or(0, |base| base.wrapping_sub(note.base));
        let address = note.location.wrapping_add(moved);
        let Some(offset) = offset_in(segments, address) else { continue };
        let semaphore =
            (note.semaphore != 0).then(|| offset_in(segments, note.semaphore.wrapping_add(moved))).flatten();
        let arguments = arguments(note.arguments, &|name| variable(file, name));
        found.entry((note.provider.to_owned(), note.name.to_owned())).or_default().push(UsdtSite {
            address,
            offset,
            semaphore,
            arguments,
        });
    }
    let probe = |((provider, name), sites)| UsdtProbe { provider, name, sites };
    found.into_iter().map(probe).collect()
}

/// The next note: `None` at the end (or where the section is broken), `Some(None)` for one of another kind.
#[expect(clippy::option_option, reason = "the end, and a note that is not meant")]
fn next<'a>(bytes: &mut Bytes<'a>, endian: Endian, wide: bool) -> Option<Option<Note<'a>>> {
    let (name_size, size, kind) = (bytes.u32().ok()?, bytes.u32().ok()?, bytes.u32().ok()?);
    let name = padded(bytes, name_size)?;
    let body = padded(bytes, size)?;
    if name != b"stapsdt\0" || kind != TYPE {
        return Some(None);
    }
    Some(note(Bytes::new(body, endian), wide))
}

fn note(mut body: Bytes<'_>, wide: bool) -> Option<Note<'_>> {
    let mut word = || if wide { body.u64().ok() } else { body.u32().ok().map(u64::from) };
    let (location, base, semaphore) = (word()?, word()?, word()?);
    let mut text = || std::str::from_utf8(body.cstr().ok()?).ok();
    let (provider, name) = (text()?, text()?);
    let arguments = text().unwrap_or_default();
    (!name.is_empty()).then_some(Note { location, base, semaphore, provider, name, arguments })
}

/// Bytes that are filled up to a multiple of four.
fn padded<'a>(bytes: &mut Bytes<'a>, size: u32) -> Option<&'a [u8]> {
    let size = usize::try_from(size).ok()?;
    let taken = bytes.take(size).ok()?;
    // The last one may end with the section.
    let _ = bytes.skip((4 - size % 4) % 4);
    Some(taken)
}

/// The address of a variable of the file, where its symbols tell.
fn variable<'data>(file: &impl Object<'data>, name: &str) -> Option<u64> {
    let symbols = file.symbols().chain(file.dynamic_symbols());
    let mut found = symbols.filter(|symbol| symbol.is_definition() && symbol.name() == Ok(name));
    found.next().map(|symbol| symbol.address())
}
