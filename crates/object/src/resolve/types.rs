//! The object's types, made fit for the kernel: sections with sizes, no declaration the kernel refuses, nothing that
//! is too new for it.
use super::contexts::Contexts;
use super::externs::{Externs, Value};
use super::{ResolveError, ResolveErrorKind, lacks};
use crate::{DataKind, FunctionInfo, Linkage, Object, Target};
use osmia_abi::{Feature, ProgramType};
use osmia_btf::{
    Builder, Composite, Enum, IntEncoding, Kind, Linkage as TypeLinkage, Member, Param, Type, TypeId, VarSlot,
};
use std::collections::HashMap;

/// The types while strings are still added.
pub(super) struct Types {
    builder: Option<Builder>,
    contexts: Contexts,
}

impl Types {
    pub(super) fn new(object: &Object, target: &Target, externs: &Externs) -> Result<Self, ResolveError> {
        let Some(btf) = object.btf.as_ref().filter(|_| !lacks(target, Feature::Btf)) else {
            return Ok(Self { builder: None, contexts: Contexts::default() });
        };
        let mut builder =
            Builder::from(btf).map_err(|error| ResolveError::new(".BTF", ResolveErrorKind::Btf(error)))?;
        fix_functions(&mut builder, object);
        fix_externs(&mut builder, object, externs);
        fix_sections(&mut builder, object, externs);
        let contexts = Contexts::new(&builder);
        sanitize(&mut builder, target);
        Ok(Self { builder: Some(builder), contexts })
    }

    /// For verifiers that do not know the tag `arg:ctx`: functions of a program of this kind whose parameters have it get
    /// types of their own, in which these are pointers to the context.
    pub(super) fn name_contexts(&mut self, kind: ProgramType, functions: &mut [FunctionInfo]) {
        if let Some(builder) = &mut self.builder {
            self.contexts.apply(builder, kind, functions);
        }
    }

    /// Whether there are types at all.
    pub(super) fn exist(&self) -> bool {
        self.builder.is_some()
    }

    /// The offset of a string.
    pub(super) fn string(&mut self, text: &str) -> u32 {
        self.builder.as_mut().map_or(0, |builder| builder.string(text))
    }

    pub(super) fn finish(self) -> Option<Vec<u8>> {
        self.builder.map(Builder::finish)
    }
}

/// Functions that only the object sees are to be checked at each call.
fn fix_functions(builder: &mut Builder, object: &Object) {
    for function in
        object.functions.values().filter(|it| it.linkage == Linkage::Static && it.program.is_none())
    {
        if let Some(Type { kind: Kind::Func { linkage, .. }, .. }) = builder.get_mut(function.type_id) {
            *linkage = TypeLinkage::Static;
        }
    }
}

/// The kernel takes no declaration of something that is elsewhere: make definitions of them.
fn fix_externs(builder: &mut Builder, object: &Object, externs: &Externs) {
    if object.externs.is_empty() {
        return;
    }
    let int = builder.add_int("int", 4, IntEncoding::SIGNED);
    let mut protos = Vec::new();
    for (key, symbol) in object.externs.iter() {
        let kconfig = matches!(externs.value(key), Value::Kconfig(_));
        match builder.get_mut(symbol.type_id).map(|ty| &mut ty.kind) {
            Some(Kind::Func { linkage, proto }) => {
                *linkage = TypeLinkage::Global;
                protos.push(*proto);
            }
            Some(Kind::Var { ty, linkage }) => {
                *linkage = TypeLinkage::Global;
                if !kconfig {
                    *ty = int;
                }
            }
            _ => {}
        }
    }
    for proto in protos {
        let Some(Type { kind: Kind::FuncProto { params, .. }, .. }) = builder.get_mut(proto) else {
            continue;
        };
        params
            .iter_mut()
            .filter(|it| it.name.is_empty() && !it.ty.is_void())
            .for_each(|it| it.name = "arg".into());
    }
}

