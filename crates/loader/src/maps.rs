//! Maps: made, filled, frozen, pinned.
use crate::chosen::Chosen;
use crate::error::{LoadError, MapError, MapStep};
use crate::exclusive::{self, Hash};
use crate::load::{LoadedMap, LoadedProgram};
use crate::memlock::{refusal, with_memory};
use crate::options::LoadOptions;
use crate::owner::Owners;
use crate::pins::make_pin_dir;
use osmia_abi::MapType;
use osmia_abi::flags::RDONLY_PROG;
use osmia_object::{Image, ImageMap, ResolveErrors};
use osmia_sys::bpf::{MapCreate, MapFd, get_pinned, map_by_id, map_info, pin};
use osmia_sys::{BtfFd, Errno, MappedArray, TokenFd};
use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

/// The longest name the kernel takes.
const NAME: usize = osmia_abi::flags::OBJ_NAME_LEN - 1;

/// Makes all maps of an image that are to be made. Patterns of maps in maps are made first.
pub(crate) fn create_maps(
    image: &Image,
    (btf, token): (Option<&BtfFd>, Option<&TokenFd>),
    chosen: &Chosen,
    options: &LoadOptions,
) -> Result<Vec<LoadedMap>, LoadError> {
    let exclusive = exclusive::hashes(image, &options.exclusive)?;
    let mut maker = Maker { btf, token, options, owners: Owners::default(), exclusive };
    let mut made: Vec<Option<LoadedMap>> = image.maps.iter().map(|_| None).collect();
    let result = make_all(image, chosen, &mut maker, &mut made);
    let maps: Vec<LoadedMap> = made.into_iter().flatten().collect();
    match result.and_then(|()| fill_maps_of_maps(image, &maps)) {
        Ok(()) => Ok(maps),
        Err(error) => {
            unpin(&maps);
            Err(error)
        }
    }
}

fn make_all(
    image: &Image,
    chosen: &Chosen,
    maker: &mut Maker<'_>,
    made: &mut [Option<LoadedMap>],
) -> Result<(), LoadError> {
    for index in in_order(&image.maps)? {
        let Some(map) = image.maps.get(index).filter(|map| chosen.wants(map)) else { continue };
        let inner = map.inner.and_then(|inner| made.get(inner)?.as_ref()).map(|inner| &inner.fd);
        let loaded = maker.make(index, map, inner)?;
        if let Some(place) = made.get_mut(index) {
            *place = Some(loaded);
        }
    }
    Ok(())
}

/// Takes away the pins that were made.
pub(crate) fn unpin(maps: &[LoadedMap]) {
    for path in maps.iter().filter(|map| !map.reused).filter_map(|map| map.pin.as_ref()) {
        let _ = std::fs::remove_file(path); // why it was made in vain is the error to tell
    }
}

fn fill_maps_of_maps(image: &Image, maps: &[LoadedMap]) -> Result<(), LoadError> {
    for (map, loaded) in pairs(image, maps).filter(|(map, loaded)| holds_maps(map.kind) && !loaded.reused) {
        for (key, inner) in &map.slots {
            let inner = maps.iter().find(|map| map.index == *inner);
            let inner = inner.ok_or_else(|| broken("a slot names a map that is not there"))?;
            fill_slot(map, loaded, *key, inner.fd.as_raw_fd())?;
        }
    }
    Ok(())
}

/// The maps that were made, with what the image says of them.
pub(crate) fn pairs<'a>(
    image: &'a Image,
    maps: &'a [LoadedMap],
) -> impl Iterator<Item = (&'a ImageMap, &'a LoadedMap)> {
    maps.iter().filter_map(|loaded| Some((image.maps.get(loaded.index)?, loaded)))
}

fn broken(why: &str) -> LoadError {
    LoadError::Image(why.to_owned())
}

/// All maps, those that others need first.
fn in_order(maps: &[ImageMap]) -> Result<Vec<usize>, LoadError> {
    let mut order: Vec<usize> = Vec::with_capacity(maps.len());
    let mut placed = vec![false; maps.len()];
    for start in 0..maps.len() {
        let mut chain = vec![start];
        while let Some(inner) = chain.last().and_then(|last| maps.get(*last)).and_then(|map| map.inner) {
            if chain.contains(&inner) || inner >= maps.len() {
                return Err(broken("maps in maps that have no end"));
            }
            chain.push(inner);
        }
        for index in chain.into_iter().rev() {
            if !std::mem::replace(&mut placed[index], true) {
                order.push(index);
            }
        }
    }
    Ok(order)
}

