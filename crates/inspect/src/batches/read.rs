//! Reading a part of a map, batch by batch.
use super::Visit;
use super::plan::Part;
use super::seam::Seam;
use osmia_sys::Errno;
use osmia_sys::bpf::{BatchCursor, MapFd};
use std::ops::Range;

/// Elements in the order of their places.
#[derive(Debug, Default)]
pub(super) struct Batch {
    keys: Vec<u8>,
    values: Vec<u8>,
    count: usize,
    /// One for each call.
    pub(super) runs: Vec<Run>,
}

/// What one call gave.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Which elements of the batch.
    elements: Range<usize>,
    /// The place from which on it gave them, where places have numbers.
    pub(super) from: u32,
    /// The place at which it ended, if that is beyond its part.
    pub(super) beyond: Option<u32>,
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// It is full.
    Full,
    /// To the end of the part.
    End,
}

/// Where the reading of a part is.
pub(super) struct Reader<'a> {
    map: &'a MapFd,
    room: usize,
    part: Part,
    at: BatchCursor,
    /// How many elements the next call asks for.
    wish: usize,
    /// The place at which the last call ended, for this part or one before it.
    reached: Option<u32>,
    /// Whether a call for a part before this one has read all of this one.
    over: bool,
}

impl<'a> Reader<'a> {
    /// At the beginning of a part, with batches of this size, where the last call for a part before it ended there.
    pub(super) fn new(map: &'a MapFd, room: usize, part: Part, reached: Option<u32>) -> Self {
        let over = part.is_over_at(reached);
        Self { map, room, at: part.from.clone(), wish: part.head(), part, reached, over }
    }

    /// Where its last call ended.
    pub(super) const fn reached(&self) -> Option<u32> {
        self.reached
    }

    /// Where it is.
    pub(super) const fn at(&self) -> &BatchCursor {
        &self.at
    }

    /// Reads into a batch until that is full or the part is at its end.
    pub(super) fn fill(&mut self, batch: &mut Batch) -> Result<Reached, Errno> {
        batch.clear();
        if self.over {
            return Ok(Reached::End);
        }
        batch.make_room(self.map, self.room);
        // A call for the last few places of a batch is not worth it.
        while batch.count <= self.room - self.room.div_ceil(8) {
            match self.call(batch) {
                Ok(Reached::Full) => {}
                Ok(Reached::End) => return Ok(Reached::End),
                // A bucket with more elements than were asked for, than are left in this batch, or than any has room for.
                Err(Errno::ENOSPC) if self.wish < self.room - batch.count => self.wish *= 2,
                Err(Errno::ENOSPC) if batch.count > 0 => break,
                Err(Errno::ENOSPC) if self.room < self.map.shape().max_entries => {
                    self.room = self.room.saturating_mul(2).min(self.map.shape().max_entries);
                    batch.make_room(self.map, self.room);
                }
                Err(errno) => return Err(errno),
            }
        }
        Ok(Reached::Full)
    }

    /// One call.
    fn call(&mut self, batch: &mut Batch) -> Result<Reached, Errno> {
        let from = self.at.place().unwrap_or_default();
        let (keys, values) = batch.free(self.map, self.wish);
        let found = self.map.lookup_batch(&mut self.at, keys, values)?;
        let place = if found.end { Some(u32::MAX) } else { self.at.place() };
        let first = batch.count;
        batch.count += found.count;
        batch.runs.push(Run { elements: first..batch.count, from, beyond: self.part.beyond(place) });
        self.wish = self.part.more(place);
        self.reached = place;
        Ok(if found.end || self.part.ends_at(place) { Reached::End } else { Reached::Full })
    }
}

impl Batch {
    /// How many elements it has.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Visits its elements, but for those that the seam has had.
    pub(super) fn visit(&self, map: &MapFd, seam: &mut Seam, visit: Visit<'_>) {
        for run in &self.runs {
            seam.begin(run.from);
            for (key, value) in self.elements(map, run).filter(|(key, _)| !seam.has(key)) {
                visit(key, value);
            }
            if let Some(beyond) = run.beyond {
                seam.keep(beyond, self.elements(map, run).map(|(key, _)| key));
            }
        }
    }

    fn elements(&self, map: &MapFd, run: &Run) -> impl Iterator<Item = (&[u8], &[u8])> {
        let shape = map.shape();
        let keys = self.keys.chunks_exact(shape.key_size).zip(self.values.chunks_exact(shape.element_size));
        keys.take(run.elements.end).skip(run.elements.start)
    }

    fn clear(&mut self) {
        self.count = 0;
        self.runs.clear();
    }

    /// Has room for so many elements, if it has none yet.
    fn make_room(&mut self, map: &MapFd, room: usize) {
        let shape = map.shape();
        if self.keys.len() < room * shape.key_size || self.values.len() < room * shape.element_size {
            self.keys = vec![0; room * shape.key_size];
            self.values = vec![0; room * shape.element_size];
        }
    }

    /// Room for so many elements, if there is as much.
    fn free(&mut self, map: &MapFd, wish: usize) -> (&mut [u8], &mut [u8]) {
        let shape = map.shape();
        let keys = self.keys.get_mut(self.count * shape.key_size..).unwrap_or_default();
        let values = self.values.get_mut(self.count * shape.element_size..).unwrap_or_default();
        let count = wish.min(keys.len() / shape.key_size.max(1));
        (&mut keys[..count * shape.key_size], &mut values[..count * shape.element_size])
    }
}
