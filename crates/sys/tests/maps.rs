//! Maps of the real kernel.
use osmia_abi::{MapType, flags};
use osmia_sys::bpf::{BatchCursor, MapCreate, MapFd, get_pinned, map_by_id, map_info, pin};
use osmia_sys::{Errno, FileSystem, MappedArray, file_system_at, mount, possible_cpus};
use std::path::Path;

fn map(kind: MapType, max_entries: u32) -> MapFd {
    MapCreate::new(kind, 4, 8, max_entries).call().unwrap()
}

fn key(number: u32) -> [u8; 4] {
    number.to_ne_bytes()
}

fn value(number: u64) -> [u8; 8] {
    number.to_ne_bytes()
}

#[test]
fn a_hash_tells_its_errors_apart() {
    let map = map(MapType::Hash, 2);
    assert_eq!(map.get(&key(1)), Ok(None));
    assert_eq!(map.update(&key(1), &value(10), flags::EXIST), Err(Errno::ENOENT));
    map.update(&key(1), &value(10), flags::NOEXIST).unwrap();
    assert_eq!(map.update(&key(1), &value(11), flags::NOEXIST), Err(Errno::EEXIST));
    map.update(&key(2), &value(20), flags::ANY).unwrap();
    assert_eq!(map.update(&key(3), &value(30), flags::ANY), Err(Errno::E2BIG));
    assert_eq!(map.update(&key(3), &value(30), 99), Err(Errno::EINVAL));
    assert_eq!(map.get(&key(1)), Ok(Some(value(10).to_vec())));
    map.delete(&key(1)).unwrap();
    assert_eq!(map.delete(&key(1)), Err(Errno::ENOENT));
}

#[test]
fn slices_of_the_wrong_length_never_reach_the_kernel() {
    let map = map(MapType::Hash, 2);
    assert_eq!(map.update(&[0; 3], &value(0), 0), Err(Errno::EINVAL));
    assert_eq!(map.update(&key(0), &[0; 7], 0), Err(Errno::EINVAL));
    assert_eq!(map.lookup(&key(0), &mut [0; 9], 0), Err(Errno::EINVAL));
    assert_eq!(map.delete(&[]), Err(Errno::EINVAL));
    assert_eq!(map.next_key(None, &mut [0; 8]), Err(Errno::EINVAL));
    assert_eq!(map.update_batch(&[0; 8], &[0; 8], 0), Err((0, Errno::EINVAL)));
}

#[test]
fn an_array_always_has_its_elements() {
    let map = map(MapType::Array, 3);
    assert_eq!(map.get(&key(2)), Ok(Some(vec![0; 8])));
    assert_eq!(map.get(&key(3)), Ok(None));
    assert_eq!(map.delete(&key(0)), Err(Errno::EINVAL));
    assert_eq!(map.keys().collect::<Result<Vec<_>, _>>().unwrap(), [key(0), key(1), key(2)]);
}

#[test]
fn keys_of_a_hash_are_walked_once_each() {
    let map = map(MapType::LruHash, 100);
    for number in 0..50 {
        map.update(&key(number), &value(1), flags::ANY).unwrap();
    }
    let mut keys: Vec<_> =
        map.keys().map(|key| u32::from_ne_bytes(key.unwrap().try_into().unwrap())).collect();
    keys.sort_unstable();
    assert_eq!(keys, (0..50).collect::<Vec<_>>());
}

#[test]
fn a_per_cpu_map_has_a_value_for_each_possible_cpu() {
    let map = MapCreate::new(MapType::PercpuHash, 4, 4, 4).call().unwrap();
    let cpus = possible_cpus().unwrap();
    assert_eq!(map.shape().element_size, cpus * 8, "each value is padded to eight bytes");
    let all: Vec<u8> = (0..cpus as u64).flat_map(|cpu| (cpu + 1).to_ne_bytes()).collect();
    map.update(&key(7), &all, flags::ANY).unwrap();
    assert_eq!(map.get(&key(7)), Ok(Some(all)));
    assert!(map.shape().is_percpu());
}

