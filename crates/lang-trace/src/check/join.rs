//! What two types have in common: the type of a variable or map that is given values of both.
use super::arithmetic::{integer_parts, promote};
use crate::typed::{Space, Type};

/// A type that holds the values of both, if there is one.
pub(super) fn join(a: &Type, b: &Type) -> Option<Type> {
    if a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Type::None, other) | (other, Type::None) => Some(other.clone()),
        (Type::Str { capacity: s }, Type::Str { capacity: t }) => Some(Type::Str { capacity: *s.max(t) }),
        (Type::Buffer { capacity: s }, Type::Buffer { capacity: t }) => {
            Some(Type::Buffer { capacity: *s.max(t) })
        }
        (Type::Pointer { to, space }, Type::Pointer { to: other, space: there }) => {
            let to = join_targets(to, other)?;
            Some(Type::Pointer { to: Box::new(to), space: join_spaces(*space, *there) })
        }
        (Type::Composite { of, size, space }, Type::Composite { of: other, space: there, .. })
            if of == other =>
        {
            Some(Type::Composite { of: *of, size: *size, space: join_spaces(*space, *there) })
        }
        (Type::Array { element, count, space }, Type::Array { element: other, count: n, space: there })
            if count == n =>
        {
            let element = join(element, other).filter(|joined| same_shape(joined, element))?;
            Some(Type::Array {
                element: Box::new(element),
                count: *count,
                space: join_spaces(*space, *there),
            })
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| join(a, b)).collect::<Option<_>>().map(Type::Tuple)
        }
        // The first one's order of fields is kept.
        (Type::Record(a), Type::Record(b)) if a.len() == b.len() => {
            let part = |(name, a): &(String, Type)| {
                let (_, b) = b.iter().find(|(other, _)| other == name)?;
                Some((name.clone(), join(a, b)?))
            };
            a.iter().map(part).collect::<Option<_>>().map(Type::Record)
        }
        _ => Some(promote(integer_parts(a)?, integer_parts(b)?)),
    }
}

/// What pointers point to: `void` is no other type.
fn join_targets(a: &Type, b: &Type) -> Option<Type> {
    if (*a == Type::None) == (*b == Type::None) { join(a, b) } else { None }
}

/// Whether two types are the same but for where their values lie.
fn same_shape(a: &Type, b: &Type) -> bool {
    use super::types::moved;
    match (a, b) {
        (Type::Pointer { to: a, .. }, Type::Pointer { to: b, .. }) => same_shape(a, b),
        _ => moved(a, Space::Unknown) == moved(b, Space::Unknown),
    }
}

fn join_spaces(a: Space, b: Space) -> Space {
    match (a, b) {
        _ if a == b => a,
        (Space::Trusted, Space::Kernel) | (Space::Kernel, Space::Trusted) => Space::Kernel,
        _ => Space::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn int(size: u8, signed: bool) -> Type {
        Type::int(size, signed)
    }

    const fn written(size: u8) -> Type {
        Type::Int { size, signed: true, flexible: true }
    }

    #[test]
    fn integers_join_to_what_holds_both() {
        let cases = [
            (int(4, false), int(4, false), int(4, false)),
            (int(4, false), int(1, true), int(8, true)),
            (int(4, false), int(8, true), int(8, true)),
            (int(8, false), int(4, true), int(8, true)),
            (int(1, false), int(4, true), int(4, true)),
            (written(1), written(2), written(2)),
            (written(1), int(8, false), int(8, false)),
            (written(4), int(2, true), int(4, true)),
        ];
        for (a, b, expected) in cases {
            assert_eq!(join(&a, &b), Some(expected.clone()), "{a:?} {b:?}");
            assert_eq!(join(&b, &a), Some(expected), "{b:?} {a:?}");
        }
    }

    #[test]
    fn text_truth_values_pointers_and_numbers_do_not_join() {
        let text = Type::Str { capacity: 16 };
        let pointer = Type::Pointer { to: Box::new(int(4, true)), space: Space::Kernel };
        for other in [&text, &pointer, &Type::Bool] {
            assert_eq!(join(other, &Type::INT64), None);
        }
        assert_eq!(join(&text, &Type::Str { capacity: 64 }), Some(Type::Str { capacity: 64 }));
    }

    #[test]
    fn records_join_whatever_the_order_of_their_fields() {
        let record =
            |parts: [(&str, Type); 2]| Type::Record(parts.map(|(name, ty)| (name.to_owned(), ty)).to_vec());
        let a = record([("x", int(1, true)), ("y", int(4, true))]);
        let b = record([("y", int(8, true)), ("x", int(1, true))]);
        assert_eq!(join(&a, &b), Some(record([("x", int(1, true)), ("y", int(8, true))])));
    }
}
