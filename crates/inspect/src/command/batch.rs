//! `batch file`: commands from a file, one a line.
use super::{Done, Failure, Object, Session, Words, row, select};
use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// The longest command, with the lines that continue it.
const LONGEST: usize = 65_536;

pub(super) const OBJECT: Object = Object {
    name: "batch",
    help: "many commands in one run",
    rows: &[row(
        &["file"],
        "{ FILE | - }",
        "run the commands of a file, one a line, until one fails; # begins a comment, \\ at a line's end continues it",
        batch,
    )],
    terms: &[],
};

fn batch(session: &mut Session<'_>, mut words: Words<'_>) -> Done {
    let Some(name) = words.word() else { return Err(Failure::words("too few parameters for batch")) };
    if !words.is_empty() {
        return Err(Failure::words("too many parameters for batch"));
    }
    let mut input: Box<dyn BufRead> = if name == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let opened = File::open(name);
        Box::new(BufReader::new(
            opened.map_err(|error| Failure::io(format!("Can't open file ({name})"), &error))?,
        ))
    };
    if session.is_json() {
        session.json().start(b'[');
        commands(session, &mut *input)?;
        session.json().end(b']');
        return Ok(());
    }
    let count = commands(session, &mut *input)?;
    session.text().extend(format!("processed {count} commands\n").into_bytes());
    Ok(())
}

fn commands(session: &mut Session<'_>, input: &mut dyn BufRead) -> Result<usize, Failure> {
    let mut count = 0;
    while let Some(line) = command(input, count)? {
        let words = split(&line, count)?;
        if words.is_empty() {
            continue;
        }
        let status = one(session, &words);
        // Each answer is to be seen before the next command is asked: they may come from a person or a pipe.
        session.flush()?;
        if status != 0 {
            return Err(Failure::Silent(status));
        }
        count += 1;
    }
    Ok(count)
}

fn one(session: &mut Session<'_>, words: &[String]) -> u8 {
    if !session.is_json() {
        return session.answer(|session| select(session, words));
    }
    session.json().start(b'{');
    session.json().name("command");
    session.json().array(|json| words.iter().for_each(|word| json.string(word)));
    session.json().name("output");
    let status = session.answer(|session| select(session, words));
    session.json().end(b'}');
    status
}

/// The next line with those that continue it, without comments; `None` at the end.
fn command(input: &mut dyn BufRead, count: usize) -> Result<Option<String>, Failure> {
    let (mut whole, mut begun) = (String::new(), false);
    loop {
        let mut line = String::new();
        let read =
            input.read_line(&mut line).map_err(|error| Failure::io("reading batch file failed", &error))?;
        if read == 0 {
            let missing = || Failure::words(format!("missing continuation line on command {count}"));
            return if begun { Err(missing()) } else { Ok(None) };
        }
        let line = line.trim_end_matches(['\n', '\r']);
        let (line, comment) = uncommented(line);
        let continued = if comment { None } else { line.strip_suffix('\\') };
        whole += continued.unwrap_or(line);
        if whole.len() > LONGEST {
            return Err(Failure::words(format!("command {count} is too long")));
        }
        if continued.is_none() {
            return Ok(Some(whole));
        }
        begun = true;
    }
}

/// What stands before a `#` that is not in quotes, and whether there is one.
fn uncommented(line: &str) -> (&str, bool) {
    let mut quote = None;
    let mut fresh = true;
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            // A quote counts where a word begins, as when words are told apart.
            (None, '\'' | '"') if fresh => quote = Some(letter),
            (None, '#') => return (line.get(..at).unwrap_or(line), true),
            (None, _) => {}
        }
        fresh = quote.is_none() && letter.is_ascii_whitespace();
    }
    (line, false)
}

/// The words of a line. A word that begins with a quote ends with the same.
fn split(line: &str, count: usize) -> Result<Vec<String>, Failure> {
    let (mut words, mut left) = (Vec::new(), line.trim_start());
    while let Some(first) = left.chars().next() {
        let (word, rest) = match first {
            '\'' | '"' => left
                .get(1..)
                .and_then(|quoted| quoted.split_once(first))
                .ok_or_else(|| Failure::words(format!("unterminated quoted string in command {count}")))?,
            _ => left.split_once(|letter: char| letter.is_ascii_whitespace()).unwrap_or((left, "")),
        };
        words.push(word.to_owned());
        left = rest.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut input = text.as_bytes();
        let mut all = Vec::new();
        let told = |failure| match failure {
            Failure::Told { words, .. } => words,
            other => format!("{other:?}"),
        };
        while let Some(line) = command(&mut input, all.len()).map_err(told)? {
            let words = split(&line, all.len()).map_err(told)?;
            if !words.is_empty() {
                all.push(words);
            }
        }
        Ok(all)
    }

    #[test]
    fn a_quoted_hash_is_no_comment() {
        let all = words("map update 'a # b' \"c'd\" # e 'f\n\n# nothing\nprog show").unwrap();
        assert_eq!(all, [vec!["map", "update", "a # b", "c'd"], vec!["prog", "show"]]);
        assert_eq!(words("it's # fine").unwrap(), [["it's"]]);
    }

    #[test]
    fn lines_are_continued() {
        assert_eq!(words("map \\\n show\n").unwrap(), [["map", "show"]]);
        assert_eq!(words("map \\"), Err("missing continuation line on command 0".into()));
        assert_eq!(words("map # \\\nshow").unwrap(), [["map"], ["show"]]);
        assert_eq!(words("map 'x"), Err("unterminated quoted string in command 0".into()));
    }
}
