//! The verifier's names for what a register holds (`reg_type_str` in kernel/bpf/log.c), in words.

/// A name and its words.
const NAMES: &[(&str, &str)] = &[
    ("?", "a value that was never written"),
    ("scalar", "a plain number"),
    ("inv", "a plain number"),
    ("ctx", "the context"),
    ("map_ptr", "a map"),
    ("map_value", "a pointer into a map's value"),
    ("map_key", "a pointer into a map's key"),
    ("fp", "a pointer to the stack"),
    ("pkt", "a pointer into the packet"),
    ("pkt_meta", "a pointer into the packet's metadata"),
    ("pkt_end", "the end of the packet"),
    ("flow_keys", "the flow keys"),
    ("sock", "a socket"),
    ("sock_common", "a socket's common part"),
    ("tcp_sock", "a TCP socket"),
    ("xdp_sock", "an XDP socket"),
    ("tp_buffer", "a raw tracepoint's buffer"),
    ("buf", "a buffer"),
    ("mem", "a pointer to memory"),
    ("ringbuf_mem", "a record of a ring buffer"),
    ("alloc_mem", "a record of a ring buffer"),
    ("ptr_", "a pointer to a kernel object"),
    ("arena", "a pointer into the arena"),
    ("func", "a function of the program"),
    ("dynptr_ptr", "a dynptr"),
    ("const_ptr_to_dynptr", "a dynptr"),
    ("struct", "a pointer to a kernel object"),
    ("ptr_to_btf_id", "a pointer to a kernel object"),
];

/// What stands before a name, and what it adds in brackets.
const PREFIXES: &[(&str, &str)] = &[
    ("trusted_", "trusted"),
    ("untrusted_", "not trusted"),
    ("percpu_", "per CPU"),
    ("rcu_", "only within an RCU read section"),
    ("user_", "of user memory"),
    ("rdonly_", "read-only"),
    ("non_own_ref_", "borrowed"),
    ("uninit_", "not initialized"),
];

/// Types as the verifier lists them, `fp, pkt, map_value_or_null`, in words.
pub(crate) fn words(types: &str) -> String {
    let known = |name: &str| one(name).unwrap_or_else(|| format!("`{name}`"));
    let names: Vec<String> = types
        .split([',', ' '])
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "or")
        .map(known)
        .collect();
    match names.as_slice() {
        [] => types.to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// One type: prefixes, the name with the structure's name behind it, and whether it may be NULL.
pub(crate) fn one(name: &str) -> Option<String> {
    let mut rest = name;
    let mut adds = Vec::new();
    while let Some((stripped, add)) =
        PREFIXES.iter().find_map(|(prefix, add)| Some((rest.strip_prefix(prefix)?, *add)))
    {
        adds.push(add);
        rest = stripped;
    }
    let null = rest.contains("_or_null");
    let rest = rest.replacen("_or_null", "", 1);
    if null {
        adds.push("perhaps NULL");
    }
    let exact = NAMES.iter().find(|(known, _)| *known == rest);
    let structure = || NAMES.iter().find(|(known, _)| known.ends_with('_') && rest.starts_with(known));
    let (known, words) = exact.or_else(structure)?;
    let mut text = (*words).to_owned();
    match rest.strip_prefix(known) {
        Some(name) if !name.is_empty() => text = text.replace("a kernel object", &format!("a `{name}`")),
        _ => {}
    }
    if !adds.is_empty() {
        text.push_str(&format!(" ({})", adds.join(", ")));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_words() {
        assert_eq!(words("map_value_or_null"), "a pointer into a map's value (perhaps NULL)");
        assert_eq!(
            words("trusted_ptr_or_null_task_struct"),
            "a pointer to a `task_struct` (trusted, perhaps NULL)"
        );
        assert_eq!(words("fp, pkt"), "a pointer to the stack or a pointer into the packet");
        assert_eq!(
            words("percpu_rcu_ptr_"),
            "a pointer to a kernel object (per CPU, only within an RCU read section)"
        );
        assert_eq!(words("newer"), "`newer`");
    }
}
