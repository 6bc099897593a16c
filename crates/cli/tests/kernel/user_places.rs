//! Places in user files: in the middle of functions, by names as people write them, in archives, in other roots.
use crate::common::{Background, Scratch, osmia, run, script_with};
use std::process::Command;

const CODE: &str = r#"
#include <unistd.h>
int number = 0x11223344; char letter = 'x'; static long hidden = 1000;
__attribute__((noinline)) int step(int n) { number += n; hidden += n; __asm__ volatile("" ::: "memory"); return number; }
__asm__(".globl bare\nbare: ret\n.type bare, @function\n");
extern void bare(void);
int main(void) { step(0); bare(); return 0; }
"#;

const SHAPES: [&[&str]; 2] = [&["-O0"], &["-O0", "-no-pie"]];

fn refused(args: &[&str]) -> String {
    run(osmia().args(args)).refused()
}

#[test]
fn variables_of_the_file() {
    for flags in SHAPES {
        let scratch = Scratch::new();
        let program = scratch.compile("code", CODE, flags);
        for point in [format!("uprobe:{program}:step"), format!("uretprobe:{program}:step")] {
            let text = format!(
                "{point} {{ printf(\"%x %c %d\\n\", *uaddr(\"number\"), *uaddr(\"letter\"), *uaddr(\"hidden\")); }}"
            );
            assert_eq!(script_with(&text, &program).trim(), "11223344 x 1000", "{flags:?} {point}");
        }
        let text = format!("uprobe:{program}:step {{ print(*uaddr(\"nothing\")); }}");
        assert!(refused(&["-e", &text]).contains(&format!("Could not resolve symbol: {program}:nothing")));
    }
}

#[test]
fn names_of_traced_functions() {
    let scratch = Scratch::new();
    let program = scratch.compile("code", CODE, &["-O0"]);
    for point in ["uprobe", "uretprobe"] {
        let text = format!("{point}:{program}:st* {{ print((func, probe)); }}");
        assert_eq!(script_with(&text, &program).trim(), format!("(step, {point}:{program}:step)"));
    }
}

#[test]
fn between_instructions_only() {
    let scratch = Scratch::new();
    let program = scratch.compile("code", CODE, &["-O0"]);
    // `push %rbp; mov %rsp,%rbp`, with `endbr64` before them where the compiler puts one.
    let code = run(Command::new("objdump").args(["-d", "--disassemble=step", &program])).ok();
    let branch = if code.contains("endbr64") { 4 } else { 0 };
    for (offset, words) in [
        (branch + 1, None),
        (branch + 2, Some("Could not add uprobe into middle of instruction: ")),
        (10_000, Some("Offset outside the function bounds ('step' size is ")),
    ] {
        let text = format!("uprobe:{program}:step+{offset} {{ exit(); }}");
        let args = ["--dry-run", "-e", &text];
        match words {
            None => assert!(run(osmia().args(args)).ok().is_empty()),
            Some(words) => assert!(refused(&args).contains(words), "{offset}"),
        }
    }
    let bare = format!("uprobe:{program}:bare {{ printf(\"bare\\n\"); }}");
    assert!(refused(&["-e", &bare]).contains(
        "Could not determine boundary for bare (symbol has size 0).\nUse --unsafe to force attachment."
    ));
    let forced = run(osmia().args(["-q", "--unsafe", "-e", &bare, "-c", &program]));
    assert!(forced.err.contains("WARNING: Could not determine boundary for bare"), "{forced:?}");
    assert_eq!(forced.out.trim(), "bare");
    let nowhere = format!("uprobe:{program}:10 {{ }}");
    assert!(refused(&["-e", &nowhere]).contains(&format!("ERROR: Could not resolve address: {program}:0xa")));
}

#[test]
fn names_as_their_authors_wrote_them() {
    const SOURCE: &str = r#"
        #include <unistd.h>
        namespace space {
            struct Thing { int value; __attribute__((noinline)) int get(int n) { __asm__ volatile(""); return value + n; } };
            __attribute__((noinline)) int twice(int n) { __asm__ volatile(""); return 2 * n; }
            __attribute__((noinline)) int twice(long n) { __asm__ volatile(""); return 2 * (int)n; }
        }
        int main() { space::Thing thing{1}; return thing.get(2) + space::twice(3) + space::twice(4L) == 0; }
    "#;
    let scratch = Scratch::new();
    let source = scratch.write("names.cpp", SOURCE);
    let program = scratch.path("names");
    let compiled = run(Command::new("c++").args(["-O1", "-o", &program, &source]));
    compiled.ok();
    for (name, hits) in [
        ("\"space::Thing::get\"", "@[2]: 1"),
        ("\"space::twice\"", "@[3]: 1\n@[4]: 1"),
        ("\"space::twice(long)\"", "@[4]: 1"),
        ("\"space::t*\"", "@[3]: 1\n@[4]: 1"),
    ] {
        let text =
            format!("uprobe:{program}:cpp:{name} {{ @[arg1 > 1 && arg1 < 9 ? arg1 : arg0] = count(); }}");
        let text = if name.contains("Thing") {
            text
        } else {
            text.replace("arg1 > 1 && arg1 < 9 ? arg1 : arg0", "arg0")
        };
        assert_eq!(script_with(&text, &program).trim(), hits, "{name}");
    }
    for (setting, name) in [("true", "space::Thing::get(int)"), ("false", "_ZN5space5Thing3getEi")] {
        let text = format!(
            "config = {{ cpp_demangle = {setting} }} uprobe:{program}:cpp:\"space::Thing::get\" {{ print(func); }}"
        );
        assert_eq!(script_with(&text, &program).trim(), name);
    }
    let listed = run(osmia().args(["-l", &format!("uprobe:{program}:cpp:\"space::twice\"")])).ok();
    assert_eq!(
        listed,
        format!("uprobe:{program}:cpp:\"space::twice(int)\"\nuprobe:{program}:cpp:\"space::twice(long)\"\n")
    );
}

