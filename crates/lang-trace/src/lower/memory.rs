//! Values that do not fit a register: text, buffers, tuples, structures. They are written where they are wanted.
use super::cx::{Cx, Place, Result, VarHome};
use super::{helpers, walk};
use crate::typed::{Builtin, Expr, ExprKind, Space, Type};
use osmia_abi::Feature;
use osmia_event::Type as Out;
use osmia_ir::{Op, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};

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
        if it.ty.is_scalar() {
            let value = self.scalar(it)?;
            self.store(&it.ty, to, value);
            return Ok(());
        }
        match &it.kind {
            ExprKind::Text(text) => self.put_text(text, &it.ty, to, fill),
            ExprKind::Path(path) => return self.within(it.span, |cx| cx.put_path(path, &it.ty, to)),
            ExprKind::CommOf { pid, name } => {
                return self.within(it.span, |cx| cx.put_comm_of(pid, name, it, to));
            }
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
            ExprKind::Stack => self.put_stack(&it.ty, to),
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

    /// Sets bytes to zero.
    pub(super) fn zero(&mut self, to: Place, size: u32) {
        if size <= INLINE {
            return self.b.zero(to.base, to.offset, size);
        }
        // Reading from nowhere fails, and fills with zeros.
        let to = self.b.offset(to.base, to.offset.into());
        let (size, nowhere) = (self.b.int(i64::from(size)), self.b.int(0));
        let helper = self.pick(&helpers::READ_KERNEL);
        self.call(helper, &[to, size, nowhere]);
    }

    /// Copies bytes between places of the program's own.
    pub(super) fn copy(&mut self, from: Place, to: Place, size: u32) {
        if size <= INLINE {
            return self.b.copy(to.base, to.offset, from.base, from.offset, size);
        }
        let (to, from) =
            (self.b.offset(to.base, to.offset.into()), self.b.offset(from.base, from.offset.into()));
        let size = self.b.int(i64::from(size));
        let helper = self.pick(&helpers::READ_KERNEL);
        self.call(helper, &[to, size, from]);
    }

    /// Copies a value; of long text only what counts.
    fn copy_value(&mut self, from: Place, to: Place, ty: &Type, fill: Fill) {
        let size = self.size_of(ty);
        if fill.is_whole() || size <= INLINE || !matches!(ty, Type::Str { .. }) {
            return self.copy(from, to, size);
        }
        let (from, size) = (self.b.offset(from.base, from.offset.into()), self.b.int(i64::from(size)));
        self.probe_read_str(Space::Bpf, to, size, from);
    }

    fn put_text(&mut self, text: &[u8], ty: &Type, to: Place, fill: Fill) {
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
    fn put_text_of(&mut self, from: &super::remote::Remote, size: u32, to: Place, over: bool) {
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

    fn put_str(
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

    fn put_buf(
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

    fn put_comm(&mut self, ty: &Type, to: Place, fill: Fill) {
        let capacity = self.size_of(ty);
        // Some kernels (5.18 to 6.2, before commit f3f213497797) leave what is behind the NUL as it was.
        if fill.is_whole() && !self.target.features.has(Feature::CommPadded) {
            self.zero(to, capacity.min(16));
        }
        let address = self.b.offset(to.base, to.offset.into());
        let size = self.b.int(i64::from(capacity.min(16)));
        self.call(helpers::COMM, &[address, size]);
        if capacity > 16 {
            self.zero(to.at(16), capacity - 16);
        }
    }

    fn put_tuple(&mut self, parts: &'a [Expr], ty: &Type, to: Place, fill: Fill) -> Result<()> {
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
    fn put_words(&mut self, words: &'a [Expr], ty: &Type, to: Place) -> Result<()> {
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
    pub(super) fn parts(&self, ty: &Type) -> (Vec<u32>, u32) {
        match self.types.event(ty) {
            Out::Tuple { fields, size } | Out::Record { fields, size } => {
                (fields.iter().map(|field| field.offset).collect(), size)
            }
            other => (vec![0], other.size()),
        }
    }

    fn part(&mut self, whole: &'a Expr, index: usize, fill: Fill) -> Result<Place> {
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
    pub(super) fn join_pair(&mut self, key: Place, value: Place, ty: &Type) -> Result<Place> {
        let to = self.temp(self.types.size(ty));
        self.copy_pair(key, value, ty, to);
        Ok(to)
    }

    pub(super) fn copy_pair(&mut self, key: Place, value: Place, ty: &Type, to: Place) {
        let (offsets, size) = self.parts(ty);
        let (Type::Tuple(parts), [first, second]) = (ty, offsets.as_slice()) else { return };
        self.zero(to, size);
        for ((from, part), &offset) in [key, value].into_iter().zip(parts).zip([first, second]) {
            let size = self.size_of(part);
            self.copy(from, to.at(offset), size);
        }
    }

    fn put_tagged(&mut self, value: &'a Expr, ty: &Type, to: Place) -> Result<()> {
        let value = self.number(value)?;
        let size = if *ty == Type::Username { Size::W } else { Size::DW };
        self.b.store(size, to.base, to.offset, value);
        if *ty == Type::UserSymbol {
            self.put_process(to.at(8));
        }
        Ok(())
    }

    /// A process id, and four bytes that are zero.
    pub(super) fn put_process(&mut self, to: Place) {
        let pid = self.process_id();
        self.b.store(Size::DW, to.base, to.offset, pid);
    }

    fn put_inet(&mut self, family: Option<&'a Expr>, address: &'a Expr, to: Place) -> Result<()> {
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
                self.put(inner, to, fill)?;
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
