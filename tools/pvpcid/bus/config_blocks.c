// SPDX-License-Identifier: GPL-2.0
/*
 * Config blocks: what a model and its driver tell each other beside BARs.
 */
#include <errno.h>

#include "bus/bus.h"
#include "bus/function.h"

static uint32_t status_of(int result)
{
	if (result >= 0)
		return PVPCI_STATUS_OK;
	return result == -EIO ? PVPCI_STATUS_IO : PVPCI_STATUS_RANGE;
}

uint32_t bus_read_block(void *context, struct pvpci_block *block)
{
	struct function *fn = bus_function(context, block->row, block->instance);
	int result;

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	if (!fn->ops->read_block)
		return PVPCI_STATUS_RANGE;
	result = fn->ops->read_block(fn->model, block->block, block->data, block->bytes);
	if (result >= 0)
		block->bytes = (unsigned int)result;
	return status_of(result);
}

uint32_t bus_write_block(void *context, struct pvpci_block *block)
{
	struct function *fn = bus_function(context, block->row, block->instance);

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	if (!fn->ops->write_block)
		return PVPCI_STATUS_RANGE;
	return status_of(fn->ops->write_block(fn->model, block->block, block->data,
					      block->bytes));
}

void function_invalidate_blocks(struct function *fn, uint64_t blocks)
{
	fn->invalid_blocks |= blocks;
	fn->bus->blocks_pending |= !!blocks;
}
