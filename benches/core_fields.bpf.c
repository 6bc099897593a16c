// One hundred fields of kernel structures, each reached by a CO-RE relocation. With -DPLAIN the same program has the same
// reads at fixed offsets: what remains is the price of everything but relocation. Nothing ever runs it.
#define SEC(name) __attribute__((section(name), used))
#ifdef PLAIN
#define KERNEL
#else
#define KERNEL __attribute__((preserve_access_index))
#endif

static long (*probe_read_kernel)(void *to, unsigned size, const void *from) = (void *)113;

typedef unsigned long ulong;
typedef void *ptr;

// Structures with the fields that are read of them: F(structure, type, field).
#define TASK(F) \
    F(task_struct, int, pid) F(task_struct, int, tgid) F(task_struct, int, prio) F(task_struct, int, static_prio) \
    F(task_struct, int, normal_prio) F(task_struct, unsigned, policy) F(task_struct, unsigned, flags) \
    F(task_struct, int, exit_state) F(task_struct, int, exit_code) F(task_struct, ptr, real_parent) \
    F(task_struct, ptr, parent) F(task_struct, ptr, group_leader) F(task_struct, ptr, mm) F(task_struct, ptr, active_mm) \
    F(task_struct, ptr, files) F(task_struct, ptr, fs) F(task_struct, ptr, nsproxy) F(task_struct, ptr, signal) \
    F(task_struct, ptr, sighand) F(task_struct, ptr, cred) F(task_struct, ptr, real_cred) F(task_struct, ulong, utime) \
    F(task_struct, ulong, stime) F(task_struct, ulong, nvcsw) F(task_struct, ulong, nivcsw) F(task_struct, ulong, start_time) \
    F(task_struct, ulong, min_flt) F(task_struct, ulong, maj_flt) F(task_struct, ptr, stack) F(task_struct, ptr, io_context)
#define MM(F) \
    F(mm_struct, ulong, mmap_base) F(mm_struct, ulong, task_size) F(mm_struct, ptr, pgd) F(mm_struct, int, map_count) \
    F(mm_struct, ulong, total_vm) F(mm_struct, ulong, data_vm) F(mm_struct, ulong, exec_vm) F(mm_struct, ulong, stack_vm) \
    F(mm_struct, ulong, start_code) F(mm_struct, ulong, end_code) F(mm_struct, ulong, start_data) \
    F(mm_struct, ulong, end_data) F(mm_struct, ulong, start_brk) F(mm_struct, ulong, brk) F(mm_struct, ulong, start_stack) \
    F(mm_struct, ulong, arg_start) F(mm_struct, ulong, arg_end) F(mm_struct, ulong, env_start) F(mm_struct, ulong, env_end)
#define FILE_(F) \
    F(file, ptr, f_op) F(file, unsigned, f_flags) F(file, ptr, private_data) F(file, ptr, f_mapping) F(file, ptr, f_inode) \
    F(file, ptr, f_cred)
#define INODE(F) \
    F(inode, unsigned short, i_mode) F(inode, ptr, i_op) F(inode, ptr, i_sb) F(inode, ptr, i_mapping) F(inode, ulong, i_ino) \
    F(inode, unsigned, i_rdev) F(inode, ulong, i_size) F(inode, unsigned short, i_bytes) F(inode, ulong, i_blocks)
#define SUPER(F) \
    F(super_block, unsigned, s_dev) F(super_block, ulong, s_blocksize) F(super_block, ulong, s_maxbytes) \
    F(super_block, ptr, s_type) F(super_block, ptr, s_op) F(super_block, ulong, s_flags) F(super_block, ulong, s_magic) \
    F(super_block, ptr, s_root)
#define DENTRY(F) F(dentry, ptr, d_parent) F(dentry, ptr, d_inode) F(dentry, ptr, d_op) F(dentry, ptr, d_sb)
#define SOCK(F) \
    F(sock, int, sk_rcvbuf) F(sock, int, sk_sndbuf) F(sock, unsigned short, sk_type) F(sock, unsigned short, sk_protocol) \
    F(sock, int, sk_err) F(sock, ulong, sk_max_pacing_rate) F(sock, ptr, sk_socket)
#define SKB(F) \
    F(sk_buff, unsigned, len) F(sk_buff, unsigned, data_len) F(sk_buff, unsigned short, mac_len) \
    F(sk_buff, unsigned short, hdr_len) F(sk_buff, unsigned, truesize) F(sk_buff, ptr, head) F(sk_buff, ptr, data)
#define DEVICE(F) F(net_device, unsigned, mtu) F(net_device, int, ifindex) F(net_device, unsigned, flags)
#define NS(F) \
    F(nsproxy, ptr, uts_ns) F(nsproxy, ptr, ipc_ns) F(nsproxy, ptr, mnt_ns) F(nsproxy, ptr, net_ns) \
    F(nsproxy, ptr, cgroup_ns) F(nsproxy, ptr, pid_ns_for_children) F(nsproxy, ptr, time_ns)

#define DECLARE(structure, type, field) type field;
// Every read ends a block, so that clang does not compute all addresses first.
#define READ(structure, type, field) \
    if (probe_read_kernel(&value, sizeof(type), &((struct structure *)at)->field)) return 1;

struct task_struct { TASK(DECLARE) } KERNEL;
struct mm_struct { MM(DECLARE) } KERNEL;
struct file { FILE_(DECLARE) } KERNEL;
struct inode { INODE(DECLARE) } KERNEL;
struct super_block { SUPER(DECLARE) } KERNEL;
struct dentry { DENTRY(DECLARE) } KERNEL;
struct sock { SOCK(DECLARE) } KERNEL;
struct sk_buff { SKB(DECLARE) } KERNEL;
struct net_device { DEVICE(DECLARE) } KERNEL;
struct nsproxy { NS(DECLARE) } KERNEL;

SEC("raw_tp/sys_enter") int fields(ulong *context) {
    ulong value, at = context[0];
    TASK(READ) MM(READ) FILE_(READ) INODE(READ) SUPER(READ) DENTRY(READ) SOCK(READ) SKB(READ) DEVICE(READ) NS(READ)
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
