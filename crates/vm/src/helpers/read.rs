//! Memory at any address: the machine's own, and the world's windows. What is nowhere is an error, and zeros.
use super::{Answer, Args, length};
use crate::Errno;
use crate::interpreter::{KERNEL, Run};

/// Bytes at any address.
pub(super) fn anywhere<'a>(run: &'a Run<'_>, address: u64, len: usize) -> Option<&'a [u8]> {
    let own = run.memory.read(address, len).ok();
    own.or_else(|| run.world.window(address, len))
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

/// Why the kernel does not read its own memory at an address where there is none.
const fn kernel_error(address: u64) -> Errno {
    if address < KERNEL { Errno::Range } else { Errno::Fault }
}

/// `probe_read(dst, size, src)`, from either half of the address space, and `probe_read_user`.
pub(super) fn either(run: &mut Run<'_>, [to, size, from, ..]: Args) -> Answer {
    bytes(run, to, size, from, Errno::Fault)
}

/// `probe_read_kernel(dst, size, src)`.
pub(super) fn kernel(run: &mut Run<'_>, [to, size, from, ..]: Args) -> Answer {
    bytes(run, to, size, from, kernel_error(from))
}

/// `probe_read_str(dst, size, src)`, `probe_read_user_str`.
pub(super) fn either_text(run: &mut Run<'_>, [to, size, from, ..]: Args) -> Answer {
    text(run, to, size, from, Errno::Fault)
}

/// `probe_read_kernel_str(dst, size, src)`.
pub(super) fn kernel_text(run: &mut Run<'_>, [to, size, from, ..]: Args) -> Answer {
    text(run, to, size, from, kernel_error(from))
}

fn bytes(run: &mut Run<'_>, to: u64, size: u64, from: u64, error: Errno) -> Answer {
    let size = length(size);
    let found = anywhere(run, from, size).map(<[u8]>::to_vec);
    let place = run.memory.write(to, size)?;
    match found {
        Some(bytes) => place.copy_from_slice(&bytes),
        None => {
            place.fill(0);
            return Ok(error.returned());
        }
    }
    Ok(0)
}

/// How many bytes with the closing zero.
fn text(run: &mut Run<'_>, to: u64, size: u64, from: u64, error: Errno) -> Answer {
    let size = length(size);
    run.memory.write(to, size)?;
    if size == 0 {
        return Ok(0);
    }
    let found = text_anywhere(run, from, size);
    let place = run.memory.write(to, size)?;
    let Some(mut text) = found else {
        place.fill(0);
        return Ok(error.returned());
    };
    text.truncate(size - 1);
    text.push(0);
    place.iter_mut().zip(&text).for_each(|(place, &byte)| *place = byte);
    Ok(text.len() as u64)
}
