//! Values of several parts: tuples and records, structures in words, what a name is looked up for later.
use super::{AF_INET, AF_INET6, Fill, pieces};
use crate::lower::cx::{Cx, Place, Result, VarHome};
use crate::typed::{Expr, ExprKind, Type};
use osmia_event::Type as Out;
use osmia_isa::{AluOp, Size};

impl<'a> Cx<'a> {
    pub(super) fn put_tuple(&mut self, parts: &'a [Expr], ty: &Type, to: Place, fill: Fill) -> Result<()> {
        let (offsets, size) = self.parts(ty);
        let mut end = 0;
        for (part, &offset) in parts.iter().zip(&offsets) {
            if fill.is_whole() && offset > end {
                self.zero(to.at(end), offset - end);
            }
            end = offset + self.size_of(&part.ty);
            // Parts and padding are written in their order.
            self.put(part, to.at(offset), fill.over(end < size || fill == Fill::Over))?;
        }
        if fill.is_whole() && size > end {
            self.zero(to.at(end), size - end);
        }
        Ok(())
    }

    /// A structure that comes in words: of the last one only what belongs to it.
    pub(super) fn put_words(&mut self, words: &'a [Expr], ty: &Type, to: Place) -> Result<()> {
        let size = self.size_of(ty);
        for (number, word) in (0..).zip(words) {
            let (begin, value) = (number * 8, self.number(word)?);
            let (to, left) = (to.at(begin), size.saturating_sub(begin));
            if left >= 8 && to.offset.rem_euclid(8) == 0 {
                self.b.store(Size::DW, to.base, to.offset, value);
                continue;
            }
            for (at, piece) in pieces(to.offset, left.min(8)) {
                let bits = self.b.int(i64::from(at * 8));
                let part = self.b.alu(AluOp::Rsh, value, bits);
                self.b.store(piece, to.base, to.offset + at as i32, part);
            }
        }
        Ok(())
    }

    /// Where the parts of a tuple or record are, and its size.
    pub(in crate::lower) fn parts(&self, ty: &Type) -> (Vec<u32>, u32) {
        match self.types.event(ty) {
            Out::Tuple { fields, size } | Out::Record { fields, size } => {
                (fields.iter().map(|field| field.offset).collect(), size)
            }
            other => (vec![0], other.size()),
        }
    }

    pub(super) fn part(&mut self, whole: &'a Expr, index: usize, fill: Fill) -> Result<Place> {
        if let ExprKind::Var(var) = whole.kind
            && let VarHome::Pair { key, value } = self.home(var)
        {
            return Ok(if index == 0 { key } else { value });
        }
        let (offsets, _) = self.parts(&whole.ty);
        let whole = self.memory(whole, fill)?;
        Ok(whole.at(offsets.get(index).copied().unwrap_or(0)))
    }

    /// A loop's key and value as one tuple.
    pub(in crate::lower) fn join_pair(&mut self, key: Place, value: Place, ty: &Type) -> Result<Place> {
        let to = self.temp(self.types.size(ty));
        self.copy_pair(key, value, ty, to);
        Ok(to)
    }

    pub(in crate::lower) fn copy_pair(&mut self, key: Place, value: Place, ty: &Type, to: Place) {
        let (offsets, size) = self.parts(ty);
        let (Type::Tuple(parts), [first, second]) = (ty, offsets.as_slice()) else { return };
        self.zero(to, size);
        for ((from, part), &offset) in [key, value].into_iter().zip(parts).zip([first, second]) {
            let size = self.size_of(part);
            self.copy(from, to.at(offset), size);
        }
    }

    pub(super) fn put_tagged(&mut self, value: &'a Expr, ty: &Type, to: Place) -> Result<()> {
        let value = self.number(value)?;
        let size = if *ty == Type::Username { Size::W } else { Size::DW };
        self.b.store(size, to.base, to.offset, value);
        if *ty == Type::UserSymbol {
            self.put_process(to.at(8));
        }
        Ok(())
    }

    /// A process id, and four bytes that are zero.
    pub(in crate::lower) fn put_process(&mut self, to: Place) {
        let pid = self.process_id();
        self.b.store(Size::DW, to.base, to.offset, pid);
    }

    pub(super) fn put_inet(&mut self, family: Option<&'a Expr>, address: &'a Expr, to: Place) -> Result<()> {
        let size = self.size_of(&address.ty).min(16);
        let four = address.ty.is_scalar() || size == 4;
        let family = match family {
            Some(family) if !matches!(family.kind, ExprKind::Number(0)) => self.number(family)?,
            _ => self.b.int(if four { AF_INET } else { AF_INET6 }),
        };
        self.b.store(Size::W, to.base, to.offset, family);
        if four {
            self.b.zero(to.base, to.offset + 8, 12);
        }
        if address.ty.is_scalar() {
            let number = self.number(address)?;
            self.b.store(Size::W, to.base, to.offset + 4, number);
            return Ok(());
        }
        let from = self.place(address)?;
        self.fetch(&from, size, to.at(4));
        Ok(())
    }
}
