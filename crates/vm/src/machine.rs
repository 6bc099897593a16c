//! The machine: an image, its maps, and the world around it.
use crate::{Errno, Error, Fault, World};
use osmia_object::Image;

/// What is decided when a machine is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many instructions one run may take, callbacks included.
    pub budget: u64,
    /// How many CPUs there are: values that a per-CPU map has for each key.
    pub cpus: u32,
    /// How many bytes all maps may take together when they are full.
    pub memory: u64,
    /// How many bytes wait in a perf buffer of one CPU before records are lost.
    pub perf_buffer: u32,
    /// The world at the beginning.
    pub world: World,
}

impl Default for Options {
    fn default() -> Self {
        Self { budget: 10_000_000, cpus: 1, memory: 4 << 30, perf_buffer: 256 << 10, world: World::default() }
    }
}

/// A map of a machine: its position in [`Image::maps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapId(pub usize);

/// What a program is run on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The context, which `r1` points at; after a run as the program left it. `r2` is its length.
    pub context: Vec<u8>,
    /// The packet, for programs that have one: fields of the context that the kernel makes pointers into it
    /// (`xdp_md.data`, `__sk_buff.data_end`, …) are pointers here too, whatever the context's bytes say.
    pub packet: Vec<u8>,
}

/// What a program sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Through which map.
    pub map: MapId,
    /// The entry of a perf event array (normally the CPU); 0 for ring buffers.
    pub cpu: u32,
    /// The record.
    pub bytes: Vec<u8>,
}

/// A key and its values: one for each CPU in per-CPU maps, else one. Each as long as the map's `value_size`.
pub type Entry = (Vec<u8>, Vec<Vec<u8>>);

/// Programs and maps of an image, ready to run.
#[derive(Debug)]
pub struct Machine {
    image: Image,
    world: World,
}

impl Machine {
    /// Makes the maps, fills them, and prepares the programs. Instructions are not verified: what they must not do is a
    /// fault when they do it.
    pub fn new(image: Image, options: Options) -> Result<Self, Error> {
        Ok(Self { image, world: options.world })
    }

    /// The image.
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// The world as it is now.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The world, to bring it up to date between runs.
    pub const fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// The program with this name.
    pub fn program(&self, name: &str) -> Option<usize> {
        self.image.programs.iter().position(|program| program.name == name)
    }

    /// Runs a program (by position in the image) on a context; gives `r0`.
    pub fn run(&mut self, program: usize, context: &[u8]) -> Result<u64, Fault> {
        self.run_on(program, &mut Input { context: context.to_vec(), packet: Vec::new() })
    }

    /// Runs a program on a context and a packet, which are afterwards as the program left them.
    pub fn run_on(&mut self, _program: usize, _input: &mut Input) -> Result<u64, Fault> {
        Ok(0)
    }

    /// The map with this name in the image.
    pub fn map(&self, name: &str) -> Option<MapId> {
        self.image.maps.iter().position(|map| map.name == name && !map.template).map(MapId)
    }

    /// All elements: of hashes what is there, of arrays every index.
    pub fn entries(&self, _map: MapId) -> Vec<Entry> {
        Vec::new()
    }

    /// The values of a key: one for each CPU, or one. What it is looked up for does not make it recently used.
    pub fn lookup(&self, _map: MapId, _key: &[u8]) -> Option<Vec<Vec<u8>>> {
        None
    }

    /// Sets a key's value, in per-CPU maps on every CPU; `flags` as in [`osmia_abi::flags`] (`ANY`, `NOEXIST`, `EXIST`).
    pub fn update(&mut self, _map: MapId, _key: &[u8], _value: &[u8], _flags: u64) -> Result<(), Errno> {
        Err(Errno::Invalid)
    }

    /// Removes a key.
    pub fn delete(&mut self, _map: MapId, _key: &[u8]) -> Result<(), Errno> {
        Err(Errno::Invalid)
    }

    /// Removes all keys; elements of arrays become zero.
    pub fn clear(&mut self, _map: MapId) {}

    /// Bytes of a data section (element 0 of an array).
    pub fn read_data(&self, _map: MapId, _offset: usize, _len: usize) -> Option<&[u8]> {
        None
    }

    /// Writes to a data section. `None` where it is not that long.
    pub fn write_data(&mut self, _map: MapId, _offset: usize, _bytes: &[u8]) -> Option<()> {
        None
    }

    /// All records that programs sent since the last time, in order, from all ring buffers and perf event arrays. Their
    /// room becomes free.
    pub fn take_records(&mut self) -> Vec<Record> {
        Vec::new()
    }

    /// How many records found no room in a ring buffer or perf event array.
    pub fn dropped(&self, _map: MapId) -> u64 {
        0
    }

    /// What programs printed by `trace_printk` since the last time.
    pub fn take_trace(&mut self) -> Vec<String> {
        Vec::new()
    }
}
