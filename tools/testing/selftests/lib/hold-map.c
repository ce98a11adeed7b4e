// SPDX-License-Identifier: GPL-2.0
/*
 * hold-map FILE: map a file's first page without keeping it open, say "mapped", and wait.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_SYNC) : -1;

	if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED) {
		perror("hold-map");
		return 1;
	}
	close(fd);
	puts("mapped");
	fflush(stdout);
	pause();
	return 0;
}
