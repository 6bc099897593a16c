//! Maps: making them, and their elements one by one.
use super::{address, address_mut, object_name};
use crate::fd::{number, number_or_zero};
use crate::syscall::{bpf, bpf_fd};
use crate::{Errno, possible_cpus};
use osmia_abi::attr::{MapCreateAttr, MapElemAttr};
use osmia_abi::{Command, MapType, flags};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// Asks for a new map.
#[derive(Clone, Debug)]
pub struct MapCreate<'a> {
    /// Its kind.
    pub kind: MapType,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value, for one CPU.
    pub value_size: u32,
    /// How many elements at most.
    pub max_entries: u32,
    /// `osmia_abi::flags`; the flags for a token and for BTF of a module are set where these are given.
    pub flags: u32,
    /// Its name, of which 15 bytes count.
    pub name: &'a str,
    /// For maps of maps: a map like those it will hold.
    pub inner: Option<BorrowedFd<'a>>,
    /// The memory node, with `NUMA_NODE` among the flags.
    pub numa_node: u32,
    /// The interface that it is offloaded to.
    pub ifindex: u32,
    /// BTF with the types of keys and values.
    pub btf: Option<BorrowedFd<'a>>,
    /// Type of the keys.
    pub btf_key_type: u32,
    /// Type of the values.
    pub btf_value_type: u32,
    /// For struct_ops: the type in the kernel's BTF.
    pub btf_vmlinux_value_type: u32,
    /// What some kinds want besides: hash functions of a bloom filter, address of an arena.
    pub extra: u64,
    /// For struct_ops of a module: the module's BTF.
    pub value_type_btf: Option<BorrowedFd<'a>>,
    /// Permission from elsewhere.
    pub token: Option<BorrowedFd<'a>>,
    /// The only program that may use it: SHA-256 of its instructions, without descriptors of maps (6.18).
    pub exclusive: Option<&'a [u8; 32]>,
}

impl<'a> MapCreate<'a> {
    /// A map without name and type information.
    pub const fn new(kind: MapType, key_size: u32, value_size: u32, max_entries: u32) -> Self {
        Self {
            kind,
            key_size,
            value_size,
            max_entries,
            flags: 0,
            name: "",
            inner: None,
            numa_node: 0,
            ifindex: 0,
            btf: None,
            btf_key_type: 0,
            btf_value_type: 0,
            btf_vmlinux_value_type: 0,
            extra: 0,
            value_type_btf: None,
            token: None,
            exclusive: None,
        }
    }

    /// `BPF_MAP_CREATE`.
    pub fn call(&self) -> Result<MapFd, Errno> {
        let mut attr = MapCreateAttr {
            map_type: self.kind.raw(),
            key_size: self.key_size,
            value_size: self.value_size,
            max_entries: self.max_entries,
            map_flags: self.all_flags(),
            inner_map_fd: number_or_zero(self.inner),
            numa_node: self.numa_node,
            map_name: object_name(self.name),
            map_ifindex: self.ifindex,
            btf_fd: number_or_zero(self.btf),
            btf_key_type_id: self.btf_key_type,
            btf_value_type_id: self.btf_value_type,
            btf_vmlinux_value_type_id: self.btf_vmlinux_value_type,
            map_extra: self.extra,
            value_type_btf_obj_fd: number_or_zero(self.value_type_btf).cast_signed(),
            map_token_fd: number_or_zero(self.token).cast_signed(),
            excl_prog_hash: self.exclusive.map_or(0, |hash| address(hash)),
            excl_prog_hash_size: self.exclusive.map_or(0, |hash| hash.len() as u32),
            ..Default::default()
        };
        // SAFETY: MAP_CREATE only reads the attributes and the hash, which is as long as they say, and returns a new descriptor.
        let fd = unsafe { bpf_fd(Command::MapCreate, &mut attr) }?;
        if self.kind == MapType::StructOps {
            return MapFd::from_fd(fd); // the kernel takes the size of the value from its own type
        }
        Ok(MapFd {
            fd,
            shape: MapShape::new(
                self.kind.raw(),
                self.key_size,
                self.value_size,
                self.max_entries,
                self.flags,
            )?,
        })
    }

