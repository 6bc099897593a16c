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
