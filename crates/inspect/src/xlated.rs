//! A loaded program's instructions.
use super::program::{functions, word};
use super::symbols::{self, Symbols};
use super::types::Types;
use super::{InspectError, OpenProgram, declaration};
use osmia_btf::{Btf, Endian, TypeId};
use osmia_isa::text::{Names, kernel};
use osmia_isa::wire::{self, decode_xlated};
use osmia_isa::{Callee, Insn};
use osmia_sys::bpf::ProgFacts;
use std::ops::Range;

/// Instructions of a loaded program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xlated {
    /// The instructions as bytes.
    pub bytes: Vec<u8>,
    /// The instructions as text, one after the other.
    pub steps: Vec<Step>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its slot.
    pub slot: u32,
    /// Where its bytes are.
    pub bytes: Range<usize>,
    /// The function that begins here.
    pub function: Option<String>,
    /// The source line that begins here.
    pub source: Option<SourceLine>,
    /// The instruction in the kernel's syntax: `(b7) r0 = 1`.
    pub text: String,
    /// Where control goes from here.
    pub flow: Flow,
}

/// Where control goes from an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Whether to the next one.
    pub falls: bool,
    /// The slot it may jump to.
    pub jumps: Option<u32>,
    /// Whether out of the function.
    pub leaves: bool,
}

/// A line of a program's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The line itself, without what it is indented by.
    pub text: Option<String>,
    /// The file it is in.
    pub file: Option<String>,
    /// Its number, from 1; 0 if not known.
    pub line: u32,
    /// The column, from 1; 0 if not known.
    pub column: u32,
}

/// What the host's byte order is.
const ENDIAN: Endian = if cfg!(target_endian = "little") { Endian::Little } else { Endian::Big };

/// A program's instructions, with names of what they call, prototypes of functions and source lines.
pub fn xlated(program: &OpenProgram) -> Result<Xlated, InspectError> {
    let facts = &program.raw;
    let bytes = facts.detail.xlated.clone();
    if bytes.is_empty() {
        return Err(InspectError::NoInstructions);
    }
    let bad = |error: wire::DecodeError| InspectError::BadInstructions(error.to_string());
    let insns = decode_xlated(&bytes, ENDIAN).map_err(bad)?;
    let listed = symbols::read();
    let names = names(&insns, facts, &Symbols::parse(&listed));
    let btf = Types::default().get(facts.raw.btf_id);
    let mut margin = Margin::new(facts, btf.as_ref());
    let mut slot = 0;
    let steps = insns.iter().map(|insn| {
        let (function, source) = (margin.function(slot), margin.source(slot));
        let start = slot as usize * wire::SLOT_BYTES;
        let end = start + insn.slots() as usize * wire::SLOT_BYTES;
        let text = kernel::xlated(insn, &names);
        let flow = flow(insn, slot);
        let step = Step { slot, bytes: start..end.min(bytes.len()), function, source, text, flow };
        slot += insn.slots();
        step
    });
    Ok(Xlated { steps: steps.collect(), bytes: bytes.clone() })
}

/// Jumps are counted from the next slot.
fn flow(insn: &wire::Xlated, slot: u32) -> Flow {
    let to = |off: i32| slot.checked_add(1)?.checked_add_signed(off);
    let jump = |falls, off: i32| Flow { falls, jumps: to(off), leaves: false };
    match *insn {
        wire::Xlated::Insn(Insn::Jump { off, .. } | Insn::MayGoto { off }) => jump(true, off.into()),
        wire::Xlated::Insn(Insn::Goto { off }) => jump(false, off.into()),
        wire::Xlated::Insn(Insn::GotoLong { off }) => jump(false, off),
        wire::Xlated::Insn(Insn::Exit) => Flow { falls: false, jumps: None, leaves: true },
        // Where a register leads is not known here.
        wire::Xlated::Insn(Insn::GotoRegister { .. }) => Flow { falls: false, jumps: None, leaves: false },
        _ => Flow { falls: true, jumps: None, leaves: false },
    }
}

/// The names of all that is called.
fn names(insns: &[wire::Xlated], facts: &ProgFacts, symbols: &Symbols<'_>) -> Names {
    let mut names = Names::of_helpers();
    let name_at = |address: u64| symbols.at(address).map_or_else(|| format!("{address:#x}"), str::to_owned);
    for insn in insns {
        match *insn {
            wire::Xlated::Insn(Insn::Call(Callee::Helper(id))) => {
                let distance = id.cast_signed();
                names
                    .kernel
                    .insert(distance, name_at(symbols.call_base.wrapping_add_signed(distance.into())));
            }
            wire::Xlated::Insn(Insn::Call(Callee::Kfunc { id, .. })) => {
                names.kernel.insert(id, name_at(symbols.call_base.wrapping_add_signed(id.into())));
            }
            wire::Xlated::CallLocal { subprogram, .. } => {
                if let Some(address) = facts.detail.jited_ksyms.get(subprogram as usize) {
                    names.subprograms.insert(subprogram, name_at(*address));
                }
            }
            _ => {}
        }
    }
    names
}

/// What stands beside instructions, read off in their order.
struct Margin<'a> {
    btf: Option<&'a Btf>,
    functions: Vec<(u32, TypeId)>,
    next_function: usize,
    lines: Vec<Line>,
    next_line: usize,
}

/// A record of the kernel's: where a line begins, and string offsets.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) slot: u32,
    file: u32,
    text: u32,
    line_col: u32,
}

/// The lines of a program, as the kernel has them.
pub(super) fn lines(facts: &ProgFacts) -> impl Iterator<Item = Line> {
    let size = facts.raw.line_info_rec_size.max(16) as usize;
    facts.detail.line_info.chunks_exact(size).map(|record| Line {
        slot: word(record, 0),
        file: word(record, 1),
        text: word(record, 2),
        line_col: word(record, 3),
    })
}

impl Line {
    /// The line's texts, out of the program's types.
    pub(super) fn source(&self, btf: &Btf) -> SourceLine {
        let string = |offset: u32| btf.string(offset).ok().map(str::to_owned);
        SourceLine {
            text: string(self.text).map(|text| text.trim_start().to_owned()),
            file: string(self.file),
            line: self.line_col >> 10,
            column: self.line_col & 0x3ff,
        }
    }
}

impl<'a> Margin<'a> {
    fn new(facts: &ProgFacts, btf: Option<&'a Btf>) -> Self {
        let lines = lines(facts);
        let functions = functions(&facts.raw, &facts.detail).collect();
        Self { btf, functions, next_function: 0, lines: lines.collect(), next_line: 0 }
    }

    fn function(&mut self, slot: u32) -> Option<String> {
        let (start, ty) = *self.functions.get(self.next_function)?;
        if start != slot {
            return None;
        }
        self.next_function += 1;
        declaration(self.btf?, ty)
    }

    /// The last of the lines not yet passed that begins at or before a slot; only one line is passed each time.
    fn source(&mut self, slot: u32) -> Option<SourceLine> {
        let left = self.lines.get(self.next_line..)?;
        let begun = left.iter().take_while(|line| line.slot <= slot).last()?;
        let (line, btf) = (*begun, self.btf?);
        self.next_line += 1;
        Some(line.source(btf))
    }
}
