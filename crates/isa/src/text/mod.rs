//! Instructions as text: the kernel's syntax (`(b7) r1 = 5`) and LLVM's (`r1 = 0x5`), both read and written, and
//! uBPF's (`mov %r1, 5`), read.
mod assemble;
mod error;
pub mod kernel;
mod lex;
pub mod llvm;
mod names;
mod parser;
mod symbols;
pub mod ubpf;

pub use assemble::assemble;
pub use error::{AsmError, AsmErrorKind};
pub use names::Names;
pub use parser::Assembly;
pub use ubpf::assemble_ubpf;
