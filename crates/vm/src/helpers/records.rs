//! What is sent to readers, and stacks, of which there are none.
use super::{Answer, Args, length, returned};
use crate::interpreter::Run;
use crate::maps::{Perf, Ring};
use crate::memory::Memory;
use crate::{Errno, FaultKind};
use osmia_abi::flags;

fn ring<'a>(run: &'a mut Run<'_>, address: u64) -> Result<&'a mut Ring, FaultKind> {
    run.memory.map_of(address)?.store.ring().ok_or(FaultKind::BadMap { address })
}

fn perf<'a>(run: &'a mut Run<'_>, address: u64) -> Result<&'a mut Perf, FaultKind> {
    run.memory.map_of(address)?.store.perf().ok_or(FaultKind::BadMap { address })
}

/// `ringbuf_output(map, data, size, flags)`.
pub(super) fn ring_output(run: &mut Run<'_>, [map, data, size, flags, _]: Args) -> Answer {
    let data = run.memory.read(data, size as usize)?.to_vec();
    let ring = ring(run, map)?;
    if flags & !(flags::RB_NO_WAKEUP | flags::RB_FORCE_WAKEUP) != 0 {
        return returned(Err(Errno::Invalid));
    }
    returned(ring.output(&data).ok_or(Errno::Again))
}

/// `ringbuf_reserve(map, size, flags)`.
pub(super) fn ring_reserve(run: &mut Run<'_>, [map, size, flags, ..]: Args) -> Answer {
    let position = crate::memory::handle_position(map).ok_or(FaultKind::BadMap { address: map })?;
    let ring = ring(run, map)?;
    let offset = if flags == 0 { ring.reserve(size) } else { None };
    Ok(offset.map_or(0, |offset| Memory::value_address(position, offset)))
}

/// `ringbuf_submit(record, flags)`.
pub(super) fn ring_submit(run: &mut Run<'_>, [record, ..]: Args) -> Answer {
    finish(run, record, Ring::submit)
}

/// `ringbuf_discard(record, flags)`.
pub(super) fn ring_discard(run: &mut Run<'_>, [record, ..]: Args) -> Answer {
    finish(run, record, Ring::discard)
}

fn finish(run: &mut Run<'_>, address: u64, how: fn(&mut Ring, u64) -> Option<()>) -> Answer {
    let done = Memory::value_of(address)
        .and_then(|(map, offset)| how(run.memory.maps.get_mut(map)?.store.ring()?, offset));
    done.map(|()| 0).ok_or(FaultKind::BadRecord { address })
}

/// `ringbuf_query(map, what)`.
pub(super) fn ring_query(run: &mut Run<'_>, [map, what, ..]: Args) -> Answer {
    Ok(ring(run, map)?.query(what))
}

/// `perf_event_output(ctx, map, flags, data, size)` and its kin; the flags may ask for some of the packet.
pub(super) fn perf_output(run: &mut Run<'_>, [_, map, flags, data, size]: Args) -> Answer {
    let mut data = run.memory.read(data, length(size))?.to_vec();
    let packet = ((flags & flags::CTXLEN_MASK) >> 32) as usize;
    match run.memory.packet.get(..packet) {
        Some(bytes) => data.extend_from_slice(bytes),
        None => return returned(Err(Errno::Fault)),
    }
    let cpu = run.cpu();
    returned(perf(run, map)?.output(cpu, flags, &data))
}

/// Flags that both helpers for stacks know.
const STACK_FLAGS: u64 = flags::SKIP_FIELD_MASK | flags::USER_STACK;

/// `get_stackid(ctx, map, flags)`: no stack was found.
pub(super) fn stack_id(run: &mut Run<'_>, [_, map, flags, ..]: Args) -> Answer {
    run.memory.map_of(map)?;
    let known = flags & !(STACK_FLAGS | flags::FAST_STACK_CMP | flags::REUSE_STACKID) == 0;
    returned(Err(if known { Errno::Fault } else { Errno::Invalid }))
}

/// `get_stack(ctx, buf, size, flags)`: no stack was found.
pub(super) fn stack(run: &mut Run<'_>, [_, to, size, flags, _]: Args) -> Answer {
    run.memory.write(to, length(size))?.fill(0);
    let known = flags & !(STACK_FLAGS | flags::USER_BUILD_ID) == 0;
    returned(Err(if known { Errno::Fault } else { Errno::Invalid }))
}
