//! Checks C that is preprocessed already and says what is wrong with it: `check [--dump] [--layouts] [--btf FILE] FILE…`.
#![expect(clippy::print_stdout, reason = "that is what it is for")]
use osmia_base::{Severity, Source};
use osmia_btf::Btf;
use osmia_lang_c::headers::NoHeaders;
use osmia_lang_c::{Names, check, parse, preprocess, typed};
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (mut dump, mut layouts, mut kernel, mut files) = (false, false, None, Vec::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--dump" => dump = true,
            "--layouts" => layouts = true,
            "--btf" => kernel = Btf::parse(std::fs::read(args.next().unwrap_or_default())?).ok(),
            _ => files.push(arg),
        }
    }
    let mut good = 0;
    for file in &files {
        let mut source = Source::new(file.as_str(), String::from_utf8_lossy(&std::fs::read(file)?));
        let mut names = Names::default();
        let preprocessed = preprocess(&mut source, &mut names, &NoHeaders, &[]);
        let parsed = parse(&preprocessed.tokens, &mut names, kernel.as_ref());
        let begin = Instant::now();
        let checked = check(&parsed.unit, &mut names, kernel.as_ref());
        let time = begin.elapsed();
        let mut all = preprocessed.diagnostics;
        all.extend(parsed.diagnostics);
        all.extend(checked.diagnostics);
        print!("{}", all.render(&source));
        let errors = all.list.iter().filter(|one| one.severity == Severity::Error).count();
        good += usize::from(errors == 0);
        let (functions, types) = (checked.unit.functions.len(), checked.unit.types.len());
        println!("{file}: {errors} errors, {functions} functions, {types} types in {time:?}");
        for record in checked.unit.types.records.keys().filter(|_| layouts) {
            print!("{}", typed::dump_record(&checked.unit, &names, record));
        }
        if dump {
            print!("{}", typed::dump(&checked.unit, &names));
        }
    }
    println!("{good} of {} without errors", files.len());
    Ok(())
}
