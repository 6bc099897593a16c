//! What C headers say with `#define`, which no type information tells. Only what every kernel since 5.4 agrees on.

/// Name, value, and the header that a program would include for it.
type Row = (&'static str, i64, &'static str);

const SOCKET: &str = "sys/socket.h";
const SCHED: &str = "linux/sched.h";
const FS: &str = "linux/fs.h";
const FCNTL: &str = "fcntl.h";
const STAT: &str = "linux/stat.h";
const ERRNO: &str = "linux/errno.h";
const SIGNAL: &str = "linux/signal.h";
const MMAN: &str = "linux/mman.h";
const LIMITS: &str = "linux/limits.h";
const TIME: &str = "linux/time64.h";
const NET: &str = "linux/if_ether.h";

#[rustfmt::skip]
const CONSTANTS: &[Row] = &[
    ("AF_UNSPEC", 0, SOCKET), ("AF_UNIX", 1, SOCKET), ("AF_LOCAL", 1, SOCKET), ("AF_INET", 2, SOCKET),
    ("AF_INET6", 10, SOCKET), ("AF_KEY", 15, SOCKET), ("AF_NETLINK", 16, SOCKET), ("AF_PACKET", 17, SOCKET),
    ("AF_VSOCK", 40, SOCKET), ("AF_XDP", 44, SOCKET),
    ("PF_UNSPEC", 0, SOCKET), ("PF_UNIX", 1, SOCKET), ("PF_INET", 2, SOCKET), ("PF_INET6", 10, SOCKET),
    ("PF_NETLINK", 16, SOCKET), ("PF_PACKET", 17, SOCKET),
    ("SOL_SOCKET", 1, SOCKET), ("SOL_TCP", 6, SOCKET), ("SOL_UDP", 17, SOCKET), ("SOMAXCONN", 4096, SOCKET),
    ("MSG_OOB", 1, SOCKET), ("MSG_PEEK", 2, SOCKET), ("MSG_TRUNC", 0x20, SOCKET), ("MSG_DONTWAIT", 0x40, SOCKET),
    ("MSG_WAITALL", 0x100, SOCKET), ("MSG_NOSIGNAL", 0x4000, SOCKET), ("MSG_MORE", 0x8000, SOCKET),
    ("SHUT_RD", 0, SOCKET), ("SHUT_WR", 1, SOCKET), ("SHUT_RDWR", 2, SOCKET),
    ("TASK_RUNNING", 0, SCHED), ("TASK_INTERRUPTIBLE", 1, SCHED), ("TASK_UNINTERRUPTIBLE", 2, SCHED),
    ("__TASK_STOPPED", 4, SCHED), ("__TASK_TRACED", 8, SCHED), ("EXIT_DEAD", 0x10, SCHED), ("EXIT_ZOMBIE", 0x20, SCHED),
    ("TASK_COMM_LEN", 16, SCHED),
    ("PF_IDLE", 2, SCHED), ("PF_EXITING", 4, SCHED), ("PF_WQ_WORKER", 0x20, SCHED), ("PF_FORKNOEXEC", 0x40, SCHED),
    ("PF_SUPERPRIV", 0x100, SCHED), ("PF_SIGNALED", 0x400, SCHED), ("PF_MEMALLOC", 0x800, SCHED),
    ("PF_KTHREAD", 0x0020_0000, SCHED), ("PF_RANDOMIZE", 0x0040_0000, SCHED),
    ("CLONE_VM", 0x100, SCHED), ("CLONE_FS", 0x200, SCHED), ("CLONE_FILES", 0x400, SCHED),
    ("CLONE_SIGHAND", 0x800, SCHED), ("CLONE_VFORK", 0x4000, SCHED), ("CLONE_THREAD", 0x10000, SCHED),
    ("CLONE_NEWNS", 0x20000, SCHED), ("CLONE_NEWCGROUP", 0x0200_0000, SCHED), ("CLONE_NEWUTS", 0x0400_0000, SCHED),
    ("CLONE_NEWIPC", 0x0800_0000, SCHED), ("CLONE_NEWUSER", 0x1000_0000, SCHED),
    ("CLONE_NEWPID", 0x2000_0000, SCHED), ("CLONE_NEWNET", 0x4000_0000, SCHED),
    ("MINORBITS", 20, "linux/kdev_t.h"), ("MINORMASK", 0xf_ffff, "linux/kdev_t.h"),
    ("MAY_EXEC", 1, FS), ("MAY_WRITE", 2, FS), ("MAY_READ", 4, FS), ("MAY_APPEND", 8, FS), ("MAY_OPEN", 0x20, FS),
    ("SEEK_SET", 0, FS), ("SEEK_CUR", 1, FS), ("SEEK_END", 2, FS),
    ("O_RDONLY", 0, FCNTL), ("O_WRONLY", 1, FCNTL), ("O_RDWR", 2, FCNTL), ("O_ACCMODE", 3, FCNTL),
    ("O_CREAT", 0x40, FCNTL), ("O_EXCL", 0x80, FCNTL), ("O_NOCTTY", 0x100, FCNTL), ("O_TRUNC", 0x200, FCNTL),
    ("O_APPEND", 0x400, FCNTL), ("O_NONBLOCK", 0x800, FCNTL), ("O_CLOEXEC", 0x80000, FCNTL),
    ("AT_FDCWD", -100, FCNTL),
    ("S_IFMT", 0o170_000, STAT), ("S_IFSOCK", 0o140_000, STAT), ("S_IFLNK", 0o120_000, STAT),
    ("S_IFREG", 0o100_000, STAT), ("S_IFBLK", 0o060_000, STAT), ("S_IFDIR", 0o040_000, STAT),
    ("S_IFCHR", 0o020_000, STAT), ("S_IFIFO", 0o010_000, STAT), ("S_ISUID", 0o4000, STAT), ("S_ISGID", 0o2000, STAT),
    ("EPERM", 1, ERRNO), ("ENOENT", 2, ERRNO), ("ESRCH", 3, ERRNO), ("EINTR", 4, ERRNO), ("EIO", 5, ERRNO),
    ("ENXIO", 6, ERRNO), ("E2BIG", 7, ERRNO), ("ENOEXEC", 8, ERRNO), ("EBADF", 9, ERRNO), ("ECHILD", 10, ERRNO),
    ("EAGAIN", 11, ERRNO), ("EWOULDBLOCK", 11, ERRNO), ("ENOMEM", 12, ERRNO), ("EACCES", 13, ERRNO),
    ("EFAULT", 14, ERRNO), ("EBUSY", 16, ERRNO), ("EEXIST", 17, ERRNO), ("EXDEV", 18, ERRNO), ("ENODEV", 19, ERRNO),
    ("ENOTDIR", 20, ERRNO), ("EISDIR", 21, ERRNO), ("EINVAL", 22, ERRNO), ("ENFILE", 23, ERRNO),
    ("EMFILE", 24, ERRNO), ("ENOTTY", 25, ERRNO), ("EFBIG", 27, ERRNO), ("ENOSPC", 28, ERRNO), ("ESPIPE", 29, ERRNO),
    ("EROFS", 30, ERRNO), ("EMLINK", 31, ERRNO), ("EPIPE", 32, ERRNO), ("EDOM", 33, ERRNO), ("ERANGE", 34, ERRNO),
    ("SIGHUP", 1, SIGNAL), ("SIGINT", 2, SIGNAL), ("SIGQUIT", 3, SIGNAL), ("SIGILL", 4, SIGNAL),
    ("SIGTRAP", 5, SIGNAL), ("SIGABRT", 6, SIGNAL), ("SIGBUS", 7, SIGNAL), ("SIGFPE", 8, SIGNAL),
    ("SIGKILL", 9, SIGNAL), ("SIGUSR1", 10, SIGNAL), ("SIGSEGV", 11, SIGNAL), ("SIGUSR2", 12, SIGNAL),
    ("SIGPIPE", 13, SIGNAL), ("SIGALRM", 14, SIGNAL), ("SIGTERM", 15, SIGNAL), ("SIGCHLD", 17, SIGNAL),
    ("SIGCONT", 18, SIGNAL), ("SIGSTOP", 19, SIGNAL), ("SIGTSTP", 20, SIGNAL),
    ("PROT_NONE", 0, MMAN), ("PROT_READ", 1, MMAN), ("PROT_WRITE", 2, MMAN), ("PROT_EXEC", 4, MMAN),
    ("MAP_SHARED", 1, MMAN), ("MAP_PRIVATE", 2, MMAN), ("MAP_FIXED", 0x10, MMAN), ("MAP_ANONYMOUS", 0x20, MMAN),
    ("PATH_MAX", 4096, LIMITS), ("NAME_MAX", 255, LIMITS),
    ("INT_MAX", 0x7fff_ffff, LIMITS), ("INT_MIN", -0x8000_0000, LIMITS), ("UINT_MAX", 0xffff_ffff, LIMITS),
    ("LONG_MAX", i64::MAX, LIMITS), ("LONG_MIN", i64::MIN, LIMITS),
    ("NSEC_PER_SEC", 1_000_000_000, TIME), ("NSEC_PER_MSEC", 1_000_000, TIME), ("NSEC_PER_USEC", 1000, TIME),
    ("USEC_PER_SEC", 1_000_000, TIME), ("USEC_PER_MSEC", 1000, TIME), ("MSEC_PER_SEC", 1000, TIME),
    ("ETH_ALEN", 6, NET), ("ETH_P_IP", 0x0800, NET), ("ETH_P_ARP", 0x0806, NET), ("ETH_P_IPV6", 0x86dd, NET),
    ("IFNAMSIZ", 16, "linux/if.h"),
];

