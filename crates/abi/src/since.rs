//! Since which version Linux has what programs ask for: the first release that holds the commit, from the kernel's history.
//! What was there when numbering began is told by the release that brought the whole.
use crate::flags;
use crate::{AttachType, MapType, ProgramType, Version};

/// The first number of a run of numbers that came with the same release, and that release.
type Run = (u32, Version);

const fn since(first: u32, major: u16, minor: u16) -> Run {
    (first, Version(major, minor))
}

/// `enum bpf_func_id`, in runs: numbers were given in the order in which helpers came.
const HELPERS: &[Run] = &[
    since(1, 3, 19),
    since(4, 4, 1),
    since(12, 4, 2),
    since(17, 4, 3),
    since(23, 4, 4),
    since(26, 4, 5),
    since(27, 4, 6),
    since(31, 4, 8),
    since(37, 4, 9),
    since(42, 4, 10),
    since(45, 4, 11),
    since(46, 4, 12),
    since(48, 4, 13),
    since(51, 4, 14),
    since(54, 4, 15),
    since(58, 4, 16),
    since(60, 4, 17),
    since(65, 4, 18),
    since(81, 4, 19),
    since(84, 4, 20),
    since(91, 5, 0),
    since(93, 5, 1),
    since(99, 5, 2),
    since(109, 5, 3),
    since(111, 5, 5),
    since(116, 5, 6),
    since(119, 5, 7),
    since(125, 5, 8),
    since(136, 5, 9),
    since(142, 5, 10),
    since(156, 5, 11),
    since(163, 5, 12),
    since(164, 5, 13),
    since(166, 5, 14),
    since(169, 5, 15),
    since(176, 5, 16),
    since(180, 5, 17),
    since(186, 5, 18),
    since(194, 5, 19),
    since(204, 6, 0),
    since(208, 6, 1),
    since(210, 6, 2),
];

/// `enum bpf_map_type`, in runs.
const MAPS: &[Run] = &[
    since(1, 3, 19),
    since(3, 4, 2),
    since(4, 4, 3),
    since(5, 4, 6),
    since(8, 4, 8),
    since(9, 4, 10),
    since(11, 4, 11),
    since(12, 4, 12),
    since(14, 4, 14),
    since(16, 4, 15),
    since(17, 4, 18),
    since(19, 4, 19),
    since(21, 4, 20),
    since(24, 5, 2),
    since(25, 5, 4),
    since(26, 5, 6),
    since(27, 5, 8),
    since(28, 5, 10),
    since(29, 5, 11),
    since(30, 5, 16),
    since(31, 6, 1),
    since(32, 6, 2),
    since(33, 6, 9),
    since(34, 6, 19),
    // At the earliest: it was not in 6.19.
    since(35, 7, 0),
];

/// `enum bpf_prog_type`, in runs.
const PROGRAMS: &[Run] = &[
    since(1, 3, 19),
    since(2, 4, 1),
    since(5, 4, 7),
    since(6, 4, 8),
    since(7, 4, 9),
    since(8, 4, 10),
    since(13, 4, 13),
    since(14, 4, 14),
    since(15, 4, 15),
    since(16, 4, 17),
    since(19, 4, 18),
    since(21, 4, 19),
    since(22, 4, 20),
    since(23, 5, 2),
    since(25, 5, 3),
    since(26, 5, 5),
    since(27, 5, 6),
    since(29, 5, 7),
    since(30, 5, 9),
    since(31, 5, 14),
    since(32, 6, 4),
];

/// `enum bpf_attach_type`, in runs.
const ATTACH: &[Run] = &[
    since(0, 4, 10),
    since(3, 4, 13),
    since(4, 4, 14),
    since(6, 4, 15),
    since(7, 4, 17),
    since(14, 4, 18),
    since(17, 4, 20),
    since(18, 5, 2),
    since(21, 5, 3),
    since(23, 5, 5),
    since(26, 5, 7),
    since(28, 5, 8),
    since(34, 5, 9),
    since(38, 5, 13),
    since(39, 5, 14),
    since(41, 5, 15),
    since(42, 5, 18),
    since(43, 6, 0),
    since(44, 6, 4),
    since(46, 6, 6),
    since(49, 6, 7),
    since(56, 6, 10),
    since(57, 6, 13),
    // At the earliest: they were not in 6.19.
    since(58, 7, 0),
];

