//! What a kernel may or may not be able to do.

/// Declares the features: variant, name, the first version that has it.
macro_rules! features {
    ($($(#[$meta:meta])* $variant:ident, $name:literal, $major:literal, $minor:literal;)*) => {
        /// Something that a kernel can do from some version on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Feature { $($(#[$meta])* $variant,)* }

        /// All features, a row each, in the order of the enum.
        pub const FEATURES: &[FeatureRow] = &[
            $(FeatureRow { feature: Feature::$variant, name: $name, since: Version($major, $minor) },)*
        ];
    };
}

/// A kernel's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u16, pub u16);

/// What is known of a feature before asking the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureRow {
    /// The feature.
    pub feature: Feature,
    /// Its name.
    pub name: &'static str,
    /// The first version of Linux that has it: a claim that tests check, never a test of its own.
    pub since: Version,
}

features! {
    /// Maps of the kind ring buffer.
    Ringbuf, "ringbuf", 5, 8;
    /// The helper `bpf_loop`.
    BpfLoop, "bpf_loop", 5, 17;
    /// One link at many kernel functions.
    KprobeMulti, "kprobe_multi", 5, 18;
    /// A program that runs at entry and return of many kernel functions.
    KprobeSession, "kprobe_session", 6, 10;
    /// One link at many places of a file.
    UprobeMulti, "uprobe_multi", 6, 6;
    /// Links at perf events, with cookies.
    PerfLink, "perf_link", 5, 15;
    /// The helper `bpf_get_attach_cookie`.
    AttachCookie, "attach_cookie", 5, 15;
    /// The helper `bpf_get_current_task_btf`.
    CurrentTaskBtf, "current_task_btf", 5, 11;
    /// The helpers `bpf_probe_read_kernel` and `bpf_probe_read_user`.
    ProbeReadKernel, "probe_read_kernel", 5, 5;
    /// The address of an array's value as a constant (`BPF_PSEUDO_MAP_VALUE`).
    GlobalData, "global_data", 5, 2;
    /// Maps and programs have names.
    ObjectName, "object_name", 4, 15;
    /// BTF can be loaded at all.
    Btf, "btf", 4, 18;
    /// BTF: functions.
    BtfFunc, "btf_func", 5, 0;
    /// BTF: variables and data sections.
    BtfDatasec, "btf_datasec", 5, 2;
    /// BTF: global functions.
    BtfFuncGlobal, "btf_func_global", 5, 6;
    /// BTF: floating point numbers.
    BtfFloat, "btf_float", 5, 13;
    /// BTF: tags on declarations.
    BtfDeclTag, "btf_decl_tag", 5, 16;
    /// BTF: tags on types.
    BtfTypeTag, "btf_type_tag", 5, 17;
    /// BTF: enums of 64 bits.
    BtfEnum64, "btf_enum64", 6, 0;
    /// The kernel describes its own types in `/sys/kernel/btf/vmlinux`.
    KernelBtf, "kernel_btf", 5, 4;
    /// Jumps where one number is less than another (ISA v2).
    JumpLess, "jump_less", 4, 14;
    /// Jumps that compare 32 bits (ISA v3).
    Jump32, "jump32", 5, 1;
    /// Atomics that fetch, exchange and compare.
    AtomicFetch, "atomic_fetch", 5, 12;
    /// Sign-extending loads and moves, long jumps, signed division, byte swaps (ISA v4).
    IsaV4, "isa_v4", 6, 6;
    /// Memory of maps is counted in the memory cgroup, not in `RLIMIT_MEMLOCK`.
    MemcgAccounting, "memcg_accounting", 5, 11;
    /// The helper `bpf_map_lookup_percpu_elem`.
    LookupPercpu, "map_lookup_percpu_elem", 5, 19;
    /// The helper `bpf_get_func_ip` for kprobes.
    GetFuncIp, "get_func_ip", 5, 15;
    /// The helper `bpf_ktime_get_boot_ns`.
    KtimeBoot, "ktime_get_boot_ns", 5, 8;
    /// The helper `bpf_ktime_get_tai_ns`.
    KtimeTai, "ktime_get_tai_ns", 6, 1;
    /// The helper `bpf_jiffies64`.
    Jiffies64, "jiffies64", 5, 6;
    /// The helper `bpf_get_ns_current_pid_tgid`.
    NsCurrentPid, "get_ns_current_pid_tgid", 5, 7;
    /// The helper `bpf_get_current_cgroup_id`.
    CurrentCgroupId, "get_current_cgroup_id", 4, 18;
    /// The helper `bpf_send_signal`.
    SendSignal, "send_signal", 5, 3;
    /// The helper `bpf_override_return`.
    OverrideReturn, "override_return", 4, 16;
    /// The helper `bpf_probe_read_str`.
    ProbeReadStr, "probe_read_str", 4, 11;
    /// The helper `bpf_d_path`.
    DPath, "d_path", 5, 10;
    /// The helper `bpf_skb_output`.
    SkbOutput, "skb_output", 5, 5;
    /// The helper `bpf_snprintf`.
    Snprintf, "snprintf", 5, 13;
    /// The helper `bpf_for_each_map_elem`.
    ForEachMapElem, "for_each_map_elem", 5, 13;
    /// The helper `bpf_strncmp`.
    Strncmp, "strncmp", 5, 17;
    /// The helper `bpf_get_stackid`.
    GetStackid, "get_stackid", 4, 6;
    /// The helper `bpf_get_stack`.
    GetStack, "get_stack", 4, 18;
    /// Loops whose end the verifier sees.
    BoundedLoops, "bounded_loops", 5, 3;
    /// Programs longer than 4096 instructions.
    LargePrograms, "large_programs", 5, 2;
    /// Programs at the entry and the return of kernel functions through BTF.
    Fentry, "fentry", 5, 5;
    /// Programs at uprobes that sleep.
    SleepableUprobe, "sleepable_uprobe", 6, 0;
    /// Iterators over tasks.
    TaskIter, "iter_task", 5, 8;
    /// `BPF_MAP_LOOKUP_BATCH` on hash maps.
    MapBatch, "map_batch", 5, 6;
    /// Arrays that user space can map.
    MmapableArray, "mmapable_array", 5, 5;
    /// `BPF_PROG_TEST_RUN` of raw tracepoint programs.
    RawTracepointTestRun, "raw_tp_test_run", 5, 10;
    /// Kernel functions that iterate over numbers (open-coded iterators).
    OpenCodedIter, "open_coded_iter", 6, 4;
    /// `BPF_ENABLE_STATS`.
    EnableStats, "enable_stats", 5, 8;
    /// Maps and programs bound by `BPF_PROG_BIND_MAP`.
    ProgBindMap, "prog_bind_map", 5, 10;
    /// Several programs at one `cgroup` or interface with an order (tcx).
    Tcx, "tcx", 6, 6;
    /// The helper `bpf_get_current_comm` fills what is behind the name with zeros (again: from 5.18 to 6.2 it did not).
    CommPadded, "comm_padded", 6, 3;
    /// The verifier knows the tag `arg:ctx` at parameters of global functions.
    ArgCtxTag, "arg_ctx_tag", 6, 8;
    /// BTF: names of data sections that begin with a question mark.
    BtfQuestionMark, "btf_qmark_datasec", 6, 9;
    /// Hash maps that make elements when they are needed (`BPF_F_NO_PREALLOC`), in all programs that trace.
    LateElements, "late_elements", 6, 1;
    /// Addresses in maps as constants, however far from the map's start.
    FarMapValue, "far_map_value", 7, 0;
    /// Signatures of programs are checked when they are loaded.
    SignedPrograms, "signed_programs", 6, 18;
}

impl Feature {
    /// Its row.
    pub fn row(self) -> &'static FeatureRow {
        &FEATURES[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The feature of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        FEATURES.iter().find(|row| row.name == name).map(|row| row.feature)
    }
}

/// What is known about one feature of one kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is there.
    Yes,
    /// It is not.
    No,
    /// Nobody could tell, or nobody asked.
    #[default]
    Unknown,
}

