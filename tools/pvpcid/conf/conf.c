// SPDX-License-Identifier: GPL-2.0
/*
 * The bus configuration: a JSON file and the options that override it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pvpci.h>

#include "base/error.h"
#include "base/jsonline.h"
#include "conf/conf.h"

#define CONF_VECTORS	64
#define CONF_POLL_US	500
#define CONF_FILE_MAX	(4 << 20)

void conf_init(struct conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->id = 1;
	conf->vectors = CONF_VECTORS;
	conf->rows = PVPCI_MAX_FUNCTIONS;
	conf->poll_us = CONF_POLL_US;
	conf->touched_bytes = CONF_TOUCHED_BYTES;
}

void conf_free(struct conf *conf)
{
	free(conf->path);
	free(conf->text);
	free(conf->socket);
	free(conf->socket_group);
	free(conf->control);
	dma_conf_free(&conf->memory);
	json_decref(conf->functions);
	memset(conf, 0, sizeof(*conf));
}

static char *read_file(const char *path, struct error *err)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t bytes;

	if (!file) {
		error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
		return NULL;
	}
	text = malloc(CONF_FILE_MAX + 1);
	if (!text) {
		error_set(err, "%s: out of memory", path);
		goto out;
	}
	bytes = fread(text, 1, CONF_FILE_MAX + 1, file);
	if (ferror(file) || bytes > CONF_FILE_MAX || memchr(text, '\0', bytes)) {
		error_set(err, "%s: %s", path, ferror(file) ? strerror(errno) :
			  bytes > CONF_FILE_MAX ? "is longer than 4 MiB" : "has a NUL byte");
		free(text);
		text = NULL;
		goto out;
	}
	text[bytes] = '\0';
out:
	fclose(file);
	return text;
}

int conf_read(struct conf *conf, const char *path, struct error *err)
{
	char *text = read_file(path, err);
	int ret;

	if (!text)
		return -1;
	ret = conf_parse(conf, path, text, err);
	free(text);
	return ret;
}

void conf_locate(const struct conf *conf, struct error *err)
{
	char reason[sizeof(err->text)];

	if (!conf->path)
		return;
	memcpy(reason, err->text, sizeof(reason));
	if (snprintf(err->text, sizeof(err->text), "%s:%u: %s", conf->path,
		     jsonline_find(conf->text, err->where), reason) < 0)
		err->text[0] = '\0';
}

static bool rows_valid(const struct conf *conf, struct error *err)
{
	if (conf->rows < 1 || conf->rows > PVPCI_MAX_FUNCTIONS) {
		error_at(err, "rows", "\"rows\" must be 1 to %u", PVPCI_MAX_FUNCTIONS);
		return false;
	}
	if (json_array_size(conf->functions) > conf->rows) {
		error_at(err, "functions", "%zu functions are more than the %u rows of a bus",
			 json_array_size(conf->functions), conf->rows);
		return false;
	}
	return true;
}

int conf_check(struct conf *conf, struct error *err)
{
	uint64_t aperture = conf->aperture_bytes;

	if (!conf->functions)
		conf->functions = json_array();
	if (!conf->socket)
		error_at(err, "", "no \"socket\": where shall QEMU connect?");
	else if (strlen(conf->socket) >= 108)
		error_at(err, "socket", "the path of the socket is longer than 107 bytes");
	else if (conf->control && strlen(conf->control) >= 108)
		error_at(err, "control", "the path of the control socket is longer than 107 bytes");
	else if (conf->control && !strcmp(conf->control, conf->socket))
		error_at(err, "control", "\"control\" and \"socket\" are the same path");
	else if (!conf->vectors || conf->vectors > PVPCI_MAX_VECTORS)
		error_at(err, "vectors", "\"vectors\" must be 1 to %u", PVPCI_MAX_VECTORS);
	else if (conf->poll_us > 1000000)
		error_at(err, "poll_us", "\"poll_us\" must be 0 to 1000000");
	else if (aperture && (aperture & (aperture - 1) || aperture < PVPCI_PAGE_BYTES ||
			      aperture > CONF_APERTURE_MAX_BYTES))
		error_at(err, "aperture", "\"aperture\" must be a power of two, 4K to 32T");
	else if (conf->touched_bytes < CONF_TOUCHED_MIN_BYTES)
		error_at(err, "touched_max", "\"touched_max\" must be 512M at least");
	else if (conf->spare32_bytes > 2ULL << 30)
		error_at(err, "spare32", "\"spare32\" must not pass 2G");
	else if (conf->spare64_bytes > CONF_APERTURE_MAX_BYTES)
		error_at(err, "spare64", "\"spare64\" must not pass 32T");
	else if (conf->memory.file && conf->memory.machine == DMA_MACHINE_NONE)
		error_at(err, "memory", "\"file\" needs \"machine\" (--machine): q35, pc or virt");
	else if (conf->memory.peer && conf->memory.machine == DMA_MACHINE_NONE &&
		 conf->protocol == PVPCI_VERSION_1_0)
		error_at(err, "memory", "\"peer\" needs \"machine\" (--machine) with protocol 1.0: q35, pc or virt");
	else if (rows_valid(conf, err))
		return 0;
	return -1;
}