/// Flags of maps.
const MAP_FLAGS: &[(u32, Version)] = &[
    (flags::NO_PREALLOC, Version(4, 6)),
    (flags::NO_COMMON_LRU, Version(4, 10)),
    (flags::NUMA_NODE, Version(4, 14)),
    (flags::RDONLY, Version(4, 15)),
    (flags::WRONLY, Version(4, 15)),
    (flags::STACK_BUILD_ID, Version(4, 17)),
    (flags::ZERO_SEED, Version(5, 0)),
    (flags::RDONLY_PROG, Version(5, 2)),
    (flags::WRONLY_PROG, Version(5, 2)),
    (flags::CLONE, Version(5, 4)),
    (flags::MMAPABLE, Version(5, 5)),
    (flags::PRESERVE_ELEMS, Version(5, 10)),
    (flags::INNER_MAP, Version(5, 10)),
    (flags::LINK, Version(6, 4)),
    (flags::SEGV_ON_FAULT, Version(6, 9)),
    (flags::NO_USER_CONV, Version(6, 9)),
];

/// What values of maps may hold for the kernel's own use: the structure's name in their types.
const SPECIAL_FIELDS: &[(&str, Version)] = &[
    ("bpf_spin_lock", Version(5, 1)),
    ("bpf_timer", Version(5, 15)),
    ("bpf_dynptr", Version(5, 19)),
    ("bpf_list_head", Version(6, 2)),
    ("bpf_list_node", Version(6, 2)),
    ("bpf_rb_root", Version(6, 3)),
    ("bpf_rb_node", Version(6, 3)),
    ("bpf_refcount", Version(6, 4)),
    ("bpf_wq", Version(6, 10)),
    ("bpf_res_spin_lock", Version(6, 15)),
    ("bpf_task_work", Version(6, 18)),
];

/// When programs could first call kernel functions, and the kernel let out so many of its own since. Those of a family share a
/// beginning.
const KFUNCS: &[(&str, Version)] = &[
    ("bbr_", Version(5, 13)),
    ("cubictcp_", Version(5, 13)),
    ("dctcp_", Version(5, 13)),
    ("tcp_", Version(5, 13)),
    ("bpf_skb_ct_", Version(5, 18)),
    ("bpf_xdp_ct_", Version(5, 18)),
    ("bpf_ct_", Version(5, 18)),
    ("bpf_key_put", Version(6, 1)),
    ("bpf_lookup_", Version(6, 1)),
    ("bpf_verify_pkcs7_signature", Version(6, 1)),
    ("bpf_cast_to_kern_ctx", Version(6, 2)),
    ("bpf_cgroup_acquire", Version(6, 2)),
    ("bpf_cgroup_ancestor", Version(6, 2)),
    ("bpf_cgroup_release", Version(6, 2)),
    ("bpf_list_", Version(6, 2)),
    ("bpf_obj_drop_impl", Version(6, 2)),
    ("bpf_obj_new_impl", Version(6, 2)),
    ("bpf_rcu_read_", Version(6, 2)),
    ("bpf_rdonly_cast", Version(6, 2)),
    ("bpf_task_acquire", Version(6, 2)),
    ("bpf_task_from_pid", Version(6, 2)),
    ("bpf_task_release", Version(6, 2)),
    ("bpf_cpumask_", Version(6, 3)),
    ("bpf_rbtree_", Version(6, 3)),
    ("bpf_xdp_metadata_rx_", Version(6, 3)),
    ("bpf_dynptr_from_", Version(6, 4)),
    ("bpf_dynptr_slice", Version(6, 4)),
    ("bpf_dynptr_slice_rdwr", Version(6, 4)),
    ("bpf_iter_num_", Version(6, 4)),
    ("bpf_refcount_acquire_impl", Version(6, 4)),
    ("bpf_dynptr_", Version(6, 5)),
    ("bpf_sock_destroy", Version(6, 5)),
    ("bpf_map_sum_elem_count", Version(6, 6)),
    ("bpf_iter_css_", Version(6, 7)),
    ("bpf_iter_task_", Version(6, 7)),
    ("bpf_percpu_obj_", Version(6, 7)),
    ("bpf_throw", Version(6, 7)),
    ("bpf_arena_", Version(6, 9)),
    ("bpf_preempt_", Version(6, 10)),
    ("bpf_wq_", Version(6, 10)),
    ("bpf_iter_bits_", Version(6, 11)),
    ("bpf_copy_from_user_str", Version(6, 12)),
    ("bpf_iter_kmem_cache_", Version(6, 13)),
    ("bpf_local_irq_", Version(6, 14)),
];

