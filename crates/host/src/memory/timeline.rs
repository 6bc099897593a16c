//! Which file was where in the memory of which process, as a plain value that is told what happens.
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// Processes that ended and are remembered.
const MOST_ENDED: usize = 1 << 16;
/// Programs of one process that are remembered.
const MOST_IMAGES: usize = 8;
/// Mappings of one program that are remembered.
const MOST_MAPPINGS: usize = 1 << 14;
/// Generations between a process and the eldest that is asked for its root.
const MOST_ANCESTORS: usize = 16;

/// A file as those who map it see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MappedFile {
    /// Its path, from the root of the process.
    pub(crate) path: PathBuf,
    /// By what it is known again.
    pub(crate) identity: Identity,
}

/// What tells a file from others that have its path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// What the linker wrote into it.
    BuildId(Vec<u8>),
    /// Its number in its file system. The number of the device is left out: where it stands for several file systems
    /// (btrfs, overlayfs), `stat` gives another one.
    Inode(u64),
}

/// A part of a process's memory that a file is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Where in the file `start` is.
    pub(crate) offset: u64,
    pub(crate) file: Arc<MappedFile>,
}

/// Something that happened to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) time: u64,
    pub(crate) pid: u32,
    pub(crate) change: Change,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It began, as a copy of this one.
    Forked { parent: u32 },
    /// It began another program.
    Executed,
    /// It mapped something; `file` is `None` where that is no file.
    Mapped { start: u64, end: u64, offset: u64, file: Option<MappedFile> },
    /// It ended.
    Ended,
}

/// Where an address was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<MappedFile>,
    /// The offset in the file.
    pub(crate) offset: u64,
}

/// What was mapped when, in all processes.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    lives: HashMap<u32, Life>,
    /// Those that ended, and when, the first one first.
    ended: VecDeque<(u32, u64)>,
    forgotten: usize,
    files: HashSet<Arc<MappedFile>>,
    /// What processes that nobody saw beginning had in their memory at some time.
    bases: HashMap<u32, Vec<Mapping>>,
}

#[derive(Debug)]
struct Life {
    /// Its programs, the first one first; there is one at least.
    images: Vec<Image>,
    parent: Option<u32>,
    ended: Option<u64>,
}

/// What a process has in its memory from its beginning, or from that of a program, to the next.
#[derive(Clone, Debug, Default)]
struct Image {
    since: u64,
    /// The process that had, before anybody watched, what is missing here: itself or an ancestor.
    base: Option<u32>,
    /// Sorted; none overlap.
    mappings: Arc<Vec<Mapping>>,
}

impl Life {
    /// One that had begun before anybody watched.
    fn underway(pid: u32) -> Self {
        Self { images: vec![Image { base: Some(pid), ..Image::default() }], parent: None, ended: None }
    }

    /// Adds a program, in the order of time, as records of several processors may come in another.
    fn begin(&mut self, image: Image) {
        let at = self.images.partition_point(|other| other.since <= image.since);
        self.images.insert(at, image);
        if self.images.len() > MOST_IMAGES {
            self.images.remove(0);
        }
    }

    /// The program that ran at a time.
    fn at(&mut self, time: u64) -> Option<&mut Image> {
        let after = self.images.partition_point(|image| image.since <= time);
        self.images.get_mut(after.saturating_sub(1))
    }
}

impl Timeline {
    /// Takes something in; returns a file that it had not heard of before.
    pub(crate) fn apply(&mut self, event: Event) -> Option<Arc<MappedFile>> {
        let Event { time, pid, change } = event;
        match change {
            Change::Forked { parent } => self.fork(pid, parent, time),
            Change::Executed => self.life(pid).begin(Image { since: time, ..Image::default() }),
            Change::Ended => self.end(pid, time),
            Change::Mapped { start, end, offset, file } => {
                let (file, new) = file.map(|file| self.intern(file)).unzip();
                let mapping = file.clone().map(|file| Mapping { start, end, offset, file });
                if let Some(image) = self.life(pid).at(time) {
                    image.cover(start, end, mapping);
                }
                return file.filter(|_| new == Some(true));
            }
        }
        None
    }

