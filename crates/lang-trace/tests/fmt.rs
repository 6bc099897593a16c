//! The formatter: what it makes of scripts, and that it neither loses nor changes anything.
mod common;

use common::{Random, mutate};
use osmia_base::Source;
use osmia_lang_trace::{FormatError, ast, format, parse};
use osmia_testkit::golden;

/// Formats a text, and checks what must hold for all: the tree is the same, all comments are there, and formatting what
/// came out changes nothing. `None` for a text that cannot be read.
fn formatted(text: &str) -> Option<String> {
    let source = Source::new("stdin", text);
    let once = match format(&source) {
        Ok(once) => once,
        Err(FormatError::Syntax(_)) => return None,
        Err(FormatError::Changed) => panic!("changed:\n{text}"),
    };
    let again = Source::new("stdin", once.as_str());
    assert_eq!(ast::dump(&parse(&again).script), ast::dump(&parse(&source).script), "{text}");
    match format(&again) {
        Ok(twice) => assert!(twice == once, "{text}{}", difference(&once, &twice)),
        Err(error) => panic!("{error}: the second time:\n{once}"),
    }
    Some(once)
}

/// Where two texts part.
fn difference(a: &str, b: &str) -> String {
    let same = a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count().saturating_sub(3);
    let part = |text: &str| text.lines().skip(same).take(8).collect::<Vec<_>>().join("\n");
    format!("\n---- once\n{}\n---- twice\n{}", part(a), part(b))
}

#[test]
fn scripts() {
    golden("tests/fmt", |text| formatted(text).unwrap_or_else(|| panic!("cannot be read: {text}")));
}

/// The inputs of all tests whose inputs are scripts.
fn seeds() -> Vec<String> {
    let dirs = ["tests/fmt", "tests/parse", "tests/check", "tests/lower", "tests/run"];
    let cases = dirs.iter().flat_map(|dir| osmia_testkit::cases(dir));
    let texts = cases.map(|path| std::fs::read_to_string(path).expect("a case"));
    texts.map(|text| text.split("---- expect").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn all_scripts_of_all_tests() {
    let seeds = seeds();
    let read = seeds.iter().filter(|text| formatted(text).is_some()).count();
    assert!(read * 4 > seeds.len() * 3, "only {read} of {} can be read", seeds.len());
}

/// Debian's tools.
#[test]
fn tools_of_the_system() {
    for tool in osmia_testkit::bpftrace_tools() {
        let text = std::fs::read_to_string(&tool).expect("a tool can be read");
        assert!(formatted(&text).is_some(), "{}", tool.display());
    }
}

/// Comments in all places, lines joined and broken, and whatever else still can be read.
#[test]
fn mutated_scripts() {
    let (mut seeds, mut random, mut read) = (seeds(), Random(3), 0);
    seeds.retain(|text| text.len() < 4000);
    for round in 0..800 {
        let seed = &seeds[round % seeds.len()];
        let text = if round % 2 == 0 { relaid(seed, &mut random) } else { mutate(seed, &mut random) };
        read += usize::from(formatted(&text).is_some());
    }
    assert!(read > 250, "only {read} could be read");
}

/// Where a comment may stand: between characters where one leaves the tree as it is.
fn places(text: &str) -> Vec<usize> {
    let tree = |text: &str| {
        let parsed = parse(&Source::new("stdin", text));
        (!parsed.diagnostics.has_errors()).then(|| ast::dump(&parsed.script))
    };
    let Some(whole) = tree(text) else { return Vec::new() };
    let in_word = |at: usize| at > 0 && text.as_bytes()[at - 1..=at].iter().all(u8::is_ascii_alphanumeric);
    let places = text.char_indices().map(|(at, _)| at).filter(|&at| !in_word(at));
    places.filter(|&at| tree(&with(text, &[(at, "/* c */")])).as_ref() == Some(&whole)).collect()
}

/// The text with comments at these places, `#` in them being their numbers.
fn with(text: &str, comments: &[(usize, &str)]) -> String {
    let (mut out, mut from) = (String::new(), 0);
    for (number, &(at, comment)) in comments.iter().enumerate() {
        out.push_str(&text[from..at]);
        out.push_str(&comment.replace('#', &number.to_string()));
        from = at;
    }
    out + &text[from..]
}

/// Comments wherever one may stand: everywhere at once, and here and there.
#[test]
fn comments_everywhere() {
    const COMMENTS: [&str; 6] =
        ["/* # */", "// #\n", "\n/* # */\n", "\n/* #\n * # */", " // #\n\n", "\n\n// #\n"];
    let (mut random, mut read) = (Random(7), 0);
    let tour = std::fs::read_to_string("tests/fmt/tour.bt").expect("a case");
    let tour = tour.split("---- expect").next().unwrap_or_default().to_owned();
    let short = seeds().into_iter().filter(|text| text.len() < 1200);
    for text in short.chain([tour]) {
        let text = text.as_str();
        let places = places(text);
        let mut try_with = |comments: Vec<(usize, &str)>| {
            read += usize::from(formatted(&with(text, &comments)).is_some());
        };
        for comment in COMMENTS {
            try_with(places.iter().map(|&at| (at, comment)).collect());
        }
        for round in 0..4 {
            let apart = places.len() / (1 << (2 * round)) + 1;
            let here = places.iter().filter(|_| random.next(apart) == 0).copied().collect::<Vec<_>>();
            try_with(here.into_iter().map(|at| (at, COMMENTS[random.next(COMMENTS.len())])).collect());
        }
    }
    assert!(read > 250, "only {read} could be read");
}

/// The text with other layout: what stands at a space may be a comment or a line's end.
fn relaid(text: &str, random: &mut Random) -> String {
    let layouts =
        [" ", "\n", "\n\n\n", " /* c */ ", " // c\n", "\n/* a\n * b */\n", "  ", "/* x\n y */", "\t\n// d\n"];
    let mut out = String::new();
    for char in text.chars() {
        if char == ' ' && random.next(6) == 0 {
            out.push_str(layouts[random.next(layouts.len())]);
        } else {
            out.push(char);
        }
    }
    out
}
