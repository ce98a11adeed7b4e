// SPDX-License-Identifier: GPL-2.0
/*
 * An ivshmem client: docs/specs/ivshmem-spec.rst of QEMU. Each message is a 64-bit
 * little-endian number, some with a file descriptor.
 */
#include <endian.h>
#include <err.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/pvpci.h>

#include "client.h"
#include "shm.h"

#define ANSWER_S	10

/* The next number, and its descriptor or -1. */
static int64_t take(const struct client *client, int *attached)
{
	char control[CMSG_SPACE(sizeof(int))];
	uint64_t wire;
	struct iovec iov = { .iov_base = &wire, .iov_len = sizeof(wire) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(client->socket, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof(wire))
		errx(1, "the server has closed the connection, or says nothing for %d s", ANSWER_S);
	*attached = -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(attached, CMSG_DATA(cmsg), sizeof(int));
	return (int64_t)le64toh(wire);
}

static int take_fd(const struct client *client, const char *what)
{
	int fd;

	take(client, &fd);
	if (fd < 0)
		errx(1, "the server has sent no %s", what);
	return fd;
}

static void map_memory(struct client *client, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		err(1, "shared memory");
	client->bytes = (uint64_t)st.st_size;
	client->memory = mmap(NULL, client->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (client->memory == MAP_FAILED)
		err(1, "shared memory");
	close(fd);
}

void client_open(struct client *client, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ANSWER_S };
	const struct pvpci_header *header;
	unsigned int wanted;
	int none;

	if (strlen(path) >= sizeof(address.sun_path))
		errx(2, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	client->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->socket < 0 ||
	    setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    connect(client->socket, (struct sockaddr *)&address, sizeof(address)))
		err(1, "%s", path);
	if (take(client, &none))
		errx(1, "%s: the server speaks another protocol, or is busy", path);
	take(client, &none);
	map_memory(client, take_fd(client, "shared memory"));
	client->doorbell = take_fd(client, "doorbell");
	header = (const struct pvpci_header *)client->memory;
	if (shm_load64(&header->magic) != PVPCI_MAGIC)
		errx(1, "%s: this is no pvpci bus", path);
	wanted = shm_load32(&header->nr_vectors);
	if (wanted > CLIENT_VECTORS)
		errx(1, "%s: the bus has more than %u vectors", path, CLIENT_VECTORS);
	while (client->nr_vectors < wanted)
		client->vector[client->nr_vectors++] = take_fd(client, "vector");
}

void client_ring(const struct client *client)
{
	uint64_t one = 1;

	if (write(client->doorbell, &one, sizeof(one)) != sizeof(one))
		err(1, "doorbell");
}
