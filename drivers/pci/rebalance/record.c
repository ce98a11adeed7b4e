// SPDX-License-Identifier: GPL-2.0
/*
 * record.c - what is remembered about a function
 *
 * What the user allowed, how long its last move stopped it, and what its BARs ask for, since PCI
 * core forgets that when it finds no room. All of it ends with the function: what was allowed for
 * one disk is not allowed for the next at its address.
 */
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "record.h"

/**
 * struct record - of one function
 * @dev: the function; not used but to be compared
 * @consent: what the user allowed
 * @down_us: how long its last move stopped it
 * @bars: what they ask for
 * @error: how the last search for room for it ended
 * @stays: its driver has the kernel's callbacks, but they do not serve for it
 * @moved: @down_us is meant
 * @sized: @bars are known
 * @sought: @error is meant
 * @lacks_paths: there would be room for it if NVMe controllers in use had other paths
 */
struct record {
	const struct pci_dev *dev;
	enum rebalance_consent consent;
	u64 down_us;
	struct record_bar bars[PCI_STD_NUM_BARS];
	int error;
	bool stays;
	bool moved;
	bool sized;
	bool sought;
	bool lacks_paths;
};

/* Protects records, by address so that they are listed in order. Innermost. */
static DEFINE_MUTEX(records_lock);
static DEFINE_XARRAY(records);

static unsigned long key_of(const struct pci_dev *dev)
{
	return (unsigned long)pci_domain_nr(dev->bus) << 16 | pci_dev_id((struct pci_dev *)dev);
}

static struct record *find(const struct pci_dev *dev)
{
	struct record *r = xa_load(&records, key_of(dev));

	lockdep_assert_held(&records_lock);
	return r && r->dev == dev ? r : NULL;
}

static struct record *find_or_make(const struct pci_dev *dev)
{
	struct record *r = find(dev), *old;

	if (r)
		return r;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return NULL;
	r->dev = dev;
	old = xa_store(&records, key_of(dev), r, GFP_KERNEL);
	if (xa_err(old)) {
		kfree(r);
		return NULL;
	}
	kfree(old);
	return r;
}

/**
 * record_consent - remember what the user allows for one function
 * @dev: function
 * @consent: until it goes
 *
 * Context: process, as for all here; takes no other lock.
 *
 * Return: 0 or -ENOMEM.
 */
int record_consent(struct pci_dev *dev, enum rebalance_consent consent)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = find_or_make(dev);
	if (r)
		r->consent = consent;
	mutex_unlock(&records_lock);
	return r ? 0 : -ENOMEM;
}

/**
 * record_consent_of - what the user allowed
 * @dev: function
 *
 * Return: consent, NONE if nothing was said.
 */
enum rebalance_consent record_consent_of(const struct pci_dev *dev)
{
	enum rebalance_consent consent;
	const struct record *r;

	mutex_lock(&records_lock);
	r = find(dev);
	consent = r ? r->consent : REBALANCE_CONSENT_NONE;
	mutex_unlock(&records_lock);
	return consent;
}

/**
 * record_stays - remember that the driver of a function cannot follow its BARs after all
 * @dev: function
 */
void record_stays(struct pci_dev *dev)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = find_or_make(dev);
	if (r)
		r->stays = true;
	mutex_unlock(&records_lock);
}

/**
 * record_stays_of - has that been found out?
 * @dev: function
 *
 * Return: true if so.
 */
bool record_stays_of(const struct pci_dev *dev)
{
	const struct record *r;
	bool stays;

	mutex_lock(&records_lock);
	r = find(dev);
	stays = r && r->stays;
	mutex_unlock(&records_lock);
	return stays;
}

/**
 * record_show - one line for each function that something was allowed for
 * @text: where to
 */
