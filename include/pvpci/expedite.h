/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Removing a device costs a dozen RCU grace periods in the core and in its
 * driver, each some ticks long, which is most of the time that it takes. While
 * somebody waits for a removal they are expedited: the kernel asks all
 * processors at once instead of waiting until each has passed by.
 */
#ifndef _PVPCI_EXPEDITE_H
#define _PVPCI_EXPEDITE_H

#include <linux/types.h>

/* Exported, but declared in no public header: kernel/rcu/update.c. */
void rcu_expedite_gp(void);
void rcu_unexpedite_gp(void);

/**
 * pvpci_expedite_begin - grace periods are short from now on, all over the kernel
 * @wanted: false where the interrupts that this sends to every processor disturb
 *
 * Context: any; nests.
 * Return: what pvpci_expedite_end() must be told.
 */
static inline bool pvpci_expedite_begin(bool wanted)
{
	if (wanted)
		rcu_expedite_gp();
	return wanted;
}

/**
 * pvpci_expedite_end - undo pvpci_expedite_begin()
 * @begun: what it returned
 */
static inline void pvpci_expedite_end(bool begun)
{
	if (begun)
		rcu_unexpedite_gp();
}

#endif /* _PVPCI_EXPEDITE_H */
