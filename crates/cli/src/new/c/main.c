// The half of @NAME@ that people start: loads and attaches the other, and tells what it counts.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "@NAME@.skel.h"

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

int main(void)
{
	struct @IDENT@ *skel = @IDENT@__open();

	if (!skel) {
		fprintf(stderr, "cannot open the program: %s\n", strerror(errno));
		return 1;
	}
	skel->rodata->pid = getpid();

	int err = @IDENT@__load(skel);
	if (!err)
		err = @IDENT@__attach(skel);
	if (err)
		fprintf(stderr, "cannot load or attach the program (are you root?): %s\n", strerror(-err));

	signal(SIGINT, end);
	signal(SIGTERM, end);
	while (!err && !ended) {
		sleep(1);
		printf("%llu writes so far\n", (unsigned long long)skel->bss->writes);
		fflush(stdout);
	}
	@IDENT@__destroy(skel);
	return err != 0;
}
