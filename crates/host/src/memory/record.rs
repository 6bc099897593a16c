//! What processes map, recorded as it happens.
use super::decode;
use super::files::{Files, Trail};
use super::timeline::{Change, Event, Identity, MappedFile, Timeline};
use crate::cpus::online_cpus;
use osmia_abi::perf::{FORMAT_LOST, attr_flags};
use osmia_sys::Errno;
use osmia_sys::perf::{PerfBuffer, PerfEventOpen, PerfRecord, memory_event};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Pages of each processor's buffer: room for more than a thousand mappings.
const PAGES: usize = 64;
/// A reader is woken when a buffer holds so many bytes: soon enough to open files of short-lived processes, now and then.
const WAKEUP: u32 = 8 << 10;

/// What newer kernels have besides: how reading an event tells what was lost, and how files are named.
const LEVELS: &[(u64, u64)] = &[
    (FORMAT_LOST, attr_flags::BUILD_ID), // since Linux 6.0
    (0, attr_flags::BUILD_ID),           // since Linux 5.12
    (0, 0),
];

/// Executable mappings of a process: start, end, offset in the file, file.
type Maps = Vec<(u64, u64, u64, MappedFile)>;

/// What became of a process's memory since it was last asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something was mapped.
    Mapped,
    /// It runs another program.
    Replaced,
    /// It is another process, which has what its parent has.
    Forked {
        /// The parent.
        parent: u32,
    },
}

/// What processes have in their memory that were there before, and files of theirs, which may soon be out of reach.
#[derive(Debug, Default)]
struct Found {
    maps: Vec<(u32, Maps)>,
    files: Files,
}

/// A look at all processes.
#[derive(Debug)]
enum Survey {
    NotBegun,
    Underway(JoinHandle<Found>),
    Over,
}

/// A recorder of what all processes map.
#[derive(Debug)]
pub(crate) struct Record {
    buffers: Vec<PerfBuffer>,
    /// Whether events count what they lose.
    counts: bool,
    /// What records said was lost.
    lost: u64,
    timeline: Timeline,
    files: Files,
    survey: Survey,
}

impl Record {
    /// Begins to record; nothing else is done until somebody asks.
    pub(crate) fn begin() -> Result<Self, Errno> {
        Self::with_pages(PAGES)
    }

    fn with_pages(pages: usize) -> Result<Self, Errno> {
        let mut levels = LEVELS;
        let mut buffers = Vec::new();
        for cpu in online_cpus()? {
            match open(cpu.cast_signed(), pages, &mut levels) {
                Ok(buffer) => buffers.push(buffer),
                Err(Errno::ENODEV) => {} // offline by now
                Err(error) => return Err(error),
            }
        }
        let counts = levels.first().is_some_and(|(format, _)| *format != 0);
        let (timeline, files) = (Timeline::default(), Files::default());
        Ok(Self { buffers, counts, lost: 0, timeline, files, survey: Survey::NotBegun })
    }

    /// The buffers: what becomes readable when it is time to [`Self::follow`].
    pub(crate) fn buffers(&self) -> &[PerfBuffer] {
        &self.buffers
    }

    /// Takes in what was recorded. `tell` hears of which processes there is news.
    pub(crate) fn follow(&mut self, mut tell: impl FnMut(u32, News)) {
        let mut events = Vec::new();
        for buffer in &mut self.buffers {
            let lost = &mut self.lost;
            // A buffer that cannot be read has nothing to say.
            let _ = buffer.consume(|record| {
                match record {
                    PerfRecord::Other(kind, flags, body) => events.extend(decode::event(kind, flags, body)),
                    PerfRecord::Lost(count) => *lost += count,
                    PerfRecord::Sample(_) => {}
                }
                ControlFlow::Continue(())
            });
        }
        events.sort_by_key(|event| event.time);
        let mut new = Vec::new();
        for event in events {
            if let Some(news) = news(&event.change) {
                tell(event.pid, news);
            }
            new.extend(self.apply(event));
        }
        for (file, pid, range) in new {
            let trail = Trail { ancestors: self.timeline.ancestors(pid), range: Some(range) };
            self.files.hold(&file, &trail);
        }
    }

    /// A file that is new, with the process that mapped it, and where.
    fn apply(&mut self, event: Event) -> Option<(Arc<MappedFile>, u32, (u64, u64))> {
        let pid = event.pid;
        let range = match event.change {
            Change::Mapped { start, end, .. } => (start, end),
            _ => (0, 0),
        };
        self.timeline.apply(event).map(|file| (file, pid, range))
    }

