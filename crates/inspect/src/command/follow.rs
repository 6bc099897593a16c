//! Waiting for what comes, until somebody ends it.
use super::{Done, Failure, Session};
use osmia_sys::{Errno, Interest, Poller, SignalFd};
use std::os::fd::{AsFd, BorrowedFd};

/// Hang-up, interrupt, termination.
const ENDING: &[i32] = &[1, 2, 15];

/// The token of signals; sources have those from one on.
const SIGNALS: u64 = 0;

/// Reads whenever one of the sources has something, and passes on what was printed; ends with a signal. In JSON all of it
/// is one array.
pub(super) fn follow<S>(
    session: &mut Session<'_>,
    source: &mut S,
    descriptors: impl Fn(&S) -> Vec<BorrowedFd<'_>>,
    mut read: impl FnMut(&mut Session<'_>, &mut S) -> Done,
) -> Done {
    let told = |errno: Errno| Failure::errno("can't wait for what comes", errno).plain();
    let signals = SignalFd::new(ENDING).map_err(told)?;
    let poller = Poller::new().map_err(told)?;
    poller.add(&signals, SIGNALS, Interest::Read).map_err(told)?;
    for (place, descriptor) in descriptors(source).iter().enumerate() {
        poller.add(&descriptor.as_fd(), SIGNALS + 1 + place as u64, Interest::Read).map_err(told)?;
    }
    if session.is_json() {
        session.json().start(b'[');
        session.flush()?;
    }
    loop {
        read(session, source)?;
        session.flush()?;
        let ready = match poller.wait(None) {
            Err(Errno::EINTR) => continue,
            ready => ready.map_err(told)?,
        };
        if ready.iter().any(|ready| ready.token == SIGNALS) {
            break;
        }
    }
    read(session, source)?;
    if session.is_json() {
        session.json().end(b']');
    }
    Ok(())
}

/// Waits for so long, or without an end, and no longer than until a signal.
pub(super) fn until(duration: Option<std::time::Duration>) -> Done {
    let told = |errno: Errno| Failure::errno("can't wait", errno).plain();
    let signals = SignalFd::new(ENDING).map_err(told)?;
    let poller = Poller::new().map_err(told)?;
    poller.add(&signals, SIGNALS, Interest::Read).map_err(told)?;
    let end = duration.and_then(|duration| std::time::Instant::now().checked_add(duration));
    loop {
        let left = end.map(|end| end.saturating_duration_since(std::time::Instant::now()));
        match poller.wait(left) {
            Err(Errno::EINTR) => {}
            Ok(ready) if ready.is_empty() && left != Some(std::time::Duration::ZERO) => {}
            ready => return ready.map(drop).map_err(told),
        }
    }
}
