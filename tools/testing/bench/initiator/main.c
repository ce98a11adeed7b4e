// SPDX-License-Identifier: GPL-2.0
/*
 * pvpci-initiator: a guest without a guest. It connects to pvpcid as QEMU does, brings its
 * bus up as pvpci.ko does, drives its NVMe controllers as nvme does, and says how fast that
 * went. What is measured is the daemon and nothing else.
 */
#include <argp.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load.h"

static const char doc[] =
"Drive the NVMe controllers of a pvpcid as a guest would, and print what came of it as JSON.\n"
"\vThe daemon has to be started with --memory FILE and --machine q35; the first functions of\n"
"its bus have to be NVMe controllers. Exit status: 0, 1 when something failed, 2 for a wrong\n"
"command line.\n";

static const struct argp_option option_table[] = {
	{ "socket", 's', "PATH", 0, "the daemon's socket for QEMU", 0 },
	{ "memory", 'm', "FILE", 0, "guest memory, as the daemon has it; below 2 GiB", 0 },
	{ "functions", 'f', "N", 0, "drive so many at the same time (1)", 0 },
	{ "depth", 'd', "N", 0, "commands in flight on each (1)", 0 },
	{ "bytes", 'b', "N", 0, "of each, a multiple of 4096 (4096)", 0 },
	{ "write", 'w', NULL, 0, "write at random places; read otherwise", 0 },
	{ "readers", 'r', "N", 0, "the last N functions read in any case (0)", 0 },
	{ "durable", 'D', NULL, 0, "writes reach the medium before they complete (FUA)", 0 },
	{ "interrupts", 'i', NULL, 0, "wait for interrupts; look without a pause otherwise", 0 },
	{ "milliseconds", 't', "N", 0, "measure so long, or until SIGTERM (2000)", 0 },
	{ 0 }
};

struct options {
	const char *socket;
	const char *memory;
	unsigned int functions;
	unsigned int depth;
	unsigned int bytes;
	unsigned int ms;
	unsigned int readers;
	bool write;
	bool durable;
	bool interrupts;
};

static unsigned int count_of(struct argp_state *state, const char *text, unsigned int most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || *text == '-' || !value || value > most)
		argp_error(state, "\"%s\" is no number from 1 to %u", text, most);
	return (unsigned int)value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 's':
		options->socket = text;
		return 0;
	case 'm':
		options->memory = text;
		return 0;
	case 'f':
		options->functions = count_of(state, text, LOAD_FUNCTIONS);
		return 0;
	case 'd':
		options->depth = count_of(state, text, NVME_DEPTH_MAX);
		return 0;
	case 'b':
		options->bytes = count_of(state, text, NVME_BYTES_MAX);
		if (options->bytes % 4096)
			argp_error(state, "%s bytes are no multiple of 4096", text);
		return 0;
	case 't':
		options->ms = count_of(state, text, 3600000);
		return 0;
	case 'w':
		options->write = true;
		return 0;
	case 'r':
		options->readers = count_of(state, text, LOAD_FUNCTIONS);
		return 0;
	case 'D':
		options->durable = true;
		return 0;
	case 'i':
		options->interrupts = true;
		return 0;
	case ARGP_KEY_END:
		if (!options->socket || !options->memory)
			argp_error(state, "--socket and --memory are needed");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static double cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double percentile(const struct load *load, unsigned int percent)
{
	if (!load->nr_latencies)
		return 0;
	return load->latency[(load->nr_latencies - 1) * percent / 100] / 1e3;
}

static void print(const struct load *load, double cpu)
{
	printf("{\"ios\": %llu, \"seconds\": %.3f, \"iops\": %.1f, \"waits\": %llu, ",
	       (unsigned long long)load->ios, (double)load->ns / 1e9,
	       (double)load->ios * 1e9 / (double)load->ns, (unsigned long long)load->waits);
	printf("\"latency_us\": {\"median\": %.2f, \"p99\": %.2f, \"max\": %.2f}, \"cpu_us\": %.0f}\n",
	       percentile(load, 50), percentile(load, 99), percentile(load, 100), cpu);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { .options = option_table, .parser = parse, .doc = doc };
	struct options options = { .functions = 1, .depth = 1, .bytes = 4096, .ms = 2000 };
	static struct nvme nvme[LOAD_FUNCTIONS];
	static struct native_bus bus;
	struct load load = { .bus = &bus, .nvme = nvme, .warm_ns = 200000000 };
	struct ram ram = { 0 };
	unsigned int i;
	double cpu;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	load.count = options.functions;
	load.depth = options.depth;
	load.write = options.write;
	load.readers = options.readers;
	load.interrupts = options.interrupts;
	load.run_ns = options.ms * 1000000ULL;
	ram_open(&ram, options.memory);
	bus_up(&bus, options.socket);
	if (bus.count < options.functions)
		errx(1, "the bus has %u functions, not %u", bus.count, options.functions);
	if (options.interrupts && bus.client.nr_vectors < 2)
		errx(1, "the bus has one vector, which is the ring's: none is left for interrupts");
	for (i = 0; i < options.functions; i++) {
		nvme[i].bus = &bus;
		nvme[i].bytes = options.bytes;
		nvme[i].durable = options.durable;
		nvme[i].bar = bus_attach(&bus, i);
		if (options.interrupts)
			bus_msix(&bus, i, nvme[i].bar, 1, i,
				 1 + i % (bus.client.nr_vectors - 1));
		nvme_open(&nvme[i], &ram, options.depth, options.interrupts);
	}
	cpu = cpu_us();
	load_run(&load);
	print(&load, cpu_us() - cpu);
	return 0;
}
