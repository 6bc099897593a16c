//! Prints the tokens that a file of C is made of, a blank between any two: `preprocess [-IDIR] [-DNAME=TEXT] FILE`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "that is what it is for")]
use osmia_base::Source;
use osmia_lang_c::headers::{Form, Found, Headers, Include, Search};
use osmia_lang_c::{Names, TokenKind, preprocess};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Headers in directories.
#[derive(Debug)]
struct Directories(Vec<PathBuf>);

impl Headers for Directories {
    fn find(&self, include: &Include<'_>) -> Found {
        let own = Path::new(include.from).parent().unwrap_or(Path::new(""));
        let behind =
            self.0.iter().position(|dir| Path::new(include.from).starts_with(dir)).map_or(0, |at| at + 1);
        let first = if include.next == Search::Next { behind } else { 0 };
        let beside = (include.form == Form::Quoted && include.next == Search::First).then_some(own);
        let dirs = self.0.iter().skip(first).map(PathBuf::as_path);
        for dir in beside.into_iter().chain(dirs) {
            let path = dir.join(include.name);
            if path.is_file() {
                return match std::fs::read(&path) {
                    Ok(bytes) => Found::Text {
                        name: path.display().to_string(),
                        text: String::from_utf8_lossy(&bytes).into_owned(),
                    },
                    Err(error) => Found::Failed(error.to_string()),
                };
            }
        }
        Found::Missing(self.0.iter().map(|dir| dir.display().to_string()).collect())
    }
}

fn main() -> ExitCode {
    let (mut dirs, mut defines, mut file) = (Vec::new(), Vec::new(), None);
    for argument in std::env::args().skip(1) {
        if let Some(dir) = argument.strip_prefix("-I") {
            dirs.push(PathBuf::from(dir));
        } else if let Some(define) = argument.strip_prefix("-D") {
            let (name, text) = define.split_once('=').unwrap_or((define, "1"));
            defines.push((name.to_string(), text.to_string()));
        } else {
            file = Some(argument);
        }
    }
    let Some(file) = file else {
        eprintln!("preprocess [-IDIR] [-DNAME=TEXT] FILE");
        return ExitCode::FAILURE;
    };
    let text = match std::fs::read(&file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut source = Source::new(&file, text);
    let mut names = Names::default();
    let begin = Instant::now();
    let done = preprocess(&mut source, &mut names, &Directories(dirs), &defines);
    let time = begin.elapsed();
    let mut out = String::new();
    let mut pragma = false;
    for token in &done.tokens {
        out.push_str(if token.first || pragma { "\n" } else { " " });
        pragma = token.kind == TokenKind::Pragma;
        out.push_str(if pragma { "#pragma " } else { "" });
        out.push_str(names.text(token.text));
    }
    println!("{}", out.trim());
    eprint!("{}", done.diagnostics.render(&source));
    eprintln!("{} tokens in {time:?}", done.tokens.len());
    if done.diagnostics.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
