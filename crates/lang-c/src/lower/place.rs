//! Places: what they start from, how far from there, and what is known of them.
use super::core::{self, Path};
use super::cx::GlobalPlace;
use super::function::Body;
use super::scalar::MEMORY;
use crate::typed::{Expr, ExprKind, Place, PlaceKind, Relocate};
use crate::types::{RecordId, Ty};
use osmia_ir::{Address, Offset, Op, Type, Value};
use osmia_isa::AluOp;

/// Some bits of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    /// The first, counted from the place's begin.
    pub(super) start: u64,
    /// How many.
    pub(super) count: u32,
    /// Bytes of the record that they are in, from the place's begin: no more may be touched.
    pub(super) room: u64,
}

/// A place in memory.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// A pointer.
    pub(super) base: Value,
    /// A way from there that the running kernel says.
    pub(super) core: Option<Path>,
    /// Bytes from there.
    pub(super) bytes: i64,
    /// Of what the place is a multiple, in bytes.
    pub(super) align: u64,
    /// Of a bit-field.
    pub(super) bits: Option<Bits>,
    /// Whether it is a variable of the program's own, which no kernel moves.
    pub(super) owned: bool,
    /// Whether the compiler's passes do not know that it is that variable.
    pub(super) hidden: bool,
}

impl Spot {
    /// Where a pointer points.
    pub(super) const fn new(base: Value, align: u64) -> Self {
        Self { base, core: None, bytes: 0, align, bits: None, owned: false, hidden: false }
    }

    /// The place so many bytes on.
    pub(super) fn plus(&self, bytes: i64) -> Self {
        let align = if bytes == 0 { self.align } else { self.align.min(1 << bytes.trailing_zeros().min(12)) };
        Self { bytes: self.bytes.wrapping_add(bytes), align, bits: None, ..self.clone() }
    }
}

impl Body<'_, '_> {
    /// Finds a place.
    pub(super) fn place(&mut self, place: &Place) -> Spot {
        match &place.kind {
            PlaceKind::Local(local) => self.local(*local, place.ty),
            PlaceKind::Global(id) => match self.cx.global(*id) {
                GlobalPlace::Data(key, offset) => {
                    let base = self.b.data(key, offset);
                    Spot { owned: true, ..Spot::new(base, self.global_align(*id, place.ty)) }
                }
                GlobalPlace::Map(map) => Spot { owned: true, ..Spot::new(self.b.map(map), 8) },
                GlobalPlace::Extern(key) => {
                    let base = self.b.push(Op::ExternAddr(key), MEMORY);
                    Spot { owned: true, ..Spot::new(base, self.types().align(place.ty)) }
                }
                GlobalPlace::Unneeded | GlobalPlace::Hidden => {
                    self.cx
                        .error(place.span, "no program sees the section that this variable is in")
                        .hints
                        .push("sections that programs see are called .data, .rodata, .bss, or .data.NAME and the like".into());
                    Spot::new(self.b.constant(0, MEMORY), 1)
                }
            },
            PlaceKind::Deref(pointer) => self.pointed_at(pointer, place.ty),
            PlaceKind::Field { of, record, index, relocate } => {
                let spot = self.place(of);
                let spot = self.field(spot, of.ty, *record, *index, *relocate);
                spot.core.iter().for_each(|path| self.cx.check_unit(path, place.span));
                spot
            }
            PlaceKind::Index { of, index, relocate } => {
                let spot = self.place(of);
                match (relocate, core::side_by_side(self.types(), place)) {
                    (Relocate::Yes, Some(path)) => Spot { core: Some(path), ..self.begun(&spot) },
                    _ => self.element(spot, index, place.ty, *relocate),
                }
            }
            PlaceKind::After(stmts, place) => {
                self.stmts(stmts);
                self.place(place)
            }
            PlaceKind::Conditional(condition, a, b) => self.one_of(condition, a, b),
            PlaceKind::Call(call, local) => {
                let ty = place.ty;
                let spot = self.local(*local, ty);
                if let ExprKind::Call(callee, args) = &call.kind {
                    self.within(call.span, |it| it.call(callee, args, call, Some(&spot)));
                }
                spot
            }
        }
    }

    fn global_align(&self, id: crate::typed::GlobalId, ty: Ty) -> u64 {
        let global = &self.cx.unit.globals[id];
        if global.name.is_none() {
            return 1;
        }
        self.types().align(ty).max(global.symbol.align.unwrap_or(1))
    }

    /// Where a pointer points.
    pub(super) fn pointed_at(&mut self, pointer: &Expr, ty: Ty) -> Spot {
        // Back from where the address came: `(&x)->y`.
        if let ExprKind::AddressOf(place) = &pointer.kind
            && self.types().size(place.ty).is_some()
        {
            let mut spot = self.place(place);
            let types = self.types();
            // The first element of an array is not the array.
            if types.bare(ty) != types.bare(place.ty)
                && let (Some(path), 0) = (&mut spot.core, spot.bytes)
            {
                path.element(types, 0, ty);
            }
            return spot;
        }
        let base = self.value(pointer);
        let base = self.pointer_typed(base);
        Spot::new(base, self.types().align(ty))
    }

