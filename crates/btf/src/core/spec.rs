//! A way into a type, with the names on it, and the same way in another type.
use super::compat::{fields_compatible, types_compatible, types_match};
use super::{AccessSpec, CoreError, CoreReloc, MAX_STEPS, RelocKind, essential_name};
use crate::wire::{Raw, RawMember};
use crate::{Btf, BtfError, BtfErrorKind, KindTag, TypeId};
use std::collections::HashSet;

/// A turn that has a meaning: into a named member, or to an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    /// The type that has the member; or the type of the element; or the `enum`.
    pub(super) ty: TypeId,
    pub(super) index: u32,
    /// The member's or enumerator's name; elements have none.
    pub(super) name: Option<&'a str>,
}

/// A way into a type.
#[derive(Clone, Debug)]
pub(super) struct Spec<'a> {
    pub(super) btf: &'a Btf,
    pub(super) root: TypeId,
    pub(super) steps: Vec<Step<'a>>,
    /// All members on the way, nameless ones too, by their types and indices.
    pub(super) members: Vec<(TypeId, u32)>,
    pub(super) bit_offset: u64,
}

impl<'a> Spec<'a> {
    fn new(btf: &'a Btf, root: TypeId) -> Self {
        Self { btf, root, steps: Vec::new(), members: Vec::new(), bit_offset: 0 }
    }

    /// Goes to an element of an array of `ty` (or to one of several `ty` behind a pointer).
    fn step_to_element(&mut self, ty: TypeId, index: u32) -> Result<(), BtfError> {
        let size = self.btf.size_of(ty)?;
        let bits = size.checked_mul(8).and_then(|bits| bits.checked_mul(index.into()));
        self.bit_offset = bits
            .and_then(|bits| self.bit_offset.checked_add(bits))
            .ok_or_else(|| self.btf.error_at(ty, BtfErrorKind::TooLarge(ty)))?;
        self.steps.push(Step { ty, index, name: None });
        Ok(())
    }

    /// Whether `array` has an element `index`, or may have: a last member without length has any.
    fn has_element(&self, array: Raw<'_>, index: u32) -> bool {
        let len = array.tail(2);
        index < len || len == 0 && self.steps.last().is_some_and(|step| self.is_last_member(step))
    }

    fn is_last_member(&self, step: &Step<'_>) -> bool {
        let raw = self.btf.raw(step.ty).ok().filter(|raw| raw.info.tag.is_composite());
        step.name.is_some() && raw.is_some_and(|raw| step.index + 1 == u32::from(raw.info.vlen))
    }
}

/// The way of a relocation into its local type.
pub(super) fn parse<'a>(btf: &'a Btf, reloc: &CoreReloc) -> Result<Spec<'a>, CoreError> {
    let mut spec = Spec::new(btf, reloc.ty);
    let bad = || CoreError::BadLocalAccess { ty: reloc.ty, access: reloc.access.clone() };
    let AccessSpec(path) = &reloc.access;
    let (&first, rest) = path.split_first().ok_or_else(bad)?;
    if path.len() > MAX_STEPS {
        return Err(bad());
    }
    if reloc.kind.is_type() {
        btf.tag(reloc.ty).ok_or_else(|| btf.no_such_type(reloc.ty))?;
        return if path[..] == [0] { Ok(spec) } else { Err(bad()) };
    }
    let mut ty = btf.resolve(reloc.ty);
    if reloc.kind.is_enumerator() {
        let name = enumerator_name(btf, ty, first).filter(|_| rest.is_empty()).ok_or_else(bad)?;
        spec.steps.push(Step { ty, index: first, name: Some(name) });
        return Ok(spec);
    }
    spec.step_to_element(ty, first)?;
    for &index in rest {
        ty = descend(&mut spec, ty, index)?.ok_or_else(bad)?;
    }
    Ok(spec)
}

fn enumerator_name(btf: &Btf, ty: TypeId, index: u32) -> Option<&str> {
    let raw = btf.raw(ty).ok().filter(|raw| raw.info.tag.is_enum())?;
    let (name, _) = raw.enumerator(index)?;
    btf.string(name).ok()
}

/// One step down in the local type; returns the type reached.
fn descend<'a>(spec: &mut Spec<'a>, ty: TypeId, index: u32) -> Result<Option<TypeId>, BtfError> {
    let btf = spec.btf;
    let ty = btf.resolve(ty);
    let raw = btf.raw(ty)?;
    if raw.info.tag == KindTag::Array && spec.has_element(raw, index) {
        let element = btf.resolve(TypeId(raw.tail(0)));
        spec.step_to_element(element, index)?;
        return Ok(Some(element));
    }
    if !raw.info.tag.is_composite() {
        return Ok(None);
    }
    let Some(member) = raw.member(index) else { return Ok(None) };
    spec.bit_offset += u64::from(member.bit_offset);
    let name = btf.string(member.name)?;
    if !name.is_empty() {
        spec.steps.push(Step { ty, index, name: Some(name) });
    }
    Ok(Some(TypeId(member.ty)))
}

