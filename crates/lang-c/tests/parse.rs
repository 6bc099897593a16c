//! The parser: what it makes of C, what it says of mistakes, and that nothing makes it fall over.
use osmia_base::Source;
use osmia_btf::{Btf, Builder, IntEncoding};
use osmia_lang_c::headers::{Found, Headers, Include};
use osmia_lang_c::parse::dump;
use osmia_lang_c::{Names, Parsed, Token, TokenKind, parse, preprocess};
use osmia_testkit::{Random, cases, golden};

/// `vmlinux.h` stands for the kernel's types; there is no other header.
#[derive(Debug)]
struct Kernel;

impl Headers for Kernel {
    fn find(&self, include: &Include<'_>) -> Found {
        if include.name == "vmlinux.h" { Found::Kernel } else { Found::Missing(Vec::new()) }
    }
}

/// A kernel of few types.
fn kernel() -> Btf {
    let mut builder = Builder::new();
    let int = builder.add_int("unsigned int", 4, IntEncoding::default());
    builder.add_typedef("u32", int);
    builder.add_typedef("pid_t", int);
    builder.add_struct("task_struct", 0, Vec::new());
    Btf::parse(builder.finish()).expect("these are types")
}

/// A text, the tokens of which were read.
struct Unit {
    source: Source,
    names: Names,
    tokens: Vec<Token>,
}

fn unit(text: &str) -> Unit {
    let mut source = Source::new("unit.c", text);
    let mut names = Names::default();
    let preprocessed = preprocess(&mut source, &mut names, &Kernel, &[]);
    Unit { source, names, tokens: preprocessed.tokens }
}

fn parsed(text: &str) -> (Unit, Parsed) {
    let mut unit = unit(text);
    let parsed = parse(&unit.tokens, &mut unit.names, Some(&kernel()));
    (unit, parsed)
}

/// What is wrong with a text.
fn messages(text: &str) -> String {
    let (unit, parsed) = parsed(text);
    parsed.diagnostics.render(&unit.source)
}

#[test]
fn trees() {
    golden("tests/parse", |text| {
        let (unit, parsed) = parsed(text);
        dump(&parsed.unit, &unit.names) + &parsed.diagnostics.render(&unit.source)
    });
}

#[test]
fn whatever_is_too_deep_is_one_error() {
    let (many, few) = (20_000, 5_000);
    let cases = [
        format!("int x = {}1{};", "(".repeat(many), ")".repeat(many)),
        format!("int x = {}1;", "(".repeat(many)),
        format!("int x = {}1;", "-".repeat(many).replace("--", "- -")),
        format!("int x = {}1;", "(int)".repeat(many)),
        format!("int x = 1{};", " + 1".repeat(many)),
        format!("int x = a{};", ".b".repeat(many)),
        format!("int x = a{};", "(1)".repeat(many)),
        format!("int x = {}1;", "a ? b : ".repeat(many)),
        format!("int x = {}1;", "a = ".repeat(many)),
        format!("int x = (1{});", ", 1".repeat(many)),
        format!("int x = {}1{};", "({ ".repeat(many), "; })".repeat(many)),
        format!("int x[] = {}1{};", "{".repeat(many), "}".repeat(many)),
        format!("int {}x;", "*".repeat(many)),
        format!("int x{};", "[1]".repeat(many)),
        format!("int {}x{};", "(*".repeat(many), ")(int)".repeat(many)),
        format!("void f({}void{});", "int (*)(".repeat(many), ")".repeat(many)),
        format!("{}int x;{} y;", "struct { ".repeat(few), "};".repeat(few)),
        format!("void f(void) {{ {} }}", "{".repeat(many)),
        format!("void f(void) {{ {}; }}", "if (1) ".repeat(many)),
        format!("void f(void) {{ {}; }}", "if (1) ; else ".repeat(many)),
        format!("void f(void) {{ if (1) {}; }}", "a: ".repeat(many)),
        format!("typeof({}int{}) x;", "typeof(".repeat(many), ")".repeat(many)),
        format!("int x = sizeof({}int{});", "typeof(".repeat(many), ")".repeat(many)),
        format!("int x = {}a{};", "sizeof ".repeat(many), "[1]".repeat(many)),
        format!("int x __attribute__((a{}1{}));", "(a".repeat(many), ")".repeat(many)),
        format!("int x = {}1{};", "f(".repeat(many), ")".repeat(many)),
        format!("int x = {}1{};", "a[".repeat(many), "]".repeat(many)),
        format!("int x = {}1{};", "_Generic(".repeat(many), ", int: 1)".repeat(many)),
        format!("int x = {}1{};", "(1 + ".repeat(many), ")".repeat(many)),
    ];
    for case in cases {
        let (_, parsed) = parsed(&case);
        let told = &parsed.diagnostics.list;
        let start: String = case.chars().take(40).collect();
        let deep = told.iter().filter(|diagnostic| diagnostic.text.contains("levels deep")).count();
        assert_eq!(deep, 1, "{start}: {:?}", told.get(..5));
        assert!(told.len() <= 2, "{start}: {:?}", told.get(..5));
    }
}

