/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus, its sockets and the loop that drives them.
 */
#ifndef PVPCID_DAEMON_H
#define PVPCID_DAEMON_H

#include <stdbool.h>

#include "bus/bus.h"
#include "bus/guest.h"
#include "bus/pace.h"
#include "control/control.h"
#include "io/loop.h"

/**
 * struct daemon - everything
 * @loop: file descriptors
 * @bus: functions and shared memory
 * @guest: QEMU
 * @control: pvpcictl
 * @pace: when to spin and when to sleep
 * @signals: signalfd
 * @leaving: QEMU has gone, and functions are not idle yet
 * @stop: end at the next turn
 * @failed: and with exit status 1
 * @watchdog_ns: how often systemd wants to hear of us, 0: never
 * @alive_ns: when it last did
 */
struct daemon {
	struct loop loop;
	struct bus bus;
	struct guest guest;
	struct control control;
	struct pace pace;
	int signals;
	bool leaving;
	bool stop;
	bool failed;
	uint64_t watchdog_ns;
	uint64_t alive_ns;
};

/**
 * daemon_open - functions, then sockets
 * @daemon: everything
 * @conf: the configuration
 * @err: filled on failure
 *
 * Return: 0, or -1 with @err filled and nothing left behind.
 */
int daemon_open(struct daemon *daemon, const struct conf *conf, struct error *err);
/**
 * enum daemon_end - why a daemon does not serve any more
 * @DAEMON_STOPPED: it was asked to
 * @DAEMON_FAILED: it cannot
 * @DAEMON_REPLACED: another one will go on: nothing is closed
 */
enum daemon_end {
	DAEMON_STOPPED,
	DAEMON_FAILED,
	DAEMON_REPLACED,
};

/** daemon_run - serve until SIGTERM, SIGINT or an upgrade; return enum daemon_end */
int daemon_run(struct daemon *daemon);
/** daemon_close - the reverse of daemon_open() */
void daemon_close(struct daemon *daemon);

#endif /* PVPCID_DAEMON_H */
