//! Pins, and the file system that they need.
use super::{Done, Failure, Session};
use osmia_sys::bpf::pin;
use osmia_sys::{Errno, FileSystem, file_system_at, mount};
use std::os::fd::AsFd;
use std::path::Path;

/// Pins something, in a BPF file system that is mounted first where it is missing.
pub(super) fn pin_at(session: &Session<'_>, object: &impl AsFd, path: &str) -> Done {
    prepare(session, path)?;
    pin(object, Path::new(path))
        .map_err(|errno| Failure::errno(format!("can't pin the object ({path})"), errno))
}

/// Makes sure that a path is free and lies in a BPF file system.
pub(super) fn prepare(session: &Session<'_>, path: &str) -> Done {
    // A link that leads nowhere is in the way as well: nothing is followed here.
    if Path::new(path).symlink_metadata().is_ok() {
        return Err(Failure::words(format!("can't pin BPF object: path '{path}' already exists")));
    }
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    mount_at(session, folder.unwrap_or(Path::new(".")), path)
}

/// Makes sure that a folder lies in a BPF file system.
pub(super) fn mount_at(session: &Session<'_>, folder: &Path, path: &str) -> Done {
    match file_system_at(FileSystem::Bpf, folder) {
        Ok(true) => return Ok(()),
        Err(Errno::ENOENT) => {
            let words = format!("can't pin BPF object: dir '{}' doesn't exist", folder.display());
            return Err(Failure::words(words));
        }
        Ok(false) | Err(_) => {}
    }
    if session.options.no_mount {
        return Err(Failure::words("no BPF file system found, not mounting it due to --nomount option"));
    }
    if is_used(folder) {
        return Err(Failure::words(format!(
            "can't pin BPF object: '{}' is in no BPF file system, and one that is mounted there would hide the files that it has; \
            pin it under /sys/fs/bpf",
            folder.display()
        )));
    }
    mount(FileSystem::Bpf, folder).map_err(|errno| {
        Failure::words(format!("can't mount BPF file system to pin the object '{path}': {}", errno.text()))
    })
}

/// Whether a folder has something in it.
fn is_used(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Makes sure that a folder is there, in a BPF file system.
pub(super) fn folder(session: &Session<'_>, path: &str) -> Done {
    let folder = Path::new(path);
    let is_there = folder.is_dir();
    let in_place = |at: &Path| file_system_at(FileSystem::Bpf, at) == Ok(true);
    if is_there && in_place(folder) {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let make = || {
        std::fs::create_dir(folder)
            .map_err(|error| Failure::io(format!("failed to create dir '{path}'"), &error))
    };
    if !is_there && in_place(parent) {
        return make();
    }
    if !is_there && !parent.exists() {
        let parent = parent.display();
        let words =
            format!("can't create dir '{path}' to pin BPF object: parent dir '{parent}' doesn't exist");
        return Err(Failure::words(words));
    }
    if session.options.no_mount {
        return Err(Failure::words("no BPF file system found, not mounting it due to --nomount option"));
    }
    if !is_there {
        make()?;
    }
    mount_at(session, folder, path)
}
