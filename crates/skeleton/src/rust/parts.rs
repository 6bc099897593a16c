//! What an object has, with names and types as Rust spells them.
use super::PATH;
use crate::SkeletonError;
use crate::globals::{self, Variable};
use osmia_abi::MapType;
use osmia_btf::{Btf, TypeId, rust};
use osmia_object::{DataKind, Map, MapDecl, Object};
use std::collections::HashSet;

/// What an object has.
pub(super) struct Parts {
    /// Definitions of types.
    pub(super) types: String,
    pub(super) sections: Vec<Section>,
    pub(super) maps: Vec<Handle>,
    pub(super) programs: Vec<Handle>,
    pub(super) structures: Vec<Handle>,
}

/// Something with a handle.
pub(super) struct Handle {
    /// Its name in the object.
    pub(super) name: String,
    /// The field.
    pub(super) ident: String,
    /// For maps.
    pub(super) typed: Typed,
    /// Whether something can be said of it before it is loaded.
    pub(super) settable: bool,
}

/// What a map's handle is.
#[derive(Clone)]
pub(super) enum Typed {
    Any,
    Records,
    Queue(String),
    Map(String, String),
    PerCpu(String, String),
}

/// A section of variables.
pub(super) struct Section {
    pub(super) name: String,
    pub(super) ident: String,
    /// Fields and their types, gaps included.
    pub(super) fields: Vec<(String, String)>,
    /// Where variables are.
    pub(super) places: Vec<(String, u32)>,
    /// Whether it is there before loading.
    pub(super) open: bool,
    /// Whether it is there after loading.
    pub(super) loaded: bool,
    /// Whether it is frozen then.
    pub(super) frozen: bool,
}

impl Parts {
    pub(super) fn of(object: &Object, btf: &Btf, name: &str) -> Result<Self, SkeletonError> {
        let plain = globals::sections(object, btf, name)?;
        let structures = globals::structures(object, btf, name)?;
        let all: Vec<&globals::Section> = plain.iter().chain(&structures).filter(|it| it.mapped).collect();
        let mut taken =
            HashSet::from(["object", "maps", "programs", "structures", "links"].map(str::to_owned));
        let idents: Vec<String> = all.iter().map(|it| unique(&mut taken, &it.ident)).collect();
        let declared: Vec<&Map> = object.maps.values().filter(|map| map.decl == MapDecl::Btf).collect();
        let wants = Wants::of(&all, &declared, btf);
        let reserved: Vec<&str> = idents.iter().map(String::as_str).collect();
        let (types, spelled) = rust::plain(btf, &wants.types(), PATH, &reserved)?;
        let spelled = |ty: TypeId| {
            let place = wants.0.iter().position(|(known, _)| *known == ty);
            place.and_then(|place| spelled.get(place)).map(String::as_str)
        };
        let sections = all
            .iter()
            .zip(&idents)
            .map(|(section, ident)| lay_out(object, btf, section, ident, &spelled))
            .collect::<Result<_, _>>()?;
        let mut names = HashSet::new();
        let maps = declared.iter().map(|map| Handle {
            typed: map_type(map, btf, &spelled),
            settable: true,
            ..handle(&map.name, &mut names)
        });
        let maps = maps.collect();
        // Programs and structures share the names of links.
        let mut names = HashSet::new();
        let programs = object.functions.values().filter(|it| it.program.is_some());
        let programs = programs.map(|it| handle(&it.name, &mut names)).collect();
        let variables = object.data.values().filter(|it| it.kind == DataKind::StructOps);
        let variables = variables.flat_map(|data| &data.variables);
        let structures = variables.map(|it| handle(&it.name, &mut names)).collect();
        Ok(Self { types, sections, maps, programs, structures })
    }
}

fn handle(name: &str, names: &mut HashSet<String>) -> Handle {
    Handle { name: name.to_owned(), ident: unique(names, name), typed: Typed::Any, settable: false }
}

