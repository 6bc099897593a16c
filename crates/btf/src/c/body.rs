//! Bodies of structures and unions, with gaps where BTF has them.
use super::state::Writer;
use crate::wire::{Raw, RawMember};
use crate::{BtfError, KindTag, TypeId};

/// How deep braces may be nested.
const MAX_NESTING: usize = 128;

/// Gaps of more bits become an array.
const LARGE_GAP: u64 = 64 * 4096;

/// Where a gap is, in bits, and what follows it.
#[derive(Clone, Copy, Debug)]
struct Gap {
    from: u64,
    to: u64,
    /// Alignment of what follows, in bits.
    align: u64,
    /// Whether it lies between two bitfields: these need every bit counted.
    in_bitfields: bool,
}

impl<'a> Writer<'a> {
    /// `struct name { … }` with its attributes.
    pub(super) fn composite(&mut self, id: TypeId, raw: Raw<'a>, indent: usize) -> Result<(), BtfError> {
        if indent >= MAX_NESTING {
            return Err(self.too_deep(id));
        }
        let shape = self.aligner.composite(id, 0)?;
        self.push_tag(id, raw)?;
        self.out.push_str(" {");
        let is_struct = raw.info.tag == KindTag::Struct;
        let packed = is_struct && shape.packed;
        let (mut at, mut widest, mut after_bitfield) = (0, 0, false);
        for member in raw.members() {
            let member = self.btf.true_member(member);
            let place = u64::from(member.bit_offset);
            let align = if packed { 8 } else { 8 * u64::from(self.aligner.align(TypeId(member.ty), 0)?) };
            let in_bitfields = after_bitfield && member.bit_size.is_some();
            self.gap(Gap { from: at, to: place, align, in_bitfields }, indent + 1);
            self.member(id, member, indent + 1)?;
            let bits = self.bits(member);
            (at, widest, after_bitfield) =
                (place + bits, widest.max(place + bits), member.bit_size.is_some());
        }
        let end = 8 * u64::from(raw.word);
        let align = 8 * u64::from(shape.align);
        if is_struct {
            self.gap(Gap { from: at, to: end, align, in_bitfields: false }, indent + 1);
        } else if widest.next_multiple_of(align) < end {
            self.line(indent + 1, "unsigned char ___size[");
            self.push_number(raw.word.into());
            self.out.push_str("];");
        }
        if raw.info.vlen > 0 || raw.word > 0 {
            self.line(indent, "");
        }
        self.out.push('}');
        if packed {
            self.out.push_str(" __attribute__((packed))");
        }
        Ok(())
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.out.push('\n');
        self.tabs(indent);
        self.out.push_str(text);
    }

    fn member(&mut self, id: TypeId, member: RawMember, indent: usize) -> Result<(), BtfError> {
        self.step(id)?;
        let name = self.btf.ident(member.name)?;
        self.line(indent, "");
        let inside = self.btf.resolve(TypeId(member.ty));
        let hidden = |raw: &Raw<'_>| name.is_empty() && raw.info.tag.is_composite() && raw.name != 0;
        match self.btf.raw(inside).ok().filter(hidden) {
            // C wants the body of members without name here, even where the type has one.
            Some(raw) => self.composite(inside, raw.without_name(), indent)?,
            None => self.declare(TypeId(member.ty), name, indent)?,
        }
        if let Some(width) = member.bit_size {
            self.out.push_str(": ");
            self.push_number(width.into());
        }
        self.out.push(';');
        Ok(())
    }

    fn bits(&self, member: RawMember) -> u64 {
        match member.bit_size {
            Some(width) => width.into(),
            None => self.btf.size_of(TypeId(member.ty)).unwrap_or(0) * 8,
        }
    }

    /// Fills a gap with the widest type that begins inside of it; what alignment does by itself is left to the compiler.
    fn gap(&mut self, gap: Gap, indent: usize) {
        if gap.from >= gap.to {
            return;
        }
        let long = ("long", 8 * u64::from(self.btf.pointer_size()));
        let fillers = [long, ("int", 32), ("short", 16), ("char", 8)];
        let fits = |&&(_, unit): &&(&str, u64)| gap.from.next_multiple_of(unit) <= gap.to;
        let (name, unit) = fillers.iter().find(fits).copied().unwrap_or(("char", 8));
        let aligned = gap.from.next_multiple_of(unit);
        let mut at = gap.from;
        if aligned > at && aligned <= gap.to {
            let by_itself = gap.from.next_multiple_of(gap.align) == aligned;
            let needed = match aligned == gap.to {
                true => !by_itself,
                // A unit that has room in what is before the border would not begin at the border.
                false => gap.to - aligned <= aligned - at,
            };
            if gap.in_bitfields || needed {
                self.filler(indent, name, if gap.in_bitfields { aligned - at } else { 0 });
            }
            at = aligned;
        }
        if gap.to - at > LARGE_GAP {
            let bytes = (gap.to - at) / 8;
            self.line(indent, "unsigned char ___gap");
            self.push_number((at / 8).into());
            self.out.push('[');
            self.push_number(bytes.into());
            self.out.push_str("];");
            at += 8 * bytes;
        }
        while gap.to - at >= unit {
            self.filler(indent, name, unit);
            at += unit;
        }
        if at < gap.to {
            let left = gap.to - at;
            let smallest = fillers.iter().rev().find(|&&(_, unit)| unit >= left);
            self.filler(indent, smallest.map_or(name, |&(name, _)| name), left);
        }
    }

    fn filler(&mut self, indent: usize, name: &str, bits: u64) {
        self.line(indent, name);
        self.out.push_str(": ");
        self.push_number(bits.into());
        self.out.push(';');
    }
}
