//! The kernel's helper functions, as far as this machine has them: one row each.
mod maps;
mod packets;
mod printf;
mod process;
mod read;
mod records;
mod text;

use crate::interpreter::Run;
use crate::{Errno, FaultKind};

/// `r1` to `r5`.
type Args = [u64; 5];
/// What goes to `r0`, or why the program stops.
type Answer = Result<u64, FaultKind>;

/// A helper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// `enum bpf_func_id`; [`osmia_abi::helper`] knows the name and prototype.
    number: u32,
    pub(crate) body: fn(&mut Run<'_>, Args) -> Answer,
}

const fn row(number: u32, body: fn(&mut Run<'_>, Args) -> Answer) -> Row {
    Row { number, body }
}

/// All of them, by number.
pub(crate) const HELPERS: &[Row] = &[
    row(1, maps::lookup),
    row(2, maps::update),
    row(3, maps::delete),
    row(4, read::either),
    row(5, |run, _| Ok(run.world.monotonic_ns.wrapping_add(run.elapsed_ns()))),
    row(6, text::trace_printk),
    row(7, |run, _| Ok(run.world.next_random().into())),
    row(8, |run, _| Ok(run.cpu().into())),
    row(9, packets::store),
    row(12, maps::tail_call),
    row(14, |run, _| Ok(process::pair(run.world.pid, run.world.tid))),
    row(15, |run, _| Ok(process::pair(run.world.gid, run.world.uid))),
    row(16, process::comm),
    row(25, records::perf_output),
    row(26, packets::load),
    row(27, records::stack_id),
    row(35, |run, _| Ok(run.world.task)),
    row(42, |run, _| Ok(run.world.numa_node.into())),
    row(45, read::either_text),
    row(67, records::stack),
    row(80, |run, _| Ok(run.world.cgroup)),
    row(87, maps::push),
    row(88, maps::pop),
    row(89, maps::peek),
    row(93, |_, _| Ok(0)),
    row(94, |_, _| Ok(0)),
    row(109, |_, _| Ok(Errno::Perm.returned())),
    row(111, records::perf_output),
    row(112, read::either),
    row(113, read::kernel),
    row(114, read::either_text),
    row(115, read::kernel_text),
    row(117, |_, _| Ok(Errno::Perm.returned())),
    row(118, |run, _| Ok(run.world.jiffies)),
    row(120, process::ns_pid),
    row(121, records::perf_output),
    row(125, |run, _| Ok(run.world.boot_ns.wrapping_add(run.elapsed_ns()))),
    row(130, records::ring_output),
    row(131, records::ring_reserve),
    row(132, records::ring_submit),
    row(133, records::ring_discard),
    row(134, records::ring_query),
    row(148, read::either),
    row(158, |run, _| Ok(run.world.task)),
    row(160, |run, _| Ok(run.world.monotonic_ns)),
    row(164, maps::for_each),
    row(165, text::snprintf),
    row(174, |run, _| Ok(run.world.cookie)),
    row(177, text::trace_vprintk),
    row(181, maps::repeat),
    row(182, text::strncmp),
    row(188, |run, _| Ok(run.memory.packet.len() as u64)),
    row(189, packets::xdp_load),
    row(190, packets::xdp_store),
    row(195, maps::lookup_percpu),
    row(208, |run, _| Ok(run.world.tai_ns.wrapping_add(run.elapsed_ns()))),
];

/// The row of a helper's number.
pub(crate) fn row_of(number: u32) -> Option<u32> {
    HELPERS.binary_search_by_key(&number, |row| row.number).ok().map(|at| at as u32)
}

/// The kernel's way to return an error: negative in `r0`.
fn returned(result: Result<(), Errno>) -> Answer {
    Ok(result.map_or_else(Errno::returned, |()| 0))
}

/// A length that a helper was given, which the kernel takes as 32 bits.
const fn length(value: u64) -> usize {
    value as u32 as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use osmia_abi::helper;

    #[test]
    fn numbers_are_sorted_and_known() {
        assert!(HELPERS.is_sorted_by(|a, b| a.number < b.number));
        for row in HELPERS {
            assert!(helper(row.number).is_some(), "{}", row.number);
        }
    }
}
