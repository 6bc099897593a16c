//! Which parts of a [`Target`](crate::Target) an object needs, so that only those are gathered.
use crate::resolve::externs::{WRAPPED, is_kconfig, is_of_others, is_typed, kernel_name};
use crate::resolve::wanted_type;
use crate::{Data, DataKind, Object};
use osmia_abi::{Feature, MapType};
use osmia_btf::core::{RelocKind, essential_name};
use osmia_btf::{Btf, Kind, KindTag};
use osmia_isa::{Callee, Insn};
use std::collections::BTreeSet;

/// What an object needs to know of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The kernel's types: CO-RE, typed kernel symbols, or programs that attach by type.
    pub kernel_btf: bool,
    /// Types by name (without flavour) and kind. Modules are looked through for those that the kernel itself lacks.
    pub types: BTreeSet<(String, KindTag)>,
    /// Modules that sections name: their types are needed.
    pub modules: BTreeSet<String>,
    /// Kernel symbols whose addresses are needed, sorted.
    pub ksyms: Vec<String>,
    /// `CONFIG_*` values that are needed, sorted.
    pub kconfig: Vec<String>,
    /// Whether the number of processors is needed.
    pub cpus: bool,
    /// What is to be asked of the kernel by trying.
    pub features: Vec<Feature>,
}

/// What `object` needs.
pub fn wants(object: &Object) -> Wants {
    let mut wants = Wants {
        cpus: object.maps.values().any(|map| map.kind == MapType::PerfEventArray && map.max_entries == 0),
        features: features(object),
        ..Wants::default()
    };
    functions(object, &mut wants);
    for data in object.data.values().filter(|data| data.kind == DataKind::StructOps) {
        structures(object, data, &mut wants);
    }
    externs(object, &mut wants);
    wants.kernel_btf |= !wants.types.is_empty();
    for list in [&mut wants.ksyms, &mut wants.kconfig] {
        list.sort_unstable();
        list.dedup();
    }
    wants
}

/// CO-RE relocations, and what programs attach to.
fn functions(object: &Object, wants: &mut Wants) {
    for function in object.functions.values() {
        for reloc in function.core.iter().filter(|reloc| reloc.kind != RelocKind::TypeIdLocal as u32) {
            wants.kernel_btf = true;
            let Some(btf) = &object.btf else { continue };
            if let (Some(name), Some(tag)) = (btf.name(reloc.type_id), btf.tag(reloc.type_id)) {
                wants.types.insert((essential_name(name).to_owned(), tag));
            }
        }
        let aimed = function.program.as_ref().and_then(|program| wanted_type(function, program));
        if let Some(aimed) = aimed {
            wants.modules.extend(aimed.module.map(str::to_owned));
            wants.types.insert((aimed.name, aimed.tag));
        }
    }
}

/// The kernel's types of structures of functions.
fn structures(object: &Object, data: &Data, wants: &mut Wants) {
    let Some(btf) = &object.btf else { return };
    let Ok(Kind::Datasec { vars, .. }) = btf.get(data.type_id).map(|ty| ty.kind) else { return };
    for slot in vars {
        let Ok(Kind::Var { ty, .. }) = btf.get(slot.ty).map(|ty| ty.kind) else { continue };
        if let Some(name) = btf.name(btf.resolve(ty)) {
            wants.types.insert((format!("bpf_struct_ops_{}", essential_name(name)), KindTag::Struct));
        }
    }
}

fn externs(object: &Object, wants: &mut Wants) {
    for symbol in object.externs.values() {
        match (is_kconfig(symbol), is_typed(object.btf.as_ref(), symbol)) {
            (true, _) if symbol.name == "LINUX_HAS_SYSCALL_WRAPPER" => {
                wants.ksyms.extend(WRAPPED.map(str::to_owned));
            }
            (true, _) if symbol.name == "LINUX_HAS_BPF_COOKIE" => wants.features.push(Feature::AttachCookie),
            (true, _) if symbol.name.starts_with("CONFIG_") => wants.kconfig.push(symbol.name.clone()),
            (true, _) => {}
            (false, _) if is_of_others(symbol) => {}
            (false, Some(tag)) => {
                wants.types.insert((kernel_name(symbol, tag).to_owned(), tag));
            }
            (false, None) => wants.ksyms.push(symbol.name.clone()),
        }
    }
}

/// What old kernels may lack of what the object has.
fn features(object: &Object) -> Vec<Feature> {
    let mut all = BTreeSet::new();
    let has = |kind| object.data.values().any(|data| data.kind == kind);
    if object.data.values().any(|data| !data.bytes.is_empty()) || !object.externs.is_empty() {
        all.extend([Feature::GlobalData, Feature::MmapableArray]);
    }
    if has(DataKind::Arena) {
        all.insert(Feature::FarMapValue);
    }
    let insns = object.functions.values().flat_map(|function| &function.insns);
    if insns.into_iter().any(|insn| matches!(insn, Insn::Call(Callee::Helper(112..=115)))) {
        all.insert(Feature::ProbeReadKernel);
    }
    for program in object.functions.values().filter_map(|function| function.program.as_ref()) {
        match program.attach_type {
            Some(osmia_abi::AttachType::TraceKprobeMulti) => all.insert(Feature::KprobeMulti),
            Some(osmia_abi::AttachType::TraceUprobeMulti) => all.insert(Feature::UprobeMulti),
            _ => false,
        };
    }
    if let Some(btf) = &object.btf {
        types(btf, &mut all);
    }
    all.into_iter().collect()
}

/// What of BTF is used.
fn types(btf: &Btf, all: &mut BTreeSet<Feature>) {
    all.insert(Feature::Btf);
    for id in btf.ids() {
        let Some(tag) = btf.tag(id) else { continue };
        all.extend(match tag {
            KindTag::Func => &[Feature::BtfFunc, Feature::BtfFuncGlobal][..],
            KindTag::Var | KindTag::Datasec => &[Feature::BtfDatasec],
            KindTag::Float => &[Feature::BtfFloat],
            KindTag::DeclTag => &[Feature::BtfDeclTag],
            KindTag::TypeTag => &[Feature::BtfTypeTag],
            KindTag::Enum64 => &[Feature::BtfEnum64],
            _ => &[],
        });
        match (tag, btf.name(id)) {
            (KindTag::DeclTag, Some("arg:ctx")) => all.insert(Feature::ArgCtxTag),
            (KindTag::Datasec, Some(name)) if name.contains('?') => all.insert(Feature::BtfQuestionMark),
            _ => false,
        };
    }
}
