//! Enumerations.
use super::Checker;
use super::attributes::Attributes;
use super::scope::{Entity, Tag};
use crate::Name;
use crate::ast::{Basic, EnumSpec, Enumerator};
use crate::types::{EnumId, Enumeration, Ty, TypeKind};
use osmia_base::{Diagnostic, Span};

impl Checker<'_> {
    /// The type that `enum tag { … }` or `enum tag` names.
    pub(super) fn enum_type(&mut self, spec: &EnumSpec, around: &Attributes, span: Span) -> Option<Ty> {
        let number = match &spec.names {
            None => self.named_enum(spec, span)?,
            Some(names) => {
                let number = self.begin_enum(spec)?;
                self.define_enum(number, spec, names, around);
                number
            }
        };
        Some(self.types.add(TypeKind::Enum(number)))
    }

    fn named_enum(&mut self, spec: &EnumSpec, span: Span) -> Option<EnumId> {
        let Some(tag) = spec.tag else {
            self.error(span, "an enumeration has a tag, names, or both".to_owned());
            return None;
        };
        let found = match self.scopes.tag(tag.node) {
            Some((found, _)) => Some(found),
            None => {
                let found = self.kernel_tag(tag.node);
                if let Some(found) = found {
                    self.scopes.declare_kernel_tag(tag.node, found);
                }
                found
            }
        };
        match found {
            Some(Tag::Enum(number)) => Some(number),
            Some(Tag::Record(_)) => {
                let text = self.text(tag.node);
                self.error(tag.span, format!("the tag `{text}` is that of another kind of type"));
                None
            }
            None => self.new_enum(spec),
        }
    }

    fn new_enum(&mut self, spec: &EnumSpec) -> Option<EnumId> {
        let underlying = match &spec.underlying {
            None => Basic::UnsignedInt,
            Some(name) => {
                let ty = self.type_name(name)?;
                let basic = self.types.basic_of(ty).filter(|&basic| Bounds::of(basic).is_some());
                if basic.is_none() {
                    let text = self.spell(ty);
                    self.error(
                        name.span,
                        format!(
                            "an enumeration is of a type of whole numbers of up to 64 bits, not of `{text}`"
                        ),
                    );
                }
                basic?
            }
        };
        let tag = spec.tag.map(|tag| tag.node);
        let number = self.types.enums.push(Enumeration { tag, names: None, underlying, relocatable: false });
        if let Some(tag) = spec.tag {
            self.scopes.declare_tag(tag.node, Tag::Enum(number), tag.span);
        }
        Some(number)
    }

    fn begin_enum(&mut self, spec: &EnumSpec) -> Option<EnumId> {
        let Some(tag) = spec.tag else { return self.new_enum(spec) };
        match self.scopes.tag_here(tag.node) {
            None => self.new_enum(spec),
            Some((Tag::Enum(number), _)) if self.types.enums[number].names.is_none() => Some(number),
            Some((_, at)) => {
                let text = self.text(tag.node);
                let text = format!("there is a type with the tag `{text}` already");
                self.diagnostics.push(Diagnostic::error(tag.span, text).label(at, "here"));
                None
            }
        }
    }

    fn define_enum(&mut self, number: EnumId, spec: &EnumSpec, names: &[Enumerator], around: &Attributes) {
        let own = self.attributes(&spec.attributes);
        self.types.enums[number].names = Some(Vec::new());
        self.types.enums[number].relocatable = own.relocatable;
        let fixed = spec.underlying.is_some().then(|| self.types.enums[number].underlying);
        let mut bounds = Bounds { least: 0, most: 0 };
        let mut last = None;
        for name in names {
            let value = self.enumerator_value(name, last);
            last = Some(value);
            bounds.add(value);
            match fixed {
                Some(basic) => self.fits(value, basic, name.name.span),
                None => {
                    self.types.enums[number].underlying = underlying(bounds, false).unwrap_or(Basic::Long)
                }
            }
            self.declare_enumerator(number, name.name.node, name.name.span, value);
        }
        if fixed.is_none() {
            let found = underlying(bounds, own.packed || around.packed);
            if let (None, Some(last)) = (found, names.last()) {
                let text =
                    format!("no type holds both {} and {} of this enumeration", bounds.least, bounds.most);
                self.warn(last.name.span, text);
            }
            self.types.enums[number].underlying = found.unwrap_or(Basic::Long);
        }
    }

    /// Says that a name's value is none of the type that the enumeration was given.
    fn fits(&mut self, value: i128, basic: Basic, span: Span) {
        if Bounds::of(basic).is_none_or(|bounds| !bounds.hold(value)) {
            let ty = self.types.basic(basic);
            let text = format!("`{}` does not hold the value of this name, {value}", self.spell(ty));
            self.error(span, text);
        }
    }

    fn enumerator_value(&mut self, name: &Enumerator, last: Option<i128>) -> i128 {
        let next = last.map_or(0, |last| last + 1);
        let value = match &name.value {
            None => next,
            Some(expr) => match self.constant(expr) {
                None => next,
                Some((value, ty)) => {
                    let signed = self.types.integer(ty).is_none_or(|integer| integer.signed);
                    if signed { value.into() } else { value.cast_unsigned().into() }
                }
            },
        };
        if value > i128::from(u64::MAX) {
            self.error(name.name.span, "the value of this name has more than 64 bits".to_owned());
            return 0;
        }
        value
    }

    fn declare_enumerator(&mut self, number: EnumId, name: Name, span: Span, value: i128) {
        if let Some((_, first)) = self.scopes.name_here(name) {
            let text = self.text(name);
            let text = format!("`{text}` is declared already");
            self.diagnostics.push(Diagnostic::error(span, text).label(first, "here"));
        }
        let Some(list) = &mut self.types.enums[number].names else { return };
        let entity = Entity::Enumerator(number, list.len());
        list.push((name, value as i64));
        self.scopes.declare(name, entity, span);
    }

    /// The value and the type of a name: `int` where that holds it, else the enumeration's own type of numbers.
    pub(super) fn enumerator(&mut self, number: EnumId, index: usize) -> (i64, Ty) {
        let Enumeration { names, underlying, .. } = &self.types.enums[number];
        let value = names.as_ref().and_then(|names| names.get(index)).map_or(0, |(_, value)| *value);
        let signed = underlying.integer().is_none_or(|integer| integer.signed);
        let fits = i32::try_from(value).is_ok_and(|value| signed || value >= 0);
        let basic = if fits { Basic::Int } else { *underlying };
        (value, self.types.basic(basic))
    }
}

