//! What a program can ask of the machine that it runs on, as plain values.

/// The machine, and the process that runs: all that helpers tell. Whoever owns a [`crate::Machine`] keeps it up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// `CLOCK_MONOTONIC` when a run begins.
    pub monotonic_ns: u64,
    /// `CLOCK_BOOTTIME` when a run begins.
    pub boot_ns: u64,
    /// `CLOCK_TAI` when a run begins.
    pub tai_ns: u64,
    /// The kernel's tick counter.
    pub jiffies: u64,
    /// How long each instruction takes: all clocks go on by this much, within a run and from one to the next.
    pub insn_ns: u64,
    /// What `get_prandom_u32` goes on from; it changes with every call.
    pub random: u64,
    /// The CPU that runs, below [`crate::Options::cpus`] (others count modulo that).
    pub cpu: u32,
    /// Its memory node.
    pub numa_node: u32,
    /// The process (`tgid`).
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The thread's name; 15 bytes count.
    pub comm: String,
    /// The process in its own pid namespace, for `get_ns_current_pid_tgid`: `(process, thread)`.
    pub ns_pid: (u32, u32),
    /// That namespace, as device and inode; `None` answers for any.
    pub pid_namespace: Option<(u64, u64)>,
    /// The cgroup.
    pub cgroup: u64,
    /// The address of the current task, where [`World::memory`] may have a window. With none, loads from it are faults.
    pub task: u64,
    /// What `get_attach_cookie` answers.
    pub cookie: u64,
    /// Memory of the kernel and of processes that `probe_read` and its kin find. Direct loads find the kernel's, as those
    /// of programs with types of the kernel do; others are faults.
    pub memory: Vec<Window>,
}

/// Bytes at an address outside of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Of the first byte.
    pub address: u64,
    /// What is there.
    pub bytes: Vec<u8>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            monotonic_ns: 0,
            boot_ns: 0,
            tai_ns: 0,
            jiffies: 0,
            insn_ns: 1,
            random: 0,
            cpu: 0,
            numa_node: 0,
            pid: 1,
            tid: 1,
            uid: 0,
            gid: 0,
            comm: "osmia".to_owned(),
            ns_pid: (1, 1),
            pid_namespace: None,
            cgroup: 1,
            task: 0,
            cookie: 0,
            memory: Vec::new(),
        }
    }
}

impl World {
    /// The next of a sequence that looks random (splitmix64).
    pub(crate) fn next_random(&mut self) -> u32 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 32) as u32
    }

    /// Time passes.
    pub(crate) fn advance(&mut self, ns: u64) {
        for clock in [&mut self.monotonic_ns, &mut self.boot_ns, &mut self.tai_ns] {
            *clock = clock.wrapping_add(ns);
        }
    }

    /// `len` bytes at an address outside of the machine.
    pub(crate) fn window(&self, address: u64, len: usize) -> Option<&[u8]> {
        self.memory.iter().find_map(|window| {
            let from = usize::try_from(address.checked_sub(window.address)?).ok()?;
            window.bytes.get(from..from.checked_add(len)?)
        })
    }
}
