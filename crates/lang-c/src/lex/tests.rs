use super::*;
use crate::Names;

/// Kinds by a letter, and spellings.
fn spelled(text: &str) -> String {
    let mut names = Names::default();
    let tokens = lex(text, 0, &mut names);
    let words = tokens.iter().map(|token| {
        let letter = match token.kind {
            TokenKind::Word => 'w',
            TokenKind::Number => 'n',
            TokenKind::Char => 'c',
            TokenKind::Text => 't',
            TokenKind::Sign(_) => 's',
            TokenKind::Stray => '?',
            TokenKind::Pragma | TokenKind::Kernel => '!',
            TokenKind::End => 'e',
        };
        let line = if token.first { "|" } else { "" };
        let blank = if token.spaced { "_" } else { "" };
        format!("{line}{blank}{letter}{}", names.text(token.text))
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn reads_words_numbers_and_signs() {
    assert_eq!(spelled("a+++b"), "|wa s++ s+ wb e");
    assert_eq!(spelled("x1 = 0x1e+3.f;\n..."), "|wx1 _s= _n0x1e+3.f s; |_s... e");
    assert_eq!(spelled(".5..6 ..x"), "|n.5..6 _s. s. wx e");
    assert_eq!(spelled("<: %:%: %> <<=>>= ->"), "|s<: _s%:%: _s%> _s<<= s>>= _s-> e");
    assert_eq!(spelled("größe $x"), "|wgröße _w$x e");
}

#[test]
fn digraphs_are_the_signs_they_stand_for() {
    let tokens = lex("<:%:", 0, &mut Names::default());
    assert_eq!((tokens[0].kind, tokens[1].kind), (TokenKind::Sign("["), TokenKind::Sign("#")));
}

#[test]
fn reads_strings_and_characters() {
    assert_eq!(spelled(r#"L"a\"b" u8'x' '\'' """#), r#"|tL"a\"b" _cu8'x' _c'\'' _t"" e"#);
    assert_eq!(spelled("don't\n\"ab\r\nc"), "|wdon ?'t |_?\"ab |_wc e");
}

#[test]
fn joins_lines() {
    assert_eq!(spelled("a\\\nb\\ \r\nc -\\\n> 1\\\n2"), "|wabc _s-> _n12 e");
    assert_eq!(spelled("/\\\n/ x\\\ny\nz"), "|_wz e");
    assert_eq!(spelled("/\\\n* x *\\\n/ z"), "|_wz e");
    assert_eq!(spelled("a \\ b"), "|wa _?\\ _wb e");
}

#[test]
fn comments_are_blanks() {
    assert_eq!(spelled("a/**/b//c\nd/*\n*/e"), "|wa _wb |_wd _we e");
    assert_eq!(spelled("a /*/ x"), "|wa _?/* e");
    assert_eq!(spelled("a / b /"), "|wa _s/ _wb _s/ e");
}

#[test]
fn names_of_headers_are_one_token() {
    assert_eq!(spelled("#include <a//b.h> <c"), "|s# winclude _t<a//b.h> _s< wc e");
    assert_eq!(spelled("# include <a b\n<c>"), "|s# _winclude _s< wa _wb |_s< wc s> e");
}

#[test]
fn spans_are_where_things_are_written() {
    let mut names = Names::default();
    let tokens = lex("\u{feff}ab \\\n\"x\\\ny\" '", 100, &mut names);
    let spans: Vec<_> = tokens.iter().map(|token| (token.span.start, token.span.end)).collect();
    assert_eq!(spans, [(103, 105), (108, 114), (115, 116), (116, 116)]);
    assert_eq!(names.text(tokens[1].text), "\"xy\"");
}

#[test]
fn strays_are_explained() {
    let mut names = Names::default();
    let say = |text: &str, names: &mut Names| {
        let token = lex(text, 0, names)[0];
        complain(token, names).text
    };
    assert_eq!(say("'a", &mut names), "This character constant has no end in its line");
    assert_eq!(say("L\"a", &mut names), "This string has no end in its line");
    assert_eq!(say("/* a", &mut names), "This comment has no end");
    assert_eq!(say("@", &mut names), "`@` means nothing in C");
    assert_eq!(say("\u{a0}", &mut names), "`\\u{a0}` means nothing in C");
}

#[test]
fn one_token_is_told_from_several() {
    let mut names = Names::default();
    let text = |text: &str, names: &mut Names| lex_one(text, names).map(|token| token.kind);
    assert_eq!(text("a1", &mut names), Some(TokenKind::Word));
    assert_eq!(text("1a", &mut names), Some(TokenKind::Number));
    assert_eq!(text("<<=", &mut names), Some(TokenKind::Sign("<<=")));
    assert_eq!(text("+-", &mut names), None);
    assert_eq!(text("//", &mut names), None);
    assert_eq!(text("", &mut names), None);
    assert_eq!(text("'", &mut names), None);
}
