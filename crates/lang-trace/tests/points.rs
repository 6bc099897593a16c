//! Attach points: how they are taken apart, what patterns become, and what is listed.
use osmia_base::{Source, Span};
use osmia_lang_trace::attach_point::{expand, resolve_point};
use osmia_lang_trace::{Detail, list};
use osmia_object::{
    Target, TraceEvent, TraceField, UsdtProbe, UsdtSite, UserFile, UserSymbol, UserSymbolKind,
};
use osmia_testkit::golden;
use std::process::Command;

fn params() -> Vec<Vec<u8>> {
    vec!["IN".into(), "sched:sched_switch".into()]
}

/// A machine with little on it.
fn machine() -> Target {
    let event = |names: &[(&str, Option<u32>)]| TraceEvent {
        id: 1,
        fields: names
            .iter()
            .map(|&(name, array)| TraceField {
                name: name.into(),
                kind: "char".into(),
                array,
                offset: 0,
                size: 1,
                signed: true,
            })
            .collect(),
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    Target {
        tracepoints: [
            (
                pair("sched", "sched_switch"),
                event(&[("common_pid", None), ("prev_comm", Some(16)), ("prev_pid", None)]),
            ),
            (pair("sched", "sched_wakeup"), event(&[("pid", None)])),
            (pair("syscalls", "sys_enter_openat"), event(&[])),
        ]
        .into(),
        raw_tracepoints: Some(vec![pair("sched_switch", ""), pair("sys_enter", "")]),
        functions: Some(vec![
            pair("vfs_read", ""),
            pair("vfs_write", ""),
            pair("vfs_read.part.0", ""),
            pair("vfs_write.isra.0", ""),
            pair("ext4_open", "ext4"),
            pair("init", "ext4"),
            pair("init", ""),
        ]),
        modules: Some(vec!["ext4".into()]),
        binaries: [("libc".to_owned(), vec![user_file()])].into(),
        ..Target::default()
    }
}

/// A library with functions of two languages, and probes of two namespaces.
fn user_file() -> UserFile {
    let symbol = |name: &str, demangled: Option<&str>| UserSymbol {
        name: name.into(),
        address: 1,
        size: 1,
        kind: UserSymbolKind::Function,
        demangled: demangled.map(str::to_owned),
    };
    let probe = |provider: &str, name: &str| UsdtProbe {
        provider: provider.into(),
        name: name.into(),
        sites: vec![UsdtSite { address: 1, offset: 1, semaphore: None, arguments: Vec::new() }],
    };
    UserFile {
        path: "/lib/libc.so.6".into(),
        symbols: vec![
            symbol("_Z3addii", Some("add(int, int)")),
            symbol("_Z3addv", Some("add()")),
            symbol("free", None),
            symbol("malloc", None),
            symbol("mallopt", None),
        ],
        probes: vec![probe("libc", "setjmp"), probe("libc", "\"quoted\""), probe("rtld", "setup")],
        ..UserFile::default()
    }
}

/// Each line of a case is an attach point: what it is, and what it stands for on [`machine`].
#[test]
fn points() {
    golden("tests/points", |text| {
        let machine = machine();
        let mut out = String::new();
        for line in text.lines() {
            let source = Source::new("stdin", line);
            out += &match resolve_point(line, Span::new(0, line.len() as u32), &params()) {
                Err(diagnostic) => diagnostic.render(&source),
                Ok(point) => match expand(&point, &machine) {
                    Err(absent) => format!("{:?}\n{}", point.place, absent.diagnostic().render(&source)),
                    Ok(points) => {
                        let names: Vec<String> = points.iter().map(|point| point.name()).collect();
                        format!("{line}\n  {:?}\n  -> {}\n", point.place, names.join(" "))
                    }
                },
            };
        }
        out
    });
}

#[test]
fn listings_are_sorted_and_complete() {
    let machine = machine();
    let lines = |pattern: &str, detail| list(pattern, &machine, detail).expect("a listing");
    assert_eq!(
        lines("*sched*", Detail::Names),
        [
            "rawtracepoint:vmlinux:sched_switch",
            "tracepoint:sched:sched_switch",
            "tracepoint:sched:sched_wakeup"
        ]
    );
    assert_eq!(
        lines("t:sched:sched_s*", Detail::Fields),
        ["tracepoint:sched:sched_switch", "    char prev_comm[16]", "    char prev_pid"]
    );
    assert_eq!(
        lines("kprobe:vfs_r*,kr:ext4:*", Detail::Names),
        ["kprobe:vfs_read", "kretprobe:ext4:ext4_open", "kretprobe:ext4:init"]
    );
    assert_eq!(lines("i:*", Detail::Names), ["interval:hz:", "interval:ms:", "interval:s:", "interval:us:"]);
    assert_eq!(lines("software:*faults", Detail::Names).len(), 6);
    assert_eq!(lines("software:faults", Detail::Names), ["software:faults:"]);
    assert_eq!(lines("self:*", Detail::Names), ["self:signal:SIGUSR1"]);
    assert_eq!(
        lines("u:libc:mal*", Detail::Names),
        ["uprobe:/lib/libc.so.6:malloc", "uprobe:/lib/libc.so.6:mallopt"]
    );
    assert_eq!(
        lines("u:libc:cpp:add", Detail::Names),
        [r#"uprobe:/lib/libc.so.6:cpp:"add()""#, r#"uprobe:/lib/libc.so.6:cpp:"add(int, int)""#]
    );
    assert_eq!(
        lines("usdt:libc:set*,U:libc:rtld:*", Detail::Names),
        [
            "usdt:/lib/libc.so.6:libc:setjmp",
            "usdt:/lib/libc.so.6:rtld:setup",
            "usdt:/lib/libc.so.6:rtld:setup"
        ]
    );
    assert_eq!(lines("", Detail::Names).len(), 2 * 4 + 14 + 12 + 5 + 2 + 3);
    assert!(list("kprob:x", &machine, Detail::Names).is_err());
}

/// The tracepoints of this machine, read as plainly as possible.
fn tracepoints() -> Target {
    let root = ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"]
        .into_iter()
        .find(|root| std::path::Path::new(root).join("sched").exists())
        .expect("tracefs is mounted: mount -t debugfs none /sys/kernel/debug");
    let mut target = Target::default();
    for category in ["sched", "syscalls"] {
        for entry in std::fs::read_dir(format!("{root}/{category}")).expect("a category") {
            let path = entry.expect("an event").path();
            let Ok(text) = std::fs::read_to_string(path.join("format")) else { continue };
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let fields = text.lines().filter_map(field).collect();
            target.tracepoints.insert((category.into(), name), TraceEvent { id: 0, fields });
        }
    }
    target
}

fn field(line: &str) -> Option<TraceField> {
    let (declaration, _) = line.trim().strip_prefix("field:")?.split_once(';')?;
    let (kind, name) = declaration.rsplit_once(' ')?;
    let (name, array) = match name.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (name, None),
    };
    Some(TraceField { name: name.into(), kind: kind.into(), array, offset: 0, size: 0, signed: false })
}

fn bpftrace(arguments: &[&str]) -> Vec<String> {
    let output = Command::new("bpftrace").args(arguments).output().expect("bpftrace is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !text.is_empty(),
        "bpftrace {arguments:?} printed nothing: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines().map(str::to_owned).collect()
}

#[test]
fn lists_tracepoints_as_bpftrace_does() {
    let target = tracepoints();
    for pattern in ["tracepoint:sched:*", "t:syscalls:sys_*_open*", "tracepoint:*:sched_w*"] {
        assert_eq!(
            list(pattern, &target, Detail::Names).expect("a listing"),
            bpftrace(&["-l", pattern]),
            "{pattern}"
        );
        assert_eq!(
            list(pattern, &target, Detail::Fields).expect("a listing"),
            bpftrace(&["-lv", pattern]),
            "{pattern}"
        );
    }
}
