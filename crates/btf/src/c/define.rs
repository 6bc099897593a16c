//! Definitions, each after the declarations that it needs.
use super::names::BUILTIN;
use super::state::{Stage, Writer};
use crate::spell::keyword;
use crate::wire::Raw;
use crate::{BtfError, KindTag, TypeId};

/// How deep types may be nested in each other.
const MAX_NESTING: u32 = 256;

impl<'a> Writer<'a> {
    /// Writes what a type needs, and the type if nothing is around it: `within` is the type it is part of.
    pub(super) fn define(&mut self, id: TypeId, within: TypeId, depth: u32) -> Result<(), BtfError> {
        if id.is_void() || self.progress(id).defined == Stage::Done {
            return Ok(());
        }
        self.step(id)?;
        if depth >= MAX_NESTING {
            return Err(self.too_deep(id));
        }
        let raw = self.btf.raw(id)?;
        if self.progress(id).defined == Stage::Begun {
            return self.refer_to_unfinished(id, raw, within);
        }
        let (inner, next) = (TypeId(raw.word), depth + 1);
        match raw.info.tag {
            KindTag::Int => self.define_int(id, raw)?,
            KindTag::Enum | KindTag::Enum64 => {
                if within.is_void() {
                    self.enumeration(id, raw, 0)?;
                    self.out.push_str(";\n\n");
                }
            }
            KindTag::Fwd => {
                self.push_tag(id, raw)?;
                self.out.push_str(";\n\n");
            }
            KindTag::Array => return self.define(TypeId(raw.tail(0)), within, next),
            KindTag::Ptr => return self.define(inner, within, next),
            tag if tag.is_modifier() => return self.define(inner, within, next),
            KindTag::Typedef => {
                self.stage(id, Stage::Begun);
                self.define(inner, id, next)?;
                // Where someone needed it only by name, it stands there already.
                if !self.progress(id).declared {
                    self.define_typedef(id, raw)?;
                }
            }
            KindTag::Struct | KindTag::Union => return self.define_composite(id, raw, within, next),
            KindTag::FuncProto => {
                self.define(inner, within, next)?;
                return raw.pairs().try_for_each(|[_, ty]| self.define(TypeId(ty), within, next));
            }
            _ => return Ok(()),
        }
        self.stage(id, Stage::Done);
        Ok(())
    }

    fn stage(&mut self, id: TypeId, stage: Stage) {
        self.update(id, |progress| progress.defined = stage);
    }

    /// A type whose own parts lead back to it: a declaration is all that can be written.
    fn refer_to_unfinished(&mut self, id: TypeId, raw: Raw<'a>, within: TypeId) -> Result<(), BtfError> {
        match raw.info.tag {
            _ if self.progress(id).declared => Ok(()),
            KindTag::Struct | KindTag::Union if id == within || raw.name == 0 => Ok(()),
            KindTag::Struct | KindTag::Union => self.forward(id, raw),
            KindTag::Typedef => {
                self.define_typedef(id, raw)?;
                self.update(id, |progress| progress.declared = true);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn forward(&mut self, id: TypeId, raw: Raw<'a>) -> Result<(), BtfError> {
        self.push_tag(id, raw)?;
        self.out.push_str(";\n\n");
        self.update(id, |progress| progress.declared = true);
        Ok(())
    }

    /// Members of what stands here as a whole, by itself or without a name, need their types; else a declaration does.
    fn define_composite(
        &mut self,
        id: TypeId,
        raw: Raw<'a>,
        within: TypeId,
        depth: u32,
    ) -> Result<(), BtfError> {
        let (alone, named) = (within.is_void(), raw.name != 0);
        self.stage(id, Stage::Begun);
        if alone || !named {
            let inside = if named { id } else { within };
            for member in raw.members() {
                self.define(TypeId(member.ty), inside, depth)?;
            }
        } else if !self.progress(id).declared && id != within {
            self.forward(id, raw)?;
        }
        if !alone {
            self.stage(id, Stage::Untouched);
            return Ok(());
        }
        self.composite(id, raw, 0)?;
        self.out.push_str(";\n\n");
        self.stage(id, Stage::Done);
        Ok(())
    }

    /// The definition of a type whose needs are not looked at.
    pub(super) fn write_alone(&mut self, id: TypeId) -> Result<(), BtfError> {
        let raw = self.btf.raw(id)?;
        match raw.info.tag {
            KindTag::Struct | KindTag::Union => self.composite(id, raw, 0)?,
            KindTag::Enum | KindTag::Enum64 => self.enumeration(id, raw, 0)?,
            KindTag::Typedef => return self.define_typedef(id, raw),
            KindTag::Func => self.declare(TypeId(raw.word), self.btf.ident(raw.name)?, 0)?,
            KindTag::Var => self.declare(TypeId(raw.word), self.btf.ident(raw.name)?, 0)?,
            _ => self.declare(id, "", 0)?,
        }
        self.out.push_str(";\n\n");
        Ok(())
    }

    fn define_typedef(&mut self, id: TypeId, raw: Raw<'a>) -> Result<(), BtfError> {
        let name = self.btf.ident(raw.name)?;
        if name == BUILTIN {
            return Ok(());
        }
        // Old compilers lose what it leads to.
        if raw.word == 0 && name == "__gnuc_va_list" {
            self.out.push_str("typedef __builtin_va_list __gnuc_va_list;\n\n");
            return Ok(());
        }
        self.out.push_str("typedef ");
        // The name is given before the names of what it leads to.
        let start = self.out.len();
        self.push_name(id, raw)?;
        let name = self.out.split_off(start);
        self.declare(TypeId(raw.word), &name, 0)?;
        self.out.push_str(";\n\n");
        Ok(())
    }

    /// Other languages' integers have names that C does not know, and compilers have some of their own.
    fn define_int(&mut self, id: TypeId, raw: Raw<'a>) -> Result<(), BtfError> {
        let name = self.btf.ident(raw.name)?;
        if is_c_integer(name) {
            return Ok(());
        }
        self.out.push_str("typedef ");
        self.out.push_str(c_integer(raw));
        self.out.push(' ');
        self.push_name(id, raw)?;
        self.out.push_str(";\n\n");
        Ok(())
    }

    /// `struct name`, without what is in it.
    pub(super) fn push_tag(&mut self, id: TypeId, raw: Raw<'a>) -> Result<(), BtfError> {
        self.out.push_str(keyword(raw));
        if raw.name != 0 {
            self.out.push(' ');
            self.push_name(id, raw)?;
        }
        Ok(())
    }
}

/// Whether C knows the name of an integer.
pub(super) fn is_c_integer(name: &str) -> bool {
    const WORDS: [&str; 8] = ["char", "short", "int", "long", "signed", "unsigned", "__int128", "_Bool"];
    name.split(' ').all(|word| WORDS.contains(&word))
}

fn c_integer(raw: Raw<'_>) -> &'static str {
    let (signed, bool) = (raw.tail(0) >> 24 & 1 != 0, raw.tail(0) >> 24 & 4 != 0);
    match (raw.word, signed) {
        (1, _) if bool => "_Bool",
        (1, true) => "signed char",
        (1, false) => "unsigned char",
        (2, true) => "short",
        (2, false) => "unsigned short",
        (8, true) => "long long",
        (8, false) => "unsigned long long",
        (16, true) => "__int128",
        (16, false) => "unsigned __int128",
        (_, true) => "int",
        (_, false) => "unsigned int",
    }
}
