//! Names of things in skeletons.

/// The longest name of an object.
const MAX_NAME: usize = 63;

/// What C takes as a name: other letters become `_`.
pub(crate) fn identifier(name: &str) -> String {
    let known = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '_' };
    name.chars().map(known).collect()
}

/// The name that an object has after its file, `dir/tool.bpf.o` → `tool_bpf`.
pub fn object_name(file: &str) -> String {
    let base = file.rsplit('/').next().unwrap_or(file);
    let stem = base.strip_suffix(".o").unwrap_or(base);
    identifier(&stem.chars().take(MAX_NAME).collect::<String>())
}
