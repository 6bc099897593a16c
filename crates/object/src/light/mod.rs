//! A program that loads other programs: what it takes to bring an image into the kernel, as instructions that run there.
//!
//! It is of the kind `syscall`, works on one array (its data), and gets the structure of a light skeleton as its context
//! (`skel_internal.h` of libbpf): `struct bpf_loader_ctx`, a `struct bpf_map_desc` for each map, a `struct bpf_prog_desc` for each
//! program. What only the running kernel knows it looks up itself.
mod emit;
mod maps;
mod programs;
mod signed;

pub use signed::{Loader, Signed, SignedForm};

use crate::{Image, ImageMap};
use emit::{ANSWER, At, Emitter};
use osmia_abi::attr::BtfLoadAttr;
use osmia_abi::{Command, MapType};
use osmia_isa::Size;
use sha2::{Digest, Sha256};
use std::fmt;
use std::mem::offset_of;

/// The program that loads an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// Its instructions; they name the map of its data by index 0.
    pub insns: Vec<u8>,
    /// Its data: the one element of that map.
    pub data: Vec<u8>,
}

impl Light {
    /// SHA-256 of its instructions: what a kernel calls the program by for which alone a map is (`excl_prog_hash`, 6.18).
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.insns).into()
    }
}

/// What a loading program takes from whoever runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// How many elements maps have, and what variables hold from the start.
    Open,
    /// Nothing: it is made to be signed, for kernels that hold its instructions alone to the signature (6.18 to 7.2). It loads what it
    /// was made with or gives up (`EINVAL`), as the hash of its data is among the instructions; the map of its data must be frozen,
    /// hashed (`BPF_OBJ_GET_INFO_BY_FD`) and this program's alone before it runs.
    Sealed,
    /// Nothing: it is made to be signed together with its data, which newer kernels (7.3) hold to the signature themselves.
    Covered,
}

/// Why an image cannot be loaded by a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LightError {
    /// The program would jump farther than programs can.
    TooLong,
    /// A helper that it needs has no row.
    NoHelper,
    /// This map or program is loaded in a way that such a program does not know.
    Unable {
        /// The map or program.
        name: String,
        /// What it is.
        what: &'static str,
    },
}

impl fmt::Display for LightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the object is too large for a program that loads it; split it"),
            Self::NoHelper => f.write_str("a helper that such programs need is not known"),
            Self::Unable { name, what } => write!(f, "`{name}`: {what} cannot be loaded by a program"),
        }
    }
}

impl std::error::Error for LightError {}

/// What `struct bpf_loader_ctx` holds: a size, flags, then what is told of the verifier's log.
mod context {
    pub(super) const FLAGS: usize = 4;
    pub(super) const LOG_LEVEL: usize = 8;
    pub(super) const LOG_SIZE: usize = 12;
    pub(super) const LOG_BUFFER: usize = 16;
    /// Its size, behind which the maps are.
    pub(super) const SIZE: usize = 24;
    /// The size of `struct bpf_map_desc`: a descriptor, how many elements, the address of the value.
    pub(super) const MAP: usize = 16;
    pub(super) const MAP_ENTRIES: usize = 4;
    pub(super) const MAP_VALUE: usize = 8;
    /// The size of `struct bpf_prog_desc`: a descriptor.
    pub(super) const PROGRAM: usize = 4;
}

/// Where descriptors are while the program runs.
struct Places {
    /// The table that instructions of programs refer to: maps, then modules.
    table: At,
    maps: usize,
    modules: usize,
    /// The object's types, the pattern of a map of maps, the module that a program attaches to.
    btf: At,
    inner: At,
    owner: At,
    programs: At,
    /// Modules of variables.
    variables: At,
}

impl Places {
    fn map(&self, index: usize) -> At {
        self.table.plus(4 * index)
    }

    fn module(&self, index: usize) -> At {
        self.table.plus(4 * (self.maps + index))
    }

    fn program(&self, index: usize) -> At {
        self.programs.plus(4 * index)
    }

    fn variable(&self, index: usize) -> At {
        self.variables.plus(4 * index)
    }
}

