//! `--info`: what this machine and this program can do. Nothing is taken from a version: the kernel is asked.
use osmia_abi::Feature;
use std::cell::OnceCell;
use std::fmt::Write;

/// A line of the report: its name, and what answers it.
struct Row(&'static str, Ask);

/// What answers a line.
enum Ask {
    /// The kernel.
    Kernel(Feature),
    /// This program, whatever the kernel.
    Own(bool),
    /// Both: the kernel has it, and this program uses it.
    Either(&'static [Feature]),
}

use Ask::{Either, Kernel, Own};

/// What this program was built with.
const BUILD: &[Row] = &[
    Row("libdw (DWARF support)", Own(true)),
    Row("libsystemd (systemd notify support)", Own(false)),
    Row("blazesym (advanced symbolization)", Own(true)),
    Row("dwunwind (DWARF stack unwinding)", Kernel(Feature::BpfLoop)),
    Row("bcc library path resolution", Own(true)),
];

const HELPERS: &[Row] = &[
    Row("probe_read", Own(true)),
    Row("probe_read_str", Kernel(Feature::ProbeReadStr)),
    Row("probe_read_kernel", Kernel(Feature::ProbeReadKernel)),
    Row("get_current_cgroup_id", Kernel(Feature::CurrentCgroupId)),
    Row("send_signal", Kernel(Feature::SendSignal)),
    Row("override_return", Kernel(Feature::OverrideReturn)),
    Row("get_ktime_ns", Own(true)),
    Row("get_boot_ns", Kernel(Feature::KtimeBoot)),
    Row("get_tai_ns", Kernel(Feature::KtimeTai)),
    Row("jiffies64", Kernel(Feature::Jiffies64)),
    Row("dpath", Kernel(Feature::DPath)),
    Row("skboutput", Kernel(Feature::SkbOutput)),
    Row("for_each_map_elem", Kernel(Feature::ForEachMapElem)),
    Row("get_func_ip", Kernel(Feature::GetFuncIp)),
    Row("lookup_percpu_elem", Kernel(Feature::LookupPercpu)),
    Row("loop", Kernel(Feature::BpfLoop)),
];

const FEATURES: &[Row] = &[
    Row("btf", Kernel(Feature::KernelBtf)),
    // Any loop whose end the verifier sees, or that the kernel counts itself.
    Row("Loop support", Either(&[Feature::BoundedLoops, Feature::BpfLoop])),
    Row("ring buffer", Kernel(Feature::Ringbuf)),
    Row("global data", Kernel(Feature::GlobalData)),
    Row("map batch", Kernel(Feature::MapBatch)),
    Row("run time statistics", Kernel(Feature::EnableStats)),
    Row("instruction set v3", Kernel(Feature::Jump32)),
    Row("instruction set v4", Kernel(Feature::IsaV4)),
];

const PROBES: &[Row] = &[
    Row("kprobe_multi", Kernel(Feature::KprobeMulti)),
    Row("uprobe_multi", Kernel(Feature::UprobeMulti)),
    Row("kprobe_session", Kernel(Feature::KprobeSession)),
    Row("iter", Kernel(Feature::TaskIter)),
    Row("fentry", Kernel(Feature::Fentry)),
    Row("perf_link", Kernel(Feature::PerfLink)),
];

/// The kernel as it answers, without what is to count as missing.
struct Machine<'a> {
    missing: &'a [Feature],
    btf: OnceCell<Option<osmia_btf::Btf>>,
}

impl Machine<'_> {
    fn has(&self, feature: Feature) -> bool {
        let read = || osmia_host::kernel_btf(std::path::Path::new(osmia_host::KERNEL_BTF)).ok();
        let find = |name: &str| Some(self.btf.get_or_init(read).as_ref()?.find_func(name)?.0);
        !self.missing.contains(&feature) && osmia_host::probe(feature, &find).unwrap_or(false)
    }

    fn answer(&self, ask: &Ask) -> bool {
        match ask {
            Kernel(feature) => self.has(*feature),
            Own(there) => *there,
            Either(features) => features.iter().any(|feature| self.has(*feature)),
        }
    }

    fn lines(&self, rows: &[Row]) -> Vec<String> {
        let word = |ask| if self.answer(ask) { "yes" } else { "no" };
        rows.iter().map(|Row(name, ask)| format!("{name}: {}", word(ask))).collect()
    }
}

/// The report, in bpftrace's form, as if the kernel lacked `missing`.
pub fn info(missing: &[Feature]) -> String {
    let machine = Machine { missing, btf: OnceCell::new() };
    let mut out = String::from("System\n");
    let system = osmia_host::system();
    let _ = writeln!(out, "  OS: {} {} {}", system.name, system.release, system.version);
    let _ = writeln!(out, "  Arch: {}\n", system.machine);
    let _ = writeln!(out, "Build\n  version: osmia {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(out, "  language: bpftrace {}\n  LLVM: not needed", crate::BPFTRACE_LEVEL);
    for line in machine.lines(BUILD) {
        let _ = writeln!(out, "  {line}");
    }
    let longest = if machine.has(Feature::LargePrograms) { 1_000_000 } else { osmia_abi::flags::MAX_INSNS };
    let mut features = vec![format!("Instruction limit: {longest}")];
    features.extend(machine.lines(FEATURES));
    let modules = if osmia_host::has_module_btf() { "yes" } else { "no" };
    features.push(format!("module btf: {modules}"));
    let sections = [
        ("Kernel helpers", machine.lines(HELPERS)),
        ("Kernel features", features),
        ("Probe types", machine.lines(PROBES)),
    ];
    for (title, lines) in sections {
        let _ = writeln!(out, "\n{title}");
        out.push_str(&columns(&lines));
    }
    out.push('\n');
    out
}

/// Two lines side by side.
fn columns(lines: &[String]) -> String {
    let row = |pair: &[String]| match pair {
        [left, right] => format!("{:<35}{right}\n", format!("  {left}")),
        [only] => format!("  {only}\n"),
        _ => String::new(),
    };
    lines.chunks(2).map(row).collect()
}
