// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration with errors is refused with file, line and reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"
#include "base/error.h"
#include "base/jsonline.h"
#include "unit.h"
#include "base/bytes.h"

/* Parse, check and open, as the daemon does. Return whether it was refused. */
static int refused(const char *text, struct error *err)
{
	static const struct bus_watch nobody;
	struct conf conf;
	struct bus bus;
	int ret;

	conf_init(&conf);
	ret = conf_parse(&conf, "bus.json", text, err);
	if (!ret) {
		ret = conf_check(&conf, err);
		if (!ret)
			ret = bus_open(&bus, &conf, &nobody, err);
		if (ret)
			conf_locate(&conf, err);
		else
			bus_close(&bus);
	}
	conf_free(&conf);
	return ret;
}

static void expect(const char *text, const char *where, const char *reason)
{
	struct error err = { 0 };

	if (!refused(text, &err))
		fail_msg("accepted: %s", text);
	if (strncmp(err.text, where, strlen(where)) || !strstr(err.text, reason))
		fail_msg("\"%s\" is not %s ... %s", err.text, where, reason);
}

static void test_good(void **state)
{
	struct error err = { 0 };

	(void)state;
	if (refused("{\"socket\": \"s\", \"id\": 5, \"aperture\": \"64M\", \"spare32\": 0,\n"
		    "\"memory\": {\"file\": \"/x\", \"machine\": \"pc\"}, \"vectors\": 10,\n"
		    "\"functions\": [{\"slot\": \"1f.7\", \"model\": \"testdev\", \"serial\": 5,\n"
		    "\"priority\": 3, \"numa_node\": 1, \"label\": \"a b\", \"decoding\": true,\n"
		    "\"bars\": [{\"bar\": 0, \"bytes\": 4096}]}]}", &err))
		fail_msg("%s", err.text);
	if (refused("{\"socket\": \"s\"}", &err))
		fail_msg("%s", err.text);
	/* Pieces in any order; the last takes what is left of its file. */
	if (refused("{\"socket\": \"s\", \"memory\": {\"map\": [\n"
		    "{\"file\": \"a\", \"address\": \"1M\", \"bytes\": \"1M\"},\n"
		    "{\"file\": \"a\", \"address\": 0, \"bytes\": \"1M\"},\n"
		    "{\"file\": \"b\", \"address\": \"2M\", \"offset\": \"2M\"}]}}", &err))
		fail_msg("%s", err.text);
}

/* Each key goes where it belongs. */
static void test_values(void **state)
{
	struct error err = { 0 };
	struct conf conf;

	(void)state;
	conf_init(&conf);
	assert_int_equal(conf.id, 1);
	assert_int_equal(conf.vectors, 64);
	assert_int_equal(conf_parse(&conf, "bus.json", "{\"id\": 5, \"socket\": \"s\",\n"
				    "\"control\": \"c\", \"aperture\": \"64M\", \"spare32\": 1,\n"
				    "\"spare64\": \"2K\", \"vectors\": 10, \"rows\": 3,\n"
				    "\"poll_us\": 7, \"memory\": {\"map\": [\n"
				    "{\"file\": \"a\", \"address\": \"4K\", \"bytes\": \"8K\"},\n"
				    "{\"file\": \"b\", \"address\": 0, \"bytes\": 4096,\n"
				    "\"offset\": \"1M\"}]}}", &err), 0);
	assert_int_equal(conf.id, 5);
	assert_string_equal(conf.socket, "s");
	assert_string_equal(conf.control, "c");
	assert_int_equal(conf.aperture_bytes, 64 << 20);
	assert_int_equal(conf.spare32_bytes, 1);
	assert_int_equal(conf.spare64_bytes, 2048);
	assert_int_equal(conf.vectors, 10);
	assert_int_equal(conf.rows, 3);
	assert_int_equal(conf.poll_us, 7);
	assert_int_equal(conf.memory.count, 2);
	assert_int_equal(conf.memory.map[0].address, 4096);
	assert_int_equal(conf.memory.map[0].bytes, 8192);
	assert_string_equal(conf.memory.map[1].file, "b");
	assert_int_equal(conf.memory.map[1].offset, 1 << 20);
	conf_free(&conf);
}

