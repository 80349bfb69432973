// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Loaded into a program before the C library (LD_PRELOAD), this counts the calls that change files or, with
// NAMES set, those that look up a name. Before call number STEP, and before number AGAIN, it does what THEN
// says: "kill" ends the program, "fail" has the disk full, "exchange" has the files kexec and other exchange
// their names, and anything else is a command for the shell.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

// Children of the program are left alone.
__attribute__((constructor)) static void alone(void)
{
	unsetenv("LD_PRELOAD");
}

static int number(const char *name)
{
	const char *value = getenv(name);

	return value ? atoi(value) : -1;
}

static int count;

// How many there are.
__attribute__((destructor)) static void counted(void)
{
	if (getenv("NAMES"))
		fprintf(stderr, "calls: %d\n", count);
}

static int fails(void)
{
	const char *then = getenv("THEN");
	int now = count++;

	if (now != number("STEP") && now != number("AGAIN"))
		return 0;
	if (!strcmp(then, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(then, "exchange"))
		return renameat2(AT_FDCWD, "kexec", AT_FDCWD, "other", RENAME_EXCHANGE);
	if (strcmp(then, "fail"))
		return system(then);
	errno = ENOSPC;
	return 1;
}

#define CALL(type, name, parameters, arguments, counts, failed)         \
	type name parameters                                            \
	{                                                               \
		type(*next) parameters = dlsym(RTLD_NEXT, #name);       \
		return (counts) && fails() ? failed : next arguments;   \
	}
#define CHANGE(name, parameters, arguments, counts)                     \
	CALL(int, name, parameters, arguments, (counts) && !getenv("NAMES"), -1)
#define LOOK_UP(type, name, parameters, arguments, counts, failed)      \
	CALL(type, name, parameters, arguments, (counts) && getenv("NAMES"), failed)

// What goes to the terminal is no step.
CALL(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), fd > 2 && !getenv("NAMES"), -1)
CHANGE(fchown, (int fd, uid_t owner, gid_t group), (fd, owner, group), 1)
CHANGE(fchmod, (int fd, mode_t mode), (fd, mode), 1)
CHANGE(fsync, (int fd), (fd), 1)
CALL(int, linkat, (int at, const char *from, int to_at, const char *to, int flags),
     (at, from, to_at, to, flags), 1, -1)
CALL(int, rename, (const char *from, const char *to), (from, to), 1, -1)
CALL(int, renameat, (int at, const char *from, int to_at, const char *to), (at, from, to_at, to), 1, -1)

LOOK_UP(char *, realpath, (const char *path, char *resolved), (path, resolved), 1, NULL)
LOOK_UP(int, open64, (const char *path, int flags, mode_t mode), (path, flags, mode), 1, -1)
LOOK_UP(int, openat, (int at, const char *path, int flags, mode_t mode), (at, path, flags, mode), 1, -1)
LOOK_UP(int, openat64, (int at, const char *path, int flags, mode_t mode), (at, path, flags, mode), 1, -1)
LOOK_UP(int, statx, (int at, const char *path, int flags, unsigned mask, struct statx *to),
	(at, path, flags, mask, to), !(flags & AT_EMPTY_PATH), -1)
