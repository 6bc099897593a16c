//! Structures of functions (`struct_ops`): an object's structure laid out as the kernel's own, member by member of the same
//! name. What the kernel's does not have must be zero (or a program, which is left out then), as libbpf has it.
use super::{ResolveError, ResolveErrorKind as Kind};
use crate::{Data, DataKind, FunctionKey, ImageMap, Object, Structure, Symbol, Target};
use osmia_abi::MapType;
use osmia_abi::flags::LINK;
use osmia_btf::core::essential_name;
use osmia_btf::{Btf, Composite, Kind as TypeKind, Member as BtfMember, TypeId};
use std::collections::HashMap;

/// How the name of the kernel's type of the map's value begins.
const VALUE: &str = "bpf_struct_ops_";
/// The section whose structures are registered by links.
const LINKED: &str = ".struct_ops.link";

/// Programs that are members of structures.
#[derive(Debug, Default)]
pub(super) struct Members {
    placed: HashMap<FunctionKey, Member>,
    /// Programs of members that the kernel does not have, and why: nobody wants them.
    dropped: HashMap<FunctionKey, String>,
}

/// Which member a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The kernel's structure, in [`Target::btf`].
    pub(super) structure: TypeId,
    /// Its place among the structure's members.
    pub(super) index: u32,
    /// Whether any structure that is made wants it.
    pub(super) autoload: bool,
}

impl Members {
    pub(super) fn get(&self, key: FunctionKey) -> Option<Member> {
        self.placed.get(&key).copied()
    }

    /// Whether a program is loaded by itself, given what its section says.
    pub(super) fn autoload(&self, key: FunctionKey, section: bool) -> bool {
        match self.get(key) {
            Some(member) => member.autoload,
            None => section && !self.dropped.contains_key(&key),
        }
    }

    /// Why a program's structure, or its member of one, is not on this machine.
    pub(super) fn absent(&self, key: FunctionKey) -> Option<&str> {
        self.dropped.get(&key).map(String::as_str)
    }

    /// Notes that a structure wants a program.
    fn note(&mut self, key: FunctionKey, member: Member) -> Result<(), Kind> {
        let known = self.placed.entry(key).or_insert(member);
        known.autoload |= member.autoload;
        if (known.structure, known.index) == (member.structure, member.index) {
            return Ok(());
        }
        Err(bad("one program cannot be two different members"))
    }
}

fn bad(what: impl Into<String>) -> Kind {
    Kind::Structure(what.into())
}

/// Adds a map for each structure of an object.
pub(super) fn add(
    object: &Object,
    target: &Target,
    programs: &HashMap<FunctionKey, usize>,
    maps: &mut Vec<ImageMap>,
) -> Members {
    let mut members = Members::default();
    let Some(btf) = &object.btf else { return members };
    for data in object.data.values().filter(|data| data.kind == DataKind::StructOps) {
        for (name, offset, ty) in instances(btf, data) {
            let local = Local { object, btf, data, offset, ty };
            maps.push(map(&local, name, target, programs, &mut members));
        }
    }
    members
}

/// The variables of a section: name, offset, type.
fn instances(btf: &Btf, data: &Data) -> Vec<(String, u32, TypeId)> {
    let Ok(TypeKind::Datasec { vars, .. }) = btf.get(data.type_id).map(|ty| ty.kind) else {
        return Vec::new();
    };
    let place = |slot: &osmia_btf::VarSlot| {
        let variable = btf.get(slot.ty).ok()?;
        let TypeKind::Var { ty, .. } = variable.kind else { return None };
        let known = data.variables.iter().find(|known| known.name == variable.name);
        Some((variable.name, known.map_or(slot.offset, |known| known.offset), btf.resolve(ty)))
    };
    vars.iter().filter_map(place).collect()
}

/// One structure in the object.
struct Local<'a> {
    object: &'a Object,
    btf: &'a Btf,
    data: &'a Data,
    offset: u32,
    ty: TypeId,
}

