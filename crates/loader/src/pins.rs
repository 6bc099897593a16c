//! Pins of everything that was loaded and attached, so that it outlives this process.
use crate::attach::Attachment;
use crate::load::Loaded;
use osmia_sys::bpf::pin;
use osmia_sys::{Errno, FileSystem, file_system_at, mount};
use std::fmt;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Why something could not be pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinError {
    /// Where.
    pub path: PathBuf,
    /// Why not.
    pub errno: Errno,
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be pinned: ", self.path.display())?;
        match self.errno {
            Errno::EEXIST => f.write_str("there is a pin of that name already; remove it first"),
            Errno::EPERM | Errno::EINVAL => {
                write!(f, "{}; pins live in a BPF file system, usually /sys/fs/bpf", self.errno)
            }
            errno => errno.fmt(f),
        }
    }
}

impl std::error::Error for PinError {}

/// Makes the directory of a pin, and mounts the BPF file system where it is missing at its usual place. Where the directory
/// would be in another file system, there is no pinning (`EPERM`), and none is made.
pub(crate) fn make_pin_dir(dir: &Path) -> Result<(), Errno> {
    let usual = Path::new("/sys/fs/bpf");
    if dir.starts_with(usual) && file_system_at(FileSystem::Bpf, usual) == Ok(false) {
        mount(FileSystem::Bpf, usual)?;
    }
    let named = |path: &Path| !path.as_os_str().is_empty();
    let above = dir.ancestors().map(|path| if named(path) { path } else { Path::new(".") });
    let mut answers = above.map(|path| file_system_at(FileSystem::Bpf, path));
    // What is made lies in the file system of what there is above it.
    if answers.find(|answer| *answer != Err(Errno::ENOENT)) == Some(Ok(false)) {
        return Err(Errno::EPERM);
    }
    std::fs::create_dir_all(dir).map_err(Errno::from)
}

/// Pins programs, maps and links in `dir`, by their names; links as `link_NAME_0` and so on. If one fails, those made
/// before are removed again. Attachments that are no links (perf events of kernels before 5.15) cannot be pinned, and
/// are an error (`EOPNOTSUPP`).
pub fn pin_all(
    loaded: &Loaded,
    attachments: &[(String, &Attachment)],
    dir: &Path,
) -> Result<Vec<PathBuf>, PinError> {
    make_pin_dir(dir).map_err(|errno| PinError { path: dir.to_owned(), errno })?;
    let mut done = Vec::new();
    let result = pin_each(loaded, attachments, dir, &mut done);
    match result {
        Ok(()) => Ok(done),
        Err(error) => {
            for path in done {
                let _ = std::fs::remove_file(path); // the first error is the one to tell
            }
            Err(error)
        }
    }
}

fn pin_each(
    loaded: &Loaded,
    attachments: &[(String, &Attachment)],
    dir: &Path,
    done: &mut Vec<PathBuf>,
) -> Result<(), PinError> {
    for map in loaded.maps.iter().filter(|map| !map.template && map.pin.is_none()) {
        pin_one(&map.fd, dir.join(file_name(&map.name)), done)?;
    }
    for program in &loaded.programs {
        pin_one(&program.fd, dir.join(file_name(&program.name)), done)?;
    }
    for (name, attachment) in attachments {
        let links = attachment
            .links()
            .ok_or_else(|| PinError { path: dir.join(file_name(name)), errno: Errno::EOPNOTSUPP })?;
        for (number, link) in links.into_iter().enumerate() {
            pin_one(link, dir.join(format!("link_{}_{number}", file_name(name))), done)?;
        }
    }
    Ok(())
}

/// Pins links at a path; where there are several, each with its number behind it. If one fails, those made before are
/// removed again.
pub fn pin_links(attachments: &[&Attachment], path: &Path) -> Result<Vec<PathBuf>, PinError> {
    if let Some(dir) = path.parent() {
        make_pin_dir(dir).map_err(|errno| PinError { path: dir.to_owned(), errno })?;
    }
    let mut links = Vec::new();
    for attachment in attachments {
        let all = attachment.links().ok_or(Errno::EOPNOTSUPP);
        links.extend(all.map_err(|errno| PinError { path: path.to_owned(), errno })?);
    }
    let mut done = Vec::new();
    let several = links.len() > 1;
    for (number, link) in links.into_iter().enumerate() {
        let at =
            if several { PathBuf::from(format!("{}_{number}", path.display())) } else { path.to_owned() };
        if let Err(error) = pin_one(link, at, &mut done) {
            for path in done {
                let _ = std::fs::remove_file(path); // the first error is the one to tell
            }
            return Err(error);
        }
    }
    Ok(done)
}

fn pin_one(object: &impl AsFd, path: PathBuf, done: &mut Vec<PathBuf>) -> Result<(), PinError> {
    pin(object, &path).map_err(|errno| PinError { path: path.clone(), errno })?;
    done.push(path);
    Ok(())
}

/// A name that the BPF file system takes: dots are not allowed there.
fn file_name(name: &str) -> String {
    let name = name.strip_prefix('@').unwrap_or(name);
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.is_empty() { "_".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directories_are_left_where_nothing_can_be_pinned() {
        let above = std::env::temp_dir().join(format!("osmia-no-pins-{}", std::process::id()));
        assert_eq!(make_pin_dir(&above.join("a/b")), Err(Errno::EPERM));
        assert!(!above.exists());
        let relative = format!("osmia-no-pins-{}", std::process::id());
        assert_eq!(make_pin_dir(&Path::new(&relative).join("b")), Err(Errno::EPERM));
        assert!(!Path::new(&relative).exists());
    }
}
