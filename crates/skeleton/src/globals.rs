//! Sections of global variables.
use crate::SkeletonError;
use crate::names::identifier;
use osmia_btf::{Btf, Kind, KindTag, Linkage, TypeId};
use osmia_object::{Data, DataKind, Linkage as Seen, Object, Variable as Symbol, internal_name};
use std::collections::HashMap;

/// A variable that users see.
pub(crate) struct Variable {
    /// Its name as C takes it.
    pub(crate) name: String,
    pub(crate) ty: TypeId,
    pub(crate) offset: u32,
    pub(crate) size: u32,
}

/// A section that is mapped into the user's memory.
pub(crate) struct Section {
    /// `.data.custom`.
    pub(crate) name: String,
    /// `data_custom`.
    pub(crate) ident: String,
    /// The map's name.
    pub(crate) map: String,
    pub(crate) variables: Vec<Variable>,
    /// Whether it is `.kconfig`, whose variables stay constant.
    pub(crate) constant: bool,
    /// Whether users can map it: where all variables are static, there is nothing to see.
    pub(crate) mapped: bool,
}

/// The sections in the order in which libbpf makes maps of them, the kernel's configuration last.
pub(crate) fn sections(object: &Object, btf: &Btf, name: &str) -> Result<Vec<Section>, SkeletonError> {
    let held = |data: &&Data| !matches!(data.kind, DataKind::StructOps | DataKind::Kconfig | DataKind::Arena);
    let mut all = Vec::new();
    for data in object.data.values().filter(held) {
        all.push(section(btf, name, &data.name, data.type_id, &data.variables)?);
    }
    if object.externs.values().any(|it| it.section == ".kconfig")
        && let Some(id) = btf.find(".kconfig").find(|&id| btf.tag(id) == Some(KindTag::Datasec))
    {
        all.push(section(btf, name, ".kconfig", id, &[])?);
    }
    Ok(all)
}

/// The sections with structures of functions, each variable a structure.
pub(crate) fn structures(object: &Object, btf: &Btf, name: &str) -> Result<Vec<Section>, SkeletonError> {
    let held = object.data.values().filter(|data| data.kind == DataKind::StructOps);
    held.map(|data| section(btf, name, &data.name, data.type_id, &data.variables)).collect()
}

fn section(
    btf: &Btf,
    object: &str,
    name: &str,
    id: TypeId,
    symbols: &[Symbol],
) -> Result<Section, SkeletonError> {
    let constant = name == ".kconfig";
    // A static one may have the name of one that is global: the global one counts.
    let (local, global): (Vec<_>, Vec<_>) = symbols.iter().partition(|it| it.linkage == Seen::Static);
    let named: HashMap<&str, &Symbol> =
        local.into_iter().chain(global).map(|symbol| (symbol.name.as_str(), symbol)).collect();
    let mut variables = Vec::new();
    if let Kind::Datasec { vars, .. } = btf.get(id)?.kind {
        let mut next = 0;
        for slot in vars {
            let Ok(var) = btf.get(slot.ty) else { continue };
            let Kind::Var { ty, linkage } = var.kind else { continue };
            let symbol = named.get(var.name.as_str());
            // BTF knows nothing of visibility: what is hidden is global there, and static for libbpf.
            if linkage == Linkage::Static || symbol.is_some_and(|it| it.linkage == Seen::Static) {
                continue;
            }
            // Those of the configuration lie one after the other, as they are aligned.
            let size = u32::try_from(btf.size_of(ty)?).unwrap_or(u32::MAX);
            let align = u32::try_from(btf.align_of(ty)?).unwrap_or(1).max(1);
            let offset = match constant {
                true => u32::checked_next_multiple_of(next, align).unwrap_or(u32::MAX),
                // Compilers leave the places of global variables to their symbols.
                false => symbol.map_or(slot.offset, |it| it.offset),
            };
            variables.push(Variable { name: identifier(&var.name), ty, offset, size });
            next = offset.saturating_add(size);
        }
    }
    variables.sort_by_key(|variable| variable.offset);
    let mapped = !variables.is_empty();
    let ident = identifier(name.trim_start_matches(['?', '.']));
    Ok(Section {
        name: name.to_owned(),
        ident,
        map: internal_name(object, name),
        variables,
        constant,
        mapped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_btf::{Builder, IntEncoding, VarSlot};
    use osmia_object::Extern;

    /// Broken types may say that a configuration value has nearly all of the bytes that 32 bits count.
    #[test]
    fn values_of_the_configuration_may_have_any_size() {
        let mut types = Builder::new();
        let int = types.add_int("int", 4, IntEncoding::SIGNED);
        let byte = types.add_int("char", 1, IntEncoding::SIGNED);
        let large = types.add_array(byte, int, u32::MAX);
        let vars = [("A", large), ("B", int), ("C", large)];
        let slot = |ty| VarSlot { ty, offset: 0, size: 4 };
        let vars = vars.map(|(name, ty)| slot(types.add_var(name, ty, Linkage::Extern)));
        let first = vars[0].ty;
        types.add_datasec(".kconfig", 12, vars.to_vec());
        let btf = Btf::parse(types.finish()).expect("types");
        let mut object = Object::default();
        let section = ".kconfig".to_owned();
        object.externs.push(Extern { name: "A".to_owned(), type_id: first, weak: false, section });
        let found = sections(&object, &btf, "name").expect("sections");
        let offsets: Vec<u32> = found[0].variables.iter().map(|it| it.offset).collect();
        assert_eq!(offsets, [0, u32::MAX, u32::MAX]);
    }
}
