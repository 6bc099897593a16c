//! Scripts that nobody wrote: what the checker lets pass, the kernel's verifier must take.
//!
//! The scripts are the same in every run. By hand, more of them: `OSMIA_FUZZ_SECONDS=600 OSMIA_FUZZ_SEED=7 cargo test -p
//! osmia-lang-trace --release --test generated`.
mod generator;
mod machine;

use generator::script;
use osmia_lang_trace::LowerOptions;
use std::time::{Duration, Instant};

/// How many scripts are tried where no time is given.
const SCRIPTS: u64 = 12;
/// No script of this size may take longer to be compiled and loaded, slow machines included.
const EACH: Duration = Duration::from_secs(60);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What the kernel has its own bounds for: how much it looks at.
fn is_too_much(error: &str) -> bool {
    ["BPF program is too large", "too many states", "processed 1000001 insns", "jumps is too complex"]
        .iter()
        .any(|words| error.contains(words))
}

#[test]
fn what_is_checked_is_loaded() {
    let seed = setting("OSMIA_FUZZ_SEED").unwrap_or(1);
    let end = setting("OSMIA_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (mut count, mut wrong, mut large, mut refused) = (0, 0, 0, String::new());
    while end.map_or(count < SCRIPTS, |end| Instant::now() < end) {
        let number = seed.wrapping_mul(1_000_000) + count;
        count += 1;
        let text = script(number);
        let start = Instant::now();
        let target = machine::target(&text);
        match machine::compiled(&text, &target, &LowerOptions::default()) {
            Ok(_) => match machine::load(&text, &LowerOptions::default()) {
                Ok(_) => (),
                Err(error) if is_too_much(&error) => large += 1,
                Err(error) => refused += &format!("==== script {number}\n{text}\n{error}\n"),
            },
            // The checker knows more rules than the generator.
            Err(error) if error.contains("ERROR") => {
                wrong += 1;
                if setting("OSMIA_FUZZ_SHOW").is_some() {
                    refused += &format!("==== wrong {number}\n{text}\n{error}\n");
                }
            }
            Err(error) if error.contains("stack") => large += 1,
            Err(error) => refused += &format!("==== script {number}\n{text}\n{error}\n"),
        }
        assert!(start.elapsed() < EACH, "{:?} for script {number}:\n{text}", start.elapsed());
    }
    assert!(refused.is_empty(), "{refused}{count} scripts, {wrong} wrong, {large} too large");
    assert!((wrong + large) * 2 < count, "{wrong} of {count} are wrong, {large} too large");
}
