//! The headers of the room: all of them are C, and what their macros make of programs.
use osmia_base::Source;
use osmia_lang_c::headers::{Builtin, names};
use osmia_lang_c::{Names, Token, TokenKind, parse, preprocess};
use osmia_testkit::golden;

/// The tokens of a unit for x86-64, and all that is wrong with it.
fn read(unit: &str) -> (Vec<Token>, Names, String) {
    let (mut source, mut names) = (Source::new("unit.c", unit), Names::default());
    let defines = [("__TARGET_ARCH_x86".to_owned(), "1".to_owned())];
    let read = preprocess(&mut source, &mut names, &Builtin, &defines);
    let parsed = parse(&read.tokens, &mut names, None);
    let messages = read.diagnostics.render(&source) + &parsed.diagnostics.render(&source);
    (read.tokens, names, messages)
}

#[test]
fn each_header_is_c() {
    for name in names() {
        let (.., messages) = read(&format!("#include <{name}>\n#include <{name}>\n"));
        assert_eq!(messages, "", "{name}");
    }
}

#[test]
fn all_headers_go_together() {
    // Headers of libraries of other systems, which say the same of a network's byte order and of words for operators.
    let all = names().filter(|name| *name != "iso646.h").map(|name| format!("#include <{name}>\n"));
    let (.., messages) = read(&all.collect::<String>());
    assert_eq!(messages, "");
}

#[test]
fn headers_go_together_in_the_other_order_too() {
    let mut all: Vec<_> = names().filter(|name| *name != "iso646.h").collect();
    all.reverse();
    let all: String = all.iter().map(|name| format!("#include <{name}>\n")).collect();
    let (.., messages) = read(&format!("#include <linux/types.h>\n{all}"));
    assert_eq!(messages, "");
}

/// The tokens behind the headers: a statement a line.
fn spelled(tokens: &[Token], names: &Names) -> String {
    let begin = tokens.iter().position(|token| names.text(token.text) == "here").map_or(0, |at| at + 2);
    let mut out = String::new();
    for token in tokens.iter().skip(begin).filter(|token| token.kind != TokenKind::End) {
        let text = names.text(token.text);
        let is_glued = out.is_empty() || out.ends_with('\n') || !token.spaced && !token.first;
        out += if is_glued { "" } else { " " };
        out += text;
        out += if matches!(text, ";" | "{" | "}") { "\n" } else { "" };
    }
    out.trim_end().to_owned()
}

#[test]
fn macros() {
    golden("tests/headers", |unit| {
        let (tokens, names, messages) = read(unit);
        format!("{}\n{messages}", spelled(&tokens, &names)).trim_end().to_owned()
    });
}