fn map(
    local: &Local<'_>,
    name: String,
    target: &Target,
    programs: &HashMap<FunctionKey, usize>,
    members: &mut Members,
) -> ImageMap {
    let section = local.data.name.trim_start_matches('?');
    let create = section.len() == local.data.name.len();
    let link = section == LINKED;
    let mut map = ImageMap {
        name,
        kind: MapType::StructOps,
        key_size: 4,
        max_entries: 1,
        flags: if link { LINK } else { 0 },
        create,
        ..ImageMap::default()
    };
    match fit(local, target, create, members) {
        Ok(fitted) => {
            map.value_size = u32::try_from(fitted.value.len()).unwrap_or(u32::MAX);
            let place = |(offset, key): (u32, FunctionKey)| Some((offset, *programs.get(&key)?));
            let functions = fitted.functions.into_iter().filter_map(place).collect();
            let module = target.module_of(fitted.value_type).map(|of| of.module.clone());
            let value_type = target.own_id(fitted.value_type);
            let (name, value) = (fitted.name, fitted.value);
            map.structure = Some(Box::new(Structure { name, value_type, module, value, functions, link }));
        }
        Err(kind) => {
            let error = ResolveError::new(&map.name, kind);
            let why = error.to_string();
            map.unfit = Some(error);
            let size = local.btf.size_of(local.ty).unwrap_or(0);
            let end = u64::from(local.offset).saturating_add(size);
            let own = |(at, _): &&(u32, Symbol)| *at >= local.offset && u64::from(*at) < end;
            let all = local.data.relocs.iter().filter(own).filter_map(function);
            members.dropped.extend(all.map(|key| (key, why.clone())));
        }
    }
    map
}

/// A structure as the kernel has it.
struct Fitted {
    name: String,
    /// In [`Target::btf`].
    value_type: TypeId,
    value: Vec<u8>,
    functions: Vec<(u32, FunctionKey)>,
}

fn fit(local: &Local<'_>, target: &Target, create: bool, members: &mut Members) -> Result<Fitted, Kind> {
    let ty = local.btf.get(local.ty).map_err(Kind::Btf)?;
    let TypeKind::Struct(body) = ty.kind else { return Err(bad("it is not a structure")) };
    let name = essential_name(&ty.name).to_owned();
    if name.is_empty() {
        return Err(bad("its type has no name that the kernel could know"));
    }
    let kernel = Kernel::find(target.btf.as_ref().ok_or(Kind::NoKernelBtf)?, &name)?;
    let size = usize::try_from(kernel.btf.size_of(kernel.value).map_err(Kind::Btf)?);
    let size = size.ok().filter(|size| *size <= 1 << 20).ok_or_else(|| bad("it is too large"))?;
    let mut fitted = Fitted { name, value_type: kernel.value, value: vec![0; size], functions: Vec::new() };
    for member in &body.members {
        place(local, &kernel, member, create, (&mut fitted, members))?;
    }
    Ok(fitted)
}

/// The kernel's side.
struct Kernel<'a> {
    btf: &'a Btf,
    /// `bpf_struct_ops_NAME`.
    value: TypeId,
    /// `NAME`.
    structure: TypeId,
    body: Composite,
    /// Where the structure is in the value, in bytes.
    offset: u32,
}

impl<'a> Kernel<'a> {
    fn find(btf: &'a Btf, name: &str) -> Result<Self, Kind> {
        let missing = |name: String| Kind::Structure(format!("the kernel has no structure `{name}`"));
        let wrapper = format!("{VALUE}{name}");
        let value = btf.find_struct(&wrapper).ok_or_else(|| missing(wrapper))?;
        let outer = btf.get(value).map_err(Kind::Btf)?;
        for member in outer.kind.members() {
            let inner = btf.get(member.ty).map_err(Kind::Btf)?;
            if let (TypeKind::Struct(body), true) = (inner.kind, inner.name == name) {
                let offset = member.bit_offset / 8;
                return Ok(Self { btf, value, structure: member.ty, body, offset });
            }
        }
        Err(missing(name.to_owned()))
    }
}

