//! The tables against the running kernel's own types: a C file of static assertions over `vmlinux.h`, which clang checks.
use osmia_abi::{AttachType, Command, HELPERS, LinkType, MapType, ProgramType, attr, flags, info, perf};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command as Process;

/// Names that are macros in the kernel's headers, and newer than the headers that may be installed.
const NEWER_THAN_HEADERS: &[&str] = &[
    "BPF_F_XDP_DEV_BOUND_ONLY",
    "BPF_F_TEST_REG_INVARIANTS",
    "BPF_F_BEFORE",
    "BPF_F_AFTER",
    "BPF_F_ID",
    "BPF_F_NETFILTER_IP_DEFRAG",
];

/// Kinds that are newer than the kernels that this runs on: a kernel that has them has all of them.
const NEWER_THAN_KERNEL: &[&str] = &[
    "BPF_MAP_TYPE_INSN_ARRAY",
    "BPF_MAP_TYPE_RHASH",
    "BPF_TRACE_FSESSION",
    "BPF_TRACE_FENTRY_MULTI",
    "BPF_TRACE_FEXIT_MULTI",
    "BPF_TRACE_FSESSION_MULTI",
    "BPF_LINK_TYPE_TRACING_MULTI",
];

fn vmlinux_h() -> String {
    let args = ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"];
    let out = Process::new("bpftool").args(args).output().expect("bpftool is installed");
    assert!(out.status.success(), "bpftool: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("C is text")
}

/// Lets clang check a C file, and fails with what it says.
fn compile(name: &str, source: &str) {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = dir.join(format!("{name}.c"));
    std::fs::write(&path, source).expect("the target directory can be written");
    let clang = if Process::new("clang-19").arg("--version").output().is_ok() { "clang-19" } else { "clang" };
    let out = Process::new(clang).args(["-fsyntax-only", "-w", "-ferror-limit=0"]).arg(&path).output();
    let out = out.expect("clang is installed");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn equal(source: &mut String, what: &str, value: u64) {
    writeln!(source, "_Static_assert((unsigned long long)({what}) == {value}ULL, \"{what}\");").unwrap();
}

macro_rules! kinds {
    ($source:expr, $kind:ident, $end:literal) => {
        let types = $source.clone();
        let newer = |kind: &&$kind| {
            NEWER_THAN_KERNEL.contains(&kind.constant())
                && !types.contains(&format!("\t{} = ", kind.constant()))
        };
        equal(&mut $source, $end, ($kind::ALL.len() - $kind::ALL.iter().filter(newer).count()) as u64);
        for kind in $kind::ALL {
            if !newer(&kind) {
                equal(&mut $source, kind.constant(), u64::from(kind.raw()));
            }
            assert_eq!($kind::from_name(kind.name()), Some(*kind));
        }
    };
}

#[test]
fn kinds_are_the_kernels_and_none_is_missing() {
    let mut source = vmlinux_h();
    kinds!(source, Command, "__MAX_BPF_CMD");
    kinds!(source, MapType, "__MAX_BPF_MAP_TYPE");
    kinds!(source, ProgramType, "__MAX_BPF_PROG_TYPE");
    kinds!(source, AttachType, "__MAX_BPF_ATTACH_TYPE");
    kinds!(source, LinkType, "__MAX_BPF_LINK_TYPE");
    compile("kinds", &source);
}

#[test]
fn helpers_are_the_kernels_and_none_is_missing() {
    let mut source = vmlinux_h();
    equal(&mut source, "__BPF_FUNC_MAX_ID - 1", HELPERS.len() as u64);
    for (index, row) in HELPERS.iter().enumerate() {
        assert_eq!(row.id as usize, index + 1, "{row} is out of order");
        assert!(row.args.len() <= 5, "{row} has too many arguments");
        assert_eq!(osmia_abi::helper(row.id), Some(row));
        assert_eq!(osmia_abi::helper_by_name(&row.to_string()), Some(row));
        equal(&mut source, &format!("BPF_FUNC_{}", row.name), u64::from(row.id));
    }
    compile("helpers", &source);
}

#[test]
fn constants_are_the_kernels() {
    let types = vmlinux_h();
    let headers = std::fs::read_to_string("/usr/include/linux/bpf.h").unwrap_or_default()
        + &std::fs::read_to_string("/usr/include/linux/btf.h").unwrap_or_default()
        + &std::fs::read_to_string("/usr/include/linux/perf_event.h").unwrap_or_default();
    let includes = "#include <linux/bpf.h>\n#include <linux/btf.h>\n#include <linux/perf_event.h>\n";
    let (mut by_types, mut by_headers) = (types.clone(), includes.to_owned());
    for (name, value) in flags::NAMED.iter().chain(perf::NAMED) {
        if types.contains(&format!("\t{name} = ")) {
            equal(&mut by_types, name, *value);
        } else if headers.contains(&format!("{name}\t")) || headers.contains(&format!("{name} ")) {
            equal(&mut by_headers, name, *value);
        } else {
            let known = NEWER_THAN_HEADERS.contains(name) || *name == "BTF_MAX_SIZE";
            assert!(known, "{name} is neither in the kernel's BTF nor in its headers");
        }
    }
    compile("constants", &by_types);
    compile("macros", &by_headers);
}

/// Every field of a structure stands where the kernel has it and has its size.
fn layout(source: &mut String, kernel: &str, fields: &[attr::Field]) {
    let (keyword, rest) = kernel.split_once(' ').unwrap();
    let (name, prefix) =
        rest.split_once(' ').map_or((rest, String::new()), |(name, path)| (name, format!("{path}.")));
    let of = format!("{keyword} {name}");
    let start = fields.first().map_or("", |field| field.0).trim_start_matches("r#");
    let start = format!("__builtin_offsetof({of}, {prefix}{start})");
    for (field, offset, size) in fields.iter().filter(|(field, ..)| !is_ours(kernel, field)) {
        let path = format!("{prefix}{}", field.trim_start_matches("r#"));
        let offset = offset - fields.first().map_or(0, |field| field.1);
        equal(source, &format!("__builtin_offsetof({of}, {path}) - {start}"), offset as u64);
        equal(source, &format!("sizeof((({of} *)0)->{path})"), *size as u64);
    }
}

/// Padding, and bit fields, of which C has no offset.
fn is_ours(kernel: &str, field: &str) -> bool {
    let bits = ["struct perf_event_attr", "struct bpf_prog_info"];
    field.starts_with("pad") || field == "flags" && bits.contains(&kernel)
}

macro_rules! layouts {
    ($source:expr, $module:ident: $($name:ident),*) => {
        $(layout(&mut $source, $module::$name::KERNEL, $module::$name::FIELDS);)*
    };
}

#[test]
fn attributes_are_laid_out_as_the_kernel_has_them() {
    let mut source = vmlinux_h();
    layouts!(source, attr: MapCreateAttr, MapElemAttr, MapBatchAttr, ProgLoadAttr, ObjAttr, ProgAttachAttr, TestRunAttr,
        IdAttr, InfoAttr, QueryAttr, RawTracepointAttr, BtfLoadAttr, TaskFdQueryAttr, LinkCreateAttr, LinkPerfEventAttr,
        LinkKprobeMultiAttr, LinkUprobeMultiAttr, LinkTracingAttr, LinkIterAttr, LinkNetfilterAttr, LinkOrderedAttr,
        LinkUpdateAttr, LinkDetachAttr, EnableStatsAttr, IterCreateAttr, ProgBindMapAttr, TokenCreateAttr,
        ProgStreamReadAttr, PerfEventAttr);
    layouts!(source, info: ProgInfo, MapInfo, BtfInfo, TokenInfo, LinkInfoCommon, RawTracepointLinkInfo, TracingLinkInfo,
        CgroupLinkInfo, IterLinkInfo, NetnsLinkInfo, InterfaceLinkInfo, MapLinkInfo, NetfilterLinkInfo, KprobeMultiLinkInfo,
        UprobeMultiLinkInfo, PerfLinkInfo, PerfUprobeInfo, PerfKprobeInfo, PerfTracepointInfo, PerfOtherInfo);
    compile("layout", &source);
}

#[test]
fn whole_structures_have_the_kernels_size_and_begin_where_it_has_them() {
    let mut source = vmlinux_h();
    equal(&mut source, "sizeof(struct perf_event_attr)", size_of::<attr::PerfEventAttr>() as u64);
    equal(&mut source, "sizeof(struct bpf_prog_info)", size_of::<info::ProgInfo>() as u64);
    equal(&mut source, "sizeof(struct bpf_map_info)", size_of::<info::MapInfo>() as u64);
    equal(&mut source, "sizeof(struct bpf_btf_info)", size_of::<info::BtfInfo>() as u64);
    let more = std::mem::offset_of!(attr::LinkCreateWith<attr::LinkPerfEventAttr>, more) as u64;
    for member in ["perf_event", "kprobe_multi", "uprobe_multi", "tracing", "netfilter", "tcx", "iter_info"] {
        let from = "__builtin_offsetof(union bpf_attr, link_create.prog_fd)";
        equal(
            &mut source,
            &format!("__builtin_offsetof(union bpf_attr, link_create.{member}) - {from}"),
            more,
        );
    }
    let more = std::mem::offset_of!(info::LinkInfo<info::TracingLinkInfo>, more) as u64;
    for member in [
        "raw_tracepoint",
        "tracing",
        "cgroup",
        "iter",
        "netns",
        "tcx",
        "kprobe_multi",
        "uprobe_multi",
        "perf_event",
    ] {
        equal(&mut source, &format!("__builtin_offsetof(struct bpf_link_info, {member})"), more);
    }
    let more = std::mem::offset_of!(info::PerfLinkInfoWith<info::PerfUprobeInfo>, more) as u64;
    equal(
        &mut source,
        "__builtin_offsetof(struct bpf_link_info, perf_event.uprobe) - __builtin_offsetof(struct bpf_link_info, perf_event)",
        more,
    );
    compile("sizes", &source);
}

#[test]
fn software_and_hardware_events_are_found_by_name_and_alias() {
    let event = |table, name| perf::named_event(table, name).map(|row| row.config);
    assert_eq!(event(perf::SOFTWARE, "cs"), Some(perf::SW_CONTEXT_SWITCHES));
    assert_eq!(event(perf::SOFTWARE, "faults"), event(perf::SOFTWARE, "page-faults"));
    assert_eq!(event(perf::HARDWARE, "cycles"), Some(perf::HW_CPU_CYCLES));
    assert_eq!(event(perf::HARDWARE, "cs"), None);
}
