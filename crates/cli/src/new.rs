//! `osmia new`: a project to begin with.
use crate::flags::{Language, New};
use crate::out::say;
use crate::trace::fail;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A file of a project: its path, in which `@NAME@` is the project's name as in its text, and the text.
type File = (&'static str, &'static str);

const C: &[File] = &[
    ("@NAME@.bpf.c", include_str!("new/c/bpf.c")),
    ("@NAME@.c", include_str!("new/c/main.c")),
    ("Makefile", include_str!("new/c/Makefile")),
    ("README.md", include_str!("new/c/README.md")),
    (".gitignore", include_str!("new/c/gitignore")),
];

const RUST: &[File] = &[
    ("Cargo.toml", include_str!("new/rust/Cargo.toml")),
    ("build.rs", include_str!("new/rust/build.rs")),
    ("src/main.rs", include_str!("new/rust/main.rs")),
    ("src/@NAME@.bpf.c", include_str!("new/rust/bpf.c")),
    ("README.md", include_str!("new/rust/README.md")),
    (".gitignore", include_str!("new/rust/gitignore")),
];

/// Where the library comes from.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// Makes a project in a directory of its name.
pub(crate) fn new(args: &New) -> ExitCode {
    match make(args) {
        Ok(words) => say(&words),
        Err(words) => fail(&words),
    }
}

fn make(args: &New) -> Result<String, String> {
    let dir = Path::new(&args.name);
    let name = project_name(dir)?;
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        return Err(format!("{} is there already: choose another name, or take it away", dir.display()));
    }
    let files = if args.lang == Language::C { C } else { RUST };
    let mut made = Vec::new();
    for (path, text) in files {
        let path = dir.join(path.replace("@NAME@", &name));
        let text = fill(text, &name, args.library.as_deref());
        if let Err(error) = put(&path, &text, &mut made) {
            take_away(&made);
            return Err(format!("{}: {}", path.display(), osmia::error_text(&error)));
        }
    }
    let dir = dir.display();
    Ok(match args.lang {
        Language::C => format!("made {dir}; next: cd {dir} && make && sudo ./{name}\n"),
        Language::Rust => format!("made {dir}; next: cd {dir} && cargo build && sudo target/debug/{name}\n"),
    })
}

/// Makes a file and the directories that it is in, and keeps what was made.
fn put(path: &Path, text: &str, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let above = path.ancestors().skip(1).take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists());
    let above: Vec<&Path> = above.collect();
    for dir in above.into_iter().rev() {
        fs::create_dir(dir)?;
        made.push(dir.to_owned());
    }
    let mut file = fs::File::create_new(path)?;
    made.push(path.to_owned());
    file.write_all(text.as_bytes())
}

/// Half a project is none: takes away what was made, the last first.
fn take_away(made: &[PathBuf]) {
    for path in made.iter().rev() {
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
    }
}

/// The name of a project, which programs and packages can have too.
fn project_name(dir: &Path) -> Result<String, String> {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let words = [
        "test", "main", "fn", "mod", "use", "crate", "self", "super", "core", "std", "osmia", "build",
        "types",
    ];
    let good = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.chars().all(allowed)
        && !words.contains(&name);
    match good {
        true => Ok(name.to_owned()),
        false => Err(format!(
            "`{name}` cannot be the name of a program in both languages: it is to begin with a letter, have letters, digits, \
             `_` and `-` only, and be no word that compilers have for themselves"
        )),
    }
}

fn fill(text: &str, name: &str, library: Option<&Path>) -> String {
    let ident = name.replace('-', "_");
    let source = |room: &str| match library {
        Some(path) => format!("path = {:?}", path.join("crates").join(room)),
        None => format!("git = {REPOSITORY:?}"),
    };
    text.replace("@NAME@", name)
        .replace("@TYPE@", &osmia::inspect::skeleton_type(&ident))
        .replace("@IDENT@", &ident)
        .replace("@SOURCE:osmia@", &source("osmia"))
        .replace("@SOURCE:skeleton@", &source("skeleton"))
}
