/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated guest on a real bus, in one thread: it asks, bus_poll() answers.
 */
#ifndef UNIT_SIM_H
#define UNIT_SIM_H

#include "bus/bus.h"

/**
 * struct sim - one guest
 * @conf: of its bus
 * @bus: the bus
 * @to_host: producer end
 * @from_host: consumer end
 * @next_id: of the next request
 * @version: that it asks for; 1.0 unless a test sets another
 */
struct sim {
	struct conf conf;
	struct bus bus;
	struct pvpci_ring_end to_host;
	struct pvpci_ring_end from_host;
	uint32_t next_id;
	uint32_t version;
};

/** sim_open - a bus with @functions (JSON array text) and a guest connected to it; 0 or -1 */
int sim_open(struct sim *sim, const char *functions, const char *extra);
/** sim_close - the reverse */
void sim_close(struct sim *sim);
/** sim_attach_rings - as a guest does that starts on a fresh bus */
void sim_attach_rings(struct sim *sim);
/**
 * sim_ask - send a request, let the bus run, take the reply
 * @sim: filled
 * @type: PVPCI_MSG_*
 * @bytes: length
 * @msg: at least PVPCI_SLOT_BYTES; becomes the reply
 * Return: status of the reply, or -1 when there is none.
 */
int sim_ask(struct sim *sim, void *msg, uint16_t type, uint16_t bytes);
/** sim_up - version and D0 entry; the status */
int sim_up(struct sim *sim);
/** sim_commit - memory-enable of @row with BAR 0 at @offset, the others unassigned */
int sim_commit(struct sim *sim, uint32_t row, uint16_t command, uint64_t offset);
/** sim_assign - BAR 0 of @row at @offset; the status */
int sim_assign(struct sim *sim, uint32_t row, uint64_t offset);
/** sim_config - guest's page of configuration space */
uint8_t *sim_config(struct sim *sim, uint32_t row);
/** sim_header - header page */
struct pvpci_header *sim_header(struct sim *sim);
/** sim_rang - times transport vector @vector was rung since the last call */
uint64_t sim_rang(struct sim *sim, unsigned int vector);

#endif /* UNIT_SIM_H */
