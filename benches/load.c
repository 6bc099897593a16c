// Makes events for the scripts beside it. While it runs the kernel counts and times all BPF programs; the kernel stops
// when the descriptor that asked for it is closed, however this program ends.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_us(long us) {
    struct timespec wait = {0, us * 1000};
    nanosleep(&wait, NULL);
}

// Readers of what is printed get time to keep up: nothing is lost, so both tools do all of their work.
static void pace(long i) {
    if (i % 32 == 31) pause_us(1000);
}

static void hello(long n) {
    for (long i = 0; i < n; i++) {
        syscall(SYS_getpgid, 0);
        pace(i);
    }
}

static void opens(long n) {
    static const char *const paths[] = {"/dev/null", "/proc/self/status", "/etc/passwd", "/nonexistent/file/of/some/length"};
    for (long i = 0; i < n; i++) {
        int fd = open(paths[i % 4], O_RDONLY);
        if (fd >= 0) close(fd);
        pace(i);
    }
}

static void calls(long n) {
    for (long i = 0; i < n; i++) syscall(SYS_getpgid, 0);
}

// Some succeed with few bytes, some with many, some fail.
static void reads(long n) {
    static char buffer[16384];
    int zero = open("/dev/zero", O_RDONLY);
    for (long i = 0; i < n; i++)
        if (read(i % 8 == 7 ? -1 : zero, buffer, (i * 37) % sizeof buffer) < 0) continue;
    close(zero);
}

__attribute__((noinline, noclone)) long work(long x) {
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

static void functions(long n) {
    for (long i = 0, x = 0; i < n; i++) x = work(x);
}

static int there[2], back[2];

static void *echo(void *unused) {
    char byte;
    while (read(there[0], &byte, 1) == 1)
        if (write(back[1], &byte, 1) != 1) break;
    return unused;
}

static void switches(long n) {
    pthread_t other;
    char byte = 0;
    if (pipe(there) || pipe(back) || pthread_create(&other, NULL, echo, NULL)) exit(1);
    for (long i = 0; i < n; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1);
    close(there[1]);
    pthread_join(other, NULL);
}

static void faults(long n) {
    enum { PAGES = 256 };
    for (long i = 0; i < n; i += PAGES) {
        char *at = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) exit(1);
        madvise(at, PAGES * 4096, MADV_NOHUGEPAGE);
        for (int page = 0; page < PAGES; page++) at[page * 4096] = 1;
        munmap(at, PAGES * 4096);
    }
}

static void spin(long ms) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
}

static void processes(long n) {
    char *const arguments[] = {"true", NULL};
    for (long i = 0; i < n; i++) {
        pid_t pid;
        if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ) || waitpid(pid, NULL, 0) != pid) exit(1);
    }
}

// To a port of the loopback where somebody listens, and to one where nobody does.
static void connections(long n) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, length) || listen(listener, 64) ||
        getsockname(listener, (struct sockaddr *)&at, &length))
        exit(1);
    for (long i = 0; i < n; i++) {
        struct sockaddr_in to = at;
        if (i % 2) to.sin_port = htons(9);
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (!connect(client, (struct sockaddr *)&to, sizeof to)) {
            int server = accept(listener, NULL, NULL);
            if (write(client, "osmia", 5) != 5) exit(1);
            close(server);
        }
        close(client);
    }
    close(listener);
}

static void others(long n) {
    struct stat facts;
    for (long i = 0; i < n; i++) {
        kill(getpid(), 0);
        stat(i % 2 ? "/etc/passwd" : "/nonexistent", &facts);
        if (setresuid(-1, -1, -1)) exit(1);
        pace(i);
    }
}

static const struct kind {
    const char *name;
    void (*make)(long);
} kinds[] = {
    {"hello", hello},       {"opens", opens},   {"calls", calls}, {"reads", reads}, {"functions", functions},
    {"switches", switches}, {"faults", faults}, {"spin", spin},   {"processes", processes},
    {"connections", connections}, {"others", others},
};

int main(int argc, char **argv) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.enable_stats.type = BPF_STATS_RUN_TIME;
    if (argc != 3) {
        fprintf(stderr, "usage: load KIND COUNT\n");
        return 64;
    }
    if (syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof attr) < 0) {
        perror("load: BPF_ENABLE_STATS");
        return 1;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(argv[1], kinds[i].name)) {
            kinds[i].make(atol(argv[2]));
            return 0;
        }
    fprintf(stderr, "load: there is no `%s`\n", argv[1]);
    return 64;
}