/// Puts one member of the object's structure into the kernel's.
fn place(
    local: &Local<'_>,
    kernel: &Kernel<'_>,
    member: &BtfMember,
    create: bool,
    (fitted, members): (&mut Fitted, &mut Members),
) -> Result<(), Kind> {
    let own = local.offset.saturating_add(member.bit_offset / 8);
    let size = local.btf.size_of(member.ty).map_err(Kind::Btf)?;
    let bytes = bytes(local.data, own, size).ok_or_else(|| bad("it goes past its section's end"))?;
    let program = program(local, own)?;
    let says = |what: &str| bad(format!("its member `{}` {what}", member.name));
    let same = |(_, theirs): &(u32, &BtfMember)| theirs.name == member.name;
    let Some((index, theirs)) = (0..).zip(&kernel.body.members).find(same) else {
        // A program at a member that the kernel does not have is not wanted; nor is a member that says nothing.
        return match bytes.iter().all(|byte| *byte == 0) {
            true => {
                let why = format!("the kernel's structure has no member `{}`", member.name);
                members.dropped.extend(program.map(|key| (key, why)));
                Ok(())
            }
            false => Err(says("is not in the kernel's structure, and not zero")),
        };
    };
    if member.bit_size.is_some() || theirs.bit_size.is_some() {
        return Err(says("is a bit-field, which cannot be placed"));
    }
    let (ours, other) = (local.btf.resolve(member.ty), kernel.btf.resolve(theirs.ty));
    if local.btf.tag(ours) != kernel.btf.tag(other) {
        return Err(says("has another type in the kernel"));
    }
    let at = kernel.offset.saturating_add(theirs.bit_offset / 8);
    if let TypeKind::Ptr(to) = kernel.btf.get(other).map_err(Kind::Btf)?.kind {
        let Some(key) = program else { return Ok(()) };
        let proto = kernel.btf.get(kernel.btf.resolve(to)).map_err(Kind::Btf)?.kind;
        if !matches!(proto, TypeKind::FuncProto { .. }) {
            return Err(says("is no function in the kernel"));
        }
        members.note(key, Member { structure: kernel.structure, index, autoload: create })?;
        fitted.functions.push((at, key));
        return Ok(());
    }
    if kernel.btf.size_of(other).map_err(Kind::Btf)? != size {
        return Err(says("has another size in the kernel"));
    }
    let room = fitted.value.get_mut(at as usize..).and_then(|rest| rest.get_mut(..bytes.len()));
    room.ok_or_else(|| says("does not fit into the kernel's structure"))?.copy_from_slice(bytes);
    Ok(())
}

fn function((_, symbol): &(u32, Symbol)) -> Option<FunctionKey> {
    match symbol {
        Symbol::Function(key) => Some(*key),
        _ => None,
    }
}

fn bytes(data: &Data, offset: u32, size: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    data.bytes.get(start..start.checked_add(usize::try_from(size).ok()?)?)
}

/// The program that a pointer at this offset of the section refers to.
fn program(local: &Local<'_>, offset: u32) -> Result<Option<FunctionKey>, Kind> {
    let at = local.data.relocs.partition_point(|(place, _)| *place < offset);
    match local.data.relocs.get(at) {
        Some((place, Symbol::Function(key))) if *place == offset => {
            let kind = local.object.functions.get(*key).and_then(|it| it.program.as_ref()).map(|it| it.kind);
            match kind {
                Some(osmia_abi::ProgramType::StructOps) => Ok(Some(*key)),
                _ => Err(bad("one of its functions is no program of a section `struct_ops`")),
            }
        }
        Some((place, _)) if *place == offset => {
            Err(bad("one of its pointers leads to something that is no program"))
        }
        _ => Ok(None),
    }
}
