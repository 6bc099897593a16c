//! Small facts of the running system.
use osmia_sys::{Clock, Errno, now};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

/// The running kernel's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelVersion {
    /// As `LINUX_VERSION_CODE` packs it.
    pub code: u32,
    /// As `uname -r` prints it.
    pub release: String,
}

/// What the running system calls itself: the words of `uname`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// `uname -s`.
    pub name: String,
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub version: String,
    /// `uname -m`, as far as it is known when this is compiled.
    pub machine: &'static str,
}

/// What the running system calls itself.
pub fn system() -> System {
    let word = |file: &str| {
        fs::read_to_string(format!("/proc/sys/kernel/{file}")).unwrap_or_default().trim().to_owned()
    };
    let (name, release, version) = (word("ostype"), word("osrelease"), word("version"));
    System { name, release, version, machine: std::env::consts::ARCH }
}

/// About what the kernel's counter of ticks shows. It begins five minutes before its low half overflows.
pub fn jiffies() -> u64 {
    const FIVE_MINUTES: u64 = 300_000_000_000;
    let tick = u64::try_from(osmia_sys::tick().as_nanos()).unwrap_or(0).max(1);
    let since = u64::try_from(now(Clock::Monotonic).as_nanos()).unwrap_or(0);
    (1 << 32) - FIVE_MINUTES / tick + since / tick
}

/// Whether the kernel describes the types of a module.
pub fn has_module_btf() -> bool {
    let entries = fs::read_dir("/sys/kernel/btf").into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name() != "vmlinux")
}

/// The running kernel's version. Distributions that lie in `uname` say the truth elsewhere: Debian in
/// `uname -v`, Ubuntu in `/proc/version_signature`; there it is taken from.
pub fn kernel_version() -> Result<KernelVersion, Errno> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned();
    let ubuntu = fs::read_to_string("/proc/version_signature").unwrap_or_default();
    let debian = fs::read_to_string("/proc/sys/kernel/version").unwrap_or_default();
    let code = ubuntu
        .split_whitespace()
        .nth(2)
        .and_then(pack)
        .or_else(|| debian.split_once("Debian ").and_then(|(_, rest)| pack(rest)))
        .or_else(|| pack(&release))
        .ok_or(Errno::EINVAL)?;
    Ok(KernelVersion { code, release })
}

/// `6.12.3-anything` as a number; sublevels above 255 count as 255.
fn pack(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let mut parts = text.get(..end)?.split('.').map(str::parse::<u32>);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let sub = parts.next().and_then(Result::ok).unwrap_or(0);
    Some(major.min(0xffff) << 16 | minor.min(255) << 8 | sub.min(255))
}

/// What is to be added to nanoseconds since boot (`bpf_ktime_get_boot_ns`) to have nanoseconds since 1970.
pub fn boot_to_wall() -> i64 {
    // Asked once: times that are printed are as far apart as they were measured.
    static OFFSET: OnceLock<i64> = OnceLock::new();
    *OFFSET.get_or_init(measure_boot_to_wall)
}

fn measure_boot_to_wall() -> i64 {
    let before = now(Clock::Boottime);
    let wall = now(Clock::Realtime);
    let boot = before + (now(Clock::Boottime).saturating_sub(before)) / 2;
    let nanoseconds = |time: std::time::Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    nanoseconds(wall) - nanoseconds(boot)
}

/// How many frames of a stack the kernel takes down (`kernel.perf_event_max_stack`).
pub fn most_stack_frames() -> u32 {
    let setting = fs::read_to_string("/proc/sys/kernel/perf_event_max_stack");
    setting.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(127)
}

/// Device and inode of this process' pid namespace, for `bpf_get_ns_current_pid_tgid`; `None` in the initial one.
pub fn pid_namespace() -> Option<(u64, u64)> {
    const INITIAL: u64 = 0xEFFF_FFFC; // PROC_PID_INIT_INO
    let facts = fs::metadata("/proc/self/ns/pid").ok()?;
    (facts.ino() != INITIAL).then(|| (facts.dev(), facts.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_packed() {
        assert_eq!(pack("6.18.44-fc-v657"), Some(6 << 16 | 18 << 8 | 44));
        assert_eq!(pack("5.4"), Some(5 << 16 | 4 << 8));
        assert_eq!(pack("4.19.300"), Some(4 << 16 | 19 << 8 | 255));
        assert_eq!(pack("six"), None);
        assert!(kernel_version().unwrap().code >= 5 << 16);
    }

    #[test]
    fn boot_time_plus_the_offset_is_now() {
        let boot = i64::try_from(now(Clock::Boottime).as_nanos()).unwrap();
        let wall = i64::try_from(now(Clock::Realtime).as_nanos()).unwrap();
        assert!((boot + boot_to_wall() - wall).abs() < 1_000_000_000);
    }
}
