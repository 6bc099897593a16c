//! The headers that are part of the room, by the names by which programs include them.
use osmia_abi::headers::{Header, header};
use osmia_abi::names::SYSCALL_NAMES;
use osmia_abi::{HELPERS, PROTOTYPES};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

macro_rules! texts {
    ($($name:literal => $file:literal,)*) => {
        /// What is written by hand, in the order of the names: whole headers, and what headers with constants have besides.
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!($file))),*];
    };
}

texts! {
    "asm-generic/ioctl.h" => "asm-generic/ioctl.h",
    "asm/byteorder.h" => "asm/byteorder.h",
    "assert.h" => "c/assert.h",
    "bpf/bpf_core_read.h" => "bpf/bpf_core_read.h",
    "bpf/bpf_endian.h" => "bpf/bpf_endian.h",
    "bpf/bpf_helpers.h" => "bpf/bpf_helpers.h",
    "bpf/bpf_tracing.h" => "bpf/bpf_tracing.h",
    "bpf/usdt.bpf.h" => "bpf/usdt.bpf.h",
    "inttypes.h" => "c/inttypes.h",
    "iso646.h" => "c/iso646.h",
    "linux/bpf.h" => "linux/bpf.h",
    "linux/bpf_common.h" => "linux/bpf_common.h",
    "linux/capability.h" => "linux/capability.h",
    "linux/const.h" => "linux/const.h",
    "linux/icmpv6.h" => "linux/icmpv6.h",
    "linux/if.h" => "linux/if.h",
    "linux/if_link.h" => "linux/if_link.h",
    "linux/if_tunnel.h" => "linux/if_tunnel.h",
    "linux/in.h" => "linux/in.h",
    "linux/in6.h" => "linux/in6.h",
    "linux/ip.h" => "linux/ip.h",
    "linux/kdev_t.h" => "linux/kdev_t.h",
    "linux/lirc.h" => "linux/lirc.h",
    "linux/pkt_sched.h" => "linux/pkt_sched.h",
    "linux/stat.h" => "linux/stat.h",
    "linux/stddef.h" => "linux/stddef.h",
    "linux/swab.h" => "linux/swab.h",
    "linux/tcp.h" => "linux/tcp.h",
    "linux/time.h" => "linux/time.h",
    "linux/types.h" => "linux/types.h",
    "linux/version.h" => "linux/version.h",
    "netinet/in.h" => "netinet/in.h",
    "osmia/macros.h" => "osmia/macros.h",
    "stdalign.h" => "c/stdalign.h",
    "stdarg.h" => "c/stdarg.h",
    "stdatomic.h" => "c/stdatomic.h",
    "stdbool.h" => "c/stdbool.h",
    "stddef.h" => "c/stddef.h",
    "stdint.h" => "c/stdint.h",
    "stdnoreturn.h" => "c/stdnoreturn.h",
    "string.h" => "c/string.h",
}

type Make = fn() -> String;

/// Texts that are made of tables.
const MADE: &[(&str, Make)] = &[
    ("asm/unistd.h", system_calls),
    ("bpf/bpf_helper_defs.h", helper_defs),
    ("sys/syscall.h", system_call_names),
    ("syscall.h", system_call_names),
];

/// The header that stands for the kernel's types, in texts of the room.
pub(super) const KERNEL: &str = "osmia/kernel.h";

/// The names of all headers that have texts, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    let tables = osmia_abi::headers::HEADERS.iter().map(|header| header.name);
    let all = TEXTS.iter().map(|(name, _)| *name).chain(MADE.iter().map(|(name, _)| *name)).chain(tables);
    all.collect::<BTreeSet<_>>().into_iter()
}

/// The text of a header, if it has one.
pub fn text(name: &str) -> Option<Cow<'static, str>> {
    if let Some((_, make)) = MADE.iter().find(|(known, _)| *known == name) {
        return Some(make().into());
    }
    let written = TEXTS.binary_search_by(|(known, _)| known.cmp(&name)).ok();
    let written = written.and_then(|at| TEXTS.get(at)).map(|(_, text)| *text);
    match (header(name), written) {
        (Some(header), written) => Some((constants(header) + written.unwrap_or_default()).into()),
        (None, written) => written.map(Cow::Borrowed),
    }
}