/// Kernel functions as such.
const ANY_KFUNC: Version = Version(5, 13);

fn last(numbers: impl Iterator<Item = u32>) -> u32 {
    numbers.max().unwrap_or(0)
}

fn in_runs(runs: &[Run], last: u32, number: u32) -> Option<Version> {
    let run = runs.iter().rev().find(|(first, _)| *first <= number);
    run.filter(|_| number <= last).map(|(_, version)| *version)
}

/// Since when there is a helper; `None` for numbers that are not known.
pub fn helper_since(id: u32) -> Option<Version> {
    in_runs(HELPERS, crate::HELPERS.last()?.id, id)
}

/// Since when there is a kernel function that programs may call; for one that is not known, since when there are any.
pub fn kfunc_since(name: &str) -> Option<Version> {
    let known =
        KFUNCS.iter().filter(|(known, _)| *known == name || known.ends_with('_') && name.starts_with(known));
    known.max_by_key(|(known, _)| known.len()).map(|(_, version)| *version).or(Some(ANY_KFUNC))
}

/// Since when there is a map flag of one bit.
pub fn map_flag_since(flag: u32) -> Option<Version> {
    MAP_FLAGS.iter().find(|(known, _)| *known == flag).map(|(_, version)| *version)
}

/// Since when a structure of this name means something in a map's value.
pub fn special_field_since(name: &str) -> Option<Version> {
    SPECIAL_FIELDS.iter().find(|(known, _)| *known == name).map(|(_, version)| *version)
}

impl MapType {
    /// The first version that has it; `None` for [`MapType::Unspec`].
    pub fn since(self) -> Option<Version> {
        in_runs(MAPS, last(Self::ALL.iter().map(|it| it.raw())), self.raw())
    }
}

impl ProgramType {
    /// The first version that has it; `None` for [`ProgramType::Unspec`].
    pub fn since(self) -> Option<Version> {
        in_runs(PROGRAMS, last(Self::ALL.iter().map(|it| it.raw())), self.raw())
    }
}

impl AttachType {
    /// The first version that has it.
    pub fn since(self) -> Option<Version> {
        in_runs(ATTACH, last(Self::ALL.iter().map(|it| it.raw())), self.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FEATURES, Feature, helper_by_name};

    /// Everything that has a number has a version, and later numbers never came earlier.
    #[test]
    fn versions_grow_with_numbers() {
        for runs in [HELPERS, MAPS, PROGRAMS, ATTACH] {
            assert!(runs.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1), "{runs:?}");
        }
        assert!(crate::HELPERS.iter().all(|helper| helper_since(helper.id).is_some()));
        assert!(MapType::ALL.iter().skip(1).all(|kind| kind.since().is_some()));
        assert!(ProgramType::ALL.iter().skip(1).all(|kind| kind.since().is_some()));
        assert!(AttachType::ALL.iter().all(|kind| kind.since().is_some()));
        assert_eq!((helper_since(0), helper_since(5000)), (None, None));
    }

    /// What the table of features claims too, which kernels are asked for, is claimed the same here.
    #[test]
    fn features_and_numbers_came_at_the_same_time() {
        let mut compared = 0;
        for row in FEATURES {
            let names = [row.name.to_owned(), format!("get_{}", row.name)];
            let Some(helper) = names.iter().find_map(|name| helper_by_name(name)) else { continue };
            assert_eq!(helper_since(helper.id), Some(row.since), "{}", row.name);
            compared += 1;
        }
        assert!(compared >= 15, "{compared}");
        let claims = [
            (Feature::Ringbuf, MapType::Ringbuf.since()),
            (Feature::KprobeMulti, AttachType::TraceKprobeMulti.since()),
            (Feature::KprobeSession, AttachType::TraceKprobeSession.since()),
            (Feature::UprobeMulti, AttachType::TraceUprobeMulti.since()),
            (Feature::PerfLink, AttachType::PerfEvent.since()),
            (Feature::Fentry, ProgramType::Tracing.since()),
            (Feature::Tcx, AttachType::TcxIngress.since()),
            (Feature::MmapableArray, map_flag_since(flags::MMAPABLE)),
        ];
        for (feature, since) in claims {
            assert_eq!(since, Some(feature.row().since), "{}", feature.name());
        }
    }
}
