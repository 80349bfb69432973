// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Loaded into a program before the C library (LD_PRELOAD), this counts the calls that change files. Before
// call number STEP it does what THEN says: "kill" ends the program, "fail" has the disk full, and anything
// else is a command for the shell.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

// Children of the program are left alone.
__attribute__((constructor)) static void alone(void)
{
	unsetenv("LD_PRELOAD");
}

static int fails(void)
{
	static int count;
	const char *then = getenv("THEN");

	if (count++ != atoi(getenv("STEP")))
		return 0;
	if (!strcmp(then, "kill"))
		kill(getpid(), SIGKILL);
	if (strcmp(then, "fail"))
		return system(then);
	errno = ENOSPC;
	return 1;
}

#define STEP(type, name, parameters, arguments, counts)                 \
	type name parameters                                            \
	{                                                               \
		type(*next) parameters = dlsym(RTLD_NEXT, #name);       \
		return (counts) && fails() ? -1 : next arguments;       \
	}

// What goes to the terminal is no step.
STEP(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), fd > 2)
STEP(int, fchown, (int fd, uid_t owner, gid_t group), (fd, owner, group), 1)
STEP(int, fchmod, (int fd, mode_t mode), (fd, mode), 1)
STEP(int, fsync, (int fd), (fd), 1)
STEP(int, linkat, (int at, const char *from, int to_at, const char *to, int flags),
     (at, from, to_at, to, flags), 1)
STEP(int, rename, (const char *from, const char *to), (from, to), 1)
