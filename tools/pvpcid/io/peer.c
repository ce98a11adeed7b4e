// SPDX-License-Identifier: GPL-2.0
/*
 * The process at the other end of the ivshmem socket.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/memory.h"
#include "io/peer.h"

pid_t peer_of_socket(int fd)
{
	struct ucred cred;
	socklen_t length = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length))
		return 0;
	return cred.pid;
}

/* Is @path a file that could be RAM? Its size, or 0. */
static off_t ram_bytes(const char *path)
{
	char target[256];
	struct stat st;
	ssize_t length;

	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	if (strstr(target, MEMORY_NAME) || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	/* Disks are open too: RAM is a memfd, or a file in a memory file system. */
	if (strncmp(target, "/memfd:", 7) && strncmp(target, "/dev/shm/", 9) &&
	    strncmp(target, "/dev/hugepages/", 15))
		return 0;
	return st.st_size;
}

int peer_find_ram(pid_t peer, char *path, size_t bytes, struct error *err)
{
	char name[320];
	struct dirent *entry;
	off_t largest = 0;
	off_t size;
	DIR *dir;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)peer);
	dir = peer > 0 ? opendir(name) : NULL;
	if (!dir) {
		error_set(err, "cannot look at the files of process %d: %s", (int)peer,
			  peer > 0 ? strerror(errno) : "no process");
		return -1;
	}
	while ((entry = readdir(dir))) {
		snprintf(name, sizeof(name), "/proc/%d/fd/%s", (int)peer, entry->d_name);
		size = ram_bytes(name);
		if (size > largest && strlen(name) < bytes) {
			largest = size;
			memcpy(path, name, strlen(name) + 1);
		}
	}
	closedir(dir);
	if (largest)
		return 0;
	error_set(err, "process %d has no shared memory open that could be guest RAM", (int)peer);
	return -1;
}
