//! Walks over maps of the real kernel, with small parts.
use super::plan::{Pace, Part, Plan};
use super::read::{Batch, Reader};
use super::seam::Seam;
use super::{Desk, read, share, walk_at};
use osmia_abi::{MapType, flags};
use osmia_sys::bpf::{BatchCursor, MapCreate, MapFd};
use std::collections::BTreeSet;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};

/// Several readers whose batches are so small that there are many parts.
const SMALL: Pace = Pace { readers: 3, room: 128 };

/// The kinds that are walked by buckets, but for maps of maps.
const HASHES: &[MapType] = &[MapType::Hash, MapType::PercpuHash, MapType::LruHash, MapType::LruPercpuHash];

fn map(kind: MapType, max_entries: u32, keys: Range<u32>) -> MapFd {
    let map = MapCreate::new(kind, 4, 8, max_entries).call().unwrap();
    write(&map, keys);
    map
}

fn write(map: &MapFd, keys: Range<u32>) {
    let values = vec![7; keys.len() * map.shape().element_size];
    let keys: Vec<u8> = keys.flat_map(u32::to_ne_bytes).collect();
    map.update_batch(&keys, &values, flags::ANY).unwrap();
}

/// The keys that a walk comes by.
fn walk(map: &MapFd, first: usize, pace: Pace) -> Vec<u32> {
    let mut keys = Vec::new();
    let first = Pace { readers: 1, room: first };
    let walked = walk_at(map, &first, || pace, &mut |key, value| {
        assert_eq!(value.len(), map.shape().element_size);
        keys.push(number(key));
    });
    assert_eq!(walked, Ok(None));
    keys
}

fn number(key: &[u8]) -> u32 {
    u32::from_ne_bytes(key.try_into().unwrap())
}

/// The keys in the kernel's order, one call for each.
fn one_by_one(map: &MapFd) -> Vec<u32> {
    map.keys().map(|key| number(&key.unwrap())).collect()
}

/// A first batch of so many elements, and how the walk goes on.
fn begin(map: &MapFd, first: usize, pace: &Pace) -> (Batch, Plan) {
    let mut batch = Batch::default();
    let mut reader = Reader::new(map, first, Part::all(BatchCursor::default()), None);
    reader.fill(&mut batch).unwrap();
    let plan = Plan::new(map.shape(), batch.count(), reader.at(), pace);
    (batch, plan)
}

/// How many parts it has.
fn parts(map: &MapFd, first: usize, pace: &Pace) -> u32 {
    begin(map, first, pace).1.parts()
}

#[test]
fn parts_are_walked_in_the_kernels_order() {
    for &kind in HASHES {
        let map = map(kind, 60_000, 0..20_000);
        assert!(parts(&map, 300, &SMALL) > 100, "{}", kind.name());
        let expected = one_by_one(&map);
        for pace in [SMALL, Pace { readers: 2, room: 64 }, Pace { readers: 4, room: 1000 }] {
            assert!(walk(&map, 300, pace) == expected, "{} {pace:?}", kind.name());
        }
    }
}

#[test]
fn maps_of_maps_are_walked_in_parts() {
    let inner = map(MapType::Array, 1, 0..1);
    let mut create = MapCreate::new(MapType::HashOfMaps, 4, 4, 3000);
    create.inner = Some(inner.as_fd());
    let outer = create.call().unwrap();
    let keys: Vec<u8> = (0..2500_u32).flat_map(u32::to_ne_bytes).collect();
    outer.update_batch(&keys, &inner.as_raw_fd().to_ne_bytes().repeat(2500), flags::ANY).unwrap();
    assert!(parts(&outer, 100, &SMALL) > 10);
    assert!(walk(&outer, 100, SMALL) == one_by_one(&outer));
}

#[test]
fn maps_of_any_size_are_walked_whole() {
    for count in [0, 1, 2, 63, 64, 65, 127, 128, 129, 500, 1000] {
        for max_entries in [count.max(1), 1024, 1 << 17] {
            let map = map(MapType::Hash, max_entries, 0..count.max(1));
            if count == 0 {
                map.delete(&[0; 4]).unwrap();
            }
            for first in [1, 64, 128] {
                assert!(walk(&map, first, SMALL) == one_by_one(&map), "{count} of {max_entries}, {first}");
            }
        }
    }
}

