//! `--info`: what this machine can do.
use osmia_abi::Feature;
use std::fmt::Write;

/// A line of the report: the name, and what answers it.
type Row = (&'static str, fn() -> bool);

fn has(feature: Feature) -> bool {
    let find = |name: &str| {
        Some(osmia_host::kernel_btf(std::path::Path::new(osmia_host::KERNEL_BTF)).ok()?.find_func(name)?.0)
    };
    osmia_host::probe(feature, &find).unwrap_or(false)
}

const SECTIONS: &[(&str, &[Row])] = &[
    (
        "Kernel helpers",
        &[
            ("probe_read", || true),
            ("probe_read_str", || has(Feature::ProbeReadStr)),
            ("probe_read_kernel", || has(Feature::ProbeReadKernel)),
            ("get_current_cgroup_id", || has(Feature::CurrentCgroupId)),
            ("send_signal", || has(Feature::SendSignal)),
            ("override_return", || has(Feature::OverrideReturn)),
            ("get_boot_ns", || has(Feature::KtimeBoot)),
            ("get_tai_ns", || has(Feature::KtimeTai)),
            ("dpath", || has(Feature::DPath)),
            ("jiffies64", || has(Feature::Jiffies64)),
            ("for_each_map_elem", || has(Feature::ForEachMapElem)),
            ("get_func_ip", || has(Feature::GetFuncIp)),
            ("lookup_percpu_elem", || has(Feature::LookupPercpu)),
            ("loop", || has(Feature::BpfLoop)),
        ],
    ),
    (
        "Kernel features",
        &[
            ("btf", || has(Feature::KernelBtf)),
            ("ring buffer", || has(Feature::Ringbuf)),
            ("global data", || has(Feature::GlobalData)),
            ("instruction set v3", || has(Feature::Jump32)),
            ("instruction set v4", || has(Feature::IsaV4)),
        ],
    ),
    (
        "Probe types",
        &[
            ("kprobe_multi", || has(Feature::KprobeMulti)),
            ("kprobe_session", || has(Feature::KprobeSession)),
            ("uprobe_multi", || has(Feature::UprobeMulti)),
            ("perf_link", || has(Feature::PerfLink)),
            ("fentry", || has(Feature::Fentry)),
        ],
    ),
];

/// The report, in bpftrace's form.
pub fn info() -> String {
    let mut out = String::from("System\n");
    if let Ok(version) = osmia_host::kernel_version() {
        let _ = writeln!(out, "  Kernel: {}", version.release);
    }
    let _ = writeln!(out, "\nBuild\n  version: {}", env!("CARGO_PKG_VERSION"));
    for (title, rows) in SECTIONS {
        let _ = writeln!(out, "\n{title}");
        for (name, there) in *rows {
            let _ = writeln!(out, "  {name}: {}", if there() { "yes" } else { "no" });
        }
    }
    out
}
