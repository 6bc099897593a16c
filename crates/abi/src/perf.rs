//! Perf events: their types, the software and hardware ones by name, what a sample holds, what records there are.
//! From `include/uapi/linux/perf_event.h` of Linux 6.18; names, aliases and default periods as bpftrace has them.
use crate::flags::constants;

/// One event of `perf_event_open(2)` that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedEvent {
    /// Its name.
    pub name: &'static str,
    /// A shorter name.
    pub alias: Option<&'static str>,
    /// `config` of the event.
    pub config: u64,
    /// After how many events to sample where the person does not say.
    pub period: u64,
}

const fn event(name: &'static str, alias: &'static str, config: u64, period: u64) -> NamedEvent {
    NamedEvent { name, alias: if alias.is_empty() { None } else { Some(alias) }, config, period }
}

/// Events that the kernel counts itself (`PERF_TYPE_SOFTWARE`).
pub const SOFTWARE: &[NamedEvent] = &[
    event("alignment-faults", "", SW_ALIGNMENT_FAULTS, 1),
    event("bpf-output", "", SW_BPF_OUTPUT, 1),
    event("context-switches", "cs", SW_CONTEXT_SWITCHES, 1_000),
    event("cpu-clock", "cpu", SW_CPU_CLOCK, 1_000_000),
    event("cpu-migrations", "", SW_CPU_MIGRATIONS, 1),
    event("dummy", "", SW_DUMMY, 1),
    event("emulation-faults", "", SW_EMULATION_FAULTS, 1),
    event("major-faults", "", SW_PAGE_FAULTS_MAJ, 1),
    event("minor-faults", "", SW_PAGE_FAULTS_MIN, 100),
    event("page-faults", "faults", SW_PAGE_FAULTS, 100),
    event("task-clock", "", SW_TASK_CLOCK, 1),
];

/// Events that the processor counts (`PERF_TYPE_HARDWARE`).
pub const HARDWARE: &[NamedEvent] = &[
    event("backend-stalls", "", HW_STALLED_CYCLES_BACKEND, 1_000_000),
    event("branch-instructions", "branches", HW_BRANCH_INSTRUCTIONS, 100_000),
    event("branch-misses", "", HW_BRANCH_MISSES, 100_000),
    event("bus-cycles", "", HW_BUS_CYCLES, 100_000),
    event("cache-misses", "", HW_CACHE_MISSES, 1_000_000),
    event("cache-references", "", HW_CACHE_REFERENCES, 1_000_000),
    event("cpu-cycles", "cycles", HW_CPU_CYCLES, 1_000_000),
    event("frontend-stalls", "", HW_STALLED_CYCLES_FRONTEND, 1_000_000),
    event("instructions", "", HW_INSTRUCTIONS, 1_000_000),
    event("ref-cycles", "", HW_REF_CPU_CYCLES, 1_000_000),
];

