// SPDX-License-Identifier: GPL-2.0
/*
 * bars.c - what the BARs of a function ask for
 *
 * PCI core forgets the size of a BAR for which it found no room. It is noted when the function
 * arrives, before that. A function that was there before has to be asked, by writing its BARs,
 * which is only done while nobody can be using it: without a driver, under its lock, not decoding.
 */
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "bars.h"
#include "registers.h"

/* Resources of BARs for which there was no room keep their flags or lose them. */
static bool has_place(const struct resource *res)
{
	return res->parent;
}

/**
 * bars_note - note what PCI core knows about a function that has just arrived
 * @dev: function, nothing of which has been given a place
 */
void bars_note(struct pci_dev *dev)
{
	struct record_bar bars[PCI_STD_NUM_BARS] = { };
	int i;

	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL || dev->is_virtfn)
		return;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const struct resource *res = &dev->resource[i];

		if (!(res->flags & IORESOURCE_MEM))
			continue;
		bars[i].bytes = resource_size(res);
		bars[i].flags = res->flags & ~IORESOURCE_UNSET;
	}
	record_bars(dev, bars);
}

static int ask(struct pci_dev *dev, struct record_bar *bars)
{
	u16 command;
	int i;

	if (dev->dev.driver)
		return -EBUSY;
	pci_read_config_word(dev, PCI_COMMAND, &command);
	if (command & PCI_COMMAND_MEMORY)
		return -EPERM;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const struct resource *res = &dev->resource[i];

		if (res->flags & IORESOURCE_MEM && resource_size(res) > 1) {
			bars[i].bytes = resource_size(res);
			bars[i].flags = res->flags & ~IORESOURCE_UNSET;
		} else if (!res->flags && !registers_size_bar(dev, i, &bars[i].bytes,
							      &bars[i].flags)) {
			bars[i] = (struct record_bar) { };
		}
		/* The second half of a 64-bit BAR is none of its own. */
		i += !!(bars[i].flags & IORESOURCE_MEM_64);
	}
	return 0;
}

/**
 * bars_learn - see to it that it is known what the BARs of a function ask for
 * @dev: function
 *
 * Context: process; the rescan lock is held, and the device's lock only tried.
 *
 * Return: 0; -EBUSY if it is not known and the function has a driver, or somebody holds its lock;
 * -EPERM if it decodes; -ENOMEM.
 */
int bars_learn(struct pci_dev *dev)
{
	struct record_bar bars[PCI_STD_NUM_BARS] = { };
	int error;

	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL || dev->is_virtfn || record_bars_of(dev, bars))
		return 0;
	if (!pci_dev_trylock(dev))
		return -EBUSY;
	pm_runtime_get_sync(&dev->dev);
	error = ask(dev, bars);
	pm_runtime_put(&dev->dev);
	pci_dev_unlock(dev);
	return error ? error : record_bars(dev, bars);
}

/**
 * bars_may_lack_room - does a register look like that of a BAR that PCI core has forgotten?
 * @dev: function
 *
 * Reading shows what kind of BAR it is, but for a 32-bit one, which looks like none.
 *
 * Context: process; rescan lock held. Writes no register.
 *
 * Return: true if so.
 */
bool bars_may_lack_room(struct pci_dev *dev)
{
	u32 low;
	int i;

	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL || dev->is_virtfn)
		return false;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const struct resource *res = &dev->resource[i];

		if (res->flags) {
			i += !!(res->flags & IORESOURCE_MEM_64);
			continue;
		}
		pci_read_config_dword(dev, PCI_BASE_ADDRESS_0 + 4 * i, &low);
		if (!PCI_POSSIBLE_ERROR(low) && low)
			return true;
	}
	return false;
}

/**
 * bars_lack_room - the first memory BAR of a function that has no place
 * @dev: function
 * @lacking: set to what it asks for
 * @resno: set to its number
 *
 * Context: process; rescan lock held. Touches no register.
 *
 * Return: false if there is none, as far as that is known.
 */
bool bars_lack_room(struct pci_dev *dev, struct record_bar *lacking, int *resno)
{
	struct record_bar bars[PCI_STD_NUM_BARS];
	int i;

	if (!record_bars_of(dev, bars))
		return false;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (!bars[i].bytes || has_place(&dev->resource[i]))
			continue;
		*lacking = bars[i];
		*resno = i;
		return true;
	}
	return false;
}
