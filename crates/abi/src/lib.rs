//! Kernel facts as tables: commands, kinds, helpers, flags, attributes, features.
pub mod attr;
mod constants;
pub mod features;
pub mod flags;
pub mod headers;
pub mod helpers;
pub mod info;
mod kinds;
mod licence;
pub mod names;
pub mod perf;
mod prototypes;
mod registers;
mod since;

pub use features::{Answer, FEATURES, Feature, FeatureRow, Features, Version};
pub use helpers::{Arg, HELPERS, Helper, Ret, helper, helper_by_name};
pub use kinds::{AttachType, Command, LinkType, MapType, ProgramType};
pub use licence::{GPL_COMPATIBLE, is_gpl_compatible};
pub use prototypes::{PROTOTYPES, Prototype};
pub use registers::{PT_REGS, Register, pt_regs, register};
pub use since::{helper_since, kfunc_since, map_flag_since, special_field_since};
