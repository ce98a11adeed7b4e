// SPDX-License-Identifier: GPL-2.0
/*
 * pvpci-liar: a host that lies.
 *
 * Stands in for pvpcid in a guest test:
 *
 *	vmtest --pvpcid build/bin/pvpci-liar --bus bus.json --host SCRIPT
 */
#include <argp.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "liar.h"
#include "base/version.h"

#define BUSY_NS		1000000ULL
#define IDLE_NS		50000000ULL
#define ACTIVE_NS	3000000000ULL

const char *argp_program_version = "pvpci-liar " PVPCI_RELEASE;

enum {
	OPT_LIST = 0x100,
	OPT_SOCKET,
	OPT_CONTROL,
	OPT_MEMORY,
	OPT_MACHINE,
};

static const struct argp_option options[] = {
	{ "fault", 'f', "NAME", 0, "What is wrong with this host (none)", 0 },
	{ "list", OPT_LIST, NULL, 0,
	  "List all faults: name, outcome, step, prompt, what the guest must say", 0 },
	{ "config", 'c', "FILE", 0,
	  "Bus configuration, of which id and vectors count, and \"fault\"", 0 },
	{ "socket", OPT_SOCKET, "PATH", 0, "ivshmem socket for QEMU", 0 },
	{ "control", OPT_CONTROL, "PATH", 0, "Control socket", 0 },
	{ "memory", OPT_MEMORY, "FILE", 0, "Backing file of the guest's RAM", 0 },
	{ "machine", OPT_MACHINE, "NAME", 0, "QEMU machine type: q35, pc or virt", 0 },
	{ "vectors", 'n', "N", 0, "Transport vectors", 0 },
	{ 0 }
};

/**
 * struct arguments - the command line
 * @liar: its configuration is filled
 * @socket: see the options
 * @control: the same
 * @fault: the same
 */
struct arguments {
	struct liar *liar;
	const char *socket;
	const char *control;
	const struct fault *fault;
};

void bus_connect(struct bus *bus, pid_t peer)
{
	bus->peer = peer;
	bus->connected = true;
}

static void choose(struct argp_state *state, struct arguments *args, const char *name)
{
	args->fault = fault_find(name);
	if (!args->fault)
		argp_failure(state, 2, 0, "there is no fault %s; --list shows all", name);
}

static void read_config(struct argp_state *state, struct arguments *args, const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);
	json_t *vectors = json_object_get(root, "vectors");
	const char *name = json_string_value(json_object_get(root, "fault"));

	if (!root)
		argp_failure(state, 2, 0, "%s:%d: %s", path, error.line, error.text);
	args->liar->conf.id = (uint64_t)json_integer_value(json_object_get(root, "id"));
	if (vectors)
		args->liar->conf.vectors = (unsigned int)json_integer_value(vectors);
	if (name)
		choose(state, args, name);
	json_decref(root);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'f':
		choose(state, args, arg);
		break;
	case OPT_LIST:
		fault_list();
		exit(0);
	case 'c':
		read_config(state, args, arg);
		break;
	case OPT_SOCKET:
		args->socket = arg;
		break;
	case OPT_CONTROL:
		args->control = arg;
		break;
	case OPT_MEMORY:
		args->liar->conf.memory.file = arg;
		break;
	case OPT_MACHINE:
		args->liar->conf.memory.machine = dma_machine_parse(arg);
		if (args->liar->conf.memory.machine == DMA_MACHINE_NONE)
			argp_error(state, "%s is no machine type", arg);
		break;
	case 'n':
		args->liar->conf.vectors = (unsigned int)strtoul(arg, NULL, 0);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "%s is not an option", arg);
		break;
	case ARGP_KEY_END:
		if (!args->socket)
			argp_error(state, "--socket is missing");
		if (!args->liar->conf.vectors || args->liar->conf.vectors > PVPCI_MAX_VECTORS)
			argp_error(state, "there are 1 to %u vectors", PVPCI_MAX_VECTORS);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void guest_gone(void *context)
{
	struct liar *liar = context;

	liar->bus.connected = false;
}

static void guest_rang(void *context)
{
	wire_poll(context);
}

static void signal_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	*(bool *)context = true;
}

static int catch_signals(struct loop *loop, bool *ended)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -1 : loop_add(loop, fd, EPOLLIN, signal_ready, ended);
}

static void serve(struct liar *liar, const bool *ended)
{
	uint64_t now;

	while (!*ended) {
		now = clock_ns();
		loop_wait(&liar->loop, now - liar->active_ns < ACTIVE_NS ? BUSY_NS : IDLE_NS);
		wire_poll(liar);
		wire_tick(liar);
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL,
		"The host of a pvpci bus that behaves well but for one fault.", NULL, NULL, NULL
	};
	static struct liar liar = { .conf.vectors = 16 };
	struct arguments args = { .liar = &liar, .fault = fault_find("none") };
	struct error err;
	bool ended = false;
	int ret = 1;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	log_setup(LOG_LEVEL_INFO);
	if (loop_open(&liar.loop) || catch_signals(&liar.loop, &ended) ||
	    liar_open(&liar, args.fault))
		return 1;
	liar_start(&liar, args.fault);
	liar.guest = (struct guest){
		.loop = &liar.loop, .bus = &liar.bus, .gone = guest_gone, .doorbell = guest_rang,
		.context = &liar, .sent = &liar.sent,
	};
	if (args.control && command_open(&liar, args.control))
		goto close;
	if (guest_open(&liar.guest, args.socket, NULL, &err)) {
		fprintf(stderr, "pvpci-liar: %s\n", err.text);
		goto close;
	}
	serve(&liar, &ended);
	guest_close(&liar.guest);
	ret = 0;
close:
	command_close(&liar);
	liar_close(&liar);
	loop_close(&liar.loop);
	return ret;
}
