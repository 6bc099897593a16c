//! Waiting: for descriptors, for time, for signals, for oneself.
use crate::syscall::{done, owned};
use crate::{Clock, Errno};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// What to wait for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something to read.
    Read,
    /// Room to write.
    Write,
}

impl Interest {
    const fn raw(self) -> u32 {
        match self {
            Self::Read => libc::EPOLLIN as u32,
            Self::Write => libc::EPOLLOUT as u32,
        }
    }
}

/// A descriptor for which something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// By which number it was added.
    pub token: u64,
    /// What was waited for is there.
    pub ready: bool,
    /// The other side has gone, or an error is pending.
    pub hangup: bool,
}

/// How many answers one wait takes.
const ANSWERS: usize = 64;

/// Waits for many descriptors at once.
#[derive(Debug)]
pub struct Poller(OwnedFd);

impl Poller {
    /// One that waits for nothing yet.
    pub fn new() -> Result<Self, Errno> {
        // SAFETY: a call with a number that returns a new descriptor.
        unsafe { owned(done(libc::epoll_create1(libc::EPOLL_CLOEXEC))) }.map(Self)
    }

    /// Waits for this descriptor too, and answers with `token`. It is forgotten when its last copy is closed.
    pub fn add(&self, fd: &impl AsFd, token: u64, interest: Interest) -> Result<(), Errno> {
        let mut event = libc::epoll_event { events: interest.raw(), u64: token };
        self.control(libc::EPOLL_CTL_ADD, fd, &mut event)
    }

    /// Waits for this descriptor no more.
    pub fn remove(&self, fd: &impl AsFd) -> Result<(), Errno> {
        self.control(libc::EPOLL_CTL_DEL, fd, &mut libc::epoll_event { events: 0, u64: 0 })
    }

    fn control(&self, what: libc::c_int, fd: &impl AsFd, event: &mut libc::epoll_event) -> Result<(), Errno> {
        // SAFETY: both descriptors are open, and the kernel reads the event.
        done(unsafe { libc::epoll_ctl(self.0.as_raw_fd(), what, fd.as_fd().as_raw_fd(), event) }).map(drop)
    }

    /// Waits until something happens or the time is over; with `None`, as long as it takes. A signal ends it early with
    /// nothing.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Vec<Ready>, Errno> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; ANSWERS];
        let timeout = timeout.map_or(-1, milliseconds);
        // SAFETY: the kernel writes at most as many events as there is room for.
        let count = done(unsafe {
            libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), ANSWERS as i32, timeout)
        });
        match count {
            Err(Errno::EINTR) => Ok(Vec::new()),
            Err(errno) => Err(errno),
            Ok(count) => Ok(events.iter().take(count.unsigned_abs() as usize).map(ready).collect()),
        }
    }
}

fn ready(event: &libc::epoll_event) -> Ready {
    let (events, token) = (event.events, event.u64);
    let wanted = (libc::EPOLLIN | libc::EPOLLOUT) as u32;
    let gone = (libc::EPOLLHUP | libc::EPOLLERR) as u32;
    Ready { token, ready: events & wanted != 0, hangup: events & gone != 0 }
}

/// Rounded up, so that nobody wakes before the time.
fn milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}

