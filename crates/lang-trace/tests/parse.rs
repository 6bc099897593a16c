//! The parser: what it reads, what it says about mistakes, and that nothing makes it stumble.
mod common;

use common::{PIECES, Random, mutate};
use osmia_base::Source;
use osmia_lang_trace::{ast, parse};
use osmia_testkit::golden;

/// The tree, and then all diagnostics.
fn tree(text: &str) -> String {
    let source = Source::new("stdin", text);
    let parsed = parse(&source);
    ast::dump(&parsed.script) + &parsed.diagnostics.render(&source)
}

#[test]
fn good_scripts() {
    golden("tests/parse/good", |text| {
        let source = Source::new("stdin", text);
        let parsed = parse(&source);
        assert!(!parsed.diagnostics.has_errors(), "{}", parsed.diagnostics.render(&source));
        ast::dump(&parsed.script)
    });
}

#[test]
fn bad_scripts() {
    golden("tests/parse/bad", |text| {
        let source = Source::new("stdin", text);
        let parsed = parse(&source);
        assert!(parsed.diagnostics.has_errors(), "no error in {text}");
        parsed.diagnostics.render(&source) + "---- tree\n" + &ast::dump(&parsed.script)
    });
}

/// Debian's tools: what people run today.
#[test]
fn tools_of_the_system() {
    for tool in osmia_testkit::bpftrace_tools() {
        let text = std::fs::read_to_string(&tool).expect("a tool can be read");
        let source = Source::new(tool.display().to_string(), text);
        let parsed = parse(&source);
        assert!(parsed.diagnostics.list.is_empty(), "{}", parsed.diagnostics.render(&source));
        let heads =
            source.text.lines().filter(|line| line.starts_with('{') || line.ends_with('{') && is_head(line));
        assert_eq!(parsed.script.probes.len(), heads.count(), "{}", source.name);
    }
}

/// Whether a line that ends in `{` begins a probe: it stands at the margin, and is not C.
fn is_head(line: &str) -> bool {
    !line.starts_with([' ', '\t', '}']) && !line.starts_with("struct") && line != "{"
}

/// All places that are reported lie inside the text, and printing them works.
fn parse_never_panics(text: &str) {
    let source = Source::new("fuzz", text);
    let parsed = parse(&source);
    for diagnostic in &parsed.diagnostics.list {
        assert!(diagnostic.span.start <= diagnostic.span.end, "{diagnostic:?} in {text:?}");
        assert!(diagnostic.span.end as usize <= text.len(), "{diagnostic:?} in {text:?}");
        assert!(
            text.get(diagnostic.span.start as usize..diagnostic.span.end as usize).is_some(),
            "{diagnostic:?}"
        );
    }
    parsed.diagnostics.render(&source);
    ast::dump(&parsed.script);
}

#[test]
fn mutated_scripts_do_not_panic() {
    let mut random = Random(1);
    let cases = osmia_testkit::cases("tests/parse");
    let seeds: Vec<String> =
        cases.iter().map(|path| std::fs::read_to_string(path).expect("a case")).collect();
    for round in 0..4000 {
        parse_never_panics(&mutate(&seeds[round % seeds.len()], &mut random));
    }
}

#[test]
fn piles_of_pieces_do_not_panic() {
    let mut random = Random(2);
    for _ in 0..4000 {
        let count = random.next(40);
        let text: String = (0..count).map(|_| PIECES[random.next(PIECES.len())]).collect();
        parse_never_panics(&text);
        parse_never_panics(&format!("BEGIN {{ {text}"));
    }
}

/// Every piece, repeated so often that a parser of quadratic time or unbounded depth would show.
#[test]
fn repetition_is_harmless() {
    let heads = ["", "BEGIN { $x = ", "BEGIN /", "struct x {", "macro f("];
    let more = [
        "1+",
        "-",
        "(",
        "f(",
        "a.",
        "a[",
        "1?",
        "1?1:",
        "{",
        "if 1 {",
        "if 1 {} else ",
        "(int8)",
        "(a*",
        "*",
        "a,",
        "int x[",
        "int (",
        "kprobe:f,",
        "\n#if 1",
        "\n#ifdef X\n#else",
        "sizeof(",
        "a->",
        "typeof(",
        "struct {",
        "(a=",
        "@[",
        "1 || ",
        "let $x : (",
        "a{",
        "$x = 1;\n",
        "/ ",
        "/*",
        "!",
        "\\\n",
        "comptime ",
        "return ",
        "for $i : ",
        "1..",
    ];
    for head in heads {
        for piece in PIECES.into_iter().chain(more) {
            // Work that grows with the square of the length would not end before the runner ends it.
            parse_never_panics(&(head.to_owned() + &piece.repeat(10_000)));
        }
    }
}

#[test]
fn old_and_new_spellings_are_one() {
    for (old, new) in [
        ("BEGIN { print(args->x) }", "BEGIN { print(args.x) }"),
        ("BEGIN { printf(\"a\"); }", "BEGIN { printf(\"a\") }"),
        ("BEGIN { if (pid == 1) { exit() } }", "BEGIN { if pid == 1 { exit(); } }"),
        ("k:f,k:g /pid/ { }", "k:f, k:g, /pid/ {}"),
    ] {
        assert_eq!(tree(old), tree(new));
    }
}
