/* SPDX-License-Identifier: GPL-2.0 */
/* A Standard Hot-Plug Controller: up to 31 slots behind one bridge. */
#ifndef _PCIEHP_PV_SHPC_H
#define _PCIEHP_PV_SHPC_H

#include <linux/mutex.h>
#include <linux/types.h>

struct hpv_slot;
struct hpv_slot_ops;
struct pci_dev;

/**
 * struct hpv_shpc - a controller
 * @bridge: the bridge that it is part of
 * @regs: its working register set
 * @command_lock: protects the command register, which all slots share
 * @nr_slots: slots
 * @first_device: device number of the first slot; the others follow
 * @first_number: physical number of the first slot
 * @numbers_up: the others count up from it, not down
 * @slots: the slots
 */
struct hpv_shpc {
	struct pci_dev *bridge;
	void __iomem *regs;
	struct mutex command_lock;	/* see above */
	unsigned int nr_slots;
	unsigned int first_device;
	unsigned int first_number;
	bool numbers_up;
	struct hpv_slot *slots[31];
};

/* shpc_regs.c: its registers */
extern const struct hpv_slot_ops hpv_shpc_ops;
int hpv_shpc_map(struct hpv_shpc *shpc);
void hpv_shpc_unmap(struct hpv_shpc *shpc);
void hpv_shpc_notify(struct hpv_shpc *shpc, bool on);
void hpv_shpc_clear(struct hpv_shpc *shpc);
u32 hpv_shpc_pending(struct hpv_shpc *shpc);

#endif /* _PCIEHP_PV_SHPC_H */
