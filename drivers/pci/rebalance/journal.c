// SPDX-License-Identifier: GPL-2.0
/*
 * journal.c - make a change, remember how to undo it
 *
 * The kinds of change are few and each is undone by one like it, so that undoing the journal from
 * its end restores the exact former layout: resource tree, registers, memory-enable, drivers.
 * The parameter fail_at makes one of the changes fail, to prove that.
 */
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "journal.h"
#include "owner.h"
#include "registers.h"
#include "resize.h"

static int fail_at;
module_param(fail_at, int, 0600);
MODULE_PARM_DESC(fail_at, "for tests: let the n-th change of every move fail (0: none)");

enum journal_kind {
	JOURNAL_STOPPED,	/* an owner was stopped */
	JOURNAL_RESTARTED,	/* and restarted */
	JOURNAL_COMMAND,	/* a command register was written */
	JOURNAL_TREE,		/* a resource was released or claimed */
	JOURNAL_ADJUSTED,	/* a window changed around its contents */
	JOURNAL_REGISTERS,	/* a BAR or window was written */
	JOURNAL_RESIZED,	/* a BAR got another size */
};

/**
 * struct journal_entry - one change
 * @kind: what was done
 * @owner: for STOPPED and RESTARTED
 * @dev: function or bridge
 * @resno: its resource
 * @was: the resource before
 * @values: the registers before
 * @command: the command register before
 */
struct journal_entry {
	enum journal_kind kind;
	struct rebalance_owner *owner;
	struct pci_dev *dev;
	int resno;
	struct resource was;
	u32 values[3];
	u16 command;
};

/**
 * journal_init - start a journal
 * @j: journal
 * @max: changes that it must hold
 *
 * Return: 0 or -ENOMEM.
 */
int journal_init(struct journal *j, unsigned int max)
{
	j->entries = kvcalloc(max, sizeof(*j->entries), GFP_KERNEL);
	j->count = 0;
	j->max = max;
	return j->entries ? 0 : -ENOMEM;
}

/**
 * journal_free - forget a journal
 * @j: journal
 */
void journal_free(struct journal *j)
{
	kvfree(j->entries);
}

/* The next entry; NULL if the change shall fail instead. */
static struct journal_entry *next(struct journal *j, enum journal_kind kind, struct pci_dev *dev,
				  int resno)
{
	struct journal_entry *e;

	if (WARN_ON_ONCE(j->count == j->max))
		return NULL;
	if (fail_at > 0 && j->count + 1 == fail_at) {
		pci_info(dev, "rebalance: change %d fails on request\n", fail_at);
		return NULL;
	}
	e = &j->entries[j->count++];
	e->kind = kind;
	e->dev = dev;
	e->resno = resno;
	return e;
}

/* The state that core restores after a reset must be that of the new place. */
static void save_config(struct pci_dev *dev)
{
	bool saved = dev->state_saved;

	pci_save_state(dev);
	dev->state_saved = saved;
}

/**
 * journal_stop - stop an owner
 * @j: journal
 * @owner: asked
 *
 * Return: 0 or a negative errno, as for all that follow.
 */
int journal_stop(struct journal *j, struct rebalance_owner *owner)
{
	struct journal_entry *e = next(j, JOURNAL_STOPPED, owner->dev, 0);

	if (!e)
		return -EIO;
	e->owner = owner;
	return owner_stop(owner);
}

/**
 * journal_restart - restart an owner
 * @j: journal
 * @owner: stopped
 */
int journal_restart(struct journal *j, struct rebalance_owner *owner)
{
	struct journal_entry *e = next(j, JOURNAL_RESTARTED, owner->dev, 0);

	if (!e)
		return -EIO;
	e->owner = owner;
	return owner_restart(owner);
}

/**
 * journal_command - clear and set bits of the command register
 * @j: journal
 * @dev: function
 * @clear: bits to clear
 * @set: bits to set
 */
int journal_command(struct journal *j, struct pci_dev *dev, u16 clear, u16 set)
{
	struct journal_entry *e = next(j, JOURNAL_COMMAND, dev, 0);
	u16 check;

	if (!e)
		return -EIO;
	pci_read_config_word(dev, PCI_COMMAND, &e->command);
	pci_write_config_word(dev, PCI_COMMAND, (e->command & ~clear) | set);
	pci_read_config_word(dev, PCI_COMMAND, &check);
	save_config(dev);
	return check == ((e->command & ~clear) | set) ? 0 : -EIO;
}

/*
 * Take user mappings away: claiming a range makes the core unmap it. From the release on the
 * resource is empty until it has its new place, so resourceN files refuse new mappings.
 */
static void revoke(struct resource *res)
{
	if (!res->child && request_mem_region(res->start, resource_size(res), "pci_rebalance"))
		release_mem_region(res->start, resource_size(res));
}

/**
 * journal_release - take a resource out of the tree
 * @j: journal
 * @dev: function with memory-enable clear, or bridge whose window is closed and empty
 * @resno: BAR, ROM or window
 *
 * Return: -EBUSY if somebody has claimed a part of it: the claim would be lost.
 */
int journal_release(struct journal *j, struct pci_dev *dev, int resno)
{
	struct journal_entry *e = next(j, JOURNAL_TREE, dev, resno);
	struct resource *res = &dev->resource[resno];
	int error;

	if (!e)
		return -EIO;
	e->was = *res;
	if (!pci_is_bridge(dev))
		revoke(res);
	if (res->child)
		return -EBUSY;
	error = release_resource(res);
	if (!error)
		*res = (struct resource) { .name = res->name, .flags = res->flags };
	return error;
}

static int claim(struct pci_dev *dev, struct resource *res)
{
	struct resource *parent = pci_find_parent_resource(dev, res);

	if (!parent)
		return -ENOSPC;
	return request_resource(parent, res);
}

