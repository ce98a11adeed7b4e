// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the device models, over a bus made of memory (fakebus.h).
 *
 * Everything runs twice: with io_uring, and with threads in its place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "nvme_tests.h"

static const char *only;
static int failed;

static void run(const char *engine, const char *name, const struct CMUnitTest *tests,
		size_t count)
{
	char group[64];

	if (only && strcmp(only, name))
		return;
	snprintf(group, sizeof(group), "%s (%s)", name, engine);
	failed += _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}

#define RUN(name)	run(engine, #name, name##_tests, name##_count)

static void run_all(const char *engine)
{
	setenv("PVPCI_BLOCKIO", engine, 1);
	RUN(nvme_enable);
	RUN(nvme_queues);
	RUN(nvme_interrupts);
	RUN(nvme_admin);
	RUN(nvme_features);
	RUN(nvme_fields);
	RUN(nvme_prps);
	RUN(nvme_rw);
	RUN(nvme_life);
	RUN(model_blockio);
	RUN(model_hung);
}

/* One group, or all. */
int main(int argc, char **argv)
{
	only = argc > 1 ? argv[1] : NULL;
	/* What is provoked here is not worth a line. */
	log_setup(0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	run_all("uring");
	run_all("threads");
	run("threads", "nvme_faults", nvme_faults_tests, nvme_faults_count);
	run("threads", "nvme_quiesce", nvme_quiesce_tests, nvme_quiesce_count);
	run("threads", "nvme_data", nvme_data_tests, nvme_data_count);
	run("threads", "nvme_space", nvme_space_tests, nvme_space_count);
	run("threads", "nvme_share", nvme_share_tests, nvme_share_count);
	run("threads", "nvme_live", nvme_live_tests, nvme_live_count);
	run("threads", "nvme_death", nvme_death_tests, nvme_death_count);
	run("no engine", "model_testdev", model_testdev_tests, model_testdev_count);
	return failed ? 1 : 0;
}