/// A field's name that no other has.
fn unique(taken: &mut HashSet<String>, name: &str) -> String {
    let first = rust::identifier(name);
    let numbered = (2..).map(|number: u32| rust::identifier(&format!("{name}_{number}")));
    let free = std::iter::once(first).chain(numbered).find(|it| !taken.contains(it)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// Types that are spelled, each once, and what they are called if they have no name.
struct Wants(Vec<(TypeId, String)>);

impl Wants {
    fn of(sections: &[&globals::Section], maps: &[&Map], btf: &Btf) -> Self {
        let variables = sections.iter().flat_map(|it| &it.variables);
        let variables = variables.map(|it| (it.ty, it.name.clone()));
        let elements = maps.iter().flat_map(|map| {
            [(map.key_type, format!("{}_key", map.name)), (map.value_type, format!("{}_value", map.name))]
        });
        let mut seen = HashSet::new();
        let wanted = variables.chain(elements).filter(|(ty, _)| {
            // Types without a size have no values.
            !ty.is_void() && btf.size_of(*ty).is_ok() && seen.insert(*ty)
        });
        Self(wanted.collect())
    }

    fn types(&self) -> Vec<(TypeId, &str)> {
        self.0.iter().map(|(ty, name)| (*ty, name.as_str())).collect()
    }
}

fn lay_out<'a>(
    object: &Object,
    btf: &Btf,
    section: &globals::Section,
    ident: &str,
    spelled: &impl Fn(TypeId) -> Option<&'a str>,
) -> Result<Section, SkeletonError> {
    let (mut fields, mut places, mut names, mut at) = (Vec::new(), Vec::new(), HashSet::new(), 0);
    for variable in &section.variables {
        let Variable { name, ty, offset, size } = variable;
        if at > *offset {
            return Err(SkeletonError::Overlap { section: section.name.clone(), variable: name.clone() });
        }
        if at < *offset {
            fields.push((unique(&mut names, &format!("_pad{at}")), format!("[u8; {}]", offset - at)));
        }
        let field = unique(&mut names, name);
        let aligned = btf.align_of(*ty).is_ok_and(|align| u64::from(*offset).is_multiple_of(align));
        let text = spelled(*ty).filter(|_| aligned).map_or_else(|| format!("[u8; {size}]"), str::to_owned);
        places.push((field.clone(), *offset));
        fields.push((field, text));
        at = offset.saturating_add(*size);
    }
    let kind = object.data.values().find(|data| data.name == section.name).map(|data| data.kind);
    let structures = kind == Some(DataKind::StructOps);
    Ok(Section {
        name: section.name.clone(),
        ident: ident.to_owned(),
        fields,
        places,
        open: !section.constant,
        loaded: !structures,
        frozen: section.constant || kind == Some(DataKind::ReadOnly),
    })
}

fn map_type<'a>(map: &Map, btf: &Btf, spelled: &impl Fn(TypeId) -> Option<&'a str>) -> Typed {
    use MapType as M;
    let own = |ty: TypeId, size: u32| {
        let fits = btf.size_of(ty).is_ok_and(|bytes| bytes == u64::from(size));
        let text = spelled(ty).filter(|_| fits).map(str::to_owned);
        text.map(in_types).unwrap_or_else(|| match size {
            4 => "u32".to_owned(),
            8 => "u64".to_owned(),
            _ => format!("[u8; {size}]"),
        })
    };
    let (key, value) = (own(map.key_type, map.key_size), own(map.value_type, map.value_size));
    match map.kind {
        M::Ringbuf | M::PerfEventArray => Typed::Records,
        M::UserRingbuf | M::Arena | M::StructOps | M::BloomFilter => Typed::Any,
        M::Queue | M::Stack if map.value_size > 0 => Typed::Queue(value),
        _ if map.key_size == 0 || map.value_size == 0 => Typed::Any,
        M::PercpuHash | M::PercpuArray | M::LruPercpuHash | M::PercpuCgroupStorage => {
            Typed::PerCpu(key, value)
        }
        _ => Typed::Map(key, value),
    }
}

/// How a type is spelled outside of the module of types.
fn in_types(text: String) -> String {
    let (open, rest) = text.split_at(text.len() - text.trim_start_matches('[').len());
    let end = rest.find([';', ' ']).unwrap_or(rest.len());
    let (word, rest) = rest.split_at(end);
    let known = ["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32", "f64"];
    match known.contains(&word) || word.starts_with("::") {
        true => text,
        false => format!("{open}types::{word}{rest}"),
    }
}