/// Compilers leave sizes and offsets in sections to the linker.
fn fix_sections(builder: &mut Builder, object: &Object, externs: &Externs) {
    let places = places(object);
    let all: Vec<TypeId> = (1..builder.next_id().0).map(TypeId).collect();
    let mut dummy = None;
    for id in all {
        let Some(Type { name, kind: Kind::Datasec { size, vars } }) = builder.get(id).cloned() else {
            continue;
        };
        let (size, vars) = match name.as_str() {
            ".ksyms" => ksyms(builder, vars, &mut dummy),
            ".kconfig" => kconfig(builder, object, externs, vars),
            _ => placed(builder, places.get(name.as_str()), size, vars),
        };
        if let Some(ty) = builder.get_mut(id) {
            ty.kind = Kind::Datasec { size: size.max(1), vars };
        }
    }
}

/// A data section: its size, and where its variables are.
type Section<'a> = (u32, HashMap<&'a str, u32>);

fn places(object: &Object) -> HashMap<&str, Section<'_>> {
    let section = |data: &'_ crate::Data| u32::try_from(data.bytes.len()).unwrap_or(u32::MAX);
    object
        .data
        .values()
        .filter(|data| data.kind != DataKind::Kconfig)
        .map(|data| {
            let offsets = data.variables.iter().map(|it| (it.name.as_str(), it.offset)).collect();
            (data.name.as_str(), (section(data), offsets))
        })
        .collect()
}

/// A section of definitions: places come from the object, or are made up where it has none (`.maps`, `license`).
fn placed(
    builder: &Builder,
    section: Option<&Section<'_>>,
    size: u32,
    mut vars: Vec<VarSlot>,
) -> (u32, Vec<VarSlot>) {
    let mut end = 0u32;
    for slot in &mut vars {
        let name = builder.get(slot.ty).map_or("", |ty| ty.name.as_str());
        slot.offset = match section {
            Some((_, offsets)) => offsets.get(name).copied().unwrap_or(slot.offset),
            None => end,
        };
        end = slot.offset.saturating_add(slot.size).checked_next_multiple_of(8).unwrap_or(u32::MAX).max(end);
    }
    vars.sort_by_key(|slot| slot.offset);
    (section.map_or(end.max(size), |&(size, _)| size), vars)
}

/// A section of kernel symbols: an integer each, functions stand in it as one dummy variable.
fn ksyms(builder: &mut Builder, vars: Vec<VarSlot>, dummy: &mut Option<TypeId>) -> (u32, Vec<VarSlot>) {
    let slots = vars.into_iter().zip((0u32..).step_by(4)).map(|(slot, offset)| {
        let function = matches!(builder.get(slot.ty), Some(Type { kind: Kind::Func { .. }, .. }));
        let ty = match function {
            true => *dummy.get_or_insert_with(|| {
                let int = builder.add_int("int", 4, IntEncoding::SIGNED);
                builder.add_var("dummy_ksym", int, TypeLinkage::Global)
            }),
            false => slot.ty,
        };
        VarSlot { ty, offset, size: 4 }
    });
    let slots: Vec<VarSlot> = slots.collect();
    (slots.len() as u32 * 4, slots)
}

fn kconfig(
    builder: &Builder,
    object: &Object,
    externs: &Externs,
    mut vars: Vec<VarSlot>,
) -> (u32, Vec<VarSlot>) {
    let places: HashMap<&str, u32> = object
        .externs
        .iter()
        .filter_map(|(key, symbol)| match externs.value(key) {
            Value::Kconfig(offset) => Some((symbol.name.as_str(), *offset)),
            _ => None,
        })
        .collect();
    vars.retain_mut(|slot| {
        let place = builder.get(slot.ty).and_then(|ty| places.get(ty.name.as_str()));
        place.map(|offset| slot.offset = *offset).is_some()
    });
    vars.sort_by_key(|slot| slot.offset);
    (externs.kconfig.len() as u32, vars)
}

