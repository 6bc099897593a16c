//! Random modules that end, touch only their own memory, and read nothing that was not written.
use osmia_abi::ProgramType;
use osmia_base::Key;
use osmia_ir::{Builder, FunctionId, Loc, Module, Op, Slot, Type, Value};
use osmia_isa::{AluOp, AtomicOp, Cond, Size, Swap};
use osmia_object::{Attach, Linkage, Program};

/// xorshift.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 20) % limit
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    fn constant(&mut self) -> i64 {
        match self.below(6) {
            0 => self.next() as i64,
            1 => self.pick(&[
                0,
                1,
                -1,
                2,
                255,
                256,
                i64::MIN,
                i64::MAX,
                0xffff_ffff,
                1 << 31,
                -(1 << 31),
                1 << 32,
            ]),
            _ => self.below(64) as i64 - 16,
        }
    }
}

/// How big, and with what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) statements: u64,
    pub(crate) variables: u64,
    /// Calls of helpers, which only the test's machine knows.
    pub(crate) helpers: bool,
    /// Atomic operations that old instruction sets lack.
    pub(crate) atomics: bool,
}

impl Shape {
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            statements: 3 + seed % 40,
            variables: 1 + seed % 13,
            helpers: !seed.is_multiple_of(3),
            atomics: seed % 4 >= 2,
        }
    }
}

const SUBPROGRAMS: usize = 2;

pub(crate) fn module(seed: u64, shape: Shape) -> Module {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut module = Module { license: "GPL".into(), ..Module::default() };
    let main = Builder::new("main", "socket", &[Type::Ptr(osmia_ir::Pointee::Context)], Some(Type::I64));
    module.functions.push(Generate::new(main, &mut random, shape).finish(true));
    for number in 0..SUBPROGRAMS {
        let params = [Type::I64, Type::I32, Type::I64];
        let builder = Builder::new(format!("sub{number}"), ".text", &params, Some(Type::I64));
        let shape = Shape { statements: 1 + random.below(5), variables: 1 + random.below(3), ..shape };
        module.functions.push(Generate::new(builder, &mut random, shape).finish(false));
    }
    module.functions.push(touch());
    module
}

/// `touch(memory, number)`: changes 16 bytes of its caller's, and says what was there. Too long to be inlined.
fn touch() -> osmia_ir::Function {
    let pointer = Type::Ptr(osmia_ir::Pointee::Memory);
    let mut builder = Builder::new("touch", ".text", &[pointer, Type::I64], Some(Type::I64));
    builder.function().linkage = Linkage::Static;
    let (at, number) = (builder.param(0), builder.param(1));
    let mut sum = number;
    for off in [0, 8, 4, 12, 2, 6] {
        let size = if off % 8 == 0 { Size::DW } else { Size::H };
        let value = builder.load(size, at, off, Type::I64);
        sum = builder.alu(AluOp::Mul, sum, value);
        sum = builder.alu(AluOp::Add, sum, value);
        builder.store(size, at, off, sum);
    }
    builder.ret(Some(sum));
    builder.finish()
}

struct Generate<'a> {
    builder: Builder,
    random: &'a mut Random,
    shape: Shape,
    variables: Vec<(Slot, Type)>,
    array: Slot,
    loops: u32,
    main: bool,
    line: u32,
}

impl<'a> Generate<'a> {
    fn new(builder: Builder, random: &'a mut Random, shape: Shape) -> Self {
        let mut builder = builder;
        let array = builder.slot(16, 8);
        Self { builder, random, shape, variables: Vec::new(), array, loops: 0, main: false, line: 0 }
    }

