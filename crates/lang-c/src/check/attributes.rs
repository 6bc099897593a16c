//! What attributes say.
use super::Checker;
use crate::Name;
use crate::ast::{Attribute, AttributeArg};
use crate::attributes::{self, Known};
use crate::typed::Inline;
use osmia_base::{Diagnostic, Span};

/// All that the attributes of one thing say.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub(super) section: Option<String>,
    pub(super) aligned: Option<u64>,
    pub(super) packed: bool,
    /// `#pragma pack`, in bytes.
    pub(super) pack: Option<u64>,
    pub(super) inline: Inline,
    pub(super) weak: bool,
    pub(super) hidden: bool,
    /// It is kept though nobody names it.
    pub(super) used: bool,
    /// `preserve_access_index`
    pub(super) relocatable: bool,
    pub(super) decl_tags: Vec<Box<str>>,
    pub(super) type_tags: Vec<Box<str>>,
    pub(super) mode: Option<Mode>,
    /// What is called when the variable's block is left.
    pub(super) cleanup: Option<(Name, Span)>,
    /// `asm("name")`: another name for the linker.
    pub(super) renamed: Option<(String, Span)>,
}

/// `mode(…)`
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// Of the number that is meant.
    pub(super) bytes: u64,
    pub(super) span: Span,
}

impl Checker<'_> {
    /// What all of them say.
    pub(super) fn attributes<'b>(&mut self, list: impl IntoIterator<Item = &'b Attribute>) -> Attributes {
        let mut all = Attributes::default();
        for attribute in list {
            self.attribute(attribute, &mut all);
        }
        all
    }

    fn attribute(&mut self, attribute: &Attribute, all: &mut Attributes) {
        let name = self.names.text(attribute.name).to_owned();
        match name.as_str() {
            "section" => all.section = self.attribute_text(attribute).or(all.section.take()),
            "aligned" => {
                let align =
                    if attribute.args.is_empty() { Some(16) } else { self.attribute_align(attribute) };
                all.aligned = all.aligned.max(align);
            }
            "packed" => all.packed = true,
            "pragma_pack" => all.pack = self.attribute_align(attribute),
            "always_inline" => all.inline = Inline::Always,
            "noinline" => all.inline = Inline::Never,
            "weak" => all.weak = true,
            "visibility" => {
                all.hidden =
                    self.attribute_text(attribute).is_some_and(|text| text == "hidden" || text == "internal");
            }
            "used" | "retain" => all.used = true,
            "preserve_access_index" => all.relocatable = true,
            "btf_decl_tag" => {
                all.decl_tags.extend(self.attribute_text(attribute).map(String::into_boxed_str))
            }
            "btf_type_tag" => {
                all.type_tags.extend(self.attribute_text(attribute).map(String::into_boxed_str))
            }
            "cleanup" => match attribute.args.as_slice() {
                [AttributeArg::Word(name)] => all.cleanup = Some((*name, attribute.span)),
                _ => {
                    self.bad_argument(attribute, "the name of a function");
                }
            },
            "asm" => {
                let name = self.attribute_text(attribute);
                all.renamed = name.map(|name| (name, attribute.span)).or(all.renamed.take());
            }
            "mode" => all.mode = self.attribute_mode(attribute),
            name => self.other_attribute(name, attribute.span),
        }
    }

    fn other_attribute(&mut self, name: &str, span: Span) {
        let known = attributes::find(name);
        // Those behind a record's `}` are read with the record and with what is declared.
        if matches!(known, Some(Known::Ignored)) || !self.told_attributes.insert(span) {
            return;
        }
        match known {
            Some(_) => {
                let text = format!("the attribute `{name}` is not known yet");
                self.refused.push(Diagnostic::error(span, text));
            }
            None => self.warn(span, format!("the attribute `{name}` is not known, and means nothing here")),
        }
    }

    fn attribute_text(&mut self, attribute: &Attribute) -> Option<String> {
        match attribute.args.as_slice() {
            [AttributeArg::Text(text)] => match String::from_utf8(text.clone()) {
                Ok(text) if !text.contains('\0') => Some(text),
                _ => self.bad_argument(attribute, "a text in UTF-8 without zero bytes"),
            },
            _ => self.bad_argument(attribute, "one text in quotes"),
        }
    }

    fn bad_argument(&mut self, attribute: &Attribute, want: &str) -> Option<String> {
        let name = self.text(attribute.name);
        self.error(attribute.span, format!("the attribute `{name}` takes {want}"));
        None
    }

    /// A number of bytes that is a power of two.
    fn attribute_align(&mut self, attribute: &Attribute) -> Option<u64> {
        let value = match attribute.args.as_slice() {
            [AttributeArg::Expr(expr)] => self.constant(expr)?.0,
            [AttributeArg::Word(name)] => {
                let expr = crate::ast::Expr { kind: crate::ast::ExprKind::Name(*name), span: attribute.span };
                self.constant(&expr)?.0
            }
            _ => 0,
        };
        let align = u64::try_from(value).ok().filter(|align| align.is_power_of_two() && *align <= 1 << 28);
        if align.is_none() {
            let name = self.text(attribute.name);
            self.error(attribute.span, format!("`{name}` takes a power of two: a number of bytes"));
        }
        align
    }

    fn attribute_mode(&mut self, attribute: &Attribute) -> Option<Mode> {
        let word = match attribute.args.as_slice() {
            [AttributeArg::Word(word)] => self.names.text(*word).trim_matches('_').to_owned(),
            _ => String::new(),
        };
        let bytes = match word.as_str() {
            "byte" | "QI" => 1,
            "HI" => 2,
            "SI" => 4,
            "word" | "pointer" | "DI" => 8,
            "TI" => 16,
            _ => {
                self.error(attribute.span, format!("there is no mode `{word}` of whole numbers"));
                return None;
            }
        };
        Some(Mode { bytes, span: attribute.span })
    }
}

impl Attributes {
    /// Adds what is said at another declaration of the same thing.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.section = other.section.or(self.section);
        self.aligned = self.aligned.max(other.aligned);
        self.packed |= other.packed;
        self.pack = other.pack.or(self.pack);
        if other.inline != Inline::Free {
            self.inline = other.inline;
        }
        self.weak |= other.weak;
        self.hidden |= other.hidden;
        self.used |= other.used;
        self.relocatable |= other.relocatable;
        self.decl_tags.extend(other.decl_tags);
        self.type_tags.extend(other.type_tags);
        self.mode = other.mode.or(self.mode);
        self.cleanup = other.cleanup.or(self.cleanup);
        self.renamed = other.renamed.or(self.renamed);
        self
    }
}
