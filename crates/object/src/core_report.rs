//! How each relocation of an object ends on some kernel's types: [`crate::resolve()`] without the code.
use crate::{Line, Object};
use osmia_btf::core::{AccessSpec, Candidates, CoreError, CoreReloc, RelocKind, resolve_with};
use osmia_btf::{Btf, KindTag, TypeId};

/// One relocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreEntry {
    /// The function it stands in.
    pub function: String,
    /// The instruction in it.
    pub insn: u32,
    /// The source line, if the object says.
    pub line: Option<Line>,
    /// What is asked (`byte_off`, `type_exists`, … as the kernel calls it); `unknown` for kinds that we do not know.
    pub kind: &'static str,
    /// What it is asked of, in C: `struct task_struct.pid`.
    pub subject: String,
    /// The answer of each kernel, in the order in which they were given.
    pub answers: Vec<CoreAnswer>,
}

/// How a relocation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreAnswer {
    /// As it was when the object was made.
    Same(u64),
    /// With another value than when the object was made.
    Moved {
        /// In the object's own types.
        local: u64,
        /// In the kernel's.
        value: u64,
    },
    /// The question was whether it is there, and it is not.
    Absent,
    /// It is not there: an instruction that is reached there is refused or never returns.
    Missing,
    /// Several types of the kernel have the name and answer differently.
    Ambiguous(String),
    /// It cannot be answered.
    Broken(String),
}

impl CoreAnswer {
    /// Whether the object cannot rely on it.
    pub const fn is_bad(&self) -> bool {
        matches!(self, Self::Missing | Self::Ambiguous(_) | Self::Broken(_))
    }
}

/// Names of the kinds as `enum bpf_core_relo_kind` has them.
const KINDS: [&str; 13] = [
    "byte_off",
    "byte_sz",
    "field_exists",
    "signed",
    "lshift_u64",
    "rshift_u64",
    "local_type_id",
    "target_type_id",
    "type_exists",
    "type_size",
    "enumval_exists",
    "enumval_value",
    "type_matches",
];

/// Every relocation of an object, in order of functions and instructions, against each of these kernels' types.
pub fn core_report(object: &Object, kernels: &[Btf]) -> Vec<CoreEntry> {
    let Some(local) = &object.btf else { return Vec::new() };
    let mut candidates = vec![Candidates::default(); kernels.len()];
    let mut all = Vec::new();
    for function in object.functions.values() {
        for reloc in &function.core {
            let kind = RelocKind::from_number(reloc.kind);
            let parsed = reloc.access.parse::<AccessSpec>();
            let answers = match (kind, &parsed) {
                (Some(kind), Ok(access)) => {
                    let question = CoreReloc { ty: reloc.type_id, access: access.clone(), kind };
                    let each = kernels.iter().zip(&mut candidates);
                    each.map(|(kernel, known)| answer(resolve_with(local, &question, kernel, known), kind))
                        .collect()
                }
                (None, _) => vec![
                    CoreAnswer::Broken(format!("relocation kind {} is unknown", reloc.kind));
                    kernels.len()
                ],
                (_, Err(error)) => vec![CoreAnswer::Broken(error.to_string()); kernels.len()],
            };
            all.push(CoreEntry {
                function: function.name.clone(),
                insn: reloc.insn,
                line: function.line_at(reloc.insn).cloned(),
                kind: KINDS.get(reloc.kind as usize).copied().unwrap_or("unknown"),
                subject: subject(local, reloc.type_id, &parsed.unwrap_or_default(), kind),
                answers,
            });
        }
    }
    all
}

fn answer(found: Result<osmia_btf::core::Resolved, CoreError>, kind: RelocKind) -> CoreAnswer {
    match found {
        Ok(found) if found.poison => CoreAnswer::Missing,
        Ok(found) if !found.exists => CoreAnswer::Absent,
        // Ids of types say nothing but that there is a type.
        Ok(found) if kind == RelocKind::TypeIdTarget || found.local == found.value => {
            CoreAnswer::Same(found.value)
        }
        Ok(found) => CoreAnswer::Moved { local: found.local, value: found.value },
        Err(error @ CoreError::Ambiguous { .. }) => CoreAnswer::Ambiguous(error.to_string()),
        Err(error) => CoreAnswer::Broken(error.to_string()),
    }
}

/// What an access goes to, in C.
fn subject(local: &Btf, ty: TypeId, access: &AccessSpec, kind: Option<RelocKind>) -> String {
    let mut text = local.type_name(ty);
    let Some(kind) = kind.filter(|kind| !kind.is_type()) else { return text };
    let mut at = local.resolve(ty);
    let (first, rest) = access.0.split_first().map_or((0, &[][..]), |(&first, rest)| (first, rest));
    if kind.is_enumerator() {
        let name = local
            .get(at)
            .ok()
            .and_then(|ty| ty.kind.enumerators().get(first as usize).map(|it| it.name.clone()));
        return format!("{text}::{}", name.unwrap_or_else(|| format!("#{first}")));
    }
    if first > 0 {
        text = format!("({text})[{first}]");
    }
    for &index in rest {
        let Ok(found) = local.get(at) else { break };
        match found.kind {
            osmia_btf::Kind::Array { element, .. } => {
                text = format!("{text}[{index}]");
                at = local.resolve(element);
            }
            ref kind if local.tag(at).is_some_and(KindTag::is_composite) => {
                let Some(member) = kind.members().get(index as usize) else { break };
                if !member.name.is_empty() {
                    text = format!("{text}.{}", member.name);
                }
                at = local.resolve(member.ty);
            }
            _ => break,
        }
    }
    text
}
