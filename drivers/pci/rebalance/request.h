/* SPDX-License-Identifier: GPL-2.0 */
/*
 * request.h - one request, from whoever makes it
 */
#ifndef PCI_REBALANCE_REQUEST_H
#define PCI_REBALANCE_REQUEST_H

#include <linux/types.h>

#include "level.h"

struct pci_bus;
struct pci_dev;
struct rebalance_request;
struct rebalance_snapshot;

/**
 * struct request_ops - how a request differs from one that plans, and then carries the plan out
 * @run: does it, by request_plan() and request_apply(); rescan lock held
 * @tell: hears of its end, 0 or a negative errno; rescan lock held
 */
struct request_ops {
	int (*run)(struct rebalance_snapshot *s, struct rebalance_request *request);
	void (*tell)(const struct rebalance_snapshot *s, struct rebalance_request *request,
		     int error);
};

/**
 * struct rebalance_request - what is asked for
 * @dev: function whose memory BARs without an address shall get one, or
 * @domain: with @number, the bus on which a hole shall be made
 * @number: its number
 * @bus: that bus, found while the rescan lock is held
 * @bytes: size of that hole, 0 for none
 * @prefetch: it may be in a prefetchable window
 * @low: it must be below 4 GiB
 * @level: what may be moved
 * @online: NVMe controllers whose users can use another path will have one
 * @dry: plan only
 * @patient: wait for another request instead of giving up
 * @once: log how it ends only if the last one for @dev ended in another way
 * @quiet: "result" and "plan" stay what they are
 * @ops: NULL for an ordinary request
 */
struct rebalance_request {
	struct pci_dev *dev;
	int domain;
	u8 number;
	struct pci_bus *bus;
	u64 bytes;
	bool prefetch;
	bool low;
	enum rebalance_level level;
	bool online;
	bool dry;
	bool patient;
	bool once;
	bool quiet;
	const struct request_ops *ops;
};

int request_run(struct rebalance_request *request);
int request_plan(struct rebalance_snapshot *s, struct rebalance_request *request);
int request_apply(struct rebalance_snapshot *s);

#endif
