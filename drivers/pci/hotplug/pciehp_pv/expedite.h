/* SPDX-License-Identifier: GPL-2.0 */
/* Short RCU grace periods while a device is removed, but never for long. */
#ifndef _PCIEHP_PV_EXPEDITE_H
#define _PCIEHP_PV_EXPEDITE_H

#include <linux/types.h>
#include <linux/workqueue.h>

/**
 * struct hpv_expedite - one who wants grace periods to be short
 * @over: ends that when it has lasted long enough
 * @begun: it has begun and not ended; exchanged, because @over and the one who
 *	ends it may meet
 */
struct hpv_expedite {
	struct delayed_work over;
	int begun;
};

void hpv_expedite_init(struct hpv_expedite *expedite);
void hpv_expedite_begin(struct hpv_expedite *expedite);
void hpv_expedite_end(struct hpv_expedite *expedite);

#endif /* _PCIEHP_PV_EXPEDITE_H */