    /// Begins to look, in a thread of its own, at what processes have mapped that began before the recorder did.
    pub(crate) fn survey(&mut self) {
        if matches!(self.survey, Survey::NotBegun) {
            let thread = std::thread::Builder::new().name("osmia-maps".into()).spawn(look_around);
            self.survey = thread.map_or(Survey::Over, Survey::Underway);
        }
    }

    /// The file that an address of a process was in: where the file can be read, its path as the process saw it, and the
    /// offset in it.
    pub(crate) fn place(&mut self, pid: u32, address: u64) -> Option<(PathBuf, Arc<MappedFile>, u64)> {
        let mut place = self.timeline.place(pid, address);
        if place.is_none() && self.complete(pid) {
            place = self.timeline.place(pid, address);
        }
        let place = place?;
        let trail = Trail { ancestors: self.timeline.ancestors(pid), range: None };
        let path = self.files.path(&place.file, &trail)?;
        Some((path, place.file, place.offset))
    }

    /// For a file with a place that was stripped: where its symbols are, and by which address an offset is known there.
    pub(crate) fn debug(&self, file: &Arc<MappedFile>, offset: u64) -> Option<(&Path, u64)> {
        self.files.debug(file, offset)
    }

    /// Records that there was no room for.
    pub(crate) fn lost(&self) -> u64 {
        if !self.counts {
            return self.lost;
        }
        self.buffers.iter().map(|buffer| buffer.event().lost().unwrap_or(0)).sum()
    }

    /// Finds out what was mapped before the recorder began; whether there is anything more than before.
    fn complete(&mut self, pid: u32) -> bool {
        let wanted = self.timeline.wanted(pid);
        for &base in &wanted {
            if self.timeline.unchanged(base)
                && let Some(maps) = maps_of(base)
            {
                self.timeline.add_base(base, maps);
            }
        }
        if !self.timeline.wanted(pid).is_empty() {
            self.finish_survey();
        }
        for base in self.timeline.wanted(pid) {
            self.timeline.add_base(base, Vec::new()); // nobody will ever know
        }
        !wanted.is_empty()
    }

    /// Waits for what the survey finds.
    pub(crate) fn finish_survey(&mut self) {
        if let Survey::Underway(thread) = std::mem::replace(&mut self.survey, Survey::Over) {
            let found = thread.join().unwrap_or_default();
            for (pid, maps) in found.maps {
                self.timeline.add_base(pid, maps);
            }
            self.files.adopt(found.files);
        }
    }
}

/// Opens an event with all that the kernel knows; what it does not is not tried again.
fn open(cpu: i32, pages: usize, levels: &mut &[(u64, u64)]) -> Result<PerfBuffer, Errno> {
    loop {
        let Some((&(format, more), rest)) = levels.split_first() else { return Err(Errno::EINVAL) };
        match PerfEventOpen::on_cpu(memory_event(WAKEUP, format, more), cpu).call() {
            Err(Errno::EINVAL) if !rest.is_empty() => *levels = rest,
            event => return PerfBuffer::new(event?, pages),
        }
    }
}

const fn news(change: &Change) -> Option<News> {
    match change {
        Change::Mapped { .. } => Some(News::Mapped),
        Change::Executed => Some(News::Replaced),
        Change::Forked { parent } => Some(News::Forked { parent: *parent }),
        Change::Ended => None,
    }
}

/// `None` where there is no such process, or it has nothing in its memory, as one that ended and waits for its parent.
fn maps_of(pid: u32) -> Option<Maps> {
    let text = fs::read(format!("/proc/{pid}/maps")).ok()?;
    Some(decode::maps(&text)).filter(|maps| !maps.is_empty())
}

/// Where an address of a running process is: the file as it can be opened from here, and the offset in it.
pub(crate) fn mapped(pid: u32, address: u64) -> Option<(PathBuf, u64)> {
    let maps = maps_of(pid)?;
    let (start, end, offset, _) =
        maps.into_iter().find(|(start, end, ..)| (*start..*end).contains(&address))?;
    Some((PathBuf::from(format!("/proc/{pid}/map_files/{start:x}-{end:x}")), address - start + offset))
}

/// A piece of code that a process has in its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMapping {
    /// Where it begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// The file, by what tells it from others: its path as the process sees it, and its number.
    pub file: (PathBuf, u64),
    /// The file as it can be opened from here.
    pub path: PathBuf,
}

