//! The compiler: SSA functions in, an [`osmia_object::Object`] out.
mod bits;
mod builder;
mod cfg;
mod emit;
mod function;
#[doc(hidden)]
pub mod interpret;
mod meaning;
mod module;
mod passes;
mod ranges;
pub mod text;
mod validate;
mod visit;

pub use builder::Builder;
pub use emit::{CompileError, Isa, Options, emit};
pub use function::{
    Address, Block, BlockData, Callee, Core, Function, Inline, Inst, Jump, Loc, Offset, Op, Pointee, Slot,
    SlotData, Terminator, Type, Value, ValueData,
};
pub use module::{FunctionId, Module};
pub use passes::{optimize, optimize_with, run_pass, unroll};
pub use validate::{ValidateError, ValidateErrorKind, validate, validate_module};
