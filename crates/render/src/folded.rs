//! Stacks as one line each, from the root: what flame graphs are made of.
use crate::style::Style;
use crate::text::{atom, value};
use osmia_event::{Cell, Frame, Table, Value};
use std::collections::HashMap;

/// What a map has become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Its lines.
    pub lines: Vec<u8>,
    /// How many entries have no place among them.
    pub left_out: usize,
}

/// A map whose values are numbers, a line for each stack: `part;…;root;…;leaf count`. What a key holds besides stacks comes
/// before them, in the key's order; a user stack comes before a kernel stack, whatever their order in the key. Stacks that
/// differ only in what a line does not show (a frame's offset) are one line with their sum, where the first of them stood.
/// Entries without a key, and those that are no numbers or negative, have no place in a flame graph and are left out;
/// nothing is to be told of a zero.
pub fn table(table: &Table, style: &Style) -> Folded {
    let (mut sums, mut places) = (Vec::<(Vec<u8>, u64)>::new(), HashMap::new());
    let mut left_out = 0;
    for entry in &table.entries {
        let (Some(key), Some(weight)) = (&entry.key, weight(&entry.cell)) else {
            left_out += 1;
            continue;
        };
        if weight == 0 {
            continue;
        }
        let line = line(key, style).join(&b';');
        let place = *places.entry(line.clone()).or_insert(sums.len());
        match sums.get_mut(place) {
            Some((_, sum)) => *sum = sum.saturating_add(weight),
            None => sums.push((line, weight)),
        }
    }
    let mut lines = Vec::new();
    for (line, sum) in sums {
        lines.extend(line);
        lines.extend(format!(" {sum}\n").bytes());
    }
    Folded { lines, left_out }
}

/// A cell's weight; none for what is no number, or negative.
pub(crate) fn weight(cell: &Cell) -> Option<u64> {
    match cell {
        Cell::Value(Value::Int { value, .. }) => u64::try_from(*value).ok(),
        Cell::Value(Value::Uint { value, .. }) => Some(*value),
        Cell::Stats { count, .. } => Some(*count),
        _ => None,
    }
}

/// A key's parts: those that are no stacks, and the stacks, the kernel's (which user code called) first.
pub(crate) fn parts(key: &Value) -> (Vec<&Value>, Vec<&[Frame]>) {
    let all = match key {
        Value::Tuple(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut plain, mut stacks) = (Vec::new(), Vec::new());
    for part in all {
        match part {
            Value::Stack { source, frames, .. } => stacks.push((*source, frames.as_slice())),
            other => plain.push(other),
        }
    }
    stacks.sort_by_key(|(source, _)| *source);
    (plain, stacks.into_iter().map(|(_, frames)| frames).collect())
}

fn line(key: &Value, style: &Style) -> Vec<Vec<u8>> {
    let (plain, stacks) = parts(key);
    let frames = stacks.into_iter().rev().flat_map(|frames| frames.iter().rev().map(frame));
    plain.into_iter().map(|part| clean(&shown(part, style))).chain(frames).collect()
}

fn shown(part: &Value, style: &Style) -> Vec<u8> {
    match part {
        Value::Str { .. } | Value::Tuple(_) | Value::Record(_) | Value::Array(_) => value(part, style),
        other => atom(other, style).into_bytes(),
    }
}

/// A frame's name without the offset: all places of a function are one box.
fn frame(frame: &Frame) -> Vec<u8> {
    match &frame.symbol {
        Some(symbol) => clean(symbol.name.as_bytes()),
        None if frame.address == u64::MAX => b"<unwind failure>".to_vec(),
        None => crate::stack::bare(frame).into_bytes(),
    }
}

/// `;` and line ends have a meaning of their own.
fn clean(text: &[u8]) -> Vec<u8> {
    let replace = |byte: &u8| match byte {
        b';' => b':',
        b'\n' | b'\r' => b' ',
        other => *other,
    };
    text.iter().map(replace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_event::{Entry, Kind, StackMode, StackSource, Symbol};

    fn stack(names: &[&str]) -> Value {
        stack_of(StackSource::Kernel, names)
    }

    fn stack_of(source: StackSource, names: &[&str]) -> Value {
        let frame = |name: &&str| Frame {
            address: 1,
            symbol: Some(Symbol { name: (*name).into(), ..Symbol::default() }),
            ..Frame::default()
        };
        Value::Stack { mode: StackMode::Bpftrace, source, frames: names.iter().map(frame).collect() }
    }

    fn all_folded(entries: Vec<Entry>) -> (String, usize) {
        let contents = Table { name: "@".into(), kind: Kind::Plain, keyed: true, entries };
        let Folded { lines, left_out } = table(&contents, &Style::default());
        (String::from_utf8(lines).unwrap(), left_out)
    }

    fn folded(key: Value, cell: Cell) -> String {
        all_folded(vec![Entry { key: Some(key), cell }]).0
    }

    #[test]
    fn from_the_root_to_the_leaf() {
        let key = Value::Tuple(vec![stack(&["leaf", "root"]), Value::text("a;b")]);
        assert_eq!(folded(key, Cell::Value(Value::uint(3))), "a:b;root;leaf 3\n");
    }

    #[test]
    fn user_before_kernel() {
        let user = stack_of(StackSource::User(1), &["read", "main"]);
        let kernel = stack(&["vfs_read", "entry"]);
        for key in [vec![kernel.clone(), user.clone()], vec![user, kernel]] {
            let line = folded(Value::Tuple(key), Cell::Value(Value::int(7)));
            assert_eq!(line, "main;read;entry;vfs_read 7\n");
        }
    }

    #[test]
    fn equal_lines_are_one_where_the_first_stood() {
        let entry = |key: Value, count| Entry { key: Some(key), cell: Cell::Value(Value::uint(count)) };
        let deep = || stack(&["leaf", "root"]);
        let entries = vec![entry(deep(), 1), entry(stack(&["other"]), 5), entry(deep(), 22)];
        assert_eq!(all_folded(entries), ("root;leaf 23\nother 5\n".to_owned(), 0));
        let most = all_folded(vec![entry(deep(), u64::MAX), entry(deep(), 1)]);
        assert_eq!(most, (format!("root;leaf {}\n", u64::MAX), 0));
    }

    #[test]
    fn what_has_no_place_is_counted() {
        let of = |key: Option<Value>, value: Value| all_folded(vec![Entry { key, cell: Cell::Value(value) }]);
        assert_eq!(of(Some(stack(&["f"])), Value::int(-1)), (String::new(), 1));
        assert_eq!(of(Some(stack(&["f"])), Value::text("x")), (String::new(), 1));
        assert_eq!(of(None, Value::int(1)), (String::new(), 1));
        assert_eq!(of(Some(stack(&["f"])), Value::int(0)), (String::new(), 0));
    }
}
