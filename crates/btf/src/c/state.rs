//! What is known while a header is written.
use super::names::Names;
use crate::layout::Aligner;
use crate::wire::Raw;
use crate::{Btf, BtfError, BtfErrorKind, KindTag, TypeId};

/// bpftool's limit.
const MAX_TABS: usize = 13;

/// How far a type has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Untouched,
    /// Something that it is made of is being looked at.
    Begun,
    Done,
}

/// How far a type has come on both ways through all types.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    pub(super) queued: Stage,
    pub(super) defined: Stage,
    /// Whether its name can be used behind a pointer.
    pub(super) declared: bool,
    /// Whether another type is made of it.
    pub(super) used: bool,
}

/// Writes each type after what it needs.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) btf: &'a Btf,
    pub(super) aligner: Aligner<'a>,
    pub(super) names: Names<'a>,
    /// For each type the number of its name: 0 if it has none yet, 1 if it is the name alone.
    pub(super) given: Vec<u32>,
    progress: Vec<Progress>,
    /// What is to be defined next.
    pub(super) queue: Vec<TypeId>,
    /// From a declared name inwards: each declaration that is being written has its part of it.
    pub(super) chain: Vec<TypeId>,
    /// How many declarations are begun inside of each other.
    pub(super) open: usize,
    /// Whether qualifiers are left out.
    pub(super) bare: bool,
    pub(super) out: String,
    /// How many more steps may be done: types without name can multiply.
    budget: u64,
    /// How long the text may become.
    limit: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(btf: &'a Btf) -> Self {
        let (count, bytes) = (btf.len() as usize, btf.whole_len());
        let mut writer = Self {
            btf,
            aligner: Aligner::new(btf),
            names: Names::default(),
            given: vec![0; count],
            progress: vec![Progress::default(); count],
            queue: Vec::new(),
            chain: Vec::new(),
            open: 0,
            bare: false,
            out: String::new(),
            budget: 100_000 + 8 * bytes as u64,
            limit: (1 << 20) + 16 * bytes,
        };
        writer.mark_used();
        writer
    }

    pub(super) fn progress(&self, id: TypeId) -> Progress {
        self.progress.get(id.0 as usize).copied().unwrap_or_default()
    }

    pub(super) fn update(&mut self, id: TypeId, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = self.progress.get_mut(id.0 as usize) {
            change(progress);
        }
    }

    /// Counts one step of work; types that multiply come to an end here.
    pub(super) fn step(&mut self, id: TypeId) -> Result<(), BtfError> {
        let spent = || self.btf.error_at(id, BtfErrorKind::TooLarge(id));
        self.budget =
            self.budget.checked_sub(1).filter(|_| self.out.len() <= self.limit).ok_or_else(spent)?;
        Ok(())
    }

    pub(super) fn too_deep(&self, id: TypeId) -> BtfError {
        self.btf.error_at(id, BtfErrorKind::TooDeep(id))
    }

    /// Indents; deep structures do not go on to the right for ever.
    pub(super) fn tabs(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n('\t', count.min(MAX_TABS)));
    }

    pub(super) fn push_number(&mut self, number: i128) {
        use std::fmt::Write;
        // Writing to a string does not fail.
        let _ = write!(self.out, "{number}");
    }

    /// Constants without a name are defined for their own sake, unless others are made of them.
    fn mark_used(&mut self) {
        let btf = self.btf;
        for id in btf.ids() {
            if let Ok(raw) = btf.raw(id) {
                references(raw, |ty| self.update(ty, |progress| progress.used = true));
            }
        }
    }
}

/// The types that a type is made of.
fn references(raw: Raw<'_>, mut visit: impl FnMut(TypeId)) {
    match raw.info.tag {
        KindTag::Void | KindTag::Int | KindTag::Float | KindTag::Fwd | KindTag::Enum | KindTag::Enum64 => {}
        KindTag::Array => [raw.tail(0), raw.tail(1)].map(TypeId).into_iter().for_each(visit),
        KindTag::Struct | KindTag::Union => raw.members().for_each(|member| visit(TypeId(member.ty))),
        KindTag::FuncProto => raw.pairs().for_each(|[_, ty]| visit(TypeId(ty))),
        KindTag::Datasec => raw.triples().for_each(|[ty, ..]| visit(TypeId(ty))),
        _ => visit(TypeId(raw.word)),
    }
}
