// Calls leaf() from middle() from outer(), in the way that its first word says.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) int leaf(int x) { __asm__ volatile("" : "+r"(x)); return x; }
__attribute__((noinline)) int middle(int x) { return leaf(x) + 1; }
__attribute__((noinline)) int outer(int x) { return middle(x) + 1; }

// A child that calls, and then runs another program.
static int family(char *other) {
    if (fork() == 0) {
        outer(1);
        execl(other, other, "once", (char *)0);
        _exit(1);
    }
    int status = 0;
    wait(&status);
    return WEXITSTATUS(status) != 0;
}

// Calls back from a library that is not in memory any more at the end.
static int library(char *path) {
    void *handle = dlopen(path, RTLD_NOW);
    if (!handle)
        return 1;
    int (*plugin)(int (*)(int)) = (int (*)(int (*)(int)))dlsym(handle, "plugin");
    int done = plugin ? plugin(outer) : -1;
    dlclose(handle);
    return done < 0;
}

int main(int argc, char **argv) {
    char *how = argc > 1 ? argv[1] : "";
    if (!strcmp(how, "once"))
        return outer(1) < 0;
    if (!strcmp(how, "family"))
        return family(argv[2]);
    if (!strcmp(how, "library"))
        return library(argv[2]);
    if (!strcmp(how, "calls")) // as often as there are bytes to read
        while (getchar() != EOF)
            outer(1);
    if (!strcmp(how, "endless"))
        for (;; usleep(1000))
            outer(1);
    return 0;
}
