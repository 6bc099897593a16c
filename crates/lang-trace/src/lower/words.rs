//! Text that is looked up or put together, memory that is compared, and what goes to the kernel's trace pipe.
use super::cx::{Cx, Place, Result};
use super::helpers;
use super::memory::Fill;
use crate::typed::{Expr, NameTable, Type};
use osmia_event::round_up;
use osmia_ir::{Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::DataKey;

/// Bytes of one name, the NUL included.
const NAME: u32 = 64;

impl<'a> Cx<'a> {
    /// What a number is called: an element of an array of names, of which the last is for all that have none.
    pub(super) fn name_of(&mut self, table: NameTable, number: &'a Expr) -> Result<Place> {
        let (rows, other) = table.rows();
        let count = rows.last().map_or(0, |(last, _)| u32::from(*last) + 1);
        let mut bytes = Vec::with_capacity(((count + 1) * NAME) as usize);
        for number in 0..count {
            name_bytes(table.name(i64::from(number)), &mut bytes);
        }
        name_bytes(other, &mut bytes);
        let (section, offset) = self.globals.constant(&bytes, (count + 1) * NAME);
        let mut number = self.number(number)?;
        if table == NameTable::Error {
            number = self.magnitude(number);
        }
        Ok(self.row_of(section, offset, number, count, NAME))
    }

    /// What the probe is called at the place where the program runs; texts of so many bytes.
    pub(super) fn probe_name(&mut self, capacity: u32) -> Place {
        let names = &self.probe.names;
        let row = round_up(capacity, 8);
        let mut bytes = Vec::with_capacity(names.len() * row as usize);
        for name in names {
            bytes.extend_from_slice(name.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(row as usize), 0);
        }
        let (section, offset) = self.globals.constant(&bytes, bytes.len() as u32);
        if names.len() <= 1 {
            return Place::new(self.b.data(section, offset));
        }
        let number = self.cookie();
        self.row_of(section, offset, number, names.len() as u32 - 1, row)
    }

    /// An element of an array of constants; of numbers past `last`, the last.
    fn row_of(&mut self, section: DataKey, offset: u32, number: Value, last: u32, size: u32) -> Place {
        let (known, done) = (self.b.block(), self.b.block());
        let index = self.b.block_param(done, Kind::I64);
        let limit = self.b.int(i64::from(last));
        let unknown = self.b.block();
        self.b.branch(Cond::Lt, number, limit, known, unknown);
        self.b.switch_to(known);
        self.b.jump(done, &[number]);
        self.b.switch_to(unknown);
        self.b.jump(done, &[limit]);
        self.b.switch_to(done);
        let (base, size) = (self.b.data(section, offset), self.b.int(i64::from(size)));
        let distance = self.b.alu(AluOp::Mul, index, size);
        Place::new(self.b.alu(AluOp::Add, base, distance))
    }

    /// A number without its sign.
    fn magnitude(&mut self, number: Value) -> Value {
        let bits = self.b.int(63);
        let sign = self.b.alu(AluOp::Arsh, number, bits);
        let flipped = self.b.alu(AluOp::Xor, number, sign);
        self.b.alu(AluOp::Sub, flipped, sign)
    }

    /// Two texts, one after the other. The room is for both in full, so that wherever the first ends, the second fits.
    pub(super) fn concat(&mut self, first: &'a Expr, second: &'a Expr, ty: &Type) -> Result<Place> {
        let sizes = [self.size_of(&first.ty), self.size_of(&second.ty)];
        let (a, b) = (self.memory(first, Fill::Text)?, self.memory(second, Fill::Text)?);
        let (both, capacity) = (sizes[0] + sizes[1], self.size_of(ty));
        let room = both.max(capacity);
        let to = self.temp(room);
        self.zero(to, room);
        let start = self.begin_of(to);
        let copied = self.copy_text(start, a, sizes[0]);
        let one = self.b.int(1);
        let length = self.b.alu(AluOp::Sub, copied, one);
        // The verifier does not know that no more can have been copied.
        let (good, bad, done) = (self.b.block(), self.b.block(), self.b.block());
        let at = self.b.block_param(done, Kind::I64);
        let limit = self.b.int(i64::from(sizes[0]));
        self.b.branch(Cond::Lt, length, limit, good, bad);
        self.b.switch_to(good);
        self.b.jump(done, &[length]);
        self.b.switch_to(bad);
        let zero = self.b.int(0);
        self.b.jump(done, &[zero]);
        self.b.switch_to(done);
        let rest = self.b.alu(AluOp::Add, start, at);
        self.copy_text(rest, b, sizes[1]);
        if both > capacity {
            self.b.zero(to.base, to.offset + capacity as i32 - 1, 1);
        }
        Ok(to)
    }

    /// Copies text up to its NUL; how many bytes that were, the NUL included.
    fn copy_text(&mut self, to: Value, from: Place, most: u32) -> Value {
        let (size, from) = (self.b.int(i64::from(most)), self.begin_of(from));
        let helper = self.pick(&helpers::READ_KERNEL_STR);
        self.call(helper, &[to, size, from])
    }

    /// `memcmp`: byte by byte, up to the first two that differ.
    pub(super) fn compare_memory(&mut self, lhs: &'a Expr, rhs: &'a Expr, count: u32) -> Result<Value> {
        let (a, b) = (self.memory(lhs, Fill::Whole)?, self.memory(rhs, Fill::Whole)?);
        let (equal, done) = (self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        let (at, head, next) = self.start_loop(count, equal);
        let (x, y) = (self.piece(a, at, Size::B), self.piece(b, at, Size::B));
        let (same, differs) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Eq, x, y, same, differs);
        self.b.switch_to(differs);
        let difference = self.b.alu(AluOp::Sub, x, y);
        self.b.jump(done, &[difference]);
        self.b.switch_to(same);
        self.next_turn(head, next);
        self.b.switch_to(equal);
        let zero = self.b.int(0);
        self.b.jump(done, &[zero]);
        self.b.switch_to(done);
        Ok(result)
    }

    /// Writes a text to memory of the process, no more of it than there is.
    pub(super) fn write_user(&mut self, to: &'a Expr, from: &'a Expr, length: &'a Expr) -> Result<Value> {
        let most = self.size_of(&from.ty);
        let to = self.number(to)?;
        let from = self.memory(from, Fill::Whole)?;
        let length = self.number(length)?;
        let limit = self.b.int(i64::from(most));
        let (short, long, done) = (self.b.block(), self.b.block(), self.b.block());
        let size = self.b.block_param(done, Kind::I64);
        self.b.branch(Cond::Le, length, limit, short, long);
        self.b.switch_to(short);
        self.b.jump(done, &[length]);
        self.b.switch_to(long);
        self.b.jump(done, &[limit]);
        self.b.switch_to(done);
        let from = self.begin_of(from);
        Ok(self.call(helpers::PROBE_WRITE_USER, &[to, from, size]))
    }

    /// `debugf`.
    pub(super) fn debug(&mut self, format: &str, args: &'a [Expr]) -> Result<()> {
        let size = format.len() as u32 + 1;
        let mut values = Vec::new();
        for arg in args {
            values.push(match arg.ty.is_scalar() {
                true => self.number(arg)?,
                false => {
                    let place = self.memory(arg, Fill::Whole)?;
                    self.begin_of(place)
                }
            });
        }
        let (section, offset) = self.globals.constant(format.as_bytes(), size);
        let mut operands = vec![self.b.data(section, offset), self.b.int(i64::from(size))];
        operands.append(&mut values);
        self.call(helpers::TRACE_PRINTK, &operands);
        Ok(())
    }
}

/// A name, filled up with NULs.
fn name_bytes(name: &str, out: &mut Vec<u8>) {
    let end = out.len() + NAME as usize;
    out.extend(name.bytes().take(NAME as usize - 1));
    out.resize(end, 0);
}
