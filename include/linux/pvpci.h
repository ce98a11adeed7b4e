/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pvpci for drivers of functions on its buses: config blocks, a back channel
 * between a driver and the host's model of its device, beside the BARs; and a say
 * before a function is ejected.
 *
 * On a function of another bus each of these returns -ENODEV.
 */
#ifndef _LINUX_PVPCI_H
#define _LINUX_PVPCI_H

#include <linux/types.h>
#include <uapi/linux/pvpci.h>

struct pci_dev;

/**
 * typedef pvpci_block_invalidate - config blocks have other content now
 * @context: as registered
 * @blocks: a bit for each block
 *
 * Context: process context, may sleep and may read and write blocks; must not
 * register or unregister. Not called any more once
 * pvpci_unregister_block_invalidate() has returned.
 */
typedef void (*pvpci_block_invalidate)(void *context, u64 blocks);

/**
 * typedef pvpci_eject_veto - may a function be ejected?
 * @context: as registered
 * @why: gets one sentence, without a full stop, that the host's user reads when it may
 *	not; it may stay empty
 * @bytes: length of @why
 *
 * Asked before a polite eject and before the slot is switched off, not before surprise
 * removal or when the driver is unbound. Not more than a question: nothing may be stopped
 * here, others may still refuse.
 *
 * Context: process context, may sleep; must not register or unregister, nor wait for the
 * device's lock or for PCI core's rescan lock. Not called any more once
 * pvpci_unregister_eject_veto() has returned.
 * Return: 0 or a negative errno, which the host's user reads; with -EBUSY it is asked
 * again for a second before that is the answer.
 */
typedef int (*pvpci_eject_veto)(void *context, char *why, size_t bytes);

int pvpci_read_config_block(struct pci_dev *pdev, unsigned int block, void *data, size_t bytes);
int pvpci_write_config_block(struct pci_dev *pdev, unsigned int block, const void *data,
			     size_t bytes);
int pvpci_register_block_invalidate(struct pci_dev *pdev, pvpci_block_invalidate invalidate,
				    void *context);
void pvpci_unregister_block_invalidate(struct pci_dev *pdev);
int pvpci_register_eject_veto(struct pci_dev *pdev, pvpci_eject_veto ask, void *context);
void pvpci_unregister_eject_veto(struct pci_dev *pdev);

#endif /* _LINUX_PVPCI_H */
