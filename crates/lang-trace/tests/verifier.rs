//! What the kernel's verifier takes: every construct, compiled for old and new kernels, with both transports.
mod machine;

use osmia_abi::Version;
use osmia_lang_trace::{LowerOptions, Transport};
use std::path::Path;

/// Loads every script of a file (they are separated by `----`) and tells which were refused.
fn refused(options: &LowerOptions, version: Version) -> String {
    refused_of("verifier.bt", options, version)
}

fn refused_of(file: &str, options: &LowerOptions, version: Version) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    let scripts = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"));
    let mut text = String::new();
    let mut count = 0;
    for script in scripts.split("----\n") {
        count += 1;
        if let Err(error) = machine::load_for(script, options, version) {
            text += &format!("{script}\n{error}\n");
        }
    }
    assert!(count > 5, "only {count} scripts");
    text
}

#[test]
fn made_for_this_kernel() {
    assert_eq!(refused(&LowerOptions::default(), machine::running_version()), "");
}

#[test]
fn perf_buffer_and_filters() {
    let options = LowerOptions {
        pid: Some(1),
        pid_namespace: Some((4, 0xf000_0000)),
        cpid: Some(7),
        transport: Transport::PerfBuffer,
        ..LowerOptions::default()
    };
    assert_eq!(refused(&options, machine::running_version()), "");
}

#[test]
fn made_for_5_15() {
    assert_eq!(refused(&LowerOptions::default(), Version(5, 15)), "");
}

#[test]
fn made_for_5_4() {
    assert_eq!(refused(&LowerOptions::default(), Version(5, 4)), "");
}

/// Loops that turn for as long as it takes, with others in them: the kernel's own loop turns them (5.17).
#[test]
fn long_loops() {
    assert_eq!(refused_of("loops.bt", &LowerOptions::default(), machine::running_version()), "");
    assert_eq!(refused_of("loops.bt", &LowerOptions::default(), Version(5, 17)), "");
}

/// Kernels without trampolines cannot load these at all; `OSMIA_TRAMPOLINES=1` says that this one has them.
#[test]
fn trampolines() {
    if std::env::var_os("OSMIA_TRAMPOLINES").is_none() {
        #[expect(clippy::print_stdout, reason = "a skip is said aloud")]
        {
            println!(
                "skipped: trampolines (set OSMIA_TRAMPOLINES=1 on a kernel with CONFIG_FUNCTION_TRACER)"
            );
        }
        return;
    }
    assert_eq!(refused_of("trampolines.bt", &LowerOptions::default(), machine::running_version()), "");
}
