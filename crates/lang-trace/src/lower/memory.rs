//! Values that do not fit a register: text, buffers, tuples, structures. They are written where they are wanted.
mod compound;
mod text;

use super::cx::{Cx, Place, Result, VarHome};
use super::{helpers, walk};
use crate::typed::{Builtin, Expr, ExprKind, Space, Type};
use osmia_ir::{Type as Kind, Value};
use osmia_isa::{AluOp, Size};

/// More bytes than this are set and copied by a helper.
pub(super) const INLINE: u32 = 64;
/// Of text that has less room than this one sees whether it was cut off; the room is what `max_strlen` says, and who
/// set it that low wants to know.
const MARKED: u32 = 1024;
/// `AF_INET` and `AF_INET6`.
const AF_INET: i64 = 2;
const AF_INET6: i64 = 10;

/// How much of a value's memory counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// What a reader looks at: not what is after a text's NUL, not padding.
    Text,
    /// All of it: what does not count is zero, so that equal values are equal bytes.
    Whole,
    /// The same; the byte behind it may be written as well.
    Over,
}

impl Fill {
    const fn is_whole(self) -> bool {
        matches!(self, Self::Whole | Self::Over)
    }

    /// The same for a value of which `free` says whether the byte behind it may be written.
    fn over(self, free: bool) -> Self {
        match self {
            Self::Text => Self::Text,
            _ if free => Self::Over,
            _ => Self::Whole,
        }
    }
}

/// What is wanted of the memory that a value is written to, if it has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Bytes in front of it that are free.
    before: u32,
    /// Where they begin, once the value was written behind them.
    used: Option<Place>,
}

impl Room {
    /// Memory behind so many free bytes.
    pub(super) const fn behind(before: u32) -> Self {
        Self { before, used: None }
    }

    /// The memory, free bytes and value; `None` where the value is elsewhere.
    pub(super) const fn whole(&self) -> Option<Place> {
        self.used
    }
}

impl<'a> Cx<'a> {
    /// Writes a value to memory.
    pub(super) fn put(&mut self, it: &'a Expr, to: Place, fill: Fill) -> Result<()> {
        self.within(it.span, |cx| cx.put_here(it, to, fill))
    }

    fn put_here(&mut self, it: &'a Expr, to: Place, fill: Fill) -> Result<()> {
        if it.ty.is_scalar() {
            let value = self.for_storing(it)?;
            self.store(&it.ty, to, value);
            return Ok(());
        }
        match &it.kind {
            ExprKind::Text(text) => self.put_text(text, &it.ty, to, fill),
            ExprKind::Path(path) => return self.put_path(path, &it.ty, to),
            ExprKind::CommOf { pid, name } => return self.put_comm_of(pid, name, it, to),
            ExprKind::Str { pointer, length } => {
                return self.put_str(pointer, length.as_deref(), &it.ty, to, fill);
            }
            ExprKind::Buf { pointer, length } => return self.put_buf(pointer, length, &it.ty, to, fill),
            ExprKind::Builtin(Builtin::Comm) => self.put_comm(&it.ty, to, fill),
            ExprKind::Tuple(parts) => return self.put_tuple(parts, &it.ty, to, fill),
            ExprKind::Words(words) => return self.put_words(words, &it.ty, to),
            ExprKind::Tagged(value) => return self.put_tagged(value, &it.ty, to),
            ExprKind::Ntop(family, address) => return self.put_inet(family.as_deref(), address, to),
            ExprKind::Macaddr(place) => {
                let from = self.place(place)?;
                self.fetch(&from, 6, to);
            }
            ExprKind::Stack => return self.put_stack(&it.ty, to),
            ExprKind::Unwound => return self.put_unwound_stack(&it.ty, to),
            ExprKind::Ternary(condition, a, b) => return self.put_either(condition, a, b, to, fill),
            ExprKind::Block(body, value) => {
                self.body(body)?;
                return if self.b.ended() { Ok(()) } else { self.put(value, to, fill) };
            }
            ExprKind::Cast(inner) => return self.put_cast(inner, &it.ty, to, fill),
            ExprKind::Deref(_)
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::TracepointField(..) => {
                let from = self.place(it)?;
                let size = self.size_of(&it.ty);
                match it.ty {
                    Type::Str { .. } if fill.is_whole() => {
                        self.put_text_of(&from, size, to, fill == Fill::Over);
                    }
                    _ => self.fetch(&from, size, to),
                }
            }
            _ => {
                let from = self.memory(it, fill)?;
                self.copy_value(from, to, &it.ty, fill);
            }
        }
        Ok(())
    }

