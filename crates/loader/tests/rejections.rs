//! Logs of verifiers old and new, and what is made of them.
mod common;

use osmia_abi::ProgramType;
use osmia_loader::Rejection;
use osmia_object::{ImageProgram, LineInfo};
use osmia_sys::Errno;
use osmia_testkit::golden;

#[test]
fn logs_are_explained() {
    let line = |slot, line| LineInfo {
        slot,
        file: "prog.c".to_owned(),
        text: format!("    the text of line {line};"),
        file_offset: 0,
        text_offset: 0,
        line,
        column: 7,
    };
    let program = ImageProgram {
        lines: vec![line(0, 10), line(5, 12), line(90, 40)],
        ..common::program(ProgramType::Kprobe, "r0 = 0; exit")
    };
    golden("tests/rejections", |log| Rejection::new(&program, Errno::EINVAL, log.to_owned()).to_string());
}
