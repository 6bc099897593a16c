//! Licences of programs.

/// Licences whose programs may call everything (include/linux/license.h, `license_is_gpl_compatible`).
pub const GPL_COMPATIBLE: [&str; 6] =
    ["Dual MIT/GPL", "Dual BSD/GPL", "Dual MPL/GPL", "GPL and additional rights", "GPL v2", "GPL"];

/// Whether programs under this licence may call what is for the GPL only.
pub fn is_gpl_compatible(licence: &str) -> bool {
    GPL_COMPATIBLE.contains(&licence)
}
