//! What is done to the project rather than by it: `cargo xtask ci`, and its parts one by one.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command-line tool")]
mod bench;
mod ci;
mod corpus;
mod deps;
mod install;
mod kernels;
mod run;

use std::process::ExitCode;

/// One task.
struct Task {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const TASKS: &[Task] = &[
    Task { name: "ci", help: "everything that must hold, on this machine and in virtual ones", run: ci::ci },
    Task {
        name: "install",
        help: "install the distribution packages that tests need",
        run: |_| install::install(),
    },
    Task {
        name: "lint",
        help: "formatting, clippy, documentation, dependency table, licences",
        run: |_| ci::lint(),
    },
    Task { name: "test", help: "all tests on this machine", run: ci::test },
    Task {
        name: "deps",
        help: "compare the manifests with the table in ARCHITECTURE.md",
        run: |_| deps::deps(),
    },
    Task {
        name: "kernels",
        help: "run the tests for other kernels in virtual machines",
        run: kernels::kernels,
    },
    Task {
        name: "corpus",
        help: "compare with libbpf what becomes of a folder of objects",
        run: corpus::corpus,
    },
    Task {
        name: "bench",
        help: "measure against the peers; prints the tables of BENCHMARKS.md",
        run: bench::bench,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = args.first().and_then(|name| TASKS.iter().find(|task| task.name == name)) else {
        eprintln!("usage: cargo xtask TASK");
        for task in TASKS {
            eprintln!("  {:8} {}", task.name, task.help);
        }
        return ExitCode::from(64);
    };
    match (task.run)(&args[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {}: {message}", task.name);
            ExitCode::FAILURE
        }
    }
}
