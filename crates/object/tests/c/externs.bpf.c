// Kernel symbols, kernel functions and configuration values, present and missing.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_BPF __kconfig;
extern int CONFIG_HZ __kconfig;
extern bool CONFIG_NO_SUCH_THING __kconfig __weak;
extern unsigned long CONFIG_ANOTHER_MISSING __kconfig __weak;

extern const void vfs_read __ksym;
extern const void no_such_symbol __ksym __weak;
struct rq;
extern const int bpf_prog_active __ksym __weak;

struct task_struct { int pid; };
struct task_struct *bpf_task_from_pid(int pid) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;
void bpf_no_such_function(int x) __ksym __weak;
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

__u64 results[16];

SEC("syscall")
int run(void *ctx)
{
	int i = 0;
	results[i++] = LINUX_KERNEL_VERSION;
	results[i++] = CONFIG_BPF_SYSCALL;
	results[i++] = CONFIG_BPF;
	results[i++] = CONFIG_HZ;
	results[i++] = CONFIG_NO_SUCH_THING;
	results[i++] = CONFIG_ANOTHER_MISSING;
	results[i++] = (__u64)&vfs_read;
	results[i++] = (__u64)&no_such_symbol;
	struct task_struct *task = bpf_task_from_pid(1);
	if (task) {
		results[i++] = 1;
		bpf_task_release(task);
	}
	if (bpf_no_such_function)
		bpf_no_such_function(1);
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
