//! BPF programs that are loaded.
use osmia_btf::{Btf, Kind, TypeId};
use osmia_sys::bpf::{Copying, ObjectKind, ProgFacts, btf_by_id, btf_info, ids, prog_by_id, prog_detail};

/// The kernel keeps so many bytes of a name.
const KEPT: usize = 15;

/// Ids and whole names of the programs that have types: only those can be attached to.
pub(crate) fn loaded() -> Vec<(u32, String)> {
    let programs = ids(ObjectKind::Prog).flatten();
    let named = programs.filter_map(|id| {
        let facts = prog_detail(&prog_by_id(id).ok()?).ok()?;
        (facts.raw.btf_id != 0).then(|| (id, name(&facts)))
    });
    named.collect()
}

/// The program's first function has all of its name.
fn name(facts: &ProgFacts) -> String {
    if facts.name.len() < KEPT {
        return facts.name.clone();
    }
    whole_name(facts).unwrap_or_else(|| facts.name.clone())
}

fn whole_name(facts: &ProgFacts) -> Option<String> {
    let id = facts.detail.func_info.get(4..8)?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))?;
    let data = btf_info(&btf_by_id(facts.raw.btf_id).ok()?, Copying::Data).ok()?.data;
    let function = Btf::parse(data).ok()?.get(TypeId(id)).ok()?;
    matches!(function.kind, Kind::Func { .. }).then_some(function.name)
}
