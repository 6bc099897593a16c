//! Many elements of a map by one call, read ahead by a thread of their own: the kernel gathers the next while these are printed.
use osmia_sys::Errno;
use osmia_sys::bpf::{BatchCursor, MapFd};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// How many elements are asked for at once, at first.
const BATCH: usize = 1024;

/// How many bytes of elements are asked for at once, at first.
const BATCH_BYTES: usize = 1 << 20;

/// How many batches wait to be looked at.
const AHEAD: usize = 4;

/// What is told of each key and its value.
type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]);

/// Elements that came together.
#[derive(Debug, Default)]
struct Batch {
    keys: Vec<u8>,
    values: Vec<u8>,
    count: usize,
}

/// Whether a batch was the last, or why there is none.
type Answer = Result<bool, Errno>;

/// Where a walk is.
struct Walk<'a> {
    map: &'a MapFd,
    at: BatchCursor,
    room: usize,
}

impl Walk<'_> {
    fn next(&mut self, batch: &mut Batch) -> Answer {
        let shape = self.map.shape();
        loop {
            batch.keys.resize(self.room * shape.key_size, 0);
            batch.values.resize(self.room * shape.element_size, 0);
            match self.map.lookup_batch(&mut self.at, &mut batch.keys, &mut batch.values) {
                Ok(found) => {
                    batch.count = found.count;
                    return Ok(found.end);
                }
                // A bucket with more elements than there is room for.
                Err(Errno::ENOSPC) if self.room < shape.max_entries => {
                    self.room = self.room.saturating_mul(2).min(shape.max_entries);
                }
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Reads into batches that come back, until there are no more or nobody wants them.
    fn ahead(mut self, used: &Receiver<Batch>, read: &SyncSender<(Batch, Answer)>) {
        while let Ok(mut batch) = used.recv() {
            let answer = self.next(&mut batch);
            let last = answer != Ok(false);
            if read.send((batch, answer)).is_err() || last {
                break;
            }
        }
    }
}

impl Batch {
    fn visit(&self, map: &MapFd, visit: Visit<'_>) {
        let shape = map.shape();
        let pairs = self.keys.chunks_exact(shape.key_size).zip(self.values.chunks_exact(shape.element_size));
        pairs.take(self.count).for_each(|(key, value)| visit(key, value));
    }
}

/// Visits all elements; why that ended early, if it did. An error where the kernel cannot even begin: nothing was visited then.
pub(super) fn walk(map: &MapFd, visit: Visit<'_>) -> Result<Option<Errno>, Errno> {
    let shape = map.shape();
    let one = shape.key_size.saturating_add(shape.element_size).max(1);
    let room = (BATCH_BYTES / one).clamp(1, BATCH).min(shape.max_entries.max(1));
    let mut walk = Walk { map, at: BatchCursor::default(), room };
    let mut first = Batch::default();
    let end = walk.next(&mut first)?;
    first.visit(map, visit);
    Ok(if end { None } else { rest(walk, visit) })
}

fn rest(walk: Walk<'_>, visit: Visit<'_>) -> Option<Errno> {
    let map = walk.map;
    let (give_back, used) = channel();
    let (read, batches) = sync_channel(AHEAD);
    (0..AHEAD).try_for_each(|_| give_back.send(Batch::default())).ok()?;
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().spawn_scoped(scope, move || walk.ahead(&used, &read));
        match reader {
            Ok(_) => each(map, &batches, &give_back, visit),
            // As `pthread_create(3)` has it: there are too many threads, or there is no memory.
            Err(_) => Some(Errno::EAGAIN),
        }
    })
}

fn each(
    map: &MapFd,
    batches: &Receiver<(Batch, Answer)>,
    give_back: &Sender<Batch>,
    visit: Visit<'_>,
) -> Option<Errno> {
    for (batch, answer) in batches {
        match answer {
            Ok(_) => batch.visit(map, visit),
            Err(errno) => return Some(errno),
        }
        // After the last one nobody takes it any more.
        let _ = give_back.send(batch);
    }
    None
}
