// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file: any bytes are refused with a reason that names a
 * line of the file, or give a bus.
 */
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "base/error.h"
#include "fuzz.h"

/* Everything but starting: a bus of 2^50 bytes would only test the host's memory. */
static void try_conf(const char *text)
{
	static const struct bus_watch nobody;
	struct error err = { 0 };
	struct conf conf;
	struct bus bus;

	conf_init(&conf);
	if (!conf_parse(&conf, "fuzz", text, &err)) {
		if (conf_check(&conf, &err)) {
			conf_locate(&conf, &err);
		} else if (conf.vectors <= 64 && conf.aperture_bytes < 1ULL << 32 &&
			   conf.spare32_bytes + conf.spare64_bytes < 1ULL << 32) {
			if (!bus_open(&bus, &conf, &nobody, &err))
				bus_close(&bus);
			else
				conf_locate(&conf, &err);
		}
	}
	if (err.text[0] && strncmp(err.text, "fuzz:", 5) && strncmp(err.text, "cannot", 6) &&
	    conf.path)
		__builtin_trap();
	conf_free(&conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = malloc(bytes + 1);

	log_setup(LOG_LEVEL_ERROR - 1);
	memcpy(text, data, bytes);
	text[bytes] = '\0';
	try_conf(text);
	free(text);
	return 0;
}
