//! Programs of libbpf's `usdt.bpf.h`, compiled by clang, at probes in a program of our own: what they read of arguments.
mod common;

use common::compile;
use osmia_abi::Feature;
use osmia_loader::{AttachOptions, Attachment, Globals, LoadOptions, Loaded, attach, load};
use osmia_object::{Attach, Target};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two sites of one probe with different operands, and one of another.
const PROBED: &str = r#"
#define NOTE(provider, name, arguments) \
    "990: nop\n" \
    ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n" \
    ".4byte 992f-991f, 994f-993f, 3\n" \
    "991: .asciz \"stapsdt\"\n992: .balign 4\n" \
    "993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte 0\n" \
    ".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n" \
    "994: .balign 4\n.popsection\n" \
    ".ifndef _.stapsdt.base\n" \
    ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n.hidden _.stapsdt.base\n" \
    "_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n.popsection\n.endif\n"
static long table[4] = { 10, 20, 30, 40 };
int main(void) {
    long *base = table;
    long index = 2;
    int small = -5;
    __asm__ volatile(NOTE("osmia", "told", "-4@%%eax 8@$1234 8@8(%%rcx) 1@%%ah 8@8(%%rcx,%%rdx,8)")
        :: "a"(small), "c"(base), "d"(index));
    __asm__ volatile(NOTE("osmia", "told", "-4@$-6 8@%%rdx 8@(%%rcx) 1@%%al 8@(%%rcx,%%rdx,8)")
        :: "a"(0x77), "c"(base), "d"(index));
    return 0;
}
"#;

const PROGRAM: &str = r#"
#define BPF_USDT_MAX_SPEC_CNT 8
#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>
__u64 runs, values[2][8];
SEC("usdt")
int told(struct pt_regs *ctx) {
    __u64 run = runs++;
    long value = 0;
    if (run >= 2) return 0;
    for (int i = 0; i < 5; i++) {
        long failed = bpf_usdt_arg(ctx, i, &value);
        values[run][i] = failed ? 0xbad : value;
    }
    values[run][5] = bpf_usdt_arg_cnt(ctx);
    values[run][6] = bpf_usdt_cookie(ctx);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
"#;

fn object() -> Vec<u8> {
    let dir = std::env::temp_dir().join(format!("osmia-usdt-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let (source, out) = (dir.join("usdt.bpf.c"), dir.join("usdt.bpf.o"));
    std::fs::write(&source, PROGRAM).unwrap();
    let arguments = "-g -O2 --target=bpf -D__TARGET_ARCH_x86 -I/usr/include/x86_64-linux-gnu -c -o";
    let mut clang = Command::new("clang-19");
    let done = clang.args(arguments.split(' ')).arg(&out).arg(&source).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(out).unwrap()
}

/// The object in this kernel, or as if it had no cookies.
fn loaded(cookies: bool) -> Loaded {
    let object = osmia_object::elf::read(&object()).unwrap();
    let features = [(Feature::AttachCookie, cookies)].into_iter().collect();
    let image =
        osmia_object::resolve_named(&object, &Target { features, ..Target::default() }, "usdt").unwrap();
    load(&image, &LoadOptions::default()).unwrap()
}

fn put(loaded: &Loaded, path: &Path, options: &AttachOptions) -> Attachment {
    let place = Attach::Usdt {
        path: path.to_string_lossy().into_owned(),
        provider: "osmia".to_owned(),
        name: "told".to_owned(),
        pid: None,
        sites: Vec::new(),
    };
    attach(loaded.program("told").unwrap(), &place, options).unwrap_or_else(|error| panic!("{error}"))
}

fn run(path: &Path) {
    assert!(Command::new(path).status().unwrap().success());
}

/// `runs`, then eight values of each run, as the compiler laid them out in `.bss`.
fn numbers(loaded: &Loaded) -> Vec<u64> {
    let bss = loaded.maps.iter().find(|map| map.name.ends_with(".bss")).unwrap();
    let mut raw = vec![0; 17 * 8];
    Globals::new(&bss.fd).unwrap().read(0, &mut raw).unwrap();
    raw.chunks(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect()
}

const UNREAD: u64 = 0xbad;
const MINUS_SIX: u64 = -6_i64 as u64;
const MINUS_FIVE: u64 = -5_i64 as u64;

fn check(loaded: &Loaded, path: &Path, options: &AttachOptions) {
    let attached = put(loaded, path, options);
    run(path);
    let all = numbers(loaded);
    // Debian's headers are of libbpf 1.1, which cannot read by an index register.
    let indexed = |value| if attached.missed().is_empty() { value } else { UNREAD };
    assert_eq!(all[0], 2);
    assert_eq!(all[1..8], [MINUS_FIVE, 1234, 20, 0xff, indexed(40), 5, options.cookie]);
    assert_eq!(all[9..16], [MINUS_SIX, 2, 10, 0x77, indexed(30), 5, options.cookie]);
    for missed in attached.missed() {
        assert!(missed.name.starts_with("argument 4 of osmia:told"), "{missed:?}");
        assert!(missed.why.to_string().contains("before libbpf 1.7"), "{missed:?}");
    }
    drop(attached);
    run(path);
    assert_eq!(numbers(loaded)[0], 2);
}

fn program(name: &str, arguments: &[&str]) -> PathBuf {
    compile(name, PROBED, arguments)
}

#[test]
fn programs_learn_of_the_arguments_of_probes() {
    let path = program("told", &["-O1"]);
    let options = AttachOptions { cookie: 77, ..AttachOptions::default() };
    check(&loaded(true), &path, &options);
}

#[test]
fn without_cookies_they_learn_by_their_address() {
    let path = program("fixed", &["-O1", "-no-pie"]);
    let options = AttachOptions { without_cookies: true, ..AttachOptions::default() };
    check(&loaded(false), &path, &options);
    let loaded = loaded(false);
    let path = program("anywhere", &["-O1", "-pie", "-fPIE"]);
    let place = Attach::Usdt {
        path: path.to_string_lossy().into_owned(),
        provider: "osmia".to_owned(),
        name: "told".to_owned(),
        pid: None,
        sites: Vec::new(),
    };
    let error = attach(loaded.program("told").unwrap(), &place, &options).unwrap_err();
    assert!(error.to_string().contains("name one process"), "{error}");
}

#[test]
fn places_have_room_or_the_refusal_says_what_to_compile() {
    let path = program("room", &["-O1"]);
    let loaded = loaded(true);
    let places: Vec<Attachment> = (0..4).map(|_| put(&loaded, &path, &AttachOptions::default())).collect();
    let place = Attach::Usdt {
        path: path.to_string_lossy().into_owned(),
        provider: "osmia".to_owned(),
        name: "told".to_owned(),
        pid: None,
        sites: Vec::new(),
    };
    let error = attach(loaded.program("told").unwrap(), &place, &AttachOptions::default()).unwrap_err();
    assert!(error.to_string().contains("BPF_USDT_MAX_SPEC_CNT"), "{error}");
    osmia_loader::detach_all(places);
    let unknown = Attach::Usdt {
        provider: "osmia".to_owned(),
        name: "tolt".to_owned(),
        path: path.to_string_lossy().into_owned(),
        pid: None,
        sites: Vec::new(),
    };
    let error = attach(loaded.program("told").unwrap(), &unknown, &AttachOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("did you mean `told`?"), "{error}");
}
