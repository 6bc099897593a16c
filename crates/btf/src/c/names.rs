//! Names that do not clash.
use super::state::Writer;
use crate::wire::Raw;
use crate::{BtfError, KindTag, TypeId};
use std::collections::HashMap;

/// A name that compilers have for a type of their own: the kernel's has the size that it has on its machine.
pub(super) const BUILTIN: &str = "__builtin_va_list";

/// How often each name was given. C has two spaces of them: tags of `struct`, `union` and `enum`, and all else.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    tags: HashMap<&'a str, u32>,
    idents: HashMap<&'a str, u32>,
}

/// How many times the name was given, this time included.
fn count<'a>(space: &mut HashMap<&'a str, u32>, name: &'a str) -> u32 {
    let count = space.entry(name).or_insert(0);
    *count += 1;
    *count
}

impl<'a> Writer<'a> {
    /// Writes the name of a type: its own, or one with its number behind it if others had it before.
    pub(super) fn push_name(&mut self, id: TypeId, raw: Raw<'a>) -> Result<(), BtfError> {
        let name = self.btf.ident(raw.name)?;
        if name.is_empty() {
            return Ok(());
        }
        let place = id.0 as usize;
        let mut given = self.given.get(place).copied().unwrap_or(1);
        if given == 0 {
            given = match raw.info.tag {
                // What is only declared shares its name with the definition.
                KindTag::Fwd => 1,
                KindTag::Enum if raw.info.vlen == 0 => 1,
                tag if tag.is_composite() || tag.is_enum() => count(&mut self.names.tags, name),
                _ => count(&mut self.names.idents, name),
            };
            if let Some(slot) = self.given.get_mut(place) {
                *slot = given;
            }
        }
        self.push_numbered(name, given);
        Ok(())
    }

    /// Writes the name of an enumerator, a new one each time.
    pub(super) fn push_enumerator(&mut self, name: &'a str) {
        let given = count(&mut self.names.idents, name);
        self.push_numbered(name, given);
    }

    fn push_numbered(&mut self, name: &str, given: u32) {
        self.push_ident(name);
        if given > 1 {
            self.out.push_str("___");
            self.push_number(given.into());
        }
    }

    /// Writes a name with every letter replaced that C does not allow (Rust's types have such names).
    pub(super) fn push_ident(&mut self, name: &str) {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
        if name.bytes().all(allowed) {
            return self.out.push_str(name);
        }
        let allowed = |letter: char| letter == '_' || letter == '$' || letter.is_ascii_alphanumeric();
        self.out.extend(name.chars().map(|letter| if allowed(letter) { letter } else { '_' }));
    }
}