/// What all maps are made with.
struct Maker<'a> {
    btf: Option<&'a BtfFd>,
    token: Option<&'a TokenFd>,
    options: &'a LoadOptions,
    owners: Owners,
    /// By the map's place in the image: the hash of the program that alone may use it.
    exclusive: HashMap<usize, Hash>,
}

impl Maker<'_> {
    fn make(&mut self, index: usize, map: &ImageMap, inner: Option<&MapFd>) -> Result<LoadedMap, LoadError> {
        if let Some(unfit) = &map.unfit {
            return Err(LoadError::Unfit(ResolveErrors(vec![unfit.clone()])));
        }
        if let Some(reuse) = self.options.reuse.iter().find(|reuse| reuse.name == map.name) {
            let fd = map_by_id(reuse.id, 0).map_err(|errno| map_error(map, MapStep::Reuse, errno))?;
            return Ok(loaded(index, map, fd, None, true));
        }
        let path = map.pin.as_ref().map(|name| self.options.pins.join(name));
        if let Some(path) = &path
            && let Some(fd) = reuse(map, path)?
        {
            return Ok(loaded(index, map, fd, Some(path), true));
        }
        let fd = self.create(index, map, inner)?;
        let memory = arena(map, &fd)?;
        fill(map, &fd)?;
        match path.as_ref().map(|path| pin_map(map, &fd, path)) {
            // Somebody was quicker.
            Some(Err(MapError { errno: Errno::EEXIST, .. })) => {
                let path = path.as_deref().unwrap_or(Path::new(""));
                let other = reuse(map, path)?.ok_or_else(|| map_error(map, MapStep::Pin, Errno::EEXIST))?;
                return Ok(loaded(index, map, other, Some(path), true));
            }
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(())) | None => {}
        }
        Ok(LoadedMap { memory, ..loaded(index, map, fd, path.as_deref(), false) })
    }

    /// Makes the map, with types where the kernel takes them.
    fn create(&mut self, index: usize, map: &ImageMap, inner: Option<&MapFd>) -> Result<MapFd, LoadError> {
        let name = kernel_name(&map.name);
        let module = match map.structure.as_deref().and_then(|structure| structure.module.as_deref()) {
            Some(module) => Some(self.owners.module(module).map_err(LoadError::Image)?),
            None => None,
        };
        let untyped = MapCreate {
            flags: map.flags,
            name: &name,
            inner: inner.map(AsFd::as_fd),
            numa_node: map.numa_node,
            extra: map.extra,
            token: self.token.map(AsFd::as_fd),
            // The kernel takes its own type only beside the object's types.
            btf: self.btf.filter(|_| map.structure.is_some()).map(AsFd::as_fd),
            btf_vmlinux_value_type: map.structure.as_ref().map_or(0, |structure| structure.value_type.0),
            value_type_btf: module.as_ref().map(AsFd::as_fd),
            exclusive: self.exclusive.get(&index),
            ifindex: self.options.device.map_or(0, |device| device.of_map(map.kind)),
            ..MapCreate::new(map.kind, map.key_size, map.value_size, map.max_entries)
        };
        let typed = self.btf.filter(|_| map.value_type.0 != 0).map(|btf| MapCreate {
            btf: Some(btf.as_fd()),
            btf_key_type: map.key_type.0,
            btf_value_type: map.value_type.0,
            ..untyped.clone()
        });
        if let Some(Ok(fd)) = typed.map(|create| with_memory(|| create.call())) {
            return Ok(fd);
        }
        with_memory(|| untyped.call()).map_err(|errno| {
            let newer = [Errno::EINVAL, Errno::E2BIG].contains(&errno) && untyped.exclusive.is_some();
            let reason = match untyped.ifindex {
                _ if newer => Some(exclusive::NEWER.to_owned()),
                0 => why_not(map, errno),
                _ => Some(format!("{errno}; {NO_OFFLOAD}")),
            };
            let error = || MapError { map: map.name.clone(), step: MapStep::Create, errno, reason };
            refusal(errno).unwrap_or_else(|| error().into())
        })
    }
}

