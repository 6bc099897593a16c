//! Debug information of user files: where it is, and what it says.
use crate::binary::{Binary, open_regular};
use crate::pattern::matches;
use crate::wants::DebugWants;
use osmia_dwarf::{DebugLink, Error, Files, Image, LineError, SourceLine, Wanted, address_of_line, find};
use osmia_object::{DebugFacts, SourcePlace};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where distributions put debug files.
const STANDARD: &str = "/usr/lib/debug";

/// What tells a file's debug file from others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) build_id: Option<Vec<u8>>,
    pub(crate) link: Option<DebugLink>,
}

/// The file that the debug information of `path` was moved to. It is looked for in `folders` first.
pub(crate) fn separate_file(path: &Path, identity: &Identity, folders: &[PathBuf]) -> Option<PathBuf> {
    let standard = PathBuf::from(STANDARD);
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let path = real.as_path();
    let folders = places(path, folders);
    let roots = || folders.iter().chain([&standard]);
    let id = identity.build_id.as_deref().and_then(id_path);
    let by_id = roots().filter_map(|root| Some(root.join(id.as_ref()?)));
    let dir = path.parent().unwrap_or(Path::new("/"));
    let below = dir.strip_prefix("/").unwrap_or(dir);
    // Where a file does not say what its debug file is called, that is its own name with an ending.
    let usual = || Some(format!("{}.debug", path.file_name()?.to_string_lossy()));
    let name = identity.link.as_ref().map(|link| link.name.clone()).or_else(usual)?;
    let near = [dir.join(&name), dir.join(".debug").join(&name)];
    let far = roots().flat_map(|root| [root.join(&name), root.join(below).join(&name)]);
    by_id.chain(near).chain(far).find(|candidate| candidate != path && is_of(candidate, identity))
}

/// The folders that are meant for a file: those that are relative are so to where the file is, or to where we are.
pub(crate) fn places(path: &Path, folders: &[PathBuf]) -> Vec<PathBuf> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    let both = |folder: &PathBuf| [dir.join(folder), folder.clone()];
    folders.iter().flat_map(both).collect()
}

/// `.build-id/12/34….debug`
fn id_path(build_id: &[u8]) -> Option<PathBuf> {
    let hex: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let (head, tail) = hex.split_at_checked(2)?;
    Some(Path::new(".build-id").join(head).join(format!("{tail}.debug")))
}

/// Whether a debug file belongs to what has this identity: by the build id, else by its checksum.
fn is_of(candidate: &Path, identity: &Identity) -> bool {
    let Ok(file) = open_regular(candidate) else { return false };
    let Ok(image) = Image::new(file) else { return false };
    match (&identity.build_id, image.build_id(), &identity.link) {
        (Some(own), Some(other), _) => own == other,
        (_, _, Some(link)) => checksum(candidate) == Some(link.crc),
        _ => false,
    }
}

fn checksum(path: &Path) -> Option<u32> {
    let mut file = open_regular(path).ok()?;
    let (mut crc, mut buffer) = (flate2::Crc::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(crc.sum()),
            count => crc.update(buffer.get(..count)?),
        }
    }
}

/// The files that hold the debug information of `path`.
pub(crate) fn files(path: &Path, folders: &[PathBuf]) -> Result<Files<'static>, Error> {
    let open = |path: &Path| open_regular(path).ok();
    let image = |path: &Path| Image::new(open(path).ok_or(Error::Missing)?);
    let mut main = image(path)?;
    if !main.has_debug_info() {
        let identity =
            Identity { build_id: main.build_id().map(<[u8]>::to_vec), link: main.debug_link().cloned() };
        main = image(&separate_file(path, &identity, folders).ok_or(Error::Missing)?)?;
    }
    let folders = places(path, folders);
    let package = package(path, &folders).and_then(|file| Image::new(file).ok());
    let beside = path.parent().map(Path::to_owned).into_iter().chain(folders);
    Files::new(main, package, beside.collect(), open)
}

/// The split debug information that was packed into one file.
fn package(path: &Path, folders: &[PathBuf]) -> Option<File> {
    let mut name = path.file_name()?.to_owned();
    name.push(".dwp");
    let mut places =
        [path.with_file_name(&name)].into_iter().chain(folders.iter().map(|dir| dir.join(&name)));
    places.find_map(|path| open_regular(&path).ok())
}

/// What the debug information of `path` says. A file that has none is no error: it says so.
pub(crate) fn debug_facts(
    path: &Path,
    binary: &Binary,
    wanted: &[&DebugWants],
    folders: &[PathBuf],
) -> DebugFacts {
    let mut facts = DebugFacts { symbols_elsewhere: binary.has_foreign_symbols(), ..DebugFacts::default() };
    let files = match files(path, folders) {
        Ok(files) => files,
        Err(error) => return DebugFacts { missing: Some(error.to_string()), ..facts },
    };
    let fits = |name: &str| wanted.iter().flat_map(|it| &it.functions).any(|pattern| matches(pattern, name));
    let functions = binary.functions().filter(|(name, _)| fits(name));
    let asked = Wanted {
        functions: functions.map(|(name, place)| (name.to_owned(), place.address)).collect(),
        types: wanted.iter().flat_map(|it| it.types.clone()).collect(),
    };
    if asked != Wanted::default() {
        match find(&files, &asked) {
            Ok(found) => {
                facts.missing = found.missing.first().map(|name| {
                    format!("the split debug file '{name}' is not where it was said to be; --debuginfo names folders to look in")
                });
                facts.types = Some(found.types);
            }
            Err(error) => facts.missing = Some(error.to_string()),
        }
    }
    for place in wanted.iter().flat_map(|it| &it.lines) {
        facts.lines.insert(place.clone(), address(&files, place));
    }
    facts
}

fn address(files: &Files<'_>, place: &SourcePlace) -> Result<u64, String> {
    let SourcePlace { file, line, column } = place.clone();
    address_of_line(files, &SourceLine { file, line, column }).map_err(|error| match &error {
        LineError::NoCode(_, Some(near)) => format!("{error}; line {near} is the nearest that has code"),
        _ => error.to_string(),
    })
}
