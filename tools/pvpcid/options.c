// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of pvpcid.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/version.h"
#include "bus/saved.h"
#include "host.h"
#include "options.h"

#define EXIT_USAGE	2

/* LeakSanitizer traces the process when it ends, which the sandbox forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_DEFAULT	false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_DEFAULT	false
#endif
#endif
#ifndef SANDBOX_DEFAULT
#define SANDBOX_DEFAULT	true
#endif

const char *argp_program_version = "pvpcid " PVPCI_RELEASE;

static const char doc[] =
"Serve a paravirtual PCI bus to one QEMU guest.\n"
"\vQEMU connects with -chardev socket,id=bus0,path=SOCKET\n"
"-device ivshmem-doorbell,chardev=bus0,vectors=N and shares its memory through\n"
"a memory-backend with share=on. Exit status: 0 after a clean stop, 1 when something\n"
"failed, 2 when the command line or the configuration is wrong.";

enum {
	KEY_CHECK = 0x100,
	KEY_NO_SANDBOX,
	KEY_MACHINE,
	KEY_APERTURE,
	KEY_PROTOCOL,
	KEY_STATE_VERSION
};

static const struct argp_option option_table[] = {
	{ "config", 'c', "FILE", 0, "bus configuration, JSON", 0 },
	{ "check", KEY_CHECK, NULL, 0, "check the configuration and end", 0 },
	{ "socket", 's', "PATH", 0, "UNIX socket that QEMU connects to", 1 },
	{ "control", 'C', "PATH", 0, "UNIX socket for pvpcictl", 1 },
	{ "memory", 'm', "FILE", 0, "file that backs the guest's RAM", 1 },
	{ "machine", KEY_MACHINE, "TYPE", 0, "q35, pc or virt: where that RAM appears", 1 },
	{ "vectors", 'n', "N", 0, "transport vectors, as in -device ivshmem-doorbell", 1 },
	{ "id", 'i', "N", 0, "bus id", 1 },
	{ "aperture", KEY_APERTURE, "BYTES", 0, "size of the aperture (K, M, G, T)", 1 },
	{ "protocol", KEY_PROTOCOL, "VERSION", 0, "serve this version only: 1.0 or 1.1", 1 },
	{ "verbose", 'v', NULL, 0, "log more", 2 },
	{ "quiet", 'q', NULL, 0, "log errors and warnings only", 2 },
	{ "state-version", KEY_STATE_VERSION, NULL, 0,
	  "print which state of a killed pvpcid this one can read, and end", 2 },
	{ "no-sandbox", KEY_NO_SANDBOX, NULL, 0, "do not restrict system calls", 2 },
	{ 0 }
};

static unsigned long long parse_number(struct argp_state *state, const char *name,
				       const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		argp_error(state, "--%s must be a number, not \"%s\"", name, text);
	return value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char version[SAVED_VERSION_BYTES];
	unsigned long long value;

	switch (key) {
	case 'c':
		options->config = arg;
		break;
	case KEY_CHECK:
		options->check = true;
		break;
	case 's':
		options->socket = arg;
		break;
	case 'C':
		options->control = arg;
		break;
	case 'm':
		options->memory = arg;
		break;
	case KEY_MACHINE:
		options->machine = dma_machine_parse(arg);
		if (options->machine == DMA_MACHINE_NONE)
			argp_error(state, "--machine must be q35, pc or virt, not \"%s\"", arg);
		break;
	case 'n':
		value = parse_number(state, "vectors", arg);
		options->vectors = value > 0xffff ? 0xffff : (unsigned int)value;
		if (!options->vectors)
			argp_error(state, "--vectors must not be 0");
		break;
	case 'i':
		options->id = parse_number(state, "id", arg);
		options->has_id = true;
		break;
	case KEY_APERTURE:
		options->aperture = arg;
		break;
	case KEY_PROTOCOL:
		options->protocol = pvpci_version_parse(arg);
		if (!options->protocol)
			argp_error(state, "--protocol must be 1.0 or 1.1, not \"%s\"", arg);
		break;
	case 'v':
		options->level = LOG_LEVEL_DEBUG;
		break;
	case 'q':
		options->level = LOG_LEVEL_WARNING;
		break;
	case KEY_NO_SANDBOX:
		options->sandbox = false;
		break;
	case KEY_STATE_VERSION:
		puts(saved_version(version));
		exit(0);
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument \"%s\"", arg);
		break;
	case ARGP_KEY_END:
		if (!options->config && !options->socket)
			argp_error(state, "--config or --socket is needed");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = doc,
};

void options_parse(struct options *options, int argc, char **argv)
{
	memset(options, 0, sizeof(*options));
	options->sandbox = SANDBOX_DEFAULT;
	options->level = LOG_LEVEL_INFO;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

static int set_string(char **field, const char *value)
{
	if (!value)
		return 0;
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -1;
}

int options_apply(const struct options *options, struct conf *conf, struct error *err)
{
	if (options->memory) {
		enum dma_machine machine = conf->memory.machine;

		/* A file on the command line replaces whatever the configuration says. */
		dma_conf_free(&conf->memory);
		conf->memory.machine = machine;
	}
	if (options->machine != DMA_MACHINE_NONE)
		conf->memory.machine = options->machine;
	if (set_string(&conf->socket, options->socket) ||
	    set_string(&conf->control, options->control) ||
	    set_string(&conf->memory.file, options->memory)) {
		error_set(err, "out of memory");
		return -1;
	}
	if (options->protocol)
		conf->protocol = options->protocol;
	if (options->vectors)
		conf->vectors = options->vectors;
	if (options->has_id)
		conf->id = options->id;
	if (options->aperture && bytes_parse(options->aperture, &conf->aperture_bytes)) {
		error_set(err, "--aperture must be a size, not \"%s\"", options->aperture);
		return -1;
	}
	return 0;
}

/* Options are called as the keys that they override. */
static bool overridden(const struct options *options, const char *key)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "socket", options->socket },
		{ "control", options->control },
		{ "memory", options->memory },
		{ "vectors", options->vectors },
		{ "aperture", options->aperture },
	};
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].given;
	return false;
}

void options_locate(const struct options *options, const struct conf *conf, struct error *err)
{
	char reason[sizeof(err->text)];

	if (!overridden(options, err->where)) {
		conf_locate(conf, err);
		return;
	}
	memcpy(reason, err->text, sizeof(reason));
	if (snprintf(err->text, sizeof(err->text), "--%s: %s", err->where, reason) < 0)
		err->text[0] = '\0';
}
