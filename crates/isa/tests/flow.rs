//! Control flow.
use osmia_base::Key;
use osmia_isa::flow::{self, Flow, FlowError, FlowErrorKind};
use osmia_isa::text::assemble;
use osmia_isa::{Insn, decode};

fn code(text: &str) -> Vec<Insn> {
    assemble(text).expect("a valid text").insns
}

fn flow(text: &str) -> Flow {
    flow::analyze(&code(text)).expect("valid control flow")
}

#[track_caller]
fn fails(text: &str, expected: &[(usize, FlowErrorKind)]) {
    let expected: Vec<_> = expected.iter().map(|&(insn, kind)| FlowError { insn, kind }).collect();
    assert_eq!(flow::analyze(&code(text)).err(), Some(expected));
}

/// Every block as `start..end -> next` with `!` where nothing leads to it.
fn shape(flow: &Flow) -> Vec<String> {
    let block = |block: &flow::BlockData| {
        let next: Vec<String> = block.next.iter().map(ToString::to_string).collect();
        let mark = if block.reachable { "" } else { "!" };
        format!("{mark}{}..{} -> {}", block.start, block.end, next.join(" "))
    };
    flow.blocks.values().map(block).collect()
}

#[test]
fn blocks_end_at_jumps_and_begin_at_targets() {
    let flow = flow("r1 = 5 ll; loop: r1 -= 1; if r1 != 0 goto loop; goto done; r0 = 7; done: r0 = 0; exit");
    assert_eq!(shape(&flow), ["0..1 -> b1", "1..3 -> b2 b1", "3..4 -> b4", "!4..5 -> b4", "5..7 -> "]);
    let previous: Vec<usize> =
        flow.blocks.values().nth(1).expect("a block").previous.iter().map(|block| block.index()).collect();
    assert_eq!(previous, [0, 1]);
    assert_eq!((flow.slots.slot(1), flow.slots.index(1), flow.slots.index(2)), (Some(2), None, Some(1)));
    assert_eq!(flow.slots.count(), 8);
}

#[test]
fn functions_are_what_calls_and_addresses_lead_to() {
    let flow = flow("call one; r2 = two ll; exit; one: call one; exit; two: exit; three: call two; exit");
    // Nothing leads to `three`: it is a dead tail of `two`.
    let starts: Vec<_> = flow.functions.values().map(|function| (function.start, function.end)).collect();
    assert_eq!(starts, [(0, 3), (3, 5), (5, 8)]);
    let main = flow.functions.values().next().expect("a function");
    assert_eq!(main.calls.iter().map(|&(insn, to)| (insn, to.index())).collect::<Vec<_>>(), [(0, 1)]);
    assert_eq!(main.addresses.iter().map(|&(insn, to)| (insn, to.index())).collect::<Vec<_>>(), [(1, 2)]);
    assert!(flow.functions.values().all(|function| function.reachable));
    assert_eq!(flow.function_of(4).map(Key::index), Some(1));
    assert_eq!(shape(&flow), ["0..3 -> ", "3..5 -> ", "5..6 -> ", "!6..8 -> "]);
}

#[test]
fn a_jump_to_a_register_may_lead_anywhere_in_its_function() {
    let flow = flow("gotox r1; r0 = 0; exit; r0 = 1; exit");
    assert_eq!(shape(&flow), ["0..1 -> ", "1..3 -> ", "3..5 -> "]);
}

#[test]
fn wild_jumps_are_errors() {
    fails("goto +1; exit", &[(0, FlowErrorKind::OutOfRange { slot: 2 })]);
    fails("gotol -2; exit", &[(0, FlowErrorKind::OutOfRange { slot: -1 })]);
    fails("if r1 == 0 goto +1; r1 = 5 ll; exit", &[(0, FlowErrorKind::IntoConstant { slot: 2 })]);
    fails(
        "call pc+9; goto +5; exit",
        &[(0, FlowErrorKind::OutOfRange { slot: 10 }), (1, FlowErrorKind::OutOfRange { slot: 7 })],
    );
    fails(
        "call f; goto inside; exit; f: r0 = 1; inside: exit",
        &[(1, FlowErrorKind::IntoFunction { target: 4 })],
    );
    fails("r0 = 0", &[(0, FlowErrorKind::FallsOff)]);
    fails("call f; r0 = 0; f: exit", &[(1, FlowErrorKind::FallsOff)]);
    fails("", &[(0, FlowErrorKind::Empty)]);
}

/// A chain of jumps as long as a program may be, and every jump to a register: linear work, no recursion.
#[test]
fn long_code_is_no_burden() {
    let step = "if r1 == 0 goto +0\ngotox r1\n";
    let insns = code(&(step.repeat(250_000) + "exit"));
    let flow = flow::analyze(&insns).expect("valid control flow");
    assert!(flow.blocks.values().all(|block| block.reachable));
    assert_eq!(decode(&osmia_isa::encode(&insns)).map(|again| again.len()), Ok(insns.len()));
}
