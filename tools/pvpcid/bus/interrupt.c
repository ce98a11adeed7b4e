// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a function: MSI-X, MSI, pending bits.
 *
 * Everything that decides where an interrupt goes is written by the guest and
 * lies in shared memory: each word is read once and checked.
 */
#include <string.h>

#include "bus/bus.h"
#include "bus/function.h"
#include "shm.h"

/**
 * enum raise - what became of a vector
 * @RAISE_DONE: the guest was interrupted, or its message was nonsense
 * @RAISE_MASKED: not now
 * @RAISE_OFF: interrupts are off: it is lost, as on real hardware
 */
enum raise {
	RAISE_DONE,
	RAISE_MASKED,
	RAISE_OFF
};

/* Send a message: what a write of @data to @address does on a real bus. */
static void send_message(struct function *fn, uint64_t address, uint32_t data)
{
	struct bus *bus = fn->bus;
	uint32_t map, vector;

	if (address != PVPCI_MSI_ADDRESS || data >= bus->layout.want.tokens)
		goto lost;
	map = shm_load32((__le32 *)bus_area(bus, PVPCI_AREA_VECTOR_MAP) + data);
	vector = map & PVPCI_VECTOR_MASK;
	if (!(map & PVPCI_VECTOR_VALID) || vector >= bus->nr_vectors)
		goto lost;
	if (!vector && !(bus->host.in_force & PVPCI_F_RING_VECTOR))
		goto lost;
	if (map & PVPCI_VECTOR_SHARED) {
		uint64_t *pending = bus_area(bus, PVPCI_AREA_VECTOR_PENDING);

		__atomic_fetch_or(&pending[data / 64], htole64(1ULL << (data % 64)),
				  __ATOMIC_SEQ_CST);
	}
	vectors_ring(&bus->vectors, vector);
	fn->stats.interrupts++;
	return;
lost:
	fn->stats.lost++;
	log_some(&fn->complaints, LOG_LEVEL_WARNING,
		 "%s: an interrupt is lost, address %#llx and data %#x go nowhere",
		 fn->name, (unsigned long long)address, data);
}

static enum raise raise_msix(struct function *fn, unsigned int vector, uint16_t control)
{
	uint32_t low, high, data, entry_control;
	__le32 *entry;

	entry = function_bar(fn, fn->want.msix_bar, fn->want.msix_table + vector * 16, 16);
	if (!entry)
		return RAISE_OFF;
	if (control & CFGSPACE_MSIX_MASKALL)
		return RAISE_MASKED;
	entry_control = shm_load32(&entry[3]);
	if (entry_control & 1)
		return RAISE_MASKED;
	low = shm_load32(&entry[0]);
	high = shm_load32(&entry[1]);
	data = shm_load32(&entry[2]);
	send_message(fn, (uint64_t)high << 32 | low, data);
	return RAISE_DONE;
}

static enum raise raise_msi(struct function *fn, unsigned int vector, uint16_t control)
{
	unsigned int enabled = 1U << ((control >> 4) & 7);
	uint64_t address;

	/* The guest may have given fewer than asked for: they are shared then. */
	vector &= enabled - 1;
	if (function_config32(fn, CFGSPACE_MSI_MASK) & 1U << vector)
		return RAISE_MASKED;
	address = function_config32(fn, CFGSPACE_MSI_ADDRESS) |
		  (uint64_t)function_config32(fn, CFGSPACE_MSI_ADDRESS + 4) << 32;
	send_message(fn, address, function_config16(fn, CFGSPACE_MSI_DATA) + vector);
	return RAISE_DONE;
}

static enum raise raise_vector(struct function *fn, unsigned int vector)
{
	uint16_t control;

	if (fn->bus->host.state != PVPCI_HOST_D0 ||
	    !(function_config16(fn, CFGSPACE_COMMAND) & CFGSPACE_COMMAND_MASTER))
		return RAISE_OFF;
	if (fn->want.msix) {
		control = function_config16(fn, CFGSPACE_MSIX_CONTROL);
		if (control & CFGSPACE_MSIX_ENABLE)
			return vector < fn->want.msix ? raise_msix(fn, vector, control) :
							RAISE_OFF;
	}
	if (fn->want.msi) {
		control = function_config16(fn, CFGSPACE_MSI_CONTROL);
		if (control & CFGSPACE_MSI_ENABLE)
			return vector < fn->want.msi ? raise_msi(fn, vector, control) : RAISE_OFF;
	}
	return RAISE_OFF;
}

/* Show the guest what is pending: MSI-X in the BAR, MSI in configuration space. */
static void publish_pending(struct function *fn, unsigned int vector)
{
	uint64_t word = htole64(fn->pending[vector / 64]);
	uint8_t *config;
	void *pba;

	pba = function_bar(fn, fn->want.msix_bar, fn->want.msix_pba + vector / 64 * 8, 8);
	if (fn->want.msix && pba)
		memcpy(pba, &word, sizeof(word));
	if (!fn->want.msi)
		return;
	config = (uint8_t *)bus_area(fn->bus, PVPCI_AREA_CONFIG) +
		 (size_t)fn->row * PVPCI_PAGE_BYTES;
	shm_store32((__le32 *)(config + CFGSPACE_MSI_PENDING), (uint32_t)fn->pending[0]);
}

bool function_interrupt(struct function *fn, unsigned int vector)
{
	uint64_t bit = 1ULL << (vector % 64);
	enum raise raised;

	if (vector >= FUNCTION_MAX_VECTORS)
		return false;
	raised = raise_vector(fn, vector);
	if (raised != RAISE_MASKED || fn->pending[vector / 64] & bit)
		return raised != RAISE_OFF;
	fn->stats.masked++;
	fn->pending[vector / 64] |= bit;
	fn->any_pending = true;
	publish_pending(fn, vector);
	return true;
}

bool function_check_pending(struct function *fn)
{
	unsigned int words = (function_vectors(fn) + 63) / 64;
	bool found = false;
	bool left = false;
	unsigned int i;

	for (i = 0; i < words; i++) {
		uint64_t word = fn->pending[i];

		while (word) {
			unsigned int vector = i * 64 + (unsigned int)__builtin_ctzll(word);

			word &= word - 1;
			if (raise_vector(fn, vector) == RAISE_MASKED) {
				left = true;
				continue;
			}
			fn->pending[i] &= ~(1ULL << (vector % 64));
			publish_pending(fn, vector);
			found = true;
		}
	}
	fn->any_pending = left;
	return found;
}
