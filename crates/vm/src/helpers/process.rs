//! Who runs.
use super::{Answer, Args, length, returned};
use crate::Errno;
use crate::interpreter::Run;

/// Characters of a thread's name.
const COMM: usize = 15;

/// Two numbers as one.
pub(super) const fn pair(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// `get_current_comm(buf, size)`.
pub(super) fn comm(run: &mut Run<'_>, [to, size, ..]: Args) -> Answer {
    let name: Vec<u8> = run.world.comm.bytes().take(COMM).collect();
    let place = run.memory.write(to, length(size))?;
    place.fill(0);
    let room = place.len().saturating_sub(1);
    place.iter_mut().take(room).zip(name).for_each(|(place, byte)| *place = byte);
    Ok(0)
}

/// `get_ns_current_pid_tgid(dev, ino, nsdata, size)`: `pid` (the thread) and `tgid`.
pub(super) fn ns_pid(run: &mut Run<'_>, [dev, ino, to, size, _]: Args) -> Answer {
    let (process, thread) = run.world.ns_pid;
    let known = run.world.pid_namespace.is_none_or(|own| own == (dev, ino));
    let place = run.memory.write(to, length(size))?;
    place.fill(0);
    let Ok(place) = <&mut [u8; 8]>::try_from(place) else { return returned(Err(Errno::Invalid)) };
    if !known {
        return returned(Err(Errno::Invalid));
    }
    *place = pair(process, thread).to_le_bytes();
    Ok(0)
}