/* The ends of each range. */
static void test_limits(void **state)
{
	struct error err = { 0 };
	static const char * const good[] = {
		"\"vectors\": 1", "\"vectors\": 2048", "\"rows\": 1", "\"rows\": 256",
		"\"poll_us\": 0", "\"poll_us\": 1000000", "\"aperture\": \"4K\"",
		"\"aperture\": \"32T\"", "\"spare32\": \"2G\"", "\"spare64\": \"32T\"",
		"\"touched_max\": \"512M\"",
	};
	static const char * const bad[] = {
		"\"vectors\": 2049", "\"rows\": 0", "\"rows\": 257", "\"poll_us\": 1000001",
		"\"touched_max\": \"511M\"",
		"\"poll_us\": -1", "\"poll_us\": 4294967296", "\"aperture\": \"2K\"",
		"\"aperture\": \"12K\"", "\"aperture\": \"64T\"", "\"spare32\": \"3G\"",
		"\"spare64\": \"33T\"",
	};
	char text[128];
	struct conf conf;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "{\"socket\": \"s\", %s}", good[i]);
		conf_init(&conf);
		if (conf_parse(&conf, "bus.json", text, &err) || conf_check(&conf, &err))
			fail_msg("%s: %s", good[i], err.text);
		conf_free(&conf);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "{\"socket\": \"s\",\n%s}", bad[i]);
		expect(text, "bus.json:2: \"", "must ");
	}
}

/* What cannot be a configuration at all. */
static void test_file(void **state)
{
	static const char nul[] = "{\"socket\": \"s\"}\0{}";
	char path[] = "/tmp/pvpci-conf-XXXXXX";
	int fd = mkstemp(path);
	struct error err;
	struct conf conf;

	(void)state;
	conf_init(&conf);
	assert_int_equal(conf_read(&conf, "/nonexistent/bus.json", &err), -1);
	assert_string_equal(err.text, "/nonexistent/bus.json: cannot be opened: No such file or directory");
	assert_int_equal(write(fd, nul, sizeof(nul) - 1), sizeof(nul) - 1);
	assert_int_equal(conf_read(&conf, path, &err), -1);
	assert_non_null(strstr(err.text, "has a NUL byte"));
	assert_int_equal(ftruncate(fd, (4 << 20) + 1), 0);
	assert_int_equal(conf_read(&conf, path, &err), -1);
	assert_non_null(strstr(err.text, "longer than 4 MiB"));
	assert_int_equal(ftruncate(fd, strlen(nul)), 0);
	assert_int_equal(conf_read(&conf, path, &err), 0);
	assert_string_equal(conf.socket, "s");
	conf_free(&conf);
	close(fd);
	unlink(path);
}

static void test_syntax(void **state)
{
	(void)state;
	expect("", "bus.json:1:", "");
	expect("{\n\"id\": 1,\n\"socket\" \"x\"}", "bus.json:3:", "expected");
	expect("{\n\"id\": 1,\n\"id\": 2}", "bus.json:3:", "duplicate");
	expect("[1]", "bus.json:1:", "object");
}

static void test_top(void **state)
{
	(void)state;
	expect("{\n\"sokcet\": 1}", "bus.json:2:", "unknown key \"sokcet\"");
	expect("{\n\n\"socket\": 1}", "bus.json:3:", "path");
	expect("{\n\"id\": 1}", "bus.json:1:", "no \"socket\"");
	expect("{\"socket\": \"s\",\n\"id\": -1}", "bus.json:2:", "number from 0");
	expect("{\"socket\": \"s\",\n\"id\": \"1\"}", "bus.json:2:", "number from 0");
	expect("{\"socket\": \"s\",\n\"vectors\": 0}", "bus.json:2:", "1 to 2048");
	expect("{\"socket\": \"s\",\n\"vectors\": 4096}", "bus.json:2:", "1 to 2048");
	expect("{\"socket\": \"s\",\n\"vectors\": 1.5}", "bus.json:2:", "number");
	expect("{\"socket\": \"s\",\n\"aperture\": \"3M\"}", "bus.json:2:", "power of two");
	expect("{\"socket\": \"s\",\n\"aperture\": \"64Q\"}", "bus.json:2:", "size");
	expect("{\"socket\": \"s\",\n\"aperture\": \"\"}", "bus.json:2:", "size");
	expect("{\"socket\": \"s\",\n\"spare32\": \"99999999999999999999\"}",
	       "bus.json:2:", "size");
	expect("{\"socket\": \"s\",\n\"control\": \"s\"}", "bus.json:2:", "same path");
	expect("{\"socket\": \"s\",\n\"functions\": {}}", "bus.json:2:", "array");
	expect("{\"socket\": \"s\\u0000x\"}", "bus.json:1:", "");
}

#define MAP(piece)	"{\"socket\": \"s\",\n\"memory\": {\"map\": [\n" piece "]}}"

