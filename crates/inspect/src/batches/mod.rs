//! Many elements of a map by one call, read ahead by threads of their own: the kernel gathers the next while these are
//! printed.
//!
//! ```text
//! first call ─► Plan ─┬─► Reader 0: parts 0, 2, 4, … ─► batches ─┐
//!                     └─► Reader 1: parts 1, 3, 5, … ─► batches ─┴─► part after part ─► Seam ─► visit
//! ```
//!
//! The kernel's time for the elements is most of what a walk takes, so it is spent on several processors at once. What a
//! hash is walked by is the number of a bucket (`__htab_map_lookup_and_delete_batch` in `kernel/bpf/hashtab.c`: a call
//! gives whole buckets, from the one that it is given on, and says at which the next begins), and the number of buckets is
//! the power of two above that of elements. A [`Plan`] divides them into parts, each about as many elements as one batch
//! has room for. Readers take turns at the parts; the one thread that prints takes the parts in their order, so that
//! elements come in the kernel's order. Each reader has a few batches that go to and fro: memory does not grow with the
//! map, and a reader that is far ahead waits.
//!
//! No call ends where its part ends: how many elements that would be nobody knows. So the last calls for a part ask for
//! few, one of them reads past the end, and the [`Seam`] knows its keys: the next part's elements with one of these are left
//! out, up to the bucket where that call ended. A key's bucket is always the same; so each element that is there
//! throughout comes once, and none comes twice, however the map changes.
//!
//! Where the map is emptier than its first batch, a call may go on through many parts. Its reader leaves those of its own out
//! that lie wholly in what the call read: each reader comes by a place once, however many parts there are.
//!
//! Kinds that are walked by keys, small maps, and whatever answers otherwise than a hash, have one part and one reader. Where
//! no more threads may be started, those that were do; where none was, the printing one reads.
mod plan;
mod read;
mod seam;
#[cfg(test)]
mod tests;

use osmia_sys::Errno;
use osmia_sys::bpf::{BatchCursor, MapFd};
use plan::{Pace, Part, Plan};
use read::{Batch, Reached, Reader};
use seam::Seam;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, Scope};

/// How many batches of each reader are under way.
const AHEAD: usize = 3;

/// What is told of each key and its value.
type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]);

/// A batch that was read, and how far, or why no farther.
type Parcel = (Batch, Result<Reached, Errno>);

/// The printer's side of a reader.
struct Desk {
    turn: Sender<Turn>,
    parcels: Receiver<Parcel>,
    give_back: Sender<Batch>,
}

/// Which parts are a reader's: this one, and each so many behind it.
#[derive(Clone, Copy)]
struct Turn {
    first: usize,
    readers: usize,
}

/// Visits all elements; why that ended early, if it did. An error where the kernel cannot even begin: nothing was visited then.
pub(super) fn walk(map: &MapFd, visit: Visit<'_>) -> Result<Option<Errno>, Errno> {
    let shape = map.shape();
    walk_at(map, &Pace::first(shape), || Pace::of(shape, plan::readers(), AHEAD), visit)
}

fn walk_at(
    map: &MapFd,
    first: &Pace,
    pace: impl FnOnce() -> Pace,
    visit: Visit<'_>,
) -> Result<Option<Errno>, Errno> {
    let mut batch = Batch::default();
    let mut reader = Reader::new(map, first.room, Part::all(BatchCursor::default()), None);
    let reached = reader.fill(&mut batch)?;
    let mut seam = Seam::default();
    batch.visit(map, &mut seam, visit);
    if reached == Reached::End {
        return Ok(None);
    }
    let pace = pace();
    let plan = Plan::new(map.shape(), batch.count(), reader.at(), &pace);
    Ok(rest(map, &plan, &pace, &mut |batch| batch.visit(map, &mut seam, visit)))
}

/// What the plan has, by as many threads as there are to be and can be started.
fn rest(map: &MapFd, plan: &Plan, pace: &Pace, print: &mut dyn FnMut(&Batch)) -> Option<Errno> {
    let readers = pace.readers.min(plan.parts() as usize);
    std::thread::scope(|scope| {
        let desks = (0..readers).map_while(|_| Desk::open(scope, map, plan, pace.room));
        share(map, plan, pace.room, &desks.collect::<Vec<_>>(), print)
    })
}

/// What the plan has, by these readers; by this thread if there are none.
fn share(
    map: &MapFd,
    plan: &Plan,
    room: usize,
    desks: &[Desk],
    print: &mut dyn FnMut(&Batch),
) -> Option<Errno> {
    if desks.is_empty() {
        return alone(Reader::new(map, room, plan.whole(), None), print).err();
    }
    for (first, desk) in desks.iter().enumerate() {
        // A reader waits for its turn.
        let _ = desk.turn.send(Turn { first, readers: desks.len() });
    }
    let parts = desks.iter().cycle().take(plan.parts() as usize);
    parts.map(|desk| desk.print_part(print)).find_map(Result::err)
}

/// Reads and prints by turns.
fn alone(mut reader: Reader<'_>, print: &mut dyn FnMut(&Batch)) -> Result<(), Errno> {
    let mut batch = Batch::default();
    loop {
        let reached = reader.fill(&mut batch);
        print(&batch);
        if reached? == Reached::End {
            return Ok(());
        }
    }
}

/// Reads these parts into batches that come back, until there are no more or nobody wants them.
fn read(
    map: &MapFd,
    room: usize,
    parts: impl Iterator<Item = Part>,
    used: &Receiver<Batch>,
    parcels: &SyncSender<Parcel>,
) {
    let mut reached = None;
    for part in parts {
        let mut reader = Reader::new(map, room, part, reached);
        let mut more = true;
        while more {
            let Ok(mut batch) = used.recv() else { return };
            let filled = reader.fill(&mut batch);
            more = filled == Ok(Reached::Full);
            if parcels.send((batch, filled)).is_err() || filled.is_err() {
                return;
            }
        }
        reached = reader.reached();
    }
}

impl Desk {
    /// Starts a reader, if there may be one more thread.
    fn open<'scope>(
        scope: &'scope Scope<'scope, '_>,
        map: &'scope MapFd,
        plan: &'scope Plan,
        room: usize,
    ) -> Option<Self> {
        let (send, receive) = sync_channel(AHEAD);
        let (give_back, used) = channel();
        let (turn, my_turn) = channel::<Turn>();
        (0..AHEAD).try_for_each(|_| give_back.send(Batch::default())).ok()?;
        let work = move || {
            let Ok(Turn { first, readers }) = my_turn.recv() else { return };
            let mine = (0..plan.parts()).skip(first).step_by(readers).map(|number| plan.part(number));
            read(map, room, mine, &used, &send);
        };
        Builder::new().spawn_scoped(scope, work).ok()?;
        Some(Self { turn, parcels: receive, give_back })
    }

    /// Prints what comes, up to the end of a part.
    fn print_part(&self, print: &mut dyn FnMut(&Batch)) -> Result<(), Errno> {
        // A reader that ends before its parts do has sent an error.
        while let Ok((batch, reached)) = self.parcels.recv() {
            print(&batch);
            // After its last part nobody takes it any more.
            drop(self.give_back.send(batch));
            if reached? == Reached::End {
                break;
            }
        }
        Ok(())
    }
}