/// An arena's memory with its variables in it: programs that use it are refused as long as nobody has mapped it.
fn arena(map: &ImageMap, fd: &MapFd) -> Result<Option<MappedArray>, MapError> {
    if map.kind != MapType::Arena {
        return Ok(None);
    }
    let error = |errno| map_error(map, MapStep::Fill, errno);
    let memory = MappedArray::arena(fd, map.extra).map_err(error)?;
    if let Some(data) = &map.arena {
        let offset = usize::try_from(data.offset).map_err(|_| error(Errno::EOVERFLOW))?;
        memory.write(0, offset, &data.bytes).map_err(error)?;
    }
    Ok(Some(memory))
}

/// What is said of interfaces to which nothing can be given.
const NO_OFFLOAD: &str =
    "the interface runs no programs itself, as few do; xdpmeta_dev binds programs to one that run here";

fn map_error(map: &ImageMap, step: MapStep, errno: Errno) -> MapError {
    MapError { map: map.name.clone(), step, errno, reason: None }
}

fn loaded(index: usize, map: &ImageMap, fd: MapFd, pin: Option<&Path>, reused: bool) -> LoadedMap {
    LoadedMap {
        name: map.name.clone(),
        index,
        kind: map.kind,
        fd,
        pin: pin.map(Path::to_owned),
        reused,
        template: map.template || map.table_of.is_some(),
        memory: None,
        structure: None,
    }
}

/// `PCPU_MIN_UNIT_SIZE` of the kernel (`include/linux/percpu.h`): what a value of a per-CPU map may have.
const PER_CPU_VALUE: u32 = 32 << 10;

/// What a refusal means, where that can be told from the request.
fn why_not(map: &ImageMap, errno: Errno) -> Option<String> {
    let size = u64::from(map.max_entries) * (u64::from(map.key_size) + u64::from(map.value_size));
    let text = match errno {
        Errno::E2BIG if map.kind == MapType::PercpuArray && map.value_size > PER_CPU_VALUE => format!(
            "a value of {} bytes is more than the {PER_CPU_VALUE} that the kernel gives each processor for one; make it smaller",
            map.value_size
        ),
        Errno::ENOMEM | Errno::E2BIG => format!(
            "{} entries of {} + {} bytes ({} KiB) are more than the kernel gives; make it smaller",
            map.max_entries,
            map.key_size,
            map.value_size,
            size >> 10
        ),
        Errno::EINVAL if map.kind == MapType::Ringbuf && !map.max_entries.is_power_of_two() => {
            format!(
                "a ring buffer of {} bytes: its size must be a power of two, and whole pages",
                map.max_entries
            )
        }
        Errno::EINVAL if map.table_of.is_some() => {
            "it is a jump table, and this kernel has no maps of the kind insn_array, which came with Linux 6.19; compile the \
             program without (-fno-jump-tables, or -mcpu=v3)"
                .to_owned()
        }
        Errno::EINVAL => format!(
            "{errno}; this kernel has no maps of the kind {}, or not with keys of {} and values of {} bytes, \
             {} entries and flags {:#x}",
            map.kind.name(),
            map.key_size,
            map.value_size,
            map.max_entries,
            map.flags
        ),
        Errno::EPERM => return osmia_host::privileges().explanation(),
        Errno::EMFILE => "too many open files; raise the limit (`ulimit -n`)".to_owned(),
        _ => return None,
    };
    Some(text)
}

/// A name that the kernel takes: letters, digits, `_` and `.`, fifteen at most. The sign of a script's map falls away.
pub(crate) fn kernel_name(name: &str) -> String {
    let name = name.strip_prefix('@').unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' };
    name.chars().map(plain).take(NAME).collect()
}

