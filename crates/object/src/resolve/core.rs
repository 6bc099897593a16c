//! CO-RE: instructions changed to what the kernel's types say.
use super::{Context, ResolveErrorKind};
use crate::CoreReloc;
use osmia_btf::core::{self, Candidates, CoreReloc as Question, RelocKind, Resolved};
use osmia_btf::{Btf, TypeId};
use osmia_isa::{Callee, Imm64, Insn, Operand, Size};
use std::collections::HashMap;

/// The helper that an instruction calls which has no meaning on this kernel; libbpf has the same number.
pub(super) const POISON: u32 = 195_896_080;

/// Answers that were given already: programs ask the same again and again.
#[derive(Debug, Default)]
pub(super) struct Answers {
    given: HashMap<(TypeId, String, u32), Result<Resolved, ResolveErrorKind>>,
    candidates: Candidates,
}

/// What becomes of an instruction.
pub(super) enum Patched {
    /// This.
    Insn(Insn),
    /// It must fail when it is reached, for this reason.
    Poison(String),
}

/// What the kernel's types say to a relocation.
pub(super) fn answer(
    context: &Context<'_>,
    answers: &mut Answers,
    reloc: &CoreReloc,
) -> Result<Resolved, ResolveErrorKind> {
    let key = (reloc.type_id, reloc.access.clone(), reloc.kind);
    if let Some(known) = answers.given.get(&key) {
        return known.clone();
    }
    let found = ask(context, &mut answers.candidates, reloc);
    answers.given.insert(key, found.clone());
    found
}

fn ask(
    context: &Context<'_>,
    candidates: &mut Candidates,
    reloc: &CoreReloc,
) -> Result<Resolved, ResolveErrorKind> {
    let local =
        context.object.btf.as_ref().ok_or(ResolveErrorKind::Broken("CO-RE relocations without BTF"))?;
    let question = question(reloc)?;
    let target = match &context.target.btf {
        Some(target) => target,
        // The answer is in the object.
        None if question.kind == RelocKind::TypeIdLocal => local,
        None => return Err(ResolveErrorKind::NoKernelBtf),
    };
    let answer = core::resolve_with(local, &question, target, candidates).map_err(ResolveErrorKind::Core)?;
    Ok(match question.kind {
        // A module's type has its number in the module.
        RelocKind::TypeIdTarget => {
            let id = u32::try_from(answer.value).map_or(TypeId::VOID, TypeId);
            Resolved { value: context.target.own_id(id).0.into(), ..answer }
        }
        _ => answer,
    })
}

fn question(reloc: &CoreReloc) -> Result<Question, ResolveErrorKind> {
    let kind = RelocKind::from_number(reloc.kind).ok_or(core::CoreError::UnknownKind(reloc.kind));
    Ok(Question {
        ty: reloc.type_id,
        access: reloc.access.parse().map_err(ResolveErrorKind::Core)?,
        kind: kind.map_err(ResolveErrorKind::Core)?,
    })
}

/// Changes one instruction.
pub(super) fn patch(
    insn: Insn,
    answer: &Resolved,
    reason: impl Fn() -> String,
) -> Result<Patched, ResolveErrorKind> {
    if answer.poison {
        return Ok(Patched::Poison(reason()));
    }
    let wrong = |found: i64| {
        ResolveErrorKind::CorePatch(format!(
            "the instruction holds {found} where the object's own types say {}",
            answer.local as i64
        ))
    };
    let agrees = |found: u64| !answer.validate || found == answer.local;
    match insn {
        Insn::Alu { op, width, dst, src: Operand::Imm(imm) } => {
            if !agrees(imm as u32 as u64) && !agrees(i64::from(imm) as u64) {
                return Err(wrong(imm.into()));
            }
            Ok(Patched::Insn(Insn::Alu { op, width, dst, src: Operand::Imm(answer.value as i32) }))
        }
        Insn::LoadImm64 { dst, value: Imm64::Value(value) } => {
            if !agrees(value) {
                return Err(wrong(value as i64));
            }
            Ok(Patched::Insn(Insn::LoadImm64 { dst, value: Imm64::Value(answer.value) }))
        }
        _ => access(insn, answer, agrees, wrong, reason),
    }
}

