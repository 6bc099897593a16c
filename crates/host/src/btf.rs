//! The kernel's types.
use osmia_btf::Btf;
use std::fs;
use std::path::Path;

/// Where the kernel has its own types.
pub const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

/// The types in `file`: bare BTF as the kernel has it, or an ELF file with a section `.BTF`.
pub fn kernel_btf(file: &Path) -> Result<Btf, String> {
    let bytes = fs::read(file).map_err(|error| describe(file, &error))?;
    let bare = if bytes.starts_with(b"\x7fELF") { section(&bytes)? } else { bytes };
    Btf::parse(bare).map_err(|error| error.to_string())
}

fn describe(file: &Path, error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound && file == Path::new(KERNEL_BTF) {
        return "this kernel does not describe its types (it is built without CONFIG_DEBUG_INFO_BTF)"
            .to_owned();
    }
    osmia_sys::Errno(error.raw_os_error().unwrap_or_default()).text()
}

/// The bytes of `.BTF` of an ELF file.
fn section(bytes: &[u8]) -> Result<Vec<u8>, String> {
    use elf::{Object, ObjectSection};
    let file = elf::File::parse(bytes).map_err(|error| error.to_string())?;
    let section = file.section_by_name(".BTF").ok_or("it has no section .BTF")?;
    section.data().map(<[u8]>::to_vec).map_err(|error| error.to_string())
}
