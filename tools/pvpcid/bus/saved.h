/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A snapshot of a bus: what the next pvpcid makes it from.
 *
 * A struct saved_bus, its struct dma_view, then for each function a struct saved_function with its
 * configuration behind it, padded to 8 bytes. What is not here is in the shared memory,
 * in a function's home, or can be found out again. Of STATE_VERSION.
 */
#ifndef PVPCID_SAVED_H
#define PVPCID_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/function.h"
#include "bus/rebalance.h"
#include "host.h"
#include "io/dma_told.h"
#include "layout.h"

struct bus;

/**
 * struct saved_bus - see struct bus and struct pvpci_host for what is not said here
 * @bytes: of this struct
 * @function_bytes: of struct saved_function
 * @id: of the configuration, as the next two
 * @rows: of the function table
 * @vectors: made for the guest
 * @nr_functions: that follow
 * @layout: of BAR2
 * @generation: of the header
 * @guest_state: last PVPCI_GUEST_* seen
 * @nr_vectors: enabled by the guest
 * @relations_seq: of the function table
 * @next_instance: for the next function
 * @next_eject: for the next eject
 * @window: as the guest announced them
 * @rebalance: without what the guest has told
 * @connected: a QEMU was there
 * @relations_pending: the guest must be told
 * @host_state: enum pvpci_host_state
 * @version: agreed
 * @in_force: features agreed
 * @from_guest: requests taken
 * @to_guest: messages sent
 * @nr_views: of its memory, as the guest has told; they follow first
 * @nr_kept: requests that wait
 * @kept: they
 */
struct saved_bus {
	uint32_t bytes;
	uint32_t function_bytes;
	uint64_t id;
	uint32_t rows;
	uint32_t vectors;
	uint32_t nr_functions;
	uint32_t generation;
	struct pvpci_layout layout;
	uint32_t guest_state;
	uint32_t nr_vectors;
	uint32_t relations_seq;
	uint32_t next_instance;
	uint64_t next_eject;
	struct pvpci_place_window window[2];
	struct rebalance rebalance;
	bool connected;
	bool relations_pending;
	uint32_t host_state;
	uint32_t version;
	uint64_t in_force;
	uint32_t from_guest;
	uint32_t to_guest;
	uint32_t nr_views;
	uint32_t nr_kept;
	uint8_t kept[PVPCI_HOST_KEPT][PVPCI_SLOT_BYTES];
};

/**
 * struct saved_function - see struct function for what is not said here
 * @row: row in the function table
 * @instance: of it
 * @home: number of its home
 * @conf_bytes: of its configuration, JSON with a zero at its end, which follows
 * @bar: BARs
 * @power: PVPCI_POWER_*
 * @leaving: it goes off the bus when it is idle
 * @in_reset: the guest holds the reset bit
 * @reset_due: a reset has to be done
 * @eject_sent: the guest has been told
 * @eject_device: the whole device is ejected
 * @eject_id: of the eject that is under way
 * @invalid_blocks: config blocks the guest has to hear of
 * @outcome: what the guest says became of it
 * @stats: accounts
 */
struct saved_function {
	uint32_t row;
	uint32_t instance;
	uint32_t home;
	uint32_t conf_bytes;
	struct bar bar[PVPCI_NUM_BARS];
	uint32_t power;
	bool leaving;
	bool in_reset;
	bool reset_due;
	bool eject_sent;
	bool eject_device;
	uint64_t eject_id;
	uint64_t invalid_blocks;
	struct function_outcome outcome;
	struct function_stats stats;
};

/** saved_align - what follows a configuration of @bytes begins there */
static inline uint64_t saved_align(uint64_t bytes)
{
	return (bytes + 7) & ~7ULL;
}

/** saved_views - they, behind the bus */
static inline struct dma_view *saved_views(const struct saved_bus *saved)
{
	return (struct dma_view *)((uint8_t *)saved + saved_align(sizeof(*saved)));
}

#define SAVED_VERSION_BYTES	64

/**
 * saved_version - the state that this build writes and can read, as one word
 * @text: filled, SAVED_VERSION_BYTES
 *
 * STATE_VERSION, and the sizes of all that lies in the state: two builds whose words are
 * the same can go on where the other was.
 * Return: @text
 */
const char *saved_version(char *text);

/**
 * bus_save - what is known now survives us; without a keeper nothing happens
 * @bus: the bus; its shared memory is there
 */
void bus_save(struct bus *bus);

/**
 * bus_store_memory - leave the shared memory and the eventfds to the keeper
 * @bus: the bus, just made; those of the generation before are given up after bus_save()
 */
void bus_store_memory(const struct bus *bus);

/** bus_find_memory - that of @generation from the keeper; -1 if it has none */
int bus_find_memory(uint32_t generation);

/** bus_drop_memory - those of @generation are not needed any more */
void bus_drop_memory(const struct bus *bus, uint32_t generation);

/**
 * bus_resume - go on where a pvpcid before us was
 * @bus: with @conf, @watch and @state
 *
 * Whatever keeps it from that is said in one sentence.
 * Return: whether the bus is there; if not, nothing is left of it, QEMU's connection
 * included.
 */
bool bus_resume(struct bus *bus);

#endif /* PVPCID_SAVED_H */
