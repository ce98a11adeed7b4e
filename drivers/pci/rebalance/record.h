/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - what is remembered about a function
 */
#ifndef PCI_REBALANCE_RECORD_H
#define PCI_REBALANCE_RECORD_H

#include <linux/bits.h>
#include <linux/types.h>

struct pci_dev;
struct seq_buf;

/* What the user allowed for one function. */
enum rebalance_consent {
	REBALANCE_CONSENT_NONE,
	REBALANCE_CONSENT_MOVE,		/* unbind its driver if it is not in use */
	REBALANCE_CONSENT_IN_USE,	/* even if it is in use */
};

/* Its driver has the kernel's callbacks for moves, but they do not serve for it. */
#define RECORD_STAYS		BIT(0)
/* There would be room for it if NVMe controllers in use had other paths. */
#define RECORD_LACKS_PATHS	BIT(1)

/**
 * struct record_bar - what one BAR asks for
 * @bytes: its size, 0 if it is no memory BAR
 * @flags: of its resource
 */
struct record_bar {
	u64 bytes;
	unsigned long flags;
};

int record_consent(struct pci_dev *dev, enum rebalance_consent consent);
enum rebalance_consent record_consent_of(const struct pci_dev *dev);
void record_show(struct seq_buf *text);
void record_down(struct pci_dev *dev, u64 us);
bool record_down_of(const struct pci_dev *dev, u64 *us);
int record_bars(struct pci_dev *dev, const struct record_bar *bars);
bool record_bars_of(const struct pci_dev *dev, struct record_bar *bars);
void record_fact(struct pci_dev *dev, unsigned int fact, bool is_true);
bool record_fact_of(const struct pci_dev *dev, unsigned int fact);
bool record_first_time(struct pci_dev *dev, int error);
void record_forget(const struct pci_dev *dev);
void record_exit(void);

#endif
