//! The least types of a kernel that objects need for their relocations.
use crate::Object;
use osmia_btf::Btf;
use osmia_btf::core::{AccessSpec, Candidates, CoreError, CoreReloc, RelocKind, Used};

/// The types of a kernel, as the bytes of `.BTF`, without all that these objects do not ask for. An error names the function whose
/// relocation has no answer.
pub fn minimal_btf(objects: &[Object], kernel: &Btf) -> Result<Vec<u8>, (String, CoreError)> {
    let mut used = Used::default();
    for object in objects {
        let Some(local) = &object.btf else { continue };
        let mut candidates = Candidates::default();
        for function in object.functions.values() {
            for reloc in &function.core {
                let noted = question(reloc).and_then(|it| used.record(local, &it, kernel, &mut candidates));
                noted.map_err(|error| (function.name.clone(), error))?;
            }
        }
    }
    used.write(kernel).map_err(|error| (String::new(), error.into()))
}

fn question(reloc: &crate::CoreReloc) -> Result<CoreReloc, CoreError> {
    let kind = RelocKind::from_number(reloc.kind).ok_or(CoreError::UnknownKind(reloc.kind))?;
    Ok(CoreReloc { ty: reloc.type_id, access: reloc.access.parse::<AccessSpec>()?, kind })
}
