//! Reading this machine: just what is wanted, once.
use crate::binary::{Binary, BinaryError, find_binary};
use crate::btf::{KERNEL_BTF, kernel_btf};
use crate::functions::{FunctionError, kernel_functions, matching_functions};
use crate::pattern::{is_pattern, matches};
use crate::tracefs::{self, TracefsError};
use crate::wants::{BinaryWants, Wants};
use crate::{Probes, addresses_of, kconfig, kernel_version, possible_cpus};
use osmia_btf::Btf;
use osmia_object::{BinaryFunctions, Target};
use osmia_sys::Errno;
use std::cell::OnceCell;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why the machine could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatherError {
    /// The kernel's types.
    Btf {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Tracepoints.
    Tracefs(TracefsError),
    /// One tracepoint's format.
    Tracepoint {
        /// Its category.
        category: String,
        /// Its name.
        name: String,
        /// Why.
        errno: Errno,
    },
    /// Kernel functions.
    Functions(FunctionError),
    /// A user file.
    Binary {
        /// The file as the script writes it.
        path: String,
        /// Why.
        why: BinaryError,
    },
    /// The kernel's configuration.
    Kconfig,
    /// Something else.
    System {
        /// What.
        what: &'static str,
        /// Why.
        errno: Errno,
    },
}

impl fmt::Display for GatherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Btf { path, why } => {
                write!(f, "the kernel's types cannot be read from {}: {why}; another file can be given with --btf", path.display())
            }
            Self::Tracefs(error) => error.fmt(f),
            Self::Tracepoint { category, name, errno } => {
                write!(f, "the format of the tracepoint {category}:{name} cannot be read: {errno}")
            }
            Self::Functions(error) => error.fmt(f),
            Self::Binary { path, why } => write!(f, "{path}: {why}"),
            Self::Kconfig => f.write_str(
                "the kernel's configuration is neither in /proc/config.gz (CONFIG_IKCONFIG_PROC) nor in /boot",
            ),
            Self::System { what, errno } => write!(f, "{what} cannot be read: {errno}"),
        }
    }
}

impl std::error::Error for GatherError {}

/// Where to read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The kernel's types.
    pub btf: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self { btf: PathBuf::from(KERNEL_BTF) }
    }
}

/// Reads from this machine what is wanted, and nothing else. The kernel's version is always there.
///
/// Names that this machine does not have are left out: who asked knows what that means.
pub fn gather(wants: &Wants) -> Result<Target, GatherError> {
    gather_with(wants, &Places::default())
}

/// The same, from other places.
pub fn gather_with(wants: &Wants, places: &Places) -> Result<Target, GatherError> {
    let mut target = Target { version: version()?, ..Target::default() };
    if wants.kernel_btf {
        target.btf = Some(types(places)?);
    }
    if wants.cpus {
        let cpus =
            possible_cpus().map_err(|errno| GatherError::System { what: "the list of CPUs", errno })?;
        target.cpus = cpus.len() as u32;
    }
    tracepoints(wants, &mut target)?;
    functions(wants, &mut target)?;
    for binary in &wants.binaries {
        add_binary(binary, &mut target)?;
    }
    if !wants.ksyms.is_empty() {
        target.ksyms = addresses_of(&wants.ksyms);
    }
    if !wants.kconfig.is_empty() {
        target.kconfig = kconfig(&wants.kconfig).ok_or(GatherError::Kconfig)?;
    }
    features(wants, places, &mut target);
    Ok(target)
}

fn version() -> Result<u32, GatherError> {
    let version = kernel_version();
    version
        .map(|version| version.code)
        .map_err(|errno| GatherError::System { what: "the kernel's version", errno })
}

fn types(places: &Places) -> Result<Btf, GatherError> {
    kernel_btf(&places.btf).map_err(|why| GatherError::Btf { path: places.btf.clone(), why })
}

fn tracepoints(wants: &Wants, target: &mut Target) -> Result<(), GatherError> {
    if wants.tracepoints.is_empty() && !wants.raw_tracepoints {
        return Ok(());
    }
    let root = tracefs::root().map_err(GatherError::Tracefs)?;
    for (category, name) in expand_tracepoints(root, &wants.tracepoints)? {
        match tracefs::event(root, &category, &name) {
            Ok(event) => {
                target.tracepoints.insert((category, name), event);
            }
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(GatherError::Tracepoint { category, name, errno }),
        }
    }
    if wants.raw_tracepoints {
        target.raw_tracepoints = raw_tracepoints(root, target.btf.as_ref())?;
    }
    Ok(())
}

