//! Bytes of the packet by offset.
use super::{Answer, Args, length};
use crate::Errno;
use crate::interpreter::Run;

/// `skb_load_bytes(ctx, offset, to, len)`, `xdp_load_bytes`: zeros where the packet is too short.
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

/// `skb_store_bytes(ctx, offset, from, len, flags)`, `xdp_store_bytes`. Checksums are left alone.
pub(super) fn store(run: &mut Run<'_>, [_, offset, from, len, _]: Args) -> Answer {
    let (to, len) = (length(offset), length(len));
    let bytes = run.memory.read(from, len)?.to_vec();
    match run.memory.packet.get_mut(to..to.saturating_add(len)) {
        Some(place) => {
            place.copy_from_slice(&bytes);
            Ok(0)
        }
        None => Ok(Errno::Fault.returned()),
    }
}