/// Replaces what the kernel cannot read by something that is as large.
fn sanitize(builder: &mut Builder, target: &Target) {
    let without: Vec<Feature> = [
        Feature::BtfDatasec,
        Feature::BtfFunc,
        Feature::BtfFuncGlobal,
        Feature::BtfFloat,
        Feature::BtfDeclTag,
        Feature::BtfTypeTag,
        Feature::BtfEnum64,
        Feature::BtfQuestionMark,
    ]
    .into_iter()
    .filter(|&feature| lacks(target, feature))
    .collect();
    let wide =
        without.contains(&Feature::BtfEnum64).then(|| builder.add_int("u64", 8, IntEncoding::UNSIGNED));
    for id in (1..builder.next_id().0).map(TypeId) {
        let Some(ty) = builder.get(id) else { continue };
        let name = |id: TypeId| builder.get(id).map_or_else(String::new, |ty| ty.name.clone());
        let plain = plain(ty, &without, wide.unwrap_or_default(), name);
        if let (Some(new), Some(ty)) = (plain, builder.get_mut(id)) {
            *ty = new;
        }
    }
}

/// What stands for `ty` on a kernel without some features; `None` where it can stay.
fn plain(ty: &Type, without: &[Feature], wide: TypeId, name: impl Fn(TypeId) -> String) -> Option<Type> {
    let lacks = |feature| without.contains(&feature);
    match &ty.kind {
        Kind::Datasec { size, vars } if lacks(Feature::BtfDatasec) => {
            let members = vars.iter().map(|slot| Member::at(name(slot.ty), slot.ty, slot.offset)).collect();
            let body = Composite { size: *size, members };
            Some(Type::new(ty.name.replace(['.', '?'], "_"), Kind::Struct(body)))
        }
        Kind::Var { .. } if lacks(Feature::BtfDatasec) => Some(Type::new(&ty.name, byte())),
        Kind::Datasec { size, vars } if ty.name.contains('?') && lacks(Feature::BtfQuestionMark) => {
            Some(Type::new(ty.name.replace('?', "_"), Kind::Datasec { size: *size, vars: vars.clone() }))
        }
        Kind::FuncProto { params, .. } if lacks(Feature::BtfFunc) => {
            let values = params.iter().enumerate().map(|(at, it)| enumerator(it, at)).collect();
            Some(Type::anonymous(Kind::Enum(Enum { size: 4, signed: false, values })))
        }
        Kind::Func { proto, .. } if lacks(Feature::BtfFunc) => {
            Some(Type::new(&ty.name, Kind::Typedef(*proto)))
        }
        Kind::Func { proto, linkage: TypeLinkage::Global } if lacks(Feature::BtfFuncGlobal) => {
            Some(Type::new(&ty.name, Kind::Func { proto: *proto, linkage: TypeLinkage::Static }))
        }
        Kind::Float { size } if lacks(Feature::BtfFloat) => {
            Some(Type::anonymous(Kind::Struct(Composite { size: *size, members: Vec::new() })))
        }
        Kind::DeclTag { .. } if lacks(Feature::BtfDeclTag) => Some(Type::anonymous(Kind::Ptr(TypeId::VOID))),
        Kind::TypeTag { ty, .. } if lacks(Feature::BtfTypeTag) => Some(Type::anonymous(Kind::Const(*ty))),
        Kind::Enum64(body) if lacks(Feature::BtfEnum64) => {
            let members = body.values.iter().map(|value| Member::at(&value.name, wide, 0)).collect();
            Some(Type::new(&ty.name, Kind::Union(Composite { size: body.size, members })))
        }
        _ => None,
    }
}

/// The smallest integer: what stands for a variable must not be larger than it.
fn byte() -> Kind {
    Kind::Int { size: 1, encoding: IntEncoding::UNSIGNED, offset: 0, bits: 8 }
}

fn enumerator(param: &Param, at: usize) -> osmia_btf::Enumerator {
    let name = if param.name.is_empty() { format!("arg{at}") } else { param.name.clone() };
    osmia_btf::Enumerator { name, value: at as i64 }
}
