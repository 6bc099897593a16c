//! Loading by a program that runs in the kernel, as light skeletons are loaded.
use crate::error::LoadError;
use crate::load::{Loaded, LoadedMap, LoadedProgram};
use crate::signed::{Certificate, signed_program};
use osmia_abi::{MapType, ProgramType, flags};
use osmia_object::Image;
use osmia_object::light::{Light, Loader, made};
use osmia_sys::bpf::{Brought, Loading, MapCreate, MapFd, ProgLoad};
use osmia_sys::{Errno, ProgFd};
use std::os::fd::AsRawFd;

/// How much of the verifier's log is kept.
const LOG: usize = (1 << 24) - 1;

/// Brings an image that [`osmia_object::resolve_later`] made into the kernel, by the program that was made of it
/// ([`Loader`]); where that is signed, by whom. Of programs that the verifier refuses, its log is part of the error.
pub fn load_by_program(
    image: &Image,
    loader: &Loader,
    certificate: Option<&Certificate<'_>>,
    log_level: u32,
) -> Result<(Loaded, String), LoadError> {
    let loader = match loader {
        Loader::Plain(light) => program(light)?,
        Loader::Signed(signed) => signed_program(signed, certificate)?,
    };
    let loading = Loading { maps: made(image).count(), programs: image.programs.len(), log_level };
    let run = |level: u32| {
        let mut log = vec![0; if level == 0 { 0 } else { LOG }];
        let answer = Loading { log_level: level, ..loading }.call(&loader, &mut log);
        let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
        (answer, String::from_utf8_lossy(log.get(..end).unwrap_or_default()).into_owned())
    };
    match run(log_level) {
        (Ok(brought), log) => Ok((loaded(image, brought)?, log)),
        (Err(errno), log) if log_level > 0 => Err(LoadError::Loader { errno, log }),
        // Once more, with a log.
        (Err(_), _) => match run(flags::LOG_LEVEL1) {
            (Ok(brought), log) => Ok((loaded(image, brought)?, log)),
            (Err(errno), log) => Err(LoadError::Loader { errno, log }),
        },
    }
}

/// The loading program itself, with its data.
fn program(light: &Light) -> Result<ProgFd, LoadError> {
    let failed = |errno: Errno| LoadError::Loader { errno, log: String::new() };
    let map = map(light).and_then(|map| map.call()).map_err(failed)?;
    fill(&map, light).map_err(failed)?;
    let loaded = load(light, &[map.as_raw_fd()]).call_explained();
    loaded.map(|loaded| loaded.fd).map_err(|error| LoadError::Loader { errno: error.errno, log: error.log })
}

/// The map of a loading program's data.
pub(crate) fn map(light: &Light) -> Result<MapCreate<'static>, Errno> {
    let size = u32::try_from(light.data.len()).map_err(|_| Errno::E2BIG)?;
    Ok(MapCreate { name: "__loader.map", ..MapCreate::new(MapType::Array, 4, size, 1) })
}

/// Puts the data into it, and nothing else ever.
pub(crate) fn fill(map: &MapFd, light: &Light) -> Result<(), Errno> {
    map.update(&[0; 4], &light.data, flags::ANY)?;
    map.freeze()
}

/// Asks for a loading program; `maps` is that of its data.
pub(crate) fn load<'a>(light: &'a Light, maps: &'a [i32]) -> ProgLoad<'a> {
    ProgLoad {
        name: "__loader.prog",
        flags: flags::SLEEPABLE,
        fd_array: maps,
        ..ProgLoad::new(ProgramType::Syscall, &light.insns, c"Dual MIT/GPL")
    }
}

/// What was brought, with what the image says of it.
fn loaded(image: &Image, brought: Brought) -> Result<Loaded, LoadError> {
    let failed = |errno: Errno| LoadError::Loader { errno, log: String::new() };
    let mut all = Loaded { btf: None, maps: Vec::new(), programs: Vec::new(), skipped: Vec::new() };
    for ((index, map), fd) in made(image).zip(brought.maps) {
        let Some(fd) = fd else { continue };
        all.maps.push(LoadedMap {
            name: map.name.clone(),
            index,
            kind: map.kind,
            fd: MapFd::from_fd(fd).map_err(failed)?,
            pin: None,
            reused: false,
            template: false,
            memory: None,
            structure: None,
        });
    }
    for ((index, program), fd) in image.programs.iter().enumerate().zip(brought.programs) {
        let Some(fd) = fd else { continue };
        all.programs.push(LoadedProgram {
            name: program.name.clone(),
            index,
            fd,
            kind: program.kind,
            attach_type: program.attach_type,
            attach: program.attach.clone(),
            log: String::new(),
            usdt: None,
        });
    }
    Ok(all)
}
