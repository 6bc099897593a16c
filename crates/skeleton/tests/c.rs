//! C headers: compiled against libbpf and run.
use osmia_object::elf::read;
use osmia_skeleton::c::header;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "
typedef _Bool bool; typedef unsigned int u32; typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
struct event { int pid; char comm[16]; u64 *where; };
enum mode { OFF, ON = 5 };
struct { int (*type)[2]; int (*max_entries)[4]; u32 *key; u64 *value; } counts SEC(\".maps\");
const volatile int target = 3;
const volatile enum mode mode = ON;
int hits;
bool flag = 1;
struct event last;
char text[33] = \"x\";
static volatile int hidden = 7;
u64 big SEC(\".data.custom\") = 9;
struct secret { int inside; };
struct secret ours SEC(\".data.ours\") __attribute__((visibility(\"hidden\"))) = { 3 };
SEC(\"socket\") int filter(void *ctx)
{
	hits += target;
	last.pid = hidden + mode + ours.inside - 3;
	flag = 0;
	big++;
	return hits;
}
char _license[] SEC(\"license\") = \"GPL\";
";

const USER: &str = "
#include <assert.h>
#include <string.h>
#include <bpf/bpf.h>
#ifdef __cplusplus
#define CHECK_CPP 1
#endif
#include \"tool.skel.h\"
int main(void)
{
	struct tool *skel = tool__open();
	assert(skel);
	assert(skel->rodata->target == 3 && skel->rodata->mode == ON && skel->data->flag && !strcmp(skel->data->text, \"x\"));
	skel->rodata->target = 40;
	skel->bss->hits = 2;
	assert(!tool__load(skel));
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	assert(!bpf_prog_test_run_opts(bpf_program__fd(skel->progs.filter), &run));
	assert(run.retval == 42 && skel->bss->hits == 42 && skel->bss->last.pid == 12);
	assert(!skel->data->flag && skel->data_custom->big == 10);
	unsigned key = 1; unsigned long long value = 5, found = 0;
	assert(!bpf_map__update_elem(skel->maps.counts, &key, sizeof(key), &value, sizeof(value), 0));
	assert(!bpf_map__lookup_elem(skel->maps.counts, &key, sizeof(key), &found, sizeof(found), 0) && found == 5);
	struct event copy = skel->bss->last;
	assert(copy.pid == 12);
	tool__detach(skel);
	tool__destroy(skel);
	return 0;
}
";

fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{program} {args:?}: {}", errors.chars().take(3000).collect::<String>());
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn scratch() -> PathBuf {
    let dir = std::env::temp_dir().join(format!("osmia-skeleton-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

/// A program that uses all of it does what it does with bpftool's.
/// What gcc is to complain of: everything.
const STRICT: &[&str] = &["-g", "-Wall", "-Werror", "-Wno-unused-function"];

/// A user of a header in `dir`, made a program with libbpf.
fn linked<'a>(dir: &'a Path, user: &'a Path, program: &'a Path) -> [&'a str; 6] {
    ["-I", text(dir), text(user), "-o", text(program), "-lbpf"]
}

#[test]
fn a_program_with_a_skeleton_runs() {
    let dir = scratch();
    let (source, object) = (dir.join("tool.bpf.c"), dir.join("tool.bpf.o"));
    fs::write(&source, PROGRAM).expect("a file");
    run("clang-19", &["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c", text(&source), "-o", text(&object)]);
    let bytes = fs::read(&object).expect("an object");
    let skeleton = header(&read(&bytes).expect("an object"), &bytes, "tool").expect("a header");
    fs::write(dir.join("tool.skel.h"), skeleton).expect("a file");
    let types =
        "struct event { int pid; char comm[16]; unsigned long long *where; };\nenum mode { OFF, ON = 5 };\n";
    let (user, program) = (dir.join("user.c"), dir.join("user"));
    // With the user's own header, and without any.
    for (name, before) in [
        ("own", format!("typedef unsigned long long u64;\n{types}")),
        ("none", "#define TOOL_SKEL_TYPES\n".to_owned()),
    ] {
        fs::write(&user, format!("{before}{USER}")).expect("a file");
        run("gcc", &[STRICT, &linked(&dir, &user, &program)].concat());
        run(text(&program), &[]);
        let _ = name;
    }
    fs::write(&user, format!("typedef unsigned long long u64;\n{types}#include \"tool.skel.h\"\nint main() {{ tool *skel = tool::open_and_load(); if (!skel) return 1; tool::destroy(skel); return 0; }}\n")).expect("a file");
    run("g++", &["-x", "c++", "-I", text(&dir), text(&user), "-o", text(&program), "-lbpf"]);
    run(text(&program), &[]);
}

const STRUCTURES: &str = "
#define SEC(name) __attribute__((section(name), used))
typedef unsigned int u32;
enum state { OPEN, CLOSED };
struct sock; struct inner { long x; };
struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	u32 (*undo_cwnd)(struct sock *sk);
	const u32 flags;
	char name[16];
	struct inner *where;
	unsigned char small;
	enum state state;
} __attribute__((aligned(128)));
SEC(\"struct_ops/ssthresh\") u32 threshold(void *ctx) { return 2; }
SEC(\"struct_ops/cong_avoid\") int avoid(void *ctx) { return 0; }
SEC(\"struct_ops/undo_cwnd\") u32 undo(void *ctx) { return 2; }
SEC(\".struct_ops\") struct tcp_congestion_ops first = {
	.ssthresh = (void *)threshold, .cong_avoid = (void *)avoid, .undo_cwnd = (void *)undo, .flags = 1, .name = \"first\" };
char _license[] SEC(\"license\") = \"GPL\";
";

/// What bpftool 7.8 writes for it.
const SHADOW: &str = "\tstruct {
		struct ops__first__tcp_congestion_ops {
			struct bpf_program *ssthresh;
			struct bpf_program *cong_avoid;
			struct bpf_program *undo_cwnd;
			unsigned int flags;
			char __unsupported_4[16];
			char __padding_5[4];
			char __unsupported_5[8];
			unsigned char small;
			char __padding_7[3];
			enum state state;
			char __padding_end[64];
		} *first;
	} struct_ops;
";

const STRUCTURES_USER: &str = "
#include <assert.h>
#include <stdio.h>
enum state { OPEN, CLOSED };
#include \"ops.skel.h\"
int main(void)
{
	struct ops *skel = ops__open();
	assert(skel);
	/* libbpf before 1.4 has no place for it. */
	assert((libbpf_minor_version() >= 4) == (skel->struct_ops.first != NULL));
	if (skel->struct_ops.first) {
		assert(skel->struct_ops.first->ssthresh == skel->progs.threshold && skel->struct_ops.first->flags == 1);
		skel->struct_ops.first->state = CLOSED;
	}
	ops__destroy(skel);
	return 0;
}
";

/// Structures of functions are set before loading, as with bpftool's skeletons.
#[test]
fn structures_of_functions_have_members_that_users_set() {
    let dir = std::env::temp_dir().join(format!("osmia-shadow-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    let (source, object) = (dir.join("ops.bpf.c"), dir.join("ops.bpf.o"));
    fs::write(&source, STRUCTURES).expect("a file");
    run("clang-19", &["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c", text(&source), "-o", text(&object)]);
    let bytes = fs::read(&object).expect("an object");
    let skeleton = header(&read(&bytes).expect("an object"), &bytes, "ops").expect("a header");
    assert!(skeleton.contains(SHADOW), "{}", skeleton.lines().take(60).collect::<Vec<_>>().join("\n"));
    fs::write(dir.join("ops.skel.h"), skeleton).expect("a file");
    let (user, program) = (dir.join("user.c"), dir.join("user"));
    fs::write(&user, STRUCTURES_USER).expect("a file");
    run("gcc", &[STRICT, &linked(&dir, &user, &program)].concat());
    run(text(&program), &[]);
    run("g++", &[&["-x", "c++", "-fpermissive"][..], &linked(&dir, &user, &program)].concat());
    fs::remove_dir_all(dir).expect("the directory goes");
}
