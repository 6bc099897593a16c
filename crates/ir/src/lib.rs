//! The compiler: SSA functions in, an [`osmia_object::Object`] out.
mod builder;
mod function;
mod module;

pub use builder::Builder;
pub use function::{
    Address, Block, BlockData, Callee, Core, Function, Inst, Jump, Loc, Offset, Op, Pointee, Slot, SlotData,
    Terminator, Type, Value, ValueData,
};
pub use module::{FunctionId, Module};
