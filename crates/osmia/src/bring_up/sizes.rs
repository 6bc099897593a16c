//! Sizes of maps that an object leaves to its loader.
use osmia_abi::MapType;
use osmia_object::Image;

/// As many elements as anybody is likely to need, where the object does not say.
const ENTRIES: u32 = 10240;
/// A frame of a stack is an address.
const FRAME: u32 = 8;

/// Gives a size to each map that has none but needs one; what was chosen, in lines.
pub(super) fn give_sizes(image: &mut Image) -> Vec<String> {
    let mut said = Vec::new();
    for map in image.maps.iter_mut().filter(|map| !map.template) {
        if map.kind == MapType::StackTrace && map.value_size == 0 {
            map.value_size = osmia_host::most_stack_frames() * FRAME;
            said.push(format!(
                "the map `{}` does not say how deep stacks are: as deep as the kernel has them",
                map.name
            ));
        }
        if map.max_entries == 0 && needs_entries(map.kind) {
            map.max_entries = ENTRIES;
            said.push(format!("the map `{}` does not say how large it is: {ENTRIES} elements", map.name));
        }
    }
    said
}

/// Kinds that the kernel refuses to make without a number of elements. Those at objects want none, and for some the loader
/// knows (one for each CPU).
const fn needs_entries(kind: MapType) -> bool {
    matches!(
        kind,
        MapType::Hash
            | MapType::LruHash
            | MapType::PercpuHash
            | MapType::LruPercpuHash
            | MapType::Array
            | MapType::PercpuArray
            | MapType::StackTrace
            | MapType::LpmTrie
    )
}
