//! When a local type and a type of the target are the same for CO-RE.
use super::essential_name;
use crate::btf::MAX_DEPTH;
use crate::wire::Raw;
use crate::{Btf, BtfError, BtfErrorKind, KindTag, TypeId};

/// The longest chain of types that is followed, as in libbpf.
const MAX_CHAIN: u32 = 32;

/// How many types one comparison may look at before it counts as endless.
const MAX_LOOKS: u32 = 1 << 20;

/// Whether two kinds are the same; `enum`s of both widths are.
pub(super) fn kinds_compatible(a: KindTag, b: KindTag) -> bool {
    a == b || a.is_enum() && b.is_enum()
}

/// A type of each side.
#[derive(Clone, Copy)]
struct Pair<'a> {
    local: &'a Btf,
    target: &'a Btf,
    local_id: TypeId,
    target_id: TypeId,
}

impl<'a> Pair<'a> {
    const fn with(self, local_id: TypeId, target_id: TypeId) -> Self {
        Self { local_id, target_id, ..self }
    }

    fn with_words(self, local: u32, target: u32) -> Self {
        self.with(TypeId(local), TypeId(target))
    }

    fn resolved(self) -> Self {
        self.with(self.local.resolve(self.local_id), self.target.resolve(self.target_id))
    }

    /// Both kinds; `void` has one too.
    fn tags(self) -> Result<(KindTag, KindTag), BtfError> {
        let local = self.local.tag(self.local_id).ok_or_else(|| self.local.no_such_type(self.local_id))?;
        let target =
            self.target.tag(self.target_id).ok_or_else(|| self.target.no_such_type(self.target_id))?;
        Ok((local, target))
    }

    /// Both types in bytes; not for `void`.
    fn raws(self) -> Result<(Raw<'a>, Raw<'a>), BtfError> {
        Ok((self.local.raw(self.local_id)?, self.target.raw(self.target_id)?))
    }

    fn names(self, local: u32, target: u32) -> Result<(&'a str, &'a str), BtfError> {
        Ok((self.local.string(local)?, self.target.string(target)?))
    }

    fn too_deep(self) -> BtfError {
        self.local.error_at(self.local_id, BtfErrorKind::TooDeep(self.local_id))
    }
}

/// Whether a field may be of either type.
pub(super) fn fields_compatible(
    local: &Btf,
    local_id: TypeId,
    target: &Btf,
    target_id: TypeId,
) -> Result<bool, BtfError> {
    let mut pair = Pair { local, target, local_id, target_id };
    for _ in 0..MAX_DEPTH {
        pair = pair.resolved();
        let (tag, other) = pair.tags()?;
        if tag.is_composite() && other.is_composite() {
            return Ok(true);
        }
        if !kinds_compatible(tag, other) || tag == KindTag::Void {
            return Ok(false);
        }
        let (raw, twin) = pair.raws()?;
        match tag {
            KindTag::Ptr | KindTag::Float => return Ok(true),
            KindTag::Fwd | KindTag::Enum | KindTag::Enum64 => {
                let (name, other) = pair.names(raw.name, twin.name)?;
                let (name, other) = (essential_name(name), essential_name(other));
                return Ok(name.is_empty() || other.is_empty() || name == other);
            }
            KindTag::Int => return Ok(int_offset(raw) == 0 && int_offset(twin) == 0),
            KindTag::Array => pair = pair.with_words(raw.tail(0), twin.tail(0)),
            _ => return Ok(false),
        }
    }
    Err(pair.too_deep())
}

/// First bit of an integer in its storage.
fn int_offset(raw: Raw<'_>) -> u32 {
    raw.tail(0) >> 16 & 0xff
}

/// Whether two types are the same sort of thing: names do not matter, nor what structures hold; parameters of functions
/// are compared one by one (libbpf: `bpf_core_types_are_compat`).
pub fn types_compatible(
    local: &Btf,
    local_id: TypeId,
    target: &Btf,
    target_id: TypeId,
) -> Result<bool, BtfError> {
    let pair = Pair { local, target, local_id, target_id };
    let (tag, other) = pair.tags()?;
    Ok(kinds_compatible(tag, other) && Comparison { looks: MAX_LOOKS }.compatible(pair, MAX_CHAIN)?)
}

/// Whether the target's type has at least what the local one has.
pub(super) fn types_match(
    local: &Btf,
    local_id: TypeId,
    target: &Btf,
    target_id: TypeId,
) -> Result<bool, BtfError> {
    let pair = Pair { local, target, local_id, target_id };
    Comparison { looks: MAX_LOOKS }.matches(pair, Through::Value, MAX_CHAIN)
}

/// How a type is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Value,
    Pointer,
}

struct Comparison {
    looks: u32,
}

impl Comparison {
    fn look(&mut self, pair: Pair<'_>, level: u32) -> Result<(), BtfError> {
        self.looks = self.looks.checked_sub(1).filter(|_| level > 0).ok_or_else(|| pair.too_deep())?;
        Ok(())
    }

