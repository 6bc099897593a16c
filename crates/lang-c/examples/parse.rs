//! Reads C that is preprocessed (by `clang -E`, say) and says what is wrong with its syntax: `parse [--dump] FILE…`.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use osmia_base::Source;
use osmia_lang_c::headers::NoHeaders;
use osmia_lang_c::{Names, parse, preprocess};
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let (options, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg == "--dump");
    let mut good = 0;
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let mut source = Source::new(file.as_str(), text);
        let mut names = Names::default();
        let start = Instant::now();
        let preprocessed = preprocess(&mut source, &mut names, &NoHeaders, &[]);
        let before = start.elapsed();
        let parsed = parse(&preprocessed.tokens, &mut names, None);
        let all = start.elapsed();
        let mut diagnostics = preprocessed.diagnostics;
        diagnostics.extend(parsed.diagnostics);
        print!("{}", diagnostics.render(&source));
        good += usize::from(!diagnostics.has_errors());
        let (items, tokens) = (parsed.unit.items.len(), preprocessed.tokens.len());
        println!("{file}: {tokens} tokens in {before:?}, {items} items in {:?}", all - before);
        if !options.is_empty() {
            print!("{}", parse::dump(&parsed.unit, &names));
        }
    }
    println!("{good} of {} without errors", files.len());
    Ok(())
}