    fn finish(mut self, main: bool) -> osmia_ir::Function {
        self.main = main;
        if main {
            let attach = Attach::TestRun;
            let kind = ProgramType::SocketFilter;
            let program =
                Program { kind, attach_type: None, attach, sleepable: false, frags: false, autoload: true };
            self.builder.program(program);
        } else {
            self.builder.function().linkage = Linkage::Static;
        }
        let array = self.builder.slot_addr(self.array);
        self.builder.zero(array, 0, 16);
        for number in 0..self.shape.variables {
            let kind = if self.random.below(3) == 0 { Type::I32 } else { Type::I64 };
            let bytes = if kind == Type::I32 { 4 } else { 8 };
            let slot = self.builder.slot(bytes, bytes);
            let value = self.first(number, kind);
            self.variables.push((slot, kind));
            self.assign(slot, kind, value);
        }
        for _ in 0..self.shape.statements {
            self.statement(2);
        }
        let result = self.sum();
        self.builder.ret(Some(result));
        self.builder.finish()
    }

    /// The first value of a variable: from outside, so that nothing can be folded away at once.
    fn first(&mut self, number: u64, kind: Type) -> Value {
        if self.main {
            let context = self.builder.param(0);
            // Fields of `struct __sk_buff` that socket filters may read: len, pkt_type, mark, queue_mapping.
            let off = [0, 4, 8, 12][number as usize % 4];
            let value = self.builder.load(Size::W, context, off, Type::I32);
            return if kind == Type::I32 {
                value
            } else {
                self.builder.push(Op::ZeroExtend(Size::W, value), Type::I64)
            };
        }
        let value = self.builder.param((number % 3) as usize);
        self.convert(value, kind)
    }

    fn convert(&mut self, value: Value, kind: Type) -> Value {
        match (self.builder.kind(value), kind) {
            (Type::I32, Type::I64) => self.builder.push(Op::ZeroExtend(Size::W, value), Type::I64),
            (Type::I64, Type::I32) => self.builder.push(Op::Truncate(value), Type::I32),
            _ => value,
        }
    }

    fn assign(&mut self, slot: Slot, kind: Type, value: Value) {
        let at = self.builder.slot_addr(slot);
        let size = if kind == Type::I32 { Size::W } else { Size::DW };
        self.builder.store(size, at, 0, value);
    }

    fn variable(&mut self) -> (Slot, Type) {
        let at = self.random.below(self.variables.len() as u64) as usize;
        self.variables[at]
    }

    fn sum(&mut self) -> Value {
        let mut sum = self.builder.int(7);
        for (slot, kind) in self.variables.clone() {
            let at = self.builder.slot_addr(slot);
            let size = if kind == Type::I32 { Size::W } else { Size::DW };
            let value = self.builder.load(size, at, 0, kind);
            let value = self.convert(value, Type::I64);
            let factor = self.builder.int(31);
            sum = self.builder.alu(AluOp::Mul, sum, factor);
            sum = self.builder.alu(AluOp::Xor, sum, value);
        }
        let at = self.builder.slot_addr(self.array);
        for off in [0, 8] {
            let value = self.builder.load(Size::DW, at, off, Type::I64);
            sum = self.builder.alu(AluOp::Add, sum, value);
        }
        // The kernel shows only 32 bits.
        let half = self.builder.int(32);
        let high = self.builder.alu(AluOp::Rsh, sum, half);
        let sum = self.builder.alu(AluOp::Xor, sum, high);
        self.builder.push(Op::ZeroExtend(Size::W, sum), Type::I64)
    }

    fn statement(&mut self, depth: u32) {
        self.line += 1;
        self.builder.at(Loc { file: 0, line: self.line, column: 1 });
        match self.random.below(if depth == 0 { 8 } else { 12 }) {
            7 if self.main => self.lend(),
            0..=3 | 7 => {
                let (slot, kind) = self.variable();
                let value = self.expression(3, kind);
                self.assign(slot, kind, value);
            }
            4 => self.array_write(),
            5 => self.call(),
            6 => self.atomic(),
            8..=10 => self.branch(depth),
            _ => self.repeat(depth),
        }
    }

    fn place(&mut self) -> (Size, i32) {
        let size = self.random.pick(&Size::ALL);
        let bytes = u64::from(size.bytes());
        (size, (self.random.below(16 / bytes) * bytes) as i32)
    }

