//! The headers that the room itself has.
use super::texts::{KERNEL, text};
use super::{Found, Headers, Include};
use osmia_abi::headers::is_kernel_header;

/// What programs for BPF include wherever they are compiled: the texts that are part of the room, and the kernel's types behind
/// the names of its headers. Whoever reads files asks this last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builtin;

impl Headers for Builtin {
    /// A header is found by its name alone: there is one for each, so that none stands behind another.
    fn find(&self, include: &Include<'_>) -> Found {
        // The kernel's sources have what others include as `linux/bpf.h` in `uapi`.
        let name = include.name.strip_prefix("uapi/").unwrap_or(include.name);
        header(name).or_else(|| header(&format!("bpf/{name}"))).unwrap_or(Found::Missing(Vec::new()))
    }
}

/// Names that stand for the kernel's types as a whole.
const KERNEL_TYPES: &[&str] = &["vmlinux.h", KERNEL];

fn header(name: &str) -> Option<Found> {
    if let Some(text) = text(name) {
        return Some(Found::Text { name: format!("<{name}>"), text: text.into_owned() });
    }
    (KERNEL_TYPES.contains(&name) || is_kernel_header(name)).then_some(Found::Kernel)
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Search};
    use super::*;

    fn find(name: &str) -> Found {
        Builtin.find(&Include { name, form: Form::Quoted, next: Search::First, from: "own.bpf.c" })
    }

    #[test]
    fn a_text_comes_before_the_kernels_types() {
        assert!(
            matches!(find("bpf/bpf_helpers.h"), Found::Text { name, .. } if name == "<bpf/bpf_helpers.h>")
        );
        assert!(matches!(find("linux/if_ether.h"), Found::Text { text, .. } if text.contains("ETH_P_IP")));
        assert_eq!(find("linux/dcache.h"), Found::Kernel);
        assert_eq!(find("vmlinux.h"), Found::Kernel);
        assert_eq!(find("own.h"), Found::Missing(Vec::new()));
    }

    #[test]
    fn a_header_may_have_another_name() {
        assert_eq!(find("bpf_helpers.h"), find("bpf/bpf_helpers.h"));
        assert_eq!(find("uapi/linux/ptrace.h"), find("linux/ptrace.h"));
    }
}
