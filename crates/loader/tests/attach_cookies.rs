//! What programs are told of the place they are at: cookies, for each kind that takes one, as the program gets it and as the link
//! tells it.
mod common;

use common::{Counter, compile, program, since};
use osmia_abi::perf::{SW_CPU_CLOCK, TYPE_SOFTWARE};
use osmia_abi::{AttachType, ProgramType};
use osmia_loader::{
    AttachErrorKind, AttachOptions, Attachment, LoadOptions, ProbeMode, attach, detach_all, load,
};
use osmia_object::{Attach, Cpus, Hold, ImageProgram, PerfEvent, ProbeSide, Sample, UprobeTarget, XdpMode};
use osmia_sys::bpf::{LinkDetail, PerfEventDetail, link_info};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Sets the bit of the cookie (`bpf_get_attach_cookie`) in the first eight bytes of the first map.
const REMEMBER: &str = "
    call 174
    r2 = 1
    r2 <<= r0
    r1 = map[idx:0][0]+0
    lock *(u64 *)(r1 +0) |= r2
    r0 = 0
    exit";

fn remembering(kind: ProgramType, attach_type: Option<AttachType>) -> Counter {
    Counter::with(ImageProgram { attach_type, ..program(kind, REMEMBER) })
}

fn with(cookie: u64) -> AttachOptions {
    AttachOptions { cookie, ..AttachOptions::default() }
}

fn put(counter: &Counter, to: &Attach, options: &AttachOptions) -> Attachment {
    attach(&counter.loaded.programs[0], to, options).unwrap_or_else(|error| panic!("{to:?}: {error}"))
}

fn refused(counter: &Counter, to: &Attach, options: &AttachOptions) -> String {
    attach(&counter.loaded.programs[0], to, options).map(drop).expect_err("a refusal").to_string()
}

