// SPDX-License-Identifier: GPL-2.0
/*
 * What a service manager hears, and what it has opened.
 */
#include "io/socket.h"
#include "notify.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void notify_sockets(void)
{
	int count = sd_listen_fds(0);

	if (count > 0)
		socket_pass(SD_LISTEN_FDS_START, (unsigned int)count);
}
#else
void notify_ready(const char *status)
{
	(void)status;
}

void notify_status(const char *status)
{
	(void)status;
}

void notify_stopping(void)
{
}

void notify_sockets(void)
{
}
#endif