    fn array_write(&mut self) {
        let (size, off) = self.place();
        let value = self.expression(2, Type::I64);
        let at = self.builder.slot_addr(self.array);
        if self.random.below(4) == 0 {
            return self.builder.zero(at, off, size.bytes());
        }
        self.builder.store(size, at, off, value);
    }

    fn call(&mut self) {
        let (slot, kind) = self.variable();
        let result = if self.main && self.random.below(2) == 0 {
            let a = self.expression(1, Type::I64);
            let b = self.expression(1, Type::I32);
            let c = self.expression(1, Type::I64);
            let callee = 1 + self.random.below(SUBPROGRAMS as u64);
            self.builder.call(FunctionId::from_index(callee as usize), &[a, b, c], Type::I64)
        } else if self.shape.helpers {
            let count = self.random.below(6);
            let args: Vec<Value> = (0..count).map(|_| self.expression(1, Type::I64)).collect();
            self.builder.helper(6 + count as u32, &args, Type::I64)
        } else {
            // Whatever the kernel says, nothing is left of it.
            let time = self.builder.helper(5, &[], Type::I64);
            let zero = self.builder.int(0);
            self.builder.alu(AluOp::And, time, zero)
        };
        let result = self.convert(result, kind);
        self.assign(slot, kind, result);
    }

    /// Lends a piece of stack of its own to a function.
    fn lend(&mut self) {
        let slot = self.builder.slot(16, 8);
        let at = self.builder.slot_addr(slot);
        self.builder.zero(at, 0, 16);
        for _ in 0..self.random.below(3) {
            let (size, off) = self.place();
            let value = self.expression(1, Type::I64);
            self.builder.store(size, at, off, value);
        }
        let touch = FunctionId::from_index(SUBPROGRAMS + 1);
        for _ in 0..1 + self.random.below(2) {
            let (variable, kind) = self.variable();
            let number = self.expression(1, Type::I64);
            let result = self.builder.call(touch, &[at, number], Type::I64);
            let (size, off) = self.place();
            let value = self.builder.load(size, at, off, Type::I64);
            let result = self.builder.alu(AluOp::Xor, result, value);
            let result = self.convert(result, kind);
            self.assign(variable, kind, result);
        }
    }

    fn atomic(&mut self) {
        let value = self.expression(1, Type::I64);
        let at = self.builder.slot_addr(self.array);
        if !self.shape.atomics {
            return self.builder.atomic_add(Size::DW, at, 8, value);
        }
        let address = osmia_ir::Address { base: at, offset: osmia_ir::Offset::Bytes(8) };
        let (slot, kind) = self.variable();
        let old = match self.random.below(3) {
            0 => {
                let expected = self.expression(1, Type::I64);
                self.builder.push(
                    Op::CompareExchange { size: Size::DW, at: address, expected, new: value },
                    Type::I64,
                )
            }
            1 => self.builder.push(Op::Atomic(AtomicOp::Xchg, Size::DW, address, value), Type::I64),
            _ => self
                .builder
                .push(Op::Atomic(AtomicOp::Add { fetch: true }, Size::DW, address, value), Type::I64),
        };
        let old = self.convert(old, kind);
        self.assign(slot, kind, old);
    }

    fn branch(&mut self, depth: u32) {
        let kind = self.random.pick(&[Type::I32, Type::I64]);
        let (lhs, rhs) = (self.expression(2, kind), self.expression(1, kind));
        let cond = self.random.pick(&Cond::ALL);
        let (then, other, next) = (self.builder.block(), self.builder.block(), self.builder.block());
        if self.random.below(2) == 0 {
            self.builder.branch(cond, lhs, rhs, then, other);
        } else {
            let truth = self.builder.compare(cond, lhs, rhs);
            self.builder.branch_if(truth, then, other);
        }
        for block in [then, other] {
            self.builder.switch_to(block);
            for _ in 0..self.random.below(3) {
                self.statement(depth - 1);
            }
            self.builder.jump(next, &[]);
        }
        self.builder.switch_to(next);
    }

