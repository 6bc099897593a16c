//! The kernel's types.
use osmia_btf::Btf;
use osmia_btf::distilled::relocate;
use osmia_sys::MappedBtf;
use std::path::Path;

/// Where the kernel has its own types.
pub const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

/// The types in `file`: bare BTF as the kernel has it, or an ELF file with a section `.BTF`.
///
/// The kernel's own are not copied where it lets them be mapped, from 6.16 on.
pub fn kernel_btf(file: &Path) -> Result<Btf, String> {
    match MappedBtf::new(file) {
        Ok(mapped) => Btf::parse(mapped).map_err(|error| error.to_string()),
        Err(_) => read_btf(file),
    }
}

/// The BTF of a file: bare, or the section `.BTF` of an ELF file; with a base, one that goes on where that ends, or that brings a
/// small base of its own (`.BTF.base`) and is put onto the other.
pub fn btf_file(file: &Path, base: Option<&Btf>) -> Result<Btf, String> {
    let Some(base) = base else { return kernel_btf(file) };
    let parts = Parts::read(file)?;
    if parts.base.is_none() {
        return Btf::parse_split(parts.own, base).map_err(|error| error.to_string());
    }
    relocate(&parts.whole()?, base).map_err(|error| error.to_string())
}

fn read_btf(file: &Path) -> Result<Btf, String> {
    Parts::read(file)?.whole()
}

/// The BTF in a file, and the small base that it may bring.
struct Parts {
    own: Vec<u8>,
    base: Option<Vec<u8>>,
}

impl Parts {
    fn read(file: &Path) -> Result<Self, String> {
        let bytes = crate::contents::read_file(file).map_err(|error| describe(file, &error))?;
        if !bytes.starts_with(b"\x7fELF") {
            return Ok(Self { own: bytes, base: None });
        }
        let own = section(&bytes, ".BTF")?.ok_or("it has no section .BTF")?;
        Ok(Self { own, base: section(&bytes, ".BTF.base")? })
    }

    /// The types as they are in the file.
    fn whole(self) -> Result<Btf, String> {
        let read = match self.base {
            None => Btf::parse(self.own),
            Some(base) => Btf::parse(base).and_then(|base| Btf::parse_split(self.own, &base)),
        };
        read.map_err(|error| error.to_string())
    }
}

fn describe(file: &Path, error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound && file == Path::new(KERNEL_BTF) {
        return "this kernel does not describe its types (it is built without CONFIG_DEBUG_INFO_BTF)"
            .to_owned();
    }
    osmia_sys::Errno(error.raw_os_error().unwrap_or_default()).text()
}

/// The bytes of a section of an ELF file.
fn section(bytes: &[u8], name: &str) -> Result<Option<Vec<u8>>, String> {
    use elf::{Object, ObjectSection};
    let file = elf::File::parse(bytes).map_err(|error| error.to_string())?;
    let Some(section) = file.section_by_name(name) else { return Ok(None) };
    section.data().map(|data| Some(data.to_vec())).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mapped or read, from the kernel or from a copy: the types are the same.
    #[test]
    fn all_ways_to_the_kernels_types_agree() {
        let copy = std::env::temp_dir().join(format!("osmia-btf-{}", std::process::id()));
        std::fs::write(&copy, std::fs::read(KERNEL_BTF).unwrap()).unwrap();
        let asked = kernel_btf(Path::new(KERNEL_BTF)).unwrap();
        let read = read_btf(Path::new(KERNEL_BTF)).unwrap();
        let copied = kernel_btf(&copy).unwrap();
        std::fs::remove_file(&copy).unwrap();
        assert!(asked.find_struct("task_struct").is_some());
        assert!(asked.bytes() == read.bytes() && asked.bytes() == copied.bytes());
    }

    #[test]
    fn files_without_types_are_refused_in_words() {
        let missing = kernel_btf(Path::new("/sys/kernel/btf/none")).unwrap_err();
        assert_eq!(missing, "No such file or directory");
        assert!(kernel_btf(Path::new("/sys/kernel/notes")).is_err());
    }
}
