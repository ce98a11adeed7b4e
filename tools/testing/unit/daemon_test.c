// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon's loop, with QEMUs that come and go while a function is not idle.
 */
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon.h"
#include "dummy_models.h"
#include "unit.h"

#define CONF	"{\"socket\": \"/tmp/pvpci-daemon-%d\", " \
		"\"control\": \"/tmp/pvpci-daemon-%d.control\", " \
		"\"functions\": [{\"slot\": \"03.0\", \"model\": \"testdev\"}]}"
#define PING	"{\"command\": \"ping\"}\n"

static struct daemon served;
static struct conf conf;
static pthread_t thread;
static char text[512];

static void *serve(void *unused)
{
	(void)unused;
	daemon_run(&served);
	return NULL;
}

static int start(void **state)
{
	struct error err = { 0 };

	(void)state;
	snprintf(text, sizeof(text), CONF, (int)getpid(), (int)getpid());
	conf_init(&conf);
	if (conf_parse(&conf, "unit.json", text, &err) || conf_check(&conf, &err) ||
	    daemon_open(&served, &conf, &err))
		return -1;
	return pthread_create(&thread, NULL, serve, NULL);
}

static int end(void **state)
{
	(void)state;
	pthread_kill(thread, SIGTERM);
	pthread_join(thread, NULL);
	daemon_close(&served);
	conf_free(&conf);
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 30 };	/* then it fails, and does not hang */
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* The first message of an ivshmem server: its version. */
static void greeted(int qemu)
{
	int64_t version;

	assert_int_equal(recv(qemu, &version, sizeof(version), MSG_WAITALL), sizeof(version));
	assert_int_equal(le64toh((uint64_t)version), 0);
}

/* An answer is a turn of the loop; several, and all that waits has been seen to. */
static void turns(int control)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		assert_int_equal(send(control, PING, strlen(PING), 0), strlen(PING));
		assert_true(recv(control, text, sizeof(text), 0) > 0);
	}
}

/* The next QEMU has its memory when nothing uses that of the last. */
static void test_busy_guest_leaves(void **state)
{
	struct dummy *dummy = dummy_last();
	int control = connect_to(conf.control);
	int qemu = connect_to(conf.socket);
	char byte;

	(void)state;
	greeted(qemu);
	__atomic_store_n(&dummy->busy, true, __ATOMIC_SEQ_CST);
	close(qemu);
	turns(control);
	qemu = connect_to(conf.socket);
	turns(control);
	assert_int_equal(recv(qemu, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	__atomic_store_n(&dummy->busy, false, __ATOMIC_SEQ_CST);
	greeted(qemu);
	close(qemu);
	close(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_busy_guest_leaves, start, end),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