/// Reads one structure from a descriptor that does not block; `None` where there is nothing.
fn read_now(fd: &OwnedFd, raw: &mut [u8]) -> Result<bool, Errno> {
    match File::from(fd.try_clone()?).read_exact(raw).map_err(Errno::from) {
        Ok(()) => Ok(true),
        Err(Errno::EAGAIN) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// A bell that one thread rings to wake another.
#[derive(Debug)]
pub struct EventFd(OwnedFd);

impl EventFd {
    /// One that is silent.
    pub fn new() -> Result<Self, Errno> {
        // SAFETY: a call with numbers that returns a new descriptor.
        unsafe { owned(done(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK))) }.map(Self)
    }

    /// Makes it readable.
    pub fn ring(&self) -> Result<(), Errno> {
        Ok(File::from(self.0.try_clone()?).write_all(&1_u64.to_ne_bytes())?)
    }

    /// How often it rang since the last time, and silence.
    pub fn take(&self) -> Result<u64, Errno> {
        let mut raw = [0; 8];
        read_now(&self.0, &mut raw).map(|some| if some { u64::from_ne_bytes(raw) } else { 0 })
    }
}

/// A clock that becomes readable.
#[derive(Debug)]
pub struct TimerFd(OwnedFd);

impl TimerFd {
    /// One that is not set.
    pub fn new(clock: Clock) -> Result<Self, Errno> {
        // SAFETY: a call with numbers that returns a new descriptor.
        unsafe { owned(done(libc::timerfd_create(clock.raw(), libc::TFD_CLOEXEC | libc::TFD_NONBLOCK))) }
            .map(Self)
    }

    /// Rings after `first`, and from then on every `interval`, unless that is zero. Zero for `first` turns it off.
    pub fn set(&self, first: Duration, interval: Duration) -> Result<(), Errno> {
        let value = libc::itimerspec { it_interval: timespec(interval)?, it_value: timespec(first)? };
        // SAFETY: the kernel reads the structure and is given no room for the old one.
        done(unsafe { libc::timerfd_settime(self.0.as_raw_fd(), 0, &value, std::ptr::null_mut()) }).map(drop)
    }

    /// How often it rang since the last time.
    pub fn take(&self) -> Result<u64, Errno> {
        let mut raw = [0; 8];
        read_now(&self.0, &mut raw).map(|some| if some { u64::from_ne_bytes(raw) } else { 0 })
    }
}

fn timespec(time: Duration) -> Result<libc::timespec, Errno> {
    let tv_sec = time.as_secs().try_into().map_err(|_| Errno::EINVAL)?;
    Ok(libc::timespec { tv_sec, tv_nsec: time.subsec_nanos().into() })
}

/// Signals as something to read. They are blocked from its making on, in this thread and those it starts afterwards.
#[derive(Debug)]
pub struct SignalFd(OwnedFd);

impl SignalFd {
    /// Takes these signals.
    pub fn new(signals: &[i32]) -> Result<Self, Errno> {
        let set = signal_set(signals)?;
        // SAFETY: the set was filled; the old mask is not asked for.
        let failed = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()) };
        if failed != 0 {
            return Err(Errno(failed));
        }
        // SAFETY: the set was filled, and the call returns a new descriptor.
        unsafe { owned(done(libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK))) }.map(Self)
    }

    /// The number of a signal that came, if any.
    pub fn take(&self) -> Result<Option<i32>, Errno> {
        let mut raw = [0; size_of::<libc::signalfd_siginfo>()];
        let some = read_now(&self.0, &mut raw)?;
        let [a, b, c, d, ..] = raw; // `ssi_signo` comes first
        Ok(some.then_some(i32::from_ne_bytes([a, b, c, d])))
    }
}

fn signal_set(signals: &[i32]) -> Result<libc::sigset_t, Errno> {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: `sigemptyset` fills the whole set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for signal in signals {
        // SAFETY: the set was filled above; a number that is no signal is refused.
        done(unsafe { libc::sigaddset(set.as_mut_ptr(), *signal) })?;
    }
    // SAFETY: filled above.
    Ok(unsafe { set.assume_init() })
}

/// Declares that a type is waited for by its descriptor.
macro_rules! pollable {
    ($($name:ident),*) => {$(
        impl AsFd for $name {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.as_fd()
            }
        }
    )*};
}
pollable!(Poller, EventFd, TimerFd, SignalFd);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_something_to_read() {
        let signals = SignalFd::new(&[libc::SIGUSR1]).unwrap();
        assert_eq!(signals.take(), Ok(None));
        let poller = Poller::new().unwrap();
        poller.add(&signals, 1, Interest::Read).unwrap();
        // SAFETY: a signal to this thread, which has just blocked it.
        unsafe { libc::raise(libc::SIGUSR1) };
        assert_eq!(poller.wait(Some(Duration::from_secs(10))).unwrap().len(), 1);
        assert_eq!((signals.take(), signals.take()), (Ok(Some(libc::SIGUSR1)), Ok(None)));
    }

    #[test]
    fn numbers_that_are_no_signals_are_refused() {
        assert_eq!(SignalFd::new(&[9999]).map(drop), Err(Errno::EINVAL));
    }
}
