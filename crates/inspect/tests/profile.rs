//! `prog profile` on a program that runs. Needs root, clang-19 and a kernel that lets programs be attached to programs; where
//! it does not (no ftrace), the refusal is asserted. Counters of the processor are not there in virtual machines: both
//! answers are.
use osmia_abi::Feature;
use osmia_btf::KindTag;
use osmia_inspect::command;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const SOURCE: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("raw_tp/sys_enter") int a_program_with_a_long_name(void *ctx)
{
    unsigned long sum = 0;
    for (int i = 0; i < 100; i++)
        sum += bpf_ktime_get_ns();
    return sum == 1;
}
char LICENSE[] SEC("license") = "GPL";
"#;

/// Status, answer and what is told besides.
fn run(line: &str) -> (u8, String, String) {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("bpftool", &words, &mut out, &mut errors);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}

fn json(line: &str) -> Value {
    let (status, out, errors) = run(&format!("-j {line}"));
    assert_eq!(status, 0, "{line}: {out} {errors}");
    serde_json::from_str(&out).unwrap()
}

/// A program that runs at every system call; its pin goes away with it.
struct Running {
    pin: String,
    program: u64,
}

impl Running {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("osmia-profile-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let dir = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("p.bpf.c"), SOURCE).unwrap();
        let clang = "clang-19 -g -O2 --target=bpf -I/usr/include/x86_64-linux-gnu -c p.bpf.c -o p.bpf.o";
        let made = Command::new("sh").args(["-c", clang]).current_dir(&dir).status().unwrap();
        assert!(made.success(), "this test needs clang-19");
        let pin = format!("/sys/fs/bpf/{name}");
        let loaded = run(&format!("prog load {} {pin} autoattach", dir.join("p.bpf.o").display()));
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(loaded.0, 0, "{loaded:?}");
        let program = json(&format!("link show pinned {pin}"))["prog_id"].as_u64().unwrap();
        Self { pin, program }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        std::fs::remove_file(&self.pin).ok();
    }
}

fn has_trampolines() -> bool {
    let btf = osmia_host::kernel_btf(Path::new(osmia_host::KERNEL_BTF)).unwrap();
    let function = |name: &str| btf.find_kind(name, KindTag::Func).map(|id| id.0);
    let there = osmia_host::probe(Feature::Fentry, &function) == Ok(true);
    assert!(there || std::env::var_os("OSMIA_TRAMPOLINES").is_none(), "this kernel should have trampolines");
    there
}

#[test]
fn what_a_program_costs_is_counted() {
    let running = Running::new();
    let line = format!("prog profile id {} duration 1 cpu_clock", running.program);
    if !has_trampolines() {
        let (status, _, errors) = run(&line);
        assert!(status == 255 && errors.starts_with("Error: failed to load profile_obj: "), "{errors}");
        return;
    }
    let counted = json(&line);
    let (runs, value) = (counted[0]["run_cnt"].as_u64().unwrap(), counted[0]["value"].as_u64().unwrap());
    assert_eq!((counted.as_array().unwrap().len(), &counted[0]["metric"]), (1, &"cpu_clock_ns".into()));
    // A hundred looks at the clock take longer than ten nanoseconds, and all runs together no longer than all processors have.
    assert!(runs > 0 && value > 10 * runs, "{counted}");
    assert!(value < 2_000_000_000 * osmia_sys::online_cpus() as u64, "{counted}");
    let (status, text, errors) = run(&line);
    assert_eq!(status, 0, "{errors}");
    assert!(text.starts_with('\n') && text.contains(" run_cnt             \n"), "{text}");

    let (status, text, errors) = run(&format!(
        "prog profile id {} duration 1 cycles instructions l1d_loads llc itlb dtlb",
        running.program
    ));
    if status == 0 {
        assert!(text.contains("insns per cycle"), "{text}");
    } else {
        assert_eq!(status, 255);
        assert!(
            errors.starts_with("Error: failed to create event ") && errors.contains(" on cpu 0: "),
            "{errors}"
        );
        assert!(errors.contains("does not count that; cpu_clock_ns is counted everywhere"), "{errors}");
    }
}

#[test]
fn what_cannot_be_profiled_is_refused() {
    let running = Running::new();
    let id = running.program;
    for (words, status, told) in [
        (format!("id {id}"), 234, "'profile' needs at least 3 arguments, 2 found"),
        (format!("id {id} foo"), 255, "unknown metric foo: there are cycles, instructions, "),
        ("id 4294967295 cycles".to_owned(), 255, "get by id (4294967295): No such file or directory"),
        (format!("id {id} duration x cycles"), 255, "'x' is no number of seconds"),
    ] {
        let (got, _, errors) = run(&format!("prog profile {words}"));
        assert!(got == status && errors.starts_with(&format!("Error: {told}")), "{words}: {got} {errors}");
    }
}
