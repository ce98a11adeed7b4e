// SPDX-License-Identifier: GPL-2.0
/*
 * The process at the other end of the ivshmem socket.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/memory.h"
#include "io/peer.h"

#define MAPPED_MAX	1024	/* a QEMU has a few of them */

pid_t peer_of_socket(int fd)
{
	struct ucred cred;
	socklen_t length = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length))
		return 0;
	return cred.pid;
}

/*
 * Inodes that @peer maps shared and writable. A disk is not mapped, and RAM may lie in any file:
 * a memfd, /dev/shm, huge pages, or a directory of libvirt's. Devices are not compared, as
 * some file systems (btrfs) tell another one here than to stat(): the guest's own probe proves
 * what was found.
 */
struct mapped {
	unsigned long inode[MAPPED_MAX];
	unsigned int count;
};

static int find_mapped(struct mapped *mapped, pid_t peer)
{
	unsigned long inode;
	char line[512];
	char perms[5];
	FILE *maps;

	snprintf(line, sizeof(line), "/proc/%d/maps", (int)peer);
	maps = fopen(line, "re");
	if (!maps)
		return -1;
	mapped->count = 0;
	while (mapped->count < MAPPED_MAX && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%*x-%*x %4s %*x %*x:%*x %lu", perms, &inode) == 2 && inode &&
		    perms[1] == 'w' && perms[3] == 's')
			mapped->inode[mapped->count++] = inode;
	}
	fclose(maps);
	return 0;
}

/* Is @path a file that could be RAM? Its size, or 0. */
static off_t ram_bytes(const char *path, const struct mapped *mapped)
{
	char target[256];
	struct stat st;
	ssize_t length;
	unsigned int i;

	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	if (strstr(target, MEMORY_NAME) || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	for (i = 0; i < mapped->count; i++) {
		if (mapped->inode[i] == st.st_ino)
			return st.st_size;
	}
	return 0;
}

/* What the kernel asks of who looks at a process (ptrace_may_access()): its user and its group. */
static void set_hidden(struct error *err, pid_t peer)
{
	int reason = errno;
	struct stat st;
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d", (int)peer);
	if (!stat(name, &st))
		error_set(err, "cannot look at the files of process %d: %s; pvpcid needs its user and its group, %u:%u, and has %u:%u",
			  (int)peer, strerror(reason), st.st_uid, st.st_gid, geteuid(), getegid());
	else
		error_set(err, "cannot look at the files of process %d: %s", (int)peer,
			  strerror(reason));
}

/* The descriptors of @peer, and what it maps; NULL with @err filled. */
static DIR *open_files(pid_t peer, struct mapped *mapped, struct error *err)
{
	char name[32];
	DIR *dir;

	if (peer <= 0) {
		error_set(err, "cannot look at the files of QEMU: its process is not known");
		return NULL;
	}
	snprintf(name, sizeof(name), "/proc/%d/fd", (int)peer);
	dir = find_mapped(mapped, peer) ? NULL : opendir(name);
	if (!dir)
		set_hidden(err, peer);
	return dir;
}

int peer_each_ram(pid_t peer, int (*call)(void *context, int fd, uint64_t bytes), void *context,
		  struct error *err)
{
	struct mapped mapped;
	struct dirent *entry;
	char name[320];
	off_t size;
	bool shut = false;
	int ret = 0;
	DIR *dir;
	int fd;

	dir = open_files(peer, &mapped, err);
	if (!dir)
		return -1;
	while (!ret && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "/proc/%d/fd/%s", (int)peer, entry->d_name);
		size = ram_bytes(name, &mapped);
		if (!size)
			continue;
		fd = open(name, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			shut = true;
			error_set(err, "cannot open guest memory %s: %s", name, strerror(errno));
			continue;
		}
		ret = call(context, fd, (uint64_t)size);
		close(fd);
	}
	closedir(dir);
	return ret || !shut ? ret : -1;
}

int peer_find_ram(pid_t peer, char *path, size_t bytes, struct error *err)
{
	struct mapped mapped;
	struct dirent *entry;
	off_t largest = 0;
	char name[320];
	off_t size;
	DIR *dir;

	dir = open_files(peer, &mapped, err);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		snprintf(name, sizeof(name), "/proc/%d/fd/%s", (int)peer, entry->d_name);
		size = ram_bytes(name, &mapped);
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