    /// Where an address of a process was: in what it has now, else in what it had before.
    pub(crate) fn place(&self, pid: u32, address: u64) -> Option<Place> {
        let images = &self.lives.get(&pid)?.images;
        let found = images.iter().rev().find_map(|image| {
            let base = image.base.and_then(|base| self.bases.get(&base));
            find(&image.mappings, address).or_else(|| find(base?, address))
        })?;
        Some(Place { file: found.file.clone(), offset: address - found.start + found.offset })
    }

    /// Processes of which must be known what they had in their memory before anybody watched, to tell all of this one.
    pub(crate) fn wanted(&self, pid: u32) -> Vec<u32> {
        let images = self.lives.get(&pid).map(|life| life.images.as_slice()).unwrap_or_default();
        let bases = images.iter().filter_map(|image| image.base);
        bases.filter(|base| !self.bases.contains_key(base)).collect()
    }

    /// Whether a process still runs the program that it ran before anybody watched.
    pub(crate) fn unchanged(&self, pid: u32) -> bool {
        self.lives.get(&pid).is_none_or(|life| {
            life.ended.is_none() && life.images.iter().all(|image| image.base == Some(pid))
        })
    }

    /// Notes what a process had in its memory that began before anybody watched.
    pub(crate) fn add_base(&mut self, pid: u32, mappings: Vec<(u64, u64, u64, MappedFile)>) {
        let mapping = |(start, end, offset, file)| Mapping { start, end, offset, file: self.intern(file).0 };
        let mut mappings: Vec<Mapping> = mappings.into_iter().map(mapping).collect();
        mappings.sort_by_key(|mapping| mapping.start);
        self.bases.entry(pid).or_insert(mappings);
    }

    /// A process, its parent, and so on, as far as they are known.
    pub(crate) fn ancestors(&self, pid: u32) -> Vec<u32> {
        let parent = |pid: &u32| self.lives.get(pid).and_then(|life| life.parent);
        std::iter::successors(Some(pid), parent).take(MOST_ANCESTORS).collect()
    }

    fn life(&mut self, pid: u32) -> &mut Life {
        self.lives.entry(pid).or_insert_with(|| Life::underway(pid))
    }

    fn fork(&mut self, pid: u32, parent: u32, time: u64) {
        let copied = self.life(parent).at(time).cloned().unwrap_or_default();
        let image = Image { since: time, ..copied };
        let life = self.lives.entry(pid).or_insert(Life { images: Vec::new(), parent: None, ended: None });
        life.begin(image);
        (life.parent, life.ended) = (Some(parent), None);
    }

    fn end(&mut self, pid: u32, time: u64) {
        self.life(pid).ended = Some(time);
        self.ended.push_back((pid, time));
        if self.ended.len() > MOST_ENDED {
            self.forget_eldest();
        }
    }

    fn forget_eldest(&mut self) {
        let Some((pid, time)) = self.ended.pop_front() else { return };
        if self.lives.get(&pid).is_some_and(|life| life.ended == Some(time)) {
            self.lives.remove(&pid);
            self.bases.remove(&pid);
        }
        self.forgotten += 1;
        if self.forgotten.is_multiple_of(MOST_ENDED) {
            self.files.retain(|file| Arc::strong_count(file) > 1);
        }
    }

    /// The one copy of a file's description, and whether it is new.
    fn intern(&mut self, file: MappedFile) -> (Arc<MappedFile>, bool) {
        if let Some(known) = self.files.get(&file) {
            return (known.clone(), false);
        }
        let file = Arc::new(file);
        self.files.insert(file.clone());
        (file, true)
    }
}

