//! Everything that must hold.
use crate::run::{have, run, run_with};
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
    run_with("cargo", &["doc", "--workspace", "--no-deps", "--document-private-items"], &strict)?;
    if have("cargo-deny") {
        run("cargo", &["deny", "check", "licenses", "bans", "sources"])
    } else {
        licences()
    }
}

/// Where cargo-deny is not installed: the licences of `deny.toml` against what the dependencies say of themselves.
fn licences() -> Result<(), String> {
    let rules =
        std::fs::read_to_string(crate::run::root().join("deny.toml")).map_err(|error| error.to_string())?;
    let allowed: Vec<&str> = rules
        .lines()
        .find_map(|line| line.strip_prefix("allow = ["))
        .map(|list| list.trim_end_matches(']').split(',').map(|word| word.trim().trim_matches('"')).collect())
        .ok_or("deny.toml has no list of allowed licences")?;
    let metadata = crate::run::output(
        "cargo",
        &["metadata", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu"],
    )?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !acceptable(package["license"].as_str().unwrap_or(""), &allowed))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    println!("── licences of {} packages read (cargo-deny is not installed)", packages.len());
    if refused.is_empty() {
        Ok(())
    } else {
        Err(format!("licences that deny.toml does not allow:\n{}", refused.join("\n")))
    }
}

/// An expression such as `MIT OR (Apache-2.0 AND ISC)`: one side of every OR, all sides of every AND.
fn acceptable(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression
        .split(" OR ")
        .any(|choice| choice.split(" AND ").all(|licence| allowed.contains(&licence.trim())))
}

/// All tests on this machine.
pub(crate) fn test(args: &[String]) -> Result<(), String> {
    let mut command = vec!["nextest", "run", "--workspace", "--no-fail-fast"];
    command.extend(args.iter().map(String::as_str));
    run("cargo", &command)?;
    run("cargo", &["test", "--workspace", "--doc"])
}
