//! Types that the kernel keeps beside programs and maps.
use super::InspectError;
use osmia_btf::Btf;
use osmia_sys::bpf::{Copying, btf_by_id, btf_info};
use std::collections::HashMap;
use std::path::Path;

/// Types by the id of their BTF, each read once.
#[derive(Debug, Default)]
pub(super) struct Types {
    by_id: HashMap<u32, Option<Btf>>,
    kernel: Option<Btf>,
}

impl Types {
    /// The BTF with this id, if the kernel has it and it can be read.
    pub(super) fn get(&mut self, id: u32) -> Option<Btf> {
        if id == 0 {
            return None;
        }
        self.by_id.entry(id).or_insert_with(|| read(id)).clone()
    }

    /// The kernel's own, or those of the module whose BTF has this id.
    pub(super) fn of_module(&mut self, id: u32) -> Result<Btf, InspectError> {
        let kernel = self.kernel()?;
        let module = btf_by_id(id).and_then(|btf| btf_info(&btf, Copying::Facts));
        match module {
            Ok(facts) if facts.name != "vmlinux" => {
                let data =
                    btf_by_id(id).and_then(|btf| btf_info(&btf, Copying::Data)).map(|facts| facts.data);
                let data = data.map_err(|_| InspectError::NoTypes)?;
                Btf::parse_split(data, &kernel).map_err(|_| InspectError::NoTypes)
            }
            // Kernels before 6.9 do not tell the id, and know no structures of modules.
            _ => Ok(kernel),
        }
    }

    /// The kernel's own.
    pub(super) fn kernel(&mut self) -> Result<Btf, InspectError> {
        if self.kernel.is_none() {
            let read = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF));
            self.kernel = Some(read.map_err(|_| InspectError::NoTypes)?);
        }
        self.kernel.clone().ok_or(InspectError::NoTypes)
    }
}

fn read(id: u32) -> Option<Btf> {
    let facts = btf_info(&btf_by_id(id).ok()?, Copying::Data).ok()?;
    Btf::parse(facts.data).ok()
}