/// The kernel's types, what the header includes, and its constants.
fn constants(header: &Header) -> String {
    let mut text = format!("#pragma once\n#include <{KERNEL}>\n");
    for include in header.includes {
        _ = writeln!(text, "#include <{include}>");
    }
    for (name, number) in header.constants() {
        _ = writeln!(text, "#define {name} {}", expression(number));
    }
    text
}

/// A number as C says it. The least number of a type is none in C: it has the sign of a number that is too large.
fn expression(number: &str) -> Cow<'_, str> {
    match number {
        "-2147483648" => "(-2147483647 - 1)".into(),
        "-9223372036854775808L" => "(-9223372036854775807L - 1)".into(),
        "-9223372036854775808LL" => "(-9223372036854775807LL - 1)".into(),
        _ if number.starts_with('-') => format!("({number})").into(),
        _ => number.into(),
    }
}

/// `__NR_read` and all others.
fn system_calls() -> String {
    let mut text = "#pragma once\n".to_owned();
    for (number, name) in SYSCALL_NAMES {
        _ = writeln!(text, "#define __NR_{name} {number}");
    }
    text
}

/// `SYS_read` and all others.
fn system_call_names() -> String {
    let mut text = "#pragma once\n#include <asm/unistd.h>\n".to_owned();
    for (_, name) in SYSCALL_NAMES {
        _ = writeln!(text, "#define SYS_{name} __NR_{name}");
    }
    text
}

/// All helpers, and the types of which they know no more than the name.
fn helper_defs() -> String {
    let mut text = "#pragma once\n#include <linux/types.h>\n".to_owned();
    let signatures = PROTOTYPES.iter().flat_map(|prototype| [prototype.result, prototype.params]);
    for name in signatures.flat_map(structs).collect::<BTreeSet<_>>() {
        _ = writeln!(text, "struct {name};");
    }
    for (helper, prototype) in HELPERS.iter().zip(PROTOTYPES) {
        let result = prototype
            .result
            .strip_suffix(" *")
            .map_or_else(|| format!("{} ", prototype.result), |target| format!("{target} *"));
        _ = writeln!(
            text,
            "static {result}(* const bpf_{})({}) = (void *){};",
            prototype.name, prototype.params, helper.id
        );
    }
    text
}

/// The names behind `struct` in a signature.
fn structs(signature: &'static str) -> impl Iterator<Item = &'static str> {
    let words =
        || signature.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words().zip(words().skip(1)).filter(|(word, _)| *word == "struct").map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_abi::headers::is_kernel_header;

    #[test]
    fn texts_stand_in_order() {
        assert!(TEXTS.is_sorted_by_key(|(name, _)| name));
        assert!(MADE.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn all_that_texts_include_is_there() {
        for name in names() {
            let text = text(name).unwrap();
            for line in text.lines().filter_map(|line| line.strip_prefix("#include <")) {
                let include = line.strip_suffix('>').unwrap();
                let known = include == KERNEL || super::text(include).is_some() || is_kernel_header(include);
                assert!(known, "{name} includes {include}");
            }
        }
    }

    #[test]
    fn helpers_are_pointers_with_numbers() {
        let text = text("bpf/bpf_helper_defs.h").unwrap();
        assert!(
            text.contains(
                "static void *(* const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;"
            )
        );
        assert!(text.contains("static __u64 (* const bpf_ktime_get_ns)(void) = (void *)5;"));
        assert!(text.contains("\nstruct task_struct;\n"));
        assert_eq!(text.lines().filter(|line| line.starts_with("static ")).count(), 211);
    }

    #[test]
    fn constants_are_what_c_understands() {
        let limits = text("limits.h").unwrap();
        assert!(limits.contains("#define INT_MIN (-2147483647 - 1)\n"), "{limits}");
        assert!(text("fcntl.h").unwrap().contains("#include <linux/fcntl.h>\n"));
        assert!(text("linux/fcntl.h").unwrap().contains("#define AT_FDCWD (-100)\n"));
        assert!(text("linux/in6.h").unwrap().ends_with("#define s6_addr32 in6_u.u6_addr32\n"));
        assert!(text("syscall.h").unwrap().contains("#define SYS_read __NR_read\n"));
    }
}
