//! Scripts of several files, and parameters by name.
use crate::common::{Scratch, osmia, run};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_is_imported_belongs_to_the_script() {
    let scratch = Scratch::new();
    scratch
        .write("types.h", "#ifndef T\n#define T\n#define LIMIT 17\nstruct pair { int a; int b; };\n#endif\n");
    scratch.write(
        "more.bt",
        "import \"lib.bt\";\nmacro thrice(x) { twice(x) + x }\nbegin { printf(\"more \"); }\n",
    );
    scratch.write("lib.bt", "import \"more.bt\";\nmacro twice(x) { x * 2 }\nbegin { printf(\"lib \"); }\n");
    let main = scratch.write(
        "main.bt",
        "import \"types.h\";\nimport \"lib.bt\";\nbegin { printf(\"%d %d %d\\n\", thrice(2), LIMIT, sizeof(struct pair)); }\n",
    );
    for machine in [&[][..], &["--vm"]] {
        let out = run(osmia().arg("-q").args(machine).arg(&main)).ok();
        assert_eq!(out, "more lib 6 17 8\n\n\n", "{machine:?}");
    }
}

#[test]
fn files_are_found_beside_each_other_and_where_the_script_is() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("lib")).expect("mkdir");
    scratch.write("lib/beside.bt", "import \"deeper.bt\";\nmacro beside() { deeper() + 1 }\n");
    scratch.write("lib/from_root.bt", "import \"lib/deeper.bt\";\nmacro from_root() { deeper() + 2 }\n");
    scratch.write("lib/deeper.bt", "macro deeper() { 40 }\n");
    let main = scratch.write(
        "main.bt",
        "import \"lib/beside.bt\"; import \"lib/from_root.bt\";\nbegin { print((beside(), from_root())); }\n",
    );
    assert_eq!(run(osmia().args(["-q", &main])).ok(), "(41, 42)\n\n\n");
    let err = run(osmia().args(["-q", "-e", "import \"not/there.bt\"; begin { }"])).refused();
    let expected = "stdin:1:1-22: ERROR: Unable to find suitable path for import\nimport \"not/there.bt\"; begin { }\n\
        ~~~~~~~~~~~~~~~~~~~~~\nHINT: checked: not/there.bt\n";
    assert_eq!(err, expected);
    let err = run(osmia().args(["-q", "-e", "import \"\"; begin { }"])).refused();
    assert!(err.contains("Unable to find suitable path for import"), "{err}");
}

#[test]
fn mistakes_are_told_in_the_file_that_has_them() {
    let scratch = Scratch::new();
    let lib = scratch.write("lib.bt", "macro bad(x) { x + nothing }\n");
    let main = scratch.write("main.bt", "import \"lib.bt\";\nbegin { print(bad(1)); }\n");
    let err = run(osmia().args(["-q", &main])).refused();
    assert!(err.contains(&format!("{lib}:1:20-27: ERROR: Unknown identifier: 'nothing'")), "{err}");
    assert!(err.contains(&format!("{main}:2:15-21: ERROR: expanded from")), "{err}");
    for (name, text, expected) in [
        ("config.bt", "config = { max_strlen = 5 }\n", "invalid `config` within import"),
        ("broken.bt", "macro ( {\n", "syntax: "),
        ("program.bpf.c", "int x\n", "program.bpf.c cannot be compiled:\n"),
        ("program.bpf.o", "\x7fELF", "program.bpf.o: "),
    ] {
        scratch.write(name, text);
        let script = format!("import \"{}\"; begin {{ }}", scratch.path(name));
        let err = run(osmia().env("CLANG", "clang-19").args(["-q", "-e", &script])).refused();
        assert!(err.contains(expected), "{name}: {err}");
    }
    let program =
        scratch.write("program.bpf.c", "int f(int a) { return a + b; }\nint g(int a) { return h(a); }\n");
    let script = format!("import \"{program}\"; begin {{ }}");
    let err = run(osmia().env("CLANG", "no-such-clang").args(["-q", "-e", &script])).refused();
    for expected in [
        format!("{program}:1:27-28: ERROR: there is no variable, function or constant `b`\nint f("),
        format!("{program}:2:23-24: ERROR: "),
        "HINT: what osmia's compiler does not know, clang may: no-such-clang cannot be run".into(),
    ] {
        assert!(err.contains(&expected), "{expected}: {err}");
    }
    let err = run(osmia().args(["-q", "-e", "import \"not/there.bt\"; begin { }"])).refused();
    assert!(
        err.contains("Unable to find suitable path for import") && err.contains("HINT: checked: "),
        "{err}"
    );
}

