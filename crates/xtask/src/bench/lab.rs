//! What measuring needs: both tools, the helpers built from `benches/`, a folder for it all that goes away.
use crate::run::{output, root, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The release's folder.
const RELEASE: &str = "target/x86_64-unknown-linux-gnu/release";

/// What one run of a program took.
pub(super) struct Cost {
    pub(super) ms: f64,
    pub(super) mib: f64,
}

/// A folder with everything in it.
pub(super) struct Lab {
    pub(super) dir: PathBuf,
    /// A copy of the release, which no later build changes under us.
    pub(super) osmia: PathBuf,
    pub(super) bpftrace: PathBuf,
    pub(super) bpftool: PathBuf,
    pub(super) core_fields: PathBuf,
    pub(super) rounds: usize,
}

impl Lab {
    /// Builds what is measured and the helpers.
    pub(super) fn open(rounds: usize, build: bool) -> Result<Self, String> {
        if build {
            run("cargo", &["build", "--release", "--package", "osmia-cli"])?;
            run("cargo", &["build", "--release", "--package", "osmia-host", "--example", "core_fields"])?;
        }
        let dir = std::env::temp_dir().join(format!("osmia-bench-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let lab = Self {
            osmia: dir.join("osmia"),
            core_fields: root().join(RELEASE).join("examples/core_fields"),
            bpftrace: find("bpftrace")?,
            bpftool: find("bpftool")?,
            dir,
            rounds,
        };
        copy(&root().join(RELEASE).join("osmia"), &lab.osmia)?;
        lab.compile("gcc", &["-O2", "-static"], "clock.c", "clock")?;
        lab.compile("gcc", &["-O2", "-pthread"], "load.c", "load")?;
        Ok(lab)
    }

    /// Compiles a file of `benches/` into the lab.
    pub(super) fn compile(
        &self,
        compiler: &str,
        flags: &[&str],
        source: &str,
        to: &str,
    ) -> Result<PathBuf, String> {
        let (source, to) = (root().join("benches").join(source), self.dir.join(to));
        let (from, into) = (source.to_string_lossy(), to.to_string_lossy());
        let mut args = flags.to_vec();
        args.extend(["-o", &into, &from]);
        output(compiler, &args)?;
        Ok(to)
    }

    /// Runs a program once; an error when it fails.
    pub(super) fn clock(&self, program: &Path, args: &[&str]) -> Result<Cost, String> {
        let mut command = Command::new(self.dir.join("clock"));
        command.arg(program).args(args).current_dir(&self.dir).stdin(Stdio::null());
        let output = command.output().map_err(|error| format!("clock: {error}"))?;
        if !output.status.success() {
            return Err(format!("{} {} failed ({})", program.display(), args.join(" "), output.status));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(ns), Some(kib)) => Ok(Cost { ms: ns / 1e6, mib: kib / 1024.0 }),
            _ => Err(format!("clock said {text:?}")),
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| format!("{}: {error}", from.display()))
}

/// Where a program is.
pub(super) fn find(program: &str) -> Result<PathBuf, String> {
    let paths = std::env::var("PATH").unwrap_or_default();
    let mut dirs = paths.split(':').chain(["/usr/sbin", "/sbin"]);
    dirs.find_map(|dir| Path::new(dir).join(program).canonicalize().ok())
        .ok_or_else(|| format!("there is no {program} here; `cargo xtask install` installs it"))
}
