// SPDX-License-Identifier: GPL-2.0
/*
 * kexec load|crash|exec KERNEL INITRD CMDLINE: as much of kexec-tools as a
 * scenario needs. "load" and "crash" load a kernel, "exec" starts the one loaded.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc == 2 && !strcmp(argv[1], "exec")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_KEXEC, NULL);
		perror("reboot");
		return 1;
	}
	if (argc != 5)
		return 2;
	kernel = open(argv[2], O_RDONLY);
	initrd = open(argv[3], O_RDONLY);
	if (kernel < 0 || initrd < 0 ||
	    syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[4]) + 1, argv[4],
		    strcmp(argv[1], "crash") ? 0 : KEXEC_FILE_ON_CRASH)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
