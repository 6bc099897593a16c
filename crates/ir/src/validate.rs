//! What every function must keep to: definitions before uses, types that fit, blocks that end.
use crate::cfg::Cfg;
use crate::{Block, Callee, Function, FunctionId, Inline, Inst, Jump, Module, Op, Terminator, Type, Value};
use osmia_base::Key;
use osmia_isa::{AluOp, AtomicOp, Size, Swap};
use std::fmt;

/// Which rule is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateError {
    /// The function's name.
    pub function: String,
    /// The block.
    pub block: Block,
    /// The instruction in it; `None` for its parameters or its end.
    pub inst: Option<usize>,
    /// Which rule.
    pub kind: ValidateErrorKind,
}

/// A broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidateErrorKind {
    /// A block without an end.
    NoEnd,
    /// A key of no value, block, slot, map, section or function.
    NoSuchThing,
    /// A value defined twice.
    DefinedTwice(Value),
    /// A value used where its definition has not been executed.
    NotDefined(Value),
    /// A value of the wrong type.
    WrongType(Value),
    /// A result where there is none, or none where there must be one.
    WrongResult,
    /// A jump with too few or too many arguments.
    WrongArguments(Block),
    /// A jump to the entry block.
    JumpToEntry,
    /// An operation that has no meaning: `Mov`, an access of a wrong size, a bad alignment.
    BadOperation,
    /// More than five arguments or parameters.
    TooManyArguments,
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.function, self.block)?;
        if let Some(inst) = self.inst {
            write!(f, "[{inst}]")?;
        }
        write!(f, ": {:?}", self.kind)
    }
}

impl std::error::Error for ValidateError {}

/// Checks all functions of a module, and that calls fit.
pub fn validate_module(module: &Module) -> Result<(), ValidateError> {
    for function in module.functions.values() {
        validate(function)?;
        references(module, function)?;
    }
    Ok(())
}

/// Checks one function. Blocks that cannot be reached may hold anything.
pub fn validate(function: &Function) -> Result<(), ValidateError> {
    blocks_exist(function)?;
    let cfg = Cfg::new(function);
    let check = Check { function, homes: definitions(function, &cfg)?, cfg };
    for &block in &check.cfg.order {
        check.block(block)?;
    }
    for slot in function.slots.values() {
        if !matches!(slot.align, 1 | 2 | 4 | 8) {
            return Err(error(function, function.entry, None, ValidateErrorKind::BadOperation));
        }
    }
    if function.blocks[function.entry].params.len() > 5 && function.inline != Inline::Always {
        return Err(error(function, function.entry, None, ValidateErrorKind::TooManyArguments));
    }
    Ok(())
}

fn error(function: &Function, block: Block, inst: Option<usize>, kind: ValidateErrorKind) -> ValidateError {
    ValidateError { function: function.name.clone(), block, inst, kind }
}

fn blocks_exist(function: &Function) -> Result<(), ValidateError> {
    let exists = |block: Block| block.index() < function.blocks.len();
    for (block, data) in function.blocks.iter() {
        if !data.end.jumps().all(|jump| exists(jump.block)) {
            return Err(error(function, block, None, ValidateErrorKind::NoSuchThing));
        }
    }
    if exists(function.entry) {
        Ok(())
    } else {
        Err(error(function, function.entry, None, ValidateErrorKind::NoSuchThing))
    }
}

/// Where a value is defined: the block, and the number of its instruction plus one (0 for parameters).
type Home = Option<(Block, usize)>;

fn definitions(function: &Function, cfg: &Cfg) -> Result<Vec<Home>, ValidateError> {
    let mut homes: Vec<Home> = vec![None; function.values.len()];
    for &block in &cfg.order {
        let data = &function.blocks[block];
        let params = data.params.iter().map(|&value| (value, 0));
        let results = data.insts.iter().enumerate().filter_map(|(at, inst)| Some((inst.result?, at + 1)));
        for (value, at) in params.chain(results) {
            let fail = |kind| Err(error(function, block, at.checked_sub(1), kind));
            match homes.get_mut(value.index()) {
                None => return fail(ValidateErrorKind::NoSuchThing),
                Some(Some(_)) => return fail(ValidateErrorKind::DefinedTwice(value)),
                Some(home) => *home = Some((block, at)),
            }
        }
    }
    Ok(homes)
}

struct Check<'a> {
    function: &'a Function,
    cfg: Cfg,
    homes: Vec<Home>,
}

