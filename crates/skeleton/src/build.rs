//! Skeletons made when a package is built: what a `build.rs` calls.
use crate::{SkeletonError, object_name, rust};
use osmia_object::elf;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler of C programs, unless the environment names another one.
const CLANG: &str = "clang";
/// The variable of the environment that does.
const CLANG_VARIABLE: &str = "CLANG";

/// How the skeleton of a program is made.
///
/// ```no_run
/// // build.rs; the program is then `mod count { include!(concat!(env!("OUT_DIR"), "/count.skel.rs")); }`
/// osmia_skeleton::Builder::new("src/count.bpf.c").build().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    source: PathBuf,
    name: Option<String>,
    output: Option<PathBuf>,
    flags: Vec<String>,
}

/// Why there is no skeleton.
#[derive(Debug)]
pub enum BuildError {
    /// A file cannot be read or written.
    File(PathBuf, std::io::Error),
    /// The compiler cannot be run.
    NoCompiler(String, std::io::Error),
    /// The compiler refused.
    Refused(PathBuf, String),
    /// The object is none.
    Object(PathBuf, String),
    /// It has no skeleton.
    Skeleton(PathBuf, SkeletonError),
    /// It is not said where it is to be written, and no `build.rs` is run (`OUT_DIR`).
    Nowhere,
}

impl Builder {
    /// For a program in C (`.c`, which clang compiles), or for an object that is there (`.o`).
    pub fn new(source: impl Into<PathBuf>) -> Self {
        Self { source: source.into(), name: None, output: None, flags: Vec::new() }
    }

    /// What its types begin with; without it, its file's name up to the first dot.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        Self { name: Some(object_name(name)), ..self }
    }

    /// Where it is written; without it, `NAME.skel.rs` in `OUT_DIR`.
    #[must_use]
    pub fn output(self, path: impl Into<PathBuf>) -> Self {
        Self { output: Some(path.into()), ..self }
    }

    /// More flags for clang, such as `-I` and a directory.
    #[must_use]
    pub fn flags<S: Into<String>>(self, flags: impl IntoIterator<Item = S>) -> Self {
        Self { flags: self.flags.into_iter().chain(flags.into_iter().map(Into::into)).collect(), ..self }
    }

    /// Makes the skeleton, and tells cargo what it depends on. Gives the path where it was written.
    pub fn build(&self) -> Result<PathBuf, BuildError> {
        tell_cargo(&format!("rerun-if-changed={}", self.source.display()));
        let name = self.name.clone().unwrap_or_else(|| base(&self.source));
        let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
        let output = match (&self.output, &out) {
            (Some(output), _) => output.clone(),
            (None, Some(out)) => out.join(format!("{name}.skel.rs")),
            (None, None) => return Err(BuildError::Nowhere),
        };
        let object = match self.source.extension().and_then(|it| it.to_str()) {
            Some("c") => {
                let object = output.with_extension("bpf.o");
                self.compile(&object)?;
                object
            }
            _ => self.source.clone(),
        };
        let bytes = fs::read(&object).map_err(|error| BuildError::File(object.clone(), error))?;
        let broken = |why: String| BuildError::Object(object.clone(), why);
        let read = elf::read(&bytes).map_err(|error| broken(error.to_string()))?;
        osmia_object::check_whole(&read).map_err(|errors| broken(errors.to_string()))?;
        let text = rust::module(&read, &bytes, &name)
            .map_err(|error| BuildError::Skeleton(self.source.clone(), error))?;
        fs::write(&output, text).map_err(|error| BuildError::File(output.clone(), error))?;
        Ok(output)
    }

    fn compile(&self, object: &Path) -> Result<(), BuildError> {
        tell_cargo(&format!("rerun-if-env-changed={CLANG_VARIABLE}"));
        let clang = std::env::var(CLANG_VARIABLE).unwrap_or_else(|_| CLANG.to_owned());
        let mut command = Command::new(&clang);
        command.args(["-g", "-O2", "-mcpu=v3", "--target=bpf", machine()]).args(&self.flags);
        command.arg("-c").arg(&self.source).arg("-o").arg(object);
        let done = command.output().map_err(|error| BuildError::NoCompiler(clang, error))?;
        if done.status.success() {
            return Ok(());
        }
        Err(BuildError::Refused(self.source.clone(), String::from_utf8_lossy(&done.stderr).into_owned()))
    }
}

/// The macro by which libbpf's headers know the machine whose registers programs read.
fn machine() -> &'static str {
    match std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("aarch64") => "-D__TARGET_ARCH_arm64",
        Ok("riscv64") => "-D__TARGET_ARCH_riscv",
        Ok("s390x") => "-D__TARGET_ARCH_s390",
        Ok("powerpc64") => "-D__TARGET_ARCH_powerpc",
        _ => "-D__TARGET_ARCH_x86",
    }
}

/// Cargo reads what build scripts print.
#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn tell_cargo(line: &str) {
    if std::env::var_os("OUT_DIR").is_some() {
        println!("cargo::{line}");
    }
}

/// A file's name up to the first dot.
fn base(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    object_name(name.split('.').next().unwrap_or_default())
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NoCompiler(clang, error) => write!(
                f,
                "{clang} cannot be run ({error}). A program in C is compiled by clang here, which has to be installed; \
                 the environment variable {CLANG_VARIABLE} may name another one (clang-19). Without clang, give \
                 Builder::new an object (.o): `osmia compile` makes one, too"
            ),
            Self::Refused(path, errors) => write!(f, "clang does not compile {}:\n{errors}", path.display()),
            Self::Object(path, error) => write!(f, "{} is no BPF object: {error}", path.display()),
            Self::Skeleton(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Nowhere => f.write_str(
                "it is not said where the skeleton is to be written: call Builder::output, or build from a build.rs",
            ),
        }
    }
}

impl std::error::Error for BuildError {}
