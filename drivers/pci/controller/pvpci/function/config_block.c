// SPDX-License-Identifier: GPL-2.0
/*
 * Config blocks: what a function's driver and its model tell each other
 * beside the BARs.
 *
 * Invalidations only take note, so any number of them becomes one call.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "core/bus.h"
#include "function/config.h"
#include "function/config_block.h"
#include "function/function.h"
#include "wire/proto.h"

/* Our function behind PCI core's, with a reference, or an error pointer. */
static struct pvpci_fn *function_of(struct pci_dev *pdev)
{
	struct pvpci_bus *bus;
	struct pvpci_fn *fn;

	if (pdev->bus->ops != &pvpci_config_ops)
		return ERR_PTR(-ENODEV);
	bus = pvpci_bus_of(pdev->bus);
	if (!(bus->wire.features & PVPCI_F_BLOCKS))
		return ERR_PTR(-EOPNOTSUPP);
	fn = pvpci_function_get(bus, pdev->devfn);
	return fn ?: ERR_PTR(-ENODEV);
}

static int ask(struct pci_dev *pdev, struct pvpci_msg_block *msg, unsigned int block,
	       size_t bytes)
{
	struct pvpci_fn *fn;
	int ret = -ENODEV;

	if (block >= PVPCI_NUM_BLOCKS || bytes > PVPCI_BLOCK_BYTES)
		return -EINVAL;
	fn = function_of(pdev);
	if (IS_ERR(fn))
		return PTR_ERR(fn);
	msg->row = cpu_to_le32(fn->row);
	msg->instance = cpu_to_le32(fn->info.instance);
	msg->block = cpu_to_le16(block);
	msg->bytes = cpu_to_le16(bytes);
	if (pvpci_life(fn) != PVPCI_LIFE_DEAD && pvpci_state_answers(fn->bus))
		ret = pvpci_proto_ask(&fn->bus->wire, &msg->msg, sizeof(*msg), PVPCI_STATUS_RANGE);
	pvpci_function_put(fn);
	return ret;
}

/**
 * pvpci_read_config_block - read a config block of a function
 * @pdev: the function
 * @block: 0 to PVPCI_NUM_BLOCKS - 1
 * @data: filled
 * @bytes: length of @data, to PVPCI_BLOCK_BYTES
 *
 * Context: process context, waits for the host.
 * Return: bytes that there are, at most @bytes; -ENODEV on another bus or when
 * the function is gone, -EOPNOTSUPP when the host knows no blocks, -ERANGE when
 * the function has no such block, -EINVAL, -EIO, -ETIMEDOUT.
 */
int pvpci_read_config_block(struct pci_dev *pdev, unsigned int block, void *data, size_t bytes)
{
	struct pvpci_msg_block msg = { .msg.type = cpu_to_le16(PVPCI_MSG_READ_BLOCK) };
	int ret = ask(pdev, &msg, block, bytes);

	if (ret)
		return ret;
	bytes = min_t(size_t, bytes, le16_to_cpu(msg.bytes));
	memcpy(data, msg.data, bytes);
	return bytes;
}
EXPORT_SYMBOL_GPL(pvpci_read_config_block);

/**
 * pvpci_write_config_block - write a config block of a function
 * @pdev: the function
 * @block: 0 to PVPCI_NUM_BLOCKS - 1
 * @data: new content
 * @bytes: length of it, to PVPCI_BLOCK_BYTES
 *
 * Context: process context, waits for the host.
 * Return: 0, or an errno as pvpci_read_config_block().
 */
int pvpci_write_config_block(struct pci_dev *pdev, unsigned int block, const void *data,
			     size_t bytes)
{
	struct pvpci_msg_block msg = { .msg.type = cpu_to_le16(PVPCI_MSG_WRITE_BLOCK) };

	memcpy(msg.data, data, min_t(size_t, bytes, PVPCI_BLOCK_BYTES));
	return ask(pdev, &msg, block, bytes);
}
EXPORT_SYMBOL_GPL(pvpci_write_config_block);

static int listen(struct pci_dev *pdev, pvpci_block_invalidate invalidate, void *context)
{
	struct pvpci_fn *fn = function_of(pdev);
	int ret = 0;

	if (IS_ERR(fn))
		return PTR_ERR(fn);
	mutex_lock(&fn->listener.lock);
	if (invalidate && fn->listener.invalidate) {
		ret = -EBUSY;
	} else {
		fn->listener.invalidate = invalidate;
		fn->listener.context = context;
	}
	mutex_unlock(&fn->listener.lock);
	pvpci_function_put(fn);
	return ret;
}

