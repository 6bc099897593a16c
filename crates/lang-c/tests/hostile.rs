//! Broken and monstrous C: each text is compiled or refused with words; none panics, none takes long.
//!
//! They are made of the golden units of this room, and of those in the directory that `OSMIA_FUZZ_UNITS` names.
mod bombs;

use osmia_base::Source;
use osmia_ir::{Options, emit, optimize};
use osmia_lang_c::compile;
use osmia_lang_c::headers::Builtin;
use osmia_object::elf;
use osmia_testkit::Random;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a run tries; `OSMIA_FUZZ_SECONDS` says otherwise.
const SECONDS: u64 = 4;
/// No text of this size may keep a processor longer than this, also when nothing is optimized.
const EACH: Duration = Duration::from_secs(60);
/// Longer than any object of a small text.
const LARGEST: usize = 80 << 20;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// The file that a text becomes, or what is wrong with it.
fn made(text: &str) -> Result<Vec<u8>, String> {
    let mut source = Source::new("hostile.c", text);
    let defines = [("__TARGET_ARCH_x86".to_owned(), "1".to_owned())];
    let compiled = compile(&mut source, &Builtin, &defines, None);
    let told = compiled.diagnostics.render(&source);
    let Some(mut module) = compiled.module else { return Err(told) };
    optimize(&mut module);
    let object = emit(module, &Options::default()).map_err(|error| error.to_string())?;
    Ok(elf::write(&object))
}

/// How long a processor worked for this thread, whatever else there was to do.
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says so");
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// What becomes of a text, which is soon known.
fn bounded(text: &str) -> Result<Vec<u8>, String> {
    let start = worked();
    let made = made(text);
    let took = worked() - start;
    let shown: String = text.chars().take(3000).collect();
    assert!(took < EACH, "{took:?} for:\n{shown}");
    match &made {
        Ok(bytes) => assert!(bytes.len() < LARGEST, "{} bytes for:\n{shown}", bytes.len()),
        Err(words) => assert!(!words.is_empty(), "refused without words:\n{shown}"),
    }
    made
}

/// The golden units, without what is expected of them.
fn seeds() -> Vec<String> {
    let dirs =
        ["run", "lower", "check/trees", "check/layouts", "check/errors", "parse", "preprocess", "headers"];
    let mut paths: Vec<PathBuf> =
        dirs.iter().flat_map(|dir| osmia_testkit::cases(&format!("tests/{dir}"))).collect();
    let more = std::env::var_os("OSMIA_FUZZ_UNITS").map(std::fs::read_dir);
    let more = more.into_iter().map(|entries| entries.expect("OSMIA_FUZZ_UNITS is a directory"));
    paths.extend(more.flatten().map(|entry| entry.expect("an entry").path()));
    let texts = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.map(|text| text.split("---- expect").next().unwrap_or_default().to_owned()).collect()
}

/// What stands between texts: words and numbers whole, all else by characters.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    for letter in text.chars() {
        match pieces.last_mut() {
            Some(last) if is_word(letter) && last.ends_with(is_word) => last.push(letter),
            _ => pieces.push(letter.to_string()),
        }
    }
    pieces
}

/// Numbers at which something may go wrong.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "7",
    "31",
    "32",
    "63",
    "64",
    "65",
    "255",
    "65536",
    "1000000000",
    "0x7fffffff",
    "0x80000000",
    "0xffffffff",
    "(1ul << 40)",
    "0x1fffffffffffffff",
    "0x7fffffffffffffff",
    "0x8000000000000000",
    "0xffffffffffffffff",
    "18446744073709551616",
    "(-0x7fffffffffffffff - 1)",
    "(1 / 0)",
    "(1 % 0)",
    "1.5",
    "0b101",
    "'\\xff'",
    "sizeof(int)",
];