/// One processor, batches that are not worth a seam, a first batch with all there is; and whatever is no hash.
#[test]
fn what_is_not_worth_it_or_goes_by_keys_has_one_part() {
    let hash = map(MapType::Hash, 10_000, 0..10_000);
    assert_eq!(parts(&hash, 300, &Pace { readers: 1, room: 128 }), 1);
    assert_eq!(parts(&hash, 300, &Pace { readers: 2, room: 16 }), 1);
    assert_eq!(parts(&hash, 9_990, &SMALL), 1);
    let array = map(MapType::Array, 10_000, 0..10_000);
    assert_eq!(parts(&array, 300, &SMALL), 1);
    assert_eq!(walk(&array, 300, SMALL), (0..10_000).collect::<Vec<_>>());
}

/// Keys of one bucket of a hash with 4096 of them, whose seed is zero.
fn in_one_bucket(place: u32, count: usize) -> Vec<u32> {
    let mut found = Vec::new();
    let mut next = 1_000_000;
    while found.len() < count {
        let map = seedless();
        write(&map, next..next + 4096);
        next += 4096;
        let [with, without] = [place, place + 1].map(|place| some_from(&map, place));
        found.extend(with.difference(&without));
    }
    found.truncate(count);
    found
}

fn seedless() -> MapFd {
    let mut create = MapCreate::new(MapType::Hash, 4, 8, 4096);
    create.flags = flags::ZERO_SEED;
    create.call().unwrap()
}

/// All that is from this place on.
fn some_from(map: &MapFd, place: u32) -> BTreeSet<u32> {
    let mut keys = vec![0; 4 * 4096];
    let mut values = vec![0; 8 * 4096];
    let batch = map.lookup_batch(&mut BatchCursor::at_place(place), &mut keys, &mut values).unwrap();
    keys.as_chunks::<4>().0.iter().take(batch.count).map(|key| u32::from_ne_bytes(*key)).collect()
}

/// A bucket of more elements than a batch has room for, or is left in one, or is asked for.
#[test]
fn a_full_bucket_is_walked_whole() {
    for place in [0, 1000, 4095] {
        let full = in_one_bucket(place, 100);
        let map = seedless();
        write(&map, 0..3000);
        for key in full {
            map.update(&key.to_ne_bytes(), &[0; 8], flags::ANY).unwrap();
        }
        let expected = one_by_one(&map);
        for room in [64, 70, 90, 128, 300] {
            for first in [100, 300] {
                let walked = walk(&map, first, Pace { readers: 2, room });
                assert!(walked == expected, "{place} {room} {first}");
            }
        }
    }
}

/// Each call goes on through many parts, or to the end of the map: the parts that it went through need none.
#[test]
fn a_map_that_is_empty_behind_its_first_batch_is_read_once() {
    for stay in [301, 400, 500] {
        let map = map(MapType::Hash, 60_000, 0..20_000);
        let (_, plan) = begin(&map, 300, &SMALL);
        assert!(plan.parts() > 100);
        for key in one_by_one(&map).iter().skip(stay) {
            map.delete(&key.to_ne_bytes()).unwrap();
        }
        let calls = calls(&map, &plan);
        assert!(calls < 10, "{calls} calls where {stay} stay");
        assert!(walk(&map, 300, SMALL) == one_by_one(&map));
    }
}

/// Here each call goes on through several parts, and no part is left out that was read but half.
#[test]
fn a_map_that_is_sparse_behind_its_first_batch_is_walked_whole() {
    let map = map(MapType::Hash, 60_000, 0..20_000);
    let (_, plan) = begin(&map, 300, &SMALL);
    for key in one_by_one(&map).iter().skip(400).filter(|key| *key % 16 != 0) {
        map.delete(&key.to_ne_bytes()).unwrap();
    }
    let (calls, parts) = (calls(&map, &plan), plan.parts() as usize);
    assert!(calls < parts / 2, "{calls} calls for {parts} parts");
    let expected = one_by_one(&map);
    for readers in 1..=4 {
        let first = Pace { readers: 1, room: 300 };
        let mut keys = Vec::new();
        let walked =
            walk_at(&map, &first, || Pace { readers, room: 128 }, &mut |key, _| keys.push(number(key)));
        assert_eq!(walked, Ok(None));
        assert!(keys == expected, "{readers}");
    }
}

