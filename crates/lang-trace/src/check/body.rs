//! One probe's body: scopes, variables, statements.
use super::Options;
use super::Session;
use super::clocks::Times;
use super::facts::Facts;
use super::functions::Functions;
use super::loops::LoopKind;
use super::maps::Maps;
use super::types::Types;
use super::vars::Variables;
use super::vars::{Learnt, Site};
use crate::typed::{Config, Type, Unstable, VarId, VarInfo};
use osmia_base::{Arena, Diagnostic, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Who says a variable's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Its declaration.
    Fixed,
    /// All that is assigned to it.
    Open,
}

/// Messages about one script.
const MAX_MESSAGES: usize = 200;

/// What is at hand while one probe's body is read.
#[derive(Debug)]
pub(super) struct Body<'s, 'a> {
    pub(super) session: &'s mut Session<'a>,
    /// Which block of the script this is.
    pub(super) probe: usize,
    pub(super) facts: &'s Facts,
    /// All that the block is at.
    pub(super) points: &'s [Facts],
    /// What readings learn of the types of variables.
    pub(super) learnt: &'s mut Learnt,
    pub(super) variables: Variables,
    pub(super) scopes: Vec<BTreeMap<String, VarId>>,
    /// The functions that it calls.
    pub(super) functions: Functions,
    /// Variables whose value was wrong: that was said once, and is not said again where they are read.
    pub(super) broken: BTreeSet<String>,
    /// Variables that were made by an assignment, in whatever block.
    pub(super) assigned: BTreeSet<String>,
    /// The times that variables hold where the reading is.
    pub(super) times: Times<Site>,
    /// The same where the turns of the loop around it were left early.
    pub(super) left_early: Times<Site>,
    /// Loops around what is read.
    pub(super) loops: Vec<LoopKind>,
    /// Whether what is read is asked for its type only, and by what (`sizeof`, `typeof`).
    pub(super) asks_types: Option<&'static str>,
    /// How many expressions there are around what is read.
    pub(super) depth: u32,
    /// How many copies of what is read will be made: the turns of the unrolled loops around it.
    pub(super) copies: u64,
    /// Whether the body asks which probe it is: then each attach point needs code of its own.
    pub(super) depends_on_point: bool,
    /// Whether the body looks up what the probe is called, so that it need not depend on it.
    pub(super) asks_name: bool,
    /// Whether the body does what only programs may do that know kernel objects by their types.
    pub(super) needs_tracing: bool,
}

impl<'s, 'a> Body<'s, 'a> {
    pub(super) fn new(
        session: &'s mut Session<'a>,
        probe: usize,
        points: &'s [Facts],
        facts: &'s Facts,
        learnt: &'s mut Learnt,
    ) -> Self {
        Self {
            session,
            probe,
            facts,
            points,
            learnt,
            variables: Variables::default(),
            scopes: vec![BTreeMap::new()],
            functions: Functions::default(),
            broken: BTreeSet::new(),
            assigned: BTreeSet::new(),
            times: Times::new(),
            left_early: Times::new(),
            loops: Vec::new(),
            asks_types: None,
            copies: 1,
            depth: 0,
            depends_on_point: false,
            asks_name: false,
            needs_tracing: false,
        }
    }

    pub(super) fn types(&self) -> Types<'a> {
        self.session.types.within(self.facts.file)
    }

    pub(super) fn config(&self) -> &Config {
        &self.session.config
    }

    pub(super) fn options(&self) -> &'a Options {
        self.session.options
    }

    pub(super) fn maps(&mut self) -> &mut Maps {
        &mut self.session.maps
    }

    pub(super) fn error(&mut self, span: Span, text: impl Into<String>) {
        self.report(Diagnostic::error(span, text));
    }

    pub(super) fn warn(&mut self, span: Span, text: impl Into<String>) {
        self.report(Diagnostic::warning(span, text));
    }

    /// Whether something may be used that may still change; says so, where it has not been said yet.
    pub(super) fn unstable(&mut self, what: &str, setting: &str, how: Unstable, span: Span) -> bool {
        let text = match how {
            Unstable::Enable => return true,
            Unstable::Warn => format!(
                "Script is using an unstable feature: {what}. To prevent this warning you must explicitly \
                 enable it in the config e.g. {setting}=enable"
            ),
            Unstable::Error => format!(
                "{what} feature is not enabled by default. To enable this unstable feature, set the config \
                 flag to enable. {setting}=enable"
            ),
        };
        if how == Unstable::Error {
            self.error(span, text);
        } else if !self.session.diagnostics.list.iter().any(|said| said.text == text) {
            self.warn(Span::NOWHERE, text);
        }
        how != Unstable::Error
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = as_written(diagnostic);
        match self.session.diagnostics.list.len() {
            0..MAX_MESSAGES => self.session.diagnostics.push(diagnostic),
            MAX_MESSAGES => {
                let last = Diagnostic::error(diagnostic.span, "too many errors: no more are shown");
                self.session.diagnostics.push(last);
            }
            _ => {}
        }
    }

    /// Whether nobody will hear of more errors.
    pub(super) fn is_full(&self) -> bool {
        self.session.diagnostics.list.len() > MAX_MESSAGES
    }

    pub(super) fn type_text(&self, ty: &Type) -> String {
        self.types().name(ty)
    }

    /// The variables, once the body has been read.
    pub(super) fn into_vars(self) -> Arena<VarId, VarInfo> {
        self.variables.finish()
    }

    /// A variable has no value, because of an error that has been reported.
    pub(super) fn give_up(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// Whether an error was reported for the value of this variable.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    pub(super) fn open_scope(&mut self) {
        self.scopes.push(BTreeMap::new());
    }

    pub(super) fn close_scope(&mut self) {
        self.scopes.pop();
    }
}

/// Variables of macros go by the names that a person gave them.
fn as_written(mut diagnostic: Diagnostic) -> Diagnostic {
    let labels = diagnostic.labels.iter_mut().map(|label| &mut label.text);
    for text in labels.chain(&mut diagnostic.hints).chain([&mut diagnostic.text]) {
        if text.contains(crate::expand::OWN) {
            *text = crate::expand::written_names(text);
        }
    }
    diagnostic
}
