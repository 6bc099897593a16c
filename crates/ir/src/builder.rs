//! Writing a function, instruction by instruction. Variables are stack slots; passes turn them into values.
use crate::{
    Address, Block, BlockData, Callee, Core, Function, FunctionId, Inline, Inst, Jump, Loc, Offset, Op,
    Pointee, Slot, SlotData, Terminator, Type, Value, ValueData,
};
use osmia_base::Arena;
use osmia_btf::TypeId;
use osmia_isa::{AluOp, AtomicOp, Cond, Size};
use osmia_object::{DataKey, Linkage, MapKey, Program};

/// Writes one function. Instructions go to the end of the current block.
#[derive(Debug)]
pub struct Builder {
    function: Function,
    block: Block,
    loc: Loc,
}

impl Builder {
    /// A function with these parameters; the entry block is the current one.
    pub fn new(
        name: impl Into<String>,
        section: impl Into<String>,
        params: &[Type],
        result: Option<Type>,
    ) -> Self {
        let mut blocks = Arena::new();
        let entry = blocks.push(BlockData::default());
        let function = Function {
            name: name.into(),
            section: section.into(),
            linkage: Linkage::Global,
            program: None,
            type_id: TypeId::default(),
            blocks,
            values: Arena::new(),
            slots: Arena::new(),
            entry,
            result,
            inline: Inline::Free,
            unroll: Vec::new(),
        };
        let mut builder = Self { function, block: entry, loc: Loc::default() };
        for &kind in params {
            builder.block_param(entry, kind);
        }
        builder
    }

    /// Makes it a program.
    pub fn program(&mut self, program: Program) {
        self.function.program = Some(program);
    }

    /// The function so far.
    pub fn function(&mut self) -> &mut Function {
        &mut self.function
    }

    /// The function.
    pub fn finish(self) -> Function {
        self.function
    }

    /// Parameter `index` of the function.
    pub fn param(&self, index: usize) -> Value {
        self.function.blocks[self.function.entry].params[index]
    }

    /// Where the following instructions were written.
    pub fn at(&mut self, loc: Loc) {
        self.loc = loc;
    }

    /// Where the last ones were written.
    pub fn loc(&self) -> Loc {
        self.loc
    }

    /// A value's type.
    pub fn kind(&self, value: Value) -> Type {
        self.function.values[value].kind
    }

    /// A new block, not yet the current one.
    pub fn block(&mut self) -> Block {
        self.function.blocks.push(BlockData::default())
    }

    /// Adds a parameter to a block.
    pub fn block_param(&mut self, block: Block, kind: Type) -> Value {
        let value = self.function.values.push(ValueData { kind });
        self.function.blocks[block].params.push(value);
        value
    }

    /// Makes `block` the current one.
    pub fn switch_to(&mut self, block: Block) {
        self.block = block;
    }

    /// The current block.
    pub fn current(&self) -> Block {
        self.block
    }

    /// Whether the current block has its end; nothing may be added then.
    pub fn ended(&self) -> bool {
        self.function.blocks[self.block].end != Terminator::Missing
    }

    /// A new piece of stack.
    pub fn slot(&mut self, size: u32, align: u32) -> Slot {
        self.function.slots.push(SlotData { size, align })
    }

    /// Adds an instruction with a result.
    pub fn push(&mut self, op: Op, kind: Type) -> Value {
        let value = self.function.values.push(ValueData { kind });
        self.inst(op, Some(value));
        value
    }

    /// Adds an instruction without a result.
    pub fn effect(&mut self, op: Op) {
        self.inst(op, None);
    }

    fn inst(&mut self, op: Op, result: Option<Value>) {
        debug_assert!(!self.ended(), "an instruction after the end of {:?}", self.block);
        self.function.blocks[self.block].insts.push(Inst { result, op, loc: self.loc });
    }

    /// A 64-bit number.
    pub fn int(&mut self, number: i64) -> Value {
        self.push(Op::Const(number), Type::I64)
    }

    /// A number of some type.
    pub fn constant(&mut self, number: i64, kind: Type) -> Value {
        self.push(Op::Const(number), kind)
    }

    /// `a op b`, of `a`'s type.
    pub fn alu(&mut self, op: AluOp, a: Value, b: Value) -> Value {
        let kind = self.kind(a);
        self.push(Op::Alu(op, a, b), kind)
    }

    /// `pointer + bytes`.
    pub fn offset(&mut self, pointer: Value, bytes: i64) -> Value {
        if bytes == 0 {
            return pointer;
        }
        let bytes = self.int(bytes);
        self.alu(AluOp::Add, pointer, bytes)
    }