/// Changes a memory access: its offset, and its width where the field's has changed.
fn access(
    mut insn: Insn,
    answer: &Resolved,
    agrees: impl Fn(u64) -> bool,
    wrong: impl Fn(i64) -> ResolveErrorKind,
    reason: impl Fn() -> String,
) -> Result<Patched, ResolveErrorKind> {
    let unknown = || ResolveErrorKind::CorePatch(format!("{insn:?} cannot be relocated"));
    let (off, size) = place(&mut insn.clone()).map(|(off, size)| (*off, *size)).ok_or_else(unknown)?;
    if !agrees(i64::from(off) as u64) {
        return Err(wrong(off.into()));
    }
    let moved = i16::try_from(answer.value).map_err(|_| {
        ResolveErrorKind::CorePatch(format!("offset {} is too large for an instruction", answer.value))
    })?;
    let mut resized = size;
    if let Some(resize) = &answer.resize {
        if !resize.allowed {
            return Ok(Patched::Poison(format!("{}: the field's size differs", reason())));
        }
        if size.bytes() != resize.local {
            return Err(ResolveErrorKind::CorePatch("the access is not as wide as the field".into()));
        }
        resized = Size::from_bytes(resize.target).ok_or_else(|| {
            ResolveErrorKind::CorePatch("no access is as wide as the kernel's field".into())
        })?;
    }
    if let Some((off, size)) = place(&mut insn) {
        (*off, *size) = (moved, resized);
    }
    Ok(Patched::Insn(insn))
}

/// The offset and the width of a memory access.
fn place(insn: &mut Insn) -> Option<(&mut i16, &mut Size)> {
    match insn {
        Insn::Load { off, size, .. }
        | Insn::LoadSx { off, size, .. }
        | Insn::Store { off, size, .. }
        | Insn::Atomic { off, size, .. }
        | Insn::LoadAcquire { off, size, .. }
        | Insn::StoreRelease { off, size, .. } => Some((off, size)),
        _ => None,
    }
}

/// The call that no kernel has.
pub(super) const fn poison(helper: u32) -> Insn {
    Insn::Call(Callee::Helper(helper))
}

/// A relocation in words: `field offset of struct task_struct, access 0:5:1`.
pub(super) fn describe(local: Option<&Btf>, reloc: &CoreReloc) -> String {
    let name = local.and_then(|btf| btf.name(reloc.type_id)).unwrap_or("");
    let path = local.and_then(|btf| fields(btf, reloc)).unwrap_or_default();
    let what = WORDS.get(reloc.kind as usize).copied().unwrap_or("unknown relocation of");
    format!("{what} `{name}{path}` (type {}, access {})", reloc.type_id, reloc.access)
}

/// Relocation kinds in words.
const WORDS: [&str; 13] = [
    "the offset of",
    "the size of",
    "the existence of",
    "the signedness of",
    "the left shift of",
    "the right shift of",
    "the local id of",
    "the kernel's id of",
    "the existence of",
    "the size of",
    "the existence of",
    "the value of",
    "the likeness of",
];

/// The members that an access names: `.thread.sp`.
fn fields(btf: &Btf, reloc: &CoreReloc) -> Option<String> {
    let mut ty = reloc.type_id;
    let mut text = String::new();
    for step in reloc.access.split(':').skip(1) {
        let index: usize = step.parse().ok()?;
        let body = btf.get(btf.resolve(ty)).ok()?;
        match body.kind.members().get(index) {
            Some(member) => {
                if !member.name.is_empty() {
                    text = format!("{text}.{}", member.name);
                }
                ty = member.ty;
            }
            None => {
                let osmia_btf::Kind::Array { element, .. } = body.kind else { return None };
                text = format!("{text}[{index}]");
                ty = element;
            }
        }
    }
    Some(text)
}
