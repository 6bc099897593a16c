//! The script's own C definitions as BTF, laid out as a C compiler for this machine would.
use super::cast::basic_type;
use crate::ast::{
    CDefinition, CField, CItem, CTag, Expr, ExprKind, Preamble, TypeName, TypeNameKind, UnaryOp,
};
use crate::typed::Type as Known;
use osmia_base::{Diagnostics, Span};
use osmia_btf::{Btf, Builder, Composite, Enum, Enumerator, IntEncoding, Kind, Member, Type, TypeId};
use std::collections::{BTreeMap, HashMap};

/// Types that take room in structures, and that nothing can be done with.
const FLOATS: &[(&str, u32)] = &[("float", 4), ("double", 8), ("long double", 16)];

/// Types may nest so deep.
const MAX_DEPTH: u32 = 32;

/// All types that the preamble defines; `None` where it defines none.
pub(super) fn script_types(
    preamble: &Preamble,
    kernel: Option<&Btf>,
    diagnostics: &mut Diagnostics,
) -> Option<Btf> {
    let mut maker = Maker {
        builder: Builder::new(),
        kernel,
        named: BTreeMap::new(),
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
            CItem::Typedef { name, ty } => {
                any = true;
                if let Some(laid) = maker.type_name(ty, MAX_DEPTH) {
                    let id = maker.builder.add_typedef(&name.node, laid.id);
                    maker.named.insert(name.node.clone(), Laid { id, ..laid });
                }
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
    named: BTreeMap<String, Laid>,
    imported: HashMap<TypeId, TypeId>,
    /// Structures and unions whose members are being read: nobody knows yet how large they are.
    open: Vec<TypeId>,
    diagnostics: &'a mut Diagnostics,
}

impl Maker<'_> {
    fn definition(&mut self, definition: &CDefinition, depth: u32) -> Option<Laid> {
        let name = definition.name.as_ref().map_or("", |name| name.node.as_str());
        let laid = match definition.tag {
            CTag::Enum => self.enumeration(name, definition),
            CTag::Struct | CTag::Union => self.composite(name, definition, depth)?,
        };
        if !name.is_empty() {
            self.named.insert(format!("{} {name}", definition.tag.word()), laid);
        }
        Some(laid)
    }

    fn enumeration(&mut self, name: &str, definition: &CDefinition) -> Laid {
        let mut next = 0;
        let mut values = Vec::new();
        for entry in &definition.names {
            if let Some(value) = entry.value.as_ref().and_then(|value| self.constant(value)) {
                next = value;
            }
            values.push(Enumerator { name: entry.name.node.clone(), value: next });
            next = next.wrapping_add(1);
        }
        let signed = values.iter().any(|value| value.value < 0);
        let id = self.builder.add_enum(name, Enum { size: 4, signed, values });
        Laid { id, size: 4, align: 4 }
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
        let layout = layout?;
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
        let union = definition.tag == CTag::Union;
        let mut layout = Layout { union, packed: definition.packed, ..Layout::default() };
        for field in &definition.fields {
            let Some(laid) = self.type_name(&field.ty, depth - 1) else { continue };
            let bits = field.bits.as_ref().and_then(|bits| self.constant(bits));
            if layout.add(field, laid, bits.map(|bits| bits.clamp(0, 64) as u8)).is_none() {
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
                let count = count.as_ref().and_then(|count| self.constant(count)).unwrap_or(0);
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

    /// A number that is known; names of enumerators that came before count.
    fn constant(&mut self, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Integer(value) => Some(*value as i64),
            ExprKind::Unary(UnaryOp::Negate, inner) => self.constant(inner).map(i64::wrapping_neg),
            ExprKind::Ident(name) => self.builder.types().iter().find_map(|ty| match &ty.kind {
                Kind::Enum(body) => {
                    body.values.iter().find(|value| value.name == *name).map(|value| value.value)
                }
                _ => None,
            }),
            _ => {
                self.diagnostics.error(expr.span, "a number is expected here");
                None
            }
        }
    }
}

fn kind(union: bool, size: u32, members: Vec<Member>) -> Kind {
    let body = Composite { size, members };
    if union { Kind::Union(body) } else { Kind::Struct(body) }
}

/// Where the next member goes.
#[derive(Debug, Default)]
struct Layout {
    union: bool,
    packed: bool,
    members: Vec<Member>,
    /// Bits used so far.
    bits: u64,
    /// Of the largest member, in bytes.
    align: u32,
    largest: u64,
}

impl Layout {
    /// Nothing where the type becomes too large.
    fn add(&mut self, field: &CField, laid: Laid, bits: Option<u8>) -> Option<()> {
        let align = if self.packed { 1 } else { laid.align.max(1) };
        self.align = self.align.max(align);
        let start = if self.union { 0 } else { self.bits };
        let unit = (u64::from(laid.size) * 8).max(1);
        let at = match bits {
            Some(0) => {
                self.bits = start.next_multiple_of(unit);
                return Some(());
            }
            // A bit-field does not cross a boundary of its type.
            Some(width) if !self.packed && start / unit != (start + u64::from(width) - 1) / unit => {
                start.next_multiple_of(unit)
            }
            Some(_) => start,
            None => start.next_multiple_of(u64::from(align) * 8),
        };
        let width = bits.map_or(u64::from(laid.size) * 8, u64::from);
        let bit_offset = u32::try_from(at).ok()?;
        let name = field.name.as_ref().map_or_else(String::new, |name| name.node.clone());
        self.members.push(Member { name, ty: laid.id, bit_offset, bit_size: bits });
        self.bits = at + width;
        self.largest = self.largest.max(self.bits);
        (self.bits <= u64::from(LARGEST) * 8).then_some(())
    }

    /// In bytes.
    fn size(&self) -> Option<u32> {
        let bits = if self.union { self.largest } else { self.bits };
        let bytes = bits.div_ceil(8).next_multiple_of(self.align.max(1).into());
        u32::try_from(bytes).ok().filter(|size| *size <= LARGEST)
    }
}
