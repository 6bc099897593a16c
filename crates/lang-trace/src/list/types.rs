//! Types by their names.
use super::Detail;
use crate::attach_point::matches;
use osmia_btf::{Btf, Kind, TypeId};
use osmia_object::Target;

/// Types by their names, `struct x*`; with their members, and whose they are, where fields are wanted.
pub(super) fn list(pattern: &str, btf: &Btf, target: &Target, detail: Detail, lines: &mut Vec<String>) {
    let pattern = pattern.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = |(id, ty): (TypeId, Result<osmia_btf::Type, _>)| {
        let keyword = match ty.ok()?.kind {
            Kind::Struct(_) => "struct",
            Kind::Union(_) => "union",
            Kind::Enum(_) | Kind::Enum64(_) => "enum",
            _ => return None,
        };
        let name = btf.name(id).filter(|name| !name.is_empty())?;
        Some((format!("{keyword} {name}"), id))
    };
    let mut found: Vec<(String, TypeId)> =
        btf.types().filter_map(named).filter(|(name, _)| matches(&pattern, name)).collect();
    // Of several of one name the first is the kernel's own.
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    for (name, id) in found {
        match detail {
            Detail::Names => lines.push(name),
            Detail::Fields => {
                let module = target.module_of(id).map_or("vmlinux", |own| own.module.as_str());
                let mut text = definition(btf, &name, id);
                if let Some(first) = text.first_mut() {
                    *first = format!("{module}: {first}");
                }
                lines.extend(text);
            }
        }
    }
}

/// A type's definition as C has it.
fn definition(btf: &Btf, name: &str, id: TypeId) -> Vec<String> {
    match osmia_btf::c::definition(btf, id) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(_) => vec![name.to_owned()],
    }
}
