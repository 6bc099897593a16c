//! Runs IR as it stands: what tests compare compiled code with.
use crate::meaning::{self, canonical};
use crate::{Address, Callee, Function, FunctionId, Jump, Module, Offset, Op, Slot, Terminator, Value};
use osmia_base::Key;
use osmia_isa::{AtomicOp, Size, eval};

/// Why a run ended without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It took too many steps.
    TooLong,
    /// An access outside of what there is.
    BadAddress(u64),
    /// An operation that has no meaning here.
    Unsupported(String),
    /// `unreachable` was reached.
    Unreachable,
}

/// Memory and what helpers answer.
#[derive(Debug)]
pub struct World<'a> {
    /// The first address of `memory`.
    pub base: u64,
    /// All memory: the caller's own first, stack slots after it.
    pub memory: Vec<u8>,
    /// What a helper returns.
    pub helper: fn(u32, &[u64]) -> u64,
    /// The functions.
    pub module: &'a Module,
    /// How many more steps there are.
    pub steps: u32,
}

struct Run<'w, 'a> {
    world: &'w mut World<'a>,
    function: &'a Function,
    values: Vec<u64>,
    slots: Vec<u64>,
}

impl World<'_> {
    /// Runs a function.
    pub fn call(&mut self, id: FunctionId, args: &[u64]) -> Result<u64, Fault> {
        let module = self.module;
        let function = &module.functions[id];
        let top = self.memory.len();
        let mut slots = Vec::new();
        for data in function.slots.values() {
            self.memory.resize(self.memory.len().next_multiple_of(8), 0);
            slots.push(self.base + self.memory.len() as u64);
            self.memory.resize(self.memory.len() + data.size as usize, 0);
        }
        let values = vec![0; function.values.len()];
        let mut run = Run { world: self, function, values, slots };
        for (&param, &arg) in function.blocks[function.entry].params.iter().zip(args) {
            run.set(param, arg);
        }
        let result = run.run();
        self.memory.truncate(top);
        result
    }

    fn bytes(&mut self, address: u64, size: u32) -> Result<&mut [u8], Fault> {
        let bad = Fault::BadAddress(address);
        let start = address
            .checked_sub(self.base)
            .and_then(|start| usize::try_from(start).ok())
            .ok_or(bad.clone())?;
        let end = start.checked_add(size as usize).ok_or(bad.clone())?;
        self.memory.get_mut(start..end).ok_or(bad)
    }

    fn load(&mut self, size: Size, address: u64) -> Result<u64, Fault> {
        let mut raw = [0; 8];
        let bytes = self.bytes(address, size.bytes())?;
        raw[..bytes.len()].copy_from_slice(bytes);
        Ok(u64::from_le_bytes(raw))
    }

    fn store(&mut self, size: Size, address: u64, number: u64) -> Result<(), Fault> {
        let bytes = self.bytes(address, size.bytes())?;
        let len = bytes.len();
        bytes.copy_from_slice(&number.to_le_bytes()[..len]);
        Ok(())
    }
}

impl Run<'_, '_> {
    fn get(&self, value: Value) -> u64 {
        self.values[value.index()]
    }

    fn set(&mut self, value: Value, number: u64) {
        self.values[value.index()] = canonical(self.function.kind(value), number);
    }

    fn run(&mut self) -> Result<u64, Fault> {
        let function = self.function;
        let mut block = function.entry;
        loop {
            let data = &function.blocks[block];
            for inst in &data.insts {
                self.step()?;
                let number = self.op(&inst.op, inst.result)?;
                if let Some(result) = inst.result {
                    self.set(result, number);
                }
            }
            self.step()?;
            let jump = match &data.end {
                Terminator::Jump(jump) => jump,
                Terminator::Branch { cond, lhs, rhs, then, other } => {
                    let kind = function.kind(*lhs);
                    if meaning::compare(kind, *cond, self.get(*lhs), self.get(*rhs)) { then } else { other }
                }
                Terminator::Return(value) => return Ok(value.map_or(0, |value| self.get(value))),
                Terminator::Missing | Terminator::Unreachable => return Err(Fault::Unreachable),
            };
            self.jump(jump);
            block = jump.block;
        }
    }

    fn step(&mut self) -> Result<(), Fault> {
        self.world.steps = self.world.steps.checked_sub(1).ok_or(Fault::TooLong)?;
        Ok(())
    }

    fn jump(&mut self, jump: &Jump) {
        let args: Vec<u64> = jump.args.iter().map(|&arg| self.get(arg)).collect();
        for (&param, arg) in self.function.blocks[jump.block].params.iter().zip(args) {
            self.set(param, arg);
        }
    }

    fn address(&self, at: &Address) -> u64 {
        let offset = match &at.offset {
            Offset::Bytes(bytes) => i64::from(*bytes),
            Offset::Core(core) => core.local,
        };
        self.get(at.base).wrapping_add_signed(offset)
    }

    fn slot(&self, slot: Slot) -> u64 {
        self.slots[slot.index()]
    }

    fn op(&mut self, op: &Op, result: Option<Value>) -> Result<u64, Fault> {
        if let Some(result) = result {
            let kind = self.function.kind(result);
            if let Some(number) = meaning::value(self.function, op, kind, |value| Some(self.get(value))) {
                return Ok(number);
            }
        }
        match op {
            Op::Load(size, at) => self.world.load(*size, self.address(at)),
            Op::LoadSigned(size, at) => {
                let number = self.world.load(*size, self.address(at))?;
                Ok(meaning::sign_extend(*size, number))
            }
            Op::Store(size, at, value) => {
                let number = self.get(*value);
                self.world.store(*size, self.address(at), number).map(|()| 0)
            }
            Op::Zero(at, size) => {
                let address = self.address(at);
                self.world.bytes(address, *size)?.fill(0);
                Ok(0)
            }
            Op::Copy { to, from, size } => {
                let bytes = self.world.bytes(self.address(from), *size)?.to_vec();
                self.world.bytes(self.address(to), *size)?.copy_from_slice(&bytes);
                Ok(0)
            }
            Op::Atomic(op, size, at, value) => self.atomic(*op, *size, at, *value, 0),
            Op::CompareExchange { size, at, expected, new } => {
                self.atomic(AtomicOp::Cmpxchg, *size, at, *new, self.get(*expected))
            }
            Op::Opaque(value) => Ok(self.get(*value)),
            Op::Barrier => Ok(0),
            Op::SlotAddr(slot) => Ok(self.slot(*slot)),
            Op::Core(core) => Ok(core.local as u64),
            Op::Call(Callee::Helper(number), args) => {
                let args: Vec<u64> = args.iter().map(|&arg| self.get(arg)).collect();
                Ok((self.world.helper)(*number, &args))
            }
            Op::Call(Callee::Function(id), args) => {
                let args: Vec<u64> = args.iter().map(|&arg| self.get(arg)).collect();
                self.world.call(*id, &args)
            }
            op => Err(Fault::Unsupported(format!("{op:?}"))),
        }
    }

    fn atomic(
        &mut self,
        op: AtomicOp,
        size: Size,
        at: &Address,
        value: Value,
        r0: u64,
    ) -> Result<u64, Fault> {
        let address = self.address(at);
        let old = self.world.load(size, address)?;
        let done = eval::atomic(op, size, old, self.get(value), r0);
        self.world.store(size, address, done.memory)?;
        Ok(done.loaded.unwrap_or(0))
    }
}
