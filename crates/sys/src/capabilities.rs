//! What this thread may do.
use crate::Errno;
use crate::syscall::answer;

/// `_LINUX_CAPABILITY_VERSION_3`, `include/uapi/linux/capability.h`: 64 bits in two halves.
const VERSION: u32 = 0x2008_0522;

/// `struct __user_cap_header_struct`; process 0 is the calling thread.
#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct`: one half of each set.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Half {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Whether this thread has a capability (its number in `include/uapi/linux/capability.h`) and may use it now.
pub fn has_capability(capability: u32) -> Result<bool, Errno> {
    let halves = capabilities()?;
    let half = halves.get(capability as usize / 32).ok_or(Errno::EINVAL)?;
    Ok(half.effective >> (capability % 32) & 1 == 1)
}

/// From now on this thread does not use these capabilities; it may take them up again. Other threads, but for those that it
/// makes, are as they were.
pub fn lay_down_capabilities(given_up: &[u32]) -> Result<(), Errno> {
    let mut halves = capabilities()?;
    for capability in given_up {
        let half = halves.get_mut(*capability as usize / 32).ok_or(Errno::EINVAL)?;
        half.effective &= !(1 << (capability % 32));
    }
    let header = Header { version: VERSION, pid: 0 };
    // SAFETY: the kernel reads a header and, for this version, two halves.
    answer(unsafe { libc::syscall(libc::SYS_capset, &raw const header, halves.as_ptr()) }).map(drop)
}

fn capabilities() -> Result<[Half; 2], Errno> {
    let mut header = Header { version: VERSION, pid: 0 };
    let mut halves = [Half::default(); 2];
    // SAFETY: the kernel reads and writes a header and, for this version, writes two halves.
    answer(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, halves.as_mut_ptr()) })?;
    Ok(halves)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BPF: u32 = 39;

    #[test]
    fn what_one_thread_lays_down_the_others_keep() {
        assert_eq!(has_capability(BPF), Ok(true), "this test needs root");
        let other = std::thread::spawn(|| {
            lay_down_capabilities(&[BPF]).unwrap();
            (has_capability(BPF), std::thread::spawn(|| has_capability(BPF)).join().unwrap())
        });
        assert_eq!(other.join().unwrap(), (Ok(false), Ok(false)));
        assert_eq!(has_capability(BPF), Ok(true));
        assert_eq!(has_capability(1000), Err(Errno::EINVAL));
    }
}
