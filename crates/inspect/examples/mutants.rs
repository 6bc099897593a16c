//! Breaks objects a little, a great number of times, and gives each to a command that reads objects, one after the other: none may
//! panic, take long, or take much memory. `mutants COUNT SEED OBJECT...`; CONFORMANCE.md has what was seen.
//!
//! What a panic, a run of more than ten seconds of work or one with much memory was about stays in `/dev/shm`, and its command is printed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command-line tool")]
use osmia_btf::Btf;
use osmia_inspect::command;
use osmia_object::{Target, elf, resolve_each};
use osmia_testkit::{Random, mutate};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Commands that read an object: `F` is the broken one, `S` what it was before, `N` the next of the others, `O` a file to write.
const COMMANDS: &[&str] = &[
    "btf dump file F format raw",
    "btf dump file F format c",
    "btf dump file F format c unsorted",
    "btf dump file F format rust",
    "-j btf dump file F",
    "btf diff F S",
    "gen object O F",
    "gen object O N F",
    "gen skeleton F",
    "gen skeleton --lang rust F",
    "-L gen skeleton F",
    "gen subskeleton F",
    "gen min_core_btf S O F",
    "gen min_core_btf F O S",
    "core check F btf S",
    "core check S btf F",
    "needs F",
    "-B S btf dump file F format c",
    "-B F btf dump file S",
];

/// More time of a processor than anything may take.
const LIMIT: Duration = Duration::from_secs(10);

/// More time by the clock than anything may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(300);

/// By how much more memory a run may grow, in kB: objects have some tens of kB, and the kernel's types are only borrowed.
const MEMORY: u64 = 32 << 10;

/// Whose text has each byte of `.bss`, as bpftool's has: that may be long.
const LONG: &str = "-L gen skeleton F";

/// What is run now, and since when: by the clock, and by what the processors had done for this program.
type Now = Arc<Mutex<(String, Instant, Duration)>>;

/// What became of the runs of one command.
#[derive(Clone, Default)]
struct Tally {
    good: usize,
    refused: usize,
    longest: Duration,
    /// In kB.
    largest: u64,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let mut number = || -> u64 {
        args.next().and_then(|text| text.parse().ok()).expect("usage: mutants COUNT SEED OBJECT...")
    };
    let (count, seed) = (number(), number());
    let paths: Vec<String> = args.collect();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("an object")).collect();
    let btf = std::fs::read("/sys/kernel/btf/vmlinux").ok().and_then(|bytes| Btf::parse(bytes).ok());
    let target = Target { btf, cpus: 2, ..Target::default() };
    let file = |what: &str| format!("/dev/shm/osmia-{what}-{}.o", std::process::id());
    let (broken, written) = (file("mutant"), file("written"));
    let now: Now = Arc::new(Mutex::new((String::new(), Instant::now(), busy())));
    watch(&now);
    for line in COMMANDS {
        let files = |path| [path, path, after(&paths, path), &written];
        assert!(paths.iter().any(|path| succeeds(&words(line, files(path)))), "`{line}` takes none of these");
    }
    let mut random = Random(seed | 1);
    let mut tallies = vec![Tally::default(); COMMANDS.len() + 1];
    for (run, (path, bytes)) in (0..count).zip(paths.iter().zip(&seeds).cycle()) {
        let mut bytes = bytes.clone();
        mutate(&mut bytes, &mut random);
        let which = run as usize / seeds.len() % tallies.len();
        let words =
            COMMANDS.get(which).map(|line| words(line, [&broken, path, after(&paths, path), &written]));
        std::fs::write(&broken, &bytes).expect("room in /dev/shm");
        if let Ok(mut now) = now.lock() {
            *now = (format!("{} of {path}: {words:?}", run + 1), Instant::now(), busy());
        }
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let (start, before) = (busy(), peak());
        let good = words.map_or_else(|| fits(&bytes, &target), |words| succeeds(&words));
        let tally = &mut tallies[which];
        *if good { &mut tally.good } else { &mut tally.refused } += 1;
        tally.longest = tally.longest.max(busy().saturating_sub(start));
        // What an allocator keeps of runs before is not this one's.
        let grown = peak().saturating_sub(before);
        tally.largest = tally.largest.max(grown);
        if grown > MEMORY && COMMANDS.get(which) != Some(&LONG) {
            let kept = format!("{broken}.{run}");
            println!("{grown} kB: {}: {kept}", now.lock().map(|now| now.0.clone()).unwrap_or_default());
            std::fs::write(kept, &bytes).expect("room in /dev/shm");
        }
    }
    for (tally, line) in tallies.iter().zip(COMMANDS.iter().copied().chain(["read and fit to the kernel"])) {
        println!(
            "{line}: {} succeed, {} refused, the longest took {:?}, the largest grew by {} kB",
            tally.good, tally.refused, tally.longest, tally.largest
        );
    }
    println!("{count} runs");
    let _ = (std::fs::remove_file(broken), std::fs::remove_file(written));
}

/// What the processors have done for the thread that all of this began with.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default())
}

/// The most memory that there was since it was last forgotten, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim_end_matches("kB").trim().parse().unwrap_or_default()
}

/// The object that stands behind this one, the first behind the last.
fn after<'a>(paths: &'a [String], path: &'a String) -> &'a String {
    paths.iter().skip_while(|it| *it != path).nth(1).or(paths.first()).unwrap_or(path)
}

fn words(line: &str, [broken, seed, next, written]: [&String; 4]) -> Vec<String> {
    let word = |word| match word {
        "F" => broken.clone(),
        "S" => seed.clone(),
        "N" => next.clone(),
        "O" => written.clone(),
        _ => word.to_owned(),
    };
    line.split(' ').map(word).collect()
}

fn succeeds(words: &[String]) -> bool {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("bpftool", words, &mut out, &mut errors);
    assert!(status == 0 || !errors.is_empty() || !out.is_empty(), "{words:?} fails without a word");
    status == 0
}

fn fits(bytes: &[u8], target: &Target) -> bool {
    elf::read(bytes).is_ok_and(|object| resolve_each(&object, target, "mutant").is_ok())
}

/// Ends everything when one run takes too long; says what was run when one panics.
fn watch(now: &Now) {
    let (watched, told) = (Arc::clone(now), Arc::clone(now));
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!("{}: {panic}", told.lock().map(|now| now.0.clone()).unwrap_or_default());
    }));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let Ok(now) = watched.lock() else { return };
            if busy().saturating_sub(now.2) > LIMIT || now.1.elapsed() > PATIENCE {
                eprintln!("more than {LIMIT:?} of work or {PATIENCE:?} of time: {}", now.0);
                std::process::abort();
            }
        }
    });
}
