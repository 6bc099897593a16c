//! Entries of debug information and their attributes.
use crate::units::{Debug, Entry, Unit, Value};
use gimli::constants as dw;
use gimli::{AttributeValue, DwAt, Operation, UnitOffset};
use std::rc::Rc;

/// How many entries may refer to each other before a chain is given up as endless.
const MAX_CHAIN: u32 = 8;

/// An entry, with the unit that it is in.
#[derive(Clone)]
pub(crate) struct Die<'a> {
    pub(crate) unit: Rc<Unit<'a>>,
    pub(crate) entry: Entry<'a>,
}

impl<'a> Die<'a> {
    /// The entry at a place.
    pub(crate) fn at(unit: &Rc<Unit<'a>>, offset: UnitOffset) -> Option<Self> {
        let entry = unit.unit.entry(offset).ok()?;
        Some(Self { unit: Rc::clone(unit), entry })
    }

    /// What tells this entry from all others.
    pub(crate) fn key(&self) -> (usize, usize) {
        (self.unit.number, self.entry.offset().0)
    }

    /// Its own name.
    pub(crate) fn name(&self) -> Option<String> {
        text(&self.unit, self.entry.attr_value(dw::DW_AT_name)?)
    }

    /// A number among its own attributes.
    pub(crate) fn number(&self, at: DwAt) -> Option<u64> {
        number(&self.entry, at)
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, at: DwAt) -> bool {
        matches!(self.entry.attr_value(at), Some(AttributeValue::Flag(true)))
    }

    /// What an attribute refers to.
    pub(crate) fn refer(&self, debug: &Debug<'a>, at: DwAt) -> Option<Self> {
        let (unit, offset) = debug.refer(&self.unit, self.entry.attr_value(at)?)?;
        Self::at(&unit, offset)
    }

    /// This entry and those that it completes: the one that was inlined, the declaration in a class.
    pub(crate) fn chain(&self, debug: &Debug<'a>) -> Vec<Self> {
        let mut chain = vec![self.clone()];
        for _ in 0..MAX_CHAIN {
            let Some(last) = chain.last() else { break };
            let next = last
                .refer(debug, dw::DW_AT_abstract_origin)
                .or_else(|| last.refer(debug, dw::DW_AT_specification));
            match next {
                Some(next) => chain.push(next),
                None => break,
            }
        }
        chain
    }

    /// Its children, in order.
    pub(crate) fn children(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let Ok(mut tree) = self.unit.unit.entries_tree(Some(self.entry.offset())) else { return all };
        let Ok(root) = tree.root() else { return all };
        let mut children = root.children();
        while let Ok(Some(child)) = children.next() {
            all.push(Self { unit: Rc::clone(&self.unit), entry: child.entry().clone() });
        }
        all
    }
}

/// A number among an entry's attributes.
pub(crate) fn number(entry: &Entry<'_>, at: DwAt) -> Option<u64> {
    match entry.attr_value(at)? {
        AttributeValue::Exprloc(expression) => constant(expression),
        AttributeValue::Sdata(value) => Some(value as u64),
        value => value.udata_value(),
    }
}

/// What an expression adds to an address, where that is all that it does.
fn constant(expression: gimli::Expression<crate::units::Reader<'_>>) -> Option<u64> {
    let encoding = gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 5 };
    let mut operations = expression.operations(encoding);
    let first = operations.next().ok()??;
    match (first, operations.next().ok()?) {
        (Operation::PlusConstant { value } | Operation::UnsignedConstant { value }, None) => Some(value),
        _ => None,
    }
}

/// The text of an attribute.
pub(crate) fn text<'a>(unit: &Unit<'a>, value: Value<'a>) -> Option<String> {
    let text = unit.dwarf.attr_string(&unit.unit, value).ok()?;
    Some(text.to_string_lossy().into_owned())
}
