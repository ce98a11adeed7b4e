// SPDX-License-Identifier: GPL-2.0
/*
 * The command line over a configuration: what it overrides, and whose error it is.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "options.h"
#include "unit.h"

#define FILE_TEXT	"{\n\"socket\": \"s\", \"control\": \"c\", \"vectors\": 8, \"id\": 3,\n" \
			"\"aperture\": \"1M\",\n\"memory\": {\"file\": \"/ram\", \"machine\": \"pc\"}}"

static struct conf conf;

/* Read as main() does: 0, or -1 with the sentence that the user sees. */
static int apply(const char *text, char *option, char *value, struct error *err)
{
	char *argv[6] = { "pvpcid", "--config", "bus.json", option, value, NULL };
	struct options options;

	options_parse(&options, option ? (value ? 5 : 4) : 3, argv);
	conf_free(&conf);
	conf_init(&conf);
	err->text[0] = '\0';
	if (conf_parse(&conf, options.config, text, err) || options_apply(&options, &conf, err))
		return -1;
	if (!conf_check(&conf, err))
		return 0;
	options_locate(&options, &conf, err);
	return -1;
}

static void test_override(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(apply(FILE_TEXT, NULL, NULL, &err), 0);
	assert_int_equal(conf.vectors, 8);
	assert_int_equal(apply(FILE_TEXT, "--vectors", "9", &err), 0);
	assert_int_equal(conf.vectors, 9);
	assert_int_equal(conf.id, 3);
	assert_int_equal(apply(FILE_TEXT, "--id", "0", &err), 0);
	assert_int_equal(conf.id, 0);
	assert_int_equal(apply(FILE_TEXT, "--aperture", "2M", &err), 0);
	assert_int_equal(conf.aperture_bytes, 2 << 20);
	assert_int_equal(apply(FILE_TEXT, "--socket", "x", &err), 0);
	assert_string_equal(conf.socket, "x");
	assert_string_equal(conf.control, "c");
	assert_int_equal(apply(FILE_TEXT, "--machine", "q35", &err), 0);
	assert_int_equal(conf.memory.machine, DMA_MACHINE_Q35);
	assert_string_equal(conf.memory.file, "/ram");
	/* A file on the command line is all of guest RAM. */
	assert_int_equal(apply("{\"socket\": \"s\",\n"
			       "\"memory\": {\"peer\": true, \"machine\": \"virt\"}}",
			       "--memory", "/other", &err), 0);
	assert_string_equal(conf.memory.file, "/other");
	assert_false(conf.memory.peer);
	assert_int_equal(conf.memory.machine, DMA_MACHINE_VIRT);
}

static void expect(const char *text, char *option, char *value, const char *start)
{
	struct error err;

	assert_int_equal(apply(text, option, value, &err), -1);
	if (strncmp(err.text, start, strlen(start)))
		fail_msg("\"%s\" does not start with %s", err.text, start);
}

/* An error names the option where the value came from one, else file and line. */
static void test_errors(void **state)
{
	(void)state;
	expect("{\"socket\": \"s\"}", "--memory", "/ram", "--memory: \"file\" needs \"machine\"");
	expect("{\"socket\": \"s\",\n\"memory\": {\"file\": \"/ram\"}}", NULL, NULL,
	       "bus.json:2: \"file\" needs \"machine\"");
	expect(FILE_TEXT, "--vectors", "4096", "--vectors: \"vectors\" must be");
	expect("{\"socket\": \"s\",\n\"vectors\": 0}", "--control", "c",
	       "bus.json:2: \"vectors\" must be");
	expect(FILE_TEXT, "--aperture", "3M", "--aperture: \"aperture\" must be");
	expect(FILE_TEXT, "--aperture", "3X", "--aperture must be a size, not \"3X\"");
	expect(FILE_TEXT, "--control", "s", "--control: ");
	expect("{\"socket\": \"s\",\n\"poll_us\": 2000000}", "--vectors", "9", "bus.json:2: ");
	expect("{}", "--control", "c", "bus.json:1: no \"socket\"");
}

/* Exit status of a process that parses @option and @value. */
static int usage(char *option, char *value)
{
	char *argv[5] = { "pvpcid", "--config", "bus.json", option, value };
	struct options options;
	int status;
	pid_t child = fork();

	if (!child) {
		close(STDERR_FILENO);
		options_parse(&options, value ? 5 : 4, argv);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_usage(void **state)
{
	char *many[6] = { "pvpcid", "--socket", "s", "--vectors", "4294967298", NULL };
	char *open[5] = { "pvpcid", "--socket", "s", "--no-sandbox", NULL };
	struct options options;

	(void)state;
	assert_int_equal(usage("--machine", "q35"), 0);
	assert_int_equal(usage("--machine", "microvm"), 2);
	assert_int_equal(usage("--vectors", "0"), 2);
	assert_int_equal(usage("--vectors", "-1"), 2);
	assert_int_equal(usage("--vectors", "5x"), 2);
	assert_int_equal(usage("--vectors", ""), 2);
	assert_int_equal(usage("--id", "18446744073709551616"), 2);
	assert_int_equal(usage("--protocol", "2.0"), 2);
	assert_int_equal(usage("surplus", NULL), 2);
	assert_int_equal(usage("--no-sandbox", NULL), 0);
	/* More than fits is too much, not what is left of it. */
	options_parse(&options, 5, many);
	assert_true(options.vectors > 2048);
	options_parse(&options, 4, open);
	assert_false(options.sandbox);
}

static int end(void **state)
{
	(void)state;
	conf_free(&conf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_override), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, end);
}
