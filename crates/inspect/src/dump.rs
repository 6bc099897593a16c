//! What is in a map.
use super::types::Types;
use super::{InspectError, Layout, Map, OpenMap, batches};
use osmia_abi::MapType;
use osmia_btf::TypeId;
use osmia_sys::Errno;
use osmia_sys::bpf::MapFd;
use std::collections::HashSet;

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
            && let Ok(failure) = batches::walk(&self.fd, &mut |key, value| visit(key, Ok(value)))
        {
            return Walked { failure };
        }
        let mut seen = HashSet::new();
        let mut once = |key: &[u8], value: Result<&[u8], Errno>| {
            if kind.is_some_and(keeps_its_keys) || seen.insert(key.to_vec()) {
                visit(key, value);
            }
        };
        if kind == Some(MapType::LpmTrie)
            && let Ok(failure) = batches::walk(&self.fd, &mut |key, value| once(key, Ok(value)))
        {
            return Walked { failure };
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
