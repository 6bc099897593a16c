//! Files of processes, opened while they can be, and held.
use super::debug::DebugFile;
use super::timeline::{Identity, MappedFile};
use elf::{Object, ReadCache};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that are held although nobody asked for them yet.
const MOST_HELD: usize = 256;
/// How often a file is looked for.
const TRIES: u8 = 3;

/// Where a file may be found.
pub(super) struct Trail {
    /// The process that mapped it, its parent, and so on: one of them has the root that the path begins at.
    pub(super) ancestors: Vec<u32>,
    /// Where the first of these has it in its memory, if it has.
    pub(super) range: Option<(u64, u64)>,
}

/// Open files. They stay open: symbols are found by the name that the descriptor has in `/proc`.
#[derive(Debug, Default)]
pub(super) struct Files {
    known: HashMap<Arc<MappedFile>, State>,
}

#[derive(Debug)]
enum State {
    Open(Opened),
    /// Looked for so often.
    Missing(u8),
}

#[derive(Debug)]
struct Opened {
    file: File,
    /// Where its symbols are, as far as they are not in it; found when it is first asked for.
    debug: OnceCell<Option<DebugFile>>,
}

impl Files {
    /// Opens a file that is new, as it may soon be out of reach.
    pub(super) fn hold(&mut self, file: &Arc<MappedFile>, trail: &Trail) {
        if self.known.len() < MOST_HELD {
            self.path(file, trail);
        }
    }

    /// Takes over what another has open.
    pub(super) fn adopt(&mut self, other: Self) {
        let open = other.known.into_iter().filter(|(_, state)| matches!(state, State::Open(_)));
        self.known.extend(open);
    }

    /// A path at which the file is.
    pub(super) fn path(&mut self, file: &Arc<MappedFile>, trail: &Trail) -> Option<PathBuf> {
        let state = self.known.entry(file.clone()).or_insert(State::Missing(0));
        if let State::Missing(tries @ 0..TRIES) = state {
            let missing = State::Missing(*tries + 1);
            let opened = |file| State::Open(Opened { file, debug: OnceCell::new() });
            *state = find(file, trail).map_or(missing, opened);
        }
        match state {
            State::Open(opened) => Some(PathBuf::from(format!("/proc/self/fd/{}", opened.file.as_raw_fd()))),
            State::Missing(_) => None,
        }
    }

    /// For a file that was stripped and is open: where its symbols are, and by which address an offset is known there.
    pub(super) fn debug(&self, file: &Arc<MappedFile>, offset: u64) -> Option<(&Path, u64)> {
        let Some(State::Open(opened)) = self.known.get(file) else { return None };
        let debug = opened.debug.get_or_init(|| DebugFile::of(&opened.file)).as_ref()?;
        Some((&debug.path, debug.address(offset)?))
    }
}

fn find(file: &MappedFile, trail: &Trail) -> Option<File> {
    let mapped = trail.range.zip(trail.ancestors.first());
    let mapped =
        mapped.map(|((start, end), pid)| PathBuf::from(format!("/proc/{pid}/map_files/{start:x}-{end:x}")));
    let rooted = trail.ancestors.iter().map(|pid| {
        let mut path = OsString::from(format!("/proc/{pid}/root"));
        path.push(&file.path);
        PathBuf::from(path)
    });
    let paths = mapped.into_iter().chain(rooted).chain([file.path.clone()]);
    paths.filter_map(|path| open_regular(&path)).find(|found| is(found, &file.identity))
}

/// Opens a file that has an end; a device or a pipe may do anything.
fn open_regular(path: &PathBuf) -> Option<File> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()
}

/// Whether an open file is the one that was mapped.
fn is(file: &File, identity: &Identity) -> bool {
    match identity {
        Identity::Inode(inode) => file.metadata().is_ok_and(|facts| facts.ino() == *inode),
        Identity::BuildId(id) => build_id(file).is_some_and(|found| found == *id),
    }
}

fn build_id(file: &File) -> Option<Vec<u8>> {
    let cache = ReadCache::new(file);
    let elf = elf::File::parse(&cache).ok()?;
    elf.build_id().ok().flatten().map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(identity: Identity) -> Arc<MappedFile> {
        Arc::new(MappedFile { path: std::env::current_exe().unwrap(), identity })
    }

    const NOWHERE: Trail = Trail { ancestors: Vec::new(), range: None };

    #[test]
    fn a_file_is_known_by_its_identity() {
        let exe = File::open(std::env::current_exe().unwrap()).unwrap();
        let inode = exe.metadata().unwrap().ino();
        let mut files = Files::default();
        assert!(files.path(&own(Identity::Inode(inode)), &NOWHERE).is_some());
        assert!(files.path(&own(Identity::Inode(inode + 1)), &NOWHERE).is_none());
        assert!(files.path(&own(Identity::BuildId(vec![1, 2])), &NOWHERE).is_none());
    }

    #[test]
    fn files_are_held_when_they_are_gone() {
        let path = std::env::temp_dir().join(format!("osmia-held-{}", std::process::id()));
        std::fs::write(&path, "here").unwrap();
        let inode = std::fs::metadata(&path).unwrap().ino();
        let file = Arc::new(MappedFile { path: path.clone(), identity: Identity::Inode(inode) });
        let mut files = Files::default();
        files.hold(&file, &NOWHERE);
        std::fs::remove_file(&path).unwrap();
        let held = files.path(&file, &NOWHERE).unwrap();
        assert_eq!(std::fs::read_to_string(held).unwrap(), "here");
        assert!(Files::default().path(&file, &NOWHERE).is_none());
    }
}
