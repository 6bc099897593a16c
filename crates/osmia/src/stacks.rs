//! Maps of stacks.
use osmia_abi::MapType;
use osmia_abi::flags::STACK_BUILD_ID;
use osmia_event::kept::kept_map;
use osmia_loader::Loaded;
use osmia_object::Image;
use osmia_sys::bpf::MapFd;

/// What the names of maps of stacks begin with.
const PREFIX: &str = "stack_";

/// Maps of stacks by their names.
#[derive(Debug, Default)]
pub(crate) struct Stacks(Vec<(String, MapFd)>);

impl Stacks {
    /// Those of a loaded script.
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let maps = loaded.maps.iter().filter(|map| map.name.starts_with(PREFIX));
        Self(maps.filter_map(|map| Some((map.name.clone(), map.fd.try_clone().ok()?))).collect())
    }

    /// What a map has for a stack's number; empty where that is gone.
    pub(crate) fn read(&self, map: &str, id: i64) -> Vec<u8> {
        let (map, key) = match u32::try_from(id) {
            Ok(id) => (map.to_owned(), id.to_ne_bytes().to_vec()),
            Err(_) => (kept_map(map), id.to_ne_bytes().to_vec()),
        };
        let found = self.0.iter().find(|(name, _)| *name == map);
        found.and_then(|(_, map)| map.get(&key).ok().flatten()).unwrap_or_default()
    }
}

/// Makes stacks no longer than the kernel lets them be: scripts may ask for more, and get what there is.
pub(crate) fn fit(image: &mut Image) {
    let stacks = |map: &&mut osmia_object::ImageMap| {
        map.kind == MapType::StackTrace && map.name.starts_with(PREFIX) && map.value_size > 8
    };
    for map in image.maps.iter_mut().filter(stacks) {
        let step = if map.flags & STACK_BUILD_ID != 0 { 32 } else { 8 };
        map.value_size = map.value_size.min(osmia_host::most_stack_frames().saturating_mul(step));
    }
}
