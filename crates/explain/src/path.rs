//! The instructions that the verifier went through, and the way that led to the last of them.
use crate::line::Line;
use crate::registers::held;

/// Where in the source an instruction comes from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// The file; empty where the log does not name it (kernels before 6.9).
    pub file: String,
    /// The line, from 1; 0 where the log does not name it.
    pub line: u32,
    /// The line's text.
    pub text: String,
}

/// An instruction that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) slot: u32,
    pub(crate) text: &'a str,
    /// The registers before it, if they were told there.
    before: &'a str,
    /// The registers that it changed.
    after: &'a str,
    /// Its source line, as a place in [`Path::sources`].
    source: Option<usize>,
    /// The step before it on the same way.
    previous: Option<usize>,
}

/// All that was looked at, in the order of the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path<'a> {
    pub(crate) steps: Vec<Step<'a>>,
    sources: Vec<(&'a str, Option<(&'a str, u32)>)>,
    /// A state that was told and belongs to the next instruction.
    waiting: &'a str,
    /// The step that the next instruction follows, where that is not the last one.
    branch: Option<Option<usize>>,
}

impl<'a> Path<'a> {
    /// Takes in a line.
    pub(crate) fn add(&mut self, line: &Line<'a>) {
        match *line {
            Line::Source { text, at } => self.sources.push((text, at)),
            Line::State { from: Some(from), state, .. } => {
                self.branch = Some(self.last(from));
                self.waiting = state;
            }
            Line::State { from: None, state, .. } => self.waiting = state,
            Line::Insn { slot, text, state } => {
                if self.steps.is_empty() && slot != 0 {
                    // The log's beginning is missing: what looks like a source line may be the end of a state.
                    self.sources.retain(|(_, at)| at.is_some());
                }
                let previous = self.branch.take().unwrap_or_else(|| self.steps.len().checked_sub(1));
                let source = self.sources.len().checked_sub(1);
                self.steps.push(Step { slot, text, before: self.waiting, after: state, source, previous });
                self.waiting = "";
            }
            Line::Figures(_) | Line::Report(..) | Line::Chatter | Line::Message(_) => {}
        }
    }

    /// The last step at `slot`.
    pub(crate) fn last(&self, slot: u32) -> Option<usize> {
        self.steps.iter().rposition(|step| step.slot == slot)
    }

    /// A step and those before it, backwards, along the way that was taken.
    pub(crate) fn back(&self, from: usize) -> impl Iterator<Item = (usize, &Step<'a>)> {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let at = next?;
            let step = self.steps.get(at)?;
            // The way only leads backwards: a log that says otherwise ends it.
            next = step.previous.filter(|previous| *previous < at);
            Some((at, step))
        })
    }

    /// Where a step comes from.
    pub(crate) fn place(&self, step: usize) -> Option<Place> {
        let (text, at) = *self.sources.get(self.steps.get(step)?.source?)?;
        let (file, line) = at.unwrap_or(("", 0));
        Some(Place { file: file.to_owned(), line, text: text.trim().to_owned() })
    }

    /// The last source line of the log.
    pub(crate) fn last_place(&self) -> Option<Place> {
        let (text, at) = *self.sources.last()?;
        let (file, line) = at.unwrap_or(("", 0));
        Some(Place { file: file.to_owned(), line, text: text.trim().to_owned() })
    }

    /// What `place` (`R3`, `fp-8`) held before the step `at`.
    pub(crate) fn held(&self, at: usize, place: &str) -> Option<&'a str> {
        self.back(at).find_map(|(number, step)| {
            let after = (number != at).then(|| held(step.after, place)).flatten();
            after.or_else(|| held(step.before, place))
        })
    }
}