void record_show(struct seq_buf *text)
{
	unsigned long at;
	struct record *r;

	mutex_lock(&records_lock);
	xa_for_each(&records, at, r)
		if (r->consent != REBALANCE_CONSENT_NONE)
			seq_buf_printf(text, "%04lx:%02lx:%02lx.%lx %s\n", at >> 16, at >> 8 & 0xff,
				       at >> 3 & 0x1f, at & 7,
				       r->consent == REBALANCE_CONSENT_IN_USE ? "in-use" : "idle");
	mutex_unlock(&records_lock);
}

/**
 * record_down - remember how long a move stopped a function
 * @dev: function
 * @us: microseconds
 */
void record_down(struct pci_dev *dev, u64 us)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = find_or_make(dev);
	if (r) {
		r->down_us = us;
		r->moved = true;
	}
	mutex_unlock(&records_lock);
}

/**
 * record_down_of - how long the last move stopped a function
 * @dev: function
 * @us: microseconds
 *
 * Return: false if it was never moved.
 */
bool record_down_of(const struct pci_dev *dev, u64 *us)
{
	const struct record *r;
	bool moved;

	mutex_lock(&records_lock);
	r = find(dev);
	moved = r && r->moved;
	if (moved)
		*us = r->down_us;
	mutex_unlock(&records_lock);
	return moved;
}

/**
 * record_bars - remember what the BARs of a function ask for
 * @dev: function
 * @bars: PCI_STD_NUM_BARS of them
 *
 * Return: 0 or -ENOMEM.
 */
int record_bars(struct pci_dev *dev, const struct record_bar *bars)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = find_or_make(dev);
	if (r) {
		memcpy(r->bars, bars, sizeof(r->bars));
		r->sized = true;
	}
	mutex_unlock(&records_lock);
	return r ? 0 : -ENOMEM;
}

/**
 * record_bars_of - what the BARs of a function ask for
 * @dev: function
 * @bars: set to PCI_STD_NUM_BARS of them
 *
 * Return: false if that is not known; @bars are not set.
 */
bool record_bars_of(const struct pci_dev *dev, struct record_bar *bars)
{
	const struct record *r;
	bool sized;

	mutex_lock(&records_lock);
	r = find(dev);
	sized = r && r->sized;
	if (sized)
		memcpy(bars, r->bars, sizeof(r->bars));
	mutex_unlock(&records_lock);
	return sized;
}

/**
 * record_first_time - is it new that a search for room for a function ended so?
 * @dev: function
 * @error: how it ended
 *
 * Return: false if the last one ended so, too.
 */
bool record_first_time(struct pci_dev *dev, int error)
{
	struct record *r;
	bool first;

	mutex_lock(&records_lock);
	r = find_or_make(dev);
	first = !r || !r->sought || r->error != error;
	if (r) {
		r->error = error;
		r->sought = true;
	}
	mutex_unlock(&records_lock);
	return first;
}

/**
 * record_paths - remember whether only paths are missing for a function to find room
 * @dev: function
 * @lacks_paths: there would be room if NVMe controllers in use had other paths
 */
void record_paths(struct pci_dev *dev, bool lacks_paths)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = lacks_paths ? find_or_make(dev) : find(dev);
	if (r)
		r->lacks_paths = lacks_paths;
	mutex_unlock(&records_lock);
}

/**
 * record_paths_of - are only paths missing for a function to find room?
 * @dev: function
 *
 * Return: false also if that is not known.
 */
bool record_paths_of(const struct pci_dev *dev)
{
	const struct record *r;
	bool lacks_paths;

	mutex_lock(&records_lock);
	r = find(dev);
	lacks_paths = r && r->lacks_paths;
	mutex_unlock(&records_lock);
	return lacks_paths;
}

/**
 * record_forget - a function goes
 * @dev: function
 */
void record_forget(const struct pci_dev *dev)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = find(dev);
	if (r)
		xa_erase(&records, key_of(dev));
	mutex_unlock(&records_lock);
	kfree(r);
}

/**
 * record_exit - forget everything
 */
void record_exit(void)
{
	unsigned long at;
	struct record *r;

	xa_for_each(&records, at, r)
		kfree(r);
	xa_destroy(&records);
}
