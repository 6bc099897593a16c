//! How a person names programs and maps.
use super::InspectError;
use osmia_abi::flags::{OBJ_NAME_LEN, TAG_SIZE};
use std::path::PathBuf;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Programs.
    Program,
    /// Maps.
    Map,
    /// Links.
    Link,
}

impl Subject {
    pub(super) const fn long(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Map => "map",
            Self::Link => "link",
        }
    }

    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Program => "prog",
            Self::Map => "map",
            Self::Link => "link",
        }
    }

    /// The words that begin its handles.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Program => &["id", "tag", "name", "pinned"],
            Self::Map => &["id", "name", "pinned"],
            Self::Link => &["id", "pinned"],
        }
    }

    /// The longest name: programs are known by that of their function.
    const fn name_limit(self) -> usize {
        match self {
            Self::Program => 127,
            Self::Map | Self::Link => OBJ_NAME_LEN - 1,
        }
    }
}

/// Which programs, maps or links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handle {
    /// All of them.
    All,
    /// The one with this id.
    Id(u32),
    /// Programs with this tag.
    Tag([u8; TAG_SIZE]),
    /// Those with this name.
    Name(String),
    /// The one that is pinned here.
    Pinned(PathBuf),
}

/// The words that begin a handle; any beginning of them will do.
const WORDS: [(&str, Reader); 4] = [("id", id), ("tag", tag), ("name", name), ("pinned", pinned)];

type Reader = fn(Subject, &str) -> Result<Handle, InspectError>;

impl Handle {
    /// Reads `id N`, `tag TAG` (programs only), `name NAME` or `pinned FILE` at the beginning of `words`; gives what
    /// comes after too. No words at all mean all.
    pub fn parse(subject: Subject, words: &[String]) -> Result<(Self, &[String]), InspectError> {
        let (word, rest) = match words {
            [] => return Ok((Self::All, words)),
            [word] => return Err(InspectError::Stray(word.clone())),
            [word, rest @ ..] => (word, rest),
        };
        let known = WORDS.iter().filter(|(name, _)| subject.words().contains(name));
        let mut found = known.filter(|(name, _)| name.starts_with(word.as_str()));
        let (_, read) = found.next().ok_or_else(|| InspectError::NoHandle(subject, word.clone()))?;
        let (value, rest) = rest.split_first().ok_or_else(|| InspectError::Stray(word.clone()))?;
        Ok((read(subject, value)?, rest))
    }
}

fn id(_: Subject, word: &str) -> Result<Handle, InspectError> {
    number(word).map(Handle::Id).ok_or_else(|| InspectError::NotAnId(word.to_owned()))
}

/// A number as C reads it: decimal, `0x` hexadecimal or `0` octal.
pub(super) fn number(word: &str) -> Option<u32> {
    long_number(word).and_then(|number| u32::try_from(number).ok())
}

/// The same with 64 bits.
pub(super) fn long_number(word: &str) -> Option<u64> {
    let (digits, radix) = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if word.len() > 1 && word.starts_with('0') => (word, 8),
        None => (word, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}

fn tag(_: Subject, word: &str) -> Result<Handle, InspectError> {
    let mut tag = [0; TAG_SIZE];
    for (place, byte) in tag.iter_mut().enumerate() {
        let digits = word.get(2 * place..2 * place + 2).ok_or(InspectError::NotATag)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| InspectError::NotATag)?;
    }
    Ok(Handle::Tag(tag))
}

fn name(subject: Subject, word: &str) -> Result<Handle, InspectError> {
    let fits = word.len() <= subject.name_limit();
    if fits { Ok(Handle::Name(word.to_owned())) } else { Err(InspectError::NotAName) }
}

fn pinned(_: Subject, word: &str) -> Result<Handle, InspectError> {
    Ok(Handle::Pinned(word.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(subject: Subject, line: &str) -> Result<Handle, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Handle::parse(subject, &words).map(|(handle, _)| handle).map_err(|error| error.to_string())
    }

    #[test]
    fn handles_may_be_shortened() {
        assert_eq!(parse(Subject::Program, ""), Ok(Handle::All));
        assert_eq!(parse(Subject::Program, "i 0x10"), Ok(Handle::Id(16)));
        assert_eq!(parse(Subject::Map, "id 010"), Ok(Handle::Id(8)));
        assert_eq!(parse(Subject::Map, "na x"), Ok(Handle::Name("x".into())));
        let tag = Handle::Tag([1, 2, 3, 4, 5, 6, 7, 0xab]);
        assert_eq!(parse(Subject::Program, "tag 01020304050607ab"), Ok(tag));
    }

    #[test]
    fn what_is_none_is_told() {
        let refused = |subject, line| parse(subject, line).unwrap_err();
        assert_eq!(refused(Subject::Program, "id zz"), "can't parse zz as ID");
        assert_eq!(refused(Subject::Program, "tag 12"), "can't parse tag");
        assert_eq!(refused(Subject::Map, "tag 12"), "expected 'id', 'name' or 'pinned', got: 'tag'?");
        assert_eq!(refused(Subject::Map, "name 0123456789abcdef"), "can't parse name");
        assert_eq!(refused(Subject::Link, "name x"), "expected 'id' or 'pinned', got: 'name'?");
        assert_eq!(refused(Subject::Map, "id"), "what is 'id'?");
    }
}
