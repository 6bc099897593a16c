//! Declarations: a name with a type around it.
use super::define::is_c_integer;
use super::state::Writer;
use crate::wire::Raw;
use crate::{BtfError, KindTag, TypeId};

/// How many types one declaration may hang on each other.
const MAX_CHAIN: usize = 128;

/// How many declarations may be begun inside of each other: parameters of functions, members without names.
const MAX_OPEN: usize = 256;

/// What was written last: a `*` wants no space behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// A `*`, a bracket, or nothing.
    Open,
    Word,
}

impl<'a> Writer<'a> {
    /// Writes the declaration of `name` as a thing of type `id`. What stands in braces is at `indent`.
    pub(super) fn declare(&mut self, id: TypeId, name: &str, indent: usize) -> Result<(), BtfError> {
        if self.open >= MAX_OPEN {
            return Err(self.too_deep(id));
        }
        let start = self.chain.len();
        self.inwards(id, start)?;
        self.open += 1;
        let written = self.outwards(start, name, indent);
        self.open -= 1;
        self.chain.truncate(start);
        written
    }

    /// Hangs the types of a declaration on the chain, from the name inwards.
    fn inwards(&mut self, id: TypeId, start: usize) -> Result<(), BtfError> {
        let (mut at, mut hops) = (id, 0);
        loop {
            if self.chain.len() - start + hops >= MAX_CHAIN {
                return Err(self.too_deep(id));
            }
            if at.is_void() {
                self.chain.push(at);
                return Ok(());
            }
            let raw = self.btf.raw(at)?;
            if self.bare && raw.info.tag.is_modifier() {
                hops += 1;
                at = TypeId(raw.word);
                continue;
            }
            self.chain.push(at);
            at = match raw.info.tag {
                KindTag::Array => TypeId(raw.tail(0)),
                KindTag::Ptr | KindTag::FuncProto => TypeId(raw.word),
                tag if tag.is_modifier() => TypeId(raw.word),
                _ => return Ok(()),
            };
        }
    }

    /// The next type outwards of this declaration.
    fn outer(&self, start: usize) -> Result<Option<(TypeId, Option<Raw<'a>>)>, BtfError> {
        let Some(&id) = self.chain.get(start..).and_then(<[TypeId]>::last) else { return Ok(None) };
        let raw = if id.is_void() { None } else { Some(self.btf.raw(id)?) };
        Ok(Some((id, raw)))
    }

    /// Writes the rest of the chain, from the innermost type outwards to the name.
    fn outwards(&mut self, start: usize, name: &str, indent: usize) -> Result<(), BtfError> {
        let mut last = Last::Open;
        while let Some((id, raw)) = self.outer(start)? {
            self.step(id)?;
            self.chain.pop();
            let Some(raw) = raw else {
                self.qualifiers(start)?;
                self.out.push_str("void");
                last = Last::Word;
                continue;
            };
            match raw.info.tag {
                KindTag::Ptr => {
                    self.out.push_str(if last == Last::Open { "*" } else { " *" });
                    last = Last::Open;
                    continue;
                }
                KindTag::Array => return self.array(start, raw, name, indent, last),
                KindTag::FuncProto => return self.function(start, raw, name, indent, last),
                KindTag::TypeTag => self.type_tag(raw)?,
                tag if tag.is_modifier() => {
                    self.out.push(' ');
                    self.out.push_str(qualifier(tag));
                }
                _ => {
                    self.qualifiers(start)?;
                    self.innermost(id, raw, indent)?;
                }
            }
            last = Last::Word;
        }
        self.declared_name(name, last);
        Ok(())
    }

    /// `const` and the like stand before what is no pointer; tags between them stay where they are.
    fn qualifiers(&mut self, start: usize) -> Result<(), BtfError> {
        while let Some((_, Some(raw))) = self.outer(start)? {
            let word = qualifier(raw.info.tag);
            if word.is_empty() {
                break;
            }
            self.out.push_str(word);
            self.out.push(' ');
            self.chain.pop();
        }
        Ok(())
    }

