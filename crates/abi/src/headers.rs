//! Which headers of C stand for the kernel's types, and the constants that they have besides.
pub use crate::constants::HEADERS;
use memchr::memmem::Finder;

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// As it is included.
    pub name: &'static str,
    /// The headers that it includes.
    pub includes: &'static [&'static str],
    constants: &'static str,
}

pub(crate) const fn row(
    name: &'static str,
    includes: &'static [&'static str],
    constants: &'static str,
) -> Header {
    Header { name, includes, constants }
}

impl Header {
    /// Its constants: name and number, as C writes numbers but with the sign of negative ones before it.
    pub fn constants(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.constants.split(", ").filter_map(|constant| constant.split_once(' '))
    }

    /// The number of one of its constants.
    fn number(&self, name: &Finder<'_>) -> Option<&'static str> {
        let text = self.constants;
        let mut places = name.find_iter(text.as_bytes());
        places.find_map(|at| {
            let after = text.get(at + name.needle().len()..)?.strip_prefix(' ')?;
            let first = at == 0 || text.get(..at)?.ends_with(' ');
            first.then(|| after.split_once(',').map_or(after, |(number, _)| number))
        })
    }
}

/// The row of a header, if it has one.
pub fn header(name: &str) -> Option<&'static Header> {
    let at = HEADERS.binary_search_by(|header| header.name.cmp(name)).ok()?;
    HEADERS.get(at)
}

/// The value of a constant, and a header that has it: the one that programs include rather than one that it is made of.
pub fn constant(name: &str) -> Option<(i64, &'static str)> {
    let finder = Finder::new(name);
    let rows = HEADERS.iter().filter_map(|header| Some((value(header.number(&finder)?)?, header.name)));
    // Of equal ones the first.
    let found = rows.min_by_key(|(_, header)| is_inner(header));
    found.map(|(value, header)| (value, outermost(header))).or_else(|| system_call(name))
}

/// Whether a header is there for others to include.
fn is_inner(header: &str) -> bool {
    header.starts_with("asm")
}

/// Errors and the like are in a header of the processor's, which others include.
fn outermost(mut name: &'static str) -> &'static str {
    while is_inner(name) {
        match HEADERS.iter().find(|header| header.includes.contains(&name)) {
            Some(header) => name = header.name,
            None => break,
        }
    }
    name
}

/// `__NR_read` and `SYS_read`: the number of a system call.
fn system_call(name: &str) -> Option<(i64, &'static str)> {
    let call = name.strip_prefix("__NR_").or_else(|| name.strip_prefix("SYS_"))?;
    let (number, _) = crate::names::SYSCALL_NAMES.iter().find(|(_, known)| *known == call)?;
    Some((i64::from(*number), "syscall.h"))
}

/// What a number of the table is; those that only unsigned types hold have their bits.
pub fn value(number: &str) -> Option<i64> {
    let number = number.trim_end_matches(['u', 'U', 'l', 'L']);
    let (digits, negative) = number.strip_prefix('-').map_or((number, false), |digits| (digits, true));
    let bits = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => u64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    let bits = bits.ok()?.cast_signed();
    Some(if negative { bits.wrapping_neg() } else { bits })
}

/// Directories of the kernel's headers.
#[rustfmt::skip]
const DIRECTORIES: &[&str] = &[
    "acpi", "asm", "asm-generic", "crypto", "drm", "keys", "kunit", "kvm", "linux", "math-emu", "media", "memory",
    "misc", "net", "pcmcia", "ras", "rdma", "scsi", "soc", "sound", "target", "trace", "uapi", "vdso", "video", "xen",
];

/// Headers of C that define nothing a program could miss.
const PLAIN: &[&str] =
    &["inttypes.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "syscall.h", "sys/syscall.h"];

/// Whether a header is one of those whose types the kernel's BTF tells, and whose constants are known.
pub fn is_kernel_header(name: &str) -> bool {
    let directory = name.split_once('/').map(|(directory, _)| directory);
    directory.is_some_and(|directory| DIRECTORIES.contains(&directory))
        || PLAIN.contains(&name)
        || header(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn headers_stand_in_order_and_include_what_is_known() {
        assert!(HEADERS.is_sorted_by_key(|header| header.name));
        for header in HEADERS {
            for include in header.includes {
                assert!(is_kernel_header(include), "{}: {include}", header.name);
            }
        }
    }

    #[test]
    fn a_name_has_one_value_wherever_it_stands() {
        let mut known = HashMap::new();
        for header in HEADERS {
            let rows = header.constants.split(", ").filter(|row| !row.is_empty()).count();
            assert_eq!(header.constants().count(), rows, "{}", header.name);
            for (name, number) in header.constants() {
                let value = value(number).unwrap_or_else(|| panic!("{name} {number}"));
                assert_eq!(*known.entry(name).or_insert(value), value, "{name}");
                assert_eq!(header.number(&Finder::new(name)), Some(number), "{name}");
            }
        }
    }

    #[test]
    fn values_are_those_of_the_headers() {
        assert_eq!(constant("AF_INET6"), Some((10, "sys/socket.h")));
        assert_eq!(constant("S_IFDIR"), Some((0x4000, "linux/stat.h")));
        assert_eq!(constant("ENOENT"), Some((2, "linux/errno.h")));
        assert_eq!(constant("LONG_MIN"), Some((i64::MIN, "limits.h")));
        assert_eq!(constant("AT_FDCWD"), Some((-100, "linux/fcntl.h")));
        assert_eq!(constant("SYS_write"), Some((1, "syscall.h")));
        for unknown in ["af_inet", "AF_INET6 10", "10", "", ",", "AF_"] {
            assert_eq!(constant(unknown), None);
        }
    }

    #[test]
    fn kernel_headers_are_known_by_their_directories() {
        assert!(is_kernel_header("net/sock.h") && is_kernel_header("stdio.h"));
        assert!(!is_kernel_header("bpf/bpf_helpers.h") && !is_kernel_header("mine.h"));
    }
}
