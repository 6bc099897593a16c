//! Types as C that compiles, laid out as they are in BTF, in the form of `bpftool btf dump … format c` (7.8).
//!
//! Where two types share a name, the second gets `___2` behind it, which CO-RE takes for a flavour. Gaps are written
//! as bitfields without name, `packed` is concluded from where members lie. First it is decided in which order types are
//! defined (`queue`), then they are written one by one with the declarations they need (`define`).
mod body;
mod declare;
mod define;
mod enums;
mod names;
mod queue;
mod sort;
mod state;

use crate::{Btf, BtfError, KindTag, TypeId};
use state::Writer;

const OPENING: &str = "\
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(\".ksyms\")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

";

const CLOSING: &str = "\
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
";

/// In which order the types of a header come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By sort and name, so that headers of two kernels can be compared.
    #[default]
    Sorted,
    /// As their numbers have it.
    Numbered,
}

/// The whole BTF as one header (`vmlinux.h`), with the functions that programs may call.
pub fn header(btf: &Btf) -> Result<String, BtfError> {
    header_in(btf, Order::Sorted)
}

/// The whole BTF as one header, types in this order.
pub fn header_in(btf: &Btf, order: Order) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    writer.out.reserve(btf.bytes().len() / 2);
    writer.out.push_str(OPENING);
    match order {
        Order::Sorted => sort::sorted(btf).into_iter().try_for_each(|id| writer.write(id))?,
        Order::Numbered => btf.ids().try_for_each(|id| writer.write(id))?,
    }
    kernel_functions(btf, &mut writer)?;
    writer.out.push_str(CLOSING);
    Ok(writer.out)
}

/// A header of these types and all they need.
pub fn header_of(btf: &Btf, roots: &[TypeId]) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    writer.out.push_str(OPENING);
    roots.iter().try_for_each(|&id| writer.write(id))?;
    writer.out.push_str(CLOSING);
    Ok(writer.out)
}

/// Definitions of these types and all they need, in an order that compiles, without header guard and pragmas.
pub fn definitions(btf: &Btf, ids: &[TypeId]) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    ids.iter().try_for_each(|&id| writer.write(id))?;
    Ok(writer.out)
}

/// The definition of one type alone, without what it needs.
pub fn definition(btf: &Btf, id: TypeId) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    writer.write_alone(id)?;
    Ok(writer.out)
}

/// Functions with the tag that opens them to programs, in order of their names.
fn kernel_functions(btf: &Btf, writer: &mut Writer<'_>) -> Result<(), BtfError> {
    writer.out.push_str("\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n");
    let tags = whole_tags(btf);
    let tagged = |text: &str| -> Vec<TypeId> {
        let same = tags.iter().filter(|(name, _)| btf.is_string(*name, text) == Ok(true));
        same.map(|&(_, id)| id).collect()
    };
    let (mut functions, fast) = (tagged("bpf_kfunc"), tagged("bpf_fastcall"));
    functions.sort_by_key(|&id| btf.name(id).unwrap_or_default());
    for id in functions {
        writer.out.push_str(if fast.contains(&id) { "extern __bpf_fastcall " } else { "extern " });
        let raw = btf.raw(id)?;
        writer.declare(TypeId(raw.word), btf.ident(raw.name)?, 0)?;
        writer.out.push_str(" __weak __ksym;\n");
    }
    writer.out.push_str("#endif\n\n");
    Ok(())
}

/// A declaration of `name`; what stands in braces is indented by one more than `indent`.
pub fn declaration(btf: &Btf, id: TypeId, name: &str, indent: usize) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    writer.declare(id, name, indent)?;
    Ok(writer.out)
}

/// The same without `const`, `volatile`, `restrict` and tags: what can be written to.
pub fn writable(btf: &Btf, id: TypeId, name: &str, indent: usize) -> Result<String, BtfError> {
    let mut writer = Writer::new(btf);
    writer.bare = true;
    writer.declare(id, name, indent)?;
    Ok(writer.out)
}

/// Texts of tags of whole functions, and the functions.
fn whole_tags(btf: &Btf) -> Vec<(u32, TypeId)> {
    let tags = btf.ids().filter_map(|id| btf.raw(id).ok()).filter(|raw| raw.info.tag == KindTag::DeclTag);
    let whole = tags.filter(|raw| raw.tail(0) == u32::MAX).map(|raw| (raw.name, TypeId(raw.word)));
    whole.filter(|&(_, id)| btf.tag(id) == Some(KindTag::Func)).collect()
}