/// `f` and `i` are types in names of C++ (float, int), and functions here.
#[test]
fn names_of_c_stay_as_they_are() {
    let scratch = Scratch::new();
    let code =
        "int i(int a) { return a + 1; } int f(int a) { return i(a); } int main(void) { return f(1) - 2; }";
    let program = scratch.compile("short", code, &["-O0"]);
    let text = format!("uprobe:{program}:i {{ print(func); print(ustack(raw, 1)); print(ustack(2)); }}");
    let out = script_with(&text, &program);
    assert!(out.starts_with("i\n") && out.contains("        i+0\n        f+"), "{out}");
}

#[test]
fn libraries_in_archives() {
    let scratch = Scratch::new();
    let program = scratch.compile("code", CODE, &["-O0"]);
    let archive = scratch.path("app.zip");
    run(Command::new("zip").args(["-q", "-0", "-j", &archive, &program])).ok();
    let listed = run(osmia().args(["-l", &format!("uprobe:{archive}!/code:ste*")])).ok();
    assert_eq!(listed, format!("uprobe:{archive}!/code:step\n"));
    let text = format!("uprobe:\"{archive}!/code\":step {{ }} begin {{ exit() }}");
    assert!(run(osmia().args(["-e", &text])).err.starts_with("Attached 2 probes\n"));
    let missing = format!("uprobe:\"{archive}!/nothing\":step {{ }}");
    assert!(refused(&["-e", &missing]).contains("there is no nothing in the archive"));
    let packed = scratch.path("packed.zip");
    run(Command::new("zip").args(["-q", "-9", "-j", &packed, &program])).ok();
    assert!(refused(&["-e", &format!("uprobe:\"{packed}!/code\":step {{ }}")]).contains("packed"));
}

#[test]
fn stripped_files_and_their_symbols() {
    let scratch = Scratch::new();
    let strip = |name: &str, flags: &[&str]| {
        let program = scratch.compile(name, CODE, &[&["-O0", "-g", "-Wl,--build-id=none"], flags].concat());
        let debug = scratch.path(&format!("{name}.debug"));
        run(Command::new("objcopy").args(["--only-keep-debug", &program, &debug])).ok();
        run(Command::new("strip").arg(&program)).ok();
        (program, debug)
    };
    let listed = |program: &str| run(osmia().args(["-l", &format!("uprobe:{program}:step")])).ok();
    let (linked, debug) = strip("linked", &[]);
    assert_eq!(listed(&linked), "");
    run(Command::new("objcopy").arg(format!("--add-gnu-debuglink={debug}")).arg(&linked)).ok();
    assert_eq!(listed(&linked), format!("uprobe:{linked}:step\n"));
    let (packed, debug) = strip("packed", &[]);
    run(Command::new("strip").args(["--strip-debug", &debug])).ok();
    run(Command::new("xz").arg(&debug)).ok();
    run(Command::new("objcopy").arg(format!("--add-section=.gnu_debugdata={debug}.xz")).arg(&packed)).ok();
    assert_eq!(listed(&packed), format!("uprobe:{packed}:step\n"));
    assert_eq!(script_with(&format!("uprobe:{packed}:step {{ print(1); }}"), &packed).trim(), "1");
}

#[test]
fn files_of_a_process() {
    let scratch = Scratch::new();
    let source = "#include <unistd.h>\n__attribute__((noinline)) void beat(void) { __asm__ volatile(\"\"); }\nint main(void) { for (;;) { beat(); usleep(1000); } }";
    let program = scratch.compile("heart", source, &["-O1"]);
    let background = Background::start(&mut Command::new(&program));
    let pid = background.pid().to_string();
    for point in ["uprobe:beat", "uprobe:*:beat", "uprobe:*:bea*", "uretprobe:*:beat"] {
        let text = format!("{point} {{ print(probe); exit(); }}");
        let done = run(osmia().args(["-p", &pid, "-e", &text]));
        assert!(done.err.starts_with("Attached 1 probe\n"), "{point} {done:?}");
        let kind = point.split(':').next().unwrap_or_default();
        assert_eq!(done.ok().lines().next(), Some(format!("{kind}:{program}:beat").as_str()));
    }
    let everywhere = run(osmia().args(["-q", "-e", "uprobe:*:beat { print(comm); exit(); }"]));
    assert_eq!(everywhere.ok().lines().next(), Some("heart"));
    let without = refused(&["-e", "uprobe:beat { }"]);
    assert!(without.contains("uprobe"), "{without}");
}

#[test]
fn code_that_is_in_no_elf_file() {
    let scratch = Scratch::new();
    let flat = scratch.write("flat.bin", [0x90, 0xb8, 0x2a, 0, 0, 0, 0xc3]);
    let source = format!(
        "#include <fcntl.h>\n#include <sys/mman.h>\nint main(void) {{ int fd = open(\"{flat}\", O_RDONLY);\n\
         int (*code)(void) = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0); return code() != 42; }}"
    );
    let program = scratch.compile("mapper", &source, &["-O1"]);
    let text = format!("uprobe:{flat}:0x0 {{ print(comm); }}");
    assert!(refused(&["-e", &text]).contains("not an ELF file"));
    let done = run(osmia().args(["-q", "--unsafe", "-e", &text, "-c", &program]));
    assert_eq!(done.ok().trim(), "mapper");
}
