//! What goes wrong while a program runs: told to the reader, once for each place, and counted.
use super::cx::Cx;
use super::send::Lost;
use osmia_abi::Feature;
use osmia_base::Span;
use osmia_event::{Type as Out, Verb};
use osmia_ir::{Address, Offset, Op, Type as Kind, Value};
use osmia_isa::{AtomicOp, Size};

/// What counters are called, before their streams' numbers.
const TROUBLE: &str = "trouble_";

impl Cx<'_> {
    /// Tells the reader what went wrong, and where.
    pub(super) fn say(&mut self, text: &str, span: Span) {
        let outer = std::mem::replace(&mut self.span, span);
        let zero = self.b.int(0);
        self.complain(Verb::RuntimeError(text.to_owned()), zero);
        self.span = outer;
    }

    /// Tells the reader that something went wrong here, the first time that it does; and counts how often.
    pub(super) fn complain(&mut self, verb: Verb, code: Value) {
        let number = self.trouble(verb);
        let (section, offset) = self.globals.variable(&format!("{TROUBLE}{number}"), 8);
        let (counter, one) = (self.b.data(section, offset), self.b.int(1));
        let before = self.fetch_add(counter, one);
        let (first, done) = (self.b.block(), self.b.block());
        self.b.branch_if(before, done, first);
        self.b.switch_to(first);
        let record = self.temp(8);
        let number = self.b.int(i64::from(number));
        self.b.store(Size::W, record.base, record.offset, number);
        self.b.store(Size::W, record.base, record.offset + 4, code);
        let record = self.b.offset(record.base, record.offset.into());
        self.output(record, 8, Lost::Event);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
    }

    /// A helper failed; where it returns what no failure is, nothing.
    pub(super) fn complain_of_helper(&mut self, helper: u32, code: Value) {
        let name = osmia_abi::helper(helper).map_or("unknown", |helper| helper.name);
        self.complain(Verb::HelperError { helper: name.to_owned() }, code);
    }

    /// The stream of a kind of trouble at the place that is being lowered: one, however often the place is.
    fn trouble(&mut self, verb: Verb) -> u32 {
        let found = self.troubles.iter().find(|(at, known, _)| *at == self.span && *known == verb);
        if let Some((.., number)) = found {
            return *number;
        }
        let code = Out::Int { size: 4, signed: true };
        let (number, ..) = self.stream(verb.clone(), vec![code], self.span);
        self.troubles.push((self.span, verb, number));
        number
    }

    /// Adds to a counter that all processors share; what it was before.
    fn fetch_add(&mut self, counter: Value, by: Value) -> Value {
        if self.can(Feature::AtomicFetch) {
            let at = Address { base: counter, offset: Offset::Bytes(0) };
            return self.b.push(Op::Atomic(AtomicOp::Add { fetch: true }, Size::DW, at, by), Kind::I64);
        }
        let before = self.b.load(Size::DW, counter, 0, Kind::I64);
        self.b.atomic_add(Size::DW, counter, 0, by);
        before
    }
}

/// Whether a record tells of something that went wrong.
pub(super) const fn is_trouble(verb: &Verb) -> bool {
    matches!(verb, Verb::HelperError { .. } | Verb::RuntimeError(_))
}