/// The value of a constant, and a header that defines it.
pub(super) fn constant(name: &str) -> Option<(i64, &'static str)> {
    let known =
        CONSTANTS.iter().find(|(known, ..)| *known == name).map(|(_, value, header)| (*value, *header));
    known.or_else(|| system_call(name))
}

/// `__NR_read` and `SYS_read`: the number of a system call.
fn system_call(name: &str) -> Option<(i64, &'static str)> {
    let call = name.strip_prefix("__NR_").or_else(|| name.strip_prefix("SYS_"))?;
    let (number, _) = osmia_abi::names::SYSCALL_NAMES.iter().find(|(_, known)| *known == call)?;
    Some((i64::from(*number), "syscall.h"))
}

/// Directories of the kernel's headers.
#[rustfmt::skip]
const DIRECTORIES: &[&str] = &[
    "acpi", "asm", "asm-generic", "crypto", "drm", "keys", "kunit", "kvm", "linux", "math-emu", "media", "memory",
    "misc", "net", "pcmcia", "ras", "rdma", "scsi", "soc", "sound", "target", "trace", "uapi", "vdso", "video", "xen",
];

/// Headers of C that define nothing a script could miss.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "errno.h", "fcntl.h", "inttypes.h", "limits.h", "signal.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h",
    "stdlib.h", "string.h", "syscall.h", "time.h", "unistd.h", "arpa/inet.h", "netinet/in.h", "netinet/ip.h",
    "netinet/tcp.h", "sys/mman.h", "sys/socket.h", "sys/stat.h", "sys/types.h",
];

/// Whether a header is one of those whose types the kernel's BTF tells, and whose constants are known.
pub fn is_kernel_header(name: &str) -> bool {
    let directory = name.split_once('/').map(|(directory, _)| directory);
    PLAIN.contains(&name) || directory.is_some_and(|directory| DIRECTORIES.contains(&directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_one_row() {
        let mut names: Vec<&str> = CONSTANTS.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn values_are_those_of_the_headers() {
        assert_eq!(constant("AF_INET6"), Some((10, SOCKET)));
        assert_eq!(constant("S_IFDIR"), Some((0x4000, STAT)));
        assert_eq!(constant("af_inet"), None);
    }
}
