/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * kexec_file_load(2) and reboot(2) without kexec-tools: what `systemctl kexec` does.
 *
 *   load KERNEL INITRD CMDLINE         loads the next kernel
 *   load -p KERNEL INITRD CMDLINE      loads a crash kernel; the kernel logs where its parts are
 *   load -e                            leaves for the loaded kernel
 *   load -n COUNT KERNEL INITRD CMDLINE  loads it so many times
 *   load -f KERNEL INITRD CMDLINE      lets the first allocation fail, then the second, and so on, up to a
 *                                      call that has no more of them
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEXEC_FILE_DEBUG_FLAG 0x8 /* since Linux 6.8 */

/* /proc/self/fail-nth: which allocation of this task is to fail, counted down to 0. */
static int fail_nth = -1;

static int load(char **what, unsigned long flags, long nth)
{
	int kernel = open(what[0], O_RDONLY), initrd = open(what[1], O_RDONLY);
	long failed;
	int error;

	if (nth)
		dprintf(fail_nth, "%ld", nth);
	failed = syscall(SYS_kexec_file_load, kernel, initrd, strlen(what[2]) + 1, what[2], flags);
	error = failed ? errno : 0;
	if (kernel >= 0)
		close(kernel);
	if (initrd >= 0)
		close(initrd);
	return error;
}

/* Returns what is left of the number, and stops counting. */
static long left_of_nth(void)
{
	char text[24] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		return -1;
	dprintf(fail_nth, "0");
	return atol(text);
}

static int fail_each(char **what)
{
	long n, left, refused = 0, loaded = 0;

	fail_nth = open("/proc/self/fail-nth", O_RDWR);
	for (n = 1;; n++) {
		int error = load(what, 0, n);

		left = left_of_nth();
		if (left < 0) {
			perror("load: /proc/self/fail-nth");
			return 1;
		}
		if (left)
			break;
		if (error && error != ENOMEM) {
			printf("load: with allocation %ld failing: %s\n", n, strerror(error));
			return 1;
		}
		refused += error == ENOMEM;
		loaded += !error;
	}
	printf("init: of %ld allocations that failed %ld were refused as such, %ld made do\n", n - 1, refused, loaded);
	return 0;
}

int main(int argc, char **argv)
{
	int error = EINVAL, count;

	if (argc == 2 && !strcmp(argv[1], "-e")) {
		reboot(0x45584543 /* LINUX_REBOOT_CMD_KEXEC */);
		error = errno;
	} else if (argc == 4) {
		error = load(argv + 1, 0, 0);
	} else if (argc == 5 && !strcmp(argv[1], "-p")) {
		error = load(argv + 2, KEXEC_FILE_ON_CRASH | KEXEC_FILE_DEBUG_FLAG, 0);
	} else if (argc == 5 && !strcmp(argv[1], "-f")) {
		return fail_each(argv + 2);
	} else if (argc == 6 && !strcmp(argv[1], "-n")) {
		for (count = atoi(argv[2]), error = 0; count && !error; count--)
			error = load(argv + 3, 0, 0);
	}
	printf("init: load: %s\n", error ? strerror(error) : "done");
	return !!error;
}
