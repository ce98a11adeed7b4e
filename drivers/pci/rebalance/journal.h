/* SPDX-License-Identifier: GPL-2.0 */
/*
 * journal.h - every change of a move, made and remembered in one, so that it can be undone
 */
#ifndef PCI_REBALANCE_JOURNAL_H
#define PCI_REBALANCE_JOURNAL_H

#include <linux/types.h>

struct journal_entry;
struct pci_dev;
struct rebalance_owner;
struct resource;

/**
 * struct journal - what was changed so far
 * @entries: oldest first
 * @count: used
 * @max: allocated
 * @left: first function that could not be brought back, NULL if all were
 * @left_error: what it said
 * @stuck: it could not be stopped where it is now
 */
struct journal {
	struct journal_entry *entries;
	unsigned int count;
	unsigned int max;
	struct pci_dev *left;
	int left_error;
	bool stuck;
};

int journal_init(struct journal *j, unsigned int max);
void journal_free(struct journal *j);
void journal_undo(struct journal *j);

int journal_stop(struct journal *j, struct rebalance_owner *owner);
int journal_restart(struct journal *j, struct rebalance_owner *owner);
int journal_command(struct journal *j, struct pci_dev *dev, u16 clear, u16 set);
int journal_release(struct journal *j, struct pci_dev *dev, int resno);
int journal_claim(struct journal *j, struct pci_dev *dev, int resno, const struct resource *to);
int journal_adjust(struct journal *j, struct pci_dev *bridge, int resno, u64 start, u64 bytes);
int journal_resize(struct journal *j, struct pci_dev *dev, int resno, u64 bytes);
int journal_write_bar(struct journal *j, struct pci_dev *dev, int resno);
int journal_write_window(struct journal *j, struct pci_dev *bridge, int resno, u64 first,
			 u64 bytes);

#endif
