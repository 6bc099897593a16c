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
