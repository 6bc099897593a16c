//! What a unit is made of: text in, tokens by their lines and messages out.
//!
//! Behind the unit, lines `==== NAME` begin headers. `vmlinux.h` stands for the kernel's types, `nothing.h` for nothing, and
//! `locked.h` cannot be read.
use osmia_base::Source;
use osmia_lang_c::headers::{Found, Headers, Include, Search};
use osmia_lang_c::{Names, Token, TokenKind, preprocess};
use osmia_testkit::{Random, cases, golden, mutate};

/// Headers by name; those of `next/` are behind the others.
#[derive(Debug)]
struct Texts<'a>(Vec<(&'a str, &'a str)>);

impl Headers for Texts<'_> {
    fn find(&self, include: &Include<'_>) -> Found {
        let behind = format!("next/{}", include.name);
        let name = if include.next == Search::Next { &behind } else { include.name };
        if let Some((name, text)) = self.0.iter().find(|(own, _)| *own == name) {
            return Found::Text { name: (*name).to_string(), text: (*text).to_string() };
        }
        match include.name {
            "vmlinux.h" => Found::Kernel,
            "nothing.h" => Found::Nothing,
            "locked.h" => Found::Failed("permission denied".to_string()),
            _ => Found::Missing(vec!["here".to_string(), format!("{:?}", include.form)]),
        }
    }
}

/// A unit and its headers.
fn split(input: &str) -> (&str, Texts<'_>) {
    let mut parts = input.split("==== ");
    let unit = parts.next().unwrap_or("");
    (unit, Texts(parts.filter_map(|part| part.split_once('\n')).collect()))
}

fn spelled(tokens: &[Token], names: &Names) -> String {
    let mut out = String::new();
    let mut ended = true;
    for token in tokens {
        out.push_str(if token.first || ended { "\n" } else { " " });
        out.push_str(match token.kind {
            TokenKind::Pragma => "#pragma ",
            TokenKind::Kernel => "the kernel's types: ",
            _ => "",
        });
        out.push_str(names.text(token.text));
        ended = matches!(token.kind, TokenKind::Pragma | TokenKind::Kernel);
    }
    out.trim().to_string()
}

fn run(input: &str) -> String {
    let (unit, headers) = split(input);
    let (mut source, mut names) = (Source::new("unit.c", unit), Names::default());
    let defines = [("TARGET".to_string(), "x86".to_string()), ("TWICE(x)".to_string(), "x x".to_string())];
    let done = preprocess(&mut source, &mut names, &headers, &defines);
    let messages = done.diagnostics.render(&source);
    format!("{}\n{messages}", spelled(&done.tokens, &names))
}

#[test]
fn preprocesses() {
    golden("tests/preprocess", run);
}

/// Broken units end too, and what is found in them can be shown.
#[test]
fn broken_units_end() {
    let mut random = Random(1);
    for path in cases("tests/preprocess") {
        let text = std::fs::read(&path).unwrap();
        for _ in 0..40 {
            let mut bytes = text.clone();
            mutate(&mut bytes, &mut random);
            run(&String::from_utf8_lossy(&bytes));
        }
    }
}
