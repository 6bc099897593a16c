//! The least types of a kernel by which relocations end as they do by all of them.
//!
//! Of fields that are asked for, their structures are kept with these members alone; of types, what they stand for, without
//! members; of types that are to match, all that is compared.
use super::resolve::Found;
use super::{Candidates, CoreError, CoreReloc, RelocKind, resolve::resolve_found};
use crate::{Btf, BtfError, Builder, Kind, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What of a kernel's types relocations use.
#[derive(Clone, Debug, Default)]
pub struct Used {
    types: BTreeSet<TypeId>,
    members: BTreeSet<(TypeId, u32)>,
}

/// How much of a type is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Depth {
    /// What is behind pointers is not.
    Here,
    /// What is behind pointers is, too.
    Through,
    /// Members and what is behind pointers, whose own members are not.
    Whole,
    /// Behind a pointer of a [`Depth::Whole`].
    Behind,
}

impl Used {
    /// Notes what one relocation of an object uses: nothing where the kernel has not what it asks for.
    pub fn record(
        &mut self,
        local: &Btf,
        reloc: &CoreReloc,
        kernel: &Btf,
        candidates: &mut Candidates,
    ) -> Result<(), CoreError> {
        if reloc.kind == RelocKind::TypeIdLocal {
            return Ok(());
        }
        let Some(Found { root, members }) = resolve_found(local, reloc, kernel, candidates)? else {
            return Ok(());
        };
        let depth = match reloc.kind {
            RelocKind::TypeIdTarget | RelocKind::TypeExists | RelocKind::TypeSize => Depth::Through,
            RelocKind::TypeMatches => Depth::Whole,
            _ => Depth::Here,
        };
        let mut seen = HashSet::new();
        self.mark(kernel, root, depth, &mut seen)?;
        for (ty, index) in members {
            self.members.insert((ty, index));
            if let Some(member) = kernel.raw(ty)?.member(index) {
                self.mark(kernel, TypeId(member.ty), depth, &mut seen)?;
            }
        }
        Ok(())
    }

    fn mark(
        &mut self,
        kernel: &Btf,
        root: TypeId,
        depth: Depth,
        seen: &mut HashSet<(TypeId, Depth)>,
    ) -> Result<(), BtfError> {
        let mut left = vec![(root, depth)];
        while let Some((id, depth)) = left.pop() {
            if id.is_void() || !seen.insert((id, depth)) {
                continue;
            }
            self.types.insert(id);
            match kernel.get(id)?.kind {
                Kind::Ptr(to) => left.extend(match depth {
                    Depth::Here => None,
                    Depth::Through => Some((to, depth)),
                    Depth::Whole | Depth::Behind => Some((to, Depth::Behind)),
                }),
                Kind::Struct(body) | Kind::Union(body) if depth == Depth::Whole => {
                    for (index, member) in (0..).zip(body.members) {
                        self.members.insert((id, index));
                        left.push((member.ty, depth));
                    }
                }
                Kind::Struct(_) | Kind::Union(_) => {}
                // A pointer is behind us: what is reached otherwise than by its own names is whole again.
                mut kind @ (Kind::Array { .. } | Kind::FuncProto { .. }) => {
                    let depth = if depth == Depth::Behind { Depth::Whole } else { depth };
                    kind.map_ids(|id| {
                        left.push((id, depth));
                        id
                    });
                }
                mut kind => kind.map_ids(|id| {
                    left.push((id, depth));
                    id
                }),
            }
        }
        Ok(())
    }

    /// The types that were noted, as the bytes of `.BTF`, in the kernel's order. What they refer to beyond is `void`.
    pub fn write(&self, kernel: &Btf) -> Result<Vec<u8>, BtfError> {
        let mut ids = BTreeMap::from([(TypeId::VOID, TypeId::VOID)]);
        ids.extend(self.types.iter().zip(1..).map(|(&old, new)| (old, TypeId(new))));
        let mut builder = Builder::with_endian(kernel.endian());
        for &id in &self.types {
            let mut ty = kernel.get(id)?;
            if let Kind::Struct(body) | Kind::Union(body) = &mut ty.kind {
                let mut index = 0..;
                body.members
                    .retain(|_| index.next().is_some_and(|index| self.members.contains(&(id, index))));
            }
            ty.kind.map_ids(|old| ids.get(&old).copied().unwrap_or(TypeId::VOID));
            builder.add(ty);
        }
        Ok(builder.finish())
    }
}