/// The map that is pinned there, if any; an error where it is another one.
fn reuse(map: &ImageMap, path: &Path) -> Result<Option<MapFd>, MapError> {
    let error = |errno, reason: Option<String>| MapError {
        map: map.name.clone(),
        step: MapStep::Reuse,
        errno,
        reason,
    };
    let fd = match get_pinned(path) {
        Ok(fd) => fd,
        Err(Errno::ENOENT) => return Ok(None),
        Err(errno) => return Err(error(errno, None)),
    };
    let found = MapFd::from_fd(fd).map_err(|errno| error(errno, None))?;
    let info = map_info(&found).map_err(|errno| error(errno, None))?;
    // The kernel adds this one to maps of devices itself.
    let added = if matches!(map.kind, MapType::Devmap | MapType::DevmapHash) { RDONLY_PROG } else { 0 };
    let facts: [(&str, u64, u64); 6] = [
        ("kind", info.r#type.into(), map.kind.raw().into()),
        ("key size", info.key_size.into(), map.key_size.into()),
        ("value size", info.value_size.into(), map.value_size.into()),
        ("number of entries", info.max_entries.into(), map.max_entries.into()),
        ("flags", (info.map_flags & !added).into(), (map.flags & !added).into()),
        ("map_extra", info.map_extra, map.extra),
    ];
    let differ = facts.iter().filter(|(_, here, wanted)| here != wanted);
    let differ: Vec<_> =
        differ.map(|(what, here, wanted)| format!("its {what} is {here}, not {wanted}")).collect();
    if differ.is_empty() {
        return Ok(Some(found));
    }
    let reason = format!(
        "what is pinned at {} is another map: {}; remove that pin, or rename the map",
        path.display(),
        differ.join(", ")
    );
    Err(error(Errno::EINVAL, Some(reason)))
}

fn pin_map(map: &ImageMap, fd: &MapFd, path: &Path) -> Result<(), MapError> {
    let error = |errno| MapError { map: map.name.clone(), step: MapStep::Pin, errno, reason: None };
    make_pin_dir(path.parent().unwrap_or(path)).map_err(error)?;
    pin(fd, path).map_err(error)
}

/// Puts the first contents in, and freezes what is to be frozen.
fn fill(map: &ImageMap, fd: &MapFd) -> Result<(), MapError> {
    let error = |step, errno| MapError { map: map.name.clone(), step, errno, reason: None };
    for (key, value) in &map.initial {
        fd.update(key, value, 0).map_err(|errno| error(MapStep::Fill, errno))?;
    }
    match fd_freeze(map, fd) {
        // Before 5.2 maps could not be frozen; the verifier then knows less of them, that is all.
        Ok(()) | Err(Errno::EINVAL) => Ok(()),
        Err(errno) => Err(error(MapStep::Freeze, errno)),
    }
}

fn fd_freeze(map: &ImageMap, fd: &MapFd) -> Result<(), Errno> {
    if map.frozen { fd.freeze() } else { Ok(()) }
}

const fn holds_maps(kind: MapType) -> bool {
    matches!(kind, MapType::ArrayOfMaps | MapType::HashOfMaps)
}

fn fill_slot(map: &ImageMap, loaded: &LoadedMap, key: u32, fd: i32) -> Result<(), MapError> {
    let mut bytes = key.to_ne_bytes().to_vec();
    bytes.resize(map.key_size as usize, 0);
    loaded.fd.update(&bytes, &fd.to_ne_bytes(), 0).map_err(|errno| MapError {
        map: map.name.clone(),
        step: MapStep::Fill,
        errno,
        reason: None,
    })
}

/// Puts programs into the arrays of programs that name them.
pub(crate) fn fill_program_arrays(
    image: &Image,
    maps: &[LoadedMap],
    programs: &[LoadedProgram],
) -> Result<(), LoadError> {
    for (map, loaded) in pairs(image, maps).filter(|(map, _)| map.kind == MapType::ProgArray) {
        for (key, index) in &map.slots {
            // A program that was not loaded leaves its slot empty: a tail call to it falls through.
            if let Some(program) = programs.iter().find(|program| program.index == *index) {
                fill_slot(map, loaded, *key, program.fd.as_raw_fd())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_kernel_takes() {
        assert_eq!(kernel_name("@latency"), "latency");
        assert_eq!(kernel_name("@"), "");
        assert_eq!(kernel_name("a-b@c"), "a_b_c");
        assert_eq!(kernel_name("prog.rodata.str1.1"), "prog.rodata.str");
    }
}