static void test_memory(void **state)
{
	(void)state;
	expect("{\"socket\": \"s\",\n\"memory\": 5}", "bus.json:2:", "object");
	expect("{\"socket\": \"s\",\n\"memory\": {}}", "bus.json:2:", "needs one of");
	expect("{\"socket\": \"s\",\n\"memory\": {\"file\": \"x\"}}", "bus.json:2:", "machine");
	expect("{\"socket\": \"s\",\n\"memory\": {\"file\": \"x\",\n\"machine\": \"q36\"}}",
	       "bus.json:3:", "q35");
	expect("{\"socket\": \"s\",\n\"memory\": {\"file\": \"x\",\n\"peer\": true}}",
	       "bus.json:2:", "one of");
	expect("{\"socket\": \"s\",\n\"memory\": {\n\"peer\": 1}}", "bus.json:3:", "true or false");
	expect("{\"socket\": \"s\",\n\"memory\": {\n\"fiel\": \"x\"}}",
	       "bus.json:3:", "unknown key");
	expect("{\"socket\": \"s\",\n\"memory\": {\n\"map\": []}}", "bus.json:3:", "1 to");
	expect("{\"socket\": \"s\",\n\"memory\": {\"map\": [\n"
	       "{\"file\": \"a\", \"address\": 0, \"bytes\": \"1M\"},\n"
	       "{\"file\": \"a\", \"address\": 4096, \"bytes\": \"1M\"}]}}", "bus.json:4:",
	       "overlap");
	expect("{\"socket\": \"s\",\n\"memory\": {\"map\": [\n"
	       "{\"file\": \"a\", \"address\": 0, \"bytes\": \"1M\"},\n"
	       "{\"file\": 3, \"address\": 4096}]}}", "bus.json:4:", "path");
	expect(MAP("{\"file\": \"a\", \"address\": 0},\n{\"file\": \"b\", \"address\": 0}"),
	       "bus.json:4:", "overlap");
	expect(MAP("5"), "bus.json:3:", "a piece of the map must");
	expect(MAP("{\"file\": \"a\", \"address\": 0, \"size\": 1}"), "bus.json:3:",
	       "unknown key \"size\"");
	expect(MAP("{\"file\": \"a\"}"), "bus.json:3:", "needs \"file\" and \"address\"");
	expect(MAP("{\"file\": \"a\", \"address\": 0, \"offset\": -1}"), "bus.json:3:",
	       "\"offset\" must be a size");
	expect(MAP("{\"file\": \"a\", \"address\": 0, \"bytes\": -1}"), "bus.json:3:",
	       "\"bytes\" must be a size");
	expect(MAP("{\"file\": \"a\", \"address\": \"17179869183G\", \"bytes\": \"2G\"}"),
	       "bus.json:3:", "passes the end");
	expect(MAP("{\"file\": \"a\", \"address\": 0,\n"
		   "\"offset\": \"17179869183G\", \"bytes\": \"2G\"}"),
	       "bus.json:3:", "passes the end");
	expect("{\"socket\": \"s\", \"protocol\": \"1.0\",\n\"memory\": {\"peer\": true}}",
	       "bus.json:2:", "\"peer\" needs \"machine\"");
}

static void test_protocol(void **state)
{
	struct error err = { 0 };

	(void)state;
	if (refused("{\"socket\": \"s\",\n\"protocol\": \"1.0\"}", &err))
		fail_msg("%s", err.text);
	expect("{\"socket\": \"s\",\n\"protocol\": \"0.9\"}", "bus.json:2:", "\"1.0\" or");
	expect("{\"socket\": \"s\",\n\"protocol\": 1.1}", "bus.json:2:", "\"1.0\" or");
}

#define FUNCTIONS(text)	"{\"socket\": \"s\",\n\"functions\": [\n" text "]}"
#define BARS		"\"bars\": [{\"bar\": 0, \"bytes\": 4096}]"

