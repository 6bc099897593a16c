//! Definitions in an order that compiles.
use super::names::Names;
use crate::layout::Aligner;
use crate::spell::{Spell, declare, keyword};
use crate::wire::Raw;
use crate::{Btf, BtfError, BtfErrorKind, KindTag, TypeId};
use std::collections::HashSet;

/// How deep types may be nested in each other.
const MAX_NESTING: u32 = 256;

/// How much of a type must be known before it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Need {
    /// Its name.
    Name,
    /// Its size.
    Whole,
}

/// Writes each type after what it needs.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) btf: &'a Btf,
    pub(super) aligner: Aligner<'a>,
    names: Names,
    /// What was asked for.
    seen: HashSet<(TypeId, Need)>,
    /// Names of structures and unions that are declared or defined.
    declared: HashSet<String>,
    /// Types that are written.
    written: HashSet<TypeId>,
    out: String,
    /// How deep the braces are.
    pub(super) indent: usize,
    /// How many more members may be written: types without name can multiply.
    pub(super) budget: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(btf: &'a Btf) -> Self {
        Self {
            btf,
            aligner: Aligner::new(btf),
            names: Names::default(),
            seen: HashSet::new(),
            declared: HashSet::new(),
            written: HashSet::new(),
            out: String::new(),
            indent: 0,
            budget: 10_000 + 64 * u64::from(btf.len()),
        }
    }

    /// All that was written.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Writes a type for its own sake. Enumerations without name are constants, unless they are part of others.
    pub(super) fn top_level(&mut self, id: TypeId, used: &HashSet<TypeId>) -> Result<(), BtfError> {
        let named = self.btf.name(id).is_some_and(|name| !name.is_empty());
        match self.btf.tag(id) {
            Some(tag) if tag.is_enum() && !named && !used.contains(&id) => {
                let raw = self.btf.raw(id)?;
                let text = self.enumeration(raw)?;
                self.out.push_str(&format!("{text};\n\n"));
                Ok(())
            }
            Some(KindTag::Struct | KindTag::Union | KindTag::Enum | KindTag::Enum64) if !named => Ok(()),
            Some(KindTag::Func | KindTag::Var | KindTag::Datasec | KindTag::DeclTag) => Ok(()),
            _ => self.need(id, Need::Whole, 0),
        }
    }

    /// Writes what a function's prototype needs.
    pub(super) fn need_names(&mut self, id: TypeId) -> Result<(), BtfError> {
        self.need(id, Need::Name, 0)
    }

    /// A function's prototype.
    pub(super) fn prototype(&mut self, id: TypeId) -> Result<String, BtfError> {
        declare(self.btf, id, "", self)
    }

    /// The definition of a type whose needs are not looked at.
    pub(super) fn alone(mut self, id: TypeId) -> Result<String, BtfError> {
        let raw = self.btf.raw(id)?;
        match raw.info.tag {
            KindTag::Struct | KindTag::Union => self.define_composite(id, raw)?,
            KindTag::Enum | KindTag::Enum64 => self.define_enum(id, raw)?,
            KindTag::Typedef => self.define_typedef(id, raw)?,
            _ => {
                let text = declare(self.btf, id, "", &mut self)?;
                self.out.push_str(&format!("{text};\n"));
            }
        }
        Ok(self.out)
    }

    fn need(&mut self, id: TypeId, need: Need, depth: u32) -> Result<(), BtfError> {
        if depth >= MAX_NESTING {
            return Err(self.btf.error_at(id, BtfErrorKind::TooDeep(id)));
        }
        if id.is_void() || !self.seen.insert((id, need)) {
            return Ok(());
        }
        let raw = self.btf.raw(id)?;
        let next = depth + 1;
        match raw.info.tag {
            KindTag::Ptr => self.need(TypeId(raw.word), Need::Name, next),
            KindTag::Array => self.need(TypeId(raw.tail(0)), Need::Whole, next),
            KindTag::Int => self.define_int(id, raw),
            KindTag::Enum | KindTag::Enum64 => self.define_enum(id, raw),
            KindTag::Fwd => self.declare_tag(id, raw),
            KindTag::Struct | KindTag::Union => self.need_composite(id, raw, need, next),
            KindTag::Typedef => {
                self.need(TypeId(raw.word), Need::Name, next)?;
                self.define_typedef(id, raw)?;
                self.need(TypeId(raw.word), need, next)
            }
            KindTag::FuncProto => {
                self.need(TypeId(raw.word), Need::Name, next)?;
                raw.pairs().try_for_each(|[_, ty]| self.need(TypeId(ty), Need::Name, next))
            }
            KindTag::Const | KindTag::Volatile | KindTag::Restrict | KindTag::TypeTag => {
                self.need(TypeId(raw.word), need, next)
            }
            KindTag::Func | KindTag::Var => self.need(TypeId(raw.word), Need::Name, next),
            KindTag::Void | KindTag::Float | KindTag::Datasec | KindTag::DeclTag => Ok(()),
        }
    }

    fn need_composite(&mut self, id: TypeId, raw: Raw<'_>, need: Need, depth: u32) -> Result<(), BtfError> {
        let named = raw.name != 0;
        if named && need == Need::Name {
            return self.declare_tag(id, raw);
        }
        for member in raw.members() {
            self.need(TypeId(member.ty), Need::Whole, depth)?;
        }
        if named { self.define_composite(id, raw) } else { Ok(()) }
    }

    fn declare_tag(&mut self, id: TypeId, raw: Raw<'_>) -> Result<(), BtfError> {
        let name = self.tag_name(id, raw)?;
        if self.declared.insert(name.clone()) {
            self.out.push_str(&format!("{name};\n\n"));
        }
        Ok(())
    }

    fn define_composite(&mut self, id: TypeId, raw: Raw<'_>) -> Result<(), BtfError> {
        if !self.written.insert(id) {
            return Ok(());
        }
        let name = self.tag_name(id, raw)?;
        let body = self.composite_body(id, raw)?;
        self.out.push_str(&format!("{name} {body};\n\n"));
        self.declared.insert(name);
        Ok(())
    }

    fn define_enum(&mut self, id: TypeId, raw: Raw<'_>) -> Result<(), BtfError> {
        if raw.name != 0 && self.written.insert(id) {
            let name = self.tag_name(id, raw)?;
            let text = self.enumeration(raw)?.replacen("enum", &name, 1);
            self.out.push_str(&format!("{text};\n\n"));
        }
        Ok(())
    }

    fn define_typedef(&mut self, id: TypeId, raw: Raw<'_>) -> Result<(), BtfError> {
        let name = self.btf.ident(raw.name)?;
        if !self.written.insert(id) {
            return Ok(());
        }
        let name = self.names.ident(id, name);
        let text = declare(self.btf, TypeId(raw.word), &name, self)?;
        self.out.push_str(&format!("typedef {text};\n\n"));
        Ok(())
    }

    /// Other languages' integers have names that C does not know.
    fn define_int(&mut self, id: TypeId, raw: Raw<'_>) -> Result<(), BtfError> {
        let name = self.btf.ident(raw.name)?;
        if is_c_integer(name) || !self.written.insert(id) {
            return Ok(());
        }
        let name = self.names.ident(id, name);
        self.out.push_str(&format!("typedef {} {name};\n\n", c_integer(raw)));
        Ok(())
    }

    fn tag_name(&mut self, id: TypeId, raw: Raw<'_>) -> Result<String, BtfError> {
        let name = self.btf.ident(raw.name)?;
        let keyword = keyword(raw);
        Ok(format!("{keyword} {}", self.names.tag(id, name, raw.info.tag, keyword == "union")))
    }

    /// `enum { … }`, without a name.
    fn enumeration(&mut self, raw: Raw<'_>) -> Result<String, BtfError> {
        let (wide, signed) = (raw.info.tag == KindTag::Enum64, raw.info.flag);
        let mut text = String::from("enum {\n");
        let tabs = "\t".repeat(self.indent);
        for (name, value) in raw.enumerators() {
            self.budget = self.budget.saturating_sub(1);
            let name = self.names.enumerator(self.btf.ident(name)?);
            let value = match (wide, signed) {
                // The lowest number cannot be written as one.
                (true, true) if value == i64::MIN => format!("({}LL - 1)", value + 1),
                (true, true) => format!("{value}LL"),
                (true, false) => format!("{}ULL", value.cast_unsigned()),
                (false, _) => value.to_string(),
            };
            text.push_str(&format!("{tabs}\t{name} = {value},\n"));
        }
        let mode = match raw.word {
            1 => " __attribute__((mode(QI)))",
            2 => " __attribute__((mode(HI)))",
            8 => " __attribute__((mode(DI)))",
            _ => "",
        };
        text.push_str(&format!("{tabs}}}{mode}"));
        Ok(text)
    }
}

