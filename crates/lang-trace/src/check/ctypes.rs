//! The script's own C definitions as BTF, laid out as a C compiler for this machine would.
mod layout;
mod number;

use super::cast::{basic_type, of_words};
use crate::ast::{CAttributes, CDefinition, CItem, CTag, Expr, Preamble, TypeName, TypeNameKind};
use crate::typed::Type as Known;
use layout::{Layout, Placed};
use number::Effort;
use osmia_base::{Diagnostics, Span};
use osmia_btf::{Btf, Builder, Composite, Enum, Enumerator, IntEncoding, Kind, Member, Type, TypeId};
use std::collections::{BTreeMap, HashMap};

/// Types that take room in structures, and that nothing can be done with.
const FLOATS: &[(&str, u32)] = &[("float", 4), ("double", 8), ("long double", 16), ("double long", 16)];

/// Types may nest so deep.
const MAX_DEPTH: u32 = 32;

/// All types that the preamble defines; `None` where it defines none.
pub(super) fn script_types(
    preamble: &Preamble,
    kernel: Option<&Btf>,
    defines: &BTreeMap<String, Expr>,
    diagnostics: &mut Diagnostics,
) -> Option<Btf> {
    let mut maker = Maker {
        builder: Builder::new(),
        kernel,
        defines,
        named: BTreeMap::new(),
        defined: BTreeMap::new(),
        enumerators: BTreeMap::new(),
        effort: Effort::default(),
        imported: HashMap::new(),
        open: Vec::new(),
        diagnostics,
    };
    let mut any = false;
    for item in &preamble.items {
        match item {
            CItem::Type(definition) => {
                any = true;
                maker.definition(definition, MAX_DEPTH);
            }
            CItem::Typedef { name, ty, attributes } => {
                any = true;
                maker.typedef(&name.node, ty, attributes);
            }
            CItem::Include { .. } | CItem::Define { .. } => {}
        }
    }
    if !any {
        return None;
    }
    Btf::parse(maker.builder.finish()).ok()
}

/// A type and what laying it out needs.
#[derive(Clone, Copy, Debug)]
struct Laid {
    id: TypeId,
    size: u32,
    align: u32,
}

/// Bytes of a type: places in it are counted in bits, in numbers of 32 bits (BTF).
const LARGEST: u32 = 1 << 29;

struct Maker<'a> {
    builder: Builder,
    kernel: Option<&'a Btf>,
    /// Words that stand for expressions.
    defines: &'a BTreeMap<String, Expr>,
    named: BTreeMap<String, Laid>,
    /// Where structures, unions and enumerations are defined, which share their names.
    defined: BTreeMap<String, Span>,
    enumerators: BTreeMap<String, i64>,
    effort: Effort,
    imported: HashMap<TypeId, TypeId>,
    /// Structures and unions whose members are being read: nobody knows yet how large they are.
    open: Vec<TypeId>,
    diagnostics: &'a mut Diagnostics,
}

