//! Signed light skeletons: what they give to `bpf_load_and_run`, which openssl checks, and what their program does with it. The kernel
//! is not given the signature here, as not many check one. Needs openssl besides.
use super::{Folder, compile, object, run};
use osmia_object::light::{LightError, Loader};
use osmia_sign::Signer;
use osmia_skeleton::light::header;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
const volatile __u32 step = 3;
__u64 hits = 40;
SEC("raw_tp/sys_enter") int enter(void *ctx)
{
    __u32 key = 0;
    __u64 one = 1;
    bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
    __sync_fetch_and_add(&hits, step);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
"#;

/// `skel_internal.h` as it is installed, which may be older than signatures, and in the place of what gives them to the kernel what
/// keeps them in files. The offsets are those of `union bpf_attr` and `struct bpf_map_info` of Linux 6.18.
const INTERNAL: &str = r#"
#define bpf_load_and_run_opts installed_opts
#define bpf_load_and_run installed_run
#undef SHA256_DIGEST_LENGTH
#include_next <bpf/skel_internal.h>
#undef SHA256_DIGEST_LENGTH
#ifdef HASHES
#define SHA256_DIGEST_LENGTH 32
#endif
#undef bpf_load_and_run_opts
#undef bpf_load_and_run
#include <stdio.h>
struct bpf_load_and_run_opts {
	struct bpf_loader_ctx *ctx;
	const void *data, *insns;
	__u32 data_sz, insns_sz;
	const char *errstr;
	void *signature;
	__u32 signature_sz;
	__s32 keyring_id;
	void *excl_prog_hash;
	__u32 excl_prog_hash_sz;
};
static inline void keep(const char *name, const void *bytes, unsigned size)
{
	FILE *file = fopen(name, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		exit(9);
}
static inline int bpf_load_and_run(struct bpf_load_and_run_opts *opts)
{
	unsigned long create[12] = { 0 }, info[13] = { 0 };
	unsigned char *data = (unsigned char *)malloc(opts->data_sz), hash[32];
	unsigned *words = (unsigned *)create;
	union bpf_attr attr;
	int map, prog;
	keep("insns", opts->insns, opts->insns_sz);
	keep("data", opts->data, opts->data_sz);
	keep("signature", opts->signature, opts->signature_sz);
	if (opts->keyring_id != -3)
		exit(8);
	memcpy(data, opts->data, opts->data_sz);
	if (getenv("CHANGED"))
		data[opts->data_sz / 2] ^= 1;
	words[0] = BPF_MAP_TYPE_ARRAY;
	words[1] = 4;
	words[2] = opts->data_sz;
	words[3] = 1;
	create[10] = (long)opts->excl_prog_hash;
	words[22] = opts->excl_prog_hash_sz;
	map = skel_sys_bpf(BPF_MAP_CREATE, (union bpf_attr *)create, sizeof(create));
	if (map < 0)
		return -errno;
	words[0] = 0;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (long)words;
	attr.value = (long)data;
	if (skel_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	if (skel_sys_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)))
		return -errno;
	info[11] = (long)hash;
	info[12] = sizeof(hash);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = map;
	attr.info.info = (long)info;
	attr.info.info_len = sizeof(info);
	if (skel_sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = (long)opts->insns;
	attr.insn_cnt = opts->insns_sz / 8;
	attr.license = (long)"GPL";
	attr.fd_array = (long)&map;
	prog = skel_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (prog < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = (long)opts->ctx;
	attr.test.ctx_size_in = opts->ctx->sz;
	if (skel_sys_bpf(BPF_PROG_RUN, &attr, sizeof(attr)))
		return -errno;
	return attr.test.retval;
}
"#;

const USER: &str = r#"
#include <assert.h>
#include <stdio.h>
#include "tool.lskel.h"
int main(void)
{
	struct tool *skel = tool__open();
	int err, before;
	assert(skel && skel->keyring_id == 0);
	skel->keyring_id = -3;
	/* Nobody signed these. */
	skel->rodata->step = 1000;
	skel->data->hits = 7;
	skel->maps.counts.max_entries = ~0u;
	err = tool__load(skel);
	printf("%d\n", err);
	if (err)
		return 1;
	assert(skel->rodata->step == 3 && skel->data->hits == 40);
	assert(!tool__attach(skel));
	getppid();
	tool__detach(skel);
	before = skel->data->hits;
	assert(before > 40 && (before - 40) % 3 == 0);
	tool__destroy(skel);
	return 0;
}
"#;

/// Why there is no signed program.
struct Refused(String);

impl From<LightError> for Refused {
    fn from(error: LightError) -> Self {
        Self(error.to_string())
    }
}

/// A signed skeleton and what its users include, beside the object and the key.
fn signed() -> Folder {
    let folder = object("signed", PROGRAM);
    let dir = &folder.0;
    let words = "req -x509 -new -nodes -sha256 -days 2 -batch -subj /CN=osmia -newkey rsa:2048 -keyout key -out certificate";
    let made = Command::new("openssl").args(words.split(' ')).current_dir(dir).output().expect("openssl");
    assert!(made.status.success());
    let (object, image) = super::read_object(dir);
    let file = |name: &str| fs::read(dir.join(name)).expect("a file");
    let signer = Signer::new(&file("key"), &file("certificate")).unwrap_or_else(|error| panic!("{error}"));
    let sign = |bytes: &[u8]| signer.sign(bytes).map_err(|error| error.to_string());
    let loader = Loader::signed(&image, |bytes| sign(bytes).map_err(Refused))
        .unwrap_or_else(|why| panic!("{}", why.0));
    let header = header(&object, &image, &loader, "tool");
    fs::write(dir.join("tool.lskel.h"), header.unwrap_or_else(|error| panic!("{error}"))).expect("a file");
    fs::create_dir(dir.join("bpf")).expect("a folder");
    fs::write(dir.join("bpf/skel_internal.h"), INTERNAL).expect("a file");
    folder
}

/// Runs the user; its status and the error number that it tells.
fn load(dir: &Path, program: &Path, changed: bool) -> (Option<i32>, i32) {
    let mut command = Command::new(program);
    if changed {
        command.env("CHANGED", "1");
    }
    let done = command.current_dir(dir).output().expect("a program");
    let told = String::from_utf8_lossy(&done.stdout).trim().parse();
    (done.status.code(), told.unwrap_or_else(|_| panic!("{done:?}")))
}

/// The user of the skeleton with one of the two kinds of `skel_internal.h`.
fn user(dir: &Path, name: &str, compiler: &[&str]) -> PathBuf {
    compile(dir, &[compiler, &["-Werror"]].concat(), name, USER)
}

/// What was given to the kernel by the last run, as openssl sees it; `signed` are the files that the signature stands for.
fn seen_by_openssl(dir: &Path, signed: &str) {
    let script = format!(
        "cd {} && cat {signed} > content && \
         openssl cms -verify -binary -inform DER -in signature -content content -certfile certificate -noverify -out checked && \
         cmp content checked",
        dir.display()
    );
    run("sh", &["-c", &script]);
}

#[test]
fn a_signed_skeleton_gives_what_openssl_accepts_and_loads_that_alone() {
    let folder = signed();
    let dir = &folder.0;
    compile(dir, &["g++", "-x", "c++"], "cpp", USER);
    let types = fs::read_to_string(dir.join("vmlinux.h")).expect("a file");
    // From 6.18 on; and where such a map says so to programs, which it does until 7.2.
    let (alone, told) = (types.contains("\tchar *excl_prog_sha;"), types.contains("\tu32 excl;"));
    let hashing = user(dir, "hashing", &["gcc", "-DHASHES"]);
    let whole = load(dir, &hashing, false);
    seen_by_openssl(dir, "insns");
    match (alone, told) {
        (true, true) => {
            assert_eq!(whole, (Some(0), 0));
            // EINVAL
            assert_eq!(load(dir, &hashing, true), (Some(1), -22));
        }
        _ => assert!(whole.1 < 0, "{whole:?}"),
    }
    let newer = user(dir, "newer", &["gcc"]);
    let whole = load(dir, &newer, false);
    seen_by_openssl(dir, "insns data");
    assert_eq!(whole == (Some(0), 0), alone, "{whole:?}");
}