    fn all_flags(&self) -> u32 {
        let module = if self.value_type_btf.is_some() { flags::VTYPE_BTF_OBJ_FD } else { 0 };
        let token = if self.token.is_some() { flags::TOKEN_FD } else { 0 };
        self.flags | module | token
    }
}

/// How long the kernel takes the keys and values of a map to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapShape {
    /// The number of its kind, which we may not know.
    pub kind: u32,
    /// Bytes of a key.
    pub key_size: usize,
    /// Bytes of a value of one CPU, as the map was made.
    pub value_size: usize,
    /// Bytes of what user space reads and writes for one element: for per-CPU maps, a value for each possible CPU, each
    /// padded to eight bytes.
    pub element_size: usize,
    /// How many elements at most.
    pub max_entries: usize,
    /// The flags it was made with.
    pub flags: u32,
}

impl MapShape {
    fn new(kind: u32, key_size: u32, value_size: u32, max_entries: u32, flags: u32) -> Result<Self, Errno> {
        let value = value_size as usize;
        let element_size = match MapType::from_raw(kind) {
            Some(kind) if is_percpu(kind) => {
                value.next_multiple_of(8).checked_mul(possible_cpus()?).ok_or(Errno::E2BIG)?
            }
            Some(kind) if holds_descriptors(kind) => 4.max(value),
            _ => value,
        };
        Ok(Self {
            kind,
            key_size: key_size as usize,
            value_size: value,
            element_size,
            max_entries: max_entries as usize,
            flags,
        })
    }

    /// Whether each CPU has its own values.
    pub fn is_percpu(&self) -> bool {
        MapType::from_raw(self.kind).is_some_and(is_percpu)
    }
}

/// Whether each CPU has its own values in maps of this kind.
fn is_percpu(kind: MapType) -> bool {
    use MapType::{LruPercpuHash, PercpuArray, PercpuCgroupStorage, PercpuHash};
    matches!(kind, PercpuHash | PercpuArray | LruPercpuHash | PercpuCgroupStorage)
}

/// Whether user space gives and gets numbers of objects instead of values.
fn holds_descriptors(kind: MapType) -> bool {
    use MapType::{ArrayOfMaps, CgroupArray, HashOfMaps, PerfEventArray, ProgArray};
    matches!(kind, ArrayOfMaps | CgroupArray | HashOfMaps | PerfEventArray | ProgArray)
}

/// A map in the kernel. It knows the sizes of its keys and values, so that no call reads or writes beyond a slice.
#[derive(Debug)]
pub struct MapFd {
    fd: OwnedFd,
    shape: MapShape,
}

impl MapFd {
    /// Takes a descriptor of a map, and asks the kernel for its shape.
    pub fn from_fd(fd: OwnedFd) -> Result<Self, Errno> {
        let info = super::map_info(&fd)?;
        let shape =
            MapShape::new(info.r#type, info.key_size, info.value_size, info.max_entries, info.map_flags)?;
        Ok(Self { fd, shape })
    }

    /// The sizes of its keys and values.
    pub const fn shape(&self) -> &MapShape {
        &self.shape
    }

    /// A second descriptor of the same map.
    pub fn try_clone(&self) -> Result<Self, Errno> {
        Ok(Self { fd: self.fd.try_clone()?, shape: self.shape })
    }

    /// The bare descriptor.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }

    /// `BPF_MAP_LOOKUP_ELEM` into `value`, which is as long as an element.
    pub fn lookup(&self, key: &[u8], value: &mut [u8], flags: u64) -> Result<(), Errno> {
        self.read_element(Command::MapLookupElem, key, value, flags)
    }

    /// `BPF_MAP_LOOKUP_ELEM` into new memory; `None` where the map has no such key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
        let mut value = vec![0; self.shape.element_size];
        found(self.lookup(key, &mut value, 0)).map(|there| there.then_some(value))
    }

    /// `BPF_MAP_LOOKUP_AND_DELETE_ELEM` into `value`; queues and stacks have empty keys.
    pub fn lookup_and_delete(&self, key: &[u8], value: &mut [u8], flags: u64) -> Result<(), Errno> {
        self.read_element(Command::MapLookupAndDeleteElem, key, value, flags)
    }

