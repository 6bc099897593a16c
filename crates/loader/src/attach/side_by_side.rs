//! Slow calls at the same time.
use osmia_sys::SignalFd;
use std::sync::Mutex;
use std::thread;

/// So many threads at most: they only wait.
const THREADS: usize = 64;

/// Signals by which people end a run: hang-up, interrupt, quit, terminate.
const ENDING: [i32; 4] = [1, 2, 3, 15];

/// Calls `work` for each item and returns the answers in the items' order; where there are several items, on several
/// threads.
pub(super) fn side_by_side<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let count = items.len();
    if count < 2 {
        return items.into_iter().map(work).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next();
    let answers = Mutex::new(Vec::with_capacity(count));
    let worker = || {
        while let Some((number, item)) = next() {
            let answer = work(item);
            answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((number, answer));
        }
    };
    let aside = || {
        // A thread may take a moment to die after its work is done. What ends the run must not find it: only the thread
        // that asked knows how to end in good order. Where the mask cannot be set, nothing is lost but that moment.
        let _ = SignalFd::new(&ENDING);
        worker();
    };
    thread::scope(|scope| {
        for _ in 1..count.min(THREADS) {
            // Where no more threads can be had, those that are there do the work.
            if thread::Builder::new().spawn_scoped(scope, aside).is_err() {
                break;
            }
        }
        worker();
    });
    let mut answers = answers.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    answers.sort_unstable_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn answers_keep_their_order() {
        assert_eq!(
            side_by_side((0..200).collect(), |n: u64| n * 2),
            (0..200).map(|n| n * 2).collect::<Vec<_>>()
        );
        assert!(side_by_side(Vec::<u64>::new(), |n| n).is_empty());
    }

    #[test]
    fn waits_overlap() {
        let all = Barrier::new(8); // nobody passes before all eight are here
        let waited = side_by_side(vec![(); 8], |()| all.wait().is_leader());
        assert_eq!(waited.iter().filter(|leader| **leader).count(), 1);
    }
}
