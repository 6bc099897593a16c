//! Bodies of structures and unions, with gaps where BTF has them.
use super::writer::Writer;
use crate::layout::Shape;
use crate::spell::{declare, keyword};
use crate::wire::{Raw, RawMember};
use crate::{BtfError, BtfErrorKind, KindTag, TypeId};

/// How deep braces may be nested.
const MAX_NESTING: usize = 48;

/// Gaps of more bits become an array.
const LARGE_GAP: u64 = 64 * 32;

/// Types for gaps, widest first.
const FILLERS: [(&str, u64); 4] = [("long long", 64), ("int", 32), ("short", 16), ("char", 8)];

impl Writer<'_> {
    /// `{ … }` with its attributes.
    pub(super) fn composite_body(&mut self, id: TypeId, raw: Raw<'_>) -> Result<String, BtfError> {
        if self.indent >= MAX_NESTING {
            return Err(self.btf.error_at(id, BtfErrorKind::TooDeep(id)));
        }
        let shape = self.aligner.composite(id, 0)?;
        self.indent += 1;
        let text = match raw.info.tag {
            KindTag::Union => self.union_members(id, raw, shape),
            _ => self.struct_members(id, raw, shape),
        };
        self.indent -= 1;
        let packed = if shape.packed { " __attribute__((packed))" } else { "" };
        Ok(format!("{{\n{}{}}}{packed}", text?, self.tabs()))
    }

    fn tabs(&self) -> String {
        "\t".repeat(self.indent)
    }

    fn struct_members(&mut self, id: TypeId, raw: Raw<'_>, shape: Shape) -> Result<String, BtfError> {
        let (mut text, mut at) = (String::new(), 0);
        for member in raw.members() {
            let member = self.btf.true_member(member);
            let offset = u64::from(member.bit_offset);
            if self.natural_place(member, at, shape)? < offset {
                text.push_str(&self.gap(at, offset));
            }
            text.push_str(&self.member(id, member)?);
            at = offset + self.bits(member);
        }
        let end = u64::from(raw.word) * 8;
        if at.next_multiple_of(u64::from(shape.align) * 8) < end {
            text.push_str(&self.gap(at, end));
        }
        Ok(text)
    }

    fn union_members(&mut self, id: TypeId, raw: Raw<'_>, shape: Shape) -> Result<String, BtfError> {
        let (mut text, mut widest) = (String::new(), 0);
        for member in raw.members() {
            let member = self.btf.true_member(member);
            text.push_str(&self.member(id, member)?);
            widest = widest.max(self.bits(member));
        }
        if widest.next_multiple_of(u64::from(shape.align) * 8) < u64::from(raw.word) * 8 {
            text.push_str(&format!("{}unsigned char ___size[{}];\n", self.tabs(), raw.word));
        }
        Ok(text)
    }

    fn bits(&self, member: RawMember) -> u64 {
        match member.bit_size {
            Some(width) => width.into(),
            None => self.btf.size_of(TypeId(member.ty)).unwrap_or(0) * 8,
        }
    }

    /// Where a compiler would put the member if nothing filled the gap, in bits.
    fn natural_place(&mut self, member: RawMember, at: u64, shape: Shape) -> Result<u64, BtfError> {
        let ty = TypeId(member.ty);
        let Some(width) = member.bit_size else {
            let align = if shape.packed { 1 } else { self.aligner.align(ty, 0)? };
            return Ok(at.next_multiple_of(u64::from(align) * 8));
        };
        let unit = self.btf.size_of(ty).unwrap_or(0) * 8;
        let last = (at + u64::from(width)).saturating_sub(1);
        let crosses = !shape.packed && unit != 0 && at / unit != last / unit;
        Ok(if crosses { at.next_multiple_of(unit) } else { at })
    }

    fn member(&mut self, id: TypeId, member: RawMember) -> Result<String, BtfError> {
        let spent = || self.btf.error_at(id, BtfErrorKind::TooLarge(id));
        self.budget = self.budget.checked_sub(1).ok_or_else(spent)?;
        let name = self.btf.ident(member.name)?;
        let inside = self.btf.resolve(TypeId(member.ty));
        let raw = self.btf.raw(inside).ok().filter(|raw| raw.info.tag.is_composite());
        let text = match raw {
            // C wants the body of members without name here, even where the type has one.
            Some(raw) if name.is_empty() => format!("{} {}", keyword(raw), self.composite_body(inside, raw)?),
            _ => declare(self.btf, TypeId(member.ty), name, self)?,
        };
        let width = member.bit_size.map_or(String::new(), |width| format!(": {width}"));
        Ok(format!("{}{text}{width};\n", self.tabs()))
    }

    fn gap(&self, mut from: u64, to: u64) -> String {
        let mut text = String::new();
        let tabs = self.tabs();
        while from < to {
            let left = to - from;
            let filler = FILLERS.iter().find(|(_, bits)| from.is_multiple_of(*bits) && left >= *bits);
            let (ty, bits) = match filler {
                Some(_) if left > LARGE_GAP => {
                    text.push_str(&format!("{tabs}unsigned char ___gap{}[{}];\n", from / 8, left / 8));
                    from += left / 8 * 8;
                    continue;
                }
                Some(&(ty, bits)) => (ty, bits),
                None => ("char", left.min(8 - from % 8)),
            };
            text.push_str(&format!("{tabs}{ty}: {bits};\n"));
            from += bits;
        }
        text
    }
}
