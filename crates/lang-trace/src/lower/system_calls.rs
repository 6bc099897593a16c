//! Many system calls as one place: the kernel passes each call at `raw_syscalls:sys_enter` and `sys_exit`, with a record of the same
//! shape as that of the call's own tracepoint. One program there, which looks the call up by its number, takes one
//! attachment instead of hundreds, each of which the kernel needs tens of milliseconds to end.
use super::cx::{Cached, Cx, Result};
use super::walk::{self, Node};
use crate::typed::{Expr, ExprKind, Probe, Program};
use osmia_ir::{Type as Kind, Value};
use osmia_isa::{Cond, Size};
use osmia_object::{Attach, DataKey, ProbeSide};
use std::collections::HashMap;

/// Where the record has the call's number (`include/trace/events/syscalls.h`).
const NUMBER: i32 = 8;

/// The calls of a probe, and their side.
#[derive(Debug)]
pub(super) struct Calls {
    /// Their tracepoints.
    pub(super) names: Vec<String>,
    /// Their numbers, in the same order.
    numbers: Vec<u16>,
    /// Entry or exit.
    pub(super) side: ProbeSide,
}

/// Where the places of calls are, two bytes a number: 0 for none, else the place and 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallTable {
    section: DataKey,
    offset: u32,
    count: u16,
}

/// The probes, by position, that are shown all system calls. On one side all blocks are, or none: they run in the order in
/// which they are written.
pub(super) fn together(program: &Program) -> HashMap<usize, Calls> {
    let mut found: HashMap<usize, Calls> = HashMap::new();
    let mut apart = Vec::new();
    for (index, probe) in program.probes.iter().enumerate() {
        match calls(probe) {
            Some(calls) => drop(found.insert(index, calls)),
            None => apart.extend(probe.attach.iter().filter_map(call).map(|(side, ..)| side)),
        }
    }
    found.retain(|_, calls| !apart.contains(&calls.side));
    found
}

/// All that a probe is at, if these are system calls whose numbers are known.
fn calls(probe: &Probe) -> Option<Calls> {
    probe.foreign_call.as_ref()?;
    let all: Vec<(ProbeSide, &str, Option<u16>)> =
        probe.attach.iter().map(call).collect::<Option<_>>().filter(|_| !asks_for_stacks(probe))?;
    let side = all.first()?.0;
    let numbers = all.iter().map(|(own, _, number)| number.filter(|_| *own == side));
    let numbers = numbers.collect::<Option<_>>()?;
    Some(Calls { names: all.iter().map(|(_, name, _)| (*name).to_owned()).collect(), numbers, side })
}

/// A system call by its tracepoint: the side, the name, the number.
fn call(attach: &Attach) -> Option<(ProbeSide, &str, Option<u16>)> {
    let Attach::Tracepoint { category, name } = attach else { return None };
    let (side, call) = match (name.strip_prefix("sys_enter_"), name.strip_prefix("sys_exit_")) {
        (Some(call), _) => (ProbeSide::Entry, call),
        (_, Some(call)) => (ProbeSide::Return, call),
        (None, None) => return None,
    };
    (category == "syscalls").then(|| (side, name.as_str(), osmia_abi::names::traced_syscall(call)))
}

/// The kernel's part of a stack begins elsewhere there.
fn asks_for_stacks(it: &Probe) -> bool {
    let mut found = false;
    walk::probe(it, &mut |node| {
        found |= matches!(node, Node::Expr(Expr { kind: ExprKind::Stack | ExprKind::Unwound, .. }));
    });
    found
}

impl<'a> Cx<'a> {
    /// Keeps where each call's place is.
    pub(super) fn write_call_table(&mut self, calls: &Calls) -> CallTable {
        let count = calls.numbers.iter().max().map_or(0, |most| most + 1);
        let mut rows = vec![0u16; usize::from(count)];
        for (place, number) in (1..).zip(&calls.numbers) {
            rows[usize::from(*number)] = place;
        }
        let bytes: Vec<u8> = rows.iter().flat_map(|row| row.to_le_bytes()).collect();
        let (section, offset) = self.globals.constant(&bytes, bytes.len() as u32);
        CallTable { section, offset, count }
    }

    /// Leaves the program at system calls that it is not for.
    pub(super) fn only_own_calls(&mut self, probe: &'a Probe) -> Result<()> {
        let (Some(table), Some(foreign)) = (self.call_table(), &probe.foreign_call) else { return Ok(()) };
        let row = self.call_row(table);
        let (other, own, on) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(row, own, other);
        self.b.switch_to(own);
        self.condition(foreign, other, on)?;
        self.b.switch_to(other);
        self.leave_program();
        self.b.switch_to(on);
        self.once(Cached::Cookie, |cx| cx.place_of_row(row));
        Ok(())
    }

    /// Which of its calls it is that the program runs at.
    pub(super) fn call_place(&mut self, table: CallTable) -> Value {
        let row = self.call_row(table);
        self.place_of_row(row)
    }

    fn place_of_row(&mut self, row: Value) -> Value {
        let one = self.b.int(1);
        self.b.alu(osmia_isa::AluOp::Sub, row, one)
    }

    fn call_row(&mut self, table: CallTable) -> Value {
        let context = self.context();
        let number = self.b.load(Size::DW, context, NUMBER, Kind::I64);
        let (known, done) = (self.b.block(), self.b.block());
        let row = self.b.block_param(done, Kind::I64);
        let (count, none) = (self.b.int(table.count.into()), self.b.int(0));
        let unknown = self.b.block();
        self.b.branch(Cond::Lt, number, count, known, unknown);
        self.b.switch_to(unknown);
        self.b.jump(done, &[none]);
        self.b.switch_to(known);
        let rows = self.b.data(table.section, table.offset);
        let two = self.b.int(2);
        let distance = self.b.alu(osmia_isa::AluOp::Mul, number, two);
        let address = self.b.alu(osmia_isa::AluOp::Add, rows, distance);
        let found = self.b.load(Size::H, address, 0, Kind::I64);
        self.b.jump(done, &[found]);
        self.b.switch_to(done);
        row
    }
}