    /// `BPF_MAP_UPDATE_ELEM`; `flags` are `ANY`, `NOEXIST` or `EXIST`, perhaps with `LOCK`.
    pub fn update(&self, key: &[u8], value: &[u8], flags: u64) -> Result<(), Errno> {
        self.check(key, value)?;
        let mut attr = self.element(key, address(value), flags);
        // SAFETY: the kernel reads a key and an element, and the slices are as long as these (`check`).
        unsafe { bpf(Command::MapUpdateElem, &mut attr) }.map(drop)
    }

    /// `BPF_MAP_DELETE_ELEM`.
    pub fn delete(&self, key: &[u8]) -> Result<(), Errno> {
        self.check_key(key)?;
        let mut attr = self.element(key, 0, 0);
        // SAFETY: the kernel reads a key, and the slice is as long as that.
        unsafe { bpf(Command::MapDeleteElem, &mut attr) }.map(drop)
    }

    /// `BPF_MAP_GET_NEXT_KEY`: the key after `key`, or the first; `false` after the last.
    pub fn next_key(&self, key: Option<&[u8]>, next: &mut [u8]) -> Result<bool, Errno> {
        key.map_or(Ok(()), |key| self.check_key(key))?;
        self.check_key(next)?;
        let mut attr = self.element(key.unwrap_or(&[]), address_mut(next), 0);
        // SAFETY: the kernel reads one key, unless it is null, and writes one; both slices are as long as that.
        found(unsafe { bpf(Command::MapGetNextKey, &mut attr) }.map(drop))
    }

    /// All keys, one call for each; a map that changes meanwhile may show some twice or never.
    pub fn keys(&self) -> Keys<'_> {
        Keys { map: self, last: None, left: self.shape.max_entries.saturating_mul(2).saturating_add(1) }
    }

    /// `BPF_MAP_FREEZE`: no more writes from user space.
    pub fn freeze(&self) -> Result<(), Errno> {
        let mut attr = MapElemAttr { map_fd: number(self), ..Default::default() };
        // SAFETY: MAP_FREEZE reads the descriptor's number alone.
        unsafe { bpf(Command::MapFreeze, &mut attr) }.map(drop)
    }

    fn read_element(&self, command: Command, key: &[u8], value: &mut [u8], flags: u64) -> Result<(), Errno> {
        self.check(key, value)?;
        let mut attr = self.element(key, address_mut(value), flags);
        // SAFETY: the kernel reads a key and writes an element, and the slices are as long as these (`check`).
        unsafe { bpf(command, &mut attr) }.map(drop)
    }

    fn element(&self, key: &[u8], value: u64, flags: u64) -> MapElemAttr {
        MapElemAttr { map_fd: number(self), key: address(key), value, flags, ..Default::default() }
    }

    fn check(&self, key: &[u8], value: &[u8]) -> Result<(), Errno> {
        self.check_key(key)?;
        if value.len() == self.shape.element_size { Ok(()) } else { Err(Errno::EINVAL) }
    }

    fn check_key(&self, key: &[u8]) -> Result<(), Errno> {
        if key.len() == self.shape.key_size { Ok(()) } else { Err(Errno::EINVAL) }
    }
}

impl AsFd for MapFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for MapFd {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// The keys of a map. It ends at the latest after twice as many as the map holds, however the map changes.
#[derive(Debug)]
pub struct Keys<'a> {
    map: &'a MapFd,
    last: Option<Vec<u8>>,
    left: usize,
}

impl Iterator for Keys<'_> {
    type Item = Result<Vec<u8>, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut next = vec![0; self.map.shape.key_size];
        match self.map.next_key(self.last.as_deref(), &mut next) {
            Ok(true) => {
                self.last = Some(next.clone());
                Some(Ok(next))
            }
            Ok(false) => {
                self.left = 0;
                None
            }
            Err(errno) => {
                self.left = 0;
                Some(Err(errno))
            }
        }
    }
}

/// That nothing is there is no error.
pub(super) fn found(answer: Result<(), Errno>) -> Result<bool, Errno> {
    match answer {
        Ok(()) => Ok(true),
        Err(Errno::ENOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}
