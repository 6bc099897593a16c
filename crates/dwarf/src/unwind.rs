//! How the caller of each piece of code is found (`.eh_frame`, `.debug_frame`), for x86-64.
use crate::Image;
use crate::units::Reader;
use gimli::{
    BaseAddresses, CfaRule, CieOrFde, EndianSlice, Expression, Operation, Register, RegisterRule, SectionId,
    UnwindContext, UnwindSection, X86_64,
};

/// How the caller of a piece of code is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallFrame {
    /// Where the piece begins; it ends where the next one begins.
    pub begin: u64,
    /// How.
    pub rule: CallerRule,
}

/// How a caller is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerRule {
    /// That is not said, or in a way that is not understood.
    Unknown,
    /// There is none.
    Outermost,
    /// By the stack.
    Frame(StackFrame),
}

/// Where a caller has its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackFrame {
    /// Its stack pointer.
    pub caller: Pointer,
    /// The address that it goes on at.
    pub returns: Place,
    /// `rbp`
    pub rbp: Place,
    /// `rbx`
    pub rbx: Place,
    /// Whether it was interrupted, and has not called anything.
    pub interrupted: bool,
}

/// A caller's stack pointer. Registers are those of the code that was called, by the numbers that DWARF gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// Register and offset.
    At(u16, i64),
    /// What is in memory there.
    In(u16, i64),
    /// In a stub of the dynamic linker: 8 above `rsp`, and 8 more in the last bytes of each 16, from this one on.
    Stub(i64),
}

/// Where a register of the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Still in the register.
    Same,
    /// In memory, so far from the caller's stack pointer.
    FromCaller(i64),
    /// In memory, so far from a register.
    From(u16, i64),
    /// Nowhere.
    Lost,
}

/// All that a file says of its code, in order of addresses. Broken entries are left out.
pub fn call_frames(image: &Image) -> Vec<CallFrame> {
    let bases = BaseAddresses::default().set_eh_frame(image.frames_address());
    let section = |id| EndianSlice::new(image.section(id), image.endian());
    let mut frames = Frames::default();
    let mut exceptions = gimli::EhFrame::from(section(SectionId::EhFrame));
    exceptions.set_address_size(8);
    frames.read(&exceptions, &bases);
    if frames.pieces.is_empty() {
        let mut debug = gimli::DebugFrame::from(section(SectionId::DebugFrame));
        debug.set_address_size(8);
        frames.read(&debug, &bases);
    }
    frames.finish()
}

/// Pieces of code: begin, end, rule.
#[derive(Default)]
struct Frames {
    pieces: Vec<(u64, u64, CallerRule)>,
}

impl Frames {
    fn read<'a, S: UnwindSection<Reader<'a>>>(&mut self, section: &S, bases: &BaseAddresses)
    where
        S::Offset: gimli::UnwindOffset<usize>,
    {
        let mut context = UnwindContext::new();
        let mut entries = section.entries(bases);
        while let Ok(Some(entry)) = entries.next() {
            let CieOrFde::Fde(partial) = entry else { continue };
            let Ok(entry) = partial.parse(S::cie_from_offset) else { continue };
            let interrupted = entry.is_signal_trampoline();
            let Ok(mut rows) = entry.rows(section, bases, &mut context) else { continue };
            while let Ok(Some(row)) = rows.next_row() {
                let rule = rule(row, section, entry.cie().encoding(), interrupted);
                self.pieces.push((row.start_address(), row.end_address(), rule));
            }
        }
    }

