//! Places in memory that a script reads: chains of dereferences, members and elements become one address.
use super::cx::{Cx, Place, Result};
use super::helpers::{self, Choice};
use super::memory::{Fill, INLINE};
use super::types::{scalar, storage};
use crate::typed::{Expr, ExprKind, Member, Space, Type, TypeSet};
use osmia_base::Span;
use osmia_btf::TypeId;
use osmia_btf::core::RelocKind;
use osmia_ir::{Address, Core, Offset, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::TraceField;

/// A way from a kernel structure to a member, to be found in the kernel's own types when the object is loaded.
#[derive(Clone, Debug)]
struct Path {
    root: TypeId,
    access: String,
    /// The byte offset in the types that were checked against.
    offset: i64,
}

/// An element's number: at run time, times so many bytes, below so many.
#[derive(Clone, Copy, Debug)]
struct Step {
    index: Value,
    /// Where it is written.
    span: Span,
    size: u32,
    count: u32,
}

/// A bit-field's bits in the structure it is in.
#[derive(Clone, Copy, Debug)]
struct Bits {
    offset: u32,
    size: u32,
    left: u32,
    right: u32,
}

/// A place in memory.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    pub(super) base: Value,
    pub(super) space: Space,
    path: Option<Path>,
    bytes: i64,
    steps: Vec<Step>,
    /// Whether an index that is known is out of bounds.
    outside: bool,
    bits: Option<Bits>,
}

impl Remote {
    pub(super) const fn new(base: Value, space: Space) -> Self {
        Self { base, space, path: None, bytes: 0, steps: Vec::new(), outside: false, bits: None }
    }

    pub(super) fn at(base: Value, space: Space, bytes: i64) -> Self {
        Self { bytes, ..Self::new(base, space) }
    }

    /// What can be copied by loads: this program's own memory and its context.
    pub(super) fn direct_copy(&self, size: u32) -> Option<Place> {
        let context = Self { space: Space::Bpf, ..self.clone() };
        let small = self.space == Space::Context && size <= INLINE;
        if small { context.own() } else { self.own() }
    }

    /// This program's own memory, as a place with an offset that is known.
    pub(super) fn own(&self) -> Option<Place> {
        let known = self.space == Space::Bpf && self.path.is_none() && self.steps.is_empty() && !self.outside;
        let offset = i32::try_from(self.bytes).ok()?;
        known.then_some(Place { base: self.base, offset })
    }
}

impl<'a> Cx<'a> {
    /// The place that an expression of a composite or array type, or of a member, is.
    pub(super) fn place(&mut self, it: &'a Expr) -> Result<Remote> {
        match &it.kind {
            ExprKind::Deref(pointer) => self.pointed(pointer),
            ExprKind::Field { base, member } => {
                let base = self.place(base)?;
                self.member(base, member, &it.ty, it.span)
            }
            ExprKind::Index { base, index } => self.element_of(base, index, it.span),
            ExprKind::TracepointField(field, member) => self.trace_place(field, member.as_ref(), it.span),
            ExprKind::Cast(inner) if !inner.ty.is_scalar() => self.place(inner),
            ExprKind::Block(body, value) => {
                self.body(body)?;
                self.place(value)
            }
            _ => {
                let place = self.memory(it, Fill::Text)?;
                Ok(Remote::at(place.base, Space::Bpf, i64::from(place.offset)))
            }
        }
    }

    /// What a pointer points to.
    pub(super) fn pointed(&mut self, pointer: &'a Expr) -> Result<Remote> {
        let base = self.scalar(pointer)?;
        let space = match &pointer.ty {
            Type::Pointer { space, .. } => *space,
            _ => Space::Unknown,
        };
        Ok(Remote::new(base, self.real_space(space, base)))
    }

    /// What can be done with an address: what may be read directly only if it is a pointer still.
    fn real_space(&self, space: Space, base: Value) -> Space {
        let direct = match space {
            Space::Trusted => self.b.kind(base) == Kind::Ptr(Pointee::Kernel),
            Space::Context => self.b.kind(base) == Kind::Ptr(Pointee::Context),
            Space::Bpf => matches!(self.b.kind(base), Kind::Ptr(Pointee::Stack | Pointee::Memory)),
            Space::Unknown | Space::Kernel | Space::User => true,
        };
        if direct { space } else { Space::Kernel }
    }

    fn trace_place(&mut self, field: &TraceField, member: Option<&Member>, span: Span) -> Result<Remote> {
        let context = self.context();
        let offset = i64::from(field.offset);
        let place = match member {
            Some(member) => {
                self.kernel_member(Remote::at(context, Space::Context, 0), member, offset, span)?
            }
            None => Remote::at(context, Space::Context, offset),
        };
        let relative = field.kind.starts_with("__rel_loc");
        if !relative && !field.kind.starts_with("__data_loc") {
            return Ok(place);
        }
        let word = self.read(&place, &Type::int(4, false))?;
        let mask = self.b.int(0xffff);
        let distance = self.b.alu(AluOp::And, word, mask);
        let base = self.number_of(context);
        let base = self.b.alu(AluOp::Add, base, distance);
        Ok(Remote::at(base, Space::Kernel, if relative { offset + 4 } else { 0 }))
    }