/// The same way into a type of the target, if there is one.
pub(super) fn matching<'t>(
    local: &Spec<'_>,
    kind: RelocKind,
    btf: &'t Btf,
    root: TypeId,
) -> Result<Option<Spec<'t>>, CoreError> {
    let spec = Spec::new(btf, root);
    if kind.is_enumerator() {
        return Ok(matching_enumerator(local, spec));
    }
    if kind.is_field() {
        return matching_field(local, spec);
    }
    let fits = match kind {
        RelocKind::TypeMatches => types_match(local.btf, local.root, btf, root)?,
        _ => types_compatible(local.btf, local.root, btf, root)?,
    };
    Ok(fits.then_some(spec))
}

fn matching_enumerator<'t>(local: &Spec<'_>, mut spec: Spec<'t>) -> Option<Spec<'t>> {
    let wanted = essential_name(local.steps.first()?.name?);
    let ty = spec.btf.resolve(spec.root);
    let raw = spec.btf.raw(ty).ok().filter(|raw| raw.info.tag.is_enum())?;
    let named = |(index, (name, _))| Some((index, spec.btf.string(name).ok()?));
    let mut names = (0..).zip(raw.enumerators()).filter_map(named);
    let (index, name) = names.find(|(_, name)| essential_name(name) == wanted)?;
    spec.steps.push(Step { ty, index, name: Some(name) });
    Some(spec)
}

fn matching_field<'t>(local: &Spec<'_>, mut spec: Spec<'t>) -> Result<Option<Spec<'t>>, CoreError> {
    let mut ty = spec.root;
    for (place, step) in local.steps.iter().enumerate() {
        ty = spec.btf.resolve(ty);
        if step.name.is_some() {
            let mut search = MemberSearch { local: local.btf, step, spec: &mut spec, seen: HashSet::new() };
            let Some(next) = search.within(ty, 0)? else { return Ok(None) };
            ty = next;
            continue;
        }
        if place > 0 {
            let Ok(raw) = spec.btf.raw(ty) else { return Ok(None) };
            if raw.info.tag != KindTag::Array || !spec.has_element(raw, step.index) {
                return Ok(None);
            }
            ty = spec.btf.resolve(TypeId(raw.tail(0)));
        }
        spec.step_to_element(ty, step.index)?;
    }
    Ok(Some(spec))
}

/// Looks for the member that a local step goes to.
struct MemberSearch<'l, 's, 't> {
    local: &'l Btf,
    step: &'l Step<'l>,
    spec: &'s mut Spec<'t>,
    /// Types without the member.
    seen: HashSet<TypeId>,
}

/// What a look at one member found.
enum Seen {
    /// The member, of this type.
    Member(TypeId),
    /// Not the member: look on.
    Other,
    /// A member of this name whose type does not fit.
    Unfit,
}

impl MemberSearch<'_, '_, '_> {
    fn within(&mut self, ty: TypeId, depth: usize) -> Result<Option<TypeId>, CoreError> {
        let btf = self.spec.btf;
        let ty = btf.resolve(ty);
        let Some(raw) = btf.raw(ty).ok().filter(|raw| raw.info.tag.is_composite()) else { return Ok(None) };
        if !self.seen.insert(ty) {
            return Ok(None);
        }
        if depth >= MAX_STEPS {
            return Err(btf.error_at(ty, BtfErrorKind::TooDeep(ty)).into());
        }
        for (index, member) in (0..).zip(raw.members()) {
            match self.member(ty, index, member, depth)? {
                Seen::Member(found) => return Ok(Some(found)),
                Seen::Unfit => return Ok(None),
                Seen::Other => {}
            }
        }
        Ok(None)
    }

    fn member(&mut self, ty: TypeId, index: u32, member: RawMember, depth: usize) -> Result<Seen, CoreError> {
        let btf = self.spec.btf;
        let wanted = self.step.name.unwrap_or_default();
        let target = TypeId(member.ty);
        let found = if btf.is_string(member.name, "")? {
            self.spec.members.push((ty, index));
            match self.within(target, depth + 1)? {
                Some(found) => Seen::Member(found),
                None => {
                    self.spec.members.pop();
                    Seen::Other
                }
            }
        } else if !btf.is_string(member.name, wanted)? {
            Seen::Other
        } else if fields_compatible(self.local, self.local_type()?, btf, target)? {
            self.spec.steps.push(Step { ty, index, name: Some(btf.string(member.name)?) });
            self.spec.members.push((ty, index));
            Seen::Member(target)
        } else {
            Seen::Unfit
        };
        if matches!(found, Seen::Member(_)) {
            self.spec.bit_offset += u64::from(member.bit_offset);
        }
        Ok(found)
    }

    fn local_type(&self) -> Result<TypeId, BtfError> {
        let member = self.local.raw(self.step.ty)?.member(self.step.index);
        member.map(|member| TypeId(member.ty)).ok_or_else(|| self.local.no_such_type(self.step.ty))
    }
}