impl Maker<'_> {
    fn typedef(&mut self, name: &str, ty: &TypeName, attributes: &CAttributes) {
        let laid = match ty.kind {
            // There are only pointers to it.
            TypeNameKind::Function => Some(Laid { id: TypeId::VOID, size: 0, align: 1 }),
            _ => self.type_name(ty, MAX_DEPTH),
        };
        if let Some(laid) = laid {
            let align = self.aligned(attributes).unwrap_or(laid.align);
            let id = self.builder.add_typedef(name, laid.id);
            self.named.insert(name.to_owned(), Laid { id, align, ..laid });
        }
    }

    fn definition(&mut self, definition: &CDefinition, depth: u32) -> Option<Laid> {
        self.once(definition);
        let name = definition.name.as_ref().map_or("", |name| name.node.as_str());
        let laid = match definition.tag {
            CTag::Enum => self.enumeration(name, definition, depth),
            CTag::Struct | CTag::Union => self.composite(name, definition, depth)?,
        };
        if !name.is_empty() {
            self.named.insert(format!("{} {name}", definition.tag.word()), laid);
        }
        Some(laid)
    }

    /// Refuses a second definition of a name.
    fn once(&mut self, definition: &CDefinition) {
        let Some(name) = &definition.name else { return };
        let first = self.defined.entry(name.node.clone()).or_insert(name.span);
        if *first != name.span {
            self.diagnostics.error(name.span, format!("redefinition of '{}'", name.node));
            self.diagnostics.error(*first, "the first definition is here");
        }
    }

    fn enumeration(&mut self, name: &str, definition: &CDefinition, depth: u32) -> Laid {
        let mut next = 0;
        let mut values = Vec::new();
        for entry in &definition.names {
            if let Some(value) = entry.value.as_ref().and_then(|value| self.number(value)) {
                next = value;
            }
            values.push(Enumerator { name: entry.name.node.clone(), value: next });
            self.enumerators.insert(entry.name.node.clone(), next);
            next = next.wrapping_add(1);
        }
        let signed = values.iter().any(|value| value.value < 0);
        let base = definition.base.as_ref().and_then(|base| self.type_name(base, depth.checked_sub(1)?));
        let size = match base {
            Some(base) => base.size.clamp(1, 8),
            None => layout::enumeration(&values, &definition.attributes),
        };
        let align = self.aligned(&definition.attributes).unwrap_or(0).max(size);
        let id = self.builder.add_enum(name, Enum { size, signed, values });
        Laid { id, size, align }
    }

    fn composite(&mut self, name: &str, definition: &CDefinition, depth: u32) -> Option<Laid> {
        if depth == 0 {
            self.diagnostics.error(definition.span, "types are nested too deep");
            return None;
        }
        // The number is taken first, so that members can point to the type itself.
        let union = definition.tag == CTag::Union;
        let own =
            Laid { id: self.builder.add(Type::new(name, kind(union, 0, Vec::new()))), size: 0, align: 1 };
        if !name.is_empty() {
            self.named.insert(format!("{} {name}", definition.tag.word()), own);
        }
        self.open.push(own.id);
        let layout = self.members(definition, depth);
        self.open.pop();
        let mut layout = layout?;
        layout.align = layout.align.max(self.aligned(&definition.attributes).unwrap_or(1));
        let Some(size) = layout.size() else {
            self.too_large(definition.span);
            return None;
        };
        if let Some(ty) = self.builder.get_mut(own.id) {
            ty.kind = kind(union, size, layout.members);
        }
        Some(Laid { id: own.id, size, align: layout.align })
    }

    fn members(&mut self, definition: &CDefinition, depth: u32) -> Option<Layout> {
        let mut layout = Layout::of(definition.tag);
        for field in &definition.fields {
            let Some(laid) = self.type_name(&field.ty, depth - 1) else { continue };
            let bits = match &field.bits {
                None => None,
                Some(bits) => match self.width(field, bits, laid) {
                    None => continue,
                    width => width,
                },
            };
            let placed = Placed {
                name: field.name.as_ref().map_or("", |name| name.node.as_str()),
                ty: laid.id,
                size: laid.size,
                align: laid.align,
                bits,
                packed: definition.attributes.packed || field.attributes.packed,
                aligned: self.aligned(&field.attributes),
            };
            if layout.add(&placed).is_none() {
                self.too_large(field.ty.span);
                return None;
            }
        }
        Some(layout)
    }

    fn type_name(&mut self, ty: &TypeName, depth: u32) -> Option<Laid> {
        if depth == 0 {
            self.diagnostics.error(ty.span, "types are nested too deep");
            return None;
        }
        match &ty.kind {
            TypeNameKind::Named(name) => self.basic(name, ty.span),
            TypeNameKind::Tagged(tag, name) => self.tagged(*tag, name, ty.span),
            TypeNameKind::Defined(definition) => self.definition(definition, depth - 1),
            TypeNameKind::Pointer(to) => {
                let to = match &to.kind {
                    TypeNameKind::Function => TypeId::VOID,
                    TypeNameKind::Named(name) if name == "void" => TypeId::VOID,
                    TypeNameKind::Tagged(tag, name) => self.pointee(*tag, name),
                    _ => self.type_name(to, depth - 1)?.id,
                };
                Some(Laid { id: self.builder.add_ptr(to), size: 8, align: 8 })
            }
            TypeNameKind::Array(element, count) => {
                let element = self.type_name(element, depth - 1)?;
                let count = match count {
                    Some(count) => self.number(count)?,
                    None => 0,
                };
                let whole = u32::try_from(count).ok();
                let size = whole.and_then(|count| element.size.checked_mul(count));
                let (Some(count), Some(size)) = (whole, size.filter(|size| *size <= LARGEST)) else {
                    if count < 0 {
                        self.diagnostics.error(ty.span, "an array has no negative number of elements");
                    } else {
                        self.too_large(ty.span);
                    }
                    return None;
                };
                let index = self.basic("unsigned int", ty.span)?.id;
                let id = self.builder.add_array(element.id, index, count);
                Some(Laid { id, size, align: element.align })
            }
            TypeNameKind::Function
            | TypeNameKind::Tuple(_)
            | TypeNameKind::Record(_)
            | TypeNameKind::Typeof(_) => {
                self.diagnostics.error(ty.span, "this type cannot stand in a C definition");
                None
            }
        }
    }

    fn too_large(&mut self, span: Span) {
        self.diagnostics.error(span, "this makes a type larger than 512 MB, which is the most");
    }

    fn basic(&mut self, name: &str, span: Span) -> Option<Laid> {
        if let Some(laid) = self.named.get(name) {
            return Some(*laid);
        }
        let laid = match basic_type(name) {
            Some(Known::Bool) => {
                Laid { id: self.builder.add_int("_Bool", 1, IntEncoding::BOOL), size: 1, align: 1 }
            }
            Some(Known::Int { size, signed, .. }) => {
                let encoding = if signed { IntEncoding::SIGNED } else { IntEncoding::UNSIGNED };
                let size = u32::from(size);
                Laid { id: self.builder.add_int(name, size, encoding), size, align: size }
            }
            None if let Some(("__int128", sign)) = of_words(name) => {
                let encoding = if sign == Some(false) { IntEncoding::UNSIGNED } else { IntEncoding::SIGNED };
                Laid { id: self.builder.add_int(name, 16, encoding), size: 16, align: 16 }
            }
            _ if let Some((_, size)) = FLOATS.iter().find(|(known, _)| *known == name) => {
                let id = self.builder.add(Type::new(name, Kind::Float { size: *size }));
                Laid { id, size: *size, align: *size }
            }
            _ => match self.import(|btf| btf.find_typedef(name)) {
                Some(laid) => laid,
                None => {
                    self.diagnostics.error(span, format!("unknown type name '{name}'"));
                    return None;
                }
            },
        };
        self.named.insert(name.to_owned(), laid);
        Some(laid)
    }

    fn tagged(&mut self, tag: CTag, name: &str, span: Span) -> Option<Laid> {
        let spelled = format!("{} {name}", tag.word());
        if let Some(laid) = self.named.get(&spelled) {
            if self.open.contains(&laid.id) {
                self.diagnostics.error(span, format!("field has incomplete type '{spelled}'"));
                return None;
            }
            return Some(*laid);
        }
        let found = self.import(|btf| match tag {
            CTag::Struct => btf.find_struct(name),
            CTag::Union => btf.find_union(name),
            CTag::Enum => btf.find_enum(name),
        });
        match found {
            Some(laid) => {
                self.named.insert(spelled, laid);
                Some(laid)
            }
            None => {
                self.diagnostics.error(span, format!("'{spelled}' is not defined"));
                None
            }
        }
    }

    /// What a pointer to a tagged type points to: known, or declared only.
    fn pointee(&mut self, tag: CTag, name: &str) -> TypeId {
        let spelled = format!("{} {name}", tag.word());
        match self.named.get(&spelled) {
            Some(laid) => laid.id,
            None => self.builder.add_fwd_struct(name),
        }
    }

    /// A type of the kernel's, with all that it is made of.
    fn import(&mut self, find: impl Fn(&Btf) -> Option<TypeId>) -> Option<Laid> {
        let kernel = self.kernel?;
        let id = find(kernel)?;
        let size = u32::try_from(kernel.size_of(id).ok()?).ok()?;
        let align = u32::try_from(kernel.align_of(id).ok()?).ok()?;
        let id = self.builder.import(kernel, id, &mut self.imported, |_, _| osmia_btf::Import::Whole).ok()?;
        Some(Laid { id, size, align: align.max(1) })
    }
}

fn kind(union: bool, size: u32, members: Vec<Member>) -> Kind {
    let body = Composite { size, members };
    if union { Kind::Union(body) } else { Kind::Struct(body) }
}
