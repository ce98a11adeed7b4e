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
 * @facts: RECORD_*
 * @moved: @down_us is meant
 * @sized: @bars are known
 * @sought: @error is meant
 */
struct record {
	const struct pci_dev *dev;
	enum rebalance_consent consent;
	u64 down_us;
	struct record_bar bars[PCI_STD_NUM_BARS];
	int error;
	unsigned int facts;
	bool moved;
	bool sized;
	bool sought;
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
 * record_fact - remember whether something is true of a function
 * @dev: function
 * @fact: RECORD_*
 * @is_true: until it is said to be otherwise
 */
void record_fact(struct pci_dev *dev, unsigned int fact, bool is_true)
{
	struct record *r;

	mutex_lock(&records_lock);
	r = is_true ? find_or_make(dev) : find(dev);
	if (r && is_true)
		r->facts |= fact;
	else if (r)
		r->facts &= ~fact;
	mutex_unlock(&records_lock);
}

/**
 * record_fact_of - is it true?
 * @dev: function
 * @fact: RECORD_*
 *
 * Return: false also if that is not known.
 */
bool record_fact_of(const struct pci_dev *dev, unsigned int fact)
{
	const struct record *r;
	bool is_true;

	mutex_lock(&records_lock);
	r = find(dev);
	is_true = r && r->facts & fact;
	mutex_unlock(&records_lock);
	return is_true;
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
