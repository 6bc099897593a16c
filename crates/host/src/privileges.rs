//! What this process may do.
use osmia_sys::process::effective_user;
use std::fs;

/// Numbers of capabilities, `include/uapi/linux/capability.h`.
const SYS_ADMIN: u32 = 21;
const PERFMON: u32 = 38;
const BPF: u32 = 39;

/// How far the kernel is locked down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lockdown {
    /// Not at all, or the kernel knows no lockdown.
    #[default]
    None,
    /// The running kernel may not be changed.
    Integrity,
    /// Nor may its memory be read.
    Confidentiality,
}

/// What this process may do, as far as BPF is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privileges {
    /// The user it acts as.
    pub euid: u32,
    /// `CAP_SYS_ADMIN`.
    pub sys_admin: bool,
    /// `CAP_BPF`.
    pub bpf: bool,
    /// `CAP_PERFMON`.
    pub perfmon: bool,
    /// The lockdown's state.
    pub lockdown: Lockdown,
    /// `kernel.unprivileged_bpf_disabled`: 0 allowed, 1 forbidden for good, 2 forbidden.
    pub unprivileged_bpf_disabled: Option<u8>,
    /// `kernel.perf_event_paranoid`.
    pub perf_event_paranoid: Option<i32>,
}

/// What this process may do.
pub fn privileges() -> Privileges {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let has = |capability: u32| effective(&status) >> capability & 1 == 1;
    let number = |path: &str| fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<i32>().ok());
    let lockdown = fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    Privileges {
        euid: effective_user(),
        sys_admin: has(SYS_ADMIN),
        bpf: has(BPF),
        perfmon: has(PERFMON),
        lockdown: lockdown_state(&lockdown),
        unprivileged_bpf_disabled: number("/proc/sys/kernel/unprivileged_bpf_disabled")
            .and_then(|number| number.try_into().ok()),
        perf_event_paranoid: number("/proc/sys/kernel/perf_event_paranoid"),
    }
}

/// The effective capabilities in `/proc/self/status`.
fn effective(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

/// Reads `none [integrity] confidentiality`.
fn lockdown_state(text: &str) -> Lockdown {
    match text.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']')) {
        Some("integrity") => Lockdown::Integrity,
        Some("confidentiality") => Lockdown::Confidentiality,
        _ => Lockdown::None,
    }
}

impl Privileges {
    /// Whether tracing programs may be loaded and attached at all.
    pub fn may_trace(&self) -> bool {
        self.sys_admin || (self.bpf && self.perfmon)
    }

    /// Whether programs that trace are of no use in the kernel, for whatever reason.
    pub fn is_barred(&self) -> bool {
        !self.may_trace() || self.lockdown == Lockdown::Confidentiality
    }

    /// Why the kernel says no, in a sentence with what to do; `None` where none of these facts explains it.
    pub fn explanation(&self) -> Option<String> {
        if !self.may_trace() {
            let missing = if self.bpf { "CAP_PERFMON" } else { "CAP_BPF and CAP_PERFMON" };
            return Some(format!(
                "tracing needs root, or {missing} besides what this process (uid {}) has; run it with sudo",
                self.euid
            ));
        }
        match self.lockdown {
            Lockdown::Confidentiality => Some(
                "the kernel is locked down (confidentiality): no program may read its memory; \
                 boot without lockdown=confidentiality"
                    .to_owned(),
            ),
            Lockdown::Integrity => Some(
                "the kernel is locked down (integrity): programs may not write user memory \
                 (probe_write_user); everything else works"
                    .to_owned(),
            ),
            Lockdown::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lockdown_has_three_states() {
        assert_eq!(lockdown_state("[none] integrity confidentiality\n"), Lockdown::None);
        assert_eq!(lockdown_state("none [integrity] confidentiality\n"), Lockdown::Integrity);
        assert_eq!(lockdown_state("none integrity [confidentiality]\n"), Lockdown::Confidentiality);
        assert_eq!(lockdown_state(""), Lockdown::None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let nobody = Privileges { euid: 1000, ..Privileges::default() };
        let why = nobody.explanation().unwrap();
        // Not all who ask have a machine of their own.
        assert!(
            nobody.is_barred() && why.contains("CAP_BPF and CAP_PERFMON") && !why.contains("--vm"),
            "{why}"
        );
        let half = Privileges { bpf: true, ..nobody };
        assert!(!half.may_trace() && half.explanation().unwrap().contains("or CAP_PERFMON besides"));
        let whole = Privileges { perfmon: true, ..half };
        assert_eq!((whole.explanation(), whole.is_barred()), (None, false));
        let locked = Privileges { lockdown: Lockdown::Confidentiality, ..whole };
        assert!(locked.is_barred() && !locked.explanation().unwrap().contains("--vm"));
    }

    #[test]
    fn root_may_trace() {
        let mine = privileges();
        assert_eq!(mine.may_trace(), mine.euid == 0, "{mine:?}");
    }
}