/// As where a control group limits how many threads there are.
#[test]
fn as_many_readers_as_can_be_started_walk_all() {
    for kind in [MapType::Hash, MapType::Array] {
        let map = map(kind, 20_000, 0..20_000);
        let (batch, plan) = begin(&map, 300, &SMALL);
        for started in 0..=3 {
            let (mut seam, mut keys) = (Seam::default(), Vec::new());
            let mut print =
                |batch: &Batch| batch.visit(&map, &mut seam, &mut |key, _| keys.push(number(key)));
            print(&batch);
            let walked = std::thread::scope(|scope| {
                let desks = (0..started).filter_map(|_| Desk::open(scope, &map, &plan, SMALL.room));
                share(&map, &plan, SMALL.room, &desks.collect::<Vec<_>>(), &mut print)
            });
            assert_eq!(walked, None);
            assert!(keys == one_by_one(&map), "{started} readers of {}", kind.name());
        }
    }
}

/// How many calls one reader needs for all parts.
fn calls(map: &MapFd, plan: &Plan) -> usize {
    let (give_back, used) = channel();
    let (parcels, received) = sync_channel(2000);
    (0..2000).for_each(|_| give_back.send(Batch::default()).unwrap());
    read(map, SMALL.room, (0..plan.parts()).map(|number| plan.part(number)), &used, &parcels);
    let all: Vec<_> = received.try_iter().collect();
    assert!(all.iter().all(|(_, reached)| reached.is_ok()));
    all.iter().map(|(batch, _)| batch.runs.len()).sum()
}

/// They are not as small as if all buckets were as full as the first.
#[test]
fn parts_are_few_where_the_first_bucket_is_full() {
    let map = seedless();
    write(&map, 0..500);
    for key in in_one_bucket(0, 60) {
        map.update(&key.to_ne_bytes(), &[0; 8], flags::ANY).unwrap();
    }
    let parts = parts(&map, 64, &SMALL);
    assert!((2..=4096 / 96).contains(&parts), "{parts}");
    assert!(walk(&map, 64, SMALL) == one_by_one(&map));
}

/// What is there throughout comes once, also where it is written again and changes its place in its bucket, and nothing
/// comes twice.
#[test]
fn a_map_that_changes_is_walked_without_loss() {
    const STAYS: u32 = 8000;
    let map = map(MapType::Hash, 20_000, 0..16_000);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let wanted = |_: &u32| !stop.load(Ordering::Relaxed);
            for key in (0..16_000_u32).cycle().take(10_000_000).take_while(wanted) {
                if key >= STAYS {
                    map.delete(&key.to_ne_bytes()).unwrap();
                }
                map.update(&key.to_ne_bytes(), &[1; 8], flags::ANY).unwrap();
            }
        });
        let all: Vec<Vec<u32>> = (0..60).map(|_| walk(&map, 300, Pace { readers: 2, room: 64 })).collect();
        stop.store(true, Ordering::Relaxed);
        for mut keys in all {
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), count, "something came twice");
            assert!(keys.iter().take(STAYS as usize).copied().eq(0..STAYS), "something was lost");
        }
    });
}

#[test]
fn a_seam_knows_what_was_read_beyond_a_part() {
    let mut seam = Seam::default();
    assert!(!seam.has(b"a"));
    seam.keep(20, [&b"a"[..], b"b"].into_iter());
    seam.begin(10);
    assert!(seam.has(b"a") && seam.has(b"b") && !seam.has(b"c"));
    seam.keep(15, [&b"c"[..]].into_iter());
    seam.begin(19);
    assert!(seam.has(b"a") && seam.has(b"c"));
    seam.begin(20);
    assert!(!seam.has(b"a") && !seam.has(b"c"));
}
