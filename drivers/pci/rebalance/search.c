// SPDX-License-Identifier: GPL-2.0
/*
 * search.c - is room being sought, and who waits for the end of it
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-rebalance.h>

#include "bars.h"
#include "search.h"

/*
 * Protects what follows, and is held while those who wait are told. Taken under the rescan lock, or
 * alone.
 */
static DEFINE_MUTEX(search_lock);
static LIST_HEAD(waiting);
/* Reasons to look for room that were not looked into to their end. */
static unsigned int reasons;

/**
 * pci_rebalance_is_seeking - is room being made for functions that found none?
 *
 * Once it is not, drivers have looked at those that were found before.
 *
 * Context: process.
 *
 * Return: whether some may still get theirs.
 */
bool pci_rebalance_is_seeking(void)
{
	bool seeking;

	mutex_lock(&search_lock);
	seeking = reasons;
	mutex_unlock(&search_lock);
	return seeking;
}
EXPORT_SYMBOL_GPL(pci_rebalance_is_seeking);

/**
 * pci_rebalance_await - be told when room is not being sought any more
 * @search: its @dev and @over are set, and stay as they are until then
 *
 * Context: process; the rescan lock may be held.
 *
 * Return: false if it is not being sought: @search->over is not called.
 */
bool pci_rebalance_await(struct pci_rebalance_search *search)
{
	bool seeking;

	mutex_lock(&search_lock);
	seeking = reasons;
	if (seeking)
		list_add_tail(&search->entry, &waiting);
	mutex_unlock(&search_lock);
	return seeking;
}
EXPORT_SYMBOL_GPL(pci_rebalance_await);

/**
 * pci_rebalance_forget - do not wait any more
 * @search: given to pci_rebalance_await(), which returned true
 *
 * Context: process; the rescan lock may be held. Not from @search->over.
 *
 * Return: true if @search->over was not called and will not be; false if it has returned.
 */
bool pci_rebalance_forget(struct pci_rebalance_search *search)
{
	bool waits;

	mutex_lock(&search_lock);
	waits = !list_empty(&search->entry);
	list_del_init(&search->entry);
	mutex_unlock(&search_lock);
	return waits;
}
EXPORT_SYMBOL_GPL(pci_rebalance_forget);

static void tell(void)
{
	struct pci_rebalance_search *search, *next;
	struct record_bar bar;
	int resno;

	list_for_each_entry_safe(search, next, &waiting, entry) {
		list_del_init(&search->entry);
		search->over(search, !search->dev || !bars_lack_room(search->dev, &bar, &resno));
	}
}

/**
 * search_begin - there is a reason to look for room
 *
 * Context: process; the rescan lock may be held.
 */
void search_begin(void)
{
	mutex_lock(&search_lock);
	reasons++;
	mutex_unlock(&search_lock);
}

/**
 * search_announced - reasons so far
 *
 * Return: their number, for search_end().
 */
unsigned int search_announced(void)
{
	unsigned int count;

	mutex_lock(&search_lock);
	count = reasons;
	mutex_unlock(&search_lock);
	return count;
}

/**
 * search_end - all functions have been looked at
 * @announced: from search_announced(), before that
 *
 * Whoever waits is told when there are no reasons left.
 *
 * Context: process; takes the rescan lock.
 *
 * Return: true if there are others.
 */
bool search_end(unsigned int announced)
{
	bool more;

	pci_lock_rescan_remove();
	mutex_lock(&search_lock);
	reasons -= announced;
	more = reasons;
	if (!more)
		tell();
	mutex_unlock(&search_lock);
	pci_unlock_rescan_remove();
	return more;
}

/**
 * search_exit - nobody looks any more
 *
 * Nobody waits: who does holds the module.
 */
void search_exit(void)
{
	reasons = 0;
}
