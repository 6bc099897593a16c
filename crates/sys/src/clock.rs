//! Clocks.
use std::time::Duration;

/// A clock of the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Since boot, without sleep; `bpf_ktime_get_ns`.
    Monotonic,
    /// Since boot, with sleep; `bpf_ktime_get_boot_ns`.
    Boottime,
    /// Since 1970; jumps when it is set.
    Realtime,
    /// International atomic time; `bpf_ktime_get_tai_ns`.
    Tai,
}

impl Clock {
    pub(crate) const fn raw(self) -> libc::clockid_t {
        match self {
            Self::Monotonic => libc::CLOCK_MONOTONIC,
            Self::Boottime => libc::CLOCK_BOOTTIME,
            Self::Realtime => libc::CLOCK_REALTIME,
            Self::Tai => libc::CLOCK_TAI,
        }
    }
}

/// What the clock shows.
pub fn now(clock: Clock) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `clock_gettime` fills the structure; these clocks exist on every kernel we run on.
    unsafe { libc::clock_gettime(clock.raw(), &mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How long a tick of the kernel's own clock takes, by which it counts `jiffies`.
pub fn tick() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `clock_getres` fills the structure; this clock goes on by ticks and exists on every kernel we run on.
    unsafe { libc::clock_getres(libc::CLOCK_MONOTONIC_COARSE, &mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_some_milliseconds() {
        assert!((1..=10).contains(&tick().as_millis()), "{:?}", tick());
    }

    #[test]
    fn clocks_run_and_boot_time_counts_sleep() {
        let first = now(Clock::Monotonic);
        assert!(now(Clock::Monotonic) >= first);
        assert!(now(Clock::Boottime) >= first);
        assert!(now(Clock::Realtime) > Duration::from_secs(1_600_000_000));
        assert!(now(Clock::Tai) > Duration::from_secs(1_600_000_000));
    }
}
