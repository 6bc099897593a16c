//! The whole of loading.
use crate::error::LoadError;
use crate::maps::{create_maps, fill_program_arrays};
use crate::memlock::with_memory;
use crate::options::{BtfUse, LoadOptions};
use crate::programs::load_programs;
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_object::{Attach, Image};
use osmia_sys::bpf::{BtfLoad, BtfLoadError, MapFd};
use osmia_sys::{BtfFd, ProgFd, Resource, raise_limit, resource_limit};
use std::path::PathBuf;

/// An image in the kernel. It stays there as long as this value lives, or what was attached or pinned of it.
#[derive(Debug)]
pub struct Loaded {
    /// The object's types, where the kernel took them.
    pub btf: Option<BtfFd>,
    /// All maps, in the image's order, patterns for others included.
    pub maps: Vec<LoadedMap>,
    /// The programs that were loaded, in the image's order.
    pub programs: Vec<LoadedProgram>,
}

/// One map in the kernel.
#[derive(Debug)]
pub struct LoadedMap {
    /// Its name in the object.
    pub name: String,
    /// Its kind.
    pub kind: MapType,
    /// The map.
    pub fd: MapFd,
    /// Where it is pinned.
    pub pin: Option<PathBuf>,
    /// Whether it was there before, by its pin.
    pub reused: bool,
    /// Whether it only serves as a pattern for maps in maps.
    pub template: bool,
}

/// One program in the kernel.
#[derive(Debug)]
pub struct LoadedProgram {
    /// Its name in the object.
    pub name: String,
    /// Its place in the image.
    pub index: usize,
    /// The program.
    pub fd: ProgFd,
    /// Its kind.
    pub kind: ProgramType,
    /// The attach type that it was loaded with.
    pub attach_type: Option<AttachType>,
    /// Where it wants to be.
    pub attach: Attach,
    /// What the verifier told, if it was asked.
    pub log: String,
}

impl LoadedProgram {
    /// How often it was to run while it ran already on that CPU, and did not; 0 on kernels that do not count (before 5.12).
    pub fn recursion_misses(&self) -> u64 {
        osmia_sys::bpf::prog_info(&self.fd).map_or(0, |info| info.recursion_misses)
    }
}

impl Loaded {
    /// The program of this name.
    pub fn program(&self, name: &str) -> Option<&LoadedProgram> {
        self.programs.iter().find(|program| program.name == name)
    }

    /// The map of this name.
    pub fn map(&self, name: &str) -> Option<&LoadedMap> {
        self.maps.iter().find(|map| map.name == name)
    }
}

/// Brings an image into the kernel: types, maps with their contents, programs. If anything fails, nothing stays (but
/// pins that were made by then).
pub fn load(image: &Image, options: &LoadOptions) -> Result<Loaded, LoadError> {
    make_room_for_descriptors(image);
    let btf = load_btf(image, options)?;
    let maps = create_maps(image, btf.as_ref(), options)?;
    let programs = load_programs(image, btf.as_ref(), &maps, options)?;
    fill_program_arrays(image, &maps, &programs)?;
    Ok(Loaded { btf, maps, programs })
}

/// Every map and program takes a descriptor, and every place to attach one or two on each CPU.
fn make_room_for_descriptors(image: &Image) {
    const SPARE: u64 = 512;
    let needed = (image.maps.len() + image.programs.len()) as u64 + SPARE;
    if resource_limit(Resource::Files).is_ok_and(|(soft, _)| soft < needed.max(4096)) {
        let _ = raise_limit(Resource::Files); // a limit that is too low shows itself as EMFILE, with a sentence
    }
}

fn load_btf(image: &Image, options: &LoadOptions) -> Result<Option<BtfFd>, LoadError> {
    let Some(data) = image.btf.as_deref() else { return Ok(None) };
    let request = BtfLoad::new(data);
    let silent = |error: BtfLoadError| error.errno;
    match (with_memory(|| request.call().map_err(silent)), options.btf) {
        (Ok(btf), _) => Ok(Some(btf)),
        (Err(_), BtfUse::Optional) => Ok(None),
        (Err(_), BtfUse::Required) => request.call_explained().map(Some).map_err(LoadError::Btf),
    }
}
