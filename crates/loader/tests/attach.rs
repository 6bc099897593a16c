//! Programs in their places in the real kernel. On a kernel with kprobes and trampolines (the virtual machine of CI) these
//! are used; on one without, the refusal is looked at.
mod common;

use common::{COUNT, Counter, compile, program};
use osmia_abi::perf::{HW_CPU_CYCLES, SW_CPU_CLOCK, SW_PAGE_FAULTS, TYPE_HARDWARE, TYPE_SOFTWARE};
use osmia_abi::{AttachType, ProgramType};
use osmia_btf::TypeId;
use osmia_loader::{
    AttachErrorKind, AttachOptions, Attachment, LoadOptions, ProbeMode, attach, attach_all, detach_all, load,
    pin_all,
};
use osmia_object::{Attach, Cpus, ImageProgram, Over, PerfEvent, ProbeSide, Sample, UprobeTarget};
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PLAIN: AttachOptions = AttachOptions {
    cookie: 0,
    cookies: Vec::new(),
    without_kprobe_multi: false,
    without_uprobe_multi: false,
    without_cookies: false,
    mode: ProbeMode::Default,
};

fn put(counter: &Counter, to: &Attach) -> Attachment {
    attach(&counter.loaded.programs[0], to, &PLAIN).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(counter: &Counter, to: &Attach) -> String {
    match attach(&counter.loaded.programs[0], to, &PLAIN) {
        Ok(_) => panic!("{to:?} was attached"),
        Err(error) => error.to_string(),
    }
}

/// Makes system calls.
fn stir() {
    for _ in 0..20 {
        std::fs::read("/proc/self/comm").unwrap();
    }
}

fn tracepoint(category: &str, name: &str) -> Attach {
    Attach::Tracepoint { category: category.to_owned(), name: name.to_owned() }
}

#[test]
fn tracepoints_run_programs_until_they_are_dropped() {
    let counter = Counter::new(ProgramType::Tracepoint, None);
    let attached = put(&counter, &tracepoint("syscalls", "sys_enter_openat"));
    assert_eq!(attached.len(), 1);
    stir();
    assert!(counter.count() >= 20, "{}", counter.count());
    drop(attached);
    let after = counter.count();
    stir();
    assert_eq!(counter.count(), after);
}

#[test]
fn unknown_tracepoints_have_a_neighbour() {
    let counter = Counter::new(ProgramType::Tracepoint, None);
    let text = refusal(&counter, &tracepoint("syscalls", "sys_enter_openatt"));
    assert!(text.ends_with("did you mean `syscalls:sys_enter_openat`?"), "{text}");
    let text = refusal(&counter, &tracepoint("..", "x"));
    assert!(text.contains("no such tracepoint"), "{text}");
}

#[test]
fn raw_tracepoints_run_programs() {
    let counter = Counter::new(ProgramType::RawTracepoint, None);
    let attached = put(&counter, &Attach::RawTracepoint { name: "sys_enter".to_owned() });
    stir();
    assert!(counter.count() >= 20);
    drop(attached);
    let text = refusal(&counter, &Attach::RawTracepoint { name: "sys_entre".to_owned() });
    assert!(text.ends_with("did you mean `sys_enter`?"), "{text}");
}

/// A program that is loaded for a type of the kernel's.
fn typed(attach_type: AttachType, name: &str, function: bool) -> ImageProgram {
    let btf = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let id = if function { btf.find_func(name) } else { btf.find_typedef(name) };
    ImageProgram {
        attach_type: Some(attach_type),
        attach_btf_id: id.unwrap_or(TypeId(0)),
        ..program(ProgramType::Tracing, COUNT)
    }
}

#[test]
fn typed_raw_tracepoints_run_programs() {
    let counter = Counter::with(typed(AttachType::TraceRawTp, "btf_trace_sys_enter", false));
    let attached = put(&counter, &Attach::BtfTracepoint { name: "sys_enter".to_owned() });
    stir();
    assert!(counter.count() >= 20);
    drop(attached);
}

#[test]
fn iterators_walk() {
    let counter = Counter::with(typed(AttachType::TraceIter, "bpf_iter_task", true));
    let attached = put(&counter, &Attach::Iterator { target: "task".to_owned(), pin: None, over: Over::All });
    let mut text = String::new();
    attached.iterate().unwrap().read_to_string(&mut text).unwrap();
    assert!(counter.count() > 3, "{}", counter.count());
}

#[test]
fn clocks_and_counters_run_programs() {
    let counter = Counter::new(ProgramType::PerfEvent, None);
    let event = |kind, config, sample, cpus, pid| Attach::PerfEvent {
        event: PerfEvent { kind, config },
        sample,
        cpus,
        pid,
    };
    let clock = event(TYPE_SOFTWARE, SW_CPU_CLOCK, Sample::Frequency(500), Cpus::All, None);
    let attached = put(&counter, &clock);
    assert_eq!(attached.len(), osmia_sys::online_cpus());
    let end = Instant::now() + Duration::from_millis(300);
    while Instant::now() < end {}
    drop(attached);
    let ticks = counter.count();
    assert!((30..1000).contains(&ticks), "{ticks}");
    let faults = event(TYPE_SOFTWARE, SW_PAGE_FAULTS, Sample::Period(1), Cpus::All, Some(std::process::id()));
    let attached = put(&counter, &faults);
    assert_eq!(attached.len(), 1);
    drop(attached);
    let one = put(&counter, &event(TYPE_SOFTWARE, SW_CPU_CLOCK, Sample::Period(1_000_000), Cpus::One, None));
    assert_eq!(one.len(), 1);
    let nobody = event(TYPE_SOFTWARE, SW_CPU_CLOCK, Sample::Frequency(1), Cpus::All, Some(4_000_000));
    assert!(refusal(&counter, &nobody).contains("no process 4000000"));
    let cycles = event(TYPE_HARDWARE, HW_CPU_CYCLES, Sample::Period(1_000_000), Cpus::All, None);
    match attach(&counter.loaded.programs[0], &cycles, &PLAIN) {
        Ok(attached) => assert_eq!(attached.len(), osmia_sys::online_cpus()),
        Err(error) => {
            assert!(error.to_string().contains("virtual machines often have no hardware counters"), "{error}")
        }
    }
}

const C: &str = "
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) int target_one(int x) { __asm__ volatile(\"\" : \"+r\"(x)); return x + 1; }
__attribute__((noinline)) int target_two(int x) { __asm__ volatile(\"\" : \"+r\"(x)); return target_one(x) * 2; }
int main(int argc, char **argv) {
    volatile int sum = 0;
    for (int i = 0; i < 10; i++) sum += target_two(argc);
    volatile char *home = getenv(\"OSMIA_NO_SUCH_VARIABLE\");
    return home != 0;
}";

fn symbol(name: &str) -> UprobeTarget {
    UprobeTarget::Symbol { name: name.to_owned(), offset: 0 }
}

fn uprobe(path: &Path, target: UprobeTarget, side: ProbeSide) -> Attach {
    Attach::Uprobe { path: path.to_string_lossy().into_owned(), target, pid: None, side }
}

fn run(path: &Path) {
    assert!(Command::new(path).status().unwrap().success());
}

#[test]
fn functions_of_programs_and_libraries_are_probed() {
    for (name, arguments) in [
        ("pie", &["-O1", "-pie", "-fPIE"][..]),
        ("nopie", &["-O1", "-no-pie"]),
        ("dyn", &["-O1", "-rdynamic", "-s"]),
    ] {
        let path = compile(name, C, arguments);
        for side in [ProbeSide::Entry, ProbeSide::Return] {
            let counter = Counter::new(ProgramType::Kprobe, None);
            let attached = put(&counter, &uprobe(&path, symbol("target_one"), side));
            run(&path);
            assert_eq!(counter.count(), 10, "{name} {side:?}");
            drop(attached);
        }
    }
}

#[test]
fn a_library_is_found_by_its_name() {
    let path = compile("library", C, &["-O1"]);
    let counter = Counter::new(ProgramType::Kprobe, None);
    let attached = put(&counter, &uprobe(Path::new("libc"), symbol("getenv"), ProbeSide::Entry));
    run(&path);
    assert!(counter.count() >= 1, "{}", counter.count());
    drop(attached);
}

#[test]
fn addresses_and_offsets_name_the_same_place() {
    let path = compile("places", C, &["-O1", "-no-pie"]);
    let place = osmia_host::Binary::open(&path).unwrap().function("target_one").unwrap();
    assert_ne!(place.address, place.offset);
    for target in [UprobeTarget::Address(place.address), UprobeTarget::Offset(place.offset)] {
        let counter = Counter::new(ProgramType::Kprobe, None);
        let attached = put(&counter, &uprobe(&path, target, ProbeSide::Entry));
        run(&path);
        assert_eq!(counter.count(), 10);
        drop(attached);
    }
}

#[test]
fn what_a_file_does_not_have_is_explained() {
    let path = compile("missing", C, &["-O1"]);
    let counter = Counter::new(ProgramType::Kprobe, None);
    let ask = |path: &Path, target| refusal(&counter, &uprobe(path, target, ProbeSide::Entry));
    let text = ask(&path, symbol("target_onee"));
    assert!(text.contains("no function `target_onee`; did you mean `target_one`?"), "{text}");
    assert!(ask(&path, UprobeTarget::Address(1 << 60)).contains("in no loaded part of the file"));
    assert!(ask(Path::new("/nowhere"), symbol("x")).contains("no such file"));
    assert!(ask(Path::new("/usr"), symbol("x")).contains("not a regular file"));
    assert!(ask(Path::new("/etc/passwd"), symbol("x")).contains("not an ELF file"));
}

/// Whether the kernel puts programs at many places of a file by one link.
fn has_uprobe_multi() -> bool {
    osmia_host::probe(osmia_abi::Feature::UprobeMulti, &|_| None) == Ok(true)
}

#[test]
fn many_functions_of_a_file_are_probed_by_one_link_or_one_by_one() {
    let path = compile("many", C, &["-O1"]);
    let many = |name: &str| Attach::UprobeMulti {
        path: path.to_string_lossy().into_owned(),
        targets: vec![symbol(name)],
        pid: None,
        side: ProbeSide::Entry,
    };
    let counter =
        Counter::new(ProgramType::Kprobe, has_uprobe_multi().then_some(AttachType::TraceUprobeMulti));
    let attached = put(&counter, &many("target_*"));
    assert_eq!(attached.len(), if has_uprobe_multi() { 1 } else { 2 });
    run(&path);
    assert_eq!(counter.count(), 20);
    detach_all(vec![attached]);
    let single = Counter::new(ProgramType::Kprobe, None);
    let attached = put(&single, &many("target_*"));
    assert_eq!((attached.len(), attached.missed().len()), (2, 0));
    run(&path);
    assert_eq!(single.count(), 20);
    detach_all(vec![attached]);
    assert!(refusal(&single, &many("nothing_*")).contains("no function `nothing_*`"));
}

#[test]
fn one_process_is_probed() {
    let path = compile("process", C, &["-O1"]);
    let counter = Counter::new(ProgramType::Kprobe, None);
    let to = Attach::Uprobe {
        path: path.to_string_lossy().into_owned(),
        target: symbol("target_one"),
        pid: Some(std::process::id()),
        side: ProbeSide::Entry,
    };
    let attached = put(&counter, &to);
    run(&path);
    assert_eq!(counter.count(), 0, "another process was seen");
    drop(attached);
}

#[test]
fn many_places_are_attached_to_and_left_together() {
    let counter = Counter::new(ProgramType::Tracepoint, None);
    // One program may be at a tracepoint only once.
    let calls =
        "read write close openat lseek mmap mprotect munmap brk ioctl pread64 dup getpid socket connect bind";
    let places: Vec<Attach> =
        calls.split(' ').map(|call| tracepoint("syscalls", &format!("sys_enter_{call}"))).collect();
    let all = attach_all(&counter.loaded.programs[0], &places, &PLAIN).unwrap();
    assert_eq!(all.len(), 16);
    stir();
    assert!(counter.count() >= 60, "{}", counter.count());
    detach_all(all);
    let after = counter.count();
    stir();
    assert_eq!(counter.count(), after);
}

#[test]
fn if_one_place_fails_there_is_none() {
    let counter = Counter::new(ProgramType::Tracepoint, None);
    let places = [tracepoint("syscalls", "sys_enter_openat"), tracepoint("no", "such")];
    assert!(attach_all(&counter.loaded.programs[0], &places, &PLAIN).is_err());
    let before = counter.count();
    stir();
    assert_eq!(counter.count(), before);
}

#[test]
fn links_are_pinned_and_outlive_their_process() {
    let counter = Counter::new(ProgramType::RawTracepoint, None);
    let attached = put(&counter, &Attach::RawTracepoint { name: "sys_enter".to_owned() });
    let dir = format!("/sys/fs/bpf/osmia-attach-test-{}", std::process::id());
    let paths = pin_all(&counter.loaded, &[("p".to_owned(), &attached)], Path::new(&dir)).unwrap();
    assert!(paths.last().unwrap().ends_with("link_p_0"), "{paths:?}");
    drop(attached);
    let before = counter.count();
    stir();
    assert!(counter.count() > before, "the pin does not hold the program");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn programs_by_request_and_nowhere() {
    let counter = Counter::new(ProgramType::RawTracepoint, None);
    assert!(put(&counter, &Attach::TestRun).is_empty());
    assert!(refusal(&counter, &Attach::Nowhere).contains("does not say where"));
}

/// Whether this kernel has kprobes, as its own device says.
fn has_kprobes() -> bool {
    Path::new("/sys/bus/event_source/devices/kprobe/type").exists()
}

fn kprobe(function: &str, side: ProbeSide) -> Attach {
    Attach::Kprobe { module: None, function: function.to_owned(), offset: 0, side }
}

#[test]
fn kernel_functions_are_probed_or_the_refusal_says_what_is_missing() {
    let counter = Counter::new(ProgramType::Kprobe, None);
    if !has_kprobes() {
        let text = refusal(&counter, &kprobe("do_sys_openat2", ProbeSide::Entry));
        assert!(text.contains("built without kprobes (CONFIG_KPROBES"), "{text}");
        return;
    }
    for side in [ProbeSide::Entry, ProbeSide::Return] {
        let counter = Counter::new(ProgramType::Kprobe, None);
        let attached = put(&counter, &kprobe("do_sys_openat2", side));
        stir();
        assert!(counter.count() >= 20, "{side:?} {}", counter.count());
        drop(attached);
    }
    let text = refusal(&counter, &kprobe("do_sys_openat3", ProbeSide::Entry));
    assert!(text.contains("did you mean `do_sys_openat2`?"), "{text}");
    let attached = put(&counter, &Attach::Syscall { name: "openat".to_owned(), side: ProbeSide::Entry });
    stir();
    assert!(counter.count() >= 20);
    drop(attached);
}

#[test]
fn many_kernel_functions_are_probed() {
    let many = Attach::KprobeMulti { functions: vec!["do_sys_openat*".to_owned()], side: ProbeSide::Entry };
    if !has_kprobes() {
        let counter = Counter::new(ProgramType::Kprobe, None);
        assert!(refusal(&counter, &many).contains("built without kprobes"));
        return;
    }
    let multi = osmia_host::probe(osmia_abi::Feature::KprobeMulti, &|_| None) == Ok(true);
    for attach_type in [None, multi.then_some(AttachType::TraceKprobeMulti)] {
        let counter = Counter::new(ProgramType::Kprobe, attach_type);
        let attached = put(&counter, &many);
        if attach_type.is_some() {
            assert_eq!(attached.len(), 1);
        }
        stir();
        assert!(counter.count() >= 20, "{attach_type:?} {}", counter.count());
        detach_all(vec![attached]);
        let nothing = Attach::KprobeMulti { functions: vec!["no_such_*".to_owned()], side: ProbeSide::Entry };
        assert!(refusal(&counter, &nothing).contains("no kernel function fits no_such_*"));
    }
}

#[test]
fn trampolines_run_programs_or_the_refusal_says_what_is_missing() {
    let function = "do_sys_openat2";
    for (attach_type, side) in
        [(AttachType::TraceFentry, ProbeSide::Entry), (AttachType::TraceFexit, ProbeSide::Return)]
    {
        let program = typed(attach_type, function, true);
        let to = Attach::Trampoline { module: None, function: function.to_owned(), side };
        let loaded =
            load(&common::image(vec![common::bss()], vec![program.clone()]), &LoadOptions::default());
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                assert!(!has_kprobes(), "{error}");
                assert!(error.to_string().contains("put programs at its functions by trampoline"), "{error}");
                continue;
            }
        };
        match attach(&loaded.programs[0], &to, &PLAIN) {
            Ok(attached) => {
                drop(attached);
                let counter = Counter::with(program);
                let attached = put(&counter, &to);
                stir();
                assert!(counter.count() >= 20, "{side:?} {}", counter.count());
                drop(attached);
            }
            Err(error) => {
                assert!(!has_kprobes(), "{error}");
                assert!(matches!(error.kind, AttachErrorKind::NoTrampolines(_)), "{error}");
                assert!(error.to_string().contains("CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"), "{error}");
            }
        }
    }
}
