//! Objects: made by clang, and made by osmia.
use crate::support::{finish, load, osmia, scratch, signal};
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = r#"
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } ring SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } perf SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, int); __type(value, long); } counts SEC(".maps");
const volatile int wanted = 7;
int seen;
SEC("tracepoint/syscalls/sys_enter_getpgid") int first(void *ctx)
{
    bpf_printk("osmia test %d", wanted);
    seen++;
    unsigned *e = bpf_ringbuf_reserve(&ring, 8, 0);
    if (e) { e[0] = 0x11223344; e[1] = wanted; bpf_ringbuf_submit(e, 0); }
    unsigned word = 0x55667788;
    bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &word, 4);
    return 0;
}
SEC("raw_tp/sched_switch") int second(void *ctx)
{
    int key = 1; long one = 1, *value = bpf_map_lookup_elem(&counts, &key);
    if (value) __sync_fetch_and_add(value, 1); else bpf_map_update_elem(&counts, &key, &one, 0);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
"#;

fn object() -> PathBuf {
    let (source, object) = (scratch().join("hello.bpf.c"), scratch().join("hello.bpf.o"));
    std::fs::write(&source, SOURCE).expect("the source");
    let status = Command::new("clang-19")
        .args(["-O2", "-g", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu", "-c"])
        .arg(&source)
        .arg("-o")
        .arg(&object)
        .status();
    assert!(status.expect("clang-19 is installed").success());
    object
}

/// An object that clang made, and the same program as osmia compiles it. What is printed, one reader of the kernel's pipe gets.
#[test]
fn programs_print_and_send() {
    let source = scratch().join("own.bpf.c");
    std::fs::write(&source, SOURCE).expect("the source");
    for file in [object(), source] {
        prints_and_sends(&file);
    }
}

fn prints_and_sends(file: &Path) {
    let mut command = crate::support::command(&["run", &file.to_string_lossy()]);
    let child = command.env("CLANG", "no-such-clang").spawn().expect("osmia starts");
    // It says on standard error when it is attached; the program is tried until then.
    let mut child = child;
    let mut said = String::new();
    let err = child.stderr.as_mut().expect("a pipe");
    while !said.contains("Attached 2 probes") {
        let mut bytes = [0; 256];
        match std::io::Read::read(err, &mut bytes) {
            Ok(count @ 1..) => said.push_str(&String::from_utf8_lossy(&bytes[..count])),
            _ => panic!("{said}"),
        }
    }
    assert!(Command::new(load()).status().expect("load runs").success());
    std::thread::sleep(std::time::Duration::from_millis(500));
    signal(&child, "-INT");
    let run = finish(child);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("osmia test 7"), "{run:?}");
    assert!(run.out.contains("ring: 8 bytes\n  44 33 22 11 07 00 00 00"), "{run:?}");
    // The kernel rounds what perf buffers carry up to a multiple of 8, less 4.
    assert!(run.out.contains("88 77 66 55"), "{run:?}");
}

#[test]
fn a_script_as_an_object_is_loaded_by_bpftool() {
    let object = scratch().join("script.bpf.o");
    let path = object.to_string_lossy();
    let text = "begin { printf(\"%s\\n\", comm); } tracepoint:syscalls:sys_enter_openat { printf(\"%s\\n\", str(args.filename)); @[comm] = count(); @h = hist(pid); } \
                profile:hz:99 { @p[curtask->comm, cpu] = sum(1); } rawtracepoint:sched_switch { @n = args.next->pid; } interval:s:1 { clear(@h); }";
    assert_eq!(osmia(&["trace", "--emit", &path, "-e", text]).ok(), "");
    let _ = Command::new("mount").args(["-t", "bpf", "bpf", "/sys/fs/bpf"]).output();
    let dir = format!("/sys/fs/bpf/osmia-questions-{}", std::process::id());
    let loaded = Command::new("bpftool")
        .args(["prog", "loadall", &path, &dir])
        .output()
        .expect("bpftool is installed");
    let pinned = std::fs::read_dir(&dir).map_or(0, Iterator::count);
    let _ = std::fs::remove_dir_all(&dir);
    assert!(loaded.status.success(), "{loaded:?}");
    assert_eq!(pinned, 5);
}

/// Fields of events are found by their names, so that the object runs where they lie elsewhere.
#[test]
fn fields_of_events_are_relocated() {
    let object = scratch().join("fields.bpf.o");
    let path = object.to_string_lossy();
    let text = "tracepoint:sched:sched_switch { @[args.prev_comm] = sum(args.next_pid); }";
    let shown = osmia(&["trace", "-d", "bytecode", "--emit", &path, "-e", text]);
    let shown = shown.ok();
    let relocated = shown.lines().filter(|line| line.contains("<CO-RE struct trace_event_raw_sched_switch"));
    assert_eq!(relocated.count(), 2, "{shown}");
    osmia(&["run", "--dry-run", &path]).ok();
}

#[test]
fn a_broken_object_is_refused() {
    let bytes = std::fs::read(object()).expect("the object");
    let broken = scratch().join("broken.bpf.o");
    for length in [16, 64, 300, bytes.len() / 2, bytes.len() - 8] {
        std::fs::write(&broken, &bytes[..length]).expect("a file");
        let run = osmia(&["run", &broken.to_string_lossy()]);
        assert!(run.refused().contains("broken.bpf.o"), "{length}: {run:?}");
    }
}