#[test]
fn queues_and_stacks_have_no_keys() {
    for (kind, first) in [(MapType::Queue, 1), (MapType::Stack, 2)] {
        let map = MapCreate::new(kind, 0, 8, 4).call().unwrap();
        map.update(&[], &value(1), flags::ANY).unwrap();
        map.update(&[], &value(2), flags::ANY).unwrap();
        let mut got = value(0);
        map.lookup_and_delete(&[], &mut got, 0).unwrap();
        assert_eq!(got, value(first), "{}", kind.name());
    }
}

#[test]
fn batches_write_read_and_delete_many_at_once() {
    let map = map(MapType::Hash, 1000);
    let keys: Vec<u8> = (0..1000_u32).flat_map(key).collect();
    let values: Vec<u8> = (0..1000_u64).flat_map(value).collect();
    assert_eq!(map.update_batch(&keys, &values, flags::ANY), Ok(1000));
    let mut seen = walk_by_batches(&map, 300, BatchCursor::default());
    seen.sort_unstable();
    assert_eq!(seen, (0..1000).map(|number| (number, u64::from(number))).collect::<Vec<_>>());
    assert_eq!(map.delete_batch(&keys[..2000]), Ok(500));
    assert_eq!(map.keys().count(), 500);
    assert_eq!(map.delete_batch(&keys[1992..2008]), Err((0, Errno::ENOENT)));
    let (mut some, mut more) = (vec![0; 4000], vec![0; 8000]);
    let batch = map.lookup_and_delete_batch(&mut BatchCursor::default(), &mut some, &mut more).unwrap();
    assert_eq!((batch.count, batch.end), (500, true));
    assert_eq!(map.keys().count(), 0);
}

fn walk_by_batches(map: &MapFd, room: usize, mut cursor: BatchCursor) -> Vec<(u32, u64)> {
    let mut seen = Vec::new();
    loop {
        let (mut keys, mut values) = (vec![0; room * 4], vec![0; room * 8]);
        let batch = map.lookup_batch(&mut cursor, &mut keys, &mut values).unwrap();
        let keys = keys.as_chunks::<4>().0.iter().map(|raw| u32::from_ne_bytes(*raw));
        let values = values.as_chunks::<8>().0.iter().map(|raw| u64::from_ne_bytes(*raw));
        seen.extend(keys.zip(values).take(batch.count));
        if batch.end {
            return seen;
        }
    }
}

/// `__htab_map_lookup_and_delete_batch` of `kernel/bpf/hashtab.c`: buckets have numbers, and each is given whole.
#[test]
fn a_hash_is_walked_by_the_numbers_of_its_buckets() {
    let map = map(MapType::Hash, 1000);
    let keys: Vec<u8> = (0..600_u32).flat_map(key).collect();
    map.update_batch(&keys, &[1; 600 * 8], flags::ANY).unwrap();
    let (mut cursor, mut places) = (BatchCursor::default(), Vec::new());
    assert_eq!(cursor.place(), None);
    let (mut keys, mut values) = ([0; 50 * 4], [0; 50 * 8]);
    while !map.lookup_batch(&mut cursor, &mut keys, &mut values).unwrap().end {
        places.push(cursor.place().unwrap());
    }
    assert!(places.len() >= 11 && places.is_sorted_by(|one, next| one < next), "{places:?}");
    assert!(places.iter().all(|&place| place < 1024), "{places:?}");
    let whole = walk_by_batches(&map, 1000, BatchCursor::default());
    let rest = walk_by_batches(&map, 1000, BatchCursor::at_place(places[5]));
    assert!(rest.len() < 600 && whole.ends_with(&rest));
    assert_eq!(walk_by_batches(&map, 1000, BatchCursor::at_place(1024)), []);
}

/// Other kinds are walked by keys, also where these are longer than a number.
#[test]
fn a_position_that_is_a_key_is_no_place() {
    let map = MapCreate { flags: flags::NO_PREALLOC, ..MapCreate::new(MapType::LpmTrie, 12, 8, 4) };
    let map = map.call().unwrap();
    for last in 0..3 {
        map.update(&[64, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, last], &value(1), flags::ANY).unwrap();
    }
    let mut cursor = BatchCursor::default();
    map.lookup_batch(&mut cursor, &mut [0; 12], &mut [0; 8]).unwrap();
    assert_eq!(cursor.place(), None);
}