/// The least and the greatest of some numbers.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    least: i128,
    most: i128,
}

impl Bounds {
    /// All numbers of a type, if it has whole ones of up to 64 bits.
    fn of(basic: Basic) -> Option<Self> {
        let integer = basic.integer().filter(|integer| integer.size <= 8)?;
        let bits = if basic == Basic::Bool { 1 } else { integer.bits() - u32::from(integer.signed) };
        Some(Self { least: if integer.signed { -(1 << bits) } else { 0 }, most: (1 << bits) - 1 })
    }

    fn add(&mut self, value: i128) {
        *self = Self { least: self.least.min(value), most: self.most.max(value) };
    }

    const fn hold(&self, value: i128) -> bool {
        self.least <= value && value <= self.most
    }
}

/// The type of numbers that holds all values.
fn underlying(values: Bounds, packed: bool) -> Option<Basic> {
    let candidates: &[Basic] = match (packed, values.least < 0) {
        (true, true) => &[Basic::SignedChar, Basic::Short, Basic::Int, Basic::Long],
        (true, false) => {
            &[Basic::UnsignedChar, Basic::UnsignedShort, Basic::UnsignedInt, Basic::UnsignedLong]
        }
        (false, true) => &[Basic::Int, Basic::Long],
        (false, false) => &[Basic::UnsignedInt, Basic::UnsignedLong],
    };
    let holds = |basic: &Basic| {
        Bounds::of(*basic).is_some_and(|bounds| bounds.hold(values.least) && bounds.hold(values.most))
    };
    candidates.iter().copied().find(holds)
}
