//! Local copies of kernel types, with only the members that the script names: what CO-RE relocations start from.
use super::globals::Globals;
use super::walk::{self, Node};
use crate::typed::{ExprKind, Member, Program, TypeSet};
use osmia_btf::{Btf, Kind, KindTag, Type, TypeId};
use std::collections::{BTreeMap, BTreeSet};

/// A kernel structure's copy.
#[derive(Debug)]
struct Local {
    id: TypeId,
    /// What a relocation begins with, once that was asked for: itself, or a name for it if it has none; `None` where it
    /// cannot be named.
    root: Option<Option<TypeId>>,
    /// The kernel's numbers of the members it has, in order.
    members: Vec<u32>,
}

/// All copies, by the kernel's ids.
#[derive(Debug, Default)]
pub(super) struct LocalTypes {
    structures: BTreeMap<TypeId, Local>,
}

impl LocalTypes {
    /// Copies what `program` names of the kernel's types.
    pub(super) fn new(program: &Program, kernel: Option<&Btf>, globals: &mut Globals) -> Self {
        let Some(kernel) = kernel else { return Self::default() };
        let mut wanted: BTreeMap<TypeId, BTreeSet<u32>> = BTreeMap::new();
        for probe in &program.probes {
            walk::probe(probe, &mut |node| {
                let Node::Expr(it) = node else { return };
                let (ExprKind::Field { member, .. }
                | ExprKind::TracepointField(_, Some(member))
                | ExprKind::CommOf { name: member, .. }) = &it.kind
                else {
                    return;
                };
                if member.of.set == TypeSet::Kernel {
                    want(kernel, member, &mut wanted);
                }
            });
        }
        Self::copy(kernel, &wanted, globals)
    }

    fn copy(kernel: &Btf, wanted: &BTreeMap<TypeId, BTreeSet<u32>>, globals: &mut Globals) -> Self {
        let mut copies = Copies { kernel, globals, made: BTreeMap::new() };
        let mut all = Self::default();
        for (&id, members) in wanted {
            let local = copies.structure(id);
            let members = members.iter().copied().collect();
            all.structures.insert(id, Local { id: local, root: None, members });
        }
        for (&id, local) in &all.structures {
            copies.fill(id, local);
        }
        all
    }

    /// What a relocation for a member of this structure begins with.
    pub(super) fn root(&mut self, kernel: &Btf, of: TypeId, globals: &mut Globals) -> Option<TypeId> {
        let local = self.structures.get_mut(&of)?;
        let id = local.id;
        *local.root.get_or_insert_with(|| name(kernel, of, id, globals))
    }

    /// A member's path in the local types.
    pub(super) fn path(&self, kernel: &Btf, member: &Member) -> Option<Vec<u32>> {
        let mut of = member.of.id;
        let mut path = Vec::new();
        for &index in &member.path {
            let members = &self.structures.get(&of)?.members;
            path.push(u32::try_from(members.iter().position(|&it| it == index)?).ok()?);
            of = member_type(kernel, of, index)?;
        }
        Some(path)
    }
}

fn member_type(kernel: &Btf, of: TypeId, index: u32) -> Option<TypeId> {
    kernel.member(of, index).map(|member| kernel.resolve(member.ty))
}

/// A structure without a name is found by that of a type definition.
fn name(kernel: &Btf, id: TypeId, local: TypeId, globals: &mut Globals) -> Option<TypeId> {
    if kernel.name(id).is_some_and(|name| !name.is_empty()) {
        return Some(local);
    }
    let is_name = |it: &TypeId| {
        kernel.tag(*it) == Some(KindTag::Typedef)
            && matches!(kernel.get(*it), Ok(ty) if ty.kind == Kind::Typedef(id))
    };
    let name = kernel.name(kernel.ids().find(is_name)?)?.to_owned();
    Some(globals.module.btf.add_typedef(&name, local))
}

fn want(kernel: &Btf, member: &Member, wanted: &mut BTreeMap<TypeId, BTreeSet<u32>>) {
    let mut of = member.of.id;
    for &index in &member.path {
        wanted.entry(of).or_default().insert(index);
        let Some(next) = member_type(kernel, of, index) else { return };
        of = next;
    }
}

/// Copying, and what has been copied.
struct Copies<'a> {
    kernel: &'a Btf,
    globals: &'a mut Globals,
    made: BTreeMap<TypeId, TypeId>,
}

impl Copies<'_> {
    /// A structure, union or enum with its name and size only.
    fn structure(&mut self, id: TypeId) -> TypeId {
        if let Some(&made) = self.made.get(&id) {
            return made;
        }
        let outline = self.kernel.outline(id).unwrap_or(Type::anonymous(Kind::Void));
        let made = self.globals.module.btf.add(outline);
        self.made.insert(id, made);
        made
    }

    fn fill(&mut self, id: TypeId, local: &Local) {
        let picked = local.members.iter().filter_map(|&index| self.kernel.member(id, index));
        let mut members: Vec<_> = picked.collect();
        members.iter_mut().for_each(|member| member.ty = self.member(member.ty));
        if let Some(Type { kind: Kind::Struct(body) | Kind::Union(body), .. }) =
            self.globals.module.btf.get_mut(local.id)
        {
            body.members = members;
        }
    }

    /// A member's type: numbers as they are, pointers to nothing, structures as they were copied.
    fn member(&mut self, id: TypeId) -> TypeId {
        let id = self.kernel.resolve(id);
        let Ok(ty) = self.kernel.outline(id) else { return TypeId::VOID };
        match ty.kind {
            Kind::Int { size, encoding, .. } if matches!(size, 1 | 2 | 4 | 8) => {
                self.globals.int(size, encoding.is_signed())
            }
            Kind::Ptr(_) => self.globals.void_pointer(),
            Kind::Array { element, len, .. } => {
                let (element, index) = (self.member(element), self.globals.int(4, false));
                self.globals.module.btf.add_array(element, index, len)
            }
            Kind::Void | Kind::Fwd { .. } | Kind::Func { .. } | Kind::FuncProto { .. } => TypeId::VOID,
            _ => self.structure(id),
        }
    }
}