    /// Where a value is in memory; it is written there if it is not there yet.
    pub(super) fn memory(&mut self, it: &'a Expr, fill: Fill) -> Result<Place> {
        self.memory_in(it, fill, &mut Room::behind(0))
    }

    /// Memory for a value behind room for more.
    pub(super) fn room(&mut self, size: u32, room: &mut Room) -> Place {
        let whole = self.temp_behind(room.before, size);
        room.used = Some(whole);
        whole.at(room.before)
    }

    /// The same; if it is written, then where there is room for more in front of it.
    pub(super) fn memory_in(&mut self, it: &'a Expr, fill: Fill, room: &mut Room) -> Result<Place> {
        match &it.kind {
            ExprKind::Var(var) if !it.ty.is_scalar() => {
                let home = self.home(*var);
                match home {
                    VarHome::Pair { key, value } => self.join_pair(key, value, &it.ty),
                    home => Ok(self.place_of(home)),
                }
            }
            ExprKind::MapValue(map, key) if !it.ty.is_scalar() => self.map_place(*map, key.as_deref()),
            ExprKind::Part(whole, index) => self.part(whole, *index, fill),
            ExprKind::Text(text) | ExprKind::Bytes(text) if !it.ty.is_scalar() => {
                let (section, offset) = self.globals.constant(text, self.types.size(&it.ty));
                Ok(Place::new(self.b.data(section, offset)))
            }
            ExprKind::Param(param) => {
                let (section, offset) = self.globals.parameter(param, self.types.size(&it.ty));
                Ok(Place::new(self.b.data(section, offset)))
            }
            ExprKind::Deref(_)
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::TracepointField(..)
                if !it.ty.is_scalar() =>
            {
                let place = self.place(it)?;
                let size = self.size_of(&it.ty);
                let text = matches!(it.ty, Type::Str { .. }) && fill.is_whole();
                match place.own() {
                    Some(own) if !text => Ok(own),
                    _ if text => {
                        let to = self.room(size + 1, room);
                        self.put_text_of(&place, size, to, true);
                        Ok(to)
                    }
                    _ => {
                        let to = self.room(size, room);
                        self.fetch(&place, size, to);
                        Ok(to)
                    }
                }
            }
            ExprKind::Str { .. } => self.text(it, fill, room),
            ExprKind::NameOf(table, number) => self.name_of(*table, number),
            ExprKind::Builtin(Builtin::ProbeName) => Ok(self.probe_name(self.types.size(&it.ty))),
            ExprKind::Concat(a, b) => self.concat(a, b, &it.ty),
            _ => {
                let size = self.size_of(&it.ty);
                let to = self.room(size, room);
                self.put(it, to, fill.over(osmia_event::round_up(size, 8) > size))?;
                Ok(to)
            }
        }
    }

    /// Where a text from elsewhere is in memory. One that is read in the same words again is still there.
    fn text(&mut self, it: &'a Expr, fill: Fill, room: &mut Room) -> Result<Place> {
        let name = walk::steady_text(it);
        let known = name.as_ref().and_then(|name| self.known_text(name));
        let to = match known {
            Some((place, _)) => place,
            None => {
                // It may be wanted as a key later.
                let before = room.before.max(self.text_room);
                self.temp_behind(before, self.types.size(&it.ty)).at(before)
            }
        };
        room.used = (room.before <= self.text_room).then(|| to.before(room.before));
        if known.is_some_and(|(_, known)| known.is_whole() || fill == Fill::Text) {
            return Ok(to);
        }
        self.put(it, to, fill)?;
        name.into_iter().for_each(|name| self.note_text(name, to, fill));
        Ok(to)
    }

    /// Writes a number in its type's size.
    pub(super) fn store(&mut self, ty: &Type, to: Place, value: Value) {
        let size = super::types::scalar(ty).and_then(|(size, _)| Size::from_bytes(size)).unwrap_or(Size::DW);
        self.b.store(size, to.base, to.offset, value);
    }

    /// Writes so many bytes of a number, none of them where the verifier finds them misaligned.
    fn store_pieces(&mut self, to: Place, size: u32, value: Value) {
        for (at, piece) in pieces(to.offset, size) {
            let shift = self.b.int(i64::from(8 * at));
            let part = self.b.alu(AluOp::Rsh, value, shift);
            self.b.store(piece, to.base, to.offset + at as i32, part);
        }
    }

