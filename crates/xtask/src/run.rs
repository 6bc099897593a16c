//! Running other programs.
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize()
        .unwrap_or_else(|_| PathBuf::from("."))
}

/// Runs a program in the project's folder; an error names what failed.
pub(crate) fn run(program: &str, args: &[&str]) -> Result<(), String> {
    run_with(program, args, &[])
}

/// The same, with more in its environment.
pub(crate) fn run_with(program: &str, args: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let line = format!("{program} {}", args.join(" "));
    println!("── {line}");
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .envs(environment.iter().copied())
        .current_dir(root())
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    println!("── {:.1} s", start.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// The same for a program that runs beside others: what it says is shown in one piece at its end.
pub(crate) fn run_whole(program: &str, args: &[&str]) -> Result<(), String> {
    let line = format!("{program} {}", args.join(" "));
    let start = Instant::now();
    let done = Command::new(program)
        .args(args)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    println!("── {line}\n{out}{err}── {:.1} s", start.elapsed().as_secs_f64());
    if done.status.success() { Ok(()) } else { Err(format!("`{line}` failed ({})", done.status)) }
}

/// What a program prints to its standard output.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{program} {}` failed ({})", args.join(" "), output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{program}: {error}"))
}

/// Whether a program can be found.
pub(crate) fn have(program: &str) -> bool {
    let paths = std::env::var("PATH").unwrap_or_default();
    paths.split(':').chain(["/usr/sbin", "/sbin"]).any(|dir| PathBuf::from(dir).join(program).exists())
}
