/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service manager hears.
 */
#ifndef PVPCID_NOTIFY_H
#define PVPCID_NOTIFY_H

#include <stdint.h>

/** notify_ready - the sockets are there */
void notify_ready(const char *status);
/** notify_status - one line for `systemctl status` */
void notify_status(const char *status);
/** notify_stopping - a clean stop has begun, which no watchdog ends */
void notify_stopping(void);
/**
 * notify_watchdog_ns - how often the manager wants to hear notify_alive()
 *
 * Return: nanoseconds, 0 when it has no watchdog for this process
 */
uint64_t notify_watchdog_ns(void);
/** notify_alive - the bus thread goes round */
void notify_alive(void);

#endif /* PVPCID_NOTIFY_H */