    /// What lies between pieces is not known.
    fn finish(mut self) -> Vec<CallFrame> {
        self.pieces.retain(|(begin, end, _)| *begin != 0 && begin < end);
        self.pieces.sort_by_key(|(begin, ..)| *begin);
        let mut all: Vec<CallFrame> = Vec::with_capacity(self.pieces.len());
        let mut push = |begin, rule| match all.last_mut() {
            Some(last) if last.begin == begin => last.rule = rule,
            Some(last) if last.rule == rule => {}
            _ => all.push(CallFrame { begin, rule }),
        };
        let mut reached = 0;
        for (begin, end, rule) in self.pieces {
            if begin > reached && reached != 0 {
                push(reached, CallerRule::Unknown);
            }
            push(begin, rule);
            reached = end.max(reached);
        }
        if reached != 0 {
            push(reached, CallerRule::Unknown);
        }
        all
    }
}

type Row = gimli::UnwindTableRow<usize>;

fn rule<'a, S: UnwindSection<Reader<'a>>>(
    row: &Row,
    section: &S,
    encoding: gimli::Encoding,
    interrupted: bool,
) -> CallerRule {
    let place = |register: Register, unsaid: Place| match row.register(register) {
        None | Some(RegisterRule::SameValue) => unsaid,
        Some(RegisterRule::Offset(offset)) => Place::FromCaller(offset),
        Some(RegisterRule::Expression(text)) => text
            .get(section)
            .ok()
            .and_then(|text| address(text, encoding))
            .map_or(Place::Lost, |(register, offset)| Place::From(register, offset)),
        Some(_) => Place::Lost,
    };
    if row.register(X86_64::RA) == Some(RegisterRule::Undefined) {
        return CallerRule::Outermost;
    }
    let caller = match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => Some(Pointer::At(register.0, *offset)),
        CfaRule::Expression(text) => text.get(section).ok().and_then(|text| pointer(text, encoding)),
    };
    let Some(caller) = caller else { return CallerRule::Unknown };
    CallerRule::Frame(StackFrame {
        caller,
        returns: place(X86_64::RA, Place::Lost),
        rbp: place(X86_64::RBP, Place::Same),
        rbx: place(X86_64::RBX, Place::Same),
        interrupted,
    })
}

/// `register + offset`, where an expression is only that.
fn address(text: Expression<Reader<'_>>, encoding: gimli::Encoding) -> Option<(u16, i64)> {
    match operations(text, encoding)?.as_slice() {
        [Operation::RegisterOffset { register, offset, .. }] => Some((register.0, *offset)),
        _ => None,
    }
}

/// The forms that compilers and linkers write: a register saved in memory, and stubs of the dynamic linker.
fn pointer(text: Expression<Reader<'_>>, encoding: gimli::Encoding) -> Option<Pointer> {
    use Operation as O;
    let constant = |operation: &O<Reader<'_>>| match operation {
        O::UnsignedConstant { value } => i64::try_from(*value).ok(),
        O::SignedConstant { value } => Some(*value),
        _ => None,
    };
    match operations(text, encoding)?.as_slice() {
        [O::RegisterOffset { register, offset, .. }, O::Deref { size: 8, .. }] => {
            Some(Pointer::In(register.0, *offset))
        }
        [O::RegisterOffset { register, offset, .. }] => Some(Pointer::At(register.0, *offset)),
        [
            O::RegisterOffset { register: X86_64::RSP, offset: 8, .. },
            O::RegisterOffset { register: X86_64::RA, offset: 0, .. },
            mask,
            O::And,
            after,
            O::Ge,
            shift,
            O::Shl,
            O::Plus,
        ] if constant(mask) == Some(15) && constant(shift) == Some(3) => constant(after).map(Pointer::Stub),
        _ => None,
    }
}

fn operations<'a>(
    text: Expression<Reader<'a>>,
    encoding: gimli::Encoding,
) -> Option<Vec<Operation<Reader<'a>>>> {
    let mut all = Vec::new();
    let mut operations = text.operations(encoding);
    while let Some(operation) = operations.next().ok()? {
        all.push(operation);
        if all.len() > MOST_OPERATIONS {
            return None;
        }
    }
    Some(all)
}

/// Nothing that is understood is longer.
const MOST_OPERATIONS: usize = 16;
