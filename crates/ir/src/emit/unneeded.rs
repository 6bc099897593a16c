//! Types of functions that are nowhere in the end: they were put where they are called.
use osmia_btf::{Builder, Kind, Linkage, TypeId};
use osmia_object::Object;
use std::collections::BTreeSet;

/// The questions of `enum bpf_core_relo_kind` that are about the number of a type.
const NUMBERS: [u32; 2] = [6, 7];

/// Leaves out what describes functions that an object has not. Where code holds the numbers of types, all stay as they are.
pub(super) fn leave_out(types: &mut Builder, object: &mut Object) {
    let mut questions = object.functions.values().flat_map(|function| &function.core);
    if questions.any(|question| NUMBERS.contains(&question.kind)) {
        return;
    }
    let gone = gone(types, object);
    if gone.is_empty() {
        return;
    }
    let ids = types.leave_out(&gone);
    let change = |id: &mut TypeId| *id = ids.get(id.0 as usize).copied().unwrap_or(*id);
    for (_, function) in object.functions.iter_mut() {
        change(&mut function.type_id);
        function.core.iter_mut().for_each(|question| change(&mut question.type_id));
    }
    for (_, outer) in object.maps.iter_mut() {
        let mut map = Some(outer);
        while let Some(it) = map {
            change(&mut it.key_type);
            change(&mut it.value_type);
            map = it.inner.as_deref_mut();
        }
    }
    object.data.iter_mut().for_each(|(_, data)| change(&mut data.type_id));
    object.externs.iter_mut().for_each(|(_, symbol)| change(&mut symbol.type_id));
}

/// Functions that are described and not there, what is said of them, and their prototypes where they are nobody else's.
fn gone(types: &Builder, object: &Object) -> BTreeSet<TypeId> {
    let functions = object.functions.values().map(|function| function.type_id);
    let there: BTreeSet<TypeId> =
        functions.chain(object.externs.values().map(|symbol| symbol.type_id)).collect();
    let first = types.next_id().0 - types.types().len() as u32;
    let all = || (first..).map(TypeId).zip(types.types());
    let (mut gone, mut prototypes) = (BTreeSet::new(), BTreeSet::new());
    for (id, ty) in all() {
        match ty.kind {
            Kind::Func { proto, linkage } if linkage != Linkage::Extern && !there.contains(&id) => {
                gone.insert(id);
                prototypes.insert(proto);
            }
            _ => {}
        }
    }
    gone.extend(all().filter(|(_, ty)| is_said_of(&ty.kind, &gone)).map(|(id, _)| id).collect::<Vec<_>>());
    for (_, ty) in all().filter(|(id, _)| !gone.contains(id)) {
        ty.kind.clone().map_ids(|id| {
            prototypes.remove(&id);
            id
        });
    }
    gone.extend(prototypes);
    gone
}

fn is_said_of(kind: &Kind, gone: &BTreeSet<TypeId>) -> bool {
    matches!(kind, Kind::DeclTag { ty, .. } if gone.contains(ty))
}