    /// 1 or 0, 64 bits wide.
    pub fn compare(&mut self, cond: Cond, a: Value, b: Value) -> Value {
        self.push(Op::Compare(cond, a, b), Type::I64)
    }

    /// Reads `size` bytes at `base + off`, zero-extended.
    pub fn load(&mut self, size: Size, base: Value, off: i32, kind: Type) -> Value {
        self.push(Op::Load(size, Address { base, offset: Offset::Bytes(off) }), kind)
    }

    /// Reads `size` bytes at `base + off`, sign-extended.
    pub fn load_signed(&mut self, size: Size, base: Value, off: i32, kind: Type) -> Value {
        self.push(Op::LoadSigned(size, Address { base, offset: Offset::Bytes(off) }), kind)
    }

    /// Writes the low `size` bytes of `value` at `base + off`.
    pub fn store(&mut self, size: Size, base: Value, off: i32, value: Value) {
        self.effect(Op::Store(size, Address { base, offset: Offset::Bytes(off) }, value));
    }

    /// Sets `size` bytes at `base + off` to zero.
    pub fn zero(&mut self, base: Value, off: i32, size: u32) {
        self.effect(Op::Zero(Address { base, offset: Offset::Bytes(off) }, size));
    }

    /// Copies `size` bytes.
    pub fn copy(&mut self, to: Value, to_off: i32, from: Value, from_off: i32, size: u32) {
        self.effect(Op::Copy {
            to: Address { base: to, offset: Offset::Bytes(to_off) },
            from: Address { base: from, offset: Offset::Bytes(from_off) },
            size,
        });
    }

    /// Adds to memory atomically.
    pub fn atomic_add(&mut self, size: Size, base: Value, off: i32, value: Value) {
        let at = Address { base, offset: Offset::Bytes(off) };
        self.effect(Op::Atomic(AtomicOp::Add { fetch: false }, size, at, value));
    }

    /// A number known when the object is loaded.
    pub fn core(&mut self, core: Core) -> Value {
        self.push(Op::Core(core), Type::I64)
    }

    /// The value, of which nobody knows anything from here on.
    pub fn opaque(&mut self, value: Value) -> Value {
        let kind = self.kind(value);
        self.push(Op::Opaque(value), kind)
    }

    /// The address of a slot.
    pub fn slot_addr(&mut self, slot: Slot) -> Value {
        self.push(Op::SlotAddr(slot), Type::Ptr(Pointee::Stack))
    }

    /// A map's handle.
    pub fn map(&mut self, map: MapKey) -> Value {
        self.push(Op::MapAddr(map), Type::Ptr(Pointee::Map))
    }

    /// An address in global data.
    pub fn data(&mut self, section: DataKey, offset: u32) -> Value {
        self.push(Op::DataAddr(section, offset), Type::Ptr(Pointee::Memory))
    }

    /// Calls a helper.
    pub fn helper(&mut self, number: u32, args: &[Value], kind: Type) -> Value {
        self.push(Op::Call(Callee::Helper(number), args.to_vec()), kind)
    }

    /// Calls a function of the module.
    pub fn call(&mut self, function: FunctionId, args: &[Value], kind: Type) -> Value {
        self.push(Op::Call(Callee::Function(function), args.to_vec()), kind)
    }

    /// Ends the block: to one block.
    pub fn jump(&mut self, block: Block, args: &[Value]) {
        self.end(Terminator::Jump(Jump { block, args: args.to_vec() }));
    }

    /// Ends the block: to `then` if the comparison holds, else to `other`.
    pub fn branch(&mut self, cond: Cond, lhs: Value, rhs: Value, then: Block, other: Block) {
        let jump = |block| Jump { block, args: Vec::new() };
        self.end(Terminator::Branch { cond, lhs, rhs, then: jump(then), other: jump(other) });
    }

    /// Ends the block: to `then` if `value` is not zero, else to `other`.
    pub fn branch_if(&mut self, value: Value, then: Block, other: Block) {
        let zero = self.push(Op::Const(0), self.kind(value));
        self.branch(Cond::Ne, value, zero, then, other);
    }

    /// Ends the block: out of the function.
    pub fn ret(&mut self, value: Option<Value>) {
        self.end(Terminator::Return(value));
    }

    /// Ends the block.
    pub fn end(&mut self, end: Terminator) {
        debug_assert!(!self.ended(), "a second end of {:?}", self.block);
        let loc = self.loc;
        let block = &mut self.function.blocks[self.block];
        block.end = end;
        block.end_loc = loc;
    }
}
