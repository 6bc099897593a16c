//! Broken scripts: each is compiled or refused with words; none panics, none takes long.
//!
//! They are made of golden scripts and of bpftrace's tools, those of this system and of the directory that
//! `OSMIA_FUZZ_SCRIPTS` names.
mod machine;

use osmia_base::Source;
use osmia_lang_trace::{LowerOptions, check, expand, lower, parse};
use osmia_object::Target;
use osmia_testkit::Random;
use std::time::{Duration, Instant};

/// How long a run tries; `OSMIA_FUZZ_SECONDS` says otherwise.
const SECONDS: u64 = 4;
/// No script of this size may take longer than this, slow machines included.
const EACH: Duration = Duration::from_secs(5);

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// What the whole front does with a text.
fn compile(text: &str) {
    compile_for(text, &Target { cpus: 2, ..Target::default() });
}

/// The same for a machine that has what the script wants.
fn compile_for(text: &str, target: &Target) {
    let mut source = Source::new("hostile", text);
    let mut parsed = parse(&source);
    parsed.diagnostics.extend(expand(&mut parsed.script, &mut source));
    let checked = check::check(&parsed.script, target, &check::Options::default());
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(checked.diagnostics);
    if diagnostics.has_errors() {
        assert!(!diagnostics.render(&source).is_empty());
        return;
    }
    let Ok(mut lowered) = lower(&checked.program, &source, target, &LowerOptions::default()) else { return };
    osmia_ir::optimize(&mut lowered.module);
    // A frame that is too deep, for one, is an error; what is not an error is an object.
    if let Ok(object) = osmia_ir::emit(lowered.module, &osmia_ir::Options::default()) {
        assert!(object.functions.len() >= lowered.plan.probes.len());
    }
}

fn seeds() -> Vec<String> {
    osmia_testkit::cases("tests/check")
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| text.split("---- expect").next().unwrap_or_default().to_owned())
        .collect()
}

/// bpftrace's tools.
fn tools() -> Vec<String> {
    let mut paths = osmia_testkit::bpftrace_tools();
    let more = std::env::var_os("OSMIA_FUZZ_SCRIPTS").map(std::fs::read_dir);
    let more = more.into_iter().map(|entries| entries.expect("OSMIA_FUZZ_SCRIPTS is a directory"));
    paths.extend(more.flatten().map(|entry| entry.expect("an entry").path()));
    let scripts = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "bt"));
    scripts.map(|path| std::fs::read_to_string(path).expect("a tool can be read")).collect()
}

/// Puts a word of some script in place of another.
fn other_word(random: &mut Random, text: &[char], seeds: &[String]) -> Vec<char> {
    let other: Vec<&str> = seeds[random.below(seeds.len())].split_whitespace().collect();
    let whole: String = text.iter().collect();
    let mut words: Vec<&str> = whole.split_inclusive(char::is_whitespace).collect();
    if let (false, false) = (words.is_empty(), other.is_empty()) {
        let at = random.below(words.len());
        words[at] = other[random.below(other.len())];
    }
    words.join("").chars().collect()
}

/// Pieces that make other scripts out of scripts.
const PIECES: &[&str] = &[
    "@",
    "$x",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    "/",
    "\"",
    "\\",
    "%d",
    "->",
    ".",
    "0x",
    "1e9",
    "-1",
    "++",
    "==",
    "?",
    ":",
    "printf(",
    "count()",
    "hist(1)",
    "for (",
    "while (1) ",
    "unroll(9) ",
    "if ",
    "begin ",
    "kprobe:",
    "str(",
    "comm",
    "struct ",
    "(uint8)",
    "9223372036854775807",
    "18446744073709551616",
    "\u{e9}",
    "\0",
    "\n",
    "//",
    "/*",
    "#include",
    "args.",
    "$1",
    "*",
    "&",
];

fn mutate(random: &mut Random, seeds: &[String]) -> String {
    let seed = random.below(seeds.len());
    mutate_one(random, seeds, seed)
}

