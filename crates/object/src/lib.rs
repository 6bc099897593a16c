//! The waist: what every language becomes ([`Object`]) and what every engine takes ([`Image`]).
mod attach;
mod core_report;
pub mod elf;
mod image;
pub mod light;
mod minimal;
mod model;
mod needs;
pub mod place;
#[doc(hidden)]
pub mod property;
mod resolve;
pub mod section;
mod target;
mod user;
mod wants;

pub use attach::{
    Access, Anchor, Attach, CgroupOrder, Cpus, Direction, Hold, NetfilterHook, ObjectRef, Order, OrderSide,
    Over, PerfEvent, ProbeSide, Sample, Sharing, SocketHook, TcFilter, UprobeTarget, UsdtSpot, XdpMode,
};
pub use core_report::{CoreAnswer, CoreEntry, core_report};
pub use image::{
    ArenaData, AttachTypes, FUNCTION_RECORD, FunctionInfo, Image, ImageMap, ImageProgram, LINE_RECORD, Later,
    LaterCore, LaterSymbol, LineInfo, Poison, Structure,
};
pub use minimal::minimal_btf;
pub use model::{
    CoreReloc, Data, DataKey, DataKind, Extern, ExternKey, Foreign, Function, FunctionKey, JumpTable, Line,
    Linkage, Map, MapDecl, MapKey, MapSlot, Object, Pinning, Program, Reloc, Symbol, TableKey, Undecoded,
    Variable,
};
pub use needs::{Need, NeedKind, NeedPlace, least_version, needs};
pub use resolve::{
    ResolveError, ResolveErrorKind, ResolveErrors, check_whole, internal_name, resolve, resolve_apart,
    resolve_each, resolve_later, resolve_named,
};
pub use target::{DebugFacts, ModuleTypes, SourcePlace, Target, TraceEvent, TraceField};
pub use user::{
    Boundary, CodeSpot, UsdtArgument, UsdtOperand, UsdtProbe, UsdtSite, UserFile, UserFileKind, UserSymbol,
    UserSymbolKind, without_parameters,
};
pub use wants::{Wants, wants};
