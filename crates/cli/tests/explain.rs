//! `osmia explain`, as it is called.
mod common;

use common::{Scratch, osmia, run_with};

const LOG: &str = "0: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=m,ks=4,vs=8)\n\
    ; return *value; @ prog.c:12\n\
    1: (79) r0 = *(u64 *)(r0 +0)\n\
    R0 invalid mem access 'map_value_or_null'\n\
    processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

fn explain(words: &[&str], log: &str) -> (Option<i32>, String) {
    let done = run_with(osmia().arg("explain").args(words), log);
    (done.status.code(), done.out)
}

#[test]
fn a_log_is_explained() {
    let (status, text) = explain(&["-"], LOG);
    assert_eq!(status, Some(1));
    assert!(text.contains("it may be NULL"), "{text}");
    assert!(text.contains("at prog.c:12: return *value;"), "{text}");
    assert!(text.contains("returned by bpf_map_lookup_elem"), "{text}");
}

#[test]
fn json_names_class_and_place() {
    let (_, text) = explain(&["--json", "-"], LOG);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let refused = &told[0]["refused"];
    assert_eq!(refused["class"], "register_type_safety");
    assert_eq!(refused["place"]["line"], 12);
    assert_eq!(refused["origin"][0]["slot"], 0);
}

#[test]
fn nothing_to_explain_is_no_failure() {
    let (status, text) = explain(&["-"], "processed 2 insns (limit 1000000) max_states_per_insn 0\n");
    assert_eq!((status, text.as_str()), (Some(0), "the log tells of no refusal\n"));
}

#[test]
fn what_is_no_log_is_told() {
    let (status, text) =
        explain(&["-"], "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n");
    assert_eq!(status, Some(1));
    assert!(text.starts_with("not looked at: this is no log of the verifier's"), "{text}");
    // A known message alone is enough.
    let (_, text) = explain(&["-"], "R0 !read_ok\n");
    assert!(text.contains("the verifier says: R0 !read_ok"), "{text}");
}

/// Programs of one object: taken, refused at a line, refused as a whole, and two that this machine cannot have.
const OBJECT: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, long); __uint(max_entries, 1); } m SEC(".maps");
SEC("socket") int taken(void *ctx) { return 0; }
SEC("socket") int unchecked(void *ctx) {
    int key = 0;
    long *value = bpf_map_lookup_elem(&m, &key);
    return *value;
}
static __attribute__((noinline)) int below(volatile char *at) {
    volatile char more[300];
    for (int i = 0; i < 300; i++) more[i] = i;
    return more[7] + at[7];
}
SEC("socket") int deep(void *ctx) {
    volatile char much[300];
    much[7] = 1;
    return below(much);
}
SEC("tp_btf/no_kernel_has_this") int foreign(void *ctx) { return 0; }
struct no_such_structure { int (*hook)(void); };
SEC("struct_ops/hook") int hook(void *ctx) { return 0; }
SEC(".struct_ops") struct no_such_structure ops = { .hook = (void *)hook };
"#;

#[test]
fn each_program_of_an_object_is_explained_by_itself() {
    let scratch = Scratch::new();
    let object = scratch.compile_bpf("several", OBJECT);
    let line = |part: &str| OBJECT.lines().position(|line| line.contains(part)).unwrap() + 1;
    let (status, text) = explain(&["--json", &object], "");
    assert_eq!(status, Some(1), "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |name: &str| told.as_array().unwrap().iter().find(|one| one["program"] == name).unwrap();
    assert_eq!(of("taken")["accepted"], serde_json::Value::Null, "{text}");
    assert!(of("taken").get("accepted").is_some(), "{text}");
    assert_eq!(of("unchecked")["refused"]["place"]["line"], line("return *value;"), "{text}");
    assert_eq!(of("deep")["refused"]["class"], "verifier_limit", "{text}");
    assert_eq!(of("deep")["refused"]["place"]["line"], line("int deep("), "{text}");
    for (name, what) in [("foreign", "no_kernel_has_this"), ("hook", "no_such_structure")] {
        assert!(of(name)["unfit"][0]["message"].as_str().unwrap().contains(what), "{text}");
    }
    assert_eq!(of("foreign")["unfit"][0]["place"]["line"], line("int foreign("), "{text}");
}

/// Programs that want what no kernel has, beside one that does not.
const LACKING: &str = r#"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); } good SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int);
         __uint(pinning, 7); } ill_pinned SEC(".maps"), unused SEC(".maps");