    /// Some compilers write qualifiers of elements around the array too.
    fn drop_qualifiers(&mut self, start: usize) -> Result<(), BtfError> {
        while let Some((_, Some(raw))) = self.outer(start)? {
            if !raw.info.tag.is_modifier() {
                break;
            }
            self.chain.pop();
        }
        Ok(())
    }

    fn innermost(&mut self, id: TypeId, raw: Raw<'a>, indent: usize) -> Result<(), BtfError> {
        match raw.info.tag {
            KindTag::Struct | KindTag::Union if raw.name == 0 => self.composite(id, raw, indent),
            // An `enum` without name and values does not compile.
            KindTag::Enum | KindTag::Enum64 if raw.name == 0 && raw.info.vlen == 0 => {
                self.out.push_str("int");
                Ok(())
            }
            KindTag::Enum | KindTag::Enum64 if raw.name == 0 => self.enumeration(id, raw, indent),
            KindTag::Struct | KindTag::Union | KindTag::Fwd | KindTag::Enum | KindTag::Enum64 => {
                self.push_tag(id, raw)
            }
            KindTag::Typedef => self.push_name(id, raw),
            KindTag::Int if !is_c_integer(self.btf.ident(raw.name)?) => self.push_name(id, raw),
            _ => {
                self.out.push_str(self.btf.ident(raw.name)?);
                Ok(())
            }
        }
    }

    fn type_tag(&mut self, raw: Raw<'a>) -> Result<(), BtfError> {
        let text = self.btf.ident(raw.name)?;
        if text.chars().any(|letter| letter.is_control() || matches!(letter, '"' | '\\')) {
            return Ok(());
        }
        let (before, after) = if raw.info.flag { ("", "") } else { ("btf_type_tag(\"", "\")") };
        for part in [" __attribute__((", before, text, after, "))"] {
            self.out.push_str(part);
        }
        Ok(())
    }

    fn array(
        &mut self,
        start: usize,
        raw: Raw<'a>,
        name: &str,
        indent: usize,
        last: Last,
    ) -> Result<(), BtfError> {
        self.drop_qualifiers(start)?;
        match self.outer(start)? {
            None => self.declared_name(name, last),
            Some((_, around)) => {
                let row = around.is_some_and(|around| around.info.tag == KindTag::Array);
                if !name.is_empty() && last == Last::Word {
                    self.out.push(' ');
                }
                self.out.push_str(if row { "" } else { "(" });
                self.outwards(start, name, indent)?;
                self.out.push_str(if row { "" } else { ")" });
            }
        }
        self.out.push('[');
        self.push_number(raw.tail(2).into());
        self.out.push(']');
        Ok(())
    }

    fn function(
        &mut self,
        start: usize,
        raw: Raw<'a>,
        name: &str,
        indent: usize,
        last: Last,
    ) -> Result<(), BtfError> {
        self.drop_qualifiers(start)?;
        match self.outer(start)? {
            None => self.declared_name(name, last),
            Some(_) => {
                self.out.push_str(" (");
                self.outwards(start, name, indent)?;
                self.out.push(')');
            }
        }
        self.out.push('(');
        let count = usize::from(raw.info.vlen);
        for (place, [name, ty]) in raw.pairs().enumerate() {
            if place > 0 {
                self.out.push_str(", ");
            }
            match ty {
                // C knows no function with nothing before the dots; compilers mean one without parameters.
                0 if count == 1 => self.out.push_str("void"),
                0 if place + 1 == count => self.out.push_str("..."),
                _ => self.declare(TypeId(ty), self.btf.ident(name)?, indent)?,
            }
        }
        self.out.push_str(if count == 0 { "void)" } else { ")" });
        Ok(())
    }

    fn declared_name(&mut self, name: &str, last: Last) {
        if last == Last::Word && !name.is_empty() {
            self.out.push(' ');
        }
        self.push_ident(name);
    }
}

const fn qualifier(tag: KindTag) -> &'static str {
    match tag {
        KindTag::Const => "const",
        KindTag::Volatile => "volatile",
        KindTag::Restrict => "restrict",
        _ => "",
    }
}
