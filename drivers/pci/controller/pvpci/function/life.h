/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a function, and what the host was told of it.
 */
#ifndef _PVPCI_LIFE_H
#define _PVPCI_LIFE_H

#include <linux/types.h>

struct pvpci_fn;

/**
 * enum pvpci_life - where a function stands
 * @PVPCI_LIFE_NEW: known here; its BARs have no place, PCI core never saw it
 * @PVPCI_LIFE_PLACED: the host knows where its BARs are; PCI core discovers it, or
 *	may: memory-enable is answered here and the host is not told
 * @PVPCI_LIFE_HIDDEN: the user has removed it from PCI core, which may discover it
 *	once more; detached, and the same
 * @PVPCI_LIFE_LIVE: discovery and assignment are over: the host hears of every edge
 * @PVPCI_LIFE_LEAVING: on its way out in good order
 * @PVPCI_LIFE_DEAD: gone without asking: reads all-ones
 * @PVPCI_LIFE_COUNT: how many there are
 */
enum pvpci_life {
	PVPCI_LIFE_NEW,
	PVPCI_LIFE_PLACED,
	PVPCI_LIFE_HIDDEN,
	PVPCI_LIFE_LIVE,
	PVPCI_LIFE_LEAVING,
	PVPCI_LIFE_DEAD,
	PVPCI_LIFE_COUNT,
};

/**
 * enum pvpci_told - what the host was told of what became of a function
 * @PVPCI_TOLD_NOTHING: nothing yet
 * @PVPCI_TOLD_OUTCOME: an outcome, pvpci_fn.outcome
 * @PVPCI_TOLD_SEARCHING: that there is no room yet, but that pci_rebalance looks for
 *	some; pvpci_fn.outcome is true of it if it finds some
 * @PVPCI_TOLD_FORGOTTEN: something, but it knows that no more
 * @PVPCI_TOLD_COUNT: how many there are
 */
enum pvpci_told {
	PVPCI_TOLD_NOTHING,
	PVPCI_TOLD_OUTCOME,
	PVPCI_TOLD_SEARCHING,
	PVPCI_TOLD_FORGOTTEN,
	PVPCI_TOLD_COUNT,
};

const char *pvpci_life_name(enum pvpci_life life);
bool pvpci_life_allowed(enum pvpci_life from, enum pvpci_life to);
enum pvpci_life pvpci_life(const struct pvpci_fn *fn);
bool pvpci_life_set(struct pvpci_fn *fn, enum pvpci_life to);
bool pvpci_life_settles(const struct pvpci_fn *fn);
bool pvpci_life_is_going(const struct pvpci_fn *fn);

const char *pvpci_told_name(enum pvpci_told told);
bool pvpci_told_allowed(enum pvpci_told from, enum pvpci_told to);
bool pvpci_told_set(struct pvpci_fn *fn, enum pvpci_told to);

#endif /* _PVPCI_LIFE_H */
