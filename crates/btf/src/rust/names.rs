//! Names that do not clash, and that Rust takes.
use crate::{Btf, Kind, KindTag, TypeId};
use std::collections::HashSet;

/// Words that cannot be names, or that have a meaning where types stand.
const KEYWORDS: [&str; 52] = [
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "abstract",
    "become",
    "box",
    "do",
    "final",
    "macro",
    "override",
    "priv",
    "try",
    "typeof",
    "unsized",
    "virtual",
    "yield",
    "union",
    "safe",
    "raw",
    "macro_rules",
];

/// Words that cannot even be written with `r#`.
const PATHS: [&str; 5] = ["self", "Self", "super", "crate", "_"];

/// Types that Rust has itself: what C calls so is the same or a byte.
pub(super) const PRIMITIVES: [&str; 17] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "bool", "char",
    "str", "f32", "f64",
];

/// The name with letters replaced that Rust does not allow.
pub(super) fn identifier(name: &str) -> String {
    let allowed = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
    let text: String = name.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect();
    match text.as_str() {
        "" => "_0".to_owned(),
        word if PATHS.contains(&word) => format!("{word}_"),
        word if KEYWORDS.contains(&word) => format!("r#{word}"),
        word if word.starts_with(|letter: char| letter.is_ascii_digit()) => format!("_{word}"),
        _ => text,
    }
}

/// Names that were given. Types that are numbers are functions too, so constants cannot be called like them.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn type_name(&mut self, name: &str) -> String {
        unique(&mut self.0, name, |name| PRIMITIVES.contains(&name))
    }

    pub(super) fn constant(&mut self, name: &str) -> String {
        unique(&mut self.0, name, |_| false)
    }
}

/// A name that was not there before.
pub(super) fn unique(space: &mut HashSet<String>, name: &str, reserved: impl Fn(&str) -> bool) -> String {
    let first = identifier(name);
    let numbered = |number: u32| identifier(&format!("{}___{number}", first.trim_start_matches("r#")));
    let candidates = std::iter::once(first.clone()).chain((2..).map(numbered));
    let free = candidates.filter(|it| !reserved(it)).find(|it| !space.contains(it)).unwrap_or(first);
    space.insert(free.clone());
    free
}

/// The nameless type that a typedef is the name of.
pub(super) fn named_by_typedef(btf: &Btf, typedef: TypeId) -> Option<TypeId> {
    let Kind::Typedef(inner) = btf.get(typedef).ok()?.kind else { return None };
    let tag = btf.tag(inner)?;
    let defines = tag.is_composite() || matches!(tag, KindTag::Enum | KindTag::Enum64);
    (defines && btf.name(inner) == Some("")).then_some(inner)
}