static void test_functions(void **state)
{
	(void)state;
	expect(FUNCTIONS("5"), "bus.json:3:", "object");
	expect(FUNCTIONS("{}"), "bus.json:3:", "model");
	expect(FUNCTIONS("{\n\"slot\": \"20.0\"}"), "bus.json:4:", "1f.7");
	expect(FUNCTIONS("{\n\"slot\": \"1.8\"}"), "bus.json:4:", "1f.7");
	expect(FUNCTIONS("{\n\"slot\": \"1.1x\"}"), "bus.json:4:", "1f.7");
	expect(FUNCTIONS("{\n\"slot\": 3}"), "bus.json:4:", "1f.7");
	expect(FUNCTIONS("{\"slot\": \"1.1\"}"), "bus.json:3:", "model");
	expect(FUNCTIONS("{\"slot\": \"1.1\",\n\"model\": \"floppy\"}"), "bus.json:4:", "floppy");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n\"prioritty\": 1}"),
	       "bus.json:4:", "unknown key \"prioritty\"");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n\"priority\": 65536}"),
	       "bus.json:4:", "65535");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n\"label\": \"a/b\"}"),
	       "bus.json:4:", "slash");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n\"serial\": -3}"),
	       "bus.json:4:", "serial");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n\"serial\": \"a\\nb\"}"),
	       "bus.json:4:", "printable");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n"
			 "\"serial\": \"\\u00e9\"}"), "bus.json:4:", "printable");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n\"decoding\": 1}"),
	       "bus.json:4:", "true or false");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\", " BARS "},\n"
			 "{\"slot\": \"01.1\", \"model\": \"nvme\", " BARS "}"),
	       "bus.json:4:", "slot 01.1 is in use by bus 1 01.1 testdev");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\", \"serial\": 7, " BARS "},\n"
			 "{\"slot\": \"2.0\", \"model\": \"nvme\",\n\"serial\": 7, " BARS "}"),
	       "bus.json:5:", "serial");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\", \"serial\": 7, " BARS "},\n"
			 "{\"slot\": \"2.0\", \"model\": \"nvme\",\n\"serial\": \"7\", " BARS "}"),
	       "bus.json:5:", "same serial");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n"
			 "\"bars\": [{\"bar\": 0, \"bytes\": 5000}]}"),
	       "bus.json:3:", "power of two");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n"
			 "\"bars\": [{\"bar\": 5, \"bytes\": 4096, \"bits\": 64}]}"),
	       "bus.json:3:", "upper half");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\",\n"
			 "\"bars\": [{\"bar\": 0, \"bytes\": 4096, \"bits\": 64},\n"
			 "{\"bar\": 1, \"bytes\": 4096}]}"), "bus.json:3:", "in use");
	expect("{\"socket\": \"s\", \"rows\": 1,\n\"functions\": [\n"
	       "{\"slot\": \"1.1\", \"model\": \"testdev\"},\n"
	       "{\"slot\": \"1.2\", \"model\": \"testdev\"}]}", "bus.json:2:", "more than the 1 rows");
	expect("{\"socket\": \"s\", \"aperture\": \"64K\", \"functions\": [\n"
	       "{\"slot\": \"1.1\", \"model\": \"testdev\", \"decoding\": true,\n"
	       "\"bars\": [{\"bar\": 0, \"bytes\": 65536}, {\"bar\": 1, \"bytes\": 4096}]}]}",
	       "bus.json:2:", "no place in the aperture for BAR 1");
	expect(FUNCTIONS("{\"slot\": \"1.1\", \"model\": \"testdev\", \"msix\": 3}"),
	       "bus.json:3:", "no room");
	expect("{\"socket\": \"s\", \"aperture\": \"64K\", \"functions\": [\n"
	       "{\"slot\": \"1.1\", \"model\": \"testdev\", \"bars\": [{\"bar\": 0,\n"
	       "\"bytes\": 131072, \"bits\": 64}]}]}", "bus.json:2:", "whole aperture");
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 }, { "4096", 4096 }, { "4K", 4096 }, { "3M", 3 << 20 }, { "0x10K", 16384 },
		{ "2G", 2ULL << 30 }, { "1T", 1ULL << 40 }, { "16MiB", 16 << 20 },
	};
	static const char * const bad[] = {
		"", "K", "-1", "4k", "4KK", "4 K", " 4", "18446744073709551616", "16777216T", "1e3",
	};
	uint64_t bytes;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(bytes_parse(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(bytes_parse(bad[i], &bytes), -1);
}

static void test_lines(void **state)
{
	static const char text[] =
		"{ \"a\": [1, 2,\n"
		"  {\"b\\\"c\": \"x,]}\",\n"
		"   \"d\": {\"e\": [[],\n"
		"     {}, \"f\"]}}],\n"
		"  \"g\": null,\n"
		"  \"h\":\n"
		"    7 }";

	(void)state;
	assert_int_equal(jsonline_find(text, ""), 1);
	assert_int_equal(jsonline_find(text, "a"), 1);
	assert_int_equal(jsonline_find(text, "a/2"), 2);
	assert_int_equal(jsonline_find(text, "a/2/d"), 3);
	assert_int_equal(jsonline_find(text, "a/2/d/e/1"), 4);
	assert_int_equal(jsonline_find(text, "a/2/nothing"), 2);
	assert_int_equal(jsonline_find(text, "a/9"), 1);
	assert_int_equal(jsonline_find(text, "g"), 5);
	assert_int_equal(jsonline_find(text, "g/x"), 5);
	assert_int_equal(jsonline_find(text, "h"), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_values),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_file),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_top), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_functions), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_protocol),
	};

	log_setup(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
