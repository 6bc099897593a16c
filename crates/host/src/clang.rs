//! Programs in C, compiled by the clang of this machine where it has one.
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The environment variable that may name another clang.
const VARIABLE: &str = "CLANG";

/// Without that.
const CLANG: &str = "clang";

/// The macro by which libbpf's headers (`bpf_tracing.h`) know the machine whose registers programs read.
const MACHINE: &str =
    if cfg!(target_arch = "aarch64") { "-D__TARGET_ARCH_arm64" } else { "-D__TARGET_ARCH_x86" };

/// Where Debian and its like keep `asm/types.h`, which clang does not look for there when it compiles for BPF.
const ASM: &str = if cfg!(target_arch = "aarch64") {
    "-idirafter/usr/include/aarch64-linux-gnu"
} else {
    "-idirafter/usr/include/x86_64-linux-gnu"
};

/// Why a program in C was not compiled.
#[derive(Debug)]
pub enum ClangError {
    /// There is no clang: what was to be run, and what the system says.
    Missing(String, io::Error),
    /// clang refuses the program, or ended before it was done: how it ended, and what it says.
    Refused(ExitStatus, String),
}

impl fmt::Display for ClangError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(clang, error) => {
                write!(
                    f,
                    "{clang} cannot be run ({error}); the environment variable {VARIABLE} may name another one"
                )
            }
            Self::Refused(status, errors) => {
                write!(f, "clang does not compile it ({status}):\n{}", errors.trim_end())
            }
        }
    }
}

impl std::error::Error for ClangError {}

/// The object that clang makes of a program in C, with headers from these directories and such macros (name and text) too, and what clang says of it all the
/// same. Nothing is written to any file.
pub fn compile_by_clang(
    source: &Path,
    include_dirs: &[PathBuf],
    defines: &[(String, String)],
) -> Result<(Vec<u8>, String), ClangError> {
    let clang = std::env::var(VARIABLE).unwrap_or_else(|_| CLANG.to_owned());
    let mut command = Command::new(&clang);
    command.args(["-g", "-O2", "-mcpu=v3", "--target=bpf", MACHINE, ASM]);
    for dir in include_dirs {
        command.arg("-I").arg(dir);
    }
    command.args(defines.iter().map(|(name, text)| format!("-D{name}={text}")));
    let done = command.arg("-c").arg(source).args(["-o", "-"]).stdin(Stdio::null()).output();
    let done = done.map_err(|error| ClangError::Missing(clang, error))?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok((done.stdout, said)) } else { Err(ClangError::Refused(done.status, said)) }
}
