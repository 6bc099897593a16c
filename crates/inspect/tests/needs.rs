//! `needs`: what a program asks for, since when, and where.
use osmia_inspect::command;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const PROGRAM: &str = "
#define SEC(name) __attribute__((section(name), used))
typedef unsigned int u32; typedef unsigned long long u64;
struct bpf_timer { u64 opaque[2]; };
struct value { u64 count; struct bpf_timer timer; };
struct task_struct { int pid; } __attribute__((preserve_access_index));
struct { int (*type)[27]; int (*max_entries)[4096]; } events SEC(\".maps\");
struct { int (*type)[1]; int (*max_entries)[8]; int (*map_flags)[1]; u32 *key; struct value *value; } values SEC(\".maps\");
static u64 (*bpf_get_current_task)(void) = (void *)35;
static long (*bpf_ringbuf_output)(void *, void *, u64, u64) = (void *)130;
static long (*bpf_loop)(u32, void *, void *, u64) = (void *)181;
extern void bpf_rcu_read_lock(void) __attribute__((section(\".ksyms\"), weak));
extern int bpf_iter_num_new(void *it, int start, int end) __attribute__((section(\".ksyms\")));
u64 total;
SEC(\"tp_btf/sched_switch\") int on_switch(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[1];
	__sync_fetch_and_add(&total, task->pid);
	if (bpf_rcu_read_lock)
		bpf_rcu_read_lock();
	return bpf_ringbuf_output(&events, &total, 8, 0);
}
static int step(u32 at, void *ctx) { return at & 1; }
SEC(\"?uprobe.multi.s\") int on_call(void *ctx)
{
	u64 it;
	return bpf_loop(10, step, ctx, 0) + bpf_iter_num_new(&it, 0, 3);
}
SEC(\"xdp\") int filter(void *ctx) { return bpf_get_current_task() != 0; }
char _license[] SEC(\"license\") = \"GPL\";
";

fn object(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("osmia-needs-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    fs::write(dir.join("p.c"), PROGRAM).expect("a file");
    let mut clang = Command::new("clang-19");
    clang.args(["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c", "p.c", "-o", "p.o"]).current_dir(&dir);
    assert!(clang.status().expect("clang-19").success());
    dir
}

fn needs(words: &[&str]) -> (u8, String, String) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("osmia", &words, &mut out, &mut errors);
    (status, String::from_utf8(out).expect("UTF-8"), String::from_utf8(errors).expect("UTF-8"))
}

#[test]
fn what_is_asked_for_is_told_with_its_version_and_its_place() {
    let dir = object("text");
    let file = dir.join("p.o");
    let (status, text, errors) = needs(&["needs", file.to_str().expect("UTF-8")]);
    assert_eq!((status, errors.as_str()), (0, ""), "{text}");
    let (firm, spare) = text.split_once("\nused where it is there:\n").expect("both");
    assert!(firm.starts_with("least kernel: Linux 5.15\n"), "{text}");
    for line in [
        " 5.15  map value bpf_timer\n         map `values`\n",
        "  5.8  map type ringbuf\n         map `events`\n",
        "  5.8  helper bpf_ringbuf_output\n         program `on_switch` (tp_btf/sched_switch), ",
        "  5.5  program type tracing\n         program `on_switch` (tp_btf/sched_switch)\n",
        "  5.5  attach type trace_raw_tp\n",
        "  5.4  types kernel_btf\n         program `on_switch` (tp_btf/sched_switch)\n",
        "  5.2  code global_data\n         section `.bss`\n",
        "  4.8  program type xdp\n         program `filter` (xdp)\n",
        "  4.8  helper bpf_get_current_task\n",
        "  4.6  map flag BPF_F_NO_PREALLOC\n",
        " 3.19  map type hash\n",
    ] {
        assert!(firm.contains(line), "{line}\n{text}");
    }
    for line in [
        "  6.6  attach type trace_uprobe_multi\n",
        "  6.4  kernel function bpf_iter_num_new\n",
        "  6.2  kernel function bpf_rcu_read_lock\n",
        "  6.0  program type sleepable uprobes\n",
        " 5.17  helper bpf_loop\n         program `on_call` (?uprobe.multi.s), ",
        " 5.13  code functions as arguments\n",
        "  5.9  attach type xdp\n         program `filter` (xdp)\n         (only kernels that know it are told)\n",
        "  5.2  BTF btf_datasec\n",
        "  4.1  program type kprobe\n",
    ] {
        assert!(spare.contains(line), "{line}\n{text}");
    }
    // The newest stands first, and nothing stands in both halves.
    assert!(!firm.contains("bpf_loop") && !spare.contains("ringbuf"));
    fs::remove_dir_all(dir).expect("it goes");
}

#[test]
fn it_is_one_json_value() {
    let dir = object("json");
    let file = dir.join("p.o");
    let (status, text, _) = needs(&["-j", "needs", file.to_str().expect("UTF-8")]);
    assert_eq!(status, 0);
    assert!(text.starts_with("{\"least\":\"5.15\",\"needs\":[{\"kind\":"), "{text}");
    let ring = "{\"kind\":\"map type\",\"name\":\"ringbuf\",\"since\":\"5.8\",\"required\":true,\"places\":[{\"place\":\"map `events`\"}]}";
    assert!(text.contains(ring), "{text}");
    assert!(
        text.contains("\"required\":false,\"spare\":\"it is weak: programs ask whether it is there\""),
        "{text}"
    );
    let (status, _, errors) = needs(&["needs", "/dev/null"]);
    assert!(status == 255 && errors.contains("/dev/null"), "{errors}");
    fs::remove_dir_all(dir).expect("it goes");
}
