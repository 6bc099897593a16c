//! What the C library knows of this machine, and the limits of this process.
use crate::Errno;
use crate::syscall::done;
use std::sync::OnceLock;

/// Bytes of a page.
pub fn page_size() -> usize {
    // SAFETY: `sysconf` takes a number and returns one.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// How many CPUs are online.
pub fn online_cpus() -> usize {
    // SAFETY: `sysconf` takes a number and returns one.
    let count = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    usize::try_from(count).unwrap_or(1)
}

/// How many CPUs there may ever be: so many values a per-CPU element has for user space.
pub fn possible_cpus() -> Result<usize, Errno> {
    static COUNT: OnceLock<usize> = OnceLock::new();
    if let Some(count) = COUNT.get() {
        return Ok(*count);
    }
    let text = std::fs::read_to_string("/sys/devices/system/cpu/possible")?;
    let count = last_cpu(&text).ok_or(Errno::EINVAL)? + 1;
    Ok(*COUNT.get_or_init(|| count))
}

/// The highest number in a list such as `0-3,8-11`.
fn last_cpu(list: &str) -> Option<usize> {
    list.trim().rsplit([',', '-']).next()?.parse().ok()
}

/// A limit of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Locked memory, which BPF maps count in before 5.11.
    Memlock,
    /// Open files.
    Files,
}

impl Resource {
    const fn raw(self) -> libc::__rlimit_resource_t {
        match self {
            Self::Memlock => libc::RLIMIT_MEMLOCK,
            Self::Files => libc::RLIMIT_NOFILE,
        }
    }
}

/// The soft and the hard limit; `u64::MAX` for none.
pub fn resource_limit(resource: Resource) -> Result<(u64, u64), Errno> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `getrlimit` fills the structure that it gets.
    done(unsafe { libc::getrlimit(resource.raw(), &mut limit) })?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

/// Sets the soft and the hard limit.
pub fn set_resource_limit(resource: Resource, soft: u64, hard: u64) -> Result<(), Errno> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: `setrlimit` only reads the structure.
    done(unsafe { libc::setrlimit(resource.raw(), &limit) }).map(drop)
}

/// Raises the limit to none where that is permitted, else the soft limit to the hard one.
pub fn raise_limit(resource: Resource) -> Result<(), Errno> {
    set_resource_limit(resource, u64::MAX, u64::MAX).or_else(|_| {
        let (_, hard) = resource_limit(resource)?;
        set_resource_limit(resource, hard, hard)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_end_with_the_highest() {
        assert_eq!(last_cpu("0\n"), Some(0));
        assert_eq!(last_cpu("0-3\n"), Some(3));
        assert_eq!(last_cpu("0-3,8-11\n"), Some(11));
        assert_eq!(last_cpu("nonsense"), None);
    }

    #[test]
    fn the_machine_has_cpus_and_pages() {
        assert!(possible_cpus().unwrap() >= online_cpus());
        assert!(page_size().is_power_of_two());
    }

    #[test]
    fn limits_are_read_and_the_soft_one_reaches_the_hard_one() {
        raise_limit(Resource::Files).unwrap();
        let (soft, hard) = resource_limit(Resource::Files).unwrap();
        assert_eq!(soft, hard);
    }
}