impl Spell for Writer<'_> {
    fn spell(&mut self, id: TypeId, raw: Raw<'_>) -> Result<String, BtfError> {
        let name = self.btf.ident(raw.name)?;
        match raw.info.tag {
            KindTag::Int if is_c_integer(name) => Ok(name.to_owned()),
            KindTag::Int | KindTag::Typedef => Ok(self.names.ident(id, name)),
            KindTag::Struct | KindTag::Union if name.is_empty() => {
                Ok(format!("{} {}", keyword(raw), self.composite_body(id, raw)?))
            }
            // An `enum` without values does not compile.
            KindTag::Enum | KindTag::Enum64 if name.is_empty() && raw.info.vlen == 0 => Ok("int".to_owned()),
            KindTag::Enum | KindTag::Enum64 if name.is_empty() => self.enumeration(raw),
            KindTag::Struct | KindTag::Union | KindTag::Fwd | KindTag::Enum | KindTag::Enum64 => {
                self.tag_name(id, raw)
            }
            _ => Ok(name.to_owned()),
        }
    }

    fn tag(&mut self, text: &str) -> Option<String> {
        let harmless = text.chars().all(|letter| !letter.is_control() && letter != '"' && letter != '\\');
        harmless.then(|| format!("__attribute__((btf_type_tag(\"{text}\")))"))
    }
}

fn is_c_integer(name: &str) -> bool {
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