/// A library in C: functions, one of them hidden, a map, a variable, and a program.
const LIBRARY: &str = r#"
    #include <linux/bpf.h>
    #include <bpf/bpf_helpers.h>
    struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, int); __type(value, long); } seen SEC(".maps");
    char LICENSE[] SEC("license") = "Dual BSD/GPL";
    int calls;
    struct point { int x, y; };
    __noinline int add(int a, short b) { calls++; return a + b; }
    __noinline int calls_so_far(void) { return calls; }
    __noinline long remember(int key) {
        long one = 1, *had = bpf_map_lookup_elem(&seen, &key);
        if (had)
            return *had += 1;
        bpf_map_update_elem(&seen, &key, &one, 0);
        return 1;
    }
    __hidden __noinline int give(long *out) { *out = 42; return -1; }
    __noinline long both(const struct point *at) { return at ? at->x + at->y : -1; }
    static __noinline int own(int a) { return a * 3; }
    __noinline int thrice(int a) { return own(a); }
    __hidden __noinline void forget(void) { calls = 0; }
    SEC("tracepoint/syscalls/sys_enter_getpgid") int program(void *ctx) { return own(2) + calls_so_far(); }
"#;

/// Compiles it into the folder, and gives its path.
fn library(scratch: &Scratch, name: &str, text: &str) -> String {
    let source = scratch.write(&format!("{name}.bpf.c"), text);
    let object = scratch.path(&format!("{name}.bpf.o"));
    let include = "-I/usr/include/x86_64-linux-gnu";
    let made = std::process::Command::new("clang-19")
        .args(["-g", "-O2", "-target", "bpf", include, "-c", &source, "-o", &object])
        .status();
    assert!(made.expect("clang-19").success(), "this test needs clang-19 and libbpf's headers");
    object
}

#[test]
fn functions_of_compiled_objects_are_called() {
    let scratch = Scratch::new();
    library(&scratch, "lib", LIBRARY);
    for file in ["lib.bpf.o", "lib.bpf.c"] {
        called(&scratch, file);
    }
}

/// A script calls all functions of the library, compiled by clang or here.
fn called(scratch: &Scratch, file: &str) {
    let osmia = || {
        let mut osmia = osmia();
        osmia.env("CLANG", "no-such-clang");
        osmia
    };
    let main = scratch.write(
        "main.bt",
        format!("import \"{file}\";\n")
            + r#"
        begin {
            printf("%d %d %d\n", add(40, 2), add(-40, -2), calls_so_far());
            printf("%d %d %d\n", remember(7), remember(7), remember(8));
            $out = (int64)0;
            $result = give(&$out);
            let $at : struct point;
            printf("%d %d %d %d %d\n", $result, $out, both(&$at), thrice(5), sizeof(struct point));
            forget();
            for $i : 0..300 { @sums[add($i, 1) % 3] = count(); }
            printf("%d\n", calls_so_far());
        }"#,
    );
    let expected = "42 -42 2\n1 2 1\n-1 42 0 15 8\n300\n\n\n@sums[0]: 100\n@sums[1]: 100\n@sums[2]: 100\n";
    for machine in [&[][..], &["--vm"]] {
        let done = run(osmia().arg("-q").args(machine).arg(&main));
        assert!(done.err.contains("its programs are not run (program)"), "{done:#?}");
        assert_eq!(done.out, expected, "{machine:?}: {}", done.err);
    }
    // What is written is one object: libbpf's rules have joined the two.
    let written = scratch.path("whole.bpf.o");
    assert!(run(osmia().args(["-q", "--emit", &written]).arg(&main)).status.success());
    assert_eq!(run(osmia().args(["run", "-q", &written])).out, expected);
}

