//! Answers.
use super::compat::kinds_compatible;
use super::spec::{Spec, Step, matching, parse};
use super::{CoreError, CoreReloc, RelocKind, Resize, Resolved, essential_name};
use crate::btf::MAX_DEPTH;
use crate::names::Group;
use crate::wire::RawMember;
use crate::{Btf, BtfErrorKind, Endian, KindTag, TypeId};
use std::collections::HashMap;

/// What `reloc` against a type of `local` means in `target` (of the kernel, with those of modules split from it: types
/// of modules are looked at only where the kernel has none of that name).
pub fn resolve(local: &Btf, reloc: &CoreReloc, target: &Btf) -> Result<Resolved, CoreError> {
    resolve_with(local, reloc, target, &mut Candidates::default())
}

/// The types of the target that may be meant by types of an object, by these. An answer leaves only those that it was
/// found in: later questions about the same type are about these alone, as libbpf has it.
pub type Candidates = HashMap<TypeId, Vec<TypeId>>;

/// Like [`resolve`], one question of several about the same object.
pub fn resolve_with(
    local: &Btf,
    reloc: &CoreReloc,
    target: &Btf,
    candidates: &mut Candidates,
) -> Result<Resolved, CoreError> {
    let spec = parse(local, reloc)?;
    if reloc.kind == RelocKind::TypeIdLocal {
        let id = u64::from(reloc.ty.0);
        return Ok(Resolved { local: id, value: id, exists: true, validate: false, ..NOTHING });
    }
    match best(local, reloc, &spec, target, candidates)? {
        Some((_, answer)) => Ok(answer),
        None => answer(reloc.kind, &spec, None),
    }
}

/// Where in the target the answer was found.
pub(super) struct Found {
    /// The type.
    pub(super) root: TypeId,
    /// Members on the way, nameless ones too, by their types and indices.
    pub(super) members: Vec<(TypeId, u32)>,
}

/// Where the answer to a question about the target's types is found, if it is there.
pub(super) fn resolve_found(
    local: &Btf,
    reloc: &CoreReloc,
    target: &Btf,
    candidates: &mut Candidates,
) -> Result<Option<Found>, CoreError> {
    let spec = parse(local, reloc)?;
    let best = best(local, reloc, &spec, target, candidates)?;
    Ok(best.map(|(found, _)| Found { root: found.root, members: found.members }))
}

