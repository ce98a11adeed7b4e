/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus configuration: a JSON file and the options that override it.
 */
#ifndef PVPCID_CONF_H
#define PVPCID_CONF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/dma.h"
#include "models/function_services.h"

struct error;

#define CONF_APERTURE_MAX_BYTES	FUNCTION_BAR_MAX_BYTES
#define CONF_TOUCHED_BYTES	(1ULL << 30)
#define CONF_TOUCHED_MIN_BYTES	(512ULL << 20)	/* all-ones of detached BARs may be half of it */

/**
 * struct conf - one bus
 * @path: of the file, for messages; NULL without a file; owned
 * @text: the file, for line numbers; owned
 * @id: stable bus id
 * @socket: path of the ivshmem socket; owned
 * @socket_group: who may connect to it beside the daemon's user, or NULL; owned
 * @control: path of the control socket, or NULL; owned
 * @memory: guest RAM
 * @aperture_bytes: 0 to compute it
 * @touched_bytes: of BAR2, what the guest may make us hold memory for
 * @spare32_bytes: room to keep free in the 32-bit window
 * @spare64_bytes: room to keep free in the 64-bit window
 * @vectors: transport vectors, the ring's included
 * @rows: function table rows
 * @poll_us: longest time to spin without work
 * @protocol: the one PVPCI_VERSION_* that is served, 0 for all
 * @functions: JSON array; owned
 */
struct conf {
	char *path;
	char *text;
	uint64_t id;
	char *socket;
	char *socket_group;
	char *control;
	struct dma_conf memory;
	uint64_t aperture_bytes;
	uint64_t touched_bytes;
	uint64_t spare32_bytes;
	uint64_t spare64_bytes;
	unsigned int vectors;
	unsigned int rows;
	unsigned int poll_us;
	uint32_t protocol;
	json_t *functions;
};

/** conf_init - defaults, no functions */
void conf_init(struct conf *conf);

/**
 * conf_read - read a file over the defaults
 * @conf: from conf_init()
 * @path: JSON file
 * @err: on failure "FILE:LINE: reason" in @err->text
 *
 * Return: 0 or -1.
 */
int conf_read(struct conf *conf, const char *path, struct error *err);

/**
 * conf_parse - the same from text that is in memory
 * @err: filled on failure
 * @conf: from conf_init(); takes copies
 * @path: for messages
 * @text: NUL terminated
 */
int conf_parse(struct conf *conf, const char *path, const char *text, struct error *err);

/**
 * conf_check - what can only be checked when options are in, too
 * @conf: the configuration
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled.
 */
int conf_check(struct conf *conf, struct error *err);

/**
 * conf_locate - put file and line before an error
 * @conf: the configuration
 * @err: @err->where is a JSON pointer from the top of the file; @err->text is changed
 */
void conf_locate(const struct conf *conf, struct error *err);

/** conf_free - free what it owns */
void conf_free(struct conf *conf);

#endif /* PVPCID_CONF_H */
