/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service manager hears.
 */
#ifndef PVPCID_NOTIFY_H
#define PVPCID_NOTIFY_H

/** notify_ready - the sockets are there */
void notify_ready(const char *status);
/** notify_status - one line for `systemctl status` */
void notify_status(const char *status);
/** notify_stopping - a clean stop has begun */
void notify_stopping(void);

#endif /* PVPCID_NOTIFY_H */
