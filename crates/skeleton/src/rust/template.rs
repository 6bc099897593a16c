//! The parts of a Rust skeleton that only the object's name changes: `@` stands for its types' name, `%` for its own.

pub(super) const OPENING: &str = "\
// Made by osmia from the BPF object `%`: handles for its maps, programs, links and global variables.

";

pub(super) const TYPES: &str = "\
/// Types of maps and variables, as the object's author named them.
#[allow(missing_docs, dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals, clippy::all)]
pub mod types {
";

pub(super) const OPEN_STRUCT: &str = "\
/// The object `%` before it is loaded: variables can be set, maps and programs chosen.
#[derive(Debug)]
#[allow(dead_code, missing_docs, non_snake_case)]
pub struct Open@ {
    /// The object: where pins are, and whose types it is made fit for.
    pub object: ::osmia::skeleton::Open,
    pub maps: Open@Maps,
    pub programs: Open@Programs,
";

pub(super) const OPEN_NEW: &str = "\
}

#[allow(dead_code, missing_docs, non_snake_case)]
impl Open@ {
    /// Reads the object that this module carries.
    pub fn new() -> Result<Self, ::osmia::skeleton::Error> {
        let mut object = ::osmia::skeleton::Open::new(OBJECT, \"%\")?;
        Ok(Self {
";

pub(super) const OPEN_LOAD: &str = "            },
            object,
        })
    }

    /// Brings it into the kernel. Nothing runs before it is attached.
    pub fn load(self) -> Result<@, ::osmia::skeleton::Error> {
        let mut object = self.object;
";

pub(super) const OPEN_LOADED: &str = "        let loaded = object.load()?;
        Ok(@ {
";

pub(super) const LOADED_STRUCT: &str = "\
/// The object `%` in the kernel. It stays there as long as this value lives, or a handle or link of it.
#[derive(Debug)]
#[allow(dead_code, missing_docs, non_snake_case)]
pub struct @ {
    pub links: @Links,
    pub maps: @Maps,
    pub programs: @Programs,
    pub structures: @Structures,
    /// The object, for what has no handle of its own.
    pub object: ::osmia::skeleton::Loaded,
";

pub(super) const LOADED_ATTACH: &str = "\
}

#[allow(dead_code, missing_docs, non_snake_case)]
impl @ {
    /// Reads the object that this module carries; see [`Open@::load`].
    pub fn open() -> Result<Open@, ::osmia::skeleton::Error> {
        Open@::new()
    }

    /// Attaches all programs whose section says where, and registers all structures, but those that have a link already.
    /// If one fails, those of this call are taken away.
    pub fn attach(&mut self) -> Result<(), ::osmia::skeleton::Error> {
";

pub(super) const LOADED_END: &str = "        Ok(())
    }

    /// Takes all programs away from their places.
    pub fn detach(&mut self) {
        self.links = @Links::default();
    }
}

";

pub(super) const LINKS_DROP: &str = "\
impl Drop for @Links {
    fn drop(&mut self) {
";
