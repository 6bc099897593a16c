//! In which order types must be defined.
use super::state::{Stage, Writer};
use crate::wire::Raw;
use crate::{BtfError, KindTag, TypeId};

/// How deep types may be nested in each other.
const MAX_NESTING: u32 = 256;

/// How a type is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    /// As a part: it must be whole.
    Direct,
    /// Behind a pointer: a declaration does, if it has a name to declare.
    Pointer,
}

/// Whether a type was defined on the way, or may still be only declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Declared,
    Defined,
}

impl<'a> Writer<'a> {
    /// Writes a type with all it needs, as far as that is not written yet.
    pub(super) fn write(&mut self, id: TypeId) -> Result<(), BtfError> {
        self.queue.clear();
        self.enqueue(id, Path::Direct, 0)?;
        let queue = std::mem::take(&mut self.queue);
        queue.iter().try_for_each(|&id| self.define(id, TypeId::VOID, 0))?;
        self.queue = queue;
        Ok(())
    }

    fn enqueue(&mut self, id: TypeId, path: Path, depth: u32) -> Result<Link, BtfError> {
        if id.is_void() || self.progress(id).queued == Stage::Done {
            return Ok(Link::Defined);
        }
        self.step(id)?;
        let raw = self.btf.raw(id)?;
        if self.progress(id).queued == Stage::Begun {
            let declarable = raw.info.tag.is_composite() && raw.name != 0 && path == Path::Pointer;
            return if declarable { Ok(Link::Declared) } else { Err(self.too_deep(id)) };
        }
        if depth >= MAX_NESTING {
            return Err(self.too_deep(id));
        }
        let (inner, next) = (TypeId(raw.word), depth + 1);
        match raw.info.tag {
            KindTag::Ptr => {
                let link = self.enqueue(inner, Path::Pointer, next)?;
                self.queued(id);
                Ok(link)
            }
            KindTag::Array => self.enqueue(TypeId(raw.tail(0)), Path::Direct, next),
            tag if tag.is_modifier() => self.enqueue(inner, path, next),
            KindTag::Struct | KindTag::Union => self.enqueue_composite(id, raw, path, next),
            KindTag::Enum | KindTag::Enum64 | KindTag::Fwd => {
                if raw.name != 0 || !self.progress(id).used {
                    self.queue.push(id);
                }
                self.queued(id);
                Ok(Link::Defined)
            }
            KindTag::Typedef => {
                let link = self.enqueue(inner, path, next)?;
                if path == Path::Pointer && link == Link::Declared {
                    return Ok(link);
                }
                self.queue.push(id);
                self.queued(id);
                Ok(Link::Defined)
            }
            KindTag::FuncProto => self.enqueue_function(raw, path, next),
            _ => {
                self.queued(id);
                Ok(Link::Declared)
            }
        }
    }

    fn queued(&mut self, id: TypeId) {
        self.update(id, |progress| progress.queued = Stage::Done);
    }

    fn enqueue_composite(
        &mut self,
        id: TypeId,
        raw: Raw<'a>,
        path: Path,
        depth: u32,
    ) -> Result<Link, BtfError> {
        if path == Path::Pointer && raw.name != 0 {
            return Ok(Link::Declared);
        }
        self.update(id, |progress| progress.queued = Stage::Begun);
        for member in raw.members() {
            self.enqueue(TypeId(member.ty), Path::Direct, depth)?;
        }
        if raw.name != 0 {
            self.queue.push(id);
        }
        self.queued(id);
        Ok(Link::Defined)
    }

    /// What a function takes and returns need not be whole, if it was not before.
    fn enqueue_function(&mut self, raw: Raw<'a>, path: Path, depth: u32) -> Result<Link, BtfError> {
        let mut link = self.enqueue(TypeId(raw.word), path, depth)?;
        for [_, ty] in raw.pairs() {
            if self.enqueue(TypeId(ty), path, depth)? == Link::Defined {
                link = Link::Defined;
            }
        }
        Ok(link)
    }
}
