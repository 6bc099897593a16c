//! `gen min_core_btf` against bpftool 7.1: the same bytes; and relocations end by them as by all types of the kernel.
use osmia_btf::Btf;
use osmia_inspect::command;
use osmia_object::{CoreAnswer, core_report, elf};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

/// Every kind of question, with nameless members, arrays, bitfields, pointers to structures, and what the kernel lacks.
const PROGRAM: &str = "
#define SEC(name) __attribute__((section(name), used))
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
typedef struct { int counter; } atomic_t;
struct qspinlock { union { atomic_t val; }; };
struct mm_struct { struct { struct { atomic_t mm_count; }; unsigned long task_size; }; };
struct list_head { struct list_head *next, *prev; };
struct task_struct { int pid, tgid; char comm[16]; struct task_struct *group_leader; struct mm_struct *mm; struct list_head tasks; unsigned in_iowait : 1; };
struct task_struct___old { long state; int gone_long_ago; };
struct sock_common { unsigned short skc_family; union { struct { unsigned skc_daddr, skc_rcv_saddr; }; }; };
struct sock { struct sock_common __sk_common; };
struct nobody_has_this { int x; };
typedef unsigned char u8;
#pragma clang attribute pop
enum bpf_map_type { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_NONE_SUCH = 9 };
SEC(\"socket\") int filter(struct task_struct *task)
{
	struct sock *sk = (void *)task;
	struct qspinlock *lock = (void *)task;
	int sum = task->pid + task->comm[3] + (long)task->group_leader + task->in_iowait;
	sum += task->group_leader->mm->mm_count.counter + sk->__sk_common.skc_daddr + lock->val.counter;
	sum += (long)task->tasks.next;
	sum += __builtin_preserve_field_info(task->in_iowait, 3) + __builtin_preserve_field_info(task->comm, 1);
	if (__builtin_preserve_field_info(((struct task_struct___old *)task)->gone_long_ago, 2))
		sum++;
	sum += __builtin_preserve_type_info(*(struct task_struct *)0, 0);
	sum += __builtin_preserve_type_info(*(struct nobody_has_this *)0, 0);
	sum += __builtin_preserve_type_info(*(struct mm_struct *)0, 1);
	sum += __builtin_preserve_type_info(*(atomic_t *)0, 0);
	sum += __builtin_preserve_enum_value(*(enum bpf_map_type *)BPF_MAP_TYPE_ARRAY, 0);
	sum += __builtin_btf_type_id(*(struct list_head *)0, 1);
	return sum;
}
";

/// Types that are to match as a whole: bpftool 7.1 knows that question, too.
const MATCHES: &str = "
#define SEC(name) __attribute__((section(name), used))
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
typedef struct { int counter; } atomic_t;
struct list_head { struct list_head *next, *prev; };
struct callback_head { struct callback_head *next; void (*func)(struct callback_head *); };
#pragma clang attribute pop
SEC(\"socket\") int filter(void *ctx)
{
	return __builtin_preserve_type_info(*(struct list_head *)0, 2) + __builtin_preserve_type_info(*(struct callback_head *)0, 2) +
	       __builtin_preserve_type_info(*(atomic_t *)0, 2);
}
";

fn compile(dir: &Path, name: &str, source: &str) -> PathBuf {
    let (from, to) = (dir.join(name).with_extension("c"), dir.join(name).with_extension("o"));
    fs::write(&from, source).expect("a file");
    let mut clang = Command::new("clang-19");
    clang.args(["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-c"]).arg(&from).arg("-o").arg(&to);
    assert!(clang.status().expect("clang-19").success());
    to
}

fn ours(words: &[&str]) -> (u8, String) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let status = command::run("bpftool", &words, &mut out, &mut errors);
    assert_eq!(out, [] as [u8; 0]);
    (status, String::from_utf8(errors).expect("UTF-8"))
}

#[test]
fn the_least_types_are_those_of_bpftool_and_they_do() {
    let dir = std::env::temp_dir().join(format!("osmia-minimal-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a scratch directory");
    let (program, matches) = (compile(&dir, "program", PROGRAM), compile(&dir, "matches", MATCHES));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (mine, other) = (path(&dir.join("ours.btf")), path(&dir.join("theirs.btf")));
    for objects in [vec![&program], vec![&matches], vec![&program, &matches]] {
        let objects: Vec<String> = objects.into_iter().map(|object| path(object)).collect();
        let words = |output: &str| {
            let first = ["gen", "min_core_btf", VMLINUX, output].map(str::to_owned);
            first.into_iter().chain(objects.clone()).collect::<Vec<String>>()
        };
        let all = words(&mine);
        assert_eq!(ours(&all.iter().map(String::as_str).collect::<Vec<_>>()), (0, String::new()));
        assert!(Command::new("bpftool").args(words(&other)).status().expect("bpftool").success());
        let (bytes, expected) = (fs::read(&mine).expect("types"), fs::read(&other).expect("types"));
        assert!(bytes == expected, "{objects:?}: {} bytes, not {}", bytes.len(), expected.len());
        let (whole, least) = (fs::read(VMLINUX).expect("types"), bytes);
        assert!(least.len() * 100 < whole.len());
        let kernels = [whole, least].map(|bytes| Btf::parse(bytes).expect("types"));
        for object in &objects {
            let object = elf::read(&fs::read(object).expect("a file")).expect("an object");
            let entries = core_report(&object, &kernels);
            assert!(entries.len() >= 3);
            for entry in entries {
                let [whole, least] = &entry.answers[..] else { panic!("two answers") };
                // A type's number is another one, of course.
                let found = |answer: &CoreAnswer| !answer.is_bad() && *answer != CoreAnswer::Absent;
                let numbered = entry.kind == "target_type_id" && found(whole) && found(least);
                assert!(whole == least || numbered, "{} {}: {whole:?}, {least:?}", entry.kind, entry.subject);
            }
        }
    }
    fs::remove_dir_all(&dir).expect("it goes");
}

#[test]
fn what_is_no_object_is_told() {
    let (status, errors) = ours(&["gen", "min_core_btf", VMLINUX, "/dev/null", "/dev/null"]);
    assert!(status == 255 && errors.contains("/dev/null"), "{errors}");
    let (status, errors) = ours(&["gen", "min_core_btf", "/dev/zero/none", "/dev/null", "/dev/null"]);
    assert!(status == 236 && errors.contains("/dev/zero/none"), "{errors}");
    assert_eq!(ours(&["gen", "min_core_btf", VMLINUX]).0, 255);
}
