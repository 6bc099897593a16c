//! Elements of maps, and functions called for each.
use super::{Answer, Args, returned};
use crate::interpreter::Run;
use crate::maps::Values;
use crate::memory::{Map, Memory, handle_position};
use crate::{Errno, FaultKind, Place};
use osmia_abi::{MapType, flags};

/// The map at an address, by position, and the key at another.
fn key_of(run: &Run<'_>, map: u64, key: u64) -> Result<(usize, Vec<u8>), FaultKind> {
    let bad = FaultKind::BadMap { address: map };
    let position = handle_position(map).ok_or_else(|| bad.clone())?;
    let size = run.memory.maps.get(position).ok_or(bad)?.key;
    Ok((position, run.memory.read(key, size)?.to_vec()))
}

/// The map at an address, which programs may write.
fn writable<'a>(run: &'a mut Run<'_>, address: u64) -> Result<&'a mut Map, FaultKind> {
    let map = run.memory.map_of(address)?;
    if map.flags & flags::RDONLY_PROG != 0 {
        return Err(FaultKind::ReadOnly { address, place: Place::Handle(map.name.clone()) });
    }
    Ok(map)
}

/// `map_lookup_elem(map, key)`; a map in a map is the map itself.
pub(super) fn lookup(run: &mut Run<'_>, [map, key, ..]: Args) -> Answer {
    let (position, key) = key_of(run, map, key)?;
    let cpu = run.cpu();
    let map = run.memory.map_of(map)?;
    if matches!(map.kind, MapType::ArrayOfMaps | MapType::HashOfMaps) {
        return Ok(map.store.held(&key).map_or(0, Memory::handle));
    }
    Ok(map.store.lookup(&key, cpu).map_or(0, |offset| Memory::value_address(position, offset)))
}

/// `map_lookup_percpu_elem(map, key, cpu)`.
pub(super) fn lookup_percpu(run: &mut Run<'_>, [map, key, cpu, ..]: Args) -> Answer {
    let (position, key) = key_of(run, map, key)?;
    let cpu = cpu as u32;
    if cpu >= run.cpus {
        return Ok(0);
    }
    let store = &mut run.memory.map_of(map)?.store;
    let found = if store.is_percpu() { store.lookup(&key, cpu) } else { None };
    Ok(found.map_or(0, |offset| Memory::value_address(position, offset)))
}

/// `map_update_elem(map, key, value, flags)`.
pub(super) fn update(run: &mut Run<'_>, [map, key, value, flags, _]: Args) -> Answer {
    let (_, key) = key_of(run, map, key)?;
    let size = run.memory.map_of(map)?.value;
    let value = run.memory.read(value, size)?.to_vec();
    let cpu = run.cpu();
    let store = &mut writable(run, map)?.store;
    returned(store.update(&key, Values::Own(&value, cpu), flags & !flags::LOCK))
}

/// `map_delete_elem(map, key)`.
pub(super) fn delete(run: &mut Run<'_>, [map, key, ..]: Args) -> Answer {
    let (_, key) = key_of(run, map, key)?;
    returned(writable(run, map)?.store.delete(&key))
}

/// `map_push_elem(map, value, flags)`.
pub(super) fn push(run: &mut Run<'_>, [map, value, flags, ..]: Args) -> Answer {
    let size = run.memory.map_of(map)?.value;
    let value = run.memory.read(value, size)?.to_vec();
    returned(writable(run, map)?.store.push(&value, flags))
}

/// `map_pop_elem(map, value)`.
pub(super) fn pop(run: &mut Run<'_>, [map, value, ..]: Args) -> Answer {
    let found = writable(run, map)?.store.pop();
    give(run, map, value, found)
}

/// `map_peek_elem(map, value)`.
pub(super) fn peek(run: &mut Run<'_>, [map, value, ..]: Args) -> Answer {
    let found = run.memory.map_of(map)?.store.peek();
    give(run, map, value, found)
}

/// Writes a value, or zeros where there is none.
fn give(run: &mut Run<'_>, map: u64, to: u64, found: Result<Vec<u8>, Errno>) -> Answer {
    let size = run.memory.map_of(map)?.value;
    let place = run.memory.write(to, size)?;
    match found {
        Ok(value) => place.iter_mut().zip(value).for_each(|(place, byte)| *place = byte),
        Err(errno) => {
            place.fill(0);
            return Ok(errno.returned());
        }
    }
    Ok(0)
}

/// `tail_call(ctx, map, index)`: where there is no such program, the caller goes on.
pub(super) fn tail_call(run: &mut Run<'_>, [context, map, index, ..]: Args) -> Answer {
    let map_at = map;
    let map = run.memory.map_of(map)?;
    if map.kind != MapType::ProgArray {
        return Err(FaultKind::BadMap { address: map_at });
    }
    if let Some(program) = map.store.held(&(index as u32).to_le_bytes()) {
        run.tail_call(program, context)?;
    }
    Ok(run.result())
}

/// `for_each_map_elem(map, callback, ctx, flags)`: how many elements were visited.
pub(super) fn for_each(run: &mut Run<'_>, [map, callback, context, flags, _]: Args) -> Answer {
    let entry = run.function(callback)?;
    if flags != 0 {
        return Ok(Errno::Invalid.returned());
    }
    let position = handle_position(map).ok_or(FaultKind::BadMap { address: map })?;
    let (mut slot, mut visited) = (0, 0);
    let cpu = run.cpu();
    loop {
        let store = &run.memory.map_of(map)?.store;
        if slot >= store.slots() {
            return Ok(visited);
        }
        let found = store.slot(slot, cpu);
        slot += 1;
        let Some((key, offset)) = found else { continue };
        visited += 1;
        let key = run.memory.push_key(key);
        let value = Memory::value_address(position, offset);
        let stop = run.call_back(entry, [map, key, value, context, 0])?;
        run.memory.pop_key();
        if stop != 0 {
            return Ok(visited);
        }
    }
}

/// `loop(count, callback, ctx, flags)`: how many turns were made.
pub(super) fn repeat(run: &mut Run<'_>, [count, callback, context, flags, _]: Args) -> Answer {
    let entry = run.function(callback)?;
    let count = u64::from(count as u32);
    if flags != 0 {
        return Ok(Errno::Invalid.returned());
    }
    if count > flags::MAX_LOOPS.into() {
        return Ok(Errno::TooBig.returned());
    }
    for turn in 0..count {
        if run.call_back(entry, [turn, context, 0, 0, 0])? != 0 {
            return Ok(turn + 1);
        }
    }
    Ok(count)
}