/**
 * pvpci_register_block_invalidate - hear of config blocks that change
 * @pdev: the function
 * @invalidate: called, for several changes at once
 * @context: its argument
 *
 * Context: process context.
 * Return: 0; -EBUSY when somebody is registered; -ENODEV, -EOPNOTSUPP.
 */
int pvpci_register_block_invalidate(struct pci_dev *pdev, pvpci_block_invalidate invalidate,
				    void *context)
{
	return listen(pdev, invalidate, context);
}
EXPORT_SYMBOL_GPL(pvpci_register_block_invalidate);

/**
 * pvpci_unregister_block_invalidate - hear of them no more
 * @pdev: the function, registered or not
 *
 * Context: process context; waits for a call that is under way.
 */
void pvpci_unregister_block_invalidate(struct pci_dev *pdev)
{
	listen(pdev, NULL, NULL);
}
EXPORT_SYMBOL_GPL(pvpci_unregister_block_invalidate);

static u64 take(struct pvpci_fn *fn)
{
	struct pvpci_config_blocks *blocks = fn->bus->blocks;
	unsigned long flags;
	u64 invalid = 0;

	raw_spin_lock_irqsave(&blocks->lock, flags);
	if (blocks->instance[fn->row] == fn->info.instance)
		swap(invalid, blocks->invalid[fn->row]);
	raw_spin_unlock_irqrestore(&blocks->lock, flags);
	return invalid;
}

static void tell(struct pvpci_fn *fn)
{
	u64 invalid = take(fn);

	if (!invalid)
		return;
	mutex_lock(&fn->listener.lock);
	if (fn->listener.invalidate)
		fn->listener.invalidate(fn->listener.context, invalid);
	mutex_unlock(&fn->listener.lock);
}

static void work(struct work_struct *work)
{
	struct pvpci_bus *bus = container_of(work, struct pvpci_config_blocks, work)->bus;
	struct pvpci_fn *fn;
	unsigned int devfn;

	/* Drivers rest, too: they are told when the machine is up again. */
	for (devfn = 0; devfn < PVPCI_MAX_FUNCTIONS && !READ_ONCE(bus->asleep); devfn++) {
		fn = pvpci_function_get(bus, devfn);
		if (!fn)
			continue;
		tell(fn);
		pvpci_function_put(fn);
	}
}

/**
 * pvpci_config_blocks_event - the host says that config blocks have other content
 * @bus: the bus
 * @msg: PVPCI_MSG_INVALIDATE_BLOCKS, checked for its length
 *
 * Context: any, with pvpci_requests.lock held.
 */
void pvpci_config_blocks_event(struct pvpci_bus *bus, const struct pvpci_msg *msg)
{
	const struct pvpci_msg_invalidate_blocks *event =
		container_of(msg, const struct pvpci_msg_invalidate_blocks, msg);
	struct pvpci_config_blocks *blocks = bus->blocks;
	u32 instance = le32_to_cpu(event->instance), row = le32_to_cpu(event->row);

	/* A row that does not exist, or a feature that was not agreed: nobody listens. */
	if (row >= bus->wire.layout.nr_functions || !(bus->wire.features & PVPCI_F_BLOCKS))
		return;
	raw_spin_lock(&blocks->lock);
	if (blocks->instance[row] != instance)
		blocks->invalid[row] = 0;
	blocks->instance[row] = instance;
	blocks->invalid[row] |= le64_to_cpu(event->blocks);
	raw_spin_unlock(&blocks->lock);
	if (!READ_ONCE(bus->removing))
		queue_work(system_unbound_wq, &blocks->work);
}

/**
 * pvpci_config_blocks_init - prepare
 * @bus: the bus
 */
void pvpci_config_blocks_init(struct pvpci_bus *bus)
{
	bus->blocks->bus = bus;
	raw_spin_lock_init(&bus->blocks->lock);
	INIT_WORK(&bus->blocks->work, work);
}

/**
 * pvpci_config_blocks_stop - no driver is told any more
 * @bus: with pvpci_bus.removing set
 *
 * Context: process context; PCI core's rescan lock may be held.
 */
void pvpci_config_blocks_stop(struct pvpci_bus *bus)
{
	cancel_work_sync(&bus->blocks->work);
}

/**
 * pvpci_config_blocks_go_on - drivers are told again, also of what has come meanwhile
 * @bus: after pvpci_config_blocks_stop()
 *
 * Context: any.
 */
void pvpci_config_blocks_go_on(struct pvpci_bus *bus)
{
	queue_work(system_unbound_wq, &bus->blocks->work);
}
