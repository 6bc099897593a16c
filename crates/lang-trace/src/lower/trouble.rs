//! What goes wrong while a program runs: counted at its place, for the reader to see.
use super::cx::Cx;
use osmia_base::Span;
use osmia_event::{Trouble, TroubleKind};
use osmia_ir::Value;
use osmia_isa::Size;

/// Bytes of what is counted: how often, and the last code.
const COUNTER: u32 = 16;

impl Cx<'_> {
    /// Something went wrong here.
    pub(super) fn say(&mut self, text: &str, span: Span) {
        let outer = std::mem::replace(&mut self.span, span);
        self.complain(TroubleKind::Error(text.to_owned()), None);
        self.span = outer;
    }

    /// A helper failed; where it returns what no failure is, nothing.
    pub(super) fn complain_of_helper(&mut self, helper: u32, code: Option<Value>) {
        self.complain(TroubleKind::Helper { helper: name_of(helper), map: None }, code);
    }

    /// A helper failed that was to change a map.
    pub(super) fn complain_of_update(&mut self, helper: u32, map: usize, code: Value) {
        self.complain(TroubleKind::Helper { helper: name_of(helper), map: Some(map) }, Some(code));
    }

    /// Counts that something went wrong here.
    fn complain(&mut self, kind: TroubleKind, code: Option<Value>) {
        let (section, offset) = self.trouble(kind);
        let counter = self.b.data(section, offset);
        if let Some(code) = code {
            self.b.store(Size::DW, counter, 8, code);
        }
        let one = self.b.int(1);
        self.b.atomic_add(Size::DW, counter, 0, one);
    }

    /// The counter of a kind of trouble at the place that is being lowered: one, however often the place is.
    fn trouble(&mut self, kind: TroubleKind) -> (osmia_object::DataKey, u32) {
        let here = self.troubles.entry(self.span).or_default();
        let found =
            here.iter().copied().find(|&at| self.schema.troubles.get(at).is_some_and(|it| it.kind == kind));
        let number = found.unwrap_or(self.schema.troubles.len());
        let counter = self.globals.variable(&format!("trouble_{number}"), COUNTER);
        if found.is_none() {
            here.push(number);
            let location = self.location_with_calls(self.span);
            self.schema.troubles.push(Trouble { kind, location, counter: counter.1 });
        }
        counter
    }
}

/// A helper's name without `bpf_`.
fn name_of(helper: u32) -> String {
    osmia_abi::helper(helper).map_or("unknown", |helper| helper.name).to_owned()
}
