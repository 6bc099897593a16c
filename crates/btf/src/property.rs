//! Properties that hold of any bytes, for tests and fuzzers.
use crate::core::{AccessSpec, CoreReloc, RelocKind, resolve};
use crate::ext::Ext;
use crate::{Btf, Builder, Kind, TypeId, c, diff, distilled, dump, merge, rust};

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
        parts_agree(btf, id);
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

/// What is decoded of a type by parts is what is decoded of it as a whole.
fn parts_agree(btf: &Btf, id: TypeId) {
    let Ok(mut whole) = btf.get(id) else { return };
    let members = whole.kind.members();
    let beyond = u32::try_from(members.len()).unwrap_or(u32::MAX);
    for (index, member) in (0..).zip(members) {
        assert_eq!(btf.member(id, index).as_ref(), Some(member), "{id:?}");
    }
    assert_eq!(btf.member(id, beyond), None);
    match &mut whole.kind {
        Kind::Struct(body) | Kind::Union(body) => body.members.clear(),
        Kind::Enum(body) | Kind::Enum64(body) => body.values.clear(),
        Kind::FuncProto { params, .. } => params.clear(),
        Kind::Datasec { vars, .. } => vars.clear(),
        _ => {}
    }
    assert_eq!(btf.outline(id), Ok(whole));
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
