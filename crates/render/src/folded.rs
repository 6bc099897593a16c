//! Stacks as one line each, from the root: what flame graphs are made of.
use crate::style::Style;
use crate::text::{atom, value};
use osmia_event::{Cell, Frame, Table, Value};

/// A map whose values are numbers, a line for each entry: `part;…;root;…;leaf count`. What a key holds besides stacks comes
/// before them, in the key's order; a user stack comes before a kernel stack, whatever their order in the key.
/// Entries that are no numbers, or not positive, have no place in a flame graph and are left out.
pub fn table(table: &Table, style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in &table.entries {
        let (Some(key), Some(count)) = (&entry.key, count(&entry.cell)) else { continue };
        out.extend(line(key, style).join(&b';'));
        out.extend(format!(" {count}\n").bytes());
    }
    out
}

/// A cell's weight.
pub(crate) fn count(cell: &Cell) -> Option<u64> {
    match cell {
        Cell::Value(Value::Int { value, .. }) => u64::try_from(*value).ok().filter(|&value| value > 0),
        Cell::Value(Value::Uint { value, .. }) => Some(*value).filter(|&value| value > 0),
        Cell::Stats { count, .. } => Some(*count).filter(|&count| count > 0),
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

    fn folded(key: Value, cell: Cell) -> String {
        let entries = vec![Entry { key: Some(key), cell }];
        let contents = Table { name: "@".into(), kind: Kind::Plain, keyed: true, entries };
        String::from_utf8(table(&contents, &Style::default())).unwrap()
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
    fn what_weighs_nothing_is_left_out() {
        assert_eq!(folded(stack(&["f"]), Cell::Value(Value::int(-1))), "");
        assert_eq!(folded(stack(&["f"]), Cell::Value(Value::text("x"))), "");
    }
}
