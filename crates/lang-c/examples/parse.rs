//! Reads C that is preprocessed (`cpp`, `clang -E`) and says what is wrong with its syntax: `parse [--dump] FILE…`.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use osmia_base::Source;
use osmia_lang_c::{Names, parse};
use std::time::Instant;

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> std::io::Result<()> {
    let (options, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg == "--dump");
    let mut good = 0;
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let source = Source::new(file.as_str(), text);
        let mut names = Names::default();
        let start = Instant::now();
        let tokens = support::tokens(&source, &mut names);
        let lexed = start.elapsed();
        let parsed = parse(&tokens, &mut names, None);
        let all = start.elapsed();
        print!("{}", parsed.diagnostics.render(&source));
        good += usize::from(!parsed.diagnostics.has_errors());
        let (items, tokens) = (parsed.unit.items.len(), tokens.len());
        println!("{file}: {tokens} tokens in {lexed:?}, {items} items in {:?}", all - lexed);
        if !options.is_empty() {
            print!("{}", parse::dump(&parsed.unit, &names));
        }
    }
    println!("{good} of {} without errors", files.len());
    Ok(())
}
