//! What a person can do, tried on the running kernel. `cargo xtask kernels` runs the same tests on other kernels.
//!
//! Needs root, a C compiler (gcc), clang-19, nm and bpftool; without them it fails.
mod common;
#[path = "kernel/debug.rs"]
mod debug;
#[path = "kernel/events.rs"]
mod events;
#[path = "kernel/files.rs"]
mod files;
#[path = "kernel/functions.rs"]
mod functions;
#[path = "kernel/kernel_objects.rs"]
mod kernel_objects;
#[path = "kernel/language.rs"]
mod language;
#[path = "kernel/leaving.rs"]
mod leaving;
#[path = "kernel/maps.rs"]
mod maps;
#[path = "kernel/modes.rs"]
mod modes;
#[path = "kernel/objects.rs"]
mod objects;
#[path = "kernel/output.rs"]
mod output;
#[path = "kernel/providers.rs"]
mod providers;
#[path = "kernel/stacks.rs"]
mod stacks;
#[path = "kernel/surface.rs"]
mod surface;
#[path = "kernel/types.rs"]
mod types;
#[path = "kernel/unwinding.rs"]
mod unwinding;
#[path = "kernel/usdt.rs"]
mod usdt;
#[path = "kernel/user.rs"]
mod user;
#[path = "kernel/user_places.rs"]
mod user_places;
