//! The words of a place: those that stand by their order, and those that have a name.
use super::PlaceError;
use crate::{Anchor, Hold, ObjectRef, Order, OrderSide, Sharing};
use std::cell::RefCell;

/// What is left of the words.
#[derive(Debug)]
pub(super) struct Words<'a> {
    plain: Vec<&'a str>,
    named: RefCell<Vec<(&'a str, Option<&'a str>)>>,
}

/// Names that stand alone.
const SWITCHES: &[&str] = &["bare", "multi", "override", "replace", "before", "after", "defrag", "one"];

impl<'a> Words<'a> {
    /// Tells the words apart; `inside` is what followed the hook after a slash.
    pub(super) fn new(inside: Option<&'a str>, rest: &[&'a str]) -> Result<Self, PlaceError> {
        let mut plain: Vec<&str> = inside.into_iter().collect();
        let mut named: Vec<(&str, Option<&str>)> = Vec::new();
        for word in rest {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None if SWITCHES.contains(word) => (*word, None),
                None => {
                    plain.push(word);
                    continue;
                }
            };
            if named.iter().any(|(known, _)| *known == name) {
                return Err(PlaceError(format!("{name} is said twice")));
            }
            named.push((name, value));
        }
        plain.reverse();
        Ok(Self { plain, named: RefCell::new(named) })
    }

    /// The next word that stands by its order.
    pub(super) fn next(&mut self, what: &str) -> Result<&'a str, PlaceError> {
        self.plain.pop().ok_or_else(|| PlaceError(format!("{what} is missing")))
    }

    /// The same, where it may be missing.
    pub(super) fn maybe(&mut self) -> Option<&'a str> {
        self.plain.pop()
    }

    /// What follows a section's name: by a slash in the same word, or as the next word.
    pub(super) fn after_section(&mut self, hook: &str) -> Option<&'a str> {
        if hook.contains('/') {
            // The part after the slash is in the name already.
            self.plain.pop();
            return None;
        }
        self.plain.pop()
    }

    /// The value of a name; `Some(None)` where it stands alone.
    #[expect(clippy::option_option, reason = "not there, alone, and with a value")]
    fn take(&self, name: &str) -> Option<Option<&'a str>> {
        let mut named = self.named.borrow_mut();
        let at = named.iter().position(|(known, _)| *known == name)?;
        Some(named.swap_remove(at).1)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, PlaceError> {
        match self.take(name) {
            None => Ok(None),
            Some(Some(value)) if !value.is_empty() => Ok(Some(value)),
            Some(_) => Err(PlaceError(format!("{name}= wants a value"))),
        }
    }

    /// Whether the name stands alone.
    pub(super) fn switch(&self, name: &str) -> Result<bool, PlaceError> {
        match self.take(name) {
            None => Ok(false),
            Some(None) => Ok(true),
            Some(Some(_)) => Err(PlaceError(format!("{name} stands alone, without a value"))),
        }
    }

    /// A number, decimal or with `0x`.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, PlaceError> {
        self.text(name)?.map(|text| number(name, text)).transpose()
    }

    /// The same, as one of another type.
    pub(super) fn small<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, PlaceError> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        T::try_from(number).map(Some).map_err(|_| PlaceError(format!("{name}={number} is too large")))
    }

    /// A number with a sign.
    pub(super) fn signed(&self, name: &str) -> Result<Option<i32>, PlaceError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| PlaceError(format!("{name}={text} is no number")))
    }

    /// `bare`, `multi`, `override`, `replace=PROG`; each of them means that there is no link.
    pub(super) fn hold(&self) -> Result<Hold, PlaceError> {
        let (multi, over) = (self.switch("multi")?, self.switch("override")?);
        let replace = self.text("replace")?.map(reference).transpose()?;
        let sharing = match (multi, over) {
            (true, true) => return Err(PlaceError("multi and override exclude each other".to_owned())),
            (true, false) => Sharing::Multi,
            (false, true) => Sharing::Override,
            (false, false) => Sharing::Alone,
        };
        let bare = self.switch("bare")? || replace.is_some() || sharing != Sharing::Alone;
        Ok(if bare { Hold::Bare { sharing, replace } } else { Hold::Link })
    }

    /// `before[=WHICH]`, `after[=WHICH]`, `revision=N`.
    pub(super) fn order(&self) -> Result<Order, PlaceError> {
        let (before, after) = (self.take("before"), self.take("after"));
        let (side, which) = match (before, after) {
            (Some(_), Some(_)) => return Err(PlaceError("before and after exclude each other".to_owned())),
            (Some(which), None) => (Some(OrderSide::Before), which),
            (None, Some(which)) => (Some(OrderSide::After), which),
            (None, None) => (None, None),
        };
        let anchor = which.map(anchor).transpose()?;
        Ok(Order { side, anchor, revision: self.number("revision")?.unwrap_or(0) })
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), PlaceError> {
        if let Some(word) = self.plain.last() {
            return Err(PlaceError(format!("`{word}` has no meaning there")));
        }
        match self.named.borrow().first() {
            Some((name, _)) => Err(PlaceError(format!("`{name}` has no meaning there"))),
            None => Ok(()),
        }
    }
}

/// A number, decimal or with `0x`.
pub(super) fn number(name: &str, text: &str) -> Result<u64, PlaceError> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| PlaceError(format!("{name}={text} is no number")))
}

/// `[prog:]WHICH` or `link:WHICH`.
fn anchor(text: &str) -> Result<Anchor, PlaceError> {
    match text.split_once(':') {
        Some(("link", which)) => reference(which).map(Anchor::Link),
        Some(("prog", which)) => reference(which).map(Anchor::Program),
        _ => reference(text).map(Anchor::Program),
    }
}

/// Something that is loaded: `17` or `id:17`, `/sys/fs/bpf/PIN` or `pinned:PATH`, `NAME` or `name:NAME`.
pub fn reference(text: &str) -> Result<ObjectRef, PlaceError> {
    let by_id = |text: &str| text.parse().ok().map(ObjectRef::Id);
    let found = match text.split_once(':') {
        Some(("id", id)) => by_id(id),
        Some(("pinned", path)) => Some(ObjectRef::Pinned(path.to_owned())),
        Some(("name", name)) => Some(ObjectRef::Name(name.to_owned())),
        _ if text.starts_with('/') => Some(ObjectRef::Pinned(text.to_owned())),
        _ if text.starts_with(|c: char| c.is_ascii_digit()) => by_id(text),
        _ if text.is_empty() => None,
        _ => Some(ObjectRef::Name(text.to_owned())),
    };
    found.ok_or_else(|| PlaceError(format!("`{text}` is no id, path or name")))
}
