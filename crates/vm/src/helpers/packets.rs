//! Bytes of the packet by offset.
use super::{Answer, Args, length, returned};
use crate::interpreter::Run;
use crate::{Errno, FaultKind};

/// `xdp_load_bytes(ctx, offset, to, len)`.
pub(super) fn xdp_load(run: &mut Run<'_>, [_, offset, to, len, _]: Args) -> Answer {
    let (from, len) = (length(offset), length(len));
    let bytes = run.memory.packet.get(from..from.saturating_add(len)).map(<[u8]>::to_vec);
    let place = run.memory.write(to, len)?;
    returned(bytes.map(|bytes| place.copy_from_slice(&bytes)).ok_or(Errno::Invalid))
}

/// `xdp_store_bytes(ctx, offset, from, len)`.
pub(super) fn xdp_store(run: &mut Run<'_>, [_, offset, from, len, _]: Args) -> Answer {
    returned(put(run, offset, from, len)?.ok_or(Errno::Invalid))
}

/// `skb_load_bytes(ctx, offset, to, len)`: zeros where the packet is too short.
pub(super) fn load(run: &mut Run<'_>, [_, offset, to, len, _]: Args) -> Answer {
    let (from, len) = (length(offset), length(len));
    let bytes = run.memory.packet.get(from..from.saturating_add(len)).map(<[u8]>::to_vec);
    let place = run.memory.write(to, len)?;
    match bytes {
        Some(bytes) => place.copy_from_slice(&bytes),
        None => {
            place.fill(0);
            return Ok(Errno::Fault.returned());
        }
    }
    Ok(0)
}

/// `skb_store_bytes(ctx, offset, from, len, flags)`. Checksums are left alone.
pub(super) fn store(run: &mut Run<'_>, [_, offset, from, len, _]: Args) -> Answer {
    returned(put(run, offset, from, len)?.ok_or(Errno::Fault))
}

/// Writes to the packet, if it is long enough.
fn put(run: &mut Run<'_>, offset: u64, from: u64, len: u64) -> Result<Option<()>, FaultKind> {
    let (to, len) = (length(offset), length(len));
    let bytes = run.memory.read(from, len)?.to_vec();
    let place = run.memory.packet.get_mut(to..to.saturating_add(len));
    Ok(place.map(|place| place.copy_from_slice(&bytes)))
}
