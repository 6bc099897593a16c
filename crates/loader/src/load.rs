//! The whole of loading.
use crate::attach::UsdtMaps;
use crate::chosen::Chosen;
use crate::error::LoadError;
use crate::maps::{create_maps, fill_program_arrays, unpin};
use crate::memlock::with_memory;
use crate::options::{BtfUse, LoadOptions};
use crate::programs::{Given, load_programs};
use crate::structures::fill_structures;
use crate::token;
use osmia_abi::{AttachType, MapType, ProgramType};
use osmia_object::{Attach, Image};
use osmia_sys::bpf::{BtfLoad, BtfLoadError, MapFd};
use osmia_sys::{BtfFd, MappedArray, ProgFd, Resource, TokenFd, raise_limit, resource_limit};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;

/// An image in the kernel. It stays there as long as this value lives, or what was attached or pinned of it.
#[derive(Debug)]
pub struct Loaded {
    /// The object's types, where the kernel took them.
    pub btf: Option<BtfFd>,
    /// All maps that were made, in the image's order, patterns for others included.
    pub maps: Vec<LoadedMap>,
    /// The programs that were loaded, in the image's order.
    pub programs: Vec<LoadedProgram>,
    /// Programs that nobody asked for by name and that cannot be loaded, with the reason: their section is unknown.
    pub skipped: Vec<(String, String)>,
}

/// One map in the kernel.
#[derive(Debug)]
pub struct LoadedMap {
    /// Its name in the object.
    pub name: String,
    /// Its place in the image.
    pub index: usize,
    /// Its kind.
    pub kind: MapType,
    /// The map.
    pub fd: MapFd,
    /// Where it is pinned.
    pub pin: Option<PathBuf>,
    /// Whether it was there before, by its pin.
    pub reused: bool,
    /// Whether it is no map of the object's: a pattern for maps in maps, or a jump table.
    pub template: bool,
    /// An arena's memory.
    pub memory: Option<MappedArray>,
    /// For `struct_ops`: the kernel's structure with the programs in it, to be put into the map when it is registered.
    pub structure: Option<LoadedStructure>,
}

/// A structure of functions that waits to be registered: [`LoadedMap::fd`] is updated with it, under the key 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedStructure {
    /// The kernel's name for it, such as `tcp_congestion_ops`.
    pub name: String,
    /// The map's value, with the descriptors of programs.
    pub value: Vec<u8>,
    /// Whether a link registers it (`.struct_ops.link`); else the update alone does.
    pub link: bool,
    /// Programs that it names and that were not loaded: it cannot be registered then.
    pub missing: Vec<String>,
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
    /// The maps by which it learns of the arguments of probes that a file's author put in, where its object has them.
    pub usdt: Option<Arc<UsdtMaps>>,
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

/// Brings an image into the kernel: types, maps with their contents, programs. If anything fails, nothing stays, pins
/// included.
pub fn load(image: &Image, options: &LoadOptions) -> Result<Loaded, LoadError> {
    make_room_for_descriptors(image);
    let token = token::create(options.token.as_deref())?;
    let token = token.as_ref();
    let btf = load_btf(image, token, options)?;
    let chosen = Chosen::new(image, &options.programs);
    let maps = create_maps(image, (btf.as_ref(), token), &chosen, options)?;
    let rest = load_programs(image, Given { btf: btf.as_ref(), token, maps: &maps, options }, &chosen)
        .and_then(|programs| fill_program_arrays(image, &maps, &programs).map(|()| programs));
    match rest {
        Ok(programs) => {
            let mut maps = maps;
            fill_structures(image, &mut maps, &programs);
            Ok(Loaded { btf, maps, programs, skipped: chosen.skipped })
        }
        Err(error) => {
            unpin(&maps);
            Err(error)
        }
    }
}

/// Every map and program takes a descriptor, and every place to attach one or two on each CPU.
fn make_room_for_descriptors(image: &Image) {
    const SPARE: u64 = 512;
    let needed = (image.maps.len() + image.programs.len()) as u64 + SPARE;
    if resource_limit(Resource::Files).is_ok_and(|(soft, _)| soft < needed.max(4096)) {
        let _ = raise_limit(Resource::Files); // a limit that is too low shows itself as EMFILE, with a sentence
    }
}

fn load_btf(
    image: &Image,
    token: Option<&TokenFd>,
    options: &LoadOptions,
) -> Result<Option<BtfFd>, LoadError> {
    let Some(data) = image.btf.as_deref() else { return Ok(None) };
    let request = BtfLoad { token: token.map(AsFd::as_fd), ..BtfLoad::new(data) };
    let silent = |error: BtfLoadError| error.errno;
    match (with_memory(|| request.call().map_err(silent)), options.btf) {
        (Ok(btf), _) => Ok(Some(btf)),
        (Err(_), BtfUse::Optional) => Ok(None),
        (Err(_), BtfUse::Required) => request.call_explained().map(Some).map_err(LoadError::Btf),
    }
}