/// Texts that make other programs out of programs.
const WORDS: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    ":",
    "::",
    "?",
    "...",
    "*",
    "&",
    "->",
    ".",
    "++",
    "--",
    "=",
    "==",
    "<<",
    ">>",
    "<<=",
    "~",
    "!",
    "#",
    "##",
    "\"",
    "'",
    "\\\n",
    "\n",
    "//",
    "/*",
    "\0",
    "\u{e9}",
    "\n#define A A A\n",
    "\n#if 1\n",
    "\n#endif\n",
    "\n#include \"hostile.c\"\n",
    "\n#include <bpf/bpf_helpers.h>\n",
    "\n#pragma pack(push, 1)\n",
    "\n#pragma unroll\n",
    "int ",
    "char ",
    "_Bool ",
    "unsigned long ",
    "__int128 ",
    "double ",
    "void ",
    "struct ",
    "union ",
    "enum ",
    "typedef ",
    "static ",
    "extern ",
    "const ",
    "volatile ",
    "register ",
    "inline ",
    "_Atomic ",
    "typeof(",
    "sizeof(",
    "_Alignof(",
    "_Generic(",
    "_Static_assert(",
    "({ ",
    "; })",
    "goto a;",
    "a:",
    "case 1:",
    "default:",
    "case 1 ... 5:",
    "break;",
    "continue;",
    "return 0;",
    "return ",
    "if (1) ",
    "else ",
    "while (1) ",
    "for (;;) ",
    "do ",
    "switch (1) ",
    "asm volatile(\"\");",
    "asm volatile(\"r0 = 1\" ::: \"r0\");",
    "__attribute__((packed))",
    "__attribute__((aligned(64)))",
    "__attribute__((aligned(1ul << 40)))",
    "__attribute__((section(\"maps\")))",
    "__attribute__((section(\".maps\")))",
    "__attribute__((section(\"xdp\")))",
    "__attribute__((preserve_access_index))",
    "__attribute__((cleanup(f)))",
    "__attribute__((always_inline))",
    "__attribute__((weak))",
    "__attribute__((btf_decl_tag(\"a\")))",
    "[0 ... 1000000] = ",
    "[1] = ",
    ".a = ",
    "__builtin_memcpy(",
    "__builtin_memset(",
    "__builtin_memmove(",
    "__builtin_memcmp(",
    "__builtin_offsetof(struct a, b)",
    "__builtin_preserve_access_index(",
    "__builtin_preserve_field_info(",
    "__builtin_preserve_type_info(",
    "__builtin_preserve_enum_value(",
    "__builtin_btf_type_id(",
    "__builtin_constant_p(",
    "__builtin_choose_expr(1, ",
    "__builtin_types_compatible_p(",
    "__sync_fetch_and_add(",
    "__builtin_bswap32(",
    "__builtin_trap();",
    "a",
    "x",
    "(int)",
    "(char)",
    "(void *)",
    "(struct a){ 1 }",
];

fn mutate(random: &mut Random, seeds: &[String]) -> String {
    let mut text = pieces(&seeds[random.below(seeds.len())]);
    for _ in 0..=random.below(6) {
        change(random, &mut text, seeds);
    }
    text.concat()
}

/// One change of one text.
fn change(random: &mut Random, text: &mut Vec<String>, seeds: &[String]) {
    let at = random.below(text.len());
    let until = |random: &mut Random, most| (at + random.below(most)).min(text.len());
    match random.below(10) {
        0 if !text.is_empty() => drop(text.remove(at)),
        1 if !text.is_empty() => {
            let other = random.below(text.len());
            text.swap(at, other);
        }
        2 => {
            let copy = text[at..until(random, 60)].to_vec();
            let to = random.below(text.len());
            drop(text.splice(to..to, copy));
        }
        3 => {
            let end = until(random, 20);
            drop(text.drain(at..end));
        }
        4 => {
            let other = pieces(&seeds[random.below(seeds.len())]);
            let from = random.below(other.len());
            let to = (from + random.below(60)).min(other.len());
            drop(text.splice(at..at, other[from..to].iter().cloned()));
        }
        5 => {
            let many = [1, 1, 2, 100, 3000][random.below(5)];
            let word = WORDS[random.below(WORDS.len())].repeat(many);
            text.insert(at, word);
        }
        6 => text.insert(at, WORDS[random.below(WORDS.len())].to_owned()),
        _ => another_number(random, text, at),
    }
}

/// Changes the first number from a place on.
fn another_number(random: &mut Random, text: &mut [String], at: usize) {
    let is_number = |piece: &&mut String| piece.starts_with(|letter: char| letter.is_ascii_digit());
    if let Some(piece) = text.iter_mut().skip(at).find(is_number) {
        *piece = NUMBERS[random.below(NUMBERS.len())].to_owned();
    }
}

#[test]
fn broken_units_are_refused_with_words() {
    let seeds = seeds();
    assert!(seeds.len() > 50);
    let mut random = Random(setting("OSMIA_FUZZ_SEED", 0x05b1_a000_0001));
    let end = Instant::now() + Duration::from_secs(setting("OSMIA_FUZZ_SECONDS", SECONDS));
    let mut count = 0;
    while Instant::now() < end || count < 10 {
        let text = mutate(&mut random, &seeds);
        if let Some(path) = std::env::var_os("OSMIA_FUZZ_LAST") {
            std::fs::write(path, &text).expect("the text is kept");
        }
        let _ = bounded(&text);
        count += 1;
    }
}

/// On a stack as large as that of a program's first thread; whether there was no panic.
fn on_a_programs_stack(run: impl FnOnce() + Send + 'static) -> bool {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(run);
    thread.expect("a thread").join().is_ok()
}

#[test]
fn small_texts_that_ask_for_much_are_soon_done() {
    let failed: Vec<String> = bombs::texts()
        .into_iter()
        .filter(|text| {
            let text = text.clone();
            !on_a_programs_stack(move || {
                let _ = bounded(&text);
            })
        })
        .map(|text| text.chars().take(300).collect())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
