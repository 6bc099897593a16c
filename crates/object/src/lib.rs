//! The waist: what every language becomes ([`Object`]) and what every engine takes ([`Image`]).
mod attach;
mod image;
mod model;
mod target;

pub use attach::{Attach, Cpus, PerfEvent, ProbeSide, Sample, UprobeTarget};
pub use image::{FunctionInfo, Image, ImageMap, ImageProgram, LineInfo};
pub use model::{
    CoreReloc, Data, DataKey, DataKind, Extern, ExternKey, Foreign, Function, FunctionKey, Line, Linkage, Map, MapDecl,
    MapKey, MapSlot, Object, Pinning, Program, Reloc, Symbol, Variable,
};
pub use target::{BinaryFunctions, Target, TraceEvent, TraceField};
