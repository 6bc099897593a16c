//! bpftool's command line, under its name and ours: `osmia prog …`.
use osmia::inspect::command;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

/// Answers a command line of bpftool's; `words` are all but the program's name.
pub(crate) fn tool(program: &str, words: &[OsString]) -> ExitCode {
    let mut out = io::stdout().lock();
    let text: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let status = match words.iter().find(|word| word.to_str().is_none()) {
        None => command::run(program, &text, &mut out, &mut io::stderr()),
        Some(word) => {
            let why = format!("{} is no UTF-8 text", word.display());
            command::refuse(program, &text, why, &mut out, &mut io::stderr())
        }
    };
    ExitCode::from(status)
}

/// The hidden command that shells ask what may come next.
pub(crate) const COMPLETE: &str = "__complete";

/// Tells what may come next, a line each: the word, a tab, what it means.
pub(crate) fn complete(words: &[OsString]) -> ExitCode {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let lines = command::complete(&words).into_iter().map(|it| format!("{}\t{}\n", it.word, it.help));
    crate::out::say(&lines.collect::<String>())
}

/// What shells are told besides: for `bpftool` and for objects, ask us.
pub(crate) const fn completions(shell: clap_complete::Shell) -> &'static str {
    match shell {
        clap_complete::Shell::Bash => include_str!("complete.bash"),
        clap_complete::Shell::Zsh => include_str!("complete.zsh"),
        clap_complete::Shell::Fish => include_str!("complete.fish"),
        _ => "",
    }
}

/// Prints a manual page.
pub(crate) fn manual(object: Option<&str>) -> ExitCode {
    match command::manual(object) {
        Some(page) => crate::out::say(&page),
        None => {
            eprintln!("Error: there is no object '{}'", object.unwrap_or_default());
            ExitCode::from(u8::MAX)
        }
    }
}

/// The word with which an object's commands begin: its whole name, or a letter that long stood for it here.
pub(crate) fn is_object(word: &str) -> bool {
    matches!(word, "p" | "m") || command::OBJECTS.iter().any(|object| object.name == word)
}

/// Whether an object's command begins with its options, as in `-j prog show`.
pub(crate) fn is_behind_options(words: &[OsString]) -> bool {
    let words = words.iter().map(|word| word.clone().into_string()).collect::<Result<Vec<_>, _>>();
    words.is_ok_and(|words| command::is_behind_options(&words))
}

/// Objects as sub-commands, for help and completions; they are run by [`tool`].
pub(crate) fn subcommands() -> impl Iterator<Item = clap::Command> {
    let objects = command::OBJECTS.iter().filter(|object| is_object(object.name));
    objects.map(|object| {
        let rows = object.rows.iter().flat_map(|row| {
            let listed = |name| clap::Command::new(name).about(sentence(row.help));
            row.names.iter().copied().map(listed)
        });
        clap::Command::new(object.name).about(sentence(object.help)).subcommands(rows)
    })
}

/// A help text as the other commands have theirs: with a capital letter.
fn sentence(help: &str) -> String {
    let mut letters = help.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
