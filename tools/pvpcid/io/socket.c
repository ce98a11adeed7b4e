// SPDX-License-Identifier: GPL-2.0
/*
 * Listening UNIX sockets.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "io/socket.h"

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

int socket_listen(const char *path, mode_t mode, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t old;
	int fd, ret;

	if (strlen(path) >= sizeof(address.sun_path)) {
		error_set(err, "the path %s is too long for a socket", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (remove_stale(path, &address, err))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto failed;
	old = umask(0777 & ~mode);
	ret = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(old);
	if (!ret && !listen(fd, 8))
		return fd;
failed:
	error_set(err, "cannot listen on %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
