//! Names that do not clash.
use crate::{KindTag, TypeId};
use std::collections::{HashMap, HashSet};

/// A name that compilers have for a type of their own: the kernel's has the size that it has on its machine.
const BUILTIN: &str = "__builtin_va_list";

/// Names given so far. C has two spaces of them: tags of `struct`, `union` and `enum`, and all else.
#[derive(Debug, Default)]
pub(super) struct Names {
    tags: Space,
    idents: Space,
    given: HashMap<TypeId, String>,
    /// Names of structures and unions that are declared or defined.
    composites: HashMap<(String, bool), Composite>,
}

#[derive(Debug)]
struct Composite {
    name: String,
    defined: bool,
}

#[derive(Debug, Default)]
struct Space {
    used: HashSet<String>,
    counts: HashMap<String, u32>,
}

impl Space {
    fn unique(&mut self, name: &str) -> String {
        let name = identifier(name);
        let count = self.counts.entry(name.clone()).or_insert_with(|| u32::from(name == BUILTIN));
        loop {
            *count += 1;
            let candidate = if *count == 1 { name.clone() } else { format!("{name}___{count}") };
            if self.used.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

/// The name with every letter replaced that C does not allow.
fn identifier(name: &str) -> String {
    let allowed = |letter: char| letter == '_' || letter == '$' || letter.is_ascii_alphanumeric();
    name.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect()
}

impl Names {
    /// The name of an enumerator, a new one each time.
    pub(super) fn enumerator(&mut self, name: &str) -> String {
        self.idents.unique(name)
    }

    /// The name of a typedef or integer.
    pub(super) fn ident(&mut self, id: TypeId, name: &str) -> String {
        let idents = &mut self.idents;
        self.given.entry(id).or_insert_with(|| idents.unique(name)).clone()
    }

    /// The name of a `struct`, `union` or `enum`; a declaration shares it with the first definition.
    pub(super) fn tag(&mut self, id: TypeId, name: &str, tag: KindTag, union: bool) -> String {
        if let Some(given) = self.given.get(&id) {
            return given.clone();
        }
        let given = if tag.is_enum() { self.tags.unique(name) } else { self.composite(name, tag, union) };
        self.given.insert(id, given.clone());
        given
    }

    fn composite(&mut self, name: &str, tag: KindTag, union: bool) -> String {
        let defines = tag != KindTag::Fwd;
        match self.composites.get_mut(&(name.to_owned(), union)) {
            Some(known) if !(defines && known.defined) => {
                known.defined |= defines;
                known.name.clone()
            }
            Some(_) => self.tags.unique(name),
            None => {
                let given = self.tags.unique(name);
                let known = Composite { name: given.clone(), defined: defines };
                self.composites.insert((name.to_owned(), union), known);
                given
            }
        }
    }
}