type Rule = Result<(), ValidateErrorKind>;

fn require(holds: bool, kind: ValidateErrorKind) -> Rule {
    if holds { Ok(()) } else { Err(kind) }
}

impl Check<'_> {
    fn block(&self, block: Block) -> Result<(), ValidateError> {
        let data = &self.function.blocks[block];
        for (at, inst) in data.insts.iter().enumerate() {
            let mut rule = Ok(());
            inst.op.operands(|value| rule = rule.and_then(|()| self.defined(value, block, at)));
            rule.and_then(|()| self.inst(inst))
                .map_err(|kind| error(self.function, block, Some(at), kind))?;
        }
        let mut rule = Ok(());
        data.end.operands(|value| rule = rule.and_then(|()| self.defined(value, block, data.insts.len())));
        rule.and_then(|()| self.end(&data.end)).map_err(|kind| error(self.function, block, None, kind))
    }

    fn defined(&self, value: Value, block: Block, at: usize) -> Rule {
        let Some(home) = self.homes.get(value.index()) else {
            return Err(ValidateErrorKind::NoSuchThing);
        };
        let holds =
            home.is_some_and(
                |(home, index)| {
                    if home == block { index <= at } else { self.cfg.dominates(home, block) }
                },
            );
        require(holds, ValidateErrorKind::NotDefined(value))
    }

    fn end(&self, end: &Terminator) -> Rule {
        match end {
            Terminator::Missing => return Err(ValidateErrorKind::NoEnd),
            Terminator::Branch { lhs, rhs, .. } => self.same_width(*lhs, *rhs)?,
            Terminator::Return(Some(value)) => match self.function.result {
                Some(kind) => self.wide(*value, kind.is_wide())?,
                None => return Err(ValidateErrorKind::WrongResult),
            },
            Terminator::Return(None) => {
                require(self.function.result.is_none(), ValidateErrorKind::WrongResult)?
            }
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        end.jumps().try_for_each(|jump| self.jump(jump))
    }

    fn jump(&self, jump: &Jump) -> Rule {
        require(jump.block != self.function.entry, ValidateErrorKind::JumpToEntry)?;
        let params = &self.function.blocks[jump.block].params;
        require(params.len() == jump.args.len(), ValidateErrorKind::WrongArguments(jump.block))?;
        params.iter().zip(&jump.args).try_for_each(|(&param, &arg)| self.same_width(arg, param))
    }

    fn kind(&self, value: Value) -> Type {
        self.function.values[value].kind
    }

    fn same_width(&self, a: Value, b: Value) -> Rule {
        self.wide(b, self.kind(a).is_wide())
    }

    fn wide(&self, value: Value, wide: bool) -> Rule {
        require(self.kind(value).is_wide() == wide, ValidateErrorKind::WrongType(value))
    }

    fn pointer(&self, value: Value) -> Rule {
        require(self.kind(value).is_wide(), ValidateErrorKind::WrongType(value))
    }

    fn inst(&self, inst: &Inst) -> Rule {
        let result = |wanted: bool| require(inst.result.is_some() == wanted, ValidateErrorKind::WrongResult);
        match &inst.op {
            Op::Store(..) | Op::Zero(..) | Op::Copy { .. } | Op::Barrier => result(false)?,
            Op::Atomic(op, ..) => result(fetches(*op))?,
            // What is always inlined is no call in the end.
            Op::Call(Callee::Function(_), _) => {}
            Op::Call(Callee::Pointer, args) => require(!args.is_empty(), ValidateErrorKind::WrongResult)?,
            Op::Call(_, args) => require(args.len() <= 5, ValidateErrorKind::TooManyArguments)?,
            _ => result(true)?,
        }
        match inst.result {
            Some(value) => self.result(&inst.op, value),
            None => self.effect(&inst.op),
        }
    }

    fn effect(&self, op: &Op) -> Rule {
        match op {
            Op::Store(size, at, value) => {
                self.pointer(at.base)?;
                require(
                    *size != Size::DW || self.kind(*value).is_wide(),
                    ValidateErrorKind::WrongType(*value),
                )
            }
            Op::Zero(at, _) => self.pointer(at.base),
            Op::Copy { to, from, .. } => self.pointer(to.base).and_then(|()| self.pointer(from.base)),
            Op::Atomic(_, size, at, value) => self.atomic(*size, at.base, &[*value]),
            _ => Ok(()),
        }
    }

    fn atomic(&self, size: Size, base: Value, values: &[Value]) -> Rule {
        self.pointer(base)?;
        require(matches!(size, Size::W | Size::DW), ValidateErrorKind::BadOperation)?;
        values.iter().try_for_each(|&value| {
            require(size == Size::W || self.kind(value).is_wide(), ValidateErrorKind::WrongType(value))
        })
    }

    fn result(&self, op: &Op, result: Value) -> Rule {
        let kind = self.kind(result);
        let wide = kind.is_wide();
        match op {
            Op::Const(_) => Ok(()),
            Op::Alu(op, a, b) => {
                require(*op != AluOp::Mov, ValidateErrorKind::BadOperation)?;
                self.wide(*a, wide)?;
                self.wide(*b, wide)
            }
            Op::Neg(a) => self.wide(*a, wide),
            Op::ZeroExtend(size, a) | Op::SignExtend(size, a) => {
                let fits = *size != Size::DW || (wide && self.kind(*a).is_wide());
                require(fits, ValidateErrorKind::BadOperation)
            }
            Op::Truncate(a) => self.wide(*a, true).and_then(|()| self.wide(result, false)),
            Op::Cast(a) | Op::Opaque(a) => self.wide(*a, wide),
            Op::Swap(kind, size, a) => {
                let sized = *size != Size::B && (*size != Size::DW || (wide && self.kind(*a).is_wide()));
                require(
                    sized && matches!(kind, Swap::ToLittle | Swap::ToBig | Swap::Always),
                    ValidateErrorKind::BadOperation,
                )
            }
            Op::Compare(_, a, b) => self.same_width(*a, *b),
            Op::Select(_, a, b) => self.wide(*a, wide).and_then(|()| self.wide(*b, wide)),
            Op::Load(size, at) | Op::LoadSigned(size, at) => {
                self.pointer(at.base)?;
                require(*size != Size::DW || wide, ValidateErrorKind::WrongType(result))
            }
            Op::Atomic(_, size, at, value) => self.atomic(*size, at.base, &[*value, result]),
            Op::CompareExchange { size, at, expected, new } => {
                self.atomic(*size, at.base, &[*expected, *new, result])
            }
            Op::SlotAddr(slot) => {
                require(slot.index() < self.function.slots.len(), ValidateErrorKind::NoSuchThing)?;
                self.wide(result, true)
            }
            Op::MapAddr(_) | Op::DataAddr(..) | Op::ExternAddr(_) | Op::FunctionAddr(_) => {
                self.wide(result, true)
            }
            Op::LoadPacket(size, ..) => require(*size != Size::DW, ValidateErrorKind::BadOperation),
            Op::Core(_) | Op::Call(..) | Op::Barrier | Op::Store(..) | Op::Zero(..) | Op::Copy { .. } => {
                Ok(())
            }
        }
    }
}