    fn field(&mut self, spot: Spot, of: Ty, record: RecordId, index: usize, relocate: Relocate) -> Spot {
        let types = self.types();
        let Some(body) = &types.records[record].body else { return spot };
        let Some(field) = body.fields.get(index) else { return spot };
        let bits = field.bits.map(|count| Bits { start: field.bit_offset, count, room: body.size });
        if relocate == Relocate::Yes && !spot.owned {
            let mut spot = self.relocatable(spot, of);
            if let Some(path) = &mut spot.core {
                path.field(types, record, index);
            }
            let align = spot.align.min(types.align(field.ty)).max(1);
            return Spot { bits, align, ..spot };
        }
        match bits {
            Some(_) => Spot { bits, ..spot },
            None => spot.plus((field.bit_offset / 8).cast_signed()),
        }
    }

    /// The place as the begin or the middle of a way that the running kernel says.
    fn relocatable(&mut self, spot: Spot, of: Ty) -> Spot {
        if spot.core.is_some() && spot.bytes == 0 {
            return spot;
        }
        Spot { core: Some(Path::new(self.types(), of)), ..self.begun(&spot) }
    }

    /// The place as one of its own, wherever its address came from.
    fn begun(&mut self, spot: &Spot) -> Spot {
        Spot::new(self.pointer(spot), spot.align)
    }

    fn element(&mut self, spot: Spot, index: &Expr, ty: Ty, relocate: Relocate) -> Spot {
        let size = self.types().size(ty).unwrap_or(0).cast_signed();
        if let ExprKind::Int(number) = index.kind {
            let known = u64::try_from(number).ok().filter(|_| relocate == Relocate::Yes);
            // A way begins at a record: arrays have no names.
            if let (Some(number), Some(_), 0) = (known, &spot.core, spot.bytes) {
                let (mut spot, types) = (spot, self.types());
                let align = spot.align.min(types.align(ty)).max(1);
                spot.core.iter_mut().for_each(|path| path.element(types, number, ty));
                return Spot { align, ..spot };
            }
            return spot.plus(number.wrapping_mul(size));
        }
        let base = self.pointer(&spot);
        let index = self.value(index);
        let base = self.step(base, index, size);
        let align = spot.align.min(1 << size.trailing_zeros().min(12));
        Spot { owned: spot.owned, ..Spot::new(base, align) }
    }

    /// A pointer some elements on.
    pub(super) fn step(&mut self, base: Value, index: Value, size: i64) -> Value {
        let size = self.b.int(size);
        let bytes = self.b.alu(AluOp::Mul, index, size);
        self.b.alu(AluOp::Add, base, bytes)
    }

    fn one_of(&mut self, condition: &Expr, a: &Place, b: &Place) -> Spot {
        let (then, other, join) = (self.b.block(), self.b.block(), self.b.block());
        let base = self.b.block_param(join, MEMORY);
        self.branch(condition, then, other);
        let mut align = 1 << 12;
        for (block, place) in [(then, a), (other, b)] {
            self.b.switch_to(block);
            let spot = self.place(place);
            align = align.min(spot.align);
            let address = self.pointer(&spot);
            self.b.jump(join, &[address]);
        }
        self.b.switch_to(join);
        Spot::new(base, align)
    }

    /// The value as an address.
    pub(super) fn pointer_typed(&mut self, value: Value) -> Value {
        match self.b.kind(value) {
            Type::Ptr(_) => value,
            _ => self.b.push(Op::Cast(value), MEMORY),
        }
    }

    /// The address of a place.
    pub(super) fn pointer(&mut self, spot: &Spot) -> Value {
        let base = self.base(spot);
        self.b.offset(base, spot.bytes)
    }

    /// What the bytes of a place are counted from.
    fn base(&mut self, spot: &Spot) -> Value {
        let Some(path) = &spot.core else { return spot.base };
        let question = self.cx.ask(path, core::BYTE_OFFSET);
        let bytes = self.b.core(question);
        self.b.alu(AluOp::Add, spot.base, bytes)
    }

    /// The place as accesses name it.
    pub(super) fn address(&mut self, spot: &Spot) -> Address {
        if let (Some(path), 0) = (&spot.core, spot.bytes) {
            let question = self.cx.ask(path, core::BYTE_OFFSET);
            return Address { base: spot.base, offset: Offset::Core(question) };
        }
        let base = self.base(spot);
        match i32::try_from(spot.bytes) {
            Ok(bytes) => Address { base, offset: Offset::Bytes(bytes) },
            Err(_) => Address { base: self.b.offset(base, spot.bytes), offset: Offset::Bytes(0) },
        }
    }
}
