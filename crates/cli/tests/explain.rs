//! `osmia explain`, as it is called.
mod common;

use common::{osmia, run_with};

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
