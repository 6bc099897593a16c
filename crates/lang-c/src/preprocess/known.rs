//! What the compiler knows, for programs that ask (`__has_builtin` and its kin).
use super::builtin::Table;
use crate::attributes::{self, Known};

/// Functions of the compiler.
const KNOWN_BUILTINS: &[&str] = &[
    "__builtin_add_overflow",
    "__builtin_assume",
    "__builtin_bswap16",
    "__builtin_bswap32",
    "__builtin_bswap64",
    "__builtin_btf_type_id",
    "__builtin_choose_expr",
    "__builtin_clz",
    "__builtin_clzl",
    "__builtin_clzll",
    "__builtin_constant_p",
    "__builtin_ctz",
    "__builtin_ctzl",
    "__builtin_ctzll",
    "__builtin_expect",
    "__builtin_ffs",
    "__builtin_ffsl",
    "__builtin_ffsll",
    "__builtin_memcmp",
    "__builtin_memcpy",
    "__builtin_memmove",
    "__builtin_memset",
    "__builtin_mul_overflow",
    "__builtin_offsetof",
    "__builtin_parity",
    "__builtin_parityl",
    "__builtin_parityll",
    "__builtin_popcount",
    "__builtin_popcountl",
    "__builtin_popcountll",
    "__builtin_preserve_access_index",
    "__builtin_preserve_enum_value",
    "__builtin_preserve_field_info",
    "__builtin_preserve_type_info",
    "__builtin_sub_overflow",
    "__builtin_trap",
    "__builtin_types_compatible_p",
    "__builtin_unreachable",
    "__sync_add_and_fetch",
    "__sync_and_and_fetch",
    "__sync_fetch_and_add",
    "__sync_fetch_and_and",
    "__sync_fetch_and_or",
    "__sync_fetch_and_sub",
    "__sync_fetch_and_xor",
    "__sync_lock_test_and_set",
    "__sync_or_and_fetch",
    "__sync_sub_and_fetch",
    "__sync_synchronize",
    "__sync_val_compare_and_swap",
    "__sync_xor_and_fetch",
];

/// Parts of the language that are in force.
const KNOWN_FEATURES: &[&str] = &[
    "attribute_deprecated_with_message",
    "c_alignas",
    "c_alignof",
    "c_generic_selections",
    "c_static_assert",
    "enumerator_attributes",
];

/// Parts of other languages that are understood too.
const KNOWN_EXTENSIONS: &[&str] = &["gnu_asm"];

/// Whether a table has a name.
pub(super) fn knows(table: Table, name: &str) -> bool {
    match table {
        Table::Builtins => KNOWN_BUILTINS.contains(&name),
        Table::Attributes => matches!(attributes::find(bare(name)), Some(Known::Meant | Known::Ignored)),
        Table::Features => KNOWN_FEATURES.contains(&bare(name)),
        Table::Extensions => KNOWN_FEATURES.contains(&bare(name)) || KNOWN_EXTENSIONS.contains(&bare(name)),
        Table::Nothing => false,
    }
}

/// `packed` of `__packed__`.
fn bare(name: &str) -> &str {
    name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__")).unwrap_or(name)
}
