//! Properties that hold of any bytes, for tests and fuzzers.
use crate::core::{AccessSpec, CoreReloc, RelocKind, resolve};
use crate::ext::Ext;
use crate::{Btf, Builder, c, diff, distilled, dump, merge, rust};

/// Whatever the bytes are, reading them ends, without a panic, and what was read can be used in every way.
pub fn reads_anything(bytes: &[u8]) {
    if let Ok(ext) = Ext::parse(bytes) {
        assert_eq!(
            Ext::parse(&ext.write(crate::Endian::Little)).as_ref(),
            Ok(&ext),
            "written extension differs"
        );
    }
    let Ok(btf) = Btf::parse(bytes.to_vec()) else { return };
    uses_everything(&btf);
    if let Ok(split) = Btf::parse_split(bytes.to_vec(), &btf) {
        uses_everything(&split);
        let _ = distilled::relocate(&split, &btf);
        let small =
            distilled::distill(&split).ok().and_then(|made| Some((Btf::parse(made.base).ok()?, made.split)));
        if let Some(own) = small.and_then(|(base, own)| Btf::parse_split(own, &base).ok()) {
            let _ = distilled::relocate(&own, &btf);
        }
    }
}

fn uses_everything(btf: &Btf) {
    for id in btf.ids() {
        let _ = (btf.size_of(id), btf.align_of(id), btf.is_packed(id), btf.type_name(id), btf.resolve(id));
        let _ = (c::definition(btf, id), dump::raw_type(btf, id));
        let name = btf.name(id).unwrap_or_default();
        let _ = (btf.find(name).count(), btf.field(id, "x"), btf.enumerator(name));
        for (place, kind) in RelocKind::ALL.into_iter().enumerate() {
            let access = if kind.is_type() { vec![0] } else { vec![0, place as u32 % 3, 0] };
            let _ = resolve(btf, &CoreReloc { ty: id, access: AccessSpec(access), kind }, btf);
        }
    }
    let _ = (c::header(btf), rust::file(btf), btf.functions().count());
    let same = diff::diff(btf, btf, |_, _| true);
    assert!(same.added.is_empty() && same.removed.is_empty() && same.changed.is_empty(), "{same:?}");
    if btf.base().is_none() {
        let _ = merge(std::slice::from_ref(btf), None);
        let _ = merge(&[btf.clone(), btf.clone()], None);
    }
    roundtrip(btf);
}

/// What is written reads as what it was.
pub fn roundtrip(btf: &Btf) {
    let Ok(builder) = Builder::from(btf) else { return };
    let written = Btf::parse(builder.finish()).expect("what was written can be read");
    assert_eq!(written.len(), btf.len(), "number of types");
    for (id, ty) in btf.types() {
        assert_eq!(written.get(id), ty, "type {id}");
    }
}
