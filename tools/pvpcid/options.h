/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of pvpcid.
 */
#ifndef PVPCID_OPTIONS_H
#define PVPCID_OPTIONS_H

#include <stdbool.h>

#include "conf/conf.h"

/**
 * struct options - what the command line says
 * @config: path of the configuration file, or NULL
 * @check: check the configuration and end
 * @sandbox: enter the sandbox
 * @level: LOG_LEVEL_*
 * @socket: overrides the file, as the others below; NULL or 0 when not given
 * @control: control socket
 * @memory: file of guest RAM
 * @machine: where its bytes appear
 * @vectors: transport vectors
 * @id: bus id, when @has_id
 * @has_id: @id was given
 * @aperture: size, as text
 * @protocol: the one version that is served
 */
struct options {
	const char *config;
	bool check;
	bool sandbox;
	int level;
	const char *socket;
	const char *control;
	const char *memory;
	enum dma_machine machine;
	unsigned int vectors;
	unsigned long long id;
	bool has_id;
	const char *aperture;
	uint32_t protocol;
};

/** options_parse - ends the process with exit status 2 on a usage error */
void options_parse(struct options *options, int argc, char **argv);

/**
 * options_apply - put them over a configuration
 * @options: the command line
 * @conf: the configuration
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled.
 */
int options_apply(const struct options *options, struct conf *conf, struct error *err);

/**
 * options_locate - put before an error where the value came from
 * @options: the command line
 * @conf: the configuration after options_apply()
 * @err: as for conf_locate(); @err->text is changed
 *
 * That is the option that gave the value, or else file and line.
 */
void options_locate(const struct options *options, const struct conf *conf, struct error *err);

#endif /* PVPCID_OPTIONS_H */