    pub(super) fn member(&mut self, base: Remote, member: &Member, ty: &Type, span: Span) -> Result<Remote> {
        let declared = scalar(ty).map_or(1, |(size, _)| size);
        let bits = member.bit_size.and_then(|bits| bits_of(member.bit_offset, bits, declared));
        let offset = bits.map_or(member.bit_offset / 8, |bits| bits.offset);
        let mut place = match member.of.set {
            TypeSet::Script | TypeSet::File(_) | TypeSet::Import(_) => {
                Remote { bytes: base.bytes + i64::from(offset), ..base }
            }
            TypeSet::Kernel => self.kernel_member(base, member, i64::from(offset), span)?,
        };
        place.bits = bits;
        Ok(place)
    }

    fn kernel_member(&mut self, base: Remote, member: &Member, offset: i64, span: Span) -> Result<Remote> {
        let path = self.types.kernel.and_then(|kernel| self.local.path(kernel, member));
        let Some(path) = path else {
            return self.error(span, "the kernel's types do not have this member");
        };
        let path: String = path.iter().map(|index| format!(":{index}")).collect();
        let whole = base.bytes == 0 && base.steps.is_empty();
        if let (true, Some(before)) = (whole, &base.path) {
            let access = format!("{}{path}", before.access);
            let path = Path { root: before.root, access, offset: before.offset + offset };
            return Ok(Remote { path: Some(path), ..base });
        }
        let kernel = self.types.kernel;
        let root = kernel.and_then(|kernel| self.local.root(kernel, member.of.id, &mut self.globals));
        let Some(root) = root else {
            // Nothing names this structure: it stays where it is in the types at hand.
            return Ok(Remote { bytes: base.bytes + offset, ..base });
        };
        let mut base = self.without_path(base);
        base.path = Some(Path { root, access: format!("0{path}"), offset });
        Ok(base)
    }

    /// The same place, with the path so far in the base.
    fn without_path(&mut self, mut place: Remote) -> Remote {
        if let Some(path) = place.path.take() {
            let distance = self.question(&path, RelocKind::FieldByteOffset, path.offset);
            place.base = self.b.alu(AluOp::Add, place.base, distance);
        }
        place
    }

    fn element_of(&mut self, base: &'a Expr, index: &'a Expr, span: Span) -> Result<Remote> {
        let (size, count) = match &base.ty {
            Type::Array { element, count, .. } => (self.size_of(element), *count),
            Type::Str { capacity } => (1, *capacity),
            _ => return self.error(base.span, "only arrays and text have elements"),
        };
        let mut place = self.place(base)?;
        if let ExprKind::Number(number) = index.kind {
            // A flexible array has no count; who indexes it knows what they do.
            place.outside |= count > 0 && !(0..i64::from(count)).contains(&number);
            let bytes = number.wrapping_mul(i64::from(size));
            match &mut place.path {
                Some(path) if place.bytes == 0 && place.steps.is_empty() && count > 0 && !place.outside => {
                    path.access = format!("{}:{number}", path.access);
                    path.offset += bytes;
                }
                _ => place.bytes = place.bytes.wrapping_add(bytes),
            }
            return Ok(place);
        }
        let index = self.number(index)?;
        place.steps.push(Step { index, span, size, count });
        Ok(place)
    }

    fn question(&mut self, path: &Path, kind: RelocKind, local: i64) -> Value {
        self.b.core(core(path, kind, local))
    }

    /// The address of a place, as a number.
    pub(super) fn address(&mut self, place: &Remote) -> Value {
        let base = self.number_of(place.base);
        self.extend(base, place)
    }

    pub(super) fn extend(&mut self, mut base: Value, place: &Remote) -> Value {
        if let Some(path) = &place.path {
            let distance = self.question(path, RelocKind::FieldByteOffset, path.offset);
            base = self.b.alu(AluOp::Add, base, distance);
        }
        base = self.b.offset(base, place.bytes);
        for step in &place.steps {
            let size = self.b.int(i64::from(step.size));
            let bytes = self.b.alu(AluOp::Mul, step.index, size);
            base = self.b.alu(AluOp::Add, base, bytes);
        }
        base
    }

