//! Types as C spells them.
use crate::btf::MAX_DEPTH;
use crate::wire::Raw;
use crate::{Btf, BtfError, BtfErrorKind, KindTag, TypeId};

/// How many types one declaration may be made of.
const MAX_PARTS: u32 = 1 << 14;

/// How deep functions may take functions.
const MAX_NESTING: u32 = 32;

impl Btf {
    /// The type in C: `struct task_struct *`, `char[16]`, `int (*)(void *)`.
    pub fn type_name(&self, id: TypeId) -> String {
        self.declaration(id, "")
    }

    /// A declaration of `name` with this type in C: `char name[16]`.
    ///
    /// Functions and variables are declared with their own name where `name` is empty.
    pub fn declaration(&self, id: TypeId, name: &str) -> String {
        Declaration { btf: self, parts: MAX_PARTS }
            .declare(id, name.to_owned(), 0)
            .unwrap_or_else(|_| format!("<type {}> {name}", id.0))
    }
}

/// The word before the name.
pub(crate) fn keyword(raw: Raw<'_>) -> &'static str {
    match raw.info.tag {
        KindTag::Struct => "struct",
        KindTag::Union => "union",
        KindTag::Fwd if raw.info.flag => "union",
        KindTag::Fwd => "struct",
        KindTag::Enum | KindTag::Enum64 => "enum",
        _ => "",
    }
}

struct Declaration<'a> {
    btf: &'a Btf,
    parts: u32,
}

/// What stands before the next name or `*`.
#[derive(Default)]
struct Qualifiers {
    words: Vec<&'static str>,
}

impl Qualifiers {
    /// `*const `, with what it applies to behind it.
    fn pointer(&mut self, inner: &str) -> String {
        let mut parts: Vec<&str> = self.words.drain(..).collect();
        if !parts.is_empty() && !inner.is_empty() {
            parts.push("");
        }
        format!("*{}{inner}", parts.join(" "))
    }

    fn base(&self, base: &str) -> String {
        self.words.iter().copied().chain([base]).collect::<Vec<_>>().join(" ")
    }
}

impl Declaration<'_> {
    /// Works from the name outwards: what is left of the type is wrapped around `inner`.
    fn declare(&mut self, start: TypeId, mut inner: String, nesting: u32) -> Result<String, BtfError> {
        let too_deep = || self.btf.error_at(start, BtfErrorKind::TooDeep(start));
        let (mut id, mut qualifiers) = (start, Qualifiers::default());
        for _ in 0..2 * MAX_DEPTH {
            self.parts = self.parts.checked_sub(1).filter(|_| nesting < MAX_NESTING).ok_or_else(too_deep)?;
            if id.is_void() {
                return Ok(join(qualifiers.base("void"), &inner));
            }
            let raw = self.btf.raw(id)?;
            match raw.info.tag {
                KindTag::Ptr => inner = qualifiers.pointer(&inner),
                KindTag::Const => qualifiers.words.push("const"),
                KindTag::Volatile => qualifiers.words.push("volatile"),
                KindTag::Restrict => qualifiers.words.push("restrict"),
                KindTag::TypeTag => {}
                KindTag::Array => inner = format!("{}[{}]", bracketed(inner), raw.tail(2)),
                KindTag::FuncProto => {
                    inner = format!("{}({})", bracketed(inner), self.params(raw, nesting)?);
                    qualifiers = Qualifiers::default();
                }
                KindTag::Func | KindTag::Var if inner.is_empty() => {
                    self.btf.ident(raw.name)?.clone_into(&mut inner)
                }
                KindTag::Func | KindTag::Var => {}
                _ => return Ok(join(qualifiers.base(&self.innermost(raw)?), &inner)),
            }
            id = TypeId(if raw.info.tag == KindTag::Array { raw.tail(0) } else { raw.word });
        }
        Err(self.btf.error_at(start, BtfErrorKind::TooDeep(start)))
    }

    fn innermost(&self, raw: Raw<'_>) -> Result<String, BtfError> {
        let name = self.btf.ident(raw.name)?;
        Ok(match (keyword(raw), name) {
            ("", name) => name.to_owned(),
            (keyword, "") => format!("{keyword} {{...}}"),
            (keyword, name) => format!("{keyword} {name}"),
        })
    }

    fn params(&mut self, raw: Raw<'_>, nesting: u32) -> Result<String, BtfError> {
        let count = usize::from(raw.info.vlen);
        let mut params = Vec::new();
        for (place, [name, ty]) in raw.pairs().enumerate() {
            let last = place + 1 == count;
            params.push(match (ty, name) {
                // C does not know functions with nothing before the dots.
                (0, 0) if last && place == 0 => String::new(),
                (0, 0) if last => "...".to_owned(),
                _ => self.declare(TypeId(ty), self.btf.ident(name)?.to_owned(), nesting + 1)?,
            });
        }
        Ok(if params.is_empty() { "void".to_owned() } else { params.join(", ") })
    }
}

/// Pointers bind less than arrays and functions.
fn bracketed(inner: String) -> String {
    if inner.starts_with('*') { format!("({inner})") } else { inner }
}

fn join(base: String, inner: &str) -> String {
    match inner.chars().next() {
        None => base,
        Some('[') => base + inner,
        Some(_) => base + " " + inner,
    }
}
