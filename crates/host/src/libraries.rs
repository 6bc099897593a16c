//! Shared libraries by name, as the dynamic linker finds them.
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The library that is called `name`: `libc`, `libc.so` or `libc.so.6`.
pub fn find_library(name: &str) -> Option<PathBuf> {
    let cache = fs::read("/etc/ld.so.cache").unwrap_or_default();
    let listed = cached(&cache).into_iter().filter(|(library, _)| is_called(library, name));
    let mut paths = listed.map(|(_, path)| PathBuf::from(path)).chain(in_directories(name));
    paths.find(|path| is_ours(path))
}

/// Whether the file `library` is what is meant by `name`.
pub(crate) fn is_called(library: &str, name: &str) -> bool {
    let Some(rest) = library.strip_prefix(name) else { return false };
    rest.is_empty() || rest.starts_with('.') && (rest.starts_with(".so") || name.contains(".so"))
}

/// Magic of the cache's format since glibc 2.2; an older one may stand before it.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// Bytes of its header.
const HEADER: usize = 48;

/// Names and paths in the linker's cache.
fn cached(file: &[u8]) -> Vec<(String, String)> {
    let start = file.windows(MAGIC.len()).position(|window| window == MAGIC);
    let Some(cache) = start.and_then(|start| file.get(start..)) else { return Vec::new() };
    let count = cache
        .get(MAGIC.len()..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |raw| u32::from_le_bytes(*raw));
    let entries = cache.get(HEADER..).unwrap_or_default().chunks_exact(24).take(count as usize);
    entries.filter_map(|entry| Some((string(cache, entry, 4)?, string(cache, entry, 8)?))).collect()
}

/// The string whose offset stands in `entry`.
fn string(cache: &[u8], entry: &[u8], at: usize) -> Option<String> {
    let offset = u32::from_le_bytes(*entry.get(at..)?.first_chunk()?);
    let text = cache.get(offset as usize..)?;
    let end = text.iter().position(|byte| *byte == 0)?;
    String::from_utf8(text.get(..end)?.to_vec()).ok()
}

/// Files of that name in the usual directories, for systems without the cache (musl).
fn in_directories(name: &str) -> impl Iterator<Item = PathBuf> {
    let triplet = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let dirs = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib", &triplet].map(PathBuf::from);
    let name = name.to_owned();
    dirs.into_iter().flat_map(move |dir| {
        let files = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut found: Vec<_> =
            files.filter(|path| file_name(path).is_some_and(|file| is_called(file, &name))).collect();
        found.sort();
        found
    })
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Whether the file is for this machine: the same class and processor as our own executable.
pub(crate) fn is_ours(path: &Path) -> bool {
    let kind = |path: &Path| {
        let header = header(path)?;
        let [.., low, high] = header;
        Some((header[4], low, high))
    };
    kind(path).is_some_and(|found| Some(found) == kind(Path::new("/proc/self/exe")))
}

/// What an ELF file says that it is (`e_type`).
pub(crate) fn file_type(path: &Path) -> Option<u16> {
    let [.., low, high, _, _] = header(path)?;
    Some(u16::from_ne_bytes([low, high]))
}

/// The first bytes of an ELF file.
fn header(path: &Path) -> Option<[u8; 20]> {
    let mut header = [0_u8; 20];
    fs::File::open(path).ok()?.read_exact(&mut header).ok()?;
    header.starts_with(b"\x7fELF").then_some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libraries() {
        for (library, name, want) in [
            ("libc.so.6", "libc", true),
            ("libc.so.6", "libc.so", true),
            ("libc.so.6", "libc.so.6", true),
            ("libcrypt.so.1", "libc", false),
            ("libc.so.6", "libc.so.7", false),
            ("libc.a", "libc", false),
        ] {
            assert_eq!(is_called(library, name), want, "{library} {name}");
        }
    }

    #[test]
    fn this_machine_has_a_c_library() {
        let path = find_library("libc").unwrap();
        assert!(file_name(&path).unwrap().starts_with("libc.so"), "{path:?}");
        assert_eq!(find_library("libnosuchthing"), None);
    }

    #[test]
    fn broken_caches_list_nothing() {
        assert!(cached(b"").is_empty());
        let mut short = MAGIC.to_vec();
        short.extend([255; 40]);
        assert!(cached(&short).is_empty());
    }
}
