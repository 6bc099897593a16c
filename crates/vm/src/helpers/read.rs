//! Memory at any address: the machine's own, and the world's windows. What is nowhere is `EFAULT`, and zeros.
use super::{Answer, Args, length};
use crate::Errno;
use crate::interpreter::Run;

/// Bytes at any address.
pub(super) fn anywhere(run: &Run<'_>, address: u64, len: usize) -> Option<Vec<u8>> {
    let own = run.memory.read(address, len).ok();
    own.or_else(|| run.world.window(address, len)).map(<[u8]>::to_vec)
}

/// Text at any address, without its closing zero: at most `limit` bytes.
pub(super) fn text_anywhere(run: &Run<'_>, address: u64, limit: usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while text.len() < limit {
        match anywhere(run, address.wrapping_add(text.len() as u64), 1)?.first() {
            Some(&byte) if byte != 0 => text.push(byte),
            _ => break,
        }
    }
    Some(text)
}

/// `probe_read(dst, size, src)` and its kin.
pub(super) fn bytes(run: &mut Run<'_>, [to, size, from, ..]: Args) -> Answer {
    let size = length(size);
    let found = if size == 0 { Some(Vec::new()) } else { anywhere(run, from, size) };
    let place = run.memory.write(to, size)?;
    match found {
        Some(bytes) => place.copy_from_slice(&bytes),
        None => {
            place.fill(0);
            return Ok(Errno::Fault.returned());
        }
    }
    Ok(0)
}

/// `probe_read_str(dst, size, src)` and its kin: how many bytes with the closing zero.
pub(super) fn text(run: &mut Run<'_>, [to, size, from, ..]: Args) -> Answer {
    let size = length(size);
    run.memory.write(to, size)?;
    if size == 0 {
        return Ok(0);
    }
    let found = text_anywhere(run, from, size);
    let place = run.memory.write(to, size)?;
    let Some(mut text) = found else {
        place.fill(0);
        return Ok(Errno::Fault.returned());
    };
    text.truncate(size - 1);
    text.push(0);
    place.iter_mut().zip(&text).for_each(|(place, &byte)| *place = byte);
    Ok(text.len() as u64)
}
