//! Bitfields as bytes with methods over them.
use super::Writer;
use super::names::{identifier, unique};
use super::spell::integer;
use crate::{BtfError, Endian, IntEncoding, Kind, Member};
use std::collections::HashSet;
use std::fmt::Write;

/// Bitfields that share bytes.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    /// The field that holds the bytes.
    pub(super) name: String,
    /// The first byte in the structure, and the one after the last.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) members: Vec<Member>,
}

impl Storage {
    /// Takes one more bitfield; false if it does not share a byte with the others and stands alone.
    pub(super) fn take(&mut self, member: &Member) -> bool {
        let (start, end) = bytes_of(member);
        if start < self.start || start >= self.end {
            return false;
        }
        self.end = self.end.max(end);
        self.members.push(member.clone());
        true
    }

    pub(super) fn new(name: String, member: &Member) -> Self {
        let (start, end) = bytes_of(member);
        Self { name, start, end, members: vec![member.clone()] }
    }
}

fn bytes_of(member: &Member) -> (u64, u64) {
    let (start, bits) = (u64::from(member.bit_offset), u64::from(member.bit_size.unwrap_or(0)));
    (start / 8, (start + bits).div_ceil(8).max(start / 8 + 1))
}

impl Writer<'_> {
    /// Methods that read and write bitfields.
    pub(super) fn accessors(&mut self, name: &str, storages: &[Storage]) -> Result<(), BtfError> {
        let named = |member: &&Member| !member.name.is_empty();
        if self.btf.endian() == Endian::Big || storages.iter().all(|it| !it.members.iter().any(|m| named(&m)))
        {
            return Ok(());
        }
        let _ = writeln!(self.out, "impl {name} {{");
        let mut methods = HashSet::new();
        for storage in storages {
            for member in storage.members.iter().filter(named) {
                self.accessor(storage, member, &mut methods);
            }
        }
        self.out.push_str("}\n\n");
        Ok(())
    }

    fn accessor(&mut self, storage: &Storage, member: &Member, methods: &mut HashSet<String>) {
        let bits = u64::from(member.bit_size.unwrap_or(0));
        let start = u64::from(member.bit_offset) - 8 * storage.start;
        let (size, encoding) = match self.btf.get(self.btf.resolve(member.ty)).map(|ty| ty.kind) {
            Ok(Kind::Int { size, encoding, .. }) => (size, encoding),
            Ok(Kind::Enum(body) | Kind::Enum64(body)) if body.signed => (body.size, IntEncoding::SIGNED),
            Ok(Kind::Enum(body) | Kind::Enum64(body)) => (body.size, IntEncoding::UNSIGNED),
            _ => (8, IntEncoding::UNSIGNED),
        };
        let getter = unique(methods, &member.name, |_| false);
        let setter = unique(methods, &format!("set_{}", member.name), |_| false);
        let bytes = identifier(&storage.name);
        let get = format!("_get_bits(&self.{bytes}, {start}, {bits})");
        let unused = 64_u64.saturating_sub(bits);
        let (ty, read, write) = match encoding {
            encoding if encoding.is_bool() => ("bool", format!("{get} != 0"), "value as u64"),
            encoding if encoding.is_signed() => {
                let ty = integer(size, true);
                (ty, format!("(({get} << {unused}) as i64 >> {unused}) as {ty}"), "value as u64")
            }
            _ => (integer(size, false), format!("{get} as {}", integer(size, false)), "value as u64"),
        };
        let _ = write!(
            self.out,
            "    pub const fn {getter}(&self) -> {ty} {{\n        {read}\n    }}\n\n    pub const fn {setter}(&mut self, value: {ty}) {{\n        _set_bits(&mut self.{bytes}, {start}, {bits}, {write})\n    }}\n\n"
        );
    }
}