/// The cookies that the links of an attachment tell.
fn told(attached: &Attachment) -> Vec<u64> {
    let links = attached.links().expect("links");
    let each = links.into_iter().flat_map(|link| match link_info(link).unwrap().detail {
        LinkDetail::RawTracepoint { cookie, .. } | LinkDetail::Tracing { cookie, .. } => vec![cookie],
        LinkDetail::UprobeMulti { cookies, .. } | LinkDetail::KprobeMulti { cookies, .. } => cookies,
        LinkDetail::PerfEvent(detail) => match detail {
            PerfEventDetail::Uprobe { cookie, .. }
            | PerfEventDetail::Kprobe { cookie, .. }
            | PerfEventDetail::Tracepoint { cookie, .. }
            | PerfEventDetail::Event { cookie, .. } => vec![cookie],
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    });
    each.collect()
}

/// Waits until the program has remembered exactly these, while something happens.
fn remembers(counter: &Counter, cookies: &[u64], happen: impl Fn()) {
    let wanted = cookies.iter().fold(0, |all, cookie| all | 1 << cookie);
    let end = Instant::now() + Duration::from_secs(20);
    while counter.count() != wanted && Instant::now() < end {
        happen();
    }
    assert_eq!(counter.count(), wanted);
}

fn stir() {
    std::fs::read("/proc/self/comm").unwrap();
}

#[test]
fn events_of_the_kernel_tell_their_cookie() {
    let tracepoint =
        Attach::Tracepoint { category: "syscalls".to_owned(), name: "sys_enter_openat".to_owned() };
    let clock = PerfEvent { kind: TYPE_SOFTWARE, config: SW_CPU_CLOCK };
    let clock =
        Attach::PerfEvent { event: clock, sample: Sample::Period(1_000_000), cpus: Cpus::All, pid: None };
    let counter = remembering(ProgramType::Tracepoint, None);
    let attached = put(&counter, &tracepoint, &with(7));
    remembers(&counter, &[7], stir);
    if since(6, 18) {
        assert_eq!(told(&attached), [7]);
    }
    let other = remembering(ProgramType::PerfEvent, None);
    let ticking = put(&other, &clock, &with(9));
    remembers(&other, &[9], stir);
    if since(6, 18) {
        assert!(told(&ticking).iter().all(|cookie| *cookie == 9));
    }
    detach_all(vec![attached, ticking]);
    let options = AttachOptions { mode: ProbeMode::Perf, ..with(7) };
    let text = refused(&counter, &tracepoint, &options);
    assert!(text.contains("only links at perf events have cookies"), "{text}");
}

#[test]
fn raw_tracepoints_tell_their_cookie() {
    let btf = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let typed = ImageProgram {
        attach_type: Some(AttachType::TraceRawTp),
        attach_btf_id: btf.find_typedef("btf_trace_sys_enter").unwrap(),
        ..program(ProgramType::Tracing, REMEMBER)
    };
    let raw = Attach::RawTracepoint { name: "sys_enter".to_owned() };
    let by_type = Attach::BtfTracepoint { name: "sys_enter".to_owned() };
    if !since(6, 10) {
        let counter = Counter::new(ProgramType::RawTracepoint, None);
        refused(&counter, &raw, &with(5));
        return;
    }
    let all = [(remembering(ProgramType::RawTracepoint, None), raw, 5), (Counter::with(typed), by_type, 6)];
    for (counter, place, cookie) in all {
        let attached = put(&counter, &place, &with(cookie));
        remembers(&counter, &[cookie], stir);
        if since(6, 18) {
            assert_eq!(told(&attached), [cookie]);
        }
    }
}

const C: &str = "
    __attribute__((noinline)) int target_one(int x) { __asm__ volatile(\"\"); return x + 1; }
    __attribute__((noinline)) int target_two(int x) { __asm__ volatile(\"\"); return x + 2; }
    int main(void) { return target_one(1) + target_two(1) != 5; }";

#[test]
fn functions_of_files_tell_their_cookie_each_its_own() {
    let path = compile("cookies", C, &["-O1"]);
    let run = || assert!(Command::new(&path).status().unwrap().success());
    let symbol = |name: &str| UprobeTarget::Symbol { name: name.to_owned(), offset: 0 };
    let file = path.to_string_lossy().into_owned();
    for side in [ProbeSide::Entry, ProbeSide::Return] {
        let place = Attach::Uprobe { path: file.clone(), target: symbol("target_one"), pid: None, side };
        let counter = remembering(ProgramType::Kprobe, None);
        let attached = put(&counter, &place, &with(3));
        remembers(&counter, &[3], run);
        if since(6, 18) {
            assert_eq!(told(&attached), [3]);
        }
    }
    // In another order than in the file, so that each keeps its own.
    let targets = vec![symbol("target_two"), symbol("target_one")];
    let many = Attach::UprobeMulti { path: file.clone(), targets, pid: None, side: ProbeSide::Entry };
    let each = AttachOptions { cookies: vec![21, 11], ..AttachOptions::default() };
    let has = osmia_host::probe(osmia_abi::Feature::UprobeMulti, &|_| None) == Ok(true);
    let counter = remembering(ProgramType::Kprobe, has.then_some(AttachType::TraceUprobeMulti));
    let attached = put(&counter, &many, &each);
    remembers(&counter, &[11, 21], run);
    if since(6, 18) {
        let binary = osmia_host::Binary::open(&path).unwrap();
        let place = |name: &str| binary.function(name).unwrap().offset;
        let mut wanted = vec![(place("target_one"), 11), (place("target_two"), 21)];
        wanted.sort_unstable();
        assert_eq!(told(&attached), wanted.into_iter().map(|(_, cookie)| cookie).collect::<Vec<_>>());
    }
    drop(attached);
    let single = remembering(ProgramType::Kprobe, None);
    let attached = put(&single, &many, &each);
    remembers(&single, &[11, 21], run);
    drop(attached);
    let fewer = AttachOptions { cookies: vec![21], ..AttachOptions::default() };
    assert!(refused(&counter, &many, &fewer).contains("cookies are one for each of the functions"));
    let pattern = Attach::UprobeMulti {
        path: file,
        targets: vec![symbol("target_*")],
        pid: None,
        side: ProbeSide::Entry,
    };
    assert!(refused(&counter, &pattern, &fewer).contains("a pattern stands for any number of places"));
}

#[test]
fn functions_of_the_kernel_tell_their_cookie_each_its_own() {
    let functions = vec!["do_sys_openat2".to_owned(), "ksys_read".to_owned()];
    let many = Attach::KprobeMulti { functions, side: ProbeSide::Entry };
    let each = AttachOptions { cookies: vec![31, 32], ..AttachOptions::default() };
    let has = osmia_host::probe(osmia_abi::Feature::KprobeMulti, &|_| None) == Ok(true);
    for attach_type in [None, has.then_some(AttachType::TraceKprobeMulti)] {
        let counter = remembering(ProgramType::Kprobe, attach_type);
        match attach(&counter.loaded.programs[0], &many, &each) {
            Ok(attached) => {
                remembers(&counter, &[31, 32], stir);
                drop(attached);
            }
            // Such a kernel has no kprobes at all; the virtual machine's has.
            Err(error) => {
                assert!(std::env::var_os("OSMIA_TRAMPOLINES").is_none(), "{error}");
                assert!(matches!(error.kind, AttachErrorKind::NoKprobes), "{error}");
            }
        }
    }
}

#[test]
fn trampolines_tell_their_cookie() {
    let btf = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let program = ImageProgram {
        attach_type: Some(AttachType::TraceFentry),
        attach_btf_id: btf.find_func("do_sys_openat2").unwrap(),
        ..program(ProgramType::Tracing, REMEMBER)
    };
    let to =
        Attach::Trampoline { module: None, function: "do_sys_openat2".to_owned(), side: ProbeSide::Entry };
    let image = common::image(vec![common::bss()], vec![program.clone()]);
    match load(&image, &LoadOptions::default()) {
        Ok(_) => {
            let counter = Counter::with(program);
            let attached = put(&counter, &to, &with(12));
            remembers(&counter, &[12], stir);
            drop(attached);
        }
        // Such a kernel has no trampolines; the virtual machine's has.
        Err(error) => {
            assert!(std::env::var_os("OSMIA_TRAMPOLINES").is_none(), "{error}");
            assert!(error.to_string().contains("put programs at its functions by trampoline"), "{error}");
        }
    }
}

#[test]
fn places_without_cookies_refuse_them() {
    let counter = Counter::new(ProgramType::Xdp, None);
    let place = Attach::Xdp { interface: "lo".to_owned(), mode: XdpMode::Any, hold: Hold::Link };
    let text = refused(&counter, &place, &with(1));
    assert!(text.contains("programs there cannot ask for a cookie"), "{text}");
}
