//! Words by number: each spelling is kept once, and keywords have numbers that are known beforehand.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A spelling, by its number in [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(u32);

impl Name {
    /// Its number.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether the word is the language's own, so that nothing can be called by it. (Words of directives are not.)
    pub fn is_keyword(self) -> bool {
        // Keywords stand first among the words.
        self <= word::VA_ARG
    }
}

macro_rules! words {
    ($($constant:ident $text:literal,)*) => {
        /// The words that the language itself has, in the order of their numbers.
        const WORDS: &[&str] = &[$($text),*];

        /// The words that the language itself has.
        #[expect(missing_docs, reason = "each is the word that it is named after")]
        pub mod word {
            use super::Name;
            #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "they are spelled as constants are")]
            enum Number { $($constant),* }
            $(pub const $constant: Name = Name(Number::$constant as u32);)*
        }
    };
}

words! {
    AUTO "auto", BREAK "break", CASE "case", CHAR "char", CONST "const", CONTINUE "continue", DEFAULT "default", DO "do",
    DOUBLE "double", ELSE "else", ENUM "enum", EXTERN "extern", FLOAT "float", FOR "for", GOTO "goto", IF "if",
    INLINE "inline", INT "int", LONG "long", REGISTER "register", RESTRICT "restrict", RETURN "return", SHORT "short",
    SIGNED "signed", SIZEOF "sizeof", STATIC "static", STRUCT "struct", SWITCH "switch", TYPEDEF "typedef", UNION "union",
    UNSIGNED "unsigned", VOID "void", VOLATILE "volatile", WHILE "while",
    ALIGNAS "_Alignas", ALIGNOF "_Alignof", ATOMIC "_Atomic", BOOL "_Bool", COMPLEX "_Complex", GENERIC "_Generic",
    NORETURN "_Noreturn", STATIC_ASSERT "_Static_assert", THREAD_LOCAL "_Thread_local",
    ASM "asm", ASM_ "__asm", ASM__ "__asm__", ATTRIBUTE "__attribute", ATTRIBUTE__ "__attribute__",
    ALIGNOF_ "__alignof", ALIGNOF__ "__alignof__", CONST_ "__const", CONST__ "__const__", EXTENSION "__extension__",
    INLINE_ "__inline", INLINE__ "__inline__", RESTRICT_ "__restrict", RESTRICT__ "__restrict__", SIGNED_ "__signed",
    SIGNED__ "__signed__", TYPEOF "typeof", TYPEOF_ "__typeof", TYPEOF__ "__typeof__", TYPEOF_UNQUAL "typeof_unqual",
    TYPEOF_UNQUAL_ "__typeof_unqual", TYPEOF_UNQUAL__ "__typeof_unqual__",
    VOLATILE_ "__volatile", VOLATILE__ "__volatile__", AUTO_TYPE "__auto_type", INT128 "__int128", LABEL "__label__",
    OFFSETOF "__builtin_offsetof", TYPES_COMPATIBLE "__builtin_types_compatible_p", CHOOSE_EXPR "__builtin_choose_expr",
    VA_ARG "__builtin_va_arg",
    FUNC "__func__", FUNCTION "__FUNCTION__", PRETTY_FUNCTION "__PRETTY_FUNCTION__",
    DEFINED "defined", INCLUDE "include", INCLUDE_NEXT "include_next", DEFINE "define", UNDEF "undef", IFDEF "ifdef",
    IFNDEF "ifndef", ELIF "elif", ELIFDEF "elifdef", ELIFNDEF "elifndef", ENDIF "endif", LINE "line", ERROR "error",
    WARNING "warning", PRAGMA "pragma", PRAGMA_ "_Pragma", VA_ARGS "__VA_ARGS__", VA_OPT "__VA_OPT__",
    EMPTY "",
}

/// All spellings of a unit.
#[derive(Clone, Debug)]
pub struct Names {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Name, BuildHasherDefault<Mix>>,
}

/// A hash of short texts, eight bytes at a time: headers have a million words.
#[derive(Clone, Copy, Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        for word in words.iter().chain([&last]) {
            let mixed = self.0 ^ u64::from_le_bytes(*word) ^ 0x9e37_79b9_7f4a_7c15;
            let product = u128::from(mixed) * 0xf39c_c060_5ced_c835;
            self.0 = (product >> 64) as u64 ^ product as u64;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { texts: Vec::new(), numbers: HashMap::default() };
        for word in WORDS {
            names.add(word);
        }
        names
    }
}

impl Names {
    /// The number of a spelling, which it has from now on.
    pub fn add(&mut self, text: &str) -> Name {
        if let Some(&name) = self.numbers.get(text) {
            return name;
        }
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.into());
        self.numbers.insert(text.into(), name);
        name
    }

    /// The number of a spelling, if it occurred.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    /// The spelling.
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_numbers() {
        let mut names = Names::default();
        assert_eq!(names.find("auto"), Some(word::AUTO));
        assert_eq!(names.text(word::VA_OPT), "__VA_OPT__");
        let own = names.add("task");
        assert_eq!((names.add("task"), names.text(own)), (own, "task"));
    }
}
