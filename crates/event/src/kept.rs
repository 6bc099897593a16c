//! Stacks that programs keep themselves, each under a number that is made of its frames: those that they unwind, and those whose
//! place in a stack map another stack has.

/// What is set in such numbers, and never in what `bpf_get_stackid` says.
pub const KEPT: i64 = 1 << 62;
/// Where in the number of a kernel stack is how many frames it has.
pub const DEPTH: u32 = 50;
/// So many frames can be said there.
pub const MOST_DEPTH: i64 = (1 << 12) - 1;

/// The map of such stacks that belongs to a stack map.
pub fn kept_map(stacks: &str) -> String {
    format!("{stacks}_kept")
}

/// The number of a kernel stack, whose two halves are that of a stack map and how many frames there are, or together one of these.
pub(crate) fn kernel_number(low: i32, high: u32) -> i64 {
    let kept = KEPT >> 32 & i64::from(high) != 0;
    if kept { i64::from(high) << 32 | i64::from(low.cast_unsigned()) } else { low.into() }
}
