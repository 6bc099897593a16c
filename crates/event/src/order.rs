//! The order of keys.
use crate::value::Value;
use std::cmp::Ordering;

/// The order in which entries with these keys are printed. Integers compare as signed numbers of their size, even
/// unsigned ones, as scripts' users know it; texts compare by their bytes, composites part by part.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    if let (Some(a), Some(b)) = (signed(a), signed(b)) {
        return a.cmp(&b);
    }
    match (a, b) {
        (Value::Str { bytes: a, .. }, Value::Str { bytes: b, .. }) | (Value::Bytes(a), Value::Bytes(b)) => {
            a.cmp(b)
        }
        (Value::Array(a), Value::Array(b)) | (Value::Tuple(a), Value::Tuple(b)) => compare_all(a, b),
        (Value::Record(a), Value::Record(b)) => {
            compare_all(a.iter().map(|(_, a)| a), b.iter().map(|(_, b)| b))
        }
        (Value::Wide { bits: a, .. }, Value::Wide { bits: b, .. }) => a.cast_signed().cmp(&b.cast_signed()),
        (Value::Inet(a), Value::Inet(b)) => a.cmp(b),
        (Value::Mac(a), Value::Mac(b)) => a.cmp(b),
        (Value::StackId { id: a, source: of_a, .. }, Value::StackId { id: b, source: of_b, .. }) => {
            (of_a, a).cmp(&(of_b, b))
        }
        _ => a.bits().cmp(&b.bits()),
    }
}

/// Integers as they are compared.
fn signed(value: &Value) -> Option<i64> {
    match *value {
        Value::Int { value, .. } | Value::Enum { value, .. } => Some(value),
        Value::Uint { value, size } => {
            let unused = 64 - u32::from(size.clamp(1, 8)) * 8;
            Some((value << unused).cast_signed() >> unused)
        }
        _ => None,
    }
}

fn compare_all<'a>(
    a: impl IntoIterator<Item = &'a Value>,
    b: impl IntoIterator<Item = &'a Value>,
) -> Ordering {
    a.into_iter().map(Key).cmp(b.into_iter().map(Key))
}

struct Key<'a>(&'a Value);

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut values: Vec<Value>) -> Vec<Value> {
        values.sort_by(compare);
        values
    }

    #[test]
    fn integers_are_signed_and_tuples_go_by_their_first_part() {
        let high = Value::Uint { value: 0xffff_ffff, size: 4 };
        let one = Value::Uint { value: 1, size: 4 };
        assert_eq!(sorted(vec![one.clone(), high.clone()]), [high.clone(), one.clone()]);
        let pair = |a: &Value, b: &str| Value::Tuple(vec![a.clone(), Value::text(b)]);
        let all = vec![pair(&one, "b"), pair(&one, "a"), pair(&high, "z")];
        assert_eq!(sorted(all), [pair(&high, "z"), pair(&one, "a"), pair(&one, "b")]);
    }
}
