//! `btf` and `gen` against bpftool. (Debian's 7.1 has no merging, sorting and Rust: these are looked at by themselves.)
use osmia_inspect::command;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

const SOURCE: &str = "
enum color { RED, GREEN = 7 };
enum wide { WIDE = 0x100000000ULL, OTHER = 1 };
struct part { int a : 3; unsigned b : 5; struct { long x; union { char c; float f; }; }; enum color color; };
typedef struct part part_t;
struct { int (*type)[1]; int (*max_entries)[8]; int *key; part_t *value; } parts __attribute__((section(\".maps\")));
enum wide wide = WIDE;
static const volatile int limit = 3;
__attribute__((section(\"socket\"))) int filter(void *ctx) { return limit + (int)wide; }
char _license[] __attribute__((section(\"license\"))) = \"GPL\";
";

fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("osmia-types-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

fn compile(dir: &Path, name: &str, source: &str) -> String {
    let (from, to) = (dir.join(name).with_extension("c"), dir.join(name).with_extension("o"));
    fs::write(&from, source).expect("a file");
    let done = Command::new("clang-19")
        .args(["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c"])
        .arg(&from)
        .arg("-o")
        .arg(&to)
        .status()
        .expect("clang-19");
    assert!(done.success());
    to.to_str().expect("UTF-8").to_owned()
}

/// Status, and what is printed to the two streams.
fn ours(words: &[&str]) -> (u8, String, String) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("bpftool", &words, &mut out, &mut errors);
    (status, String::from_utf8(out).expect("UTF-8"), String::from_utf8(errors).expect("UTF-8"))
}

fn theirs(words: &[&str]) -> (u8, String) {
    let done = Command::new("bpftool").args(words).output().expect("bpftool");
    (done.status.code().expect("a status") as u8, String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Values of enumerations without their upper half: bpftool's JSON extends the sign of those that have none.
fn halved(text: &str) -> String {
    let mut parts = text.split("\"val\":");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let value = digits.parse::<u64>().map_or_else(|_| String::new(), |value| (value as u32).to_string());
        out.push_str("\"val\":");
        out.push_str(&part.replacen(digits, &value, 1));
    }
    out
}

fn same(words: &[&str]) {
    for form in [&[][..], &["-j"], &["-p"]] {
        let words = [form, words].concat();
        let (status, out, errors) = ours(&words);
        let (their_status, their_out) = theirs(&words);
        let (out, their_out) = (halved(&out), halved(&their_out));
        let differs = out.lines().zip(their_out.lines()).find(|(a, b)| a != b);
        let differs = format!("{differs:?}").chars().take(400).collect::<String>();
        assert!(out == their_out, "{words:?} {errors}: {differs}");
        assert_eq!(status, their_status, "{words:?} {errors}");
    }
}

#[test]
fn types_of_files_are_printed_as_bpftool_prints_them() {
    let dir = scratch("raw");
    let object = compile(&dir, "kinds", SOURCE);
    same(&["btf", "dump", "file", &object]);
    same(&["btf", "dump", "file", &object, "format", "raw"]);
    same(&["btf", "dump", "file", VMLINUX]);
    same(&["btf", "dump", "file", "/nonexistent"]);
    same(&["btf", "dump", "foo", "bar"]);
    same(&["btf", "show", "id", "4294967295"]);
}

#[test]
fn types_of_programs_and_maps_are_printed_as_bpftool_prints_them() {
    let dir = scratch("loaded");
    let object = compile(&dir, "loaded", SOURCE);
    let pins = format!("/sys/fs/bpf/osmia-types-{}", std::process::id());
    let done = Command::new("bpftool").args(["prog", "loadall", &object, &pins, "pinmaps", &pins]).status();
    assert!(done.expect("bpftool").success());
    let (program, map) = (format!("{pins}/filter"), format!("{pins}/parts"));
    let check = || {
        same(&["btf", "dump", "prog", "pinned", &program]);
        same(&["btf", "dump", "map", "pinned", &map]);
        same(&["btf", "dump", "map", "pinned", &map, "key"]);
        same(&["btf", "dump", "map", "pinned", &map, "all"]);
        let (_, shown, _) = ours(&["-j", "prog", "show", "pinned", &program]);
        let id = shown.split("\"btf_id\":").nth(1).and_then(|rest| rest.split([',', '}']).next());
        let (_, shown, _) = ours(&["-j", "btf", "show", "id", id.expect("types")]);
        assert!(
            shown.starts_with("{\"id\":")
                && shown.contains("\"kernel\":false")
                && shown.contains("\"prog_ids\":["),
            "{shown}"
        );
    };
    let checked = std::panic::catch_unwind(check);
    fs::remove_dir_all(&pins).expect("the pins");
    if let Err(panic) = checked {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn types_are_printed_as_languages() {
    let dir = scratch("languages");
    let object = compile(&dir, "languages", SOURCE);
    let (status, c, _) = ours(&["btf", "dump", "file", &object, "format", "c"]);
    assert_eq!(status, 0);
    assert!(c.contains("typedef struct part part_t;") && c.contains("\tunsigned int b: 5;\n"), "{c}");
    let (status, rust, _) = ours(&["btf", "dump", "file", &object, "format", "rust"]);
    assert_eq!(status, 0);
    assert!(rust.contains("pub type part_t = part;") && rust.contains("Self = Self(7);"), "{rust}");
    let (status, out, _) = ours(&["-j", "btf", "dump", "file", &object, "format", "c"]);
    assert_eq!(
        (status, out.as_str()),
        (161, "{\"error\":\"JSON output for C-syntax dump is not supported\"}\n")
    );
}

#[test]
fn differences_are_told() {
    let dir = scratch("diff");
    let old = compile(&dir, "old", SOURCE);
    let edited = SOURCE
        .replace("long x;", "long x, y;")
        .replace("GREEN = 7", "GREEN = 8, BLUE")
        .replace("void *ctx) {", "void *ctx, int more) {")
        .replace("enum wide wide", "typedef long fresh_t; fresh_t fresh; enum wide wide");
    let new = compile(&dir, "new", &edited);
    let (status, out, _) = ours(&["btf", "diff", &old, &new]);
    assert_eq!(status, 0);
    assert_eq!(
        out,
        "\
+ typedef fresh_t
~ struct part
      size 32 -> 40
    ~ char c at 16 -> at 24
    ~ float f at 16 -> at 24
    ~ enum color color at 24 -> at 32
    + long y at 16
~ enum color
    ~ GREEN = 7 -> 8
    + BLUE = 9
~ func filter
    - int filter(void *ctx)
    + int filter(void *ctx, int more)
0 removed, 1 added, 3 changed
"
    );
    // `file` may stand before files, as with `dump`.
    assert_eq!(ours(&["btf", "diff", "file", &old, "file", &new]).1, out);
    let (_, out, _) = ours(&["-j", "btf", "diff", &old, &new, "name", "color"]);
    let json = "{\"removed\":[],\"added\":[],\"changed\":[{\"kind\":\"enum\",\"name\":\"color\",\"details\":[\
                {\"what\":\"changed\",\"old\":{\"name\":\"GREEN\",\"value\":7},\"new\":{\"name\":\"GREEN\",\"value\":8}},\
                {\"what\":\"added\",\"new\":{\"name\":\"BLUE\",\"value\":9}}]}]}\n";
    assert_eq!(out, json);
    let (_, out, _) = ours(&["btf", "diff", VMLINUX, VMLINUX]);
    assert_eq!(out, "0 removed, 0 added, 0 changed\n");
}

#[test]
fn objects_are_linked() {
    let dir = scratch("link");
    let one = compile(&dir, "one", "extern int shared; int use(void) { return shared; }");
    let two = compile(&dir, "two", "int shared = 4;");
    let out = dir.join("out.o");
    let out = out.to_str().expect("UTF-8");
    assert_eq!(ours(&["gen", "object", out, &one, &two]), (0, String::new(), String::new()));
    let (_, types, _) = ours(&["btf", "dump", "file", out]);
    assert!(types.contains("VAR 'shared' type_id=") && types.contains("linkage=global"), "{types}");
    let three = compile(&dir, "three", "long shared = 4;");
    let (status, _, errors) = ours(&["gen", "object", out, &one, &three]);
    assert_eq!(status, 234);
    assert!(errors.contains("three.o: shared is declared with another type"), "{errors}");
}

/// bpftool's lists are those of its own kernel headers: what both know has the same order.
#[test]
fn known_names_are_those_that_bpftool_knows() {
    for group in ["prog_types", "map_types", "attach_types", "link_types", "helpers"] {
        let words = ["feature", "list_builtins", group];
        let (_, our, errors) = ours(&words);
        let (status, their) = theirs(&words);
        assert_eq!(status, 0, "{errors}");
        let known = |list: &str, by: &str| -> Vec<String> {
            list.lines().filter(|name| by.lines().any(|other| other == *name)).map(str::to_owned).collect()
        };
        assert_eq!(known(&our, &their), known(&their, &our), "{group}");
        let missing = their.lines().filter(|name| !our.lines().any(|other| other == *name));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new(), "{group}");
        let (_, json, _) = ours(&["-j", "feature", "list_builtins", group]);
        assert_eq!(json.matches('"').count(), 2 * our.lines().count());
    }
    assert_eq!(ours(&["feature", "list_builtins", "nothing"]).0, 255);
}

/// Objects that nobody meant lead to words, not to panics.
#[test]
fn changed_objects_never_panic() {
    let dir = scratch("hostile");
    let seed = fs::read(compile(&dir, "hostile", SOURCE)).expect("an object");
    let file = dir.join("changed.o");
    let name = file.to_str().expect("UTF-8");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    let commands: [&[&str]; 6] = [
        &["gen", "skeleton", name],
        &["core", "check", name, "btf", name],
        &["btf", "dump", "file", name],
        &["btf", "dump", "file", name, "format", "rust"],
        &["btf", "dump", "file", name, "format", "c"],
        &["btf", "diff", name, name],
    ];
    let mut good = 0;
    for round in 0..600 {
        let mut bytes = seed.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            bytes[at] = [0, 1, 0x7f, 0xff, random(256) as u8][random(5)];
        }
        fs::write(&file, bytes).expect("a file");
        good += usize::from(ours(commands[round % commands.len()]).0 == 0);
    }
    assert!(good > 50, "only {good} answers");
}

/// A module's types as they are in its file (`.BTF` with `.BTF.base`), and on this kernel's.
#[test]
fn types_with_a_small_base_are_put_onto_the_kernels() {
    let dir = scratch("distilled");
    let source = "struct list_head { struct list_head *next, *prev; };
        struct osmia_module { long first; struct list_head list; } variable;";
    let from = dir.join("module.c");
    let object = dir.join("module.o").display().to_string();
    fs::write(&from, source).expect("a file");
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program).args(args).output().expect("a program of the distribution's");
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    };
    run("gcc", &["-g", "-c", from.to_str().expect("UTF-8"), "-o", &object]);
    run("pahole", &["-J", "--btf_base", VMLINUX, &object]);
    let kernel = osmia_host::kernel_btf(Path::new(VMLINUX)).expect("the kernel's");
    let split = osmia_host::btf_file(Path::new(&object), Some(&kernel)).expect("split");
    let distilled = osmia_btf::distilled::distill(&split).expect("a small base");
    let part = |name: &str, bytes: &[u8]| {
        fs::write(dir.join(name), bytes).expect("a file");
        dir.join(name).display().to_string()
    };
    let (own, base) = (part("own", &distilled.split), part("base", &distilled.base));
    let (own, base) = (format!(".BTF={own}"), format!(".BTF.base={base}"));
    run("objcopy", &["--update-section", &own, "--add-section", &base, &object]);
    let (status, alone, _) = ours(&["btf", "dump", "file", &object]);
    let pointers = alone.lines().filter(|line| line.contains("PTR")).count();
    assert_eq!((status, pointers), (0, 0), "what a named structure is made of is not asked:\n{alone}");
    assert!(alone.contains("[3] STRUCT 'osmia_module' size=24 vlen=2"), "{alone}");
    let (status, moved, errors) = ours(&["-B", VMLINUX, "btf", "dump", "file", &object]);
    assert_eq!((status, moved.lines().count()), (0, alone.lines().count()), "{errors}");
    let list = kernel.find_struct("list_head").expect("the kernel's").0;
    let member = format!("\t'list' type_id={list} bits_offset=64");
    assert!(moved.starts_with(&format!("[{}] ", kernel.len())) && moved.contains(&member), "{moved}");
    let other = compile(&dir, "other", "struct other { int x; } o;");
    let (status, _, errors) = ours(&["-B", &other, "btf", "dump", "file", &object]);
    assert!(
        status != 0 && errors.contains("and the base has none; they were made for another kernel"),
        "{errors}"
    );
    fs::remove_dir_all(dir).expect("the directory goes");
}