/// Whether an atomic operation has the old value as its result.
pub(crate) const fn fetches(op: AtomicOp) -> bool {
    match op {
        AtomicOp::Add { fetch }
        | AtomicOp::Or { fetch }
        | AtomicOp::And { fetch }
        | AtomicOp::Xor { fetch } => fetch,
        AtomicOp::Xchg | AtomicOp::Cmpxchg => true,
    }
}

/// Keys of other things than values must be the module's.
fn references(module: &Module, function: &Function) -> Result<(), ValidateError> {
    for (block, data) in function.blocks.iter() {
        for (at, inst) in data.insts.iter().enumerate() {
            if !reference_exists(module, &inst.op) {
                return Err(error(function, block, Some(at), ValidateErrorKind::NoSuchThing));
            }
            if let Op::Call(Callee::Function(id), args) = &inst.op
                && args.len() > 5
                && module.functions[*id].inline != Inline::Always
            {
                return Err(error(function, block, Some(at), ValidateErrorKind::TooManyArguments));
            }
        }
    }
    Ok(())
}

fn reference_exists(module: &Module, op: &Op) -> bool {
    let function = |id: FunctionId| module.functions.get(id).is_some();
    match op {
        Op::MapAddr(map) => module.maps.get(*map).is_some(),
        Op::DataAddr(data, _) => module.data.get(*data).is_some(),
        Op::ExternAddr(symbol) | Op::Call(Callee::Kfunc(symbol), _) => module.externs.get(*symbol).is_some(),
        Op::FunctionAddr(id) | Op::Call(Callee::Function(id), _) => function(*id),
        _ => true,
    }
}
