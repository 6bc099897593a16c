//! What the golden files under `tests/preprocess` do not say.
use super::*;
use crate::headers::NoHeaders;

/// The tokens of a unit, a blank where layout is, and the messages.
fn run(text: &str) -> (String, Vec<String>) {
    let (mut source, mut names) = (Source::new("x.c", text), Names::default());
    let done = preprocess(&mut source, &mut names, &NoHeaders, &[]);
    let mut out = String::new();
    for token in &done.tokens {
        let blank = token.spaced && !out.is_empty();
        out.push_str(if blank { " " } else { "" });
        out.push_str(names.text(token.text));
    }
    (out, done.diagnostics.list.into_iter().map(|diagnostic| diagnostic.text).collect())
}

#[test]
fn laughter_ends() {
    let mut text = String::from("#define a0 x x x x x x x x x x\n");
    for number in 1..30 {
        let before = format!("a{} ", number - 1);
        text.push_str(&format!("#define a{number} {}\n", before.repeat(10)));
    }
    text.push_str("a29\n");
    let (_, messages) = run(&text);
    assert_eq!(messages, ["This unit is too long: the rest of it is not read"]);
}
