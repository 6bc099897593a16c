//! Units that golden files are too small for: what never ends, or grows without measure, ends with one message.
use super::*;
use crate::headers::NoHeaders;

/// The number of tokens of a unit, and the messages.
fn run(text: &str) -> (usize, Vec<String>) {
    let (mut source, mut names) = (Source::new("x.c", text), Names::default());
    let done = preprocess(&mut source, &mut names, &NoHeaders, &[]);
    (done.tokens.len(), done.diagnostics.list.into_iter().map(|diagnostic| diagnostic.text).collect())
}

/// Macros `a1` to `a29`, each made of the one before.
fn tower(first: &str, next: impl Fn(&str) -> String) -> String {
    let floors = (1..30).map(|number| format!("#define a{number} {}\n", next(&format!("a{}", number - 1))));
    format!("#define a0 {first}\n{}", floors.collect::<String>())
}

#[test]
fn laughter_ends() {
    let ten = |before: &str| format!("{before} ").repeat(10);
    let (_, messages) = run(&format!("{}a29", tower(&"x ".repeat(10), ten)));
    assert_eq!(messages, ["This unit is too long: the rest of it is not read"]);
}

#[test]
fn silent_laughter_ends() {
    let ten = |before: &str| format!("{before} ").repeat(10);
    let (_, messages) = run(&format!("{}a29", tower("", ten)));
    assert_eq!(messages, ["Macros make too many tokens: the rest of the unit is not read"]);
}

#[test]
fn strings_of_strings_end() {
    let strings = "#define s(x) #x\n#define t(x) s(x)\n";
    let call = format!("{}\"{}", "t(".repeat(60), "\"".to_string() + &")".repeat(60));
    let (_, messages) = run(&format!("{strings}{call}"));
    assert_eq!(messages, ["What `#` and `##` make here is too long"]);
}

#[test]
fn calls_within_calls_end() {
    let calls = |depth: usize| format!("#define f(x) x\n{}1{}", "f(".repeat(depth), ")".repeat(depth));
    assert_eq!(run(&calls(100)), (2, vec![]));
    let (_, messages) = run(&calls(300));
    assert_eq!(messages, ["Macros are called too deeply within arguments of macros"]);
}

#[test]
fn many_mistakes_end() {
    let (_, messages) = run(&"@\n".repeat(100_000));
    assert_eq!(messages.len(), limits::MESSAGES + 1);
    assert!(messages.last().is_some_and(|last| last.starts_with("There are more mistakes")));
}

#[test]
fn conditions_may_be_deep() {
    let depth = 100_000;
    let text = format!("{}x\n{}", "#if 1\n".repeat(depth), "#endif\n".repeat(depth));
    assert_eq!(run(&text), (2, vec![]));
}

#[test]
fn tokens_of_macros_know_where_they_were_written() {
    let text = "#define mul(x) x * two\n#define two 2\nint a = mul(b);";
    let (mut source, mut names) = (Source::new("x.c", text), Names::default());
    let done = preprocess(&mut source, &mut names, &NoHeaders, &[]);
    let at = |spelling: &str| {
        let name = names.find(spelling);
        done.tokens.iter().find(|token| Some(token.text) == name).map(|token| token.span)
    };
    let written = |span| source.written(span).1.of(text).to_string();
    let calls = |span| source.calls(span).into_iter().map(written).collect::<Vec<_>>();
    let (argument, times, number) = (at("b").unwrap(), at("*").unwrap(), at("2").unwrap());
    assert_eq!((written(argument), calls(argument)), ("b".to_string(), vec![]));
    assert_eq!((written(times), calls(times)), ("*".to_string(), vec!["mul(b)".to_string()]));
    assert_eq!(
        (written(number), calls(number)),
        ("2".to_string(), vec!["two".to_string(), "mul(b)".to_string()])
    );
}
