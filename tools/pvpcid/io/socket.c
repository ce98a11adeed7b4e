// SPDX-License-Identifier: GPL-2.0
/*
 * Listening UNIX sockets.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "io/keep.h"
#include "io/socket.h"

/* Descriptors that a service manager has opened for us. */
static struct {
	int fd[SOCKET_PASSED];
	unsigned int count;
} passed;

static bool is_passed(int fd)
{
	unsigned int i;

	for (i = 0; i < passed.count; i++)
		if (passed.fd[i] == fd)
			return true;
	return false;
}

/* Does it listen at @path? Then it is as ours are. */
static bool listens_at(int fd, const char *path)
{
	struct sockaddr_un address = { 0 };
	socklen_t bytes = sizeof(address), has_bytes = sizeof(int);
	int listens;

	return !getsockname(fd, (struct sockaddr *)&address, &bytes) &&
	       address.sun_family == AF_UNIX && !strcmp(address.sun_path, path) &&
	       !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &has_bytes) && listens &&
	       !fcntl(fd, F_SETFD, FD_CLOEXEC) && !fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* One that listens at @path, or -1. Its owner and mode are the service manager's matter. */
static int find_passed(const char *path)
{
	unsigned int i;

	for (i = 0; i < passed.count; i++)
		if (listens_at(passed.fd[i], path))
			return passed.fd[i];
	return -1;
}

static void keep_name(const char *path, char *name, size_t bytes)
{
	snprintf(name, bytes, KEEP_PREFIX "socket-%016llx",
		 (unsigned long long)text_hash(path, 0));
}

/* One that a pvpcid before us has left, or -1. */
static int find_kept(const char *path)
{
	char name[64];
	int fd;

	keep_name(path, name, sizeof(name));
	fd = keep_find(name);
	if (fd < 0 || listens_at(fd, path))
		return fd;
	close(fd);
	return -1;
}

/* A socket file that nobody listens on is left from a daemon that was killed. */
static int remove_stale(const char *path, const struct sockaddr_un *address, struct error *err)
{
	struct stat st;
	int fd, ret;

	if (lstat(path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		error_set(err, "%s exists and is not a socket", path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	ret = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	close(fd);
	if (!ret || errno == EAGAIN) {
		error_set(err, "another process listens on %s", path);
		return -1;
	}
	unlink(path);
	return 0;
}

/* /run is empty after each boot. What goes wrong here shows when it is bound. */
static void make_directory(const char *path)
{
	const char *end = strrchr(path, '/');
	char *directory = end && end > path ? strndup(path, (size_t)(end - path)) : NULL;

	if (directory)
		mkdir(directory, 0755);
	free(directory);
}

static int find_group(const char *name, gid_t *gid, struct error *err)
{
	const struct group *group = getgrnam(name);

	if (!group) {
		error_set(err, "there is no group \"%s\"", name);
		return -1;
	}
	*gid = group->gr_gid;
	return 0;
}

/* Nobody else's from the start, then the group's, too. */
static int bind_socket(int fd, const struct sockaddr_un *address, const char *group, gid_t gid)
{
	mode_t old = umask(0177);
	int ret = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(old);
	if (!ret && group)
		ret = chown(address->sun_path, (uid_t)-1, gid) || chmod(address->sun_path, 0660) ?
		      -1 : 0;
	return ret ? ret : listen(fd, 8);
}

int socket_listen(const char *path, const char *group, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64];
	gid_t gid = 0;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		error_set(err, "the path %s is too long for a socket", path);
		return -1;
	}
	fd = find_passed(path);
	if (fd < 0)
		fd = find_kept(path);
	if (fd >= 0)
		return fd;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if ((group && find_group(group, &gid, err)) || remove_stale(path, &address, err))
		return -1;
	make_directory(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !bind_socket(fd, &address, group, gid)) {
		keep_name(path, name, sizeof(name));
		keep_put(name, fd);
		return fd;
	}
	error_set(err, "cannot listen on %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void socket_unlisten(int fd, const char *path)
{
	close(fd);
	if (!is_passed(fd))
		unlink(path);
}

void socket_pass(int fd)
{
	if (passed.count < SOCKET_PASSED)
		passed.fd[passed.count++] = fd;
}
