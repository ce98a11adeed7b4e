// SPDX-License-Identifier: GPL-2.0
/*
 * The ivshmem server, for one QEMU at a time.
 *
 * Protocol: docs/specs/ivshmem-spec.rst of QEMU. Each message is a 64-bit
 * little-endian number, some with a file descriptor: protocol version, the
 * client's id, -1 with the shared memory, then (peer id, eventfd) for each
 * vector of each peer, the client's own included.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "bus/bus.h"
#include "bus/guest.h"
#include "io/loop.h"
#include "io/peer.h"
#include "io/socket.h"

#define IVSHMEM_VERSION		0
#define IVSHMEM_REFUSED		0x62757379	/* a version that no client accepts: "busy" */
#define GREETING_FIRST_VECTOR	4	/* messages before the guest's own vectors */

static void guest_drop(struct guest *guest)
{
	loop_remove(guest->loop, guest->bus->vectors.doorbell);
	loop_remove(guest->loop, guest->client);
	close(guest->client);
	guest->client = -1;
	keep_drop(GUEST_KEEP_NAME);
	guest->gone(guest->context);
}

/* Return 0, or -1 with errno. */
static int send_message(int fd, int64_t value, int attached)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	int64_t wire = (int64_t)htole64((uint64_t)value);
	struct iovec iov = { .iov_base = &wire, .iov_len = sizeof(wire) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (attached >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &attached, sizeof(int));
	}
	sent = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent == sizeof(wire))
		return 0;
	if (sent >= 0)
		errno = EPIPE;	/* half a message: the stream is lost */
	return -1;
}

static int send_greeting(const struct guest *guest, unsigned int index)
{
	const struct bus *bus = guest->bus;

	switch (index) {
	case 0:
		return send_message(guest->client, IVSHMEM_VERSION, -1);
	case 1:
		return send_message(guest->client, BUS_GUEST_ID, -1);
	case 2:
		return send_message(guest->client, -1, bus->memory.fd);
	case 3:
		return send_message(guest->client, BUS_PEER_ID, bus->vectors.doorbell);
	default:
		return send_message(guest->client, BUS_GUEST_ID,
				    bus->vectors.fd[index - GREETING_FIRST_VECTOR]);
	}
}

static void guest_send(struct guest *guest)
{
	unsigned int total = GREETING_FIRST_VECTOR + guest->bus->vectors.count;

	while (*guest->sent < total) {
		if (!send_greeting(guest, *guest->sent)) {
			(*guest->sent)++;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* QEMU reads slowly; ETOOMANYREFS: so many descriptors are in flight. */
		if (errno == EAGAIN || errno == ETOOMANYREFS) {
			loop_change(guest->loop, guest->client, EPOLLIN | EPOLLOUT);
			return;
		}
		log_warning("bus %llu: the greeting to QEMU failed: %s",
			    (unsigned long long)guest->bus->conf->id, strerror(errno));
		guest_drop(guest);
		return;
	}
	loop_change(guest->loop, guest->client, EPOLLIN);
	log_info("bus %llu: QEMU (process %d) has its shared memory and %u vectors",
		 (unsigned long long)guest->bus->conf->id, (int)guest->bus->peer,
		 guest->bus->vectors.count);
}

static void client_ready(void *context, int fd, uint32_t events)
{
	struct guest *guest = context;
	char byte;
	ssize_t got;

	if (events & EPOLLOUT)
		guest_send(guest);
	if (guest->client < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	got = recv(fd, &byte, 1, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		log_warning("bus %llu: QEMU says something, which an ivshmem client never does",
			    (unsigned long long)guest->bus->conf->id);
	else
		log_info("bus %llu: QEMU has gone",
			 (unsigned long long)guest->bus->conf->id);
	guest_drop(guest);
}

static void doorbell_ready(void *context, int fd, uint32_t events)
{
	struct guest *guest = context;
	uint64_t count;

	(void)events;
	if (read(fd, &count, sizeof(count)) == sizeof(count))
		guest->doorbell(guest->context);
}

/* Takes the descriptor. Return 0 or -1. */
static int listen_to(struct guest *guest, int client)
{
	if (loop_add(guest->loop, client, EPOLLIN, client_ready, guest)) {
		close(client);
		return -1;
	}
	if (loop_add(guest->loop, guest->bus->vectors.doorbell, EPOLLIN, doorbell_ready, guest)) {
		loop_remove(guest->loop, client);
		close(client);
		return -1;
	}
	guest->client = client;
	return 0;
}

/* A pvpcid before us had a guest: it is ours now, or gone. */
static void guest_resume(struct guest *guest)
{
	struct bus *bus = guest->bus;
	int client = bus->client;

	bus->client = -1;
	if (!bus->connected)
		return;
	if (listen_to(guest, client))
		guest->gone(guest->context);
	else
		guest_send(guest);
}

static void listener_ready(void *context, int fd, uint32_t events)
{
	struct guest *guest = context;
	struct bus *bus = guest->bus;
	int client;

	(void)events;
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		return;
	if (guest->client >= 0) {
		log_warning("bus %llu: a second client (process %d) is refused, there is a guest",
			    (unsigned long long)bus->conf->id, (int)peer_of_socket(client));
		/* QEMU 7.2 reads the end of the stream for ever, but minds the version. */
		send_message(client, IVSHMEM_REFUSED, -1);
		close(client);
		return;
	}
	if (listen_to(guest, client))
		return;
	*guest->sent = 0;
	keep_put(GUEST_KEEP_NAME, client);
	bus_connect(bus, peer_of_socket(client));
	guest_send(guest);
}

int guest_open(struct guest *guest, const char *path, const char *group, struct error *err)
{
	guest->client = -1;
	guest->path = path;
	guest->listener = socket_listen(path, group, err);
	if (guest->listener < 0)
		return -1;
	if (!loop_add(guest->loop, guest->listener, EPOLLIN, listener_ready, guest)) {
		guest_resume(guest);
		return 0;
	}
	error_set(err, "cannot wait for QEMU: %s", strerror(errno));
	guest_close(guest);
	return -1;
}

void guest_admit(struct guest *guest, bool admit)
{
	loop_change(guest->loop, guest->listener, admit ? EPOLLIN : 0);
}

void guest_close(struct guest *guest)
{
	if (guest->client >= 0) {
		loop_remove(guest->loop, guest->client);
		loop_remove(guest->loop, guest->bus->vectors.doorbell);
		close(guest->client);
	}
	if (guest->listener >= 0) {
		loop_remove(guest->loop, guest->listener);
		socket_unlisten(guest->listener, guest->path);
	}
	guest->client = -1;
	guest->listener = -1;
}
