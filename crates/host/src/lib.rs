//! This machine as values.
mod archive;
mod binary;
mod btf;
mod cgroups;
mod clang;
mod code;
mod code_lines;
mod contents;
mod cpus;
mod debug_files;
mod debuginfo;
mod demangle;
mod event_types;
pub mod features;
mod files;
mod functions;
mod gather;
mod imports;
mod kallsyms;
mod kconfig;
mod kinds;
mod libraries;
mod memory;
mod modules;
mod pattern;
mod privileges;
mod programs;
mod raw_tracepoints;
mod symbols;
mod system;
pub mod tracefs;
mod usdt;
mod users;
mod wants;

pub use binary::{Binary, BinaryError, Place, mapped_file, usdt_probes};
pub use btf::{KERNEL_BTF, btf_file, kernel_btf};
pub use cgroups::{Cgroups, own_cgroup};
pub use clang::{ClangError, compile_by_clang};
pub use contents::{read_file, read_stream};
pub use cpus::{cpu_list, online_cpus, possible_cpus};
pub use demangle::demangle;
pub use event_types::event_of_types;
pub use features::{FindFunction, Probes, accepts, probe, probe_all};
pub use files::{Search, find_binary, find_files};
pub use functions::{FunctionError, kernel_functions, listed_functions, matching_functions};
pub use gather::{GatherError, Places, gather, gather_with, user_file};
pub use imports::{ImportError, ScriptFile, ScriptKind, read_import, read_include};
pub use kallsyms::{Kallsyms, KernelSymbol, addresses_of};
pub use kconfig::{kconfig, parse_kconfig};
pub use kinds::{
    has_bpf, has_map_kind, has_program_kind, helpers_of, interface_takes_map, interface_takes_program,
};
pub use libraries::find_library;
pub use memory::{CodeMapping, News as MemoryNews, code_mappings};
pub use modules::loaded as loaded_modules;
pub use pattern::{is_pattern, matches};
pub use privileges::{Lockdown, Privileges, privileges};
pub use symbols::{CodeAt, Symbols, UserFrame, UserSymbol};
pub use system::{
    KernelVersion, System, boot_to_wall, has_module_btf, jiffies, kernel_version, most_stack_frames,
    pid_namespace, system,
};
pub use users::Users;
pub use wants::{BinaryWants, DebugWants, FunctionPattern, Wants};