    fn compatible(&mut self, mut pair: Pair<'_>, level: u32) -> Result<bool, BtfError> {
        for _ in 0..MAX_CHAIN {
            self.look(pair, level)?;
            pair = pair.resolved();
            let (tag, other) = pair.tags()?;
            if !kinds_compatible(tag, other) {
                return Ok(false);
            }
            if tag == KindTag::Void {
                return Ok(true);
            }
            let (raw, twin) = pair.raws()?;
            pair = match tag {
                KindTag::Struct | KindTag::Union | KindTag::Enum | KindTag::Enum64 | KindTag::Fwd => {
                    return Ok(true);
                }
                KindTag::Int => return Ok(int_offset(raw) == 0 && int_offset(twin) == 0),
                KindTag::Ptr => pair.with_words(raw.word, twin.word),
                KindTag::Array => pair.with_words(raw.tail(0), twin.tail(0)),
                KindTag::FuncProto => {
                    let same = |this: &mut Self, pair| this.compatible(pair, level - 1);
                    if !self.params(pair, raw, twin, same)? {
                        return Ok(false);
                    }
                    pair.with_words(raw.word, twin.word)
                }
                _ => return Ok(false),
            };
        }
        Err(pair.too_deep())
    }

    /// Whether all parameters pass a test pair by pair.
    fn params<'a>(
        &mut self,
        pair: Pair<'a>,
        raw: Raw<'a>,
        twin: Raw<'a>,
        mut same: impl FnMut(&mut Self, Pair<'a>) -> Result<bool, BtfError>,
    ) -> Result<bool, BtfError> {
        if raw.info.vlen != twin.info.vlen {
            return Ok(false);
        }
        for ([_, local], [_, target]) in raw.pairs().zip(twin.pairs()) {
            if !same(self, pair.with_words(local, target))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn matches(&mut self, mut pair: Pair<'_>, mut through: Through, level: u32) -> Result<bool, BtfError> {
        for _ in 0..MAX_CHAIN {
            self.look(pair, level)?;
            pair = pair.resolved();
            let (tag, other) = pair.tags()?;
            if tag == KindTag::Void || other == KindTag::Void {
                return Ok(tag == other);
            }
            let (raw, twin) = pair.raws()?;
            if !names_match(pair, raw.name, twin.name)? {
                return Ok(false);
            }
            pair = match tag {
                KindTag::Fwd => return Ok(forward_matches(raw, twin, through)),
                KindTag::Enum | KindTag::Enum64 => {
                    return Ok(other.is_enum() && enums_match(pair, raw, twin)?);
                }
                KindTag::Struct | KindTag::Union if through == Through::Pointer => {
                    let declared = other == KindTag::Fwd && twin.info.flag == (tag == KindTag::Union);
                    return Ok(tag == other || declared);
                }
                _ if tag != other => return Ok(false),
                KindTag::Struct | KindTag::Union => return self.composites_match(pair, raw, twin, level),
                KindTag::Int => return Ok(raw.word == twin.word && is_signed(raw) == is_signed(twin)),
                KindTag::Ptr => {
                    through = Through::Pointer;
                    pair.with_words(raw.word, twin.word)
                }
                KindTag::Array if raw.tail(2) == twin.tail(2) => pair.with_words(raw.tail(0), twin.tail(0)),
                KindTag::FuncProto => {
                    let same = |this: &mut Self, pair| this.matches(pair, through, level - 1);
                    if !self.params(pair, raw, twin, same)? {
                        return Ok(false);
                    }
                    pair.with_words(raw.word, twin.word)
                }
                _ => return Ok(false),
            };
        }
        Err(pair.too_deep())
    }

    /// Whether every local member has one of the same name in the target that matches.
    fn composites_match(
        &mut self,
        pair: Pair<'_>,
        raw: Raw<'_>,
        twin: Raw<'_>,
        level: u32,
    ) -> Result<bool, BtfError> {
        if raw.info.vlen > twin.info.vlen {
            return Ok(false);
        }
        for member in raw.members() {
            let mut matched = false;
            for other in twin.members() {
                self.look(pair, level)?;
                matched = names_match(pair, member.name, other.name)?
                    && self.matches(pair.with_words(member.ty, other.ty), Through::Value, level - 1)?;
                if matched {
                    break;
                }
            }
            if !matched {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn names_match(pair: Pair<'_>, local: u32, target: u32) -> Result<bool, BtfError> {
    let (local, target) = pair.names(local, target)?;
    Ok(essential_name(local) == essential_name(target))
}

fn forward_matches(raw: Raw<'_>, twin: Raw<'_>, through: Through) -> bool {
    let of_union = raw.info.flag;
    match twin.info.tag {
        KindTag::Fwd => of_union == twin.info.flag,
        KindTag::Struct => through == Through::Pointer && !of_union,
        KindTag::Union => through == Through::Pointer && of_union,
        _ => false,
    }
}

fn is_signed(raw: Raw<'_>) -> bool {
    raw.tail(0) >> 24 & 1 != 0
}

/// Whether every local enumerator has one of the same name in the target.
fn enums_match(pair: Pair<'_>, raw: Raw<'_>, twin: Raw<'_>) -> Result<bool, BtfError> {
    if raw.word != twin.word || raw.info.vlen > twin.info.vlen {
        return Ok(false);
    }
    let mut theirs = std::collections::HashSet::new();
    for (name, _) in twin.enumerators() {
        theirs.insert(essential_name(pair.target.string(name)?));
    }
    for (name, _) in raw.enumerators() {
        if !theirs.contains(essential_name(pair.local.string(name)?)) {
            return Ok(false);
        }
    }
    Ok(true)
}