/// Patterns by what they describe; plain names cost no walk over the directory.
fn expand_tracepoints(
    root: &Path,
    wanted: &[(String, String)],
) -> Result<Vec<(String, String)>, GatherError> {
    let (patterns, mut all): (Vec<_>, Vec<_>) =
        wanted.iter().cloned().partition(|(category, name)| is_pattern(category) || is_pattern(name));
    if !patterns.is_empty() {
        let fits = |(category, name): &(String, String)| {
            patterns.iter().any(|pattern| matches(&pattern.0, category) && matches(&pattern.1, name))
        };
        all.extend(event_names(root)?.into_iter().filter(fits));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

fn event_names(root: &Path) -> Result<Vec<(String, String)>, GatherError> {
    tracefs::event_names(root).map_err(|errno| GatherError::System { what: "the list of tracepoints", errno })
}

/// Names of raw tracepoints: as the kernel's types have them where these are at hand, else those of tracepoints, of which
/// those of system calls are no tracepoints of their own.
fn raw_tracepoints(root: &Path, btf: Option<&Btf>) -> Result<Vec<String>, GatherError> {
    let mut names: Vec<String> = event_names(root)?
        .into_iter()
        .filter(|(category, _)| category != "syscalls")
        .map(|(_, name)| name)
        .chain(btf.into_iter().flat_map(typed_raw_tracepoints))
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The kernel has a type `btf_trace_NAME` for each raw tracepoint.
fn typed_raw_tracepoints(btf: &Btf) -> Vec<String> {
    let typedef = |id: &osmia_btf::TypeId| btf.tag(*id) == Some(osmia_btf::KindTag::Typedef);
    let name = |id| btf.name(id)?.strip_prefix("btf_trace_").map(str::to_owned);
    btf.ids().filter(typedef).filter_map(name).collect()
}

fn functions(wants: &Wants, target: &mut Target) -> Result<(), GatherError> {
    if wants.functions.is_empty() {
        return Ok(());
    }
    let all = kernel_functions().map_err(GatherError::Functions)?;
    let found = wants.functions.iter().flat_map(|wanted| matching_functions(&all, wanted));
    target.functions = found.cloned().collect();
    target.functions.sort();
    target.functions.dedup();
    Ok(())
}

fn add_binary(wanted: &BinaryWants, target: &mut Target) -> Result<(), GatherError> {
    let error = |why| GatherError::Binary { path: wanted.path.clone(), why };
    let path = find_binary(&wanted.path).ok_or_else(|| error(BinaryError::NotFound))?;
    let mut functions = Vec::new();
    if !wanted.symbols.is_empty() {
        let binary = Binary::open(&path).map_err(error)?;
        let fits = |name: &str| wanted.symbols.iter().any(|pattern| matches(pattern, name));
        functions = binary
            .functions()
            .filter(|(name, _)| fits(name))
            .map(|(name, place)| (name.to_owned(), place.address))
            .collect();
    }
    let entry = target.binaries.entry(wanted.path.clone()).or_default();
    entry.path = path.to_string_lossy().into_owned();
    entry.functions.extend(functions);
    entry.functions.sort();
    entry.functions.dedup();
    Ok(())
}

fn features(wants: &Wants, places: &Places, target: &mut Target) {
    if wants.features.is_empty() {
        return;
    }
    let read = OnceCell::new();
    let find = |name: &str| {
        let btf = target.btf.as_ref().or_else(|| read.get_or_init(|| kernel_btf(&places.btf).ok()).as_ref());
        btf?.find_func(name).map(|id| id.0)
    };
    target.features = Probes::default().ask(&wants.features, &find);
}

/// Where a user file is and which functions it has, outside of any target.
pub fn binary_functions(path: &Path) -> Result<BinaryFunctions, BinaryError> {
    let binary = Binary::open(path)?;
    let functions = binary.functions().map(|(name, place)| (name.to_owned(), place.address)).collect();
    Ok(BinaryFunctions { path: path.to_string_lossy().into_owned(), functions })
}
