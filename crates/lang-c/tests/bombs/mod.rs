//! Small texts that ask for much.

/// A program around statements.
fn inside(statements: &str) -> String {
    format!(
        "#define SEC(x) __attribute__((section(x), used))\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n\
         struct big {{ int a[100]; }}; struct big b1, b2; unsigned long n; char *p;\n\
         SEC(\"xdp\") int prog(void *ctx) {{ int a = 1, b = n; {statements} return a + b; }}\n"
    )
}

fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

/// All of them.
pub(crate) fn texts() -> Vec<String> {
    [declarations(), statements(), towers()].concat()
}

/// Sizes, places and values that do not fit anything.
fn declarations() -> Vec<String> {
    let doubled: String = (1..40).map(|at| format!("#define A{at} A{0} A{0}\n", at - 1)).collect();
    let nested = |depth: usize| "[16]".repeat(depth);
    vec![
        format!("#define A0\n{doubled}int x = A39 1;"),
        "#include \"hostile.c\"\n#include \"hostile.c\"\n".to_owned(),
        "#define A(x) #x\nchar *a = A(A(A(\"\\\\\\\\\\\\\")));".to_owned(),
        "struct a { struct a b; }; struct a c;".to_owned(),
        "struct a { struct b *b; }; struct b { struct a a[1 << 20]; }; struct b c;".to_owned(),
        "struct a { char c[0x7fffffffffffffff]; int b : 31; char d[0x7fffffffffffffff]; }; struct a x = { .b = 1 };".to_owned(),
        "union a { char c[1ul << 60]; long d[1ul << 59]; } x;".to_owned(),
        "int a[1ul << 40]; int f(void) { return a[5]; }".to_owned(),
        "int a[1ul << 62]; int s = sizeof(a);".to_owned(),
        "int a[1ul << 40] = { [0 ... 1000000000] = 1 };".to_owned(),
        "int a[] = { [0 ... 1000000000] = 1 };".to_owned(),
        "int a[] = { [0x7fffffffffffffff] = 1 };".to_owned(),
        "int a[] = { [0xffffffffffffffff] = 1, 2 };".to_owned(),
        "int a[] = { [-1] = 1 }; int b[-1]; int c[] = { [5 ... 2] = 1 };".to_owned(),
        "int a[1000][1000][1000] = { [0 ... 999] = { [0 ... 999] = { [0 ... 999] = 1 } } };".to_owned(),
        "char a[1 << 26]; char b[1 << 26] = { 1 }; char c[] = { [1 << 26] = 1 };".to_owned(),
        "const char a[1 << 25] = { [0 ... (1 << 25) - 1] = 1 };".to_owned(),
        "struct s { int a : 0; int b : 33; unsigned c : -1; _Bool d : 2; long e : 64; char : 1ul << 40; };".to_owned(),
        "struct s { int a; } __attribute__((aligned(1ul << 62))); struct s x; int y = sizeof(struct s);".to_owned(),
        "struct s { int a __attribute__((aligned(3))); int b __attribute__((aligned(0))); int c __attribute__((aligned(-8))); };".to_owned(),
        "int a __attribute__((aligned(1 << 28))) = 1; int b __attribute__((aligned(1 << 30)));".to_owned(),
        "typedef int t __attribute__((aligned(1ul << 63))); struct { t a, b; } x;".to_owned(),
        "enum { A = 0x7fffffffffffffff, B, C = -1, D = 1 / 0, E = 1 << 99, F = -(-0x7fffffffffffffff - 1) };".to_owned(),
        "int a = (-0x7fffffffffffffff - 1) / -1; int b = (-0x7fffffff - 1) / -1; int c = (-0x7fffffff - 1) % -1;".to_owned(),
        "int a = 1 << 32, b = 1 << -1, c = 1ul >> 64, d = -1 << 31, e = 1 % 0;".to_owned(),
        "long a = sizeof(int[1ul << 62]), b = sizeof(struct { char a[1ul << 62], b[1ul << 62], c[1ul << 62]; });".to_owned(),
        "int a[sizeof(int[0x7fffffffffffffff]) * 8];".to_owned(),
        format!("struct e {{}}; struct s {{ struct e a{}; }} x, y; void f(void) {{ x = y; }}", nested(30)),
        format!("struct e {{ int a[0]; }}; struct s {{ struct e a{}; int b; }}; struct s x = {{}}, y; void f(void) {{ x = y; }}", nested(30)),
        format!("struct e {{}}; struct e a{} = {{ [0 ... 15] = {{ [0 ... 15] = {{}} }} }};", nested(12)),
        format!("struct s {{ struct {{}} a; int b; }}; struct s x{} = {{ 1 }};", nested(12)),
        format!("struct s {{ int a{}; }} x, y; void f(void) {{ x = y; }}", nested(15)),
        "void f(void) { struct { struct {} a[1ul << 62]; int b; } x = { .b = 1 }, y; y = x; }".to_owned(),
        "struct e {}; struct e a[] = { [0 ... 0x7ffffffffffffff0] = {} };".to_owned(),
        format!("enum e {{ {} }};", many(100_000, |at| format!("A{at}, "))),
        format!(
            "struct s {{ {} }} x = {{ {} }};",
            many(50_000, |at| format!("int a{at}; ")),
            many(50_000, |at| format!(".a{at} = {at}, "))
        ),
        many(20_000, |at| format!("int x{at} = y{at}; ")),
        "struct e {}; struct e a[0x7ffffffffffffff0] = {}; struct e b[0x7ffffffffffffff0] = { {}, {} };".to_owned(),
    ]
}

