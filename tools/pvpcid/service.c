// SPDX-License-Identifier: GPL-2.0
/*
 * What a service manager hears.
 */
#include "service.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

void service_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void service_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
#else
void service_ready(const char *status)
{
	(void)status;
}

void service_status(const char *status)
{
	(void)status;
}

void service_stopping(void)
{
}
#endif
