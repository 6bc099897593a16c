//! Types as C that compiles, laid out as they are in BTF.
//!
//! Where two types share a name, the second gets `___2` behind it, which CO-RE takes for a flavour. Gaps are written
//! as bitfields without name, `packed` is concluded from where members lie.
mod body;
mod names;
mod writer;

use crate::{Btf, BtfError, KindTag, TypeId};
use std::collections::HashSet;
use writer::Writer;

const OPENING: &str = "\
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#if defined(__clang__) && defined(__bpf__)
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif
#endif

";

const MIDDLE: &str = "\
#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __ksym
#define __ksym __attribute__((section(\".ksyms\")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif

";

const CLOSING: &str = "\
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#if defined(__clang__) && defined(__bpf__)
#pragma clang attribute pop
#endif
#endif

#endif
";

/// The whole BTF as one header (`vmlinux.h`), with the functions that programs may call.
pub fn header(btf: &Btf) -> Result<String, BtfError> {
    let used = referenced(btf);
    let mut writer = Writer::new(btf);
    for id in btf.ids() {
        writer.top_level(id, &used)?;
    }
    let functions = kernel_functions(btf);
    for &id in &functions {
        writer.need_names(id)?;
    }
    let prototypes = functions.iter().map(|&id| writer.prototype(id)).collect::<Result<Vec<_>, _>>()?;
    let mut text = String::from(OPENING);
    text.push_str(&writer.finish());
    if !prototypes.is_empty() {
        text.push_str(MIDDLE);
        prototypes.iter().for_each(|it| text.push_str(&format!("extern {it} __weak __ksym;\n")));
        text.push_str("#endif\n\n");
    }
    text.push_str(CLOSING);
    Ok(text)
}

/// Definitions of these types and all they need, in an order that compiles, without header guard and pragmas.
pub fn definitions(btf: &Btf, ids: &[TypeId]) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    for &id in ids {
        writer.top_level(id, &HashSet::new())?;
    }
    Ok(writer.finish())
}

/// The definition of one type alone, without what it needs.
pub fn definition(btf: &Btf, id: TypeId) -> Result<String, BtfError> {
    Writer::new(btf).alone(id)
}

/// Types that others are made of.
fn referenced(btf: &Btf) -> HashSet<TypeId> {
    let mut found = HashSet::new();
    for (_, ty) in btf.types() {
        let Ok(mut ty) = ty else { continue };
        ty.kind.map_ids(|id| {
            if btf.tag(id).is_some_and(KindTag::is_enum) {
                found.insert(id);
            }
            id
        });
    }
    found
}

/// Functions with the tag that opens them to programs, once each.
fn kernel_functions(btf: &Btf) -> Vec<TypeId> {
    let mut names = HashSet::new();
    let tagged = btf.find("bpf_kfunc").filter(|&id| btf.tag(id) == Some(KindTag::DeclTag));
    let mut found: Vec<TypeId> = tagged
        .filter_map(|id| Some(TypeId(btf.raw(id).ok()?.word)))
        .filter(|&id| btf.tag(id) == Some(KindTag::Func))
        .collect();
    found.sort_unstable();
    found.retain(|&id| btf.name(id).is_some_and(|name| names.insert(name)));
    found
}
