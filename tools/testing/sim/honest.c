// SPDX-License-Identifier: GPL-2.0
/*
 * What an honest host answers. It watches the guest too: a guest that breaks
 * the rules because its host does is found out here.
 */
#include <string.h>

#include <linux/pvpci_testdev.h>

#include "base/error.h"
#include "liar.h"
#include "shm.h"

static bool present(const struct liar *liar, unsigned int row)
{
	return le32toh(liar->row[row].flags) & PVPCI_FN_PRESENT;
}

static bool placed(const struct liar *liar, unsigned int row, unsigned int bar, uint64_t offset)
{
	uint64_t bytes = le64toh(liar->row[row].bar[bar].bytes);

	return bytes && offset != PVPCI_BAR_UNASSIGNED && !(offset & (bytes - 1)) &&
	       offset < LIAR_APERTURE_BYTES && bytes <= LIAR_APERTURE_BYTES - offset;
}

static void detach(struct liar *liar, unsigned int row)
{
	liar->attached[row] = false;
}

static uint32_t d0_entry(void *context, uint32_t nr_vectors, bool again)
{
	struct liar *liar = context;
	unsigned int i;

	for (i = 0; again && i < LIAR_ROWS; i++)
		detach(liar, i);
	liar->bus.nr_vectors = nr_vectors;
	return PVPCI_STATUS_OK;
}

static uint32_t d0_exit(void *context)
{
	struct liar *liar = context;
	unsigned int i;

	for (i = 0; i < LIAR_ROWS; i++)
		detach(liar, i);
	return PVPCI_STATUS_OK;
}

static void relations(void *context, uint32_t *seq, uint32_t *count)
{
	struct liar *liar = context;
	unsigned int i;

	*seq = liar->seq;
	*count = 0;
	for (i = 0; i < LIAR_ROWS; i++)
		*count += present(liar, i);
}

static void needs(void *context, uint64_t *need32, uint64_t *need64)
{
	struct liar *liar = context;
	unsigned int i, b;

	*need32 = 0;
	*need64 = 0;
	for (i = 0; i < LIAR_ROWS; i++)
		for (b = 0; present(liar, i) && b < PVPCI_NUM_BARS; b++) {
			const struct pvpci_bar *bar = &liar->row[i].bar[b];

			if (le32toh(bar->flags) & PVPCI_BAR_MEM64)
				*need64 += le64toh(bar->bytes);
			else
				*need32 += le64toh(bar->bytes);
		}
}

/* Rows that a fault has changed are not as the guest was told: no opinion on those. */
static uint32_t assigned(void *context, struct pvpci_resources *resources)
{
	struct liar *liar = context;
	struct pvpci_assigned *table = bus_area(&liar->bus, PVPCI_AREA_ASSIGNED);
	unsigned int i;

	for (i = resources->first; i < resources->first + resources->count; i++) {
		uint32_t instance = shm_load32(&table[i].instance);

		if (!instance || instance == le32toh(liar->row[i].instance))
			continue;
		resources->fault = i;
		return PVPCI_STATUS_FUNCTION;
	}
	return PVPCI_STATUS_OK;
}

static uint32_t released(void *context, struct pvpci_resources *resources)
{
	(void)context;
	(void)resources;
	return PVPCI_STATUS_OK;
}

void honest_attach(struct liar *liar, unsigned int row, unsigned int bar, uint64_t offset)
{
	struct pvpci_testdev_regs *regs = (void *)bus_aperture(&liar->bus, offset);

	memset(regs, 0, le64toh(liar->row[row].bar[bar].bytes));
	if (!bar)
		regs->magic = htole32(PVPCI_TESTDEV_MAGIC);
}

static uint32_t commit(void *context, struct pvpci_commit *commit)
{
	struct liar *liar = context;
	bool enable = commit->command & 0x2;
	unsigned int b;

	commit->host_ns = 1000;
	if (!present(liar, commit->row) ||
	    commit->instance != le32toh(liar->row[commit->row].instance))
		return PVPCI_STATUS_FUNCTION;
	for (b = 0; b < PVPCI_NUM_BARS; b++) {
		if (!placed(liar, commit->row, b, commit->offset[b]))
			continue;
		if (enable)
			honest_attach(liar, commit->row, b, commit->offset[b]);
		else
			memset(bus_aperture(&liar->bus, commit->offset[b]), 0xff,
			       le64toh(liar->row[commit->row].bar[b].bytes));
	}
	liar->attached[commit->row] = enable;
	return PVPCI_STATUS_OK;
}