/// Writes the program that loads an image that [`crate::resolve_later`] made.
pub fn light(image: &Image, binding: Binding) -> Result<Light, LightError> {
    image.maps.iter().try_for_each(loadable)?;
    let maps = made(image).count();
    let most = |count: fn(&crate::Later) -> usize| {
        image.programs.iter().map(|program| count(&program.later)).max().unwrap_or(0)
    };
    let (modules, variables) = (most(programs::functions), most(programs::variables));
    let mut out = Emitter::new(binding);
    let places = Places {
        table: out.data(&vec![0; 4 * (maps + modules)]),
        maps,
        modules,
        btf: out.data(&[0; 4]),
        inner: out.data(&[0; 4]),
        owner: out.data(&[0; 4]),
        programs: out.data(&vec![0; 4 * image.programs.len()]),
        variables: out.data(&vec![0; 4 * variables]),
    };
    types(image, &places, &mut out)?;
    maps::create(image, &places, &mut out)?;
    programs::load(image, &places, &mut out)?;
    maps::fill_programs(image, &places, &mut out)?;
    out.close(places.btf)?;
    hand_out(image, &places, &mut out);
    let mut held = vec![places.btf, places.inner, places.owner];
    held.extend((0..maps).map(|at| places.map(at)));
    held.extend((0..places.modules).map(|at| places.module(at)));
    held.extend((0..image.programs.len()).map(|at| places.program(at)));
    held.extend((0..variables).map(|at| places.variable(at)));
    let (data, insns) = out.finish(&held)?;
    Ok(Light { insns, data })
}

/// The maps that there will be, in their order; those that only are patterns stand behind them.
pub fn made(image: &Image) -> impl Iterator<Item = (usize, &ImageMap)> {
    image.maps.iter().enumerate().filter(|(_, map)| !map.template)
}

/// Whether a map's element can be set before it is loaded: global data.
pub fn is_data(map: &ImageMap) -> bool {
    map.kind == MapType::Array && map.max_entries == 1 && map.name.contains('.')
}

fn loadable(map: &ImageMap) -> Result<(), LightError> {
    let what = match map {
        ImageMap { structure: Some(_), .. } | ImageMap { kind: MapType::StructOps, .. } => {
            "a structure of functions"
        }
        ImageMap { arena: Some(_), .. } => "an arena with variables",
        ImageMap { create: false, .. } => "a map that is not made by itself",
        ImageMap { pin: Some(_), .. } => "a map that is pinned by its name",
        _ => return Ok(()),
    };
    Err(LightError::Unable { name: map.name.clone(), what })
}

/// Loads the object's types.
fn types(image: &Image, places: &Places, out: &mut Emitter) -> Result<(), LightError> {
    let Some(btf) = &image.btf else { return Ok(()) };
    let data = out.data(btf);
    let mut raw = [0; 28];
    put(&mut raw, offset_of!(BtfLoadAttr, btf_size), &(btf.len() as u32).to_ne_bytes());
    let attr = out.data(&raw);
    let at = |offset| attr.plus(offset);
    out.fetch(Size::W, context::LOG_LEVEL, at(offset_of!(BtfLoadAttr, btf_log_level)));
    out.fetch(Size::W, context::LOG_SIZE, at(offset_of!(BtfLoadAttr, btf_log_size)));
    out.fetch(Size::DW, context::LOG_BUFFER, at(offset_of!(BtfLoadAttr, btf_log_buf)));
    out.point(data, at(offset_of!(BtfLoadAttr, btf)));
    out.bpf(Command::BtfLoad, attr, raw.len())?;
    out.check();
    out.keep(Size::W, ANSWER, places.btf);
    Ok(())
}

/// Gives the descriptors to whoever asked.
fn hand_out(image: &Image, places: &Places, out: &mut Emitter) {
    for at in 0..places.maps {
        out.hand(places.map(at), context::SIZE + context::MAP * at);
    }
    let programs = context::SIZE + context::MAP * places.maps;
    for at in 0..image.programs.len() {
        out.hand(places.program(at), programs + context::PROGRAM * at);
    }
}

/// Writes a field of attributes.
fn put(raw: &mut [u8], offset: usize, value: &[u8]) {
    let place = raw.get_mut(offset..).unwrap_or_default();
    place.iter_mut().zip(value).for_each(|(place, byte)| *place = *byte);
}

/// A name as attributes hold it: fifteen bytes and a zero.
fn name(text: &str) -> [u8; 16] {
    let mut raw = [0; 16];
    raw.iter_mut().take(15).zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    raw
}
