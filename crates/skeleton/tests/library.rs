//! C headers of libraries: of one half of an object, used in a program that loads the whole.
use osmia_object::elf::{Input, link, read};
use osmia_skeleton::c::{header, library_header};
use std::fs;
use std::path::Path;
use std::process::Command;

const LIBRARY: &str = "
typedef _Bool bool; typedef unsigned int u32; typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
struct point { int x, y; };
struct { int (*type)[2]; int (*max_entries)[4]; u32 *key; u64 *value; } shared SEC(\".maps\");
const volatile int factor = 2;
int calls;
int steps[3] = { 1, 2, 3 };
struct point last;
int (*hook)(int);
int var_custom SEC(\".data.custom\") = 5;
extern bool CONFIG_BPF __attribute__((section(\".kconfig\")));
__attribute__((noinline)) int scaled(int value)
{
	calls++;
	last.x = value;
	last.y = CONFIG_BPF + var_custom;
	return value * factor + steps[1];
}
SEC(\"socket\") int own(void *ctx) { return scaled(1); }
char _license[] SEC(\"license\") = \"GPL\";
";

const WHOLE: &str = "
#define SEC(name) __attribute__((section(name), used))
extern int scaled(int value);
int before = 7;
int unrelated;
SEC(\"socket\") int filter(void *ctx) { unrelated++; return scaled(before); }
char _license[] SEC(\"license\") = \"GPL\";
";

const USER: &str = "
#include <assert.h>
#include <string.h>
#include <bpf/bpf.h>
#include \"whole.skel.h\"
#include \"library.subskel.h\"
int main(void)
{
	struct whole *whole = whole__open();
	assert(whole);
	struct library *library = library__open(whole->obj);
	assert(library);
	assert(*library->rodata.factor == 2 && (*library->data.steps)[1] == 2 && *library->data_custom.var_custom == 5);
	*library->rodata.factor = 10;
	(*library->data.steps)[1] = 4;
	library__destroy(library);
	assert(!whole__load(whole));
	/* What is mapped moved when it was loaded. */
	library = library__open(whole->obj);
	assert(library);
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	assert(!bpf_prog_test_run_opts(bpf_program__fd(whole->progs.filter), &run));
	assert(run.retval == 74 && *library->bss.calls == 1 && library->bss.last->x == 7 && library->bss.last->y == 6);
	assert(*library->kconfig.CONFIG_BPF && *library->bss.hook == NULL);
	assert(!bpf_prog_test_run_opts(bpf_program__fd(library->progs.own), &run));
	assert(run.retval == 14 && *library->bss.calls == 2);
	assert(library->maps.shared == whole->maps.shared && bpf_map__max_entries(library->maps.shared) == 4);
	library__destroy(library);
	whole__destroy(whole);
	return 0;
}
";

fn run(program: &str, args: &[&str], dir: &Path) {
    let done = Command::new(program).args(args).current_dir(dir).output();
    let done = done.unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{program} {args:?}: {}", errors.chars().take(3000).collect::<String>());
}

/// A program that loads an object reaches what a library brought into it by the library's own header.
#[test]
fn a_library_is_reached_in_the_object_that_it_was_linked_into() {
    let dir = std::env::temp_dir().join(format!("osmia-library-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    for (name, source) in [("library", LIBRARY), ("whole", WHOLE)] {
        let (from, to) = (format!("{name}.c"), format!("{name}.o"));
        fs::write(dir.join(&from), source).expect("a file");
        run("clang-19", &["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c", &from, "-o", &to], &dir);
    }
    let [library, whole] = ["library.o", "whole.o"].map(|name| fs::read(dir.join(name)).expect("an object"));
    let inputs = [Input { name: "whole", bytes: &whole }, Input { name: "library", bytes: &library }];
    let linked = link(&inputs).expect("an object");
    let texts = [
        ("whole.skel.h", header(&read(&linked).expect("an object"), &linked, "whole")),
        ("library.subskel.h", library_header(&read(&library).expect("an object"), "library")),
    ];
    for (name, text) in texts {
        fs::write(dir.join(name), text.expect("a header")).expect("a file");
    }
    fs::write(dir.join("user.c"), format!("struct point {{ int x, y; }};\n{USER}")).expect("a file");
    run(
        "gcc",
        &["-g", "-Wall", "-Werror", "-Wno-unused-function", "-I.", "user.c", "-o", "user", "-lbpf"],
        &dir,
    );
    run("./user", &[], &dir);
    // On its own it brings its types itself, in C++ too.
    fs::write(dir.join("alone.cpp"), "#define LIBRARY_SUBSKEL_TYPES\n#include \"library.subskel.h\"\nint main() { return library::open(nullptr) != nullptr; }\n").expect("a file");
    run("g++", &["-I.", "alone.cpp", "-o", "alone", "-lbpf"], &dir);
    run("./alone", &[], &dir);
    fs::remove_dir_all(&dir).expect("it goes");
}

/// A skeleton of one half is of no use: nobody opens it.
#[test]
fn a_half_is_not_built() {
    let dir = std::env::temp_dir().join(format!("osmia-half-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    fs::write(dir.join("whole.c"), WHOLE).expect("a file");
    run("clang-19", &["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c", "whole.c", "-o", "whole.o"], &dir);
    let output = dir.join("whole.skel.rs");
    let built = osmia_skeleton::Builder::new(dir.join("whole.o")).output(&output).build();
    let told = built.expect_err("it is not linked").to_string();
    assert!(
        told.contains("`scaled` is neither in this object") && told.contains("osmia gen object"),
        "{told}"
    );
    assert!(!output.exists());
    fs::remove_dir_all(&dir).expect("it goes");
}