static uint32_t dma_probe(void *context, uint64_t address, uint64_t *value)
{
	struct liar *liar = context;
	struct error err;
	void *at;

	if (!liar->bus.dma.count && dma_configured(&liar->conf.memory) &&
	    dma_map(&liar->bus.dma, &liar->conf.memory, liar->bus.peer, &err)) {
		log_warning("%s", err.text);
		return PVPCI_STATUS_RANGE;
	}
	at = address & 7 ? NULL : dma_at(&liar->bus.dma, address, sizeof(*value));
	if (!at)
		return PVPCI_STATUS_RANGE;
	memcpy(value, at, sizeof(*value));
	return PVPCI_STATUS_OK;
}

/* It has all memory in one file, and believes what it is told. */
static uint32_t memory(void *context, struct pvpci_memory *memory)
{
	struct liar *liar = context;

	if (liar->fault->act != ACT_CRUMBS || memory->what == PVPCI_MEMORY_GONE)
		return PVPCI_STATUS_OK;
	if (memory->what == PVPCI_MEMORY_MARKED)
		memory->address = memory->at;
	if (memory->bytes > 4096)
		memory->bytes = 4096;
	return PVPCI_STATUS_OK;
}

static uint32_t aperture_probe(void *context, uint64_t *offset, uint64_t *value)
{
	struct liar *liar = context;
	__le64 *at;

	if (*offset == PVPCI_BAR_UNASSIGNED) {
		*offset = 0;
		return PVPCI_STATUS_OK;
	}
	if (*offset & 7 || *offset >= liar->bus.layout.want.aperture_bytes)
		return PVPCI_STATUS_RANGE;
	at = (__le64 *)bus_aperture(&liar->bus, *offset);
	*value = shm_load64(at);
	/* As one does that has died once meanwhile. */
	if (liar->fault->act == ACT_REDONE)
		*value = ~*value;
	/* One that does not reach the guest. */
	if (liar->fault->act != ACT_UNSEEN)
		shm_store64(at, ~*value);
	return PVPCI_STATUS_OK;
}

static uint32_t eject_complete(void *context, uint32_t row, uint32_t instance, uint32_t result)
{
	struct liar *liar = context;

	if (!present(liar, row) || instance != le32toh(liar->row[row].instance))
		return PVPCI_STATUS_FUNCTION;
	if (result)
		return PVPCI_STATUS_OK;
	detach(liar, row);
	liar->row[row].flags = 0;
	liar_publish_row(liar, row);
	liar->seq++;
	return PVPCI_STATUS_OK;
}

static bool same(const struct liar *liar, uint32_t row, uint32_t instance)
{
	return present(liar, row) && instance == le32toh(liar->row[row].instance);
}

static uint32_t read_block(void *context, struct pvpci_block *block)
{
	return same(context, block->row, block->instance) ? PVPCI_STATUS_RANGE :
							    PVPCI_STATUS_FUNCTION;
}

/* What it does to BARs is all that an idle testdev has of reset and power. */
static uint32_t change(void *context, struct pvpci_change *change)
{
	if (!same(context, change->row, change->instance))
		return PVPCI_STATUS_FUNCTION;
	detach(context, change->row);
	return PVPCI_STATUS_OK;
}

static uint32_t outcome(void *context, const struct pvpci_outcome *outcome)
{
	return same(context, outcome->row, outcome->instance) ? PVPCI_STATUS_OK :
								PVPCI_STATUS_FUNCTION;
}

/* Nobody wishes for room here, but a fault may say so. */
static uint32_t stop_plan(void *context, const struct pvpci_stop_plan *plan)
{
	(void)context;
	(void)plan;
	return PVPCI_STATUS_STALE;
}

static uint32_t restart(void *context, const struct pvpci_restart *restart)
{
	(void)context;
	(void)restart;
	return PVPCI_STATUS_STALE;
}

static uint32_t stop_complete(void *context, const struct pvpci_stop_complete *complete)
{
	(void)context;
	(void)complete;
	return PVPCI_STATUS_STALE;
}

const struct pvpci_host_ops honest_ops = {
	.d0_entry = d0_entry,
	.d0_exit = d0_exit,
	.relations = relations,
	.needs = needs,
	.assigned = assigned,
	.released = released,
	.commit = commit,
	.dma_probe = dma_probe,
	.memory = memory,
	.aperture_probe = aperture_probe,
	.eject_complete = eject_complete,
	.read_block = read_block,
	.write_block = read_block,
	.reset = change,
	.power = change,
	.outcome = outcome,
	.stop_plan = stop_plan,
	.restart = restart,
	.stop_complete = stop_complete,
};
