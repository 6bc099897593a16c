//! The files that hold one program's debug information.
use crate::{Error, Image};
use std::cell::OnceCell;
use std::fs::File;
use std::path::{Path, PathBuf};

/// How files are opened that others name.
type Open<'o> = dyn Fn(&Path) -> Option<File> + 'o;

/// A file with debug information, and those that were split off it, which are opened when something in them is needed.
pub struct Files<'o> {
    pub(crate) main: Image,
    pub(crate) package: Option<Image>,
    open: Box<Open<'o>>,
    /// Folders where split files may be, besides the one that the compiler named.
    folders: Vec<PathBuf>,
    split: OnceCell<Vec<OnceCell<Option<Image>>>>,
}

impl std::fmt::Debug for Files<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("main", &self.main).field("folders", &self.folders).finish()
    }
}

impl<'o> Files<'o> {
    /// `main` has the debug information, or what is left of it; `package` is the `.dwp` file beside it.
    pub fn new(
        main: Image,
        package: Option<Image>,
        folders: Vec<PathBuf>,
        open: impl Fn(&Path) -> Option<File> + 'o,
    ) -> Result<Self, Error> {
        if !main.has_debug_info() {
            return Err(Error::Missing);
        }
        Ok(Self { main, package, open: Box::new(open), folders, split: OnceCell::new() })
    }

    /// Makes room for so many split files.
    pub(crate) fn room(&self, units: usize) -> &[OnceCell<Option<Image>>] {
        self.split.get_or_init(|| (0..units).map(|_| OnceCell::new()).collect())
    }

    /// The split file of unit number `unit`.
    pub(crate) fn split(&self, unit: usize, folder: &str, name: &str) -> Option<&Image> {
        let cell = self.split.get()?.get(unit)?;
        cell.get_or_init(|| self.open_split(folder, name)).as_ref()
    }

    fn open_split(&self, folder: &str, name: &str) -> Option<Image> {
        let named = Path::new(folder).join(name);
        let last = Path::new(name).file_name()?;
        let beside = self.folders.iter().flat_map(|folder| [folder.join(name), folder.join(last)]);
        let mut places = std::iter::once(named).chain(beside);
        let image = |path: PathBuf| Image::new((self.open)(&path)?).ok().filter(Image::has_debug_info);
        places.find_map(image)
    }
}
