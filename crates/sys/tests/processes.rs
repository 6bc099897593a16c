//! Held children, signals, timers, bells.
use osmia_sys::process::{HeldChild, Orphan, PidFd, signal};
use osmia_sys::{Clock, Errno, EventFd, Interest, Poller, SignalFd, TimerFd};
use std::ffi::CString;
use std::time::Duration;

fn command(words: &[&str]) -> Vec<CString> {
    words.iter().map(|word| CString::new(*word).unwrap()).collect()
}

fn comm(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap().trim().to_owned()
}

#[test]
fn a_child_waits_and_then_runs_under_the_same_pid() {
    let mut child = HeldChild::spawn(&command(&["sh", "-c", "exit $(( $$ % 100 ))"]), Orphan::Lives).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_ne!(comm(child.pid()), "sh");
    assert_eq!(child.try_wait(), Ok(None));
    child.release().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some((child.pid() % 100) as i32));
    assert_eq!(child.wait().unwrap().code(), child.try_wait().unwrap().unwrap().code());
}

#[test]
fn a_command_that_is_not_there_says_so() {
    let refused = |words| HeldChild::spawn(&command(words), Orphan::Lives).unwrap().release();
    assert_eq!(refused(&["no-such-command-anywhere"]), Err(Errno::ENOENT));
    assert_eq!(refused(&["/etc/passwd"]), Err(Errno::EACCES));
    assert_eq!(HeldChild::spawn(&[], Orphan::Lives).map(drop), Err(Errno::EINVAL));
}

#[test]
fn a_child_that_is_not_released_ends() {
    let child = HeldChild::spawn(&command(&["true"]), Orphan::Signalled(signal::TERM)).unwrap();
    let pid = child.pid();
    drop(child);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_child_is_ended_and_seen_to_end_by_its_descriptor() {
    let mut child = HeldChild::spawn(&command(&["sleep", "100"]), Orphan::Signalled(signal::KILL)).unwrap();
    child.release().unwrap();
    let poller = Poller::new().unwrap();
    let watch = PidFd::open(child.pid()).unwrap();
    poller.add(&watch, 1, Interest::Read).unwrap();
    assert_eq!(poller.wait(Some(Duration::ZERO)).unwrap().len(), 0);
    child.pidfd().send(signal::TERM).unwrap();
    assert_eq!(poller.wait(Some(Duration::from_secs(10))).unwrap().len(), 1);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(signal::TERM));
    assert_eq!(watch.send(signal::TERM), Err(Errno::ESRCH));
}

#[test]
fn a_child_does_not_inherit_blocked_signals() {
    let _signals = SignalFd::new(&[signal::USR1, signal::PIPE]).unwrap();
    let mut child = HeldChild::spawn(&command(&["sleep", "100"]), Orphan::Lives).unwrap();
    child.release().unwrap();
    let mine = 1 << (signal::USR1 - 1) | 1 << (signal::PIPE - 1);
    assert_eq!(
        signal_mask(std::process::id(), "SigIgn") & mine,
        1 << (signal::PIPE - 1),
        "Rust ignores broken pipes"
    );
    assert_eq!(
        (signal_mask(child.pid(), "SigBlk") & mine, signal_mask(child.pid(), "SigIgn") & mine),
        (0, 0)
    );
    child.pidfd().send(signal::USR1).unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(signal::USR1));
}

/// The bits of a line of a process's status.
fn signal_mask(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:\t"))).unwrap();
    u64::from_str_radix(line, 16).unwrap()
}

#[test]
fn timers_ring_once_or_again_and_again() {
    let timer = TimerFd::new(Clock::Monotonic).unwrap();
    assert_eq!(timer.take(), Ok(0));
    timer.set(Duration::from_millis(1), Duration::from_millis(1)).unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&timer, 9, Interest::Read).unwrap();
    let ready = poller.wait(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(ready.first().map(|one| one.token), Some(9));
    std::thread::sleep(Duration::from_millis(10));
    assert!(timer.take().unwrap() > 1);
    timer.set(Duration::ZERO, Duration::ZERO).unwrap();
    assert_eq!(timer.take(), Ok(0));
    poller.remove(&timer).unwrap();
    assert_eq!(poller.remove(&timer), Err(Errno::ENOENT));
}

#[test]
fn a_bell_wakes_another_thread() {
    let bell = EventFd::new().unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&bell, 3, Interest::Read).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| bell.ring().unwrap());
        assert_eq!(poller.wait(Some(Duration::from_secs(10))).unwrap().len(), 1);
    });
    bell.ring().unwrap();
    assert_eq!((bell.take(), bell.take()), (Ok(2), Ok(0)));
}

#[test]
fn a_thread_is_named() {
    osmia_sys::process::set_name(c"osmia-named").unwrap();
    let path = format!("/proc/self/task/{}/comm", osmia_sys::process::thread_id());
    assert_eq!(std::fs::read_to_string(path).unwrap(), "osmia-named\n");
}
