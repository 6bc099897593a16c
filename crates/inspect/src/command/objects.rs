//! Objects from files into the kernel.
use super::{Failure, Session, signing};
use osmia_abi::flags;
use osmia_host::{Places, Wants};
use osmia_loader::{Certificate, LoadError, LoadOptions, Loaded, SignedError, SignedStep};
use osmia_object::{Image, Object};
use std::path::{Path, PathBuf};

/// Reads an object.
pub(super) fn open(path: &str) -> Result<Object, Failure> {
    let bytes = osmia_host::read_file(Path::new(path))
        .map_err(|error| Failure::io(format!("failed to open object file {path}"), &error))?;
    osmia_object::elf::read(&bytes)
        .map_err(|error| Failure::words(format!("failed to open object file {path}: {error}")))
}

/// Refuses objects that libbpf would not open either: what is made of them would be of no use.
pub(super) fn check_whole(object: &Object, path: &str) -> Result<(), Failure> {
    let told = |errors| Failure::words(format!("failed to open BPF object file {path}: {errors}"));
    osmia_object::check_whole(object).map_err(told)
}

/// Makes an object fit for this machine and brings it into the kernel. What the verifier says of a program that it
/// refuses is part of the failure.
pub(super) fn load(
    session: &mut Session<'_>,
    object: &Object,
    path: &str,
    btf: Option<&Path>,
    options: &LoadOptions,
) -> Result<Loaded, Failure> {
    let wants = Wants::from(osmia_object::wants(object));
    let failed = |why: String| Failure::words(format!("failed to load object file {path}: {why}"));
    let places = btf.map_or_else(Places::default, |btf| Places { btf: btf.to_owned(), ..Places::default() });
    let target = osmia_host::gather_with(&wants, &places).map_err(|error| failed(error.to_string()))?;
    let image = osmia_object::resolve_named(object, &target, &name_of(path))
        .map_err(|errors| failed(errors.to_string()))?;
    let loaded = osmia_loader::load(&image, options).map_err(|error| {
        if let LoadError::Program(rejection) = &error
            && session.options.debug
        {
            session.note(&rejection.log);
        }
        failed(error.to_string())
    })?;
    if session.options.debug {
        for program in loaded.programs.iter().filter(|program| !program.log.is_empty()) {
            session.note(&format!("-- {}\n{}", program.name, program.log.trim_end()));
        }
    }
    Ok(loaded)
}

/// Brings an object into the kernel by a program that runs there.
pub(super) fn load_by_program(
    session: &mut Session<'_>,
    object: &Object,
    path: &str,
) -> Result<Loaded, Failure> {
    let image = later(object, path, &name_of(path))?;
    let level =
        if session.options.debug { flags::LOG_LEVEL1 | flags::LOG_LEVEL2 | flags::LOG_STATS } else { 0 };
    let failed = |error: LoadError| {
        let words = format!("failed to load object file {path}: {error}");
        match &error {
            LoadError::Signed(SignedError { step: SignedStep::Keyring, .. }) => Failure::words(words),
            // bpftool gives what the kernel or the loading program gave.
            LoadError::Loader { errno, .. } | LoadError::Signed(SignedError { errno, .. }) => {
                Failure::with(words, *errno)
            }
            _ => Failure::words(words),
        }
    };
    let signer = signing::signer(session)?;
    let loader = signing::loader(session, signer.as_ref(), &image)?;
    let name = session.options.sign.as_ref().map(|with| with.certificate.display().to_string());
    let certificate = signer.as_ref().zip(name.as_deref());
    let certificate = certificate.map(|(signer, name)| Certificate { der: signer.certificate(), name });
    let (loaded, log) =
        osmia_loader::load_by_program(&image, &loader, certificate.as_ref(), level).map_err(failed)?;
    if !log.is_empty() {
        session.note(log.trim_end());
    }
    Ok(loaded)
}

/// An object for a program that loads it: what the kernel says is asked when it is loaded, what its configuration says is that
/// of this machine.
pub(super) fn later(object: &Object, path: &str, name: &str) -> Result<Image, Failure> {
    let failed = |why: String| Failure::words(format!("failed to load object file {path}: {why}"));
    let wants = osmia_object::wants(object);
    let wants = Wants { kconfig: wants.kconfig, cpus: wants.cpus, ..Wants::default() };
    let target =
        osmia_host::gather_with(&wants, &Places::default()).map_err(|error| failed(error.to_string()))?;
    osmia_object::resolve_later(object, &target, name).map_err(|errors| failed(errors.to_string()))
}

/// An object's name: that of its file, up to the first dot.
fn name_of(path: &str) -> String {
    let name = PathBuf::from(path).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default().split('.').next().unwrap_or_default().to_owned()
}
