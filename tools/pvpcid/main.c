// SPDX-License-Identifier: GPL-2.0
/*
 * pvpcid: serves a paravirtual PCI bus to one guest.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "conf/conf.h"
#include "daemon.h"
#include "io/blockio.h"
#include "io/keep.h"
#include "notify.h"
#include "options.h"
#include "sandbox.h"

#define SPARE_FILES	32	/* that functions added later have, without threads */

#define EXIT_OK		0
#define EXIT_FAILED	1
#define EXIT_CONFIG	2
#define EXIT_REPLACED	3	/* as if killed: the keeper starts another */

static struct daemon the_daemon;

static int read_conf(struct conf *conf, const struct options *options, struct error *err)
{
	conf_init(conf);
	if (options->config && conf_read(conf, options->config, err))
		return -1;
	if (options_apply(options, conf, err))
		return -1;
	if (!conf_check(conf, err))
		return 0;
	options_locate(options, conf, err);
	return -1;
}

/* What cannot be made is an error of the configuration when it names a place in it. */
static int report_open(const struct conf *conf, const struct options *options, struct error *err)
{
	int status = err->where[0] ? EXIT_CONFIG : EXIT_FAILED;

	if (err->where[0])
		options_locate(options, conf, err);
	log_error("%s", err->text);
	return status;
}

static int check(const struct conf *conf, const struct options *options)
{
	static const struct bus_watch nobody;
	struct error err = { 0 };

	if (bus_open(&the_daemon.bus, conf, &nobody, &err))
		return report_open(conf, options, &err);
	bus_close(&the_daemon.bus);
	if (dma_check(&conf->memory, &err)) {
		error_below(&err, "memory");
		return report_open(conf, options, &err);
	}
	return EXIT_OK;
}

static int serve(const struct conf *conf, const struct options *options)
{
	struct error err = { 0 };
	int end, status = EXIT_FAILED;

	keep_open();
	if (options->sandbox && sandbox_drop(&err)) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	if (daemon_open(&the_daemon, conf, &err))
		return report_open(conf, options, &err);
	if (options->sandbox)
		blockio_prepare(SPARE_FILES);
	if (options->sandbox && sandbox_enter(&err)) {
		log_error("%s", err.text);
	} else {
		log_info("bus %llu: %u functions, %llu MiB of BAR2, waiting for QEMU on %s",
			 (unsigned long long)conf->id, the_daemon.bus.nr_functions,
			 (unsigned long long)the_daemon.bus.layout.bar2_bytes >> 20, conf->socket);
		notify_ready("waiting for a guest");
		end = daemon_run(&the_daemon);
		if (end == DAEMON_REPLACED)
			_exit(EXIT_REPLACED);
		status = end == DAEMON_FAILED ? EXIT_FAILED : EXIT_OK;
	}
	daemon_close(&the_daemon);
	keep_drop_all(NULL);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = { 0 };
	struct conf conf;
	int status;

	options_parse(&options, argc, argv);
	log_setup(options.level);
	if (read_conf(&conf, &options, &err)) {
		log_error("%s", err.text);
		status = EXIT_CONFIG;
	} else {
		sandbox_prepare();
		status = options.check ? check(&conf, &options) : serve(&conf, &options);
	}
	conf_free(&conf);
	return status;
}
