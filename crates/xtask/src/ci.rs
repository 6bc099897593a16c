//! Everything that must hold.
use crate::run::{run, run_with};
use crate::{deps, install, kernels};

/// All of it: what `.ci/run` and the README call.
pub(crate) fn ci(args: &[String]) -> Result<(), String> {
    install::install()?;
    lint()?;
    run("cargo", &["build", "--workspace", "--all-targets"])?;
    run("cargo", &["build", "--release", "--package", "osmia-cli"])?;
    test(args)?;
    kernels::kernels(&[])
}

/// What is told without running anything.
pub(crate) fn lint() -> Result<(), String> {
    run("cargo", &["fmt", "--all", "--check"])?;
    deps::deps()?;
    run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let strict = [("RUSTDOCFLAGS", "-D warnings")];
    let command = ["rustdoc", "--package", "osmia-cli", "--bin", "osmia", "--", "--document-private-items"];
    run_with("cargo", &command, &strict)?;
    // The library comes last, and keeps the place that both would have.
    run_with("cargo", &["doc", "--workspace", "--no-deps", "--document-private-items"], &strict)?;
    run("cargo", &["deny", "--log-level", "error", "check", "licenses", "bans", "sources"])
}

/// All tests on this machine.
pub(crate) fn test(args: &[String]) -> Result<(), String> {
    let mut command = vec!["nextest", "run", "--workspace", "--no-fail-fast"];
    command.extend(args.iter().map(String::as_str));
    run("cargo", &command)?;
    run("cargo", &["test", "--workspace", "--doc"])
}
