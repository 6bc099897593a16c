//! Logs of verifiers, and what is made of them: golden files, each a log of one of our own programs and its explanation.
use osmia_explain::{Class, explain};
use osmia_testkit::golden;

#[test]
fn logs_are_explained() {
    golden("tests/logs", |log| {
        explain(log).map_or_else(|| "no refusal".to_owned(), |told| told.to_string().trim_end().to_owned())
    });
}

/// Buffers cut logs anywhere.
#[test]
fn pieces_of_logs_are_read() {
    for entry in std::fs::read_dir("tests/logs").unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for at in (0..text.len()).step_by(61).filter(|at| text.is_char_boundary(*at)) {
            let (begin, end) = text.split_at(at);
            let _ = (explain(begin), explain(end));
        }
    }
}

#[test]
fn accepted_programs_have_nothing_to_explain() {
    assert_eq!(explain(""), None);
    assert_eq!(
        explain("0: (b7) r0 = 0\n1: (95) exit\nprocessed 2 insns (limit 1000000) max_states_per_insn 0\n"),
        None
    );
}

#[test]
fn long_lines_take_bounded_time() {
    let log = format!("R1 type={}", "scalar expected".repeat(200_000));
    assert_eq!(explain(&log).unwrap().class, Some(Class::CallTypeSafety));
}

/// Of logs that are too long the kernel keeps the end, which may begin in the middle of a state.
#[test]
fn the_end_of_a_state_is_no_source_line() {
    let place = |first: &str, slot: u32| {
        let log = format!(
            "{first}\n{slot}: (07) r7 += 4 ; R7=4\nBPF program is too large. Processed 1000001 insn\n"
        );
        explain(&log).unwrap().place
    };
    assert_eq!(place("; 0x7ffff))", 2), None);
    assert_eq!(place("; next(); @ loop.c:7", 2).map(|place| place.line), Some(7));
    assert_eq!(place("; int loop(void)", 0).map(|place| place.text).as_deref(), Some("int loop(void)"));
}

/// What the kernel says of its own structures that programs may write in part.
#[test]
fn writes_to_structures_of_the_kernel_are_explained() {
    for (message, means) in [
        ("no write support to nf_conn at off 128", "`nf_conn` has no member at 128 that programs may write"),
        (
            "write access at off 8 with size 4 beyond the member of tcp_sock ended at 10",
            "4 bytes are written at 8 of `tcp_sock`, beyond the end of the member there, which ends at 10",
        ),
        (
            "write access for struct hid_bpf_ctx at off 0 with size 8",
            "8 bytes at 0 of `hid_bpf_ctx` may not be written",
        ),
        (
            "write access at off 4 with size 8 on read-only part of hid_bpf_ctx",
            "8 bytes at 4 of `hid_bpf_ctx` may only be read",
        ),
        ("write access at off 4 with size 8", "8 bytes at 4 of an object of the kernel's may not be written"),
    ] {
        let meaning = osmia_explain::meaning(message).unwrap();
        assert_eq!((meaning.class, meaning.meaning.as_str()), (Class::MemorySafety, means));
    }
}
