//! Records reach the reader by either transport, from every processor.
use std::process::Command;

fn printed(cpu: usize, options: &[&str]) -> String {
    let script = "begin { printf(\"begin %d\\n\", cpu); } end { printf(\"end %d\\n\", cpu); }";
    let mut command = Command::new("taskset");
    command
        .args(["-c", &cpu.to_string(), env!("CARGO_BIN_EXE_osmia"), "-q"])
        .args(options)
        .args(["-e", script]);
    let output = command.output().expect("taskset runs");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[test]
fn ring_buffer() {
    for cpu in 0..processors() {
        assert_eq!(printed(cpu, &[]), format!("begin {cpu}\nend {cpu}\n\n\n"));
    }
}

#[test]
fn perf_buffers() {
    for cpu in 0..processors() {
        assert_eq!(printed(cpu, &["--no-feature", "ringbuf"]), format!("begin {cpu}\nend {cpu}\n\n\n"));
    }
}