#[test]
fn what_real_programs_have_is_not_too_deep() {
    let cases = [
        format!("int x = {}1{};", "(".repeat(60), ")".repeat(60)),
        format!("int x = 1{};", " + 1".repeat(150)),
        format!("void f(int x) {{ {} ; }}", "if (x) g(); else ".repeat(90)),
        format!("void f(int x) {{ switch (x) {{ {} g(); }} }}", "case 1: ".repeat(5000)),
        format!("void f(int x) {{ {} }}", "a + b;".repeat(5000)),
        format!("int x[] = {{ {} }};", "1 + 2, ".repeat(5000)),
        format!("int x = f({} 1);", "a + b, ".repeat(5000)),
        format!("enum {{ {} }};", (0..5000).map(|n| format!("A{n} = 1 + {n},")).collect::<String>()),
        format!("struct {{ {} }} x;", (0..5000).map(|n| format!("int a{n}[1 + 1];")).collect::<String>()),
        format!("int f({} int);", "int (*)[1 + 1], ".repeat(5000)),
        format!("int x[1 + 1]{};", ", y[1 + 1]".repeat(5000)),
    ];
    for case in cases {
        let (unit, parsed) = parsed(&case);
        assert_eq!(parsed.diagnostics.render(&unit.source), "");
    }
}

#[test]
fn one_unknown_type_is_one_error() {
    let text = "foo_t f(foo_t a, const foo_t *b)\n{\n\tfoo_t c = (foo_t)1, *d = (foo_t *)a;\n\tfoo_t *e;\n\t\
                return sizeof(foo_t) + c;\n}\nstatic foo_t g;\nstruct s { foo_t h; foo_t *i; };\n";
    let (_, parsed) = parsed(text);
    let texts: Vec<&str> = parsed.diagnostics.list.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts, ["unknown type name `foo_t`"]);
}

#[test]
fn each_place_for_a_type_tells_that_one_is_unknown() {
    let cases = [
        "foo_t x;",
        "foo_t *x;",
        "static const foo_t x = 1;",
        "foo_t f(void) { return 1; }",
        "int f(foo_t);",
        "int f(int a, const foo_t *b);",
        "struct s { foo_t a; };",
        "struct s { int a; foo_t *b; };",
        "void f(void) { foo_t x; }",
        "void f(void) { foo_t *x = 0; }",
        "void f(void) { for (foo_t i = 0; i < 3; i++) ; }",
        "int x = (foo_t)1;",
        "int x = (foo_t *)1;",
        "int x = sizeof(foo_t *);",
        "int x = __builtin_offsetof(foo_t, a);",
        "typedef foo_t bar_t; bar_t x;",
    ];
    for case in cases {
        let (_, parsed) = parsed(case);
        let texts: Vec<&str> = parsed.diagnostics.list.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["unknown type name `foo_t`"], "{case}");
    }
}

#[test]
fn types_of_the_kernel_are_known_behind_its_header_alone() {
    assert_eq!(messages("#include \"vmlinux.h\"\nu32 x; pid_t f(u32 u32) { return u32 * 2; }"), "");
    assert!(messages("u32 x;\n#include \"vmlinux.h\"\n").contains("unknown type name `u32`"));
}

/// Changes tokens a little: some are gone, doubled, swapped, or of elsewhere.
fn mutate(tokens: &mut Vec<Token>, pool: &[Token], random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(tokens.len());
        let other = pool[random.below(pool.len())];
        match random.below(5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, other),
            2 => tokens[at] = other,
            3 => tokens.truncate(at + 1),
            _ => {
                let with = random.below(tokens.len());
                tokens.swap(at, with);
            }
        }
        if tokens.is_empty() {
            tokens.push(other);
        }
    }
}

#[test]
fn no_row_of_tokens_is_too_strange() {
    let kernel = kernel();
    let mut random = Random(7);
    let texts: Vec<String> = cases("tests/parse")
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a case is text"))
        .map(|text| text.split("---- expect").next().unwrap_or("").to_owned())
        .collect();
    // All of them in one, so that words have the same numbers, too.
    let all = unit(&texts.join("\n"));
    for text in &texts {
        let one = unit(text);
        let mut names = all.names.clone();
        let own: Vec<Token> = one
            .tokens
            .iter()
            .map(|token| Token { text: names.add(one.names.text(token.text)), ..*token })
            .collect();
        for round in 0..60 {
            let mut tokens = own.clone();
            let pool = if round % 2 == 0 { &own } else { &all.tokens };
            mutate(&mut tokens, pool, &mut random);
            let parsed = parse(&tokens, &mut names, Some(&kernel));
            assert!(dump(&parsed.unit, &names).len() < 1 << 20);
            // Places lie in the text, so that they can be shown.
            parsed.diagnostics.render(if round % 2 == 0 { &one.source } else { &all.source });
        }
    }
}

#[test]
fn tokens_in_any_order_come_to_an_end() {
    let text = "int x ; { } ( ) [ ] , . -> * & + = ? : ... struct union enum typedef if else for while do switch case \
                default goto return break 1 \"s\" 'c' sizeof _Generic __attribute__ asm typeof __extension__ ( ( ) )\n\
                #pragma unroll\n#pragma pack(push, 1)\n";
    let mut all = unit(text);
    let mut random = Random(11);
    for _ in 0..5_000 {
        let length = 1 + random.below(40);
        let tokens: Vec<Token> = (0..length).map(|_| all.tokens[random.below(all.tokens.len())]).collect();
        let parsed = parse(&tokens, &mut all.names, None);
        let ends = tokens.iter().any(|token| token.kind == TokenKind::End);
        assert!(
            ends || parsed.diagnostics.has_errors() || tokens.len() < 40 || !parsed.unit.items.is_empty()
        );
    }
}