#[test]
fn functions_of_sources_are_checked_where_they_are_called() {
    let scratch = Scratch::new();
    scratch.write(
        "own.bpf.c",
        "struct pair { int a; int b; };
         void swap(struct pair *pair) { int a = pair->a; pair->a = pair->b; pair->b = a; }
         int twice(const int *of) { return *of * 2; }
         long of_text(const char *text) { return text[0] * 1000 + text[1]; }
         void nothing(void) { }\n",
    );
    let main = scratch.write(
        "main.bt",
        "struct pair { int a; int b; }
         import \"own.bpf.c\";
         begin {
             let $n : int32 = 21;
             $both = (uint64)0x200000001;
             swap((struct pair *)&$both);
             nothing();
             printf(\"%d %lx %d\\n\", twice(&$n), $both, of_text(\"AB\"));
         }\n",
    );
    assert_eq!(run(osmia().args(["-q", &main])).ok(), "42 100000002 65066\n\n\n");
    let wrong = "import \"own.bpf.c\"; begin { $n = 5; print(twice(&$n)); }";
    let err = run(osmia().current_dir(scratch.path("")).args(["-q", "-e", wrong])).refused();
    assert!(err.contains("stdin:1:49-52: ERROR: Expected int32 * for argument `of` got int8 *\n"), "{err}");
    assert!(err.contains("HINT: twice() is a function of own.bpf.c\n"), "{err}");
}

#[test]
fn functions_are_given_maps() {
    let scratch = Scratch::new();
    let source = "#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
__attribute__((noinline, visibility(\"hidden\"))) long peek(void *map, void *key)
{
    long *value = bpf_map_lookup_elem(map, key);
    return value ? *value : -1;
}
char LICENSE[] SEC(\"license\") = \"GPL\";
";
    library(&scratch, "peek", source);
    let script = "import \"peek.bpf.o\";
begin {
    $kept = &@kept; $key = (uint64)5; print(peek($kept, &$key)); @kept[(uint64)5] = (int64)77;
    print(peek(&@kept, &$key)); $key++; print((peek(&@kept, &$key), &@kept != 0, *&@one)); @one = 3;
}
";
    let main = scratch.write("main.bt", script);
    for machine in [&[][..], &["--vm"]] {
        let out = run(osmia().arg("-q").args(machine).arg(&main)).ok();
        assert_eq!(out, "-1\n77\n(-1, true, 0)\n\n\n@kept[5]: 77\n@one: 3\n", "{machine:?}");
    }
}

/// What osmia's own compiler does not know, clang compiles where there is one; and that is told.
#[test]
fn clang_compiles_what_osmia_does_not_know() {
    let scratch = Scratch::new();
    let assembly = r#"int five(void) { int x; asm volatile("%0 = 5" : "=r"(x)); return x; }"#;
    scratch.write("lib.bpf.c", assembly);
    let main = scratch.write("main.bt", "import \"lib.bpf.c\";\nbegin { print(five()); }\n");
    for machine in [&[][..], &["--vm"]] {
        let out = run(osmia().env("CLANG", "clang-19").arg("-q").args(machine).arg(&main));
        assert_eq!(out.out, "5\n\n\n", "{machine:?}: {}", out.err);
        assert!(out.err.contains("clang compiled it, as osmia does not:\n"), "{}", out.err);
    }
    let err = run(osmia().env("CLANG", "no-such-clang").arg("-q").arg(&main)).refused();
    assert!(err.contains("lib.bpf.c:1:25-"), "{err}");
}

/// Warnings of a program in C are told, and it is compiled all the same.
#[test]
fn warnings_of_programs_in_c_are_told() {
    let scratch = Scratch::new();
    scratch.write("lib.bpf.c", "#warning \"so it is\"\nint five(void) { return 5; }\n");
    let main = scratch.write("main.bt", "import \"lib.bpf.c\";\nbegin { print(five()); }\n");
    let out = run(osmia().env("CLANG", "no-such-clang").arg("-q").arg(&main));
    assert_eq!(out.out, "5\n\n\n", "{}", out.err);
    assert!(out.err.contains("WARNING: ") && out.err.contains("so it is"), "{}", out.err);
}

#[test]
fn calls_of_objects_are_checked_by_their_types() {
    let scratch = Scratch::new();
    library(&scratch, "lib", LIBRARY);
    for (call, expected) in [
        ("add(1)", "Function `add` requires 2 arguments, got only 1"),
        ("add(\"x\", 2)", "Expected int32 for argument `a` got string[2]"),
        ("add(1, 100000)", "Expected int16 for argument `b` got int32"),
        ("both(5)", "Expected const struct point * for argument `at` got int8"),
        ("own(1)", "Unknown function: 'own'"),
        ("program(1)", "Unknown function: 'program'"),
        ("thrise(1)", "HINT: did you mean `thrice`?"),
    ] {
        let main = scratch.write("main.bt", format!("import \"lib.bpf.o\";\nbegin {{ print({call}); }}\n"));
        let err = run(osmia().args(["-q", &main])).refused();
        assert!(err.contains(expected), "{call}: {err}");
    }
    library(
        &scratch,
        "closed",
        "char L[] __attribute__((section(\"license\"))) = \"Secret\"; int f(void) { return 1; }",
    );
    let main = scratch.write("main.bt", "import \"closed.bpf.o\";\nbegin { print(f()); }\n");
    let err = run(osmia().args(["-q", &main])).refused();
    assert!(err.contains("its licence is \"Secret\", the script's is \"GPL\""), "{err}");
}

#[test]
fn files_that_anybody_may_change_are_refused() {
    let scratch = Scratch::new();
    let lib = scratch.write("lib.bt", "macro one() { 1 }\n");
    set_permissions(&lib, Permissions::from_mode(0o666)).expect("chmod");
    let err = run(osmia().args(["-q", "-e", &format!("import \"{lib}\"; begin {{ }}")])).refused();
    assert!(err.contains("cowardly refusing to import"), "{err}");
}

#[test]
fn headers_are_read_or_known() {
    let scratch = Scratch::new();
    let header = scratch.write("mine.h", "struct mine { long a[3]; };\n#define MINE 4\n");
    let dir = scratch.path("");
    let text = "begin { print((sizeof(struct mine), MINE)); }";
    let with = |args: &[&str]| run(osmia().args(["-q"]).args(args)).ok();
    assert_eq!(with(&["-I", &dir, "-e", &format!("#include <mine.h>\n{text}")]), "(24, 4)\n\n\n");
    assert_eq!(with(&["--include", &header, "-e", text]), "(24, 4)\n\n\n");
    let err = run(osmia().args(["-q", "-e", "#include <not/there.h>\nbegin { }"])).refused();
    assert!(err.starts_with("definitions.h:2:10: fatal error: 'not/there.h' file not found\n"), "{err}");
}

#[test]
fn parameters_have_names_behind_two_dashes() {
    let text =
        "begin { print(($1, getopt(\"n\", 10, \"how many\"), getopt(\"on\"), getopt(\"s\", \"x\"))); }";
    let out = run(osmia().args(["-q", "-e", text, "word", "--", "--n=3", "--on", "--s=y"])).ok();
    assert_eq!(out, "(word, 3, true, y)\n\n\n");
    let err = run(osmia().args(["-q", "-e", text, "--", "--n=z"])).refused();
    assert!(err.contains("program command line option --n invalid integer (value: z)"), "{err}");
    let help = run(osmia().args(["-q", "-e", text, "--", "--help"]));
    assert!(help.err.contains("HINT: expected program options:\n--n: how many\n--on\n--s\n"), "{help:#?}");
}

/// What a division leaves is an index into an array of that length, for the kernel too: of a counter with a sign as of a
/// number that nobody knows.
#[test]
fn remainders_are_indices() {
    let scratch = Scratch::new();
    let text = r#"
int rest(int n) { char text[3] = "abc"; int s = 0; for (int i = 0; i < n && i < 16; i++) s += text[i % 3] - 'a'; return s; }
int power(void) { char text[4] = "abcd"; int s = 0; for (int i = 0; i < 16; i++) s += text[i % 4] - 'a'; return s; }
int part(void) { char text[5] = "abcde"; int s = 0; for (int i = 0; i < 15; i++) s += text[i / 3] - 'a'; return s; }
int any(unsigned n) { char text[100] = {}; text[n % 100] = 7; return text[n % 100] + text[(n + 1) % 100]; }
int wide(unsigned long n) { char text[7] = "abcdefg"; return text[n % 7] - 'a'; }
"#;
    scratch.write("lib.bpf.c", text);
    let main = scratch.write(
        "main.bt",
        r#"import "lib.bpf.c";
begin { printf("%d %d %d %d %d\n", rest((int32)pid + 16), power(), part(), any((uint32)pid), wide(pid) == pid % 7); }
"#,
    );
    for machine in [&[][..], &["--vm"]] {
        let words = ["-q", "--no-warnings"];
        let out = run(osmia().env("CLANG", "no-such-clang").args(words).args(machine).arg(&main)).ok();
        assert_eq!(out, "15 24 30 7 1\n\n\n", "{machine:?}");
    }
}
