// SPDX-License-Identifier: GPL-2.0
/*
 * What a service manager hears.
 */
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
	/* Files are flushed to the end, however long that takes: see TimeoutStopSec=. */
	sd_notify(0, "STOPPING=1\nWATCHDOG_USEC=0");
}

uint64_t notify_watchdog_ns(void)
{
	uint64_t usec;

	/* At half of the time, as sd_watchdog_enabled(3) advises. */
	return sd_watchdog_enabled(0, &usec) > 0 ? usec * 500 : 0;
}

void notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
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

uint64_t notify_watchdog_ns(void)
{
	return 0;
}

void notify_alive(void)
{
}
#endif
