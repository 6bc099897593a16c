//! How C++ passes objects: those that are copied or destroyed by functions of their own, by their address.
use crate::die::Die;
use crate::units::Debug;
use gimli::AttributeValue;
use gimli::constants as dw;

/// Classes may have members and bases so deep.
const MAX_DEPTH: u32 = 8;

/// Whether a parameter of this type is passed by its address.
pub(crate) fn by_address<'a>(debug: &Debug<'a>, ty: &Die<'a>) -> bool {
    within(debug, ty, MAX_DEPTH)
}

fn within<'a>(debug: &Debug<'a>, ty: &Die<'a>, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    let inner =
        |die: &Die<'a>| die.refer(debug, dw::DW_AT_type).is_some_and(|ty| within(debug, &ty, depth - 1));
    match ty.entry.tag() {
        dw::DW_TAG_const_type | dw::DW_TAG_volatile_type | dw::DW_TAG_typedef | dw::DW_TAG_array_type => {
            inner(ty)
        }
        dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_union_type => {
            // clang says it.
            if let Some(AttributeValue::CallingConvention(how)) =
                ty.entry.attr_value(dw::DW_AT_calling_convention)
            {
                return how == dw::DW_CC_pass_by_reference;
            }
            let name = ty.name().unwrap_or_default();
            ty.children().iter().any(|child| match child.entry.tag() {
                dw::DW_TAG_subprogram => is_own(debug, child, (ty, &name)),
                dw::DW_TAG_member => !child.flag(dw::DW_AT_external) && inner(child),
                dw::DW_TAG_inheritance => inner(child),
                _ => false,
            })
        }
        _ => false,
    }
}

/// Whether a member function destroys or copies, and was written by somebody.
fn is_own<'a>(debug: &Debug<'a>, function: &Die<'a>, (class, name): (&Die<'a>, &str)) -> bool {
    let by_compiler = function.flag(dw::DW_AT_artificial)
        || function.number(dw::DW_AT_defaulted) == Some(u64::from(dw::DW_DEFAULTED_in_class.0));
    let called = function.name().unwrap_or_default();
    if by_compiler || name.is_empty() {
        return false;
    }
    called.strip_prefix('~') == Some(name) || called == name && takes_itself(debug, function, class)
}

/// Whether a constructor's first parameter, after the object, is a reference to its own class.
fn takes_itself<'a>(debug: &Debug<'a>, function: &Die<'a>, class: &Die<'a>) -> bool {
    let is_param = |child: &Die<'_>| child.entry.tag() == dw::DW_TAG_formal_parameter;
    let mut params = function.children().into_iter().filter(is_param);
    let Some(first) = params.find(|param| !param.flag(dw::DW_AT_artificial)) else { return false };
    let Some(mut ty) = first.refer(debug, dw::DW_AT_type) else { return false };
    for _ in 0..MAX_DEPTH {
        match ty.entry.tag() {
            dw::DW_TAG_reference_type
            | dw::DW_TAG_rvalue_reference_type
            | dw::DW_TAG_const_type
            | dw::DW_TAG_volatile_type => match ty.refer(debug, dw::DW_AT_type) {
                Some(next) => ty = next,
                None => return false,
            },
            _ => return ty.key() == class.key(),
        }
    }
    false
}