#[test]
fn a_map_of_maps_holds_descriptors_and_tells_ids() {
    use std::os::fd::{AsFd, AsRawFd};
    let inner = map(MapType::Array, 1);
    let mut create = MapCreate::new(MapType::HashOfMaps, 4, 4, 2);
    create.inner = Some(inner.as_fd());
    let outer = create.call().unwrap();
    outer.update(&key(1), &inner.as_raw_fd().to_ne_bytes(), flags::ANY).unwrap();
    let id = map_info(&inner).unwrap().id;
    assert_eq!(outer.get(&key(1)), Ok(Some(id.to_ne_bytes().to_vec())));
    assert_eq!(map_by_id(id, 0).unwrap().shape(), inner.shape());
}

#[test]
fn a_frozen_map_is_not_written() {
    let map = map(MapType::Array, 1);
    map.freeze().unwrap();
    assert_eq!(map.update(&key(0), &value(1), flags::ANY), Err(Errno::EPERM));
    assert_eq!(map.get(&key(0)), Ok(Some(vec![0; 8])));
}

#[test]
fn a_mapped_array_is_read_and_written_without_calls() {
    let mut create = MapCreate::new(MapType::Array, 4, 21, 3);
    create.flags = flags::MMAPABLE;
    let map = create.call().unwrap();
    let memory = MappedArray::new(&map).unwrap();
    let text = *b"twenty-one characters";
    memory.write(1, 0, &text).unwrap();
    assert_eq!(map.get(&key(1)), Ok(Some(text.to_vec())));
    memory.write(1, 3, b"NTY-ONE CHA").unwrap();
    let mut got = [0; 15];
    memory.read(1, 2, &mut got).unwrap();
    assert_eq!(&got, b"eNTY-ONE CHArac");
    memory.store_u64(2, 8, 77).unwrap();
    assert_eq!(memory.load_u64(2, 8), Ok(77));
    assert_eq!(memory.load_u64(2, 16), Err(Errno::E2BIG), "element 2 has 21 bytes");
    assert_eq!(memory.write(3, 0, b"x"), Err(Errno::E2BIG));
    assert_eq!(MappedArray::read_only(&map).unwrap().write(0, 0, b"x"), Err(Errno::EPERM));
    map.freeze().unwrap_err();
    assert!(MappedArray::new(&self::map(MapType::Array, 1)).is_err(), "not made to be mapped");
}

#[test]
fn a_pinned_map_is_found_again() {
    let root = Path::new("/sys/fs/bpf");
    if !file_system_at(FileSystem::Bpf, root).unwrap() {
        // Another test may have been faster.
        let _ = mount(FileSystem::Bpf, root);
    }
    let path = root.join(format!("osmia-sys-{}", std::process::id()));
    let map = map(MapType::Hash, 4);
    pin(&map, &path).unwrap();
    map.update(&key(1), &value(5), flags::ANY).unwrap();
    let again = MapFd::from_fd(get_pinned(&path).unwrap()).unwrap();
    assert_eq!(again.get(&key(1)), Ok(Some(value(5).to_vec())));
    assert_eq!(pin(&map, &path), Err(Errno::EEXIST));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(get_pinned(&path).map(drop), Err(Errno::ENOENT));
}

#[test]
fn names_are_cut_to_what_fits() {
    let mut create = MapCreate::new(MapType::Array, 4, 8, 1);
    create.name = "a_name_that_is_too_long";
    let map = create.call().unwrap();
    assert_eq!(osmia_sys::bpf::name_of(&map_info(&map).unwrap().name), "a_name_that_is_");
}

#[test]
fn maps_that_cannot_be_are_refused() {
    assert_eq!(MapCreate::new(MapType::Array, 8, 8, 1).call().map(drop), Err(Errno::EINVAL));
    assert_eq!(MapCreate::new(MapType::Ringbuf, 0, 0, 1000).call().map(drop), Err(Errno::EINVAL));
}