/// The code that a process has in its memory; `None` where there is no such process.
pub fn code_mappings(pid: u32) -> Option<Vec<CodeMapping>> {
    let text = fs::read(format!("/proc/{pid}/maps")).ok()?;
    let mut all: Vec<CodeMapping> =
        decode::maps(&text).into_iter().map(|map| code_mapping(pid, map)).collect();
    all.sort_by_key(|map| map.start);
    Some(all).filter(|all| !all.is_empty())
}

fn code_mapping(pid: u32, (start, end, offset, file): (u64, u64, u64, MappedFile)) -> CodeMapping {
    let number = match file.identity {
        Identity::Inode(number) => number,
        Identity::BuildId(_) => 0,
    };
    let path = PathBuf::from(format!("/proc/{pid}/map_files/{start:x}-{end:x}"));
    CodeMapping { start, end, offset, file: (file.path, number), path }
}

fn all_maps() -> Vec<(u32, Maps)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, maps_of(pid)?))).collect()
}

/// The maps of all processes, and as many of their files as may be held: first those that come first in a process's memory,
/// its program before its libraries.
fn look_around() -> Found {
    let maps = all_maps();
    let mut files = Files::default();
    let numbered = maps.iter().flat_map(|(pid, maps)| (0..).zip(maps).map(move |(at, map)| (at, *pid, map)));
    let mut wanted: Vec<(u32, u32, _)> = numbered.collect();
    wanted.sort_by_key(|(at, ..)| *at);
    for (_, pid, (start, end, _, file)) in wanted {
        files.hold(&Arc::new(file.clone()), &Trail { ancestors: vec![pid], range: Some((*start, *end)) });
    }
    Found { maps, files }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn files_of_those_that_were_there_before_are_held() {
        let path = std::env::temp_dir().join(format!("osmia-held-{}", std::process::id()));
        fs::copy("/bin/sleep", &path).unwrap();
        let mut child = Command::new(&path).arg("100").spawn().unwrap();
        let pid = child.id();
        let range = loop {
            let maps = maps_of(pid).unwrap_or_default();
            if let Some(own) = maps.into_iter().find(|(.., file)| file.path == path) {
                break own;
            }
            std::thread::yield_now();
        };
        let mut record = Record::begin().unwrap();
        record.survey = Survey::Underway(std::thread::spawn(look_around));
        while matches!(&record.survey, Survey::Underway(thread) if !thread.is_finished()) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(&path).unwrap();
        record.follow(|_, _| {});
        let (held, file, offset) = record.place(pid, range.0 + 5).unwrap();
        assert_eq!((&file.path, offset), (&path, range.2 + 5));
        assert!(fs::read(held).unwrap().starts_with(b"\x7fELF"));
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let mut small = Record::with_pages(1).unwrap();
        assert_eq!(small.lost(), 0);
        for _ in 0..100 {
            assert!(Command::new("/bin/true").status().unwrap().success());
        }
        small.follow(|_, _| {});
        assert!(small.lost() > 0);
    }

    #[test]
    fn older_kernels_are_asked_for_less() {
        for skip in 0..LEVELS.len() {
            let mut levels = &LEVELS[skip..];
            let buffer = open(0, 1, &mut levels).unwrap();
            assert_eq!(buffer.event().lost().is_ok(), levels[0].0 == FORMAT_LOST);
        }
        assert_eq!(open(0, 1, &mut [(1 << 63, 0)].as_slice()).err(), Some(Errno::EINVAL));
    }

    #[test]
    fn a_program_that_ended_is_where_it_was() {
        let mut record = Record::begin().unwrap();
        let mut child = Command::new("/bin/sleep").arg("100").spawn().unwrap();
        let pid = child.id();
        let range = loop {
            // A process that has just become another program has nothing in its memory for a moment.
            let maps = maps_of(pid).unwrap_or_default();
            if let Some(sleep) = maps.into_iter().find(|(.., file)| file.path.ends_with("sleep")) {
                break sleep;
            }
            std::thread::yield_now();
        };
        child.kill().unwrap();
        child.wait().unwrap();
        let mut replaced = false;
        record
            .follow(|of, news| replaced |= of == pid && matches!(news, News::Replaced | News::Forked { .. }));
        let (path, file, offset) = record.place(pid, range.0 + 5).unwrap();
        assert!(replaced && file.path.ends_with("sleep") && offset == range.2 + 5, "{file:?} {offset}");
        assert!(fs::read(path).unwrap().starts_with(b"\x7fELF"));
        assert_eq!(record.place(pid, 8), None);
    }
}
