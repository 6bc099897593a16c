//! The attributes that are known: a name is in one of three tables, and so `__has_attribute` says what is true.

/// What is done about an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It changes what a program is.
    Meant,
    /// It says nothing of what a program does, or what the compiler does anyway.
    Ignored,
    /// It would change what a program does in a way that is not known here.
    Refused,
}

const TABLES: &[(Known, &[&str])] =
    &[(Known::Meant, MEANT), (Known::Ignored, IGNORED), (Known::Refused, REFUSED)];

/// What is done about the attribute of a name, without the underscores that it may stand in.
pub(crate) fn find(name: &str) -> Option<Known> {
    TABLES.iter().find(|(_, names)| names.contains(&name)).map(|(known, _)| *known)
}

const MEANT: &[&str] = &[
    "aligned",
    "always_inline",
    "btf_decl_tag",
    "btf_type_tag",
    "cleanup",
    "mode",
    "noinline",
    "packed",
    "preserve_access_index",
    "retain",
    "section",
    "used",
    "visibility",
    "weak",
];

const IGNORED: &[&str] = &[
    "access",
    "align_value",
    "alloc_align",
    "alloc_size",
    "artificial",
    "assume_aligned",
    "bpf_fastcall",
    "cold",
    "const",
    "counted_by",
    "deprecated",
    "diagnose_if",
    "disable_tail_calls",
    "enum_extensibility",
    "error",
    "externally_visible",
    "fallthrough",
    "flag_enum",
    "flatten",
    "format",
    "format_arg",
    "gnu_inline",
    "hot",
    "leaf",
    "likely",
    "malloc",
    "may_alias",
    "maybe_unused",
    "minsize",
    "musttail",
    "no_builtin",
    "no_caller_saved_registers",
    "no_instrument_function",
    "no_sanitize",
    "no_stack_protector",
    "nocf_check",
    "noclone",
    "nodiscard",
    "nonnull",
    "nonstring",
    "noreturn",
    "nothrow",
    "optimize",
    "optnone",
    "preserve_static_offset",
    "pure",
    "returns_nonnull",
    "sentinel",
    "unlikely",
    "unused",
    "warn_if_not_aligned",
    "warn_unused_result",
    "warning",
];

const REFUSED: &[&str] = &[
    "address_space",
    "alias",
    "constructor",
    "destructor",
    "ext_vector_type",
    "ifunc",
    "ms_struct",
    "naked",
    "overloadable",
    "scalar_storage_order",
    "transparent_union",
    "vector_size",
    "weakref",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::Builtin;
    use osmia_base::Source;

    /// What is said of a variable with each attribute of a table.
    fn said(names: &[&str]) -> Vec<(bool, String)> {
        let said = |name: &&str| {
            let mut source = Source::new("unit.c", format!("int x __attribute__(({name}));"));
            let compiled = crate::compile(&mut source, &Builtin, &[], None);
            let text = compiled.diagnostics.render(&source);
            (text.contains("is not known"), text)
        };
        names.iter().map(said).collect()
    }

    #[test]
    fn tables_say_what_checking_does() {
        for (unknown, text) in said(MEANT).into_iter().chain(said(IGNORED)) {
            assert!(!unknown, "{text}");
        }
        for (unknown, text) in said(REFUSED) {
            assert!(unknown, "{text}");
        }
    }
}
