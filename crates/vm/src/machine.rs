//! The machine: an image, its maps, and the world around it.
use crate::code::{self, Program};
use crate::interpreter::Run;
use crate::maps::{self, Shape, Store, Values};
use crate::memory::{MOST, Map, Memory};
use crate::{Errno, Error, ErrorKind, Fault, FaultKind, World};
use osmia_isa::text::{Names, kernel};
use osmia_object::{Image, ImageMap};
use std::borrow::Cow;

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
    programs: Vec<Program>,
    memory: Memory,
    world: World,
    trace: Vec<String>,
    cpus: u32,
    budget: u64,
}

impl Machine {
    /// Makes the maps, fills them, and prepares the programs. Instructions are not verified: what they must not do is a
    /// fault when they do it.
    pub fn new(image: Image, options: Options) -> Result<Self, Error> {
        if image.maps.len().max(image.programs.len()) > MOST {
            return Err(Error { map: String::new(), kind: ErrorKind::TooMany });
        }
        let cpus = options.cpus.max(1);
        let prepared = image.programs.iter().enumerate();
        let programs: Vec<Program> =
            prepared.map(|(at, program)| code::prepare(program, at, image.maps.len())).collect();
        let maps = image.maps.iter().map(|map| code::with_addresses(map, &programs));
        let memory = Memory::new(make_maps(maps, &options)?);
        let (world, budget) = (options.world, options.budget);
        Ok(Self { image, programs, memory, world, trace: Vec::new(), cpus, budget })
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
    pub fn run_on(&mut self, program: usize, input: &mut Input) -> Result<u64, Fault> {
        std::mem::swap(&mut self.memory.context, &mut input.context);
        std::mem::swap(&mut self.memory.packet, &mut input.packet);
        let mut run = Run::new(
            &self.programs,
            &mut self.memory,
            &mut self.world,
            &mut self.trace,
            self.cpus,
            self.budget,
        );
        let result = run.start(program);
        let (program, at, elapsed) = (run.program, run.at, run.elapsed_ns());
        self.world.advance(elapsed);
        let result = self.end(result).map_err(|kind| self.fault(program, at, kind));
        std::mem::swap(&mut self.memory.context, &mut input.context);
        std::mem::swap(&mut self.memory.packet, &mut input.packet);
        result
    }

    /// Records that are still reserved are discarded; a program that ends well has none.
    fn end(&mut self, result: Result<u64, FaultKind>) -> Result<u64, FaultKind> {
        let mut left = None;
        for map in &mut self.memory.maps {
            if map.store.ring().is_some_and(|ring| ring.abandon()) {
                left = Some(map.name.clone());
            }
        }
        match left {
            Some(map) if result.is_ok() => Err(FaultKind::RecordLeft { map }),
            _ => result,
        }
    }

    fn fault(&self, program: usize, at: usize, kind: FaultKind) -> Fault {
        let code = self.programs.get(program);
        let step = code.and_then(|code| code.steps.get(at));
        let original = self.image.programs.get(program).and_then(|program| program.insns.get(at));
        let insn = original.or(step.map(|step| &step.insn));
        Fault {
            program,
            name: code.map_or_else(String::new, |code| code.name.clone()),
            slot: code.map_or(0, |code| code.slots.slot(at).unwrap_or_else(|| code.slots.count())),
            insn: insn.map_or_else(String::new, |insn| kernel::instruction(insn, &self.names())),
            kind,
        }
    }

    /// What numbers in instructions are called.
    fn names(&self) -> Names {
        let maps = self.image.maps.iter().enumerate();
        Names { maps: maps.map(|(at, map)| (at as u32, map.name.clone())).collect(), ..Names::of_helpers() }
    }

    /// The map with this name in the image.
    pub fn map(&self, name: &str) -> Option<MapId> {
        self.image.maps.iter().position(|map| map.name == name && !map.template).map(MapId)
    }

    fn at(&self, map: MapId) -> Option<&Map> {
        self.memory.maps.get(map.0)
    }

    fn store(&mut self, map: MapId) -> Option<&mut dyn Store> {
        self.memory.maps.get_mut(map.0).map(|map| &mut *map.store as _)
    }

    /// All elements: of hashes what is there, of arrays every index.
    pub fn entries(&self, map: MapId) -> Vec<Entry> {
        let Some(map) = self.at(map) else { return Vec::new() };
        let keys = (0..map.store.slots()).filter_map(|slot| map.store.slot(slot, 0));
        keys.map(|(key, _)| (values_of(map, &key, self.cpus), key))
            .map(|(values, key)| (key, values))
            .collect()
    }

    /// The values of a key: one for each CPU, or one. That it is looked up here does not make it recently used.
    pub fn lookup(&self, map: MapId, key: &[u8]) -> Option<Vec<Vec<u8>>> {
        let map = self.at(map)?;
        map.store.find(key, 0)?;
        Some(values_of(map, key, self.cpus))
    }

    /// Sets a key's value, in per-CPU maps on every CPU; `flags` as in [`osmia_abi::flags`] (`ANY`, `NOEXIST`, `EXIST`).
    pub fn update(&mut self, map: MapId, key: &[u8], value: &[u8], flags: u64) -> Result<(), Errno> {
        let known = self.at(map).ok_or(Errno::Invalid)?;
        if key.len() != known.key || value.len() != known.value {
            return Err(Errno::Invalid);
        }
        self.store(map).map_or(Err(Errno::Invalid), |store| store.update(key, Values::All(value), flags))
    }

    /// Removes a key.
    pub fn delete(&mut self, map: MapId, key: &[u8]) -> Result<(), Errno> {
        self.store(map).map_or(Err(Errno::Invalid), |store| store.delete(key))
    }

    /// Removes all keys; elements of arrays become zero. Ring buffers and perf event arrays stay as they are.
    pub fn clear(&mut self, map: MapId) {
        if let Some(store) = self.store(map) {
            store.clear();
        }
    }

    /// Bytes of a data section (element 0 of an array).
    pub fn read_data(&self, map: MapId, offset: usize, len: usize) -> Option<&[u8]> {
        let store = &self.at(map)?.store;
        store.bytes(store.find(&[0; 4], 0)?.checked_add(offset as u64)?, len)
    }

    /// Writes to a data section. `None` where it is not that long.
    pub fn write_data(&mut self, map: MapId, offset: usize, bytes: &[u8]) -> Option<()> {
        let store = self.store(map)?;
        let start = store.find(&[0; 4], 0)?.checked_add(offset as u64)?;
        store.bytes_mut(start, bytes.len())?.copy_from_slice(bytes);
        Some(())
    }

    /// All records that programs sent since the last time: for each map in order. Their room becomes free.
    pub fn take_records(&mut self) -> Vec<Record> {
        let maps = self.memory.maps.iter_mut().enumerate();
        maps.flat_map(|(at, map)| map.store.take_records(at)).collect()
    }

    /// How many records found no room in a ring buffer or perf event array.
    pub fn dropped(&self, map: MapId) -> u64 {
        self.at(map).map_or(0, |map| map.store.dropped())
    }

    /// What programs printed by `trace_printk` since the last time.
    pub fn take_trace(&mut self) -> Vec<String> {
        std::mem::take(&mut self.trace)
    }
}

/// The values of a key that is there.
fn values_of(map: &Map, key: &[u8], cpus: u32) -> Vec<Vec<u8>> {
    let copies = if map.store.is_percpu() { cpus } else { 1 };
    let value = |cpu| map.store.bytes(map.store.find(key, cpu)?, map.value).map(<[u8]>::to_vec);
    (0..copies).filter_map(value).collect()
}

fn make_maps<'a>(
    maps: impl Iterator<Item = Cow<'a, ImageMap>>,
    options: &Options,
) -> Result<Vec<Map>, Error> {
    let mut wanted = 0_u64;
    let make = |map: Cow<'_, ImageMap>| {
        let map = &*map;
        let shape = shape(map, options);
        wanted = wanted.saturating_add(size(&shape));
        if wanted > options.memory {
            return Err(Error { map: map.name.clone(), kind: ErrorKind::Memory { wanted } });
        }
        let store = if map.template { maps::nothing() } else { maps::make_filled(map, &shape)? };
        let (name, kind, flags) = (map.name.clone(), map.kind, map.flags);
        Ok(Map { name, kind, key: shape.key, value: shape.value, flags, store })
    };
    maps.map(make).collect()
}

fn shape(map: &ImageMap, options: &Options) -> Shape {
    Shape {
        kind: map.kind,
        key: map.key_size as usize,
        value: map.value_size as usize,
        entries: map.max_entries,
        flags: map.flags,
        cpus: options.cpus.max(1),
        perf_buffer: options.perf_buffer,
    }
}

/// Bytes of a full map.
fn size(shape: &Shape) -> u64 {
    let copies = if shape.is_percpu() { shape.cpus } else { 1 };
    let element = (shape.key as u64).saturating_add((shape.value as u64).saturating_mul(copies.into()));
    element.max(1).saturating_mul(shape.entries.into())
}