/**
 * journal_claim - put a resource into the tree at its new place
 * @j: journal
 * @dev: function or bridge
 * @resno: BAR, ROM or window, not in the tree
 * @to: new start, end and flags; an empty one closes a window
 */
int journal_claim(struct journal *j, struct pci_dev *dev, int resno, const struct resource *to)
{
	struct journal_entry *e = next(j, JOURNAL_TREE, dev, resno);
	struct resource *res = &dev->resource[resno];

	if (!e)
		return -EIO;
	e->was = *res;
	res->start = to->start;
	res->end = to->end;
	res->flags = to->flags & ~IORESOURCE_UNSET;
	return to->flags ? claim(dev, res) : 0;
}

/**
 * journal_adjust - change a window around what stays in it
 * @j: journal
 * @bridge: bridge
 * @resno: window
 * @start: new start
 * @bytes: new size
 */
int journal_adjust(struct journal *j, struct pci_dev *bridge, int resno, u64 start, u64 bytes)
{
	struct journal_entry *e = next(j, JOURNAL_ADJUSTED, bridge, resno);

	if (!e)
		return -EIO;
	e->was = bridge->resource[resno];
	return adjust_resource(&bridge->resource[resno], start, bytes);
}

/**
 * journal_resize - give a resizable BAR another size
 * @j: journal
 * @dev: function with memory-enable clear
 * @resno: BAR, not in the tree
 * @bytes: size that it offers
 */
int journal_resize(struct journal *j, struct pci_dev *dev, int resno, u64 bytes)
{
	struct journal_entry *e = next(j, JOURNAL_RESIZED, dev, resno);

	if (!e)
		return -EIO;
	e->values[0] = resize_read(dev, resno);
	return resize_write(dev, resno, resize_control(e->values[0], bytes));
}

/**
 * journal_write_bar - write the register of a claimed BAR and read it back
 * @j: journal
 * @dev: function with memory-enable clear
 * @resno: BAR or ROM
 */
int journal_write_bar(struct journal *j, struct pci_dev *dev, int resno)
{
	struct journal_entry *e = next(j, JOURNAL_REGISTERS, dev, resno);

	if (!e)
		return -EIO;
	e->was = dev->resource[resno];
	registers_read(dev, resno, e->values);
	return registers_write_bar(dev, resno);
}

/**
 * journal_write_window - write the registers of a window and read them back
 * @j: journal
 * @bridge: bridge
 * @resno: window
 * @first: first bus address
 * @bytes: size, 0 to close it
 */
int journal_write_window(struct journal *j, struct pci_dev *bridge, int resno, u64 first, u64 bytes)
{
	struct journal_entry *e = next(j, JOURNAL_REGISTERS, bridge, resno);
	int error;

	if (!e)
		return -EIO;
	e->was = bridge->resource[resno];
	registers_read(bridge, resno, e->values);
	error = registers_write_window(bridge, resno, first, bytes);
	save_config(bridge);
	return error;
}

static int undo_tree(struct journal_entry *e)
{
	struct resource *res = &e->dev->resource[e->resno];

	/* It was not released at all. */
	if (res->parent && res->parent == e->was.parent && res->start == e->was.start)
		return 0;
	if (res->parent)
		release_resource(res);
	res->start = e->was.start;
	res->end = e->was.end;
	res->flags = e->was.flags;
	return e->was.parent ? request_resource(e->was.parent, res) : 0;
}

static int undo_registers(struct journal_entry *e)
{
	struct resource *res = &e->dev->resource[e->resno];
	unsigned long now = res->flags;

	/* The flags tell how many registers there are. */
	res->flags = e->was.flags;
	registers_write(e->dev, e->resno, e->values);
	res->flags = now;
	save_config(e->dev);
	return 0;
}

static int undo(struct journal_entry *e)
{
	switch (e->kind) {
	case JOURNAL_STOPPED:
		return owner_restart(e->owner);
	case JOURNAL_RESTARTED:
		return owner_stop_again(e->owner);
	case JOURNAL_COMMAND:
		pci_write_config_word(e->dev, PCI_COMMAND, e->command);
		save_config(e->dev);
		return 0;
	case JOURNAL_TREE:
		return undo_tree(e);
	case JOURNAL_ADJUSTED:
		return adjust_resource(&e->dev->resource[e->resno], e->was.start,
				       resource_size(&e->was));
	case JOURNAL_REGISTERS:
		return undo_registers(e);
	case JOURNAL_RESIZED:
		return resize_write(e->dev, e->resno, e->values[0]);
	}
	return -EINVAL;
}

/**
 * journal_undo - restore the exact former layout
 * @j: journal; its @left, @left_error and @stuck are set
 *
 * Nothing can take the old places meanwhile, since the rescan lock is held. What still fails (a
 * driver that does not bind any more, a device that is gone) is said and the rest is undone. But
 * where a function that works at its new place cannot be stopped again, all stays as it is then:
 * what it uses is not taken from it, and whoever is still stopped is restarted where he is now.
 */
void journal_undo(struct journal *j)
{
	j->left = NULL;
	j->stuck = false;
	while (j->count) {
		struct journal_entry *e = &j->entries[--j->count];
		int error;

		if (j->stuck && (e->kind != JOURNAL_STOPPED || !e->owner->stopped))
			continue;
		error = undo(e);
		if (!error)
			continue;
		pci_err(e->dev, "rebalance: cannot undo change %u: %d\n", j->count + 1, error);
		if (e->kind == JOURNAL_RESTARTED) {
			/* It was not stopped at all. */
			e->owner->stopped = false;
			j->stuck = true;
		}
		if (!j->left) {
			j->left = e->dev;
			j->left_error = error;
		}
	}
}