impl Image {
    /// Puts something over a part of the memory; what was there is gone.
    fn cover(&mut self, start: u64, end: u64, with: Option<Mapping>) {
        let first = self.mappings.partition_point(|mapping| mapping.end <= start);
        let last = self.mappings.partition_point(|mapping| mapping.start < end);
        if end <= start || first > last || (first == last && with.is_none()) || first >= MOST_MAPPINGS {
            return;
        }
        let mappings = Arc::make_mut(&mut self.mappings);
        let left = mappings.get(first).filter(|old| old.start < start);
        let left = left.map(|old| Mapping { end: start, ..old.clone() });
        let right = last.checked_sub(1).and_then(|at| mappings.get(at)).filter(|old| old.end > end);
        let right =
            right.map(|old| Mapping { start: end, offset: old.offset + (end - old.start), ..old.clone() });
        mappings.splice(first..last, left.into_iter().chain(with).chain(right));
        mappings.truncate(MOST_MAPPINGS);
    }
}

fn find(mappings: &[Mapping], address: u64) -> Option<&Mapping> {
    let after = mappings.partition_point(|mapping| mapping.start <= address);
    mappings.get(after.checked_sub(1)?).filter(|mapping| address < mapping.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A timeline that is told what happens in the order of the lines.
    #[derive(Default)]
    struct Story(Timeline, u64);

    impl Story {
        fn tell(&mut self, pid: u32, change: Change) -> Option<Arc<MappedFile>> {
            self.1 += 1;
            self.0.apply(Event { time: self.1, pid, change })
        }

        fn map(&mut self, pid: u32, start: u64, end: u64, offset: u64, path: &str) -> bool {
            let file = (!path.is_empty()).then(|| file(path));
            self.tell(pid, Change::Mapped { start, end, offset, file }).is_some()
        }

        fn at(&self, pid: u32, address: u64) -> String {
            self.0.place(pid, address).map_or_else(
                || "-".to_owned(),
                |place| format!("{}:{:x}", place.file.path.display(), place.offset),
            )
        }
    }

    fn file(path: &str) -> MappedFile {
        MappedFile { path: path.into(), identity: Identity::Inode(7) }
    }

    #[test]
    fn files_are_where_they_were_mapped_last() {
        let mut story = Story::default();
        assert!(story.map(1, 0x1000, 0x5000, 0x800, "a"));
        assert!(story.map(1, 0x2000, 0x3000, 0, "b"));
        assert!(!story.map(1, 0x8000, 0x9000, 0, "b"), "the file is known");
        assert_eq!(
            [0xfff, 0x1000, 0x1fff, 0x2000, 0x2fff, 0x3000, 0x4fff, 0x5000].map(|at| story.at(1, at)),
            ["-", "a:800", "a:17ff", "b:0", "b:fff", "a:2800", "a:47ff", "-"]
        );
        story.map(1, 0x4000, 0x8800, 0, "");
        assert_eq!([0x3fff, 0x4000, 0x87ff, 0x8800].map(|at| story.at(1, at)), ["a:37ff", "-", "-", "b:800"]);
        story.map(1, 0, 0x10_000, 0, "c");
        assert_eq!([0, 0x2000, 0xffff].map(|at| story.at(1, at)), ["c:0", "c:2000", "c:ffff"]);
        story.map(1, 0x2000, 0x2000, 0, "d");
        story.map(1, 0x3000, 0x2000, 0, "d");
        assert_eq!(story.at(1, 0x2000), "c:2000", "mappings of no bytes or fewer are none");
    }

    #[test]
    fn children_have_what_their_parents_had_when_they_began() {
        let mut story = Story::default();
        story.map(1, 0x1000, 0x2000, 0, "a");
        story.tell(2, Change::Forked { parent: 1 });
        story.map(1, 0x3000, 0x4000, 0, "late");
        story.map(2, 0x5000, 0x6000, 0, "own");
        assert_eq!([0x1000, 0x3000, 0x5000].map(|at| story.at(2, at)), ["a:0", "-", "own:0"]);
        assert_eq!([0x1000, 0x3000, 0x5000].map(|at| story.at(1, at)), ["a:0", "late:0", "-"]);
        story.tell(1, Change::Ended);
        story.tell(2, Change::Ended);
        assert_eq!([story.at(1, 0x1000), story.at(2, 0x5000)], ["a:0", "own:0"], "the dead are remembered");
        assert_eq!(story.0.ancestors(2), [2, 1]);
    }

    #[test]
    fn programs_have_their_own_memory_and_the_last_one_comes_first() {
        let mut story = Story::default();
        story.map(1, 0x1000, 0x3000, 0, "shell");
        story.tell(2, Change::Forked { parent: 1 });
        story.tell(2, Change::Executed);
        assert_eq!(story.at(2, 0x1000), "shell:0", "what was there before, while nothing else is");
        story.map(2, 0x1000, 0x2000, 0, "ls");
        assert_eq!([0x1000, 0x2000].map(|at| story.at(2, at)), ["ls:0", "shell:1000"]);
        assert_eq!(story.at(1, 0x1000), "shell:0");
        for round in 0..20 {
            story.tell(2, Change::Executed);
            story.map(2, 0x10_000 + round * 0x1000, 0x11_000 + round * 0x1000, 0, "again");
        }
        assert_eq!([0x1000, 0x10_000, 0x23_000].map(|at| story.at(2, at)), ["-", "-", "again:0"]);
    }

    #[test]
    fn numbers_of_processes_are_used_again() {
        let mut story = Story::default();
        story.map(9, 0x1000, 0x2000, 0, "a");
        story.tell(9, Change::Ended);
        story.map(1, 0x1000, 0x2000, 0, "b");
        story.tell(9, Change::Forked { parent: 1 });
        assert_eq!(story.at(9, 0x1000), "b:0");
    }

    #[test]
    fn records_of_several_processors_come_in_any_order() {
        let mut timeline = Timeline::default();
        let mapped =
            |start, path| Change::Mapped { start, end: start + 0x1000, offset: 0, file: Some(file(path)) };
        for (time, pid, change) in [
            (10, 1, mapped(0x1000, "parent")),
            (30, 2, Change::Executed),
            (40, 2, mapped(0x1000, "program")),
            (20, 2, Change::Forked { parent: 1 }),
            (25, 2, mapped(0x5000, "between")),
        ] {
            timeline.apply(Event { time, pid, change });
        }
        let name = |pid, at| timeline.place(pid, at).map(|place| place.file.path.display().to_string());
        assert_eq!(name(2, 0x5000).as_deref(), Some("between"));
        assert_eq!(name(2, 0x1000).as_deref(), Some("program"));
    }

    #[test]
    fn what_was_there_before_is_asked_for() {
        let mut story = Story::default();
        story.tell(2, Change::Forked { parent: 1 });
        story.tell(3, Change::Forked { parent: 2 });
        assert_eq!([story.0.wanted(1), story.0.wanted(2), story.0.wanted(3)], [[1], [1], [1]]);
        story.0.add_base(1, vec![(0x1000, 0x2000, 0, file("old"))]);
        assert_eq!(story.0.wanted(3), []);
        assert_eq!([story.at(1, 0x1000), story.at(3, 0x1800)], ["old:0", "old:800"]);
        assert!(story.0.unchanged(1) && !story.0.unchanged(3));
        story.tell(1, Change::Executed);
        assert!(!story.0.unchanged(1));
        assert_eq!(story.at(1, 0x1000), "old:0");
        story.tell(4, Change::Executed);
        assert_eq!(story.0.wanted(4), [4], "for its first program");
    }

    #[test]
    fn not_all_the_dead_are_remembered() {
        let mut timeline = Timeline::default();
        let all = MOST_ENDED as u32 + 10;
        for pid in 0..all {
            let (time, path) = (u64::from(pid) * 2, format!("f{pid}"));
            let change = Change::Mapped { start: 0, end: 1, offset: 0, file: Some(file(&path)) };
            timeline.apply(Event { time, pid, change });
            timeline.apply(Event { time: time + 1, pid, change: Change::Ended });
        }
        assert_eq!(timeline.lives.len(), MOST_ENDED);
        assert!(timeline.place(9, 0).is_none() && timeline.place(10, 0).is_some());
    }
}
