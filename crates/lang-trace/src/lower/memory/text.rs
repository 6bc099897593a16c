//! Text and bytes: written from what is known, or read from where they are.
use super::{Fill, MARKED, pieces};
use crate::lower::cx::{Cx, Place, Result};
use crate::lower::helpers;
use crate::lower::remote::Remote;
use crate::typed::{Expr, ExprKind, Space, Type};
use osmia_abi::Feature;
use osmia_ir::{Op, Type as Kind, Value};
use osmia_isa::{Cond, Size};

impl<'a> Cx<'a> {
    pub(super) fn put_text(&mut self, text: &[u8], ty: &Type, to: Place, fill: Fill) {
        let capacity = self.size_of(ty);
        let kept = (text.len() as u32).min(capacity.saturating_sub(1));
        let text = &text[..kept as usize];
        let used = if fill == Fill::Text { (kept + 1).min(capacity) } else { capacity };
        if kept > 3 * 8 {
            let (section, offset) = self.globals.constant(text, kept + 1);
            let from = Place::new(self.b.data(section, offset));
            self.copy(from, to, kept + 1);
            return if used > kept + 1 {
                self.zero(to.at(kept + 1), used - kept - 1)
            };
        }
        let words = osmia_event::round_up(kept + 1, 4).min(used);
        for (at, size) in pieces(to.offset, words) {
            let mut word = [0; 8];
            let rest = text.get(at as usize..).unwrap_or_default();
            let count = rest.len().min(size.bytes() as usize);
            word[..count].copy_from_slice(&rest[..count]);
            let word = self.b.int(i64::from_le_bytes(word));
            self.b.store(size, to.base, to.offset + at as i32, word);
        }
        if used > words {
            self.zero(to.at(words), used - words);
        }
    }

    /// Text from a place of so many bytes, which need not end in a NUL; behind the first one there are only NULs. `over` says
    /// that the byte behind it may be written.
    pub(super) fn put_text_of(&mut self, from: &Remote, size: u32, to: Place, over: bool) {
        self.zero(to, size);
        let (address, space) = self.address_in(from);
        if over {
            // Where no NUL is found, the byte behind is made one.
            let length = self.b.int(i64::from(size) + 1);
            self.probe_read_str(space, to, length, address);
            return;
        }
        let length = self.b.int(i64::from(size));
        let read = self.probe_read_str(space, to, length, address);
        self.put_last_byte(read, length, (address, space), size, to);
    }

    /// Where as much as there is room for was read, its last byte was made a NUL: text that goes on has its own there,
    /// by which a reader sees that it was cut off.
    fn put_last_byte(&mut self, read: Value, wanted: Value, from: (Value, Space), size: u32, to: Place) {
        let (address, space) = from;
        let (full, done) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Eq, read, wanted, full, done);
        self.b.switch_to(full);
        let last = self.b.offset(address, i64::from(size) - 1);
        let one = self.b.int(1);
        self.maybe(|cx| cx.probe_read(space, to.at(size - 1), one, last));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    pub(super) fn put_str(
        &mut self,
        pointer: &'a Expr,
        length: Option<&'a Expr>,
        ty: &Type,
        to: Place,
        fill: Fill,
    ) -> Result<()> {
        let capacity = self.size_of(ty);
        let (from, space) = self.address_of(pointer)?;
        let size = self.length(length, capacity)?;
        if fill.is_whole() {
            self.zero(to, capacity);
        } else if length.is_some_and(|length| !matches!(length.kind, ExprKind::Number(1..))) {
            self.b.zero(to.base, to.offset, 1);
        }
        let read = self.probe_read_str(space, to, size, from);
        let may_be_cut = match length.map(|length| &length.kind) {
            Some(ExprKind::Number(number)) => *number > i64::from(capacity),
            _ => true,
        };
        if may_be_cut && capacity < MARKED {
            let whole = self.b.int(i64::from(capacity));
            self.put_last_byte(read, whole, (from, space), capacity, to);
        }
        Ok(())
    }

    /// A length, at most `most`.
    fn length(&mut self, length: Option<&'a Expr>, most: u32) -> Result<Value> {
        let most = i64::from(most);
        match length {
            None => Ok(self.b.int(most)),
            Some(Expr { kind: ExprKind::Number(number), .. }) => Ok(self.b.int(most.min((*number).max(0)))),
            Some(length) => {
                let length = self.number(length)?;
                let most = self.b.int(most);
                let fits = self.b.compare(Cond::Lt, length, most);
                Ok(self.b.push(Op::Select(fits, length, most), Kind::I64))
            }
        }
    }

    pub(super) fn put_buf(
        &mut self,
        pointer: &'a Expr,
        length: &'a Expr,
        ty: &Type,
        to: Place,
        fill: Fill,
    ) -> Result<()> {
        let Type::Buffer { capacity } = *ty else { return self.error(pointer.span, "not a buffer") };
        let (from, space) = self.address_of(pointer)?;
        let size = self.length(Some(length), capacity)?;
        if fill.is_whole() {
            let whole = self.size_of(ty);
            self.zero(to, whole);
        }
        self.b.store(Size::W, to.base, to.offset, size);
        self.probe_read(space, to.at(4), size, from);
        Ok(())
    }

    pub(super) fn put_comm(&mut self, ty: &Type, to: Place, fill: Fill) {
        let capacity = self.size_of(ty);
        // Some kernels (5.18 to 6.2, before commit f3f213497797) leave what is behind the NUL as it was.
        if fill.is_whole() && !self.target.features.has(Feature::CommPadded) {
            self.zero(to, capacity.min(16));
        }
        let address = self.begin_of(to);
        let size = self.b.int(i64::from(capacity.min(16)));
        self.call(helpers::COMM, &[address, size]);
        if capacity > 16 {
            self.zero(to.at(16), capacity - 16);
        }
    }
}