/// Statements that are too many, or do too much.
fn statements() -> Vec<String> {
    vec![
        inside("switch (a) { case 0 ... 0x7fffffff: b = 1; case -5 ... -1: b++; }"),
        inside("switch (n) { case 0 ... 0xffffffffffffffff: b = 1; }"),
        inside("switch (a) { case 5 ... 1: b = 1; default: b = 2; default: b = 3; case 1: case 1:; }"),
        inside(&format!(
            "switch (a) {{ {} }}",
            (0..5000).map(|at| format!("case {}: b += {at};", at * 7)).collect::<String>()
        )),
        inside("char x[1ul << 40]; x[n] = 1; b = x[0];"),
        inside("char x[1 << 20] = {}; b = x[n];"),
        inside("__builtin_memset(p, 0, 1ul << 40); __builtin_memcpy(p, &b1, 1ul << 40);"),
        inside("__builtin_memset(p, 1, 0xffffffffffffffff); __builtin_memmove(p, p + 1, 1 << 20);"),
        inside("a = __builtin_memcmp(p, &b1, 1ul << 62);"),
        inside("char x[4]; __builtin_memset(x, 5, 16000); __builtin_memset(p, n, 16000);"),
        inside("\n#pragma unroll\nfor (int i = 0; i < n; i++) ;\n#pragma unroll\nwhile (n) n--;\n"),
        inside("\n#pragma unroll\nfor (int i = 0; i < 1000000000; i++) b += i;\n"),
        inside(
            "for (int i = 0; i < 100; i++) for (int j = 0; j < 100; j++) for (int k = 0; k < 100; k++) b += i * j;",
        ),
        inside(&format!(
            "{} b++; {}",
            "\n#pragma unroll\nfor (int i = 0; i < 100; i++) {".repeat(6),
            "}".repeat(6)
        )),
        inside("b = a << 99; b >>= 77; b = n << -1; b = a / 0; b %= 0; b = n / 0ul; b = 1 << n;"),
        inside(&format!("b = {};", "a + ".repeat(190) + "1")),
        inside(&"b += a * n; ".repeat(5000)),
        inside(&"if (n == 5) b += a; else b -= n; ".repeat(1000)),
        inside(&format!("goto *p; {} ;", "l: goto l;".repeat(3))),
        inside(
            &(0..2000)
                .map(|at| format!("if (n & {at}) goto l{}; l{at}: b++; ", (at * 7) % 2000))
                .collect::<String>(),
        ),
        inside(&(0..3000).map(|at| format!("int x{at} = n + {at}; ")).collect::<String>()),
        inside(&(0..300).map(|at| format!("struct big x{at} = b1; ")).collect::<String>()),
        inside(&format!("{}{}", "for (int i = 0; i < n; i++) { ".repeat(80), "}".repeat(80))),
    ]
}

/// Things made of two of the last thing.
fn towers() -> Vec<String> {
    vec![
        (1..30).fold("static inline int f0(int a) { return a + 1; }\n".to_owned(), |text, at| {
            let last = at - 1;
            text + &format!("static inline int f{at}(int a) {{ return f{last}(a) + f{last}(a + 1); }}\n")
        }) + &inside("b = f29(n);"),
        (1..30).fold(
            "static inline __attribute__((always_inline)) int f0(int a) { return a * a; }\n".to_owned(),
            |text, at| {
                let last = at - 1;
                text + &format!(
                    "static inline __attribute__((always_inline)) int f{at}(int a) {{ return f{last}(a) ^ f{last}(a + 1); }}\n"
                )
            },
        ) + &inside("b = f29(n);"),
        "static __attribute__((always_inline)) int f(int a) { return f(a - 1) + f(a - 2); }\n".to_owned() + &inside("b = f(n);"),
        "static int g(int a); static int f(int a) { return g(a); } static int g(int a) { return f(a); }\n".to_owned() + &inside("b = f(n);"),
        format!("int x = {};", "\"a\" ".repeat(20000)),
        format!("char x[] = {};", "\"aaaaaaaaaaaaaaaaaaaaaa\" ".repeat(20000)),
        format!("int x{};", "[2]".repeat(100)),
        (1..200).fold("typedef int t0[2];".to_owned(), |text, at| text + &format!("typedef t{} t{at}[2];", at - 1)) + "t199 x; int y = sizeof(t30);",
        (1..200).fold("struct s0 { int a, b; };".to_owned(), |text, at| {
            text + &format!("struct s{at} {{ struct s{0} a, b; }};", at - 1)
        }) + "struct s15 x, y; void f(void) { x = y; } struct s60 z;",
        (1..100).fold("typedef int (*t0)(int);".to_owned(), |text, at| {
            text + &format!("typedef t{0} (*t{at})(t{0}, t{0});", at - 1)
        }) + "t99 x = 5; int *y = x;",
        (1..60).fold("struct { int a; } x; typeof(x) *p0;".to_owned(), |text, at| {
            text + &format!("typeof(*({{ typeof(p{0}) q = p{0}; q; }})) *p{at};", at - 1)
        }),
    ]
}
