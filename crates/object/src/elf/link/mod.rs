//! Several object files made one, by libbpf's rules for symbols (static linking).
//!
//! Sections of one name follow each other, references to other files are resolved, types are merged. What stays open
//! may be linked further or, if it is the kernel's, be loaded.
mod error;
mod matching;
mod output;
mod relocs;
mod symbols;
mod types;

use super::raw::File;
use elf::elf::{SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS};
pub use error::{LinkError, LinkErrorKind};
use osmia_btf::ext::Ext;
use osmia_btf::{Btf, TypeId};
use output::Output;

/// The longest section that is made: offsets in types have 32 bits.
const MAX_SECTION: u64 = 1 << 30;

/// A file to link.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What messages call it.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A file that is being linked.
struct Source<'a> {
    name: &'a str,
    file: File<'a>,
    btf: Btf,
    ext: Ext,
    /// For each section: which one it went into, and where.
    places: Vec<Option<Place>>,
    /// For each symbol: which one it became.
    symbols: Vec<Option<usize>>,
    /// For each type: which one it became.
    types: Vec<Option<TypeId>>,
}

/// Where a section of a file went.
#[derive(Clone, Copy, Debug)]
struct Place {
    section: usize,
    offset: u64,
}

impl Source<'_> {
    fn error(&self, kind: LinkErrorKind) -> LinkError {
        LinkError { file: self.name.to_owned(), kind }
    }

    fn place(&self, section: usize) -> Option<Place> {
        self.places.get(section).copied().flatten()
    }

    fn section(&self, name: &str) -> Option<usize> {
        self.file.sections.iter().position(|section| section.name == name)
    }
}

/// Makes one object file of several.
///
/// Global symbols are one for all files: a definition answers what others declare, a strong one wins over weak ones, two
/// strong ones are an error, and types must agree. Static ones stay apart. The strictest visibility counts.
pub fn link(inputs: &[Input<'_>]) -> Result<Vec<u8>, LinkError> {
    let mut output: Option<Output> = None;
    for input in inputs {
        let mut source = open(*input)?;
        let output = output.get_or_insert_with(|| Output::new(source.file.endian));
        if output.endian != source.file.endian {
            return Err(source.error(LinkErrorKind::MixedEndian));
        }
        append_sections(output, &mut source)?;
        symbols::append(output, &mut source)?;
        relocs::append(output, &source)?;
        types::append(output, &mut source)?;
    }
    let nothing = || LinkError { file: String::new(), kind: LinkErrorKind::NoInput };
    output.ok_or_else(nothing)?.finish()
}

fn open<'a>(input: Input<'a>) -> Result<Source<'a>, LinkError> {
    let fail = |kind| LinkError { file: input.name.to_owned(), kind };
    let file = File::parse(input.bytes).map_err(|error| fail(LinkErrorKind::Elf(error)))?;
    let bytes = |name| file.sections.iter().find(|it| it.name == name).map(|it| it.bytes);
    let types = bytes(".BTF").ok_or_else(|| fail(LinkErrorKind::NoTypes))?.to_vec();
    let btf = Btf::parse(types).map_err(|error| fail(LinkErrorKind::Btf(error)))?;
    let ext = bytes(".BTF.ext").map_or(Ok(Ext::default()), Ext::parse);
    let ext = ext.map_err(|error| fail(LinkErrorKind::Btf(error)))?;
    let (sections, symbols, types) = (file.sections.len(), file.symbols.len(), btf.len() as usize);
    Ok(Source {
        name: input.name,
        file,
        btf,
        ext,
        places: vec![None; sections],
        symbols: vec![None; symbols],
        types: vec![None; types],
    })
}

/// Whether the linker makes a section anew or leaves it out: tables, types, and DWARF.
fn is_left_out(section: &super::raw::Section<'_>) -> bool {
    let content = [SHT_PROGBITS.0, SHT_NOBITS.0].contains(&section.kind);
    let types = matches!(section.name, ".BTF" | ".BTF.ext" | ".note.GNU-stack" | ".eh_frame");
    let debug = section.name.starts_with(".debug_");
    let empty_text = section.name == ".text" && section.size == 0;
    !content || section.name.is_empty() || types || debug || empty_text || section.name == ".llvm_addrsig"
}

/// Appends each section to the one of its name.
fn append_sections(output: &mut Output, source: &mut Source<'_>) -> Result<(), LinkError> {
    for number in 1..source.file.sections.len() {
        let Some(section) = source.file.sections.get(number).cloned() else { continue };
        if is_left_out(&section) {
            continue;
        }
        let into = output.section(section.name, &section);
        let Some(out) = output.sections.get_mut(into) else { continue };
        let once = matches!(section.name, "license" | "version");
        if once && out.size > 0 {
            if out.bytes != section.bytes {
                return Err(source.error(LinkErrorKind::Differs(section.name.to_owned())));
            }
            continue;
        }
        let code = |flags: u64| flags & (SHF_ALLOC.0 | SHF_EXECINSTR.0);
        if out.kind != section.kind || code(out.flags) != code(section.flags) {
            return Err(source.error(LinkErrorKind::Differs(section.name.to_owned())));
        }
        let align = section.align.clamp(1, 4096).max(out.align);
        let offset = out.size.checked_next_multiple_of(align);
        let end =
            offset.and_then(|offset| offset.checked_add(section.size)).filter(|&end| end <= MAX_SECTION);
        let too_large = || source.error(LinkErrorKind::TooLarge(section.name.to_owned()));
        let (offset, end) = offset.zip(end).ok_or_else(too_large)?;
        if out.kind != SHT_NOBITS.0 {
            out.bytes.resize(offset as usize, 0);
            out.bytes.extend_from_slice(section.bytes);
        }
        (out.size, out.align) = (end, align);
        if let Some(place) = source.places.get_mut(number) {
            *place = Some(Place { section: into, offset });
        }
    }
    Ok(())
}
