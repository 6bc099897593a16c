//! Reading this machine: just what is wanted, once.
use crate::binary::{Binary, BinaryError, Place, usdt_probes};
use crate::btf::{KERNEL_BTF, kernel_btf};
use crate::code::boundary;
use crate::debuginfo::debug_facts;
use crate::demangle::demangle;
use crate::event_types::event_of_types;
use crate::files::find_files;
use crate::functions::{FunctionError, listed_functions, matching_functions};
use crate::kallsyms::ambiguous_addresses_of;
use crate::pattern::{is_pattern, matches};
use crate::tracefs::{self, TracefsError};
use crate::wants::{BinaryWants, DebugWants, FunctionPattern, Wants};
use crate::{Probes, kconfig, kernel_version, modules, possible_cpus, raw_tracepoints};
use osmia_btf::Btf;
use osmia_object::{
    Boundary, CodeSpot, Target, TraceField, UserFile, UserFileKind, UserSymbol, UserSymbolKind,
    without_parameters,
};
use osmia_sys::Errno;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

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
    /// Folders with debug files, besides the usual ones.
    pub debug: Vec<PathBuf>,
    /// A list of the functions that can be probed, where it is not to be the kernel's own.
    pub functions: Option<PathBuf>,
}

impl Default for Places {
    fn default() -> Self {
        Self { btf: PathBuf::from(KERNEL_BTF), debug: Vec::new(), functions: None }
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
    // The kernel needs a while for the list of its functions: its types are read meanwhile.
    let early = places.functions.is_some() || !wants.functions.iter().all(FunctionPattern::is_plain);
    let early = early && !wants.functions.is_empty();
    std::thread::scope(|scope| {
        let reader = || std::thread::Builder::new().spawn_scoped(scope, || listed(wants, places)).ok();
        let list = early.then(reader).flatten();
        let wait =
            |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        gather_beside(wants, places, || list.map_or_else(|| listed(wants, places), wait))
    })
}

/// Functions, each with its module.
type Functions = Vec<(String, String)>;

/// Reads what is wanted; functions, as far as a list is needed, from `listed`.
fn gather_beside(
    wants: &Wants,
    places: &Places,
    listed: impl FnOnce() -> Result<Functions, FunctionError>,
) -> Result<Target, GatherError> {
    let mut target = Target { version: version()?, ..Target::default() };
    if wants.kernel_btf {
        target.btf = Some(types(places)?);
    }
    if wants.cpus {
        let cpus =
            possible_cpus().map_err(|errno| GatherError::System { what: "the list of CPUs", errno })?;
        target.cpus = cpus.len() as u32;
    }
    tracepoints(wants, places, &mut target)?;
    functions(wants, places, listed, &mut target)?;
    module_types(wants, places, &mut target);
    if wants.modules {
        target.modules = Some(modules::loaded());
    }
    if wants.bpf_programs {
        target.bpf_programs = Some(crate::programs::loaded());
    }
    for binary in &wants.binaries {
        add_binary(binary, (wants, places), &mut target)?;
    }
    if !wants.ksyms.is_empty() {
        (target.ksyms, target.ambiguous_ksyms) = ambiguous_addresses_of(&wants.ksyms);
    }
    for name in &wants.kfuncs {
        let id = types(places)?.find_func(name);
        let callers = id.map_or_else(Vec::new, |id| crate::features::callers(name, id.0));
        target.kfuncs.insert(name.clone(), callers);
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

fn tracepoints(wants: &Wants, places: &Places, target: &mut Target) -> Result<(), GatherError> {
    if wants.tracepoints.is_empty() && !wants.raw_tracepoints {
        return Ok(());
    }
    if !wants.tracepoints.is_empty() {
        formats(wants, places, target)?;
        enumerations(wants, places, target);
    }
    if wants.raw_tracepoints {
        let runs = places.btf == Path::new(KERNEL_BTF);
        target.raw_tracepoints = Some(raw_tracepoints::all(target.btf.as_ref().map(|btf| (btf, runs))));
    }
    Ok(())
}

fn formats(wants: &Wants, places: &Places, target: &mut Target) -> Result<(), GatherError> {
    let root = match tracefs::root() {
        Ok(root) => root,
        Err(error) => return events_of_types(wants, places, target).ok_or(GatherError::Tracefs(error)),
    };
    for (category, name) in expand_tracepoints(root, &wants.tracepoints)? {
        match tracefs::event(root, &category, &name) {
            Ok(event) => {
                target.tracepoints.insert((category, name), event);
            }
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(GatherError::Tracepoint { category, name, errno }),
        }
    }
    Ok(())
}

/// Reads the kernel's types if a field that is wanted is an enumeration. Without them, its values are numbers.
fn enumerations(wants: &Wants, places: &Places, target: &mut Target) {
    let wanted = |name: &str| wants.fields.iter().any(|pattern| matches(pattern, name));
    let named = |field: &TraceField| field.kind.starts_with("enum ") && wanted(&field.name);
    if target.btf.is_none() && target.tracepoints.values().flat_map(|event| &event.fields).any(named) {
        target.btf = types(places).ok();
    }
}

/// All tracepoints that are wanted as the kernel's types have them; `None` where these do not tell of all.
fn events_of_types(wants: &Wants, places: &Places, target: &mut Target) -> Option<()> {
    let read = OnceCell::new();
    let btf = target.btf.as_ref().or_else(|| read.get_or_init(|| kernel_btf(&places.btf).ok()).as_ref())?;
    let event = |wanted: &(String, String)| Some((wanted.clone(), event_of_types(btf, &wanted.1)?));
    let events = wants.tracepoints.iter().map(event).collect::<Option<Vec<_>>>()?;
    target.tracepoints.extend(events);
    Some(())
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

/// Functions by the patterns that somebody wants. Where all are named in full and the kernel's types have them, nothing
/// else is read: the kernel's list of functions costs it a look-up for each.
fn functions(
    wants: &Wants,
    places: &Places,
    listed: impl FnOnce() -> Result<Functions, FunctionError>,
    target: &mut Target,
) -> Result<(), GatherError> {
    if wants.functions.is_empty() {
        return Ok(());
    }
    let known = if places.functions.is_none() { by_types(wants, places, target) } else { None };
    let found = known.map_or_else(|| listed().map_err(GatherError::Functions), Ok)?;
    let typed: Vec<&str> = modules::typed(&wants.functions, &found);
    if let Some(btf) = target.btf.take_if(|_| !typed.is_empty()) {
        let (btf, modules) = modules::with_types(btf, &typed);
        target.btf = Some(btf);
        target.module_types = modules;
    }
    target.functions = Some(found);
    Ok(())
}

/// The functions that are wanted, as the kernel or a file lists them.
fn listed(wants: &Wants, places: &Places) -> Result<Functions, FunctionError> {
    match &places.functions {
        Some(file) => listed_functions(file, &wants.functions),
        None => matching_functions(&wants.functions),
    }
}

/// Types of modules, where these are wanted or the kernel itself lacks a type that is wanted.
fn module_types(wants: &Wants, places: &Places, target: &mut Target) {
    // Modules belong to the kernel that runs.
    if !target.module_types.is_empty() || places.btf != Path::new(KERNEL_BTF) {
        return;
    }
    let Some(btf) = target.btf.take() else { return };
    let missing: Vec<_> = wants.types.iter().filter(|(name, tag)| !btf.has_own_flavour(name, *tag)).collect();
    let has = |own: &Btf| missing.iter().any(|(name, tag)| own.has_own_flavour(name, *tag));
    let named = |module: &str| wants.typed_modules.contains(module);
    let modules =
        if missing.is_empty() && wants.typed_modules.is_empty() { Vec::new() } else { modules::all_typed() };
    let (all, placed) = modules::with_types_where(btf, &modules, |module, own| named(module) || has(own));
    (target.btf, target.module_types) = (Some(all), placed);
}

/// The functions that are wanted, as the kernel's own types have them; `None` where these do not tell of all.
fn by_types(wants: &Wants, places: &Places, target: &Target) -> Option<Functions> {
    if !wants.functions.iter().all(FunctionPattern::is_plain) {
        return None;
    }
    let read = OnceCell::new();
    let btf = target.btf.as_ref().or_else(|| read.get_or_init(|| kernel_btf(&places.btf).ok()).as_ref())?;
    let has =
        |wanted: &FunctionPattern| btf.find_func(&wanted.name).map(|_| (wanted.name.clone(), String::new()));
    let mut found: Functions = wants.functions.iter().map(has).collect::<Option<_>>()?;
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn add_binary(
    wanted: &BinaryWants,
    (wants, places): (&Wants, &Places),
    target: &mut Target,
) -> Result<(), GatherError> {
    let search = &wants.search;
    let paths = find_files(&wanted.path, search);
    let several = is_pattern(&wanted.path);
    let mut files = Vec::new();
    for path in &paths {
        match user_file(path, wanted, &places.debug) {
            Ok(file) if !several && lacks_one(&file, wanted) => {
                files.push(with_all_names(path, wanted, file, &places.debug))
            }
            Ok(file) => files.push(file),
            // Code that is in no ELF file has no symbols.
            Err(BinaryError::NotElf(_)) if search.any_kind && !several => {
                let (inode, path) = (inode(path), path.to_string_lossy().into_owned());
                files.push(UserFile { path, kind: UserFileKind::Flat, inode, ..UserFile::default() });
            }
            // A pattern means what can be read.
            Err(_) if several => {}
            Err(why) => return Err(GatherError::Binary { path: wanted.path.clone(), why }),
        }
    }
    if paths.is_empty() && !several {
        return Err(GatherError::Binary { path: wanted.path.clone(), why: BinaryError::NotFound });
    }
    let debug: Vec<&DebugWants> = wants.debug.iter().filter(|it| it.path == wanted.path).collect();
    for path in paths.iter().filter(|_| !debug.is_empty()) {
        if let Ok(binary) = Binary::open_with(path, &places.debug) {
            let facts = debug_facts(path, &binary, &debug, &places.debug);
            target.debug.insert(path.to_string_lossy().into_owned(), facts);
        }
    }
    target.binaries.insert(wanted.path.clone(), files);
    Ok(())
}

/// Whether a function that is named in full is not in the file.
fn lacks_one(file: &UserFile, wanted: &BinaryWants) -> bool {
    let mut names = wanted.symbols.iter().filter(|name| !is_pattern(name));
    names.any(|name| file.symbol(name).is_none())
}

/// The file with all functions, so that somebody can say which name may have been meant.
fn with_all_names(path: &Path, wanted: &BinaryWants, file: UserFile, folders: &[PathBuf]) -> UserFile {
    user_file(path, &BinaryWants { symbols: vec!["*".into()], ..wanted.clone() }, folders).unwrap_or(file)
}

/// What is wanted of one user file, whose debug file may be in `folders`.
pub fn user_file(path: &Path, wanted: &BinaryWants, folders: &[PathBuf]) -> Result<UserFile, BinaryError> {
    let mut file =
        UserFile { path: path.to_string_lossy().into_owned(), inode: inode(path), ..UserFile::default() };
    if wanted.probes {
        file.probes = usdt_probes(path)?;
        file.kind = kind(path);
    }
    let symbols = [&wanted.symbols, &wanted.demangled, &wanted.variables];
    if symbols.iter().any(|list| !list.is_empty())
        || !wanted.addresses.is_empty()
        || !wanted.offsets.is_empty()
    {
        let binary = Binary::open_with(path, folders)?;
        file.kind = binary.kind();
        file.symbols = self::symbols(&binary, wanted);
        file.spots = spots(path, &binary, wanted);
    }
    Ok(file)
}

/// A file's number in its file system; 0 where there is no such file.
fn inode(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| std::os::unix::fs::MetadataExt::ino(&found))
}

/// What kind of ELF file it is, by its first bytes alone: `e_type` stands behind the 16 of `e_ident`.
fn kind(path: &Path) -> UserFileKind {
    const EXECUTABLE: u16 = 2;
    let mut bytes = [0; 18];
    let read =
        std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes));
    let order = if bytes[5] == 2 { u16::from_be_bytes } else { u16::from_le_bytes };
    match read {
        Ok(()) if order([bytes[16], bytes[17]]) == EXECUTABLE => UserFileKind::Fixed,
        _ => UserFileKind::Shared,
    }
}

/// What is at the addresses, and at the places in functions, that are wanted.
fn spots(path: &Path, binary: &Binary, wanted: &BinaryWants) -> BTreeMap<u64, CodeSpot> {
    let spot = |name: &str, place: Place, offset: u64| CodeSpot {
        symbol: Some((name.to_owned(), place.size)),
        offset,
        boundary: boundary(path, place, offset),
    };
    let nowhere = CodeSpot { symbol: None, offset: 0, boundary: Boundary::Unknown };
    let by_address = wanted.addresses.iter().map(|&address| match binary.at(address) {
        Some((name, place)) => (address, spot(name, place, address - place.address)),
        None => (address, nowhere.clone()),
    });
    let by_name = wanted.offsets.iter().filter_map(|(name, offset)| {
        let place = binary.function(name)?;
        Some((place.address.wrapping_add(*offset), spot(name, place, *offset)))
    });
    by_address.chain(by_name).collect()
}

fn symbols(binary: &Binary, wanted: &BinaryWants) -> Vec<UserSymbol> {
    let fits = |patterns: &[String], name: &str| patterns.iter().any(|pattern| matches(pattern, name));
    let symbol = |name: &str, place: Place, kind, demangled| UserSymbol {
        name: name.to_owned(),
        address: place.address,
        size: place.size,
        kind,
        demangled,
    };
    let mut symbols = Vec::new();
    for (name, place) in binary.functions() {
        let demangled = demangle_wanted(&wanted.demangled, name);
        let listed = [&wanted.symbols, &wanted.demangled, &wanted.variables];
        if demangled.is_some() || listed.into_iter().any(|patterns| fits(patterns, name)) {
            symbols.push(symbol(name, place, UserSymbolKind::Function, demangled));
        }
    }
    let variables = binary.variables().filter(|(name, _)| fits(&wanted.variables, name));
    symbols.extend(variables.map(|(name, place)| symbol(name, place, UserSymbolKind::Variable, None)));
    symbols.sort();
    symbols
}

/// The name as its author wrote it, where that is what a pattern describes: with its parameters if the pattern has some.
fn demangle_wanted(patterns: &[String], name: &str) -> Option<String> {
    if patterns.is_empty() {
        return None;
    }
    let demangled = demangle(name)?;
    let fits = |pattern: &String| match pattern.contains('(') {
        true => matches(pattern, &demangled),
        false => matches(pattern, without_parameters(&demangled)),
    };
    patterns.iter().any(fits).then_some(demangled)
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