/// What is known about the features of one kernel; a plain value that a test makes by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    answers: [Answer; FEATURES.len()],
}

impl Default for Features {
    fn default() -> Self {
        Self { answers: [Answer::Unknown; FEATURES.len()] }
    }
}

impl Features {
    /// Of which everything is unknown.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What every kernel of this version should have; for targets that are not at hand.
    pub fn of_version(version: Version) -> Self {
        let mut all = Self::default();
        for row in FEATURES {
            all.set(row.feature, row.since <= version);
        }
        all
    }

    /// What is known about `feature`.
    pub fn get(&self, feature: Feature) -> Answer {
        self.answers[feature as usize]
    }

    /// Whether it is known to be there.
    pub fn has(&self, feature: Feature) -> bool {
        self.get(feature) == Answer::Yes
    }

    /// Notes what was found out.
    pub fn set(&mut self, feature: Feature, there: bool) {
        self.answers[feature as usize] = if there { Answer::Yes } else { Answer::No };
    }

    /// The features of which something is known, with what.
    pub fn known(&self) -> impl Iterator<Item = (Feature, bool)> + '_ {
        FEATURES.iter().filter_map(|row| match self.get(row.feature) {
            Answer::Yes => Some((row.feature, true)),
            Answer::No => Some((row.feature, false)),
            Answer::Unknown => None,
        })
    }
}

impl FromIterator<(Feature, bool)> for Features {
    fn from_iter<I: IntoIterator<Item = (Feature, bool)>>(pairs: I) -> Self {
        let mut all = Self::default();
        for (feature, there) in pairs {
            all.set(feature, there);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_enum() {
        for (index, row) in FEATURES.iter().enumerate() {
            assert_eq!(row.feature as usize, index);
            assert_eq!(Feature::from_name(row.name), Some(row.feature), "{} has two rows", row.name);
        }
    }

    #[test]
    fn versions_order_features() {
        let old = Features::of_version(Version(5, 4));
        assert!(old.has(Feature::BoundedLoops) && !old.has(Feature::Ringbuf));
        assert_eq!(Features::unknown().get(Feature::Ringbuf), Answer::Unknown);
    }
}
