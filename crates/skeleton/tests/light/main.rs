//! Light skeletons: compiled against `skel_internal.h` without libbpf, loaded by the program in them, attached and counting.
//! Needs root, clang-19, gcc, bpftool and libbpf's headers.
mod signed;

use osmia_object::elf::read;
use osmia_object::light::Loader;
use osmia_object::{Image, Object, Target, resolve_later};
use osmia_skeleton::light::header;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Global variables, constants, maps in maps, a tail call, relocated fields, a kernel variable, a function of the kernel, one
/// that is missing, an address without a type, a subprogram, a callback.
const PROGRAM: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } first SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 2); __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &first } };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
int tail(void *ctx);
struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __uint(key_size, 4);
    __array(values, int(void *));
} jumps SEC(".maps") = { .values = { [0] = (void *)&tail } };
struct task_struct___local { int pid, tgid; } __attribute__((preserve_access_index));
const volatile __u32 wanted = 1;
__u64 hits, address, pid_seen, tails, looped, cookie = 7;
int present = -1, absent = -1;
#ifdef VARIABLES
extern const struct rq runqueues __ksym;
#endif
extern const void bpf_prog_put __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void osmia_has_no_such_function(void) __ksym __weak;
static int each(__u32 i, void *sum) { *(__u64 *)sum += i; return 0; }
static __attribute__((noinline)) int count(__u32 key)
{
    __u64 one = 1, *old = bpf_map_lookup_elem(&counts, &key);
    if (old) __sync_fetch_and_add(old, 1); else bpf_map_update_elem(&counts, &key, &one, 0);
    return 0;
}
SEC("raw_tp") int tail(void *ctx) { tails++; return 0; }
SEC("raw_tp/sys_enter") int BPF_PROG(enter)
{
    struct task_struct___local *task = (void *)bpf_get_current_task();
    __u32 slot = 1, zero = 0;
    __u64 sum = 0, *value;
    void *map;
    if (BPF_CORE_READ(task, tgid) != wanted) return 0;
    pid_seen = bpf_get_current_pid_tgid() >> 32;
    hits++;
    count(0);
    present = bpf_core_field_exists(task->pid);
#ifdef VARIABLES
    present = present && !!bpf_per_cpu_ptr(&runqueues, 0);
#endif
    absent = !!osmia_has_no_such_function;
    address = (__u64)&bpf_prog_put;
    bpf_rcu_read_lock();
    bpf_rcu_read_unlock();
    bpf_loop(5, each, &sum, 0);
    looped = sum;
    map = bpf_map_lookup_elem(&outer, &slot);
    if (map && (value = bpf_map_lookup_elem(map, &zero))) *value = cookie;
    bpf_tail_call(ctx, &jumps, 0);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
"#;

const USER: &str = r#"
#include <assert.h>
#include <stdio.h>
#include "tool.lskel.h"
static unsigned long long lookup(int map, unsigned key)
{
	unsigned long long value = 0;
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (long)&key;
	attr.value = (long)&value;
	skel_sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	return value;
}
int main(void)
{
	static char log[1 << 20];
	struct tool *skel = tool__open();
	int err;
	assert(skel && skel->data->cookie == 7 && skel->data->present == -1 && skel->rodata->wanted == 1);
	skel->rodata->wanted = getpid();
	skel->data->cookie = 9;
	skel->maps.counts.max_entries = 32;
	skel->ctx.log_level = 1;
	skel->ctx.log_buf = (long)log;
	skel->ctx.log_size = sizeof(log);
	err = tool__load(skel);
	if (err) {
		fprintf(stderr, "error %d: %s\n", err, log);
		return 1;
	}
	assert(!tool__attach(skel));
	for (int i = 0; i < 10; i++)
		getppid();
	tool__detach(skel);
	printf("hits=%llu pid=%llu present=%d absent=%d looped=%llu inner=%llu\n", (unsigned long long)skel->bss->hits,
	       (unsigned long long)skel->bss->pid_seen, skel->data->present, skel->data->absent, (unsigned long long)skel->bss->looped,
	       lookup(skel->maps.first.map_fd, 0));
	assert(skel->bss->hits >= 10 && skel->bss->pid_seen == (unsigned)getpid());
	assert(skel->data->present == 1 && skel->data->absent == 0 && skel->bss->looped == 10);
	assert(skel->bss->tails == skel->bss->hits);
	assert(lookup(skel->maps.counts.map_fd, 0) == skel->bss->hits);
	assert(lookup(skel->maps.first.map_fd, 0) == 9);
	tool__destroy(skel);
	return 0;
}
"#;

const FAILING: &str = r#"
#include <fcntl.h>
#include <stdio.h>
#include "tool.lskel.h"
static int descriptors(void)
{
	int count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}
int main(void)
{
	struct tool *skel = tool__open();
	int err, before = descriptors();
	if (!skel)
		return 2;
	/* More than the kernel makes. */
	skel->maps.counts.max_entries = ~0u;
	err = tool__load(skel);
	printf("%d\n", err);
	if (descriptors() != before)
		return 3;
	tool__destroy(skel);
	return err < 0 ? 0 : 1;
}
"#;

fn run(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {args:?}: {}", told.chars().take(6000).collect::<String>());
    told
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A folder that goes away with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Compiles an object of this source.
fn object(name: &str, source: &str) -> Folder {
    let dir = std::env::temp_dir().join(format!("osmia-light-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    fs::write(dir.join("tool.bpf.c"), source).expect("a file");
    let script = format!(
        "cd {} && bpftool btf dump file /sys/kernel/btf/vmlinux format c > vmlinux.h && \
         clang-19 -g -O2 --target=bpf -mcpu=v3 -D__TARGET_ARCH_x86 -I. -c tool.bpf.c -o tool.bpf.o",
        dir.display()
    );
    run("sh", &["-c", &script]);
    Folder(dir)
}

/// The object in a folder, and what is loaded of it.
fn read_object(dir: &Path) -> (Object, Image) {
    let object = read(&fs::read(dir.join("tool.bpf.o")).expect("an object")).expect("an object");
    let image = resolve_later(&object, &Target::default(), "tool");
    (object, image.unwrap_or_else(|errors| panic!("{errors}")))
}

/// Compiles an object of this source, and writes its light skeleton beside it.
fn skeleton(name: &str, source: &str) -> Folder {
    let folder = object(name, source);
    let (object, image) = read_object(&folder.0);
    let loader = Loader::plain(&image).unwrap_or_else(|error| panic!("{error}"));
    let header = header(&object, &image, &loader, "tool").unwrap_or_else(|error| panic!("{error}"));
    fs::write(folder.0.join("tool.lskel.h"), header).expect("a file");
    folder
}

fn compile(dir: &Path, compiler: &[&str], name: &str, user: &str) -> PathBuf {
    let (source, program) = (dir.join(format!("{name}.c")), dir.join(name));
    fs::write(&source, user).expect("a file");
    let args = ["-Wall", "-Wno-unused-function", "-I", text(dir), text(&source), "-o", text(&program)];
    run(compiler[0], &[&compiler[1..], &args].concat());
    program
}

#[test]
fn an_object_is_loaded_by_the_program_in_its_skeleton() {
    let dir = skeleton("whole", PROGRAM);
    let program = compile(&dir.0, &["gcc", "-Werror"], "user", USER);
    let told = run(text(&program), &[]);
    assert!(told.contains("present=1 absent=0 looped=10 inner=9"), "{told}");
    // What fails half way leaves nothing.
    let failing = compile(&dir.0, &["clang-19", "-Werror"], "failing", FAILING);
    let told = run(text(&failing), &[]);
    assert!(told.trim().parse::<i32>().is_ok_and(|errno| errno < 0), "{told}");
    compile(&dir.0, &["g++", "-x", "c++"], "cpp", FAILING);
}

#[test]
fn what_such_a_program_cannot_load_is_told() {
    let source = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); __uint(pinning, LIBBPF_PIN_BY_NAME); } kept SEC(".maps");
SEC("socket") int f(void *ctx) { int key = 0; return !!bpf_map_lookup_elem(&kept, &key); }
char LICENSE[] SEC("license") = "GPL";
"#;
    let dir = std::env::temp_dir().join(format!("osmia-light-pin-{}", std::process::id()));
    let _folder = Folder(dir.clone());
    fs::create_dir_all(&dir).expect("a scratch directory");
    fs::write(dir.join("tool.bpf.c"), source).expect("a file");
    let script = format!(
        "cd {} && bpftool btf dump file /sys/kernel/btf/vmlinux format c > vmlinux.h && \
         clang-19 -g -O2 --target=bpf -I. -c tool.bpf.c -o tool.bpf.o",
        dir.display()
    );
    run("sh", &["-c", &script]);
    let object = read(&fs::read(dir.join("tool.bpf.o")).expect("an object")).expect("an object");
    let image = resolve_later(&object, &Target::default(), "tool").expect("an image");
    fs::write(
        dir.join("tool.bpf.c"),
        "extern int elsewhere; __attribute__((section(\"socket\"), used)) int f(void *ctx) { return elsewhere; }\n\
         char L[] __attribute__((section(\"license\"), used)) = \"GPL\";\n",
    )
    .expect("a file");
    run("sh", &["-c", &script]);
    let unlinked = read(&fs::read(dir.join("tool.bpf.o")).expect("an object")).expect("an object");
    let missing =
        resolve_later(&unlinked, &Target::default(), "tool").expect_err("it is not linked").to_string();
    assert!(missing.contains("elsewhere"), "{missing}");
    let refused = Loader::plain(&image).expect_err("a pin").to_string();
    assert_eq!(refused, "`kept`: a map that is pinned by its name cannot be loaded by a program");
}
