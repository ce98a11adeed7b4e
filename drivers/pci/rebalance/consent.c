// SPDX-License-Identifier: GPL-2.0
/*
 * consent.c - what is remembered about a function between requests
 *
 * What the user allowed, and how long its last move stopped it. Kept by address, not by device, so
 * that consent can be given before a function is there and survives its replacement.
 */
#include <linux/slab.h>
#include <linux/xarray.h>

#include "rebalance.h"

/**
 * struct memory - about one function
 * @consent: what the user allowed
 * @down_us: how long its last move stopped it
 * @moved: @down_us is meant
 */
struct memory {
	enum rebalance_consent consent;
	u64 down_us;
	bool moved;
};

static DEFINE_XARRAY(memories);

static unsigned long key(u32 domain, u8 bus, u8 devfn)
{
	return (unsigned long)domain << 16 | bus << 8 | devfn;
}

static unsigned long key_of(const struct pci_dev *dev)
{
	return key(pci_domain_nr(dev->bus), dev->bus->number, dev->devfn);
}

static struct memory *memory(unsigned long at)
{
	struct memory *m = xa_load(&memories, at);

	if (m)
		return m;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (m && xa_err(xa_store(&memories, at, m, GFP_KERNEL))) {
		kfree(m);
		return NULL;
	}
	return m;
}

/**
 * consent_set - remember what the user allows for one function
 * @domain: PCI domain
 * @bus: bus number
 * @devfn: device and function
 * @consent: from now on
 *
 * Context: rebalance_lock held, as for all here.
 *
 * Return: 0 or -ENOMEM.
 */
int consent_set(u32 domain, u8 bus, u8 devfn, enum rebalance_consent consent)
{
	struct memory *m = memory(key(domain, bus, devfn));

	if (!m)
		return -ENOMEM;
	m->consent = consent;
	return 0;
}

/**
 * consent_of - what the user allowed
 * @dev: function
 *
 * Return: consent, NONE if nothing was said.
 */
enum rebalance_consent consent_of(const struct pci_dev *dev)
{
	const struct memory *m = xa_load(&memories, key_of(dev));

	return m ? m->consent : REBALANCE_CONSENT_NONE;
}

/**
 * consent_show - one line for each function that something was allowed for
 * @text: where to
 */
void consent_show(struct seq_buf *text)
{
	unsigned long at;
	struct memory *m;

	xa_for_each(&memories, at, m)
		if (m->consent != REBALANCE_CONSENT_NONE)
			seq_buf_printf(text, "%04lx:%02lx:%02lx.%lx %s\n", at >> 16, at >> 8 & 0xff,
				       at >> 3 & 0x1f, at & 7,
				       m->consent == REBALANCE_CONSENT_IN_USE ? "in-use" : "idle");
}

/**
 * consent_note_down - remember how long a move stopped a function
 * @dev: function
 * @us: microseconds
 */
void consent_note_down(const struct pci_dev *dev, u64 us)
{
	struct memory *m = memory(key_of(dev));

	if (!m)
		return;
	m->down_us = us;
	m->moved = true;
}

/**
 * consent_last_down - how long the last move stopped a function
 * @dev: function
 * @us: microseconds
 *
 * Return: false if it was never moved.
 */
bool consent_last_down(const struct pci_dev *dev, u64 *us)
{
	const struct memory *m = xa_load(&memories, key_of(dev));

	if (!m || !m->moved)
		return false;
	*us = m->down_us;
	return true;
}

/**
 * consent_exit - forget everything
 */
void consent_exit(void)
{
	unsigned long at;
	struct memory *m;

	xa_for_each(&memories, at, m)
		kfree(m);
	xa_destroy(&memories);
}