extern int no_such_function(int a) __ksym;
extern const int no_such_variable __ksym;
extern const void no_such_symbol __ksym;
extern int CONFIG_NO_SUCH_VALUE __kconfig;
extern const long runqueues __ksym;
extern int elsewhere(int a);
SEC("tc") int taken(void *ctx) { int key = 0; return bpf_map_lookup_elem(&good, &key) != 0; }
SEC("tc") int calls(void *ctx) {
    return no_such_function(3);
}
static __attribute__((noinline)) int below(void) {
    return no_such_variable;
}
SEC("tc") int reads(void *ctx) { return below() + below(); }
SEC("tc") int takes(void *ctx) {
    return &no_such_symbol == ctx;
}
SEC("tc") int configured(void *ctx) {
    return CONFIG_NO_SUCH_VALUE;
}
SEC("tc") int unlike(void *ctx) {
    return runqueues;
}
SEC("tc") int unlinked(void *ctx) {
    return elsewhere(1);
}
SEC("tc") int stores(void *ctx) {
    int key = 0;
    return bpf_map_lookup_elem(&ill_pinned, &key) != 0;
}
"#;

#[test]
fn programs_that_want_what_is_not_there_say_so_and_others_are_explained() {
    let scratch = Scratch::new();
    let object = scratch.compile_bpf("lacking", LACKING);
    let line = |part: &str| LACKING.lines().position(|line| line.contains(part)).unwrap() + 1;
    let (status, text) = explain(&["--json", &object], "");
    assert_eq!(status, Some(1), "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |name: &str| told.as_array().unwrap().iter().find(|one| one["program"] == name).unwrap();
    assert!(of("taken").get("accepted").is_some(), "{text}");
    for (name, at, what, advice) in [
        ("calls", "return no_such_function(3);", "no symbol `no_such_function`", "__weak"),
        ("reads", "return no_such_variable;", "no symbol `no_such_variable`", "__weak"),
        ("takes", "return &no_such_symbol", "no symbol `no_such_symbol`", "__weak"),
        ("configured", "return CONFIG_NO", "configuration has no `CONFIG_NO_SUCH_VALUE`", "__weak"),
        ("unlike", "return runqueues;", "`runqueues` has another type", "format c"),
        ("unlinked", "return elsewhere(1);", "it is not linked", "osmia gen object"),
        (
            "stores",
            "bpf_map_lookup_elem(&ill_pinned",
            "`ill_pinned` has 7 for its `pinning`",
            "LIBBPF_PIN_BY_NAME",
        ),
    ] {
        let lacks = of(name)["unfit"].as_array().unwrap_or_else(|| panic!("{name}: {text}"));
        assert_eq!(lacks.len(), 1, "{name}: {text}");
        assert!(lacks[0]["message"].as_str().unwrap().contains(what), "{name}: {text}");
        assert!(lacks[0]["advice"].as_str().unwrap().contains(advice), "{name}: {text}");
        assert_eq!(lacks[0]["place"]["line"], line(at), "{name}: {text}");
    }
    // Nobody wants this one, so no program is to blame.
    let message = &of("")["unfit"][0]["message"];
    assert!(message.as_str().unwrap().contains("`unused` has 7 for its `pinning`"), "{text}");
    let (_, text) = explain(&[&object], "");
    let place = format!("lacking.bpf.c:{}: return no_such_function(3);", line("return no_such_function"));
    assert!(text.contains("calls: Does not fit: the kernel has no symbol `no_such_function`\n"), "{text}");
    assert!(text.contains(&place), "{text}");
}

/// An object that cannot be read is named.
#[test]
fn a_broken_object_is_named() {
    let dir = Scratch::new();
    let object = dir.write("broken.bpf.o", "\u{7f}ELF, and no more");
    let error = common::run(osmia().args(["explain", &object])).refused();
    assert!(error.starts_with(&format!("ERROR: {object}: ")), "{error}");
}
