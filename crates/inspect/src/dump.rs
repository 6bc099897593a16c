//! What is in a map.
use super::types::Types;
use super::{InspectError, Layout, Map, OpenMap};
use osmia_abi::MapType;
use osmia_btf::TypeId;
use osmia_sys::Errno;
use osmia_sys::bpf::{BatchCursor, MapFd};
use std::collections::HashSet;

/// How many elements are asked for at once, at first.
const BATCH: usize = 1024;

/// How many bytes of elements are asked for at once, at first.
const BATCH_BYTES: usize = 1 << 20;

/// How the keys and values of a map are to be read.
#[derive(Clone, Debug)]
pub struct MapTypes {
    /// Its keys, if their type is known.
    pub key: Option<Layout>,
    /// Its values.
    pub value: Layout,
}

impl MapTypes {
    /// Those of a map, if the kernel knows them.
    pub fn of(map: &Map) -> Result<Option<Self>, InspectError> {
        let mut types = Types::default();
        let (btf, value) = if map.kernel_value_type != 0 {
            (types.kernel()?, map.kernel_value_type)
        } else if map.value_type != 0 {
            (types.get(map.btf_id).ok_or(InspectError::NoTypes)?, map.value_type)
        } else {
            return Ok(None);
        };
        let key = (map.key_type != 0).then(|| Layout::of(&btf, TypeId(map.key_type)));
        Ok(Some(Self { key, value: Layout::of(&btf, TypeId(value)) }))
    }
}

/// How a walk over a map ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Why the kernel gave no further keys, if not because there are none.
    pub failure: Option<Errno>,
}

/// What is told of each key: its value (of all CPUs, where each has its own), or why it has none.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], Result<&[u8], Errno>);

impl OpenMap {
    /// Visits each element, in the kernel's order, and none twice however the map changes. Many elements come with one
    /// call where the kernel can do that.
    pub fn walk(&self, visit: Visit<'_>) -> Walked {
        let kind = MapType::from_raw(self.facts.kind.number);
        if kind.is_some_and(comes_by_buckets)
            && let Some(walked) = walk_batches(&self.fd, visit)
        {
            return walked;
        }
        let mut seen = HashSet::new();
        let mut once = |key: &[u8], value: Result<&[u8], Errno>| {
            if kind.is_some_and(keeps_its_keys) || seen.insert(key.to_vec()) {
                visit(key, value);
            }
        };
        if kind == Some(MapType::LpmTrie)
            && let Some(walked) = walk_batches(&self.fd, &mut once)
        {
            return walked;
        }
        Walked { failure: walk_keys(&self.fd, &mut once).err() }
    }
}

/// Kinds of which the kernel hands out whole buckets, or places in their order (some of them only later kernels): no
/// element comes twice then. A trie's walk begins again where the key it stands at is deleted meanwhile, and so does
/// every walk from key to key.
const fn comes_by_buckets(kind: MapType) -> bool {
    use MapType::{Array, ArrayOfMaps, Hash, HashOfMaps, LruHash, LruPercpuHash, PercpuArray, PercpuHash};
    matches!(
        kind,
        Hash | LruHash | PercpuHash | LruPercpuHash | Array | PercpuArray | HashOfMaps | ArrayOfMaps
    )
}

/// Kinds whose keys are places: they are there for ever.
const fn keeps_its_keys(kind: MapType) -> bool {
    kind.is_array() || matches!(kind, MapType::StackTrace | MapType::StructOps)
}

/// `None` where the kernel cannot even begin: nothing was visited then.
fn walk_batches(map: &MapFd, visit: Visit<'_>) -> Option<Walked> {
    let shape = *map.shape();
    let one = shape.key_size.saturating_add(shape.element_size).max(1);
    let mut room = (BATCH_BYTES / one).clamp(1, BATCH).min(shape.max_entries.max(1));
    let (mut at, mut visited) = (BatchCursor::default(), false);
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    loop {
        keys.resize(room * shape.key_size, 0);
        values.resize(room * shape.element_size, 0);
        let batch = match map.lookup_batch(&mut at, &mut keys, &mut values) {
            Ok(batch) => batch,
            // A bucket with more elements than there is room for.
            Err(Errno::ENOSPC) if room < shape.max_entries => {
                room = room.saturating_mul(2).min(shape.max_entries);
                continue;
            }
            Err(errno) => return visited.then_some(Walked { failure: Some(errno) }),
        };
        let pairs = keys.chunks_exact(shape.key_size).zip(values.chunks_exact(shape.element_size));
        for (key, value) in pairs.take(batch.count) {
            visited = true;
            visit(key, Ok(value));
        }
        if batch.end {
            return Some(Walked { failure: None });
        }
    }
}

/// One call for each key and one for its value.
fn walk_keys(map: &MapFd, visit: Visit<'_>) -> Result<(), Errno> {
    let mut value = vec![0; map.shape().element_size];
    for key in map.keys() {
        let key = key?;
        let found = map.lookup(&key, &mut value, 0);
        visit(&key, found.map(|()| value.as_slice()));
    }
    Ok(())
}