    /// A loop of up to five rounds, its counter in a slot of its own.
    fn repeat(&mut self, depth: u32) {
        if self.loops >= 3 {
            return;
        }
        self.loops += 1;
        let counter = self.builder.slot(8, 8);
        let zero = self.builder.int(0);
        self.assign(counter, Type::I64, zero);
        let (head, body, next) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.jump(head, &[]);
        self.builder.switch_to(head);
        let at = self.builder.slot_addr(counter);
        let now = self.builder.load(Size::DW, at, 0, Type::I64);
        let limit = self.builder.int(1 + self.random.below(5) as i64);
        self.builder.branch(Cond::Lt, now, limit, body, next);
        self.builder.switch_to(body);
        for _ in 0..1 + self.random.below(3) {
            self.statement(depth - 1);
        }
        let at = self.builder.slot_addr(counter);
        let now = self.builder.load(Size::DW, at, 0, Type::I64);
        let one = self.builder.int(1);
        let sum = self.builder.alu(AluOp::Add, now, one);
        self.assign(counter, Type::I64, sum);
        self.builder.jump(head, &[]);
        self.builder.switch_to(next);
        self.loops -= 1;
    }

    fn leaf(&mut self, kind: Type) -> Value {
        match self.random.below(4) {
            0 => {
                let number = self.random.constant();
                self.builder.constant(number, kind)
            }
            1 => {
                let (size, off) = self.place();
                let at = self.builder.slot_addr(self.array);
                let from = if size == Size::DW { Type::I64 } else { kind };
                let value = if self.random.below(2) == 0 {
                    self.builder.load(size, at, off, from)
                } else {
                    self.builder.load_signed(size, at, off, from)
                };
                self.convert(value, kind)
            }
            _ => {
                let (slot, of) = self.variable();
                let at = self.builder.slot_addr(slot);
                let size = if of == Type::I32 { Size::W } else { Size::DW };
                let value = self.builder.load(size, at, 0, of);
                self.convert(value, kind)
            }
        }
    }

    fn expression(&mut self, depth: u32, kind: Type) -> Value {
        if depth == 0 {
            return self.leaf(kind);
        }
        match self.random.below(12) {
            0..=5 => {
                let ops: Vec<AluOp> = AluOp::ALL.into_iter().filter(|op| *op != AluOp::Mov).collect();
                let op = self.random.pick(&ops);
                let (a, b) = (self.expression(depth - 1, kind), self.expression(depth - 1, kind));
                self.builder.alu(op, a, b)
            }
            6 => {
                let size = self.random.pick(&[Size::B, Size::H, Size::W]);
                let of = self.random.pick(&[Type::I32, Type::I64]);
                let a = self.expression(depth - 1, of);
                let op =
                    if self.random.below(2) == 0 { Op::ZeroExtend(size, a) } else { Op::SignExtend(size, a) };
                self.builder.push(op, kind)
            }
            7 => {
                let other = if kind == Type::I32 { Type::I64 } else { Type::I32 };
                let a = self.expression(depth - 1, other);
                self.convert(a, kind)
            }
            8 => {
                let of = self.random.pick(&[Type::I32, Type::I64]);
                let (a, b) = (self.expression(depth - 1, of), self.expression(depth - 1, of));
                let cond = self.random.pick(&Cond::ALL);
                self.builder.push(Op::Compare(cond, a, b), kind)
            }
            9 => {
                let of = self.random.pick(&[Type::I32, Type::I64]);
                let condition = self.expression(depth - 1, of);
                let (a, b) = (self.expression(depth - 1, kind), self.expression(depth - 1, kind));
                self.builder.push(Op::Select(condition, a, b), kind)
            }
            10 => {
                let a = self.expression(depth - 1, kind);
                self.builder.push(Op::Neg(a), kind)
            }
            _ => {
                let size = self.random.pick(&[Size::H, Size::W]);
                let swap = self.random.pick(&[Swap::ToLittle, Swap::ToBig, Swap::Always]);
                let a = self.expression(depth - 1, kind);
                self.builder.push(Op::Swap(swap, size, a), kind)
            }
        }
    }
}
