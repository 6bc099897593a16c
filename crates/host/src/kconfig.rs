//! The kernel's configuration.
use crate::system::kernel_version;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

/// A configuration longer than this is none.
const LONGEST: u64 = 16 << 20;

/// The values of `names` in the running kernel's configuration, as its file writes them; those that it does not set are
/// left out. `None` where the configuration is nowhere to be found.
pub fn kconfig(names: &[String]) -> Option<BTreeMap<String, String>> {
    text().map(|text| parse_kconfig(&text, names))
}

/// The same from a configuration's text.
pub fn parse_kconfig(text: &str, names: &[String]) -> BTreeMap<String, String> {
    let line = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.lines().filter_map(line).filter(|(name, _)| names.contains(name)).collect()
}

fn text() -> Option<String> {
    let release = kernel_version().map(|version| version.release).unwrap_or_default();
    let boot = format!("/boot/config-{release}");
    let modules = format!("/lib/modules/{release}/config");
    unpacked().or_else(|| fs::read_to_string(boot).ok()).or_else(|| fs::read_to_string(modules).ok())
}

fn unpacked() -> Option<String> {
    let packed = fs::File::open("/proc/config.gz").ok()?;
    let mut text = String::new();
    GzDecoder::new(packed).take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_the_file_writes_them() {
        let names = ["CONFIG_HZ", "CONFIG_A", "CONFIG_S", "CONFIG_NO"].map(str::to_owned);
        let found =
            parse_kconfig("# CONFIG_NO is not set\nCONFIG_A=y\nCONFIG_HZ=250\nCONFIG_S=\"a=b\"\n", &names);
        let want = [("CONFIG_A", "y"), ("CONFIG_HZ", "250"), ("CONFIG_S", "\"a=b\"")];
        assert_eq!(found, want.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn this_kernel_has_bpf() {
        let found = kconfig(&["CONFIG_BPF_SYSCALL".to_owned()]).expect("this kernel's configuration");
        assert_eq!(found.get("CONFIG_BPF_SYSCALL").map(String::as_str), Some("y"));
    }
}