fn mutate_one(random: &mut Random, seeds: &[String], seed: usize) -> String {
    let mut text: Vec<char> = seeds[seed].chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(text.len() + 1);
        match random.below(5) {
            4 => text = other_word(random, &text, seeds),
            0 => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
            1 if !text.is_empty() => drop(text.drain(
                at.min(text.len() - 1)..(at + random.below(12)).clamp(at.min(text.len() - 1), text.len()),
            )),
            2 => {
                let other: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
                let from = random.below(other.len());
                let to = (from + random.below(40)).min(other.len());
                drop(text.splice(at..at, other[from..to].iter().copied()));
            }
            _ => {
                let from = at.min(text.len());
                let copy: Vec<char> = text[from..(from + random.below(30)).min(text.len())].to_vec();
                drop(text.splice(from..from, copy));
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn broken_scripts_are_refused_with_words() {
    let seeds = seeds();
    assert!(!seeds.is_empty());
    let mut random = Random(setting("OSMIA_FUZZ_SEED", 0x05b1_a000_0001));
    let end = Instant::now() + Duration::from_secs(setting("OSMIA_FUZZ_SECONDS", SECONDS));
    let mut count = 0;
    while Instant::now() < end {
        let text = mutate(&mut random, &seeds);
        let start = Instant::now();
        compile(&text);
        assert!(start.elapsed() < EACH, "{:?} for:\n{text}", start.elapsed());
        count += 1;
    }
    assert!(count > 0);
}

/// The same with whole tools, for a machine that has all they trace.
#[test]
fn broken_tools_are_refused_with_words() {
    let tools = tools();
    assert!(!tools.is_empty(), "bpftrace's tools are not installed: `cargo xtask install`");
    let mut random = Random(setting("OSMIA_FUZZ_SEED", 0x05b1_a000_0002));
    let end = Instant::now() + Duration::from_secs(setting("OSMIA_FUZZ_SECONDS", SECONDS));
    let mut count = 0_usize;
    while Instant::now() < end || count == 0 {
        let seed = count % tools.len();
        let target = machine::target(&tools[seed]);
        for _ in 0..20 {
            let text = mutate_one(&mut random, &tools, seed);
            let start = Instant::now();
            compile_for(&text, &target);
            assert!(start.elapsed() < EACH, "{:?} for:\n{text}", start.elapsed());
        }
        count += 1;
    }
}

/// On a stack as large as that of a program's first thread.
fn on_a_programs_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(run);
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn long_and_deep_scripts_take_bounded_time() {
    on_a_programs_stack(long_and_deep_scripts);
}

/// So many loops, each in the one before.
fn nested(levels: u32, begin: impl Fn(u32) -> String) -> String {
    let begins: String = (0..levels).map(begin).collect();
    format!("begin {{ {begins} @x++; {} }}", "}".repeat(levels as usize))
}

fn long_and_deep_scripts() {
    let many = "@a[pid] = count(); @b = nsecs; printf(\"%d\\n\", pid); ".repeat(1000);
    let lines: String = (0..3000).map(|line| format!("@a{}[pid] = {line};\n", line % 10)).collect();
    for text in [
        format!("begin {{ {many} }}"),
        format!("begin {{\n{lines}}}"),
        format!("begin {{ {} }}", lines.replace('\n', " ")),
        format!("begin {{ @ = {}1{}; }}", "(".repeat(5000), ")".repeat(5000)),
        format!("begin {{ @ = {}1; }}", "-".repeat(5000)),
        format!("begin {{ {}{} }}", "if (1) { ".repeat(3000), "}".repeat(3000)),
        "begin { @x = 1; } ".repeat(2000),
        nested(60, |level| format!("for $v{level} : 0..1000 {{")),
        nested(60, |level| format!("for $v{level} : 0..2 {{")),
        nested(60, |level| format!("$v{level} = 0; while ($v{level} < 1000) {{ $v{level}++;")),
        format!("begin {{ $x = {}; }}", "1 + ".repeat(3000) + "1"),
        format!("begin {{ @{} = 1; }}", "x".repeat(100_000)),
        format!("begin {{ printf(\"{}\"); }}", "%d".repeat(5000)),
    ] {
        let start = Instant::now();
        compile(&text);
        assert!(start.elapsed() < Duration::from_secs(60), "{:?} for {}…", start.elapsed(), &text[..60]);
    }
}
