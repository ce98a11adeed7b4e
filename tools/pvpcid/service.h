/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service manager hears.
 */
#ifndef PVPCID_SERVICE_H
#define PVPCID_SERVICE_H

/** service_ready - the sockets are there */
void service_ready(const char *status);
/** service_status - one line for `systemctl status` */
void service_status(const char *status);
/** service_stopping - a clean stop has begun */
void service_stopping(void);

#endif /* PVPCID_SERVICE_H */
