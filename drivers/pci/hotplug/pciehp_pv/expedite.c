// SPDX-License-Identifier: GPL-2.0
/*
 * Most of a removal is a dozen grace periods in the core and in the driver. They
 * are expedited, which costs every processor some interrupts; a driver may take
 * as long as it likes to let go, so there is a limit to that.
 */
#include <kunit/visibility.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include <pvpci/expedite.h>

#include "expedite.h"

#define LIMIT_MS	1000

static bool expedite = true;
module_param(expedite, bool, 0644);
MODULE_PARM_DESC(expedite,
		 "expedite RCU grace periods while a device is removed, for 1 s at most; costs every processor some interrupts");

static void finish(struct hpv_expedite *e)
{
	pvpci_expedite_end(xchg(&e->begun, 0));
}

static void limit_reached(struct work_struct *work)
{
	finish(container_of(work, struct hpv_expedite, over.work));
}

/**
 * hpv_expedite_init - before the first use
 * @e: to be zeroed
 */
void hpv_expedite_init(struct hpv_expedite *e)
{
	INIT_DELAYED_WORK(&e->over, limit_reached);
}
EXPORT_SYMBOL_IF_KUNIT(hpv_expedite_init);

/**
 * hpv_expedite_begin - grace periods are short from now on, for 1 s at most
 * @e: one that has not begun
 *
 * Context: process.
 */
void hpv_expedite_begin(struct hpv_expedite *e)
{
	if (!pvpci_expedite_begin(READ_ONCE(expedite)))
		return;
	xchg(&e->begun, 1);
	schedule_delayed_work(&e->over, msecs_to_jiffies(LIMIT_MS));
}
EXPORT_SYMBOL_IF_KUNIT(hpv_expedite_begin);

/**
 * hpv_expedite_end - no reason any more
 * @e: one that may have begun
 *
 * Context: process, may sleep.
 */
void hpv_expedite_end(struct hpv_expedite *e)
{
	cancel_delayed_work_sync(&e->over);
	finish(e);
}
EXPORT_SYMBOL_IF_KUNIT(hpv_expedite_end);
