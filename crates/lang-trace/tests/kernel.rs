//! Scripts in this machine's kernel: the verifier takes them, and running them leaves what they should.
mod machine;

use osmia_lang_trace::LowerOptions;

/// What a script's `begin` programs print, and what its maps hold then.
fn run(script: &str) -> String {
    match machine::load(script, &LowerOptions::default()) {
        Ok(loaded) => {
            loaded.begin();
            let output = loaded.output();
            output + &loaded.maps()
        }
        Err(error) => error,
    }
}

#[test]
fn running() {
    osmia_testkit::golden("tests/run", run);
}
