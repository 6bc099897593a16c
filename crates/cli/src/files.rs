//! Files that are written whole or not at all.
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// Mode of a new file that people read, before their umask.
pub(crate) const TEXT: u32 = 0o666;

/// Mode of a new file that people run, before their umask.
pub(crate) const PROGRAM: u32 = 0o777;

/// Makes `bytes` a file's content. On failure what was there is there still, and nothing is beside it.
///
/// A link is followed: the file that it names gets the content. A file that is there keeps its owner and its mode, with
/// what a new one of `mode` may be run by. What is no regular file (`/dev/stdout`, a pipe) is written to.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(old) if !old.is_file() => return OpenOptions::new().write(true).open(path)?.write_all(bytes),
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let path = followed(path);
    if old.is_some() {
        allowed(&path)?;
    }
    match &old {
        None => renamed(&path, bytes, mode, None),
        // Another file in its place would part it from its other names.
        Some(old) if old.nlink() > 1 => overwritten(&path, bytes),
        Some(old) => match renamed(&path, bytes, mode, Some(old)) {
            // The directory, or the owner, is not ours; the file may be.
            Err(error) if is_refusal(&error) => overwritten(&path, bytes),
            done => done,
        },
    }
}

/// That its directory is ours is no leave to write to a file.
fn allowed(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        // A program that runs cannot be written to; its place can be taken.
        _ => Ok(()),
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy)
}

/// The file behind a link, be it there or not.
fn followed(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| match fs::read_link(path) {
        Ok(to) => path.parent().unwrap_or(Path::new("")).join(to),
        Err(_) => path.to_owned(),
    })
}

/// Writes a file beside, and then gives it the name.
fn renamed(path: &Path, bytes: &[u8], mode: u32, old: Option<&Metadata>) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".osmia-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    let done = fill(file, bytes, old).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}

fn fill(mut file: File, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    if let Some(old) = old {
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(Permissions::from_mode(old.mode() & 0o777 | new.mode() & 0o111))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes over a file, and back what was there if there is no room.
fn overwritten(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::read(path)?;
    let file = OpenOptions::new().write(true).open(path)?;
    let put = |bytes: &[u8]| {
        file.write_all_at(bytes, 0)?;
        file.set_len(bytes.len() as u64)?;
        file.sync_all()
    };
    put(bytes).inspect_err(|_| {
        let _ = put(&old);
    })
}