    /// The number, or pointer, at a place; 0 where there is none.
    pub(super) fn read(&mut self, place: &Remote, ty: &Type) -> Result<Value> {
        if place.outside {
            return Ok(self.b.int(0));
        }
        if place.steps.is_empty() {
            return Ok(self.read_inside(place, ty));
        }
        let (done, outside) = (self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        self.check_steps(place, outside);
        let value = self.maybe(|cx| {
            let value = cx.read_inside(place, ty);
            cx.number_of(value)
        });
        self.b.jump(done, &[value]);
        self.b.switch_to(outside);
        self.say_outside(place);
        let zero = self.b.int(0);
        self.b.jump(done, &[zero]);
        self.b.switch_to(done);
        Ok(result)
    }

    /// Goes on where all indices are inside of their arrays.
    fn check_steps(&mut self, place: &Remote, outside: osmia_ir::Block) {
        for step in place.steps.iter().filter(|step| step.count > 0) {
            let inside = self.b.block();
            let count = self.b.int(i64::from(step.count));
            self.b.branch(Cond::Lt, step.index, count, inside, outside);
            self.b.switch_to(inside);
        }
    }

    fn say_outside(&mut self, place: &Remote) {
        if let Some(step) = place.steps.iter().find(|step| step.count > 0) {
            self.say("Array access out of bounds. This can lead to unexpected results.", step.span);
        }
    }

    fn read_inside(&mut self, place: &Remote, ty: &Type) -> Value {
        match place.bits {
            Some(bits) => self.read_bits(place, bits, ty),
            None => self.read_whole(place, ty),
        }
    }

    fn is_direct(&self, place: &Remote) -> bool {
        match place.space {
            Space::Bpf => true,
            Space::Trusted | Space::Context => place.steps.is_empty(),
            Space::Unknown | Space::Kernel | Space::User => false,
        }
    }

    fn read_whole(&mut self, place: &Remote, ty: &Type) -> Value {
        let (bytes, signed) = scalar(ty).unwrap_or((8, false));
        let size = Size::from_bytes(bytes).unwrap_or(Size::DW);
        let aligned = place.space != Space::Context || place.bytes.rem_euclid(i64::from(bytes)) == 0;
        if self.is_direct(place) && aligned {
            let at = self.direct(place);
            let op = if signed && bytes < 8 { Op::LoadSigned(size, at) } else { Op::Load(size, at) };
            let kind = if place.space == Space::Trusted { self.pointer_kind(ty) } else { Kind::I64 };
            return self.b.push(op, kind);
        }
        let (to, address) = (self.temp(8), self.address(place));
        let length = self.b.int(i64::from(bytes));
        self.probe_read(place.space, to, length, address);
        let at = Address { base: to.base, offset: Offset::Bytes(to.offset) };
        let op = if signed && bytes < 8 { Op::LoadSigned(size, at) } else { Op::Load(size, at) };
        self.b.push(op, Kind::I64)
    }

    /// An address for a load. Offsets that are not known yet go into the load itself.
    fn direct(&mut self, place: &Remote) -> Address {
        if place.steps.is_empty()
            && let Ok(bytes) = i32::try_from(place.bytes)
        {
            match &place.path {
                None => return Address { base: place.base, offset: Offset::Bytes(bytes) },
                Some(path) if bytes == 0 => {
                    let offset = Offset::Core(core(path, RelocKind::FieldByteOffset, path.offset));
                    return Address { base: place.base, offset };
                }
                Some(_) => {}
            }
        }
        Address { base: self.extend(place.base, place), offset: Offset::Bytes(0) }
    }

    fn read_bits(&mut self, place: &Remote, bits: Bits, ty: &Type) -> Value {
        let signed = scalar(ty).is_some_and(|(_, signed)| signed);
        let word = if self.is_direct(place) {
            let size = Size::from_bytes(bits.size).unwrap_or(Size::DW);
            let at = self.direct(place);
            self.b.push(Op::Load(size, at), Kind::I64)
        } else {
            let (to, address, zero) = (self.temp(8), self.address(place), self.b.int(0));
            self.b.store(Size::DW, to.base, to.offset, zero);
            let length = self.bit_answer(place, RelocKind::FieldByteSize, bits.size);
            self.probe_read(place.space, to, length, address);
            self.b.load(Size::DW, to.base, to.offset, Kind::I64)
        };
        let left = self.bit_answer(place, RelocKind::FieldLshiftU64, bits.left);
        let right = self.bit_answer(place, RelocKind::FieldRshiftU64, bits.right);
        let word = self.b.alu(AluOp::Lsh, word, left);
        self.b.alu(if signed { AluOp::Arsh } else { AluOp::Rsh }, word, right)
    }

    /// What is known of a bit-field: by the kernel's types, or now.
    fn bit_answer(&mut self, place: &Remote, kind: RelocKind, local: u32) -> Value {
        match &place.path {
            Some(path) => self.question(path, kind, i64::from(local)),
            None => self.b.int(i64::from(local)),
        }
    }

    /// Copies so many bytes from a place; zeros where they cannot be read.
    pub(super) fn fetch(&mut self, place: &Remote, size: u32, to: Place) {
        if let Some(from) = place.direct_copy(size) {
            return self.copy(from, to, size);
        }
        if place.outside {
            return self.zero(to, size);
        }
        let (done, outside) = (self.b.block(), self.b.block());
        self.check_steps(place, outside);
        self.maybe(|cx| {
            let address = cx.address(place);
            let length = cx.b.int(i64::from(size));
            cx.probe_read(place.space, to, length, address);
        });
        self.b.jump(done, &[]);
        self.b.switch_to(outside);
        self.say_outside(place);
        self.maybe(|cx| cx.zero(to, size));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// Reads memory that may not be there; fills with zeros then.
    pub(super) fn probe_read(&mut self, space: Space, to: Place, size: Value, from: Value) {
        self.by_space(space, from, |cx, user| {
            let helper = if user { helpers::READ_USER } else { helpers::READ_KERNEL };
            cx.read_by(&helper, to, size, from)
        });
    }

    /// Reads text of at most `size` bytes, with its NUL.
    /// Gives how many, the NUL included; negative where it cannot be read.
    pub(super) fn probe_read_str(&mut self, space: Space, to: Place, size: Value, from: Value) -> Value {
        self.by_space(space, from, |cx, user| {
            let helper = if user { helpers::READ_USER_STR } else { helpers::READ_KERNEL_STR };
            cx.read_by(&helper, to, size, from)
        })
    }

    fn read_by(&mut self, helper: &Choice, to: Place, size: Value, from: Value) -> Value {
        let (to, helper) = (self.begin_of(to), self.pick(helper));
        let result = self.call(helper, &[to, size, from]);
        if !self.options.report_failures {
            return result;
        }
        let (failed, done) = (self.b.block(), self.b.block());
        let zero = self.b.int(0);
        self.b.branch(Cond::Slt, result, zero, failed, done);
        self.b.switch_to(failed);
        self.complain_of_helper(helper, Some(result));
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        result
    }

    /// Writes what is done with user addresses (`true`) or kernel addresses; both where only the address can tell.
    fn by_space(
        &mut self,
        space: Space,
        address: Value,
        mut write: impl FnMut(&mut Self, bool) -> Value,
    ) -> Value {
        match space {
            Space::User => return write(self, true),
            Space::Unknown => {}
            Space::Kernel | Space::Context | Space::Bpf | Space::Trusted => return write(self, false),
        }
        let (kernel, user, done) = (self.b.block(), self.b.block(), self.b.block());
        let result = self.b.block_param(done, Kind::I64);
        let zero = self.b.int(0);
        self.b.branch(Cond::Slt, address, zero, kernel, user);
        for (block, is_user) in [(kernel, false), (user, true)] {
            self.b.switch_to(block);
            let made = self.maybe(|cx| write(cx, is_user));
            self.b.jump(done, &[made]);
        }
        self.b.switch_to(done);
        result
    }

    /// The address that an expression stands for: a pointer's value, or where a place is; and in which memory.
    pub(super) fn address_of(&mut self, it: &'a Expr) -> Result<(Value, Space)> {
        if let Type::Pointer { space, .. } = &it.ty {
            let value = self.scalar(it)?;
            let space = self.real_space(*space, value);
            return Ok((self.number_or_own(value, space), space));
        }
        if it.ty.is_scalar() {
            return Ok((self.number(it)?, Space::Unknown));
        }
        let place = self.place(it)?;
        Ok(self.address_in(&place))
    }

    /// A place's address, and in which memory it is.
    pub(super) fn address_in(&mut self, place: &Remote) -> (Value, Space) {
        match place.own() {
            Some(own) => (self.begin_of(own), Space::Bpf),
            None => (self.address(place), place.space),
        }
    }

    fn number_or_own(&mut self, value: Value, space: Space) -> Value {
        if space == Space::Bpf { value } else { self.number_of(value) }
    }

    /// How a value of a pointer type is held.
    pub(super) fn pointer_kind(&self, ty: &Type) -> Kind {
        match ty {
            Type::Pointer { to, space: Space::Trusted } if matches!(**to, Type::Composite { .. }) => {
                Kind::Ptr(Pointee::Kernel)
            }
            _ => Kind::I64,
        }
    }
}

fn core(path: &Path, kind: RelocKind, local: i64) -> Core {
    Core { type_id: path.root, access: path.access.clone(), kind: kind as u32, local }
}

fn bits_of(bit_offset: u32, bits: u8, declared: u32) -> Option<Bits> {
    let (offset, size) = storage(bit_offset, bits, declared)?;
    let below = bit_offset - offset * 8;
    let bits = u32::from(bits);
    Some(Bits { offset, size: u32::from(size), left: 64 - below - bits, right: 64 - bits })
}
