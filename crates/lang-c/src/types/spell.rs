//! Types as C writes them, for messages.
use super::{RecordId, Ty, TypeKind, Types};
use crate::Names;
use crate::ast::{Basic, Qualifiers, RecordKind};

/// So many types are spelled for one; what more it is made of is `…`.
const MAX_PARTS: u32 = 64;

impl Types {
    /// A type as C writes it.
    pub fn spell(&self, ty: Ty, names: &Names) -> String {
        self.spell_around(ty, String::new(), names, &mut { MAX_PARTS })
    }

    /// `struct tag`, or `an unnamed struct`.
    pub fn spell_record(&self, record: RecordId, names: &Names) -> String {
        let record = &self.records[record];
        let word = match record.kind {
            RecordKind::Struct => "struct",
            RecordKind::Union => "union",
        };
        tagged(word, record.tag.map(|tag| names.text(tag)))
    }

    /// A type with a declarator around its name.
    fn spell_around(&self, ty: Ty, inner: String, names: &Names, left: &mut u32) -> String {
        let Some(fewer) = left.checked_sub(1) else { return joined("…", &inner) };
        *left = fewer;
        match self.kind(ty) {
            TypeKind::Basic(basic) => joined(basic_name(*basic), &inner),
            TypeKind::Record(record) => joined(&self.spell_record(*record, names), &inner),
            TypeKind::Enum(number) => {
                joined(&tagged("enum", self.enums[*number].tag.map(|tag| names.text(tag))), &inner)
            }
            TypeKind::Typedef(name, _) => joined(names.text(*name), &inner),
            TypeKind::Tagged(_, of) => self.spell_around(*of, inner, names, left),
            TypeKind::Qualified(qualifiers, of) => match self.kind(*of) {
                TypeKind::Pointer(_) => {
                    let inner = joined(words(*qualifiers), &inner);
                    self.spell_around(*of, inner, names, left)
                }
                _ => format!("{} {}", words(*qualifiers), self.spell_around(*of, inner, names, left)),
            },
            TypeKind::Pointer(to) => {
                let wrapped = matches!(self.kind(*to), TypeKind::Array(..) | TypeKind::Function(_));
                let inner = if wrapped { format!("(*{inner})") } else { format!("*{inner}") };
                self.spell_around(*to, inner, names, left)
            }
            TypeKind::Array(element, length) => {
                let length = length.map_or_else(String::new, |length| length.to_string());
                self.spell_around(*element, format!("{inner}[{length}]"), names, left)
            }
            TypeKind::Function(signature) => {
                let mut params: Vec<String> = signature
                    .params
                    .iter()
                    .map(|(_, ty)| self.spell_around(*ty, String::new(), names, left))
                    .collect();
                if signature.variadic {
                    params.push("...".to_owned());
                } else if params.is_empty() {
                    params.push("void".to_owned());
                }
                self.spell_around(signature.result, format!("{inner}({})", params.join(", ")), names, left)
            }
        }
    }
}

fn tagged(word: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| format!("unnamed {word}"), |tag| format!("{word} {tag}"))
}

fn joined(word: &str, inner: &str) -> String {
    if inner.is_empty() { word.to_owned() } else { format!("{word} {inner}") }
}

const fn words(qualifiers: Qualifiers) -> &'static str {
    match (qualifiers.constant, qualifiers.volatile) {
        (true, true) => "const volatile",
        (true, false) => "const",
        _ => "volatile",
    }
}

/// As C writes it.
pub(crate) const fn basic_name(basic: Basic) -> &'static str {
    match basic {
        Basic::Void => "void",
        Basic::Bool => "_Bool",
        Basic::Char => "char",
        Basic::SignedChar => "signed char",
        Basic::UnsignedChar => "unsigned char",
        Basic::Short => "short",
        Basic::UnsignedShort => "unsigned short",
        Basic::Int => "int",
        Basic::UnsignedInt => "unsigned int",
        Basic::Long => "long",
        Basic::UnsignedLong => "unsigned long",
        Basic::LongLong => "long long",
        Basic::UnsignedLongLong => "unsigned long long",
        Basic::Int128 => "__int128",
        Basic::UnsignedInt128 => "unsigned __int128",
        Basic::Float => "float",
        Basic::Double => "double",
        Basic::LongDouble => "long double",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Signature;

    #[test]
    fn declarators_stand_around_names() {
        let mut types = Types::default();
        let mut names = Names::default();
        let int = types.basic(Basic::Int);
        let constant = types.qualified(Qualifiers { constant: true, volatile: false }, int);
        let pointer = types.pointer(constant);
        let array = types.add(TypeKind::Array(pointer, Some(3)));
        let to_array = types.pointer(array);
        let function = Signature { result: int, params: vec![(None, to_array)], variadic: true };
        let function = types.add(TypeKind::Function(function));
        let function = types.pointer(function);
        let name = names.add("u32");
        let named = types.add(TypeKind::Typedef(name, int));
        assert_eq!(types.spell(pointer, &names), "const int *");
        assert_eq!(types.spell(to_array, &names), "const int *(*)[3]");
        assert_eq!(types.spell(function, &names), "int (*)(const int *(*)[3], ...)");
        assert_eq!(types.spell(named, &names), "u32");
    }
}
