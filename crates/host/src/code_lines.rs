//! Lines of source and inlined functions of user code, by the debug information of the files that it is in.
use crate::binary::open_regular;
use crate::debuginfo::files;
use osmia_dwarf::{Code, Image, Spot};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Files by their paths; each is read when the first place in it is asked for.
#[derive(Debug, Default)]
pub(crate) struct CodeLines(HashMap<PathBuf, Option<Described>>);

/// A file with debug information.
#[derive(Debug)]
struct Described {
    image: Image,
    code: Code,
}

impl CodeLines {
    /// What stands at an offset of a file, innermost first; nothing where that is not known.
    pub(crate) fn at(&mut self, path: &Path, offset: u64) -> Rc<[Spot]> {
        let known = self.0.entry(path.to_owned()).or_insert_with(|| describe(path));
        let found = known.as_mut().and_then(|file| Some(file.code.at(file.image.address_at(offset)?)));
        found.unwrap_or_default()
    }
}

fn describe(path: &Path) -> Option<Described> {
    // A file that is held open is known by its descriptor; what belongs to it lies beside its own path.
    let real = std::fs::read_link(path).ok().filter(|real| real.is_file());
    let image = Image::new(open_regular(path).ok()?).ok()?;
    let code = Code::new(files(real.as_deref().unwrap_or(path), &[]).ok()?).ok()?;
    Some(Described { image, code })
}
