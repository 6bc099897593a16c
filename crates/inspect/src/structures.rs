//! Structures of functions (`struct_ops`) that are in the kernel, and what is in them.
use super::map::OpenMap;
use super::program::function_name;
use super::types::Types;
use super::{InspectError, Json, Layout};
use osmia_btf::{Btf, KindTag, TypeId};
use osmia_sys::bpf::{map_info, map_info_bytes};
use std::cell::RefCell;

/// What the names of the kernel's types begin with that hold such structures.
const PREFIX: &str = "bpf_struct_ops_";

/// A structure in the kernel.
#[derive(Debug)]
pub struct Structure {
    /// The map that holds it.
    pub map: OpenMap,
    /// The type of the map's value, as the kernel has it.
    pub value_type: String,
}

impl Structure {
    /// What the kernel calls such structures: `tcp_congestion_ops`.
    pub fn interface(&self) -> &str {
        self.value_type.strip_prefix(PREFIX).unwrap_or(&self.value_type)
    }
}

/// Reads structures with the kernel's types.
#[derive(Debug, Default)]
pub struct StructureTypes {
    types: RefCell<Types>,
}

impl StructureTypes {
    /// The structure that a map holds.
    pub fn structure(&self, map: OpenMap) -> Result<Structure, InspectError> {
        let btf = self.btf(&map)?;
        let found = btf.get(TypeId(map.facts.kernel_value_type)).map_err(|_| InspectError::NoTypes)?;
        Ok(Structure { map, value_type: found.name })
    }

    /// The types that the structure's own is among: those of the kernel, or of the module that wants it.
    fn btf(&self, map: &OpenMap) -> Result<Btf, InspectError> {
        let module = map_info(&map.fd).map_or(0, |info| info.btf_vmlinux_id);
        self.types.borrow_mut().of_module(module)
    }

    /// Prints what the kernel tells of the map, and what is in the structure: two values.
    pub fn print(&self, structure: &Structure, json: &mut Json) -> Result<(), InspectError> {
        let kernel = self.types.borrow_mut().kernel()?;
        let info_type = kernel.find_kind("bpf_map_info", KindTag::Struct).ok_or(InspectError::NoTypes)?;
        let size = kernel.size_of(info_type).ok().and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let map = &structure.map;
        let info = map_info_bytes(&map.fd, size)
            .map_err(|errno| InspectError::NoFacts(super::Subject::Map, errno))?;
        let mut value = vec![0; map.fd.shape().element_size];
        map.fd
            .lookup(&[0; 4], &mut value, 0)
            .map_err(|errno| InspectError::NoStructure(map.facts.name.clone(), map.facts.id, errno))?;
        let layout = Layout::of_programs(&self.btf(map)?, TypeId(map.facts.kernel_value_type));
        json.object(|json| {
            json.name("bpf_map_info");
            Layout::of(&kernel, info_type).print(&info, json);
        });
        json.object(|json| {
            json.name(&structure.value_type);
            let name = |id| function_name(id, &mut self.types.borrow_mut());
            layout.print_naming(&value, &name, json);
        });
        Ok(())
    }
}