    /// Reads what [`Cx::store_pieces`] writes, without sign.
    pub(super) fn load_pieces(&mut self, from: Place, size: u32) -> Value {
        let mut value = self.b.int(0);
        for (at, piece) in pieces(from.offset, size) {
            let part = self.b.load(piece, from.base, from.offset + at as i32, Kind::I64);
            let shift = self.b.int(i64::from(8 * at));
            let part = self.b.alu(AluOp::Lsh, part, shift);
            value = self.b.alu(AluOp::Or, value, part);
        }
        value
    }

    /// Sets bytes to zero.
    pub(super) fn zero(&mut self, to: Place, size: u32) {
        if size <= INLINE {
            return self.b.zero(to.base, to.offset, size);
        }
        // Reading from nowhere fails, and fills with zeros.
        let to = self.begin_of(to);
        let (size, nowhere) = (self.b.int(i64::from(size)), self.b.int(0));
        let helper = self.pick(&helpers::READ_KERNEL);
        self.call(helper, &[to, size, nowhere]);
    }

    /// Copies bytes between places of the program's own.
    pub(super) fn copy(&mut self, from: Place, to: Place, size: u32) {
        if size <= INLINE {
            return self.b.copy(to.base, to.offset, from.base, from.offset, size);
        }
        let (to, from) = (self.begin_of(to), self.begin_of(from));
        let size = self.b.int(i64::from(size));
        let helper = self.pick(&helpers::READ_KERNEL);
        self.call(helper, &[to, size, from]);
    }

    /// Copies a value; of long text only what counts.
    pub(super) fn copy_value(&mut self, from: Place, to: Place, ty: &Type, fill: Fill) {
        let size = self.size_of(ty);
        if fill.is_whole() || size <= INLINE || !matches!(ty, Type::Str { .. }) {
            return self.copy(from, to, size);
        }
        let (from, size) = (self.begin_of(from), self.b.int(i64::from(size)));
        self.probe_read_str(Space::Bpf, to, size, from);
    }

    fn put_either(
        &mut self,
        condition: &'a Expr,
        a: &'a Expr,
        b: &'a Expr,
        to: Place,
        fill: Fill,
    ) -> Result<()> {
        let (yes, no, done) = (self.b.block(), self.b.block(), self.b.block());
        self.condition(condition, yes, no)?;
        for (block, value) in [(yes, a), (no, b)] {
            self.b.switch_to(block);
            self.maybe(|cx| cx.put(value, to, fill))?;
            if !self.b.ended() {
                self.b.jump(done, &[]);
            }
        }
        self.b.switch_to(done);
        Ok(())
    }

    fn put_cast(&mut self, inner: &'a Expr, ty: &Type, to: Place, fill: Fill) -> Result<()> {
        let (had, wanted) = (self.size_of(&inner.ty), self.size_of(ty));
        match (&inner.ty, ty) {
            (Type::Str { .. }, Type::Str { .. }) if wanted >= had => {
                self.put(inner, to, fill)?;
                if wanted > had {
                    // Where less counts, there is at least a NUL behind text that may have none.
                    let cleared = if fill.is_whole() { wanted - had } else { 1 };
                    self.zero(to.at(had), cleared);
                }
            }
            (Type::Str { .. }, Type::Str { .. }) => {
                let from = self.memory(inner, fill)?;
                self.copy(from, to, wanted);
                self.b.zero(to.base, to.offset + wanted as i32 - 1, 1);
            }
            _ if inner.ty.is_scalar() => {
                if wanted > had {
                    self.zero(to, wanted);
                }
                // An array may lie where a number as wide as it may not.
                if to.offset.rem_euclid(had.max(1) as i32) == 0 {
                    return self.put(inner, to, fill);
                }
                let value = self.number(inner)?;
                self.store_pieces(to, had, value);
            }
            _ => {
                let from = self.place(inner)?;
                self.fetch(&from, had.min(wanted), to);
                if wanted > had {
                    self.zero(to.at(had), wanted - had);
                }
            }
        }
        Ok(())
    }
}

/// Cuts so many bytes into accesses that are aligned where they begin at `offset`.
pub(super) fn pieces(offset: i32, size: u32) -> Vec<(u32, Size)> {
    let (mut at, mut all) = (0, Vec::new());
    while at < size {
        let fits = |piece: &Size| {
            piece.bytes() <= size - at && (offset + at as i32).rem_euclid(piece.bytes() as i32) == 0
        };
        let piece = [Size::W, Size::H, Size::B].into_iter().find(fits).unwrap_or(Size::B);
        all.push((at, piece));
        at += piece.bytes();
    }
    all
}
