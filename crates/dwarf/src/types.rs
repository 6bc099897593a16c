//! Types of debug information as BTF.
use crate::die::Die;
use crate::passing;
use crate::units::{Debug, Unit};
use gimli::constants as dw;
use gimli::{AttributeValue, DwAte, UnitOffset};
use osmia_btf::{Builder, Composite, Enum, Enumerator, IntEncoding, Kind, Member, Param, Type, TypeId};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// So many types are made, and no more: what more there may be are types without content.
const MAX_TYPES: usize = 1 << 20;

/// Makes types, each once, and with each all that it is made of.
pub(crate) struct Maker<'d, 'a> {
    debug: &'d Debug<'a>,
    pub(crate) builder: Builder,
    made: HashMap<(usize, usize), TypeId>,
    pending: Vec<(Die<'a>, TypeId)>,
    /// Types that were declared only where they were met, by keyword and name.
    declared: HashMap<(&'static str, String), Vec<TypeId>>,
    /// Declarations and their definitions.
    defined: HashMap<TypeId, TypeId>,
    /// The type of indices of arrays.
    index: Option<TypeId>,
}

impl<'d, 'a> Maker<'d, 'a> {
    pub(crate) fn new(debug: &'d Debug<'a>) -> Self {
        Self {
            debug,
            builder: Builder::new(),
            made: HashMap::new(),
            pending: Vec::new(),
            declared: HashMap::new(),
            defined: HashMap::new(),
            index: None,
        }
    }

    /// The type that an entry's `DW_AT_type` refers to; void where it has none.
    pub(crate) fn type_of(&mut self, die: &Die<'a>) -> TypeId {
        let chain = die.chain(self.debug);
        let found =
            chain.iter().find_map(|die| self.debug.refer(&die.unit, die.entry.attr_value(dw::DW_AT_type)?));
        found.map_or(TypeId::VOID, |(unit, offset)| self.at(&unit, offset))
    }

    /// The type at a place. What it is made of is made by [`Self::complete`].
    pub(crate) fn at(&mut self, unit: &Rc<Unit<'a>>, offset: UnitOffset) -> TypeId {
        let key = (unit.number, offset.0);
        if let Some(known) = self.made.get(&key) {
            return *known;
        }
        let Some(die) = Die::at(unit, offset).filter(|_| self.made.len() < MAX_TYPES) else {
            return TypeId::VOID;
        };
        if die.entry.tag() == dw::DW_TAG_unspecified_type {
            return TypeId::VOID;
        }
        // What a unit of types defines is only referred to elsewhere. It never refers to another one.
        if let Some(definition) = die.refer(self.debug, dw::DW_AT_signature)
            && !definition.entry.has_attr(dw::DW_AT_signature)
        {
            let id = self.at(&definition.unit, definition.entry.offset());
            self.made.insert(key, id);
            return id;
        }
        // The number is taken first, so that what the type is made of can refer to it.
        let id = self.builder.add(Type::anonymous(Kind::Fwd { union: false }));
        self.made.insert(key, id);
        self.pending.push((die, id));
        id
    }

    /// Fills in all types that were asked for, and those that are declared where they were met and defined elsewhere.
    pub(crate) fn complete(&mut self) {
        let mut searched = HashSet::new();
        loop {
            while let Some((die, id)) = self.pending.pop() {
                let made = self.make(&die);
                if let Some(ty) = self.builder.get_mut(id) {
                    *ty = made;
                }
            }
            let wanted: HashSet<(&'static str, String)> =
                self.declared.keys().filter(|key| !searched.contains(*key)).cloned().collect();
            if wanted.is_empty() {
                return;
            }
            searched.extend(wanted.iter().cloned());
            for (key, die) in definitions(self.debug, &wanted) {
                let id = self.at(&die.unit, die.entry.offset());
                let declared = self.declared.remove(&key).unwrap_or_default();
                self.defined.extend(declared.into_iter().map(|declared| (declared, id)));
            }
        }
    }

    /// Writes the types. What refers to a declaration refers to the definition then.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        for number in 1..self.builder.next_id().0 {
            if let Some(ty) = self.builder.get_mut(TypeId(number)) {
                ty.kind.map_ids(|id| self.defined.get(&id).copied().unwrap_or(id));
            }
        }
        self.builder.finish()
    }

    fn make(&mut self, die: &Die<'a>) -> Type {
        let name = die.name().unwrap_or_default();
        let size = die.number(dw::DW_AT_byte_size).and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
        let kind = match die.entry.tag() {
            dw::DW_TAG_base_type => base(die, size),
            dw::DW_TAG_pointer_type
            | dw::DW_TAG_reference_type
            | dw::DW_TAG_rvalue_reference_type
            | dw::DW_TAG_ptr_to_member_type => Kind::Ptr(self.type_of(die)),
            dw::DW_TAG_const_type => Kind::Const(self.type_of(die)),
            dw::DW_TAG_volatile_type | dw::DW_TAG_atomic_type => Kind::Volatile(self.type_of(die)),
            dw::DW_TAG_restrict_type => Kind::Restrict(self.type_of(die)),
            dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_union_type => {
                return self.composite(die, name, size);
            }
            dw::DW_TAG_enumeration_type => self.enumeration(die, size),
            dw::DW_TAG_array_type => self.array(die),
            dw::DW_TAG_subroutine_type => self.prototype(die),
            // Type definitions, and what only gives a type another name.
            _ => Kind::Typedef(self.type_of(die)),
        };
        let nameless = matches!(
            kind,
            Kind::Ptr(_) | Kind::Const(_) | Kind::Volatile(_) | Kind::Restrict(_) | Kind::Array { .. }
        );
        if nameless { Type::anonymous(kind) } else { Type::new(name, kind) }
    }

    /// The prototype of a function: its parameters that have types, and its result.
    pub(crate) fn prototype(&mut self, die: &Die<'a>) -> Kind {
        let ret = self.type_of(die);
        let chain = die.chain(self.debug);
        let is_param = |child: &Die<'_>| child.entry.tag() == dw::DW_TAG_formal_parameter;
        let parameters: Vec<Die<'a>> = chain
            .iter()
            .map(|die| die.children().into_iter().filter(is_param).collect::<Vec<_>>())
            .find(|all| !all.is_empty())
            .unwrap_or_default();
        let params = parameters
            .iter()
            .map(|param| {
                let chain = param.chain(self.debug);
                let name = chain.iter().find_map(Die::name).unwrap_or_default();
                Param { name, ty: self.passed(param) }
            })
            .collect();
        Kind::FuncProto { ret, params }
    }

    /// A parameter's type as it is passed: some of C++'s are passed by their address.
    fn passed(&mut self, param: &Die<'a>) -> TypeId {
        let ty = self.type_of(param);
        let chain = param.chain(self.debug);
        let of = chain.iter().find_map(|die| die.refer(self.debug, dw::DW_AT_type));
        let by_address = of.is_some_and(|of| passing::by_address(self.debug, &of));
        if by_address { self.builder.add_ptr(ty) } else { ty }
    }

    fn composite(&mut self, die: &Die<'a>, name: String, size: u32) -> Type {
        let union = die.entry.tag() == dw::DW_TAG_union_type;
        if die.flag(dw::DW_AT_declaration) {
            if !name.is_empty() {
                let known = self.made.get(&die.key()).copied();
                self.declared.entry((keyword(die), name.clone())).or_default().extend(known);
            }
            return Type::new(name, Kind::Fwd { union });
        }
        let mut members = Vec::new();
        for child in die.children() {
            match child.entry.tag() {
                dw::DW_TAG_member => members.extend(self.member(&child, union)),
                // What a class inherits is found by name in it as its own.
                dw::DW_TAG_inheritance => {
                    let ty = self.type_of(&child);
                    members.extend(offset(&child).map(|offset| Member::at("", ty, offset)));
                }
                dw::DW_TAG_variant_part => members.extend(self.variants(&child, size)),
                _ => {}
            }
        }
        let body = Composite { size, members };
        Type::new(name, if union { Kind::Union(body) } else { Kind::Struct(body) })
    }

    /// A member; `None` for those that are not in the structure (`static` ones).
    fn member(&mut self, die: &Die<'a>, union: bool) -> Option<Member> {
        if die.flag(dw::DW_AT_external) || die.flag(dw::DW_AT_declaration) {
            return None;
        }
        let name = die.name().unwrap_or_default();
        let bits = die.number(dw::DW_AT_bit_size).and_then(|bits| u8::try_from(bits).ok());
        let bit_offset = match bits {
            Some(bits) => bit_offset(die, bits)?,
            None if union => offset(die).unwrap_or(0).checked_mul(8)?,
            None => offset(die)?.checked_mul(8)?,
        };
        let ty = self.type_of(die);
        Some(Member { name, ty, bit_offset, bit_size: bits })
    }

    /// Rust's enumerations: which variant it is, and what each has, over one another.
    fn variants(&mut self, die: &Die<'a>, size: u32) -> Option<Member> {
        let mut members = Vec::new();
        if let Some(mut which) =
            die.refer(self.debug, dw::DW_AT_discr).and_then(|which| self.member(&which, true))
        {
            which.name = "discriminant".into();
            members.push(which);
        }
        let is_variant = |child: &Die<'_>| child.entry.tag() == dw::DW_TAG_variant;
        for variant in die.children().into_iter().filter(is_variant) {
            let is_member = |child: &Die<'_>| child.entry.tag() == dw::DW_TAG_member;
            for child in variant.children().into_iter().filter(is_member) {
                members.extend(self.member(&child, true));
            }
        }
        let ty = self.builder.add_union("", size, members);
        Some(Member::at("", ty, 0))
    }

    fn enumeration(&mut self, die: &Die<'a>, size: u32) -> Kind {
        let mut values = Vec::new();
        for child in die.children() {
            if child.entry.tag() == dw::DW_TAG_enumerator
                && let (Some(name), Some(value)) = (child.name(), value(&child))
            {
                values.push(Enumerator { name, value });
            }
        }
        let signed = values.iter().any(|it| it.value < 0);
        let body = Enum { size: if size == 0 { 4 } else { size }, signed, values };
        if body.size > 4 { Kind::Enum64(body) } else { Kind::Enum(body) }
    }

    /// An array; one of several dimensions is one of arrays.
    fn array(&mut self, die: &Die<'a>) -> Kind {
        let counts = die.children().into_iter().filter(|child| child.entry.tag() == dw::DW_TAG_subrange_type);
        let mut counts: Vec<u32> = counts.map(|child| count(&child)).collect();
        let first = if counts.is_empty() { 0 } else { counts.remove(0) };
        let index = match self.index {
            Some(index) => index,
            None => {
                let index = self.builder.add_int("unsigned int", 4, IntEncoding::UNSIGNED);
                *self.index.insert(index)
            }
        };
        let mut element = self.type_of(die);
        for count in counts.into_iter().rev() {
            element = self.builder.add_array(element, index, count);
        }
        Kind::Array { element, index, len: first }
    }
}

/// `struct`, `union` or `enum`: classes are structures.
fn keyword(die: &Die<'_>) -> &'static str {
    match die.entry.tag() {
        dw::DW_TAG_union_type => "union",
        dw::DW_TAG_enumeration_type => "enum",
        dw::DW_TAG_structure_type | dw::DW_TAG_class_type => "struct",
        _ => "",
    }
}

/// Where types of these keywords and names are defined; the first definition of each. An empty keyword stands for type
/// definitions and basic types.
pub(crate) fn definitions<'a>(
    debug: &Debug<'a>,
    wanted: &HashSet<(&'static str, String)>,
) -> Vec<((&'static str, String), Die<'a>)> {
    let mut left: HashSet<&(&'static str, String)> =
        wanted.iter().filter(|(_, name)| debug.may_name(name)).collect();
    let mut found = Vec::new();
    for unit in debug.search() {
        if left.is_empty() {
            break;
        }
        let units = std::iter::once(Rc::clone(&unit)).chain(debug.types_beside(&unit));
        let roots = units.filter_map(|unit| Die::at(&unit, unit.unit.header.root_offset()));
        let mut spaces: Vec<Die<'a>> = roots.collect();
        while let Some(space) = spaces.pop() {
            for die in space.children() {
                if die.entry.tag() == dw::DW_TAG_namespace {
                    spaces.push(die);
                    continue;
                }
                if !is_type(&die) || die.flag(dw::DW_AT_declaration) {
                    continue;
                }
                let Some(name) = die.name() else { continue };
                let key = (keyword(&die), name);
                if left.remove(&key) {
                    found.push((key, die));
                }
            }
        }
    }
    found
}

fn is_type(die: &Die<'_>) -> bool {
    matches!(
        die.entry.tag(),
        dw::DW_TAG_structure_type
            | dw::DW_TAG_class_type
            | dw::DW_TAG_union_type
            | dw::DW_TAG_enumeration_type
            | dw::DW_TAG_typedef
            | dw::DW_TAG_base_type
    )
}

fn base(die: &Die<'_>, size: u32) -> Kind {
    let encoding = match die.entry.attr_value(dw::DW_AT_encoding) {
        Some(AttributeValue::Encoding(encoding)) => encoding,
        _ => DwAte(0),
    };
    let encoding = match encoding {
        dw::DW_ATE_float | dw::DW_ATE_complex_float | dw::DW_ATE_imaginary_float => {
            return Kind::Float { size };
        }
        dw::DW_ATE_boolean => IntEncoding::BOOL,
        dw::DW_ATE_signed | dw::DW_ATE_signed_char => IntEncoding::SIGNED,
        _ => IntEncoding::UNSIGNED,
    };
    let bits = u8::try_from(size.saturating_mul(8)).unwrap_or(0);
    Kind::Int { size, encoding, offset: 0, bits }
}

/// Bytes from the structure's start.
fn offset(die: &Die<'_>) -> Option<u32> {
    u32::try_from(die.number(dw::DW_AT_data_member_location)?).ok()
}

/// Bits from the structure's start. DWARF 3 counted them from the other end of the integer that holds them.
fn bit_offset(die: &Die<'_>, bits: u8) -> Option<u32> {
    if let Some(offset) = die.number(dw::DW_AT_data_bit_offset) {
        return u32::try_from(offset).ok();
    }
    let start = offset(die).unwrap_or(0).checked_mul(8)?;
    let Some(from_end) = die.number(dw::DW_AT_bit_offset) else { return Some(start) };
    let holder = u32::try_from(die.number(dw::DW_AT_byte_size)?).ok()?.checked_mul(8)?;
    let inside = holder.checked_sub(u32::try_from(from_end).ok()?)?.checked_sub(u32::from(bits))?;
    start.checked_add(inside)
}

/// The value of an enumerator.
fn value(die: &Die<'_>) -> Option<i64> {
    let value = die.entry.attr_value(dw::DW_AT_const_value)?;
    match value {
        AttributeValue::Data1(byte) => Some(i64::from(byte)),
        AttributeValue::Data2(half) => Some(i64::from(half)),
        AttributeValue::Data4(word) => Some(i64::from(word)),
        AttributeValue::Udata(number) => Some(number as i64),
        other => other.sdata_value(),
    }
}

/// How many elements a dimension has; 0 where that is not known.
fn count(die: &Die<'_>) -> u32 {
    let count = match (die.number(dw::DW_AT_count), die.number(dw::DW_AT_upper_bound)) {
        (Some(count), _) => count,
        (None, Some(last)) => {
            last.wrapping_add(1).wrapping_sub(die.number(dw::DW_AT_lower_bound).unwrap_or(0))
        }
        (None, None) => 0,
    };
    u32::try_from(count).unwrap_or(0)
}
