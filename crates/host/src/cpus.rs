//! The processors.
use osmia_sys::Errno;
use std::fs;

/// The processors that are online.
pub fn online_cpus() -> Result<Vec<u32>, Errno> {
    read("/sys/devices/system/cpu/online")
}

/// The processors that there may ever be.
pub fn possible_cpus() -> Result<Vec<u32>, Errno> {
    read("/sys/devices/system/cpu/possible")
}

fn read(path: &str) -> Result<Vec<u32>, Errno> {
    cpu_list(&fs::read_to_string(path)?).ok_or(Errno::EINVAL)
}

/// The numbers of a list such as `0-3,8-11`; `None` where it is none.
pub fn cpu_list(text: &str) -> Option<Vec<u32>> {
    const MOST: u32 = 1 << 16; // more than any kernel has
    let mut all = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if last >= MOST {
            return None;
        }
        all.extend(first..=last);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus() {
        assert_eq!(cpu_list("0\n"), Some(vec![0]));
        assert_eq!(cpu_list("0-2,8-9\n"), Some(vec![0, 1, 2, 8, 9]));
        assert_eq!(cpu_list(""), None);
        assert_eq!(cpu_list("0-4294967295"), None);
    }

    #[test]
    fn this_machine_has_one_at_least() {
        let online = online_cpus().unwrap();
        assert_eq!(online.len(), osmia_sys::online_cpus());
        assert!(possible_cpus().unwrap().len() >= online.len());
    }
}