/// The event with this name or alias.
pub fn named_event(table: &'static [NamedEvent], name: &str) -> Option<&'static NamedEvent> {
    table.iter().find(|row| row.name == name || row.alias == Some(name))
}

constants! {
    /// Event type: counted by the processor.
    TYPE_HARDWARE: u32 = 0, "PERF_TYPE_HARDWARE";
    /// Event type: counted by the kernel.
    TYPE_SOFTWARE: u32 = 1, "PERF_TYPE_SOFTWARE";
    /// Event type: a tracepoint by its id.
    TYPE_TRACEPOINT: u32 = 2, "PERF_TYPE_TRACEPOINT";
    /// Event type: a cache of the processor.
    TYPE_HW_CACHE: u32 = 3, "PERF_TYPE_HW_CACHE";
    /// Event type: the processor's own number.
    TYPE_RAW: u32 = 4, "PERF_TYPE_RAW";
    /// Event type: a hardware breakpoint.
    TYPE_BREAKPOINT: u32 = 5, "PERF_TYPE_BREAKPOINT";

    /// A breakpoint watches reads.
    BREAKPOINT_R: u32 = 1, "HW_BREAKPOINT_R";
    /// A breakpoint watches writes.
    BREAKPOINT_W: u32 = 2, "HW_BREAKPOINT_W";
    /// A breakpoint watches execution.
    BREAKPOINT_X: u32 = 4, "HW_BREAKPOINT_X";

    /// Processor cycles.
    HW_CPU_CYCLES: u64 = 0, "PERF_COUNT_HW_CPU_CYCLES";
    /// Instructions.
    HW_INSTRUCTIONS: u64 = 1, "PERF_COUNT_HW_INSTRUCTIONS";
    /// Cache accesses.
    HW_CACHE_REFERENCES: u64 = 2, "PERF_COUNT_HW_CACHE_REFERENCES";
    /// Cache misses.
    HW_CACHE_MISSES: u64 = 3, "PERF_COUNT_HW_CACHE_MISSES";
    /// Branches.
    HW_BRANCH_INSTRUCTIONS: u64 = 4, "PERF_COUNT_HW_BRANCH_INSTRUCTIONS";
    /// Branches predicted wrong.
    HW_BRANCH_MISSES: u64 = 5, "PERF_COUNT_HW_BRANCH_MISSES";
    /// Bus cycles.
    HW_BUS_CYCLES: u64 = 6, "PERF_COUNT_HW_BUS_CYCLES";
    /// Cycles waiting for instructions.
    HW_STALLED_CYCLES_FRONTEND: u64 = 7, "PERF_COUNT_HW_STALLED_CYCLES_FRONTEND";
    /// Cycles waiting for data.
    HW_STALLED_CYCLES_BACKEND: u64 = 8, "PERF_COUNT_HW_STALLED_CYCLES_BACKEND";
    /// Cycles at a constant rate.
    HW_REF_CPU_CYCLES: u64 = 9, "PERF_COUNT_HW_REF_CPU_CYCLES";

    /// A timer on the CPU.
    SW_CPU_CLOCK: u64 = 0, "PERF_COUNT_SW_CPU_CLOCK";
    /// A timer of the task.
    SW_TASK_CLOCK: u64 = 1, "PERF_COUNT_SW_TASK_CLOCK";
    /// Page faults.
    SW_PAGE_FAULTS: u64 = 2, "PERF_COUNT_SW_PAGE_FAULTS";
    /// Context switches.
    SW_CONTEXT_SWITCHES: u64 = 3, "PERF_COUNT_SW_CONTEXT_SWITCHES";
    /// Moves to another CPU.
    SW_CPU_MIGRATIONS: u64 = 4, "PERF_COUNT_SW_CPU_MIGRATIONS";
    /// Page faults without a disk.
    SW_PAGE_FAULTS_MIN: u64 = 5, "PERF_COUNT_SW_PAGE_FAULTS_MIN";
    /// Page faults with a disk.
    SW_PAGE_FAULTS_MAJ: u64 = 6, "PERF_COUNT_SW_PAGE_FAULTS_MAJ";
    /// Accesses that had to be aligned.
    SW_ALIGNMENT_FAULTS: u64 = 7, "PERF_COUNT_SW_ALIGNMENT_FAULTS";
    /// Instructions that had to be emulated.
    SW_EMULATION_FAULTS: u64 = 8, "PERF_COUNT_SW_EMULATION_FAULTS";
    /// Nothing.
    SW_DUMMY: u64 = 9, "PERF_COUNT_SW_DUMMY";
    /// What BPF programs put out.
    SW_BPF_OUTPUT: u64 = 10, "PERF_COUNT_SW_BPF_OUTPUT";
    /// Switches between cgroups.
    SW_CGROUP_SWITCHES: u64 = 11, "PERF_COUNT_SW_CGROUP_SWITCHES";

    /// A sample holds the instruction pointer.
    SAMPLE_IP: u64 = 1 << 0, "PERF_SAMPLE_IP";
    /// A sample holds process and thread.
    SAMPLE_TID: u64 = 1 << 1, "PERF_SAMPLE_TID";
    /// A sample holds the time.
    SAMPLE_TIME: u64 = 1 << 2, "PERF_SAMPLE_TIME";
    /// A sample holds the call chain.
    SAMPLE_CALLCHAIN: u64 = 1 << 5, "PERF_SAMPLE_CALLCHAIN";
    /// A sample holds the CPU.
    SAMPLE_CPU: u64 = 1 << 7, "PERF_SAMPLE_CPU";
    /// A sample holds raw bytes.
    SAMPLE_RAW: u64 = 1 << 10, "PERF_SAMPLE_RAW";

    /// Record: so many records were lost.
    RECORD_LOST: u32 = 2, "PERF_RECORD_LOST";
    /// Record: a process got another name, or began another program.
    RECORD_COMM: u32 = 3, "PERF_RECORD_COMM";
    /// Record: a thread ended.
    RECORD_EXIT: u32 = 4, "PERF_RECORD_EXIT";
    /// Record: a thread began.
    RECORD_FORK: u32 = 7, "PERF_RECORD_FORK";
    /// Record: a sample.
    RECORD_SAMPLE: u32 = 9, "PERF_RECORD_SAMPLE";
    /// Record: a process mapped a file.
    RECORD_MMAP2: u32 = 10, "PERF_RECORD_MMAP2";
    /// Record: a kernel symbol came or went.
    RECORD_KSYMBOL: u32 = 17, "PERF_RECORD_KSYMBOL";
    /// Record: a BPF program came or went.
    RECORD_BPF_EVENT: u32 = 18, "PERF_RECORD_BPF_EVENT";

    /// In the header of a record of a name: the process began another program.
    RECORD_MISC_COMM_EXEC: u32 = 1 << 13, "PERF_RECORD_MISC_COMM_EXEC";
    /// In the header of a record of a mapping: the file is named by its build id.
    RECORD_MISC_MMAP_BUILD_ID: u32 = 1 << 14, "PERF_RECORD_MISC_MMAP_BUILD_ID";

    /// What reading an event gives besides its count: how many records were lost (since Linux 6.0).
    FORMAT_LOST: u64 = 1 << 4, "PERF_FORMAT_LOST";
}

/// Bits of [`crate::attr::PerfEventAttr::flags`], in the kernel's order of its bit fields on little-endian machines.
pub mod attr_flags {
    /// Starts disabled.
    pub const DISABLED: u64 = 1 << 0;
    /// New threads are counted too.
    pub const INHERIT: u64 = 1 << 1;
    /// Not in user space.
    pub const EXCLUDE_USER: u64 = 1 << 4;
    /// Not in the kernel.
    pub const EXCLUDE_KERNEL: u64 = 1 << 5;
    /// Not in the hypervisor.
    pub const EXCLUDE_HV: u64 = 1 << 6;
    /// Not while idle.
    pub const EXCLUDE_IDLE: u64 = 1 << 7;
    /// Records say what executable memory is mapped.
    pub const MMAP: u64 = 1 << 8;
    /// Records say when processes get another name.
    pub const COMM: u64 = 1 << 9;
    /// `sample_period` is a frequency.
    pub const FREQ: u64 = 1 << 10;
    /// Enabled by exec.
    pub const ENABLE_ON_EXEC: u64 = 1 << 12;
    /// Records say when threads begin and end.
    pub const TASK: u64 = 1 << 13;
    /// `wakeup_events` is a number of bytes.
    pub const WATERMARK: u64 = 1 << 14;
    /// Every record has an identification.
    pub const SAMPLE_ID_ALL: u64 = 1 << 18;
    /// Records of mappings say which file is mapped.
    pub const MMAP2: u64 = 1 << 23;
    /// Records of names say whether a program began.
    pub const COMM_EXEC: u64 = 1 << 24;
    /// Times are those of the clock `clockid`.
    pub const USE_CLOCKID: u64 = 1 << 25;
    /// Records say when kernel symbols come and go.
    pub const KSYMBOL: u64 = 1 << 29;
    /// Records say when BPF programs come and go.
    pub const BPF_EVENT: u64 = 1 << 30;
    /// Records of mappings name files by their build ids (since Linux 5.12).
    pub const BUILD_ID: u64 = 1 << 34;
}

/// What kind of perf event a link or a task's file descriptor is; `enum bpf_perf_event_type`.
pub mod link_kind {
    /// Unknown.
    pub const UNSPEC: u32 = 0;
    /// A uprobe.
    pub const UPROBE: u32 = 1;
    /// A uprobe at the return.
    pub const URETPROBE: u32 = 2;
    /// A kprobe.
    pub const KPROBE: u32 = 3;
    /// A kprobe at the return.
    pub const KRETPROBE: u32 = 4;
    /// A tracepoint.
    pub const TRACEPOINT: u32 = 5;
    /// Any other event.
    pub const EVENT: u32 = 6;
}