/// The first of the target's types that answers; an error where others answer differently.
fn best<'t>(
    local: &Btf,
    reloc: &CoreReloc,
    spec: &Spec<'_>,
    target: &'t Btf,
    candidates: &mut Candidates,
) -> Result<Option<(Spec<'t>, Resolved)>, CoreError> {
    let name = local.string(local.raw(reloc.ty)?.name)?;
    if name.is_empty() {
        return Err(CoreError::Anonymous(reloc.ty));
    }
    let tag = local.raw(reloc.ty)?.info.tag;
    let known = candidates.entry(reloc.ty).or_insert_with(|| find(tag, essential_name(name), target));
    let mut best: Option<(Spec<'t>, Resolved)> = None;
    let mut left = Vec::new();
    for &id in known.iter() {
        let Some(found) = matching(spec, reloc.kind, target, id)? else { continue };
        let answer = answer(reloc.kind, spec, Some(&found))?;
        left.push(id);
        match &best {
            None => best = Some((found, answer)),
            Some((first, old)) if first.bit_offset == found.bit_offset && agree(old, &answer) => {}
            Some((first, old)) => {
                let (first, second) = ((first.root, old.value), (found.root, answer.value));
                return Err(CoreError::Ambiguous { name: name.to_owned(), first, second });
            }
        }
    }
    if best.is_some() {
        *known = left;
    }
    Ok(best)
}

const NOTHING: Resolved =
    Resolved { local: 0, value: 0, exists: false, poison: false, validate: true, resize: None, types: None };

fn agree(a: &Resolved, b: &Resolved) -> bool {
    a.poison == b.poison && a.value == b.value
}

/// The kernel's types of this name and kind; where it has none, those of all modules.
fn find(tag: KindTag, essential: &str, target: &Btf) -> Vec<TypeId> {
    let mut layers = vec![target];
    while let Some(base) = layers.last().and_then(|layer| layer.base()) {
        layers.push(base);
    }
    let mut ids = Vec::new();
    if let Some(kernel) = layers.pop() {
        own_candidates(tag, essential, kernel, &mut ids);
    }
    if ids.is_empty() {
        layers.iter().rev().for_each(|module| own_candidates(tag, essential, module, &mut ids));
    }
    ids
}

fn own_candidates(tag: KindTag, essential: &str, target: &Btf, ids: &mut Vec<TypeId>) {
    target.find_own_flavours(essential, Group::of(tag), ids);
    ids.retain(|&id| target.tag(id).is_some_and(|other| kinds_compatible(tag, other)));
}

fn answer(kind: RelocKind, local: &Spec<'_>, target: Option<&Spec<'_>>) -> Result<Resolved, CoreError> {
    let exists = target.is_some();
    let found = |value| Resolved { local: 1, value, exists, ..NOTHING };
    match kind {
        RelocKind::FieldExists
        | RelocKind::TypeExists
        | RelocKind::TypeMatches
        | RelocKind::EnumvalExists => Ok(found(exists.into())),
        RelocKind::TypeIdLocal | RelocKind::TypeIdTarget => {
            let id = |spec: &Spec<'_>| u64::from(spec.root.0);
            // Linking renumbers types: what the instruction holds proves nothing.
            Ok(Resolved { local: id(local), validate: false, ..found(target.map_or(0, id)) })
        }
        RelocKind::TypeSize => {
            let size = |spec: &Spec<'_>| spec.btf.size_of(spec.root);
            Ok(Resolved { local: size(local)?, ..found(target.map_or(Ok(0), size)?) })
        }
        RelocKind::EnumvalValue => {
            let poisoned = Resolved { local: enumerator(local), poison: !exists, ..found(0) };
            Ok(target.map_or(poisoned, |spec| Resolved { value: enumerator(spec), ..poisoned }))
        }
        _ => field_answer(kind, local, target),
    }
}

fn enumerator(spec: &Spec<'_>) -> u64 {
    let value = spec.steps.first().and_then(|step| {
        let raw = spec.btf.raw(step.ty).ok()?;
        raw.enumerator(step.index)
    });
    value.map_or(0, |(_, value)| value.cast_unsigned())
}

fn field_answer(kind: RelocKind, local: &Spec<'_>, target: Option<&Spec<'_>>) -> Result<Resolved, CoreError> {
    let old = field(kind, local)?;
    let resolved = Resolved { local: old.value, validate: old.validate, ..NOTHING };
    let Some(target) = target else { return Ok(Resolved { poison: true, ..resolved }) };
    let new = field(kind, target)?;
    // A bitfield has no size that a load could have: becoming one, or ceasing to be one, cannot be patched over.
    let size = |field: &FieldValue| field.access.map_or(0, |(size, _)| size);
    let types = old.access.zip(new.access).map(|((_, local), (_, target))| (local, target));
    let resize = (size(&old) != size(&new)).then(|| Resize {
        local: size(&old),
        target: size(&new),
        allowed: types.is_some_and(|(ours, theirs)| may_resize(local.btf, ours, target.btf, theirs)),
    });
    Ok(Resolved { value: new.value, exists: true, resize, types, ..resolved })
}

/// Whether a load of one type can become a load of another by a change of width: zeros fill what is missing.
fn may_resize(local: &Btf, old: TypeId, target: &Btf, new: TypeId) -> bool {
    let sort = |btf: &Btf, id: TypeId| {
        btf.raw(id)
            .ok()
            .map(|raw| (raw.info.tag, raw.info.tag == KindTag::Int && raw.tail(0) >> 24 & 15 == 1))
    };
    match (sort(local, old), sort(target, new)) {
        (Some((KindTag::Ptr, _)), Some((KindTag::Ptr, _))) => true,
        (Some((KindTag::Int, old_signed)), Some((KindTag::Int, new_signed))) => !old_signed && !new_signed,
        _ => false,
    }
}

/// What a field relocation means on one side.
struct FieldValue {
    value: u64,
    validate: bool,
    /// Size and type of what is loaded or stored, for byte offsets.
    access: Option<(u32, TypeId)>,
}

fn field(kind: RelocKind, spec: &Spec<'_>) -> Result<FieldValue, CoreError> {
    let Some(step) = spec.steps.last() else { return Err(CoreError::Anonymous(spec.root)) };
    match step.name {
        Some(_) => member_field(kind, spec, step),
        None => element_field(kind, spec, step),
    }
}

fn element_field(kind: RelocKind, spec: &Spec<'_>, step: &Step<'_>) -> Result<FieldValue, CoreError> {
    let (value, access) = match kind {
        RelocKind::FieldByteOffset => {
            (spec.bit_offset / 8, Some((innermost_size(spec.btf, step.ty)?, step.ty)))
        }
        RelocKind::FieldByteSize => (spec.btf.size_of(step.ty)?, None),
        _ => return Err(CoreError::NotOfElement(kind)),
    };
    Ok(FieldValue { value, validate: true, access })
}

/// Bytes of an element of an array of arrays of … of it.
fn innermost_size(btf: &Btf, id: TypeId) -> Result<u32, CoreError> {
    let mut at = btf.resolve(id);
    for _ in 0..MAX_DEPTH {
        match btf.raw(at) {
            Ok(raw) if raw.info.tag == KindTag::Array => at = btf.resolve(TypeId(raw.tail(0))),
            _ => break,
        }
    }
    let size = btf.size_of(at)?;
    Ok(u32::try_from(size).map_err(|_| btf.error_at(id, BtfErrorKind::TooLarge(id)))?)
}

/// Where a field is, as a load sees it.
struct Place {
    byte_offset: u64,
    byte_size: u64,
    bits: u64,
}

fn member_field(kind: RelocKind, spec: &Spec<'_>, step: &Step<'_>) -> Result<FieldValue, CoreError> {
    let btf = spec.btf;
    let member = btf.raw(step.ty)?.member(step.index).ok_or_else(|| btf.no_such_type(step.ty))?;
    let ty = btf.resolve(TypeId(member.ty));
    let bitfield = member.bit_size.is_some();
    let place = place_of(spec, step, member, ty)?;
    let shift = spec.bit_offset.wrapping_sub(place.byte_offset * 8);
    let value = match kind {
        RelocKind::FieldByteSize => place.byte_size,
        RelocKind::FieldSigned => is_signed(btf, ty).into(),
        RelocKind::FieldLshiftU64 => match btf.endian() {
            Endian::Little => 64_u64.wrapping_sub(shift.wrapping_add(place.bits)),
            Endian::Big => 8_u64.wrapping_sub(place.byte_size).wrapping_mul(8).wrapping_add(shift),
        },
        RelocKind::FieldRshiftU64 => 64_u64.wrapping_sub(place.bits),
        _ => place.byte_offset,
    };
    let certain = matches!(kind, RelocKind::FieldSigned | RelocKind::FieldRshiftU64);
    let access = match kind {
        RelocKind::FieldByteOffset if !bitfield => Some((innermost_size(btf, ty)?, ty)),
        _ => None,
    };
    Ok(FieldValue { value, validate: !bitfield || certain, access })
}

fn is_signed(btf: &Btf, ty: TypeId) -> bool {
    btf.raw(ty).is_ok_and(|raw| match raw.info.tag {
        KindTag::Int => raw.tail(0) >> 24 & 1 != 0,
        tag => tag.is_enum() && raw.info.flag,
    })
}

fn place_of(spec: &Spec<'_>, step: &Step<'_>, member: RawMember, ty: TypeId) -> Result<Place, CoreError> {
    let mut byte_size = spec.btf.size_of(ty)?;
    let Some(width) = member.bit_size else {
        return Ok(Place { byte_offset: spec.bit_offset / 8, byte_size, bits: byte_size * 8 });
    };
    let (bits, end) = (u64::from(width), spec.bit_offset + u64::from(width));
    if byte_size == 0 {
        return Err(CoreError::WideBitfield(step.ty));
    }
    // The smallest aligned load that covers all of it.
    loop {
        let byte_offset = spec.bit_offset / 8 / byte_size * byte_size;
        if end - byte_offset * 8 <= byte_size * 8 {
            return Ok(Place { byte_offset, byte_size, bits });
        }
        if byte_size >= 8 {
            return Err(CoreError::WideBitfield(step.ty));
        }
        byte_size *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::AccessSpec;
    use crate::{Builder, Import};
    use std::collections::HashMap;
    use std::time::{Duration, Instant};

    /// Structures that tracing programs look into.
    const ASKED: [&str; 10] = [
        "task_struct",
        "sk_buff",
        "file",
        "sock",
        "inode",
        "dentry",
        "mm_struct",
        "super_block",
        "net_device",
        "cgroup",
    ];

    /// Ten members each of some structures of the kernel, as a program would have them.
    fn questions(kernel: &Btf) -> (Btf, Vec<CoreReloc>) {
        let (mut builder, mut seen, mut asked) = (Builder::new(), HashMap::new(), Vec::new());
        for name in ASKED {
            let id = kernel.find_struct(name).unwrap_or_else(|| panic!("no struct {name}"));
            let ty = builder.import(kernel, id, &mut seen, |_, _| Import::Whole).expect("imported");
            let members = builder.get(ty).map_or(&[][..], |ty| ty.kind.members());
            let named: Vec<u32> =
                (0..).zip(members).filter(|(_, it)| !it.name.is_empty()).map(|(at, _)| at).collect();
            let access = |place: usize| AccessSpec(vec![0, named[place * (named.len() - 1) / 9]]);
            let kind = RelocKind::FieldByteOffset;
            asked.extend((0..10).map(|place| CoreReloc { ty, access: access(place), kind }));
        }
        (Btf::parse(builder.finish()).expect("what was imported can be read"), asked)
    }

    /// Types that come from the kernel mean there what they meant; and it takes no time to say so.
    #[test]
    #[expect(clippy::print_stderr, reason = "the time is worth seeing")]
    fn the_kernel_answers_for_its_own_types_quickly() {
        let bytes = std::fs::read("/sys/kernel/btf/vmlinux").expect("a kernel with BTF");
        let (local, asked) = questions(&Btf::parse(bytes.clone()).expect("BTF"));
        assert_eq!(asked.len(), 100);
        let start = Instant::now();
        let target = Btf::parse(bytes).expect("BTF");
        let parsed = start.elapsed();
        assert!(target.find_struct("task_struct").is_some());
        let found = start.elapsed();
        let answers: Vec<_> = asked.iter().map(|reloc| resolve(&local, reloc, &target)).collect();
        let took = start.elapsed();
        eprintln!(
            "parsed after {parsed:?}, first type found after {found:?}, 100 fields resolved after {took:?}"
        );
        for (reloc, answer) in asked.iter().zip(answers) {
            let answer = answer.expect("an answer");
            assert!(answer.exists && answer.resize.is_none(), "{reloc:?}: {answer:?}");
            assert_eq!(answer.local, answer.value, "{reloc:?}");
        }
        let limit = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 20 });
        assert!(took < limit, "{took:?}");
    }
}
