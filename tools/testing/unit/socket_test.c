// SPDX-License-Identifier: GPL-2.0
/*
 * Listening sockets: who may connect, where they lie, what stood there before.
 */
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/socket.h"
#include "unit.h"

static char directory[64], path[96];

static int start(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/pvpci-socket-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/bus0.sock", directory);
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	rmdir(directory);
	return 0;
}

/* /run is empty after each boot: the last directory of the path is made. */
static void test_directory(void **state)
{
	struct error err = { 0 };
	struct stat st;
	int fd;

	(void)state;
	fd = socket_listen(path, NULL, &err);
	assert_true(fd >= 0);
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* One that is served is not taken away; one that is left over is. */
	assert_int_equal(socket_listen(path, NULL, &err), -1);
	assert_non_null(strstr(err.text, "another process listens"));
	close(fd);
	fd = socket_listen(path, NULL, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(socket_listen("/nonexistent/a/b", NULL, &err), -1);
	assert_non_null(strstr(err.text, "cannot listen on /nonexistent/a/b"));
}

/* QEMU need not be the daemon's user: libvirt's is not. */
static void test_group(void **state)
{
	const struct group *group = getgrgid(getgid());
	struct error err = { 0 };
	struct stat st;
	char name[64];
	int fd;

	(void)state;
	assert_non_null(group);
	snprintf(name, sizeof(name), "%s", group->gr_name);
	fd = socket_listen(path, name, &err);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(st.st_gid, getgid());
	close(fd);
	assert_int_equal(socket_listen(path, "no-such-group", &err), -1);
	assert_non_null(strstr(err.text, "there is no group \"no-such-group\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_directory), TEST(test_group) };

	return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
