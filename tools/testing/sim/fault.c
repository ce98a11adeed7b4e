// SPDX-License-Identifier: GPL-2.0
/*
 * Faults as data: looked up, listed, applied.
 */
#include <stdio.h>
#include <string.h>

#include "liar.h"

static const struct fault honest = { .name = "none", .outcome = WORKS };

static const struct fault_table none = { .kind = "no fault", .fault = &honest, .count = 1 };

static const struct fault_table *const tables[] = {
	&none, &header_faults, &row_faults, &config_faults, &message_faults, &step_faults,
	&event_faults,
};

static const char * const outcome_names[] = {
	[WORKS] = "works",
	[LEAVES] = "leaves",
	[REFUSED] = "refused",
	[BROKEN] = "broken",
	[DEGRADED] = "degraded",
	[ANY] = "any",
};

_Static_assert(sizeof(outcome_names) / sizeof(outcome_names[0]) == OUTCOMES,
	       "a name for each outcome");

static const char * const step_names[] = {
	[STEP_NONE] = "-",
	[STEP_VERSION] = "VERSION",
	[STEP_D0_ENTRY] = "D0_ENTRY",
	[STEP_MEMORY] = "MEMORY",
	[STEP_DMA_PROBE] = "DMA_PROBE",
	[STEP_APERTURE_PROBE] = "APERTURE_PROBE",
	[STEP_QUERY_RELATIONS] = "QUERY_RELATIONS",
	[STEP_QUERY_RESOURCES] = "QUERY_RESOURCES",
	[STEP_ASSIGNED] = "RESOURCES_ASSIGNED",
	[STEP_ATTACH] = "COMMIT-attach",
	[STEP_DETACH] = "COMMIT-detach",
	[STEP_EJECT_COMPLETE] = "EJECT_COMPLETE",
	[STEP_PING] = "PING",
	[STEP_RELEASED] = "RESOURCES_RELEASED",
	[STEP_D0_EXIT] = "D0_EXIT",
	[STEP_BOUND] = "bound",
};

_Static_assert(sizeof(step_names) / sizeof(step_names[0]) == STEPS, "a name for each step");

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

const char *step_name(enum step step)
{
	return step_names[step];
}

int fault_each(int (*call)(const struct fault *fault, void *context), void *context)
{
	size_t t, i;
	int ret;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (i = 0; i < tables[t]->count; i++) {
			ret = call(&tables[t]->fault[i], context);
			if (ret)
				return ret;
		}
	return 0;
}

bool fault_needs_bus(const struct fault *fault)
{
	return fault->bar2_bytes || fault->act == ACT_KILLED;
}

const struct fault *fault_find(const char *name)
{
	size_t t, i;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (i = 0; i < tables[t]->count; i++)
			if (!strcmp(tables[t]->fault[i].name, name))
				return &tables[t]->fault[i];
	return NULL;
}

static int print(const struct fault *fault, void *context)
{
	(void)context;
	printf("%s\t%s\t%s\t%s\t%s\n", fault->name, outcome_name(fault->outcome),
	       step_name(fault->step), fault->prompt ? "prompt" : "-",
	       fault->expect ? fault->expect : "");
	return 0;
}

void fault_list(void)
{
	fault_each(print, NULL);
}

static void put(uint8_t *at, uint64_t value, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static void apply(const struct patch *patch, uint8_t *base)
{
	uint8_t *at = base + patch->span.offset;
	uint32_t bytes = patch->span.bytes;
	unsigned int i;

	switch (patch->op) {
	case OP_SET:
		put(at, patch->value, bytes);
		break;
	case OP_ADD:
		put(at, get(at, bytes) + patch->value, bytes);
		break;
	case OP_FILL:
		memset(at, (int)patch->value, bytes);
		break;
	case OP_RANDOM:
		for (i = 0; i < bytes; i++)
			at[i] = (uint8_t)wire_random();
		break;
	}
}

static uint8_t *base_of(struct liar *liar, const struct patch *patch)
{
	switch (patch->at) {
	case AT_HEADER:
		return liar->bus.memory.base;
	case AT_ROW:
		return (uint8_t *)bus_area(&liar->bus, PVPCI_AREA_FUNCTIONS) +
		       patch->row * sizeof(struct pvpci_function);
	case AT_CONFIG:
		return (uint8_t *)bus_area(&liar->bus, PVPCI_AREA_CONFIG) +
		       (size_t)patch->row * PVPCI_PAGE_BYTES;
	case AT_MASK:
		return (uint8_t *)bus_area(&liar->bus, PVPCI_AREA_CONFIG_MASK) +
		       (size_t)patch->row * PVPCI_PAGE_BYTES;
	case AT_RING_TO_HOST:
		return bus_area(&liar->bus, PVPCI_AREA_RING_TO_HOST);
	case AT_RING_TO_GUEST:
		return bus_area(&liar->bus, PVPCI_AREA_RING_TO_GUEST);
	case AT_PENDING:
		return bus_area(&liar->bus, PVPCI_AREA_VECTOR_PENDING);
	default:
		return NULL;
	}
}

void fault_patch(struct liar *liar, bool after)
{
	const struct patch *patch;
	unsigned int i;
	bool of_reply;

	for (i = 0; i < FAULT_PATCHES; i++) {
		patch = &liar->fault->patch[i];
		if (patch->at == AT_NOTHING)
			break;
		of_reply = patch->at == AT_RING_TO_GUEST;
		if (patch->at == AT_REPLY || of_reply != after)
			continue;
		apply(patch, base_of(liar, patch));
		/* The next message would set the index right before the guest looks. */
		liar->silent |= of_reply;
		if (liar->fault->step == STEP_NONE)
			wire_struck(liar);
	}
	/* An honest host that is lied to by its own table would find fault with the guest. */
	memcpy(liar->row, bus_area(&liar->bus, PVPCI_AREA_FUNCTIONS), sizeof(liar->row));
}

void fault_patch_reply(struct liar *liar, void *slot)
{
	unsigned int i;

	for (i = 0; i < FAULT_PATCHES; i++)
		if (liar->fault->patch[i].at == AT_REPLY)
			apply(&liar->fault->patch[i], slot);
}
