//! The helpers that lowered programs call, by number (`enum bpf_func_id`).
use osmia_abi::Feature;

pub(super) const MAP_LOOKUP: u32 = 1;
pub(super) const MAP_UPDATE: u32 = 2;
pub(super) const MAP_DELETE: u32 = 3;
pub(super) const PROBE_READ: u32 = 4;
pub(super) const KTIME: u32 = 5;
pub(super) const TRACE_PRINTK: u32 = 6;
pub(super) const PRANDOM: u32 = 7;
pub(super) const CPU: u32 = 8;
pub(super) const PID_TGID: u32 = 14;
pub(super) const UID_GID: u32 = 15;
pub(super) const COMM: u32 = 16;
pub(super) const PERF_EVENT_OUTPUT: u32 = 25;
pub(super) const STACKID: u32 = 27;
pub(super) const CURRENT_TASK: u32 = 35;
pub(super) const PROBE_WRITE_USER: u32 = 36;
pub(super) const NUMA_NODE: u32 = 42;
pub(super) const PROBE_READ_STR: u32 = 45;
pub(super) const SOCKET_COOKIE: u32 = 46;
pub(super) const OVERRIDE_RETURN: u32 = 58;
pub(super) const STACK: u32 = 67;
pub(super) const CGROUP_ID: u32 = 80;
pub(super) const SEND_SIGNAL: u32 = 109;
pub(super) const SKB_OUTPUT: u32 = 111;
pub(super) const PROBE_READ_USER: u32 = 112;
pub(super) const PROBE_READ_KERNEL: u32 = 113;
pub(super) const PROBE_READ_USER_STR: u32 = 114;
pub(super) const PROBE_READ_KERNEL_STR: u32 = 115;
pub(super) const SEND_SIGNAL_THREAD: u32 = 117;
pub(super) const JIFFIES64: u32 = 118;
pub(super) const NS_PID_TGID: u32 = 120;
pub(super) const KTIME_BOOT: u32 = 125;
pub(super) const SEQ_PRINTF: u32 = 126;
pub(super) const SEQ_WRITE: u32 = 127;
pub(super) const RINGBUF_OUTPUT: u32 = 130;
pub(super) const RINGBUF_RESERVE: u32 = 131;
pub(super) const RINGBUF_SUBMIT: u32 = 132;
pub(super) const RINGBUF_DISCARD: u32 = 133;
pub(super) const D_PATH: u32 = 147;
pub(super) const CURRENT_TASK_BTF: u32 = 158;
pub(super) const FOR_EACH_MAP: u32 = 164;
pub(super) const FUNC_IP: u32 = 173;
pub(super) const ATTACH_COOKIE: u32 = 174;
pub(super) const TASK_PT_REGS: u32 = 175;
pub(super) const LOOP: u32 = 181;
pub(super) const FUNC_RET: u32 = 184;
pub(super) const LOOKUP_PERCPU: u32 = 195;
pub(super) const KTIME_TAI: u32 = 208;

/// A helper, and the one that does the same on kernels without a feature.
pub(super) struct Choice {
    pub(super) feature: Feature,
    pub(super) new: u32,
    pub(super) old: u32,
}

const fn choice(feature: Feature, new: u32, old: u32) -> Choice {
    Choice { feature, new, old }
}

pub(super) const READ_KERNEL: Choice = choice(Feature::ProbeReadKernel, PROBE_READ_KERNEL, PROBE_READ);
pub(super) const READ_USER: Choice = choice(Feature::ProbeReadKernel, PROBE_READ_USER, PROBE_READ);
pub(super) const READ_KERNEL_STR: Choice =
    choice(Feature::ProbeReadKernel, PROBE_READ_KERNEL_STR, PROBE_READ_STR);
pub(super) const READ_USER_STR: Choice =
    choice(Feature::ProbeReadKernel, PROBE_READ_USER_STR, PROBE_READ_STR);
pub(super) const NOW: Choice = choice(Feature::KtimeBoot, KTIME_BOOT, KTIME);
pub(super) const NOW_TAI: Choice = choice(Feature::KtimeTai, KTIME_TAI, KTIME);
