/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A port made of plain memory that behaves as QEMU's, and a consumer for it.
 */
#ifndef _PCIEHP_PV_TESTS_PORT_H
#define _PCIEHP_PV_TESTS_PORT_H

#include "../state.h"

/* A QEMU root port, the kernel's view of what is behind it, and a consumer. */
struct port {
	struct hpv_params params;
	struct hpv_machine machine;
	u64 now_ms;
	/* the host's side */
	unsigned int device;		/* which device is in the slot; 0 none */
	unsigned int devices;		/* how many there have been */
	bool link;			/* of the device */
	bool ready;			/* it answers config requests */
	bool asked;			/* its removal was asked for */
	u32 lost;			/* deleted although nobody asked */
	u32 deleted;
	/* registers */
	bool power;
	u32 indicator;			/* HPV_IND_* */
	struct hpv_queue queue;
	/* the kernel's side */
	unsigned int known;		/* device whose functions exist; 0 none */
	u32 saved_ms, unexpected;
	u32 failed, aborted;		/* adds */
	bool attention;
	/* what the host does just before a register write or an enumeration */
	void (*intrude)(struct port *port);
	u32 seed;
};

static inline void latch(struct port *port, u16 status)
{
	hpv_queue_push(&port->queue, status);
}

static inline void plug(struct port *port)
{
	if (port->device)
		return;
	port->device = ++port->devices;
	port->link = true;
	port->ready = true;
	port->asked = false;
	latch(port, HPV_STA_ABP | HPV_STA_PDC);
}

static inline void vanish(struct port *port)
{
	port->device = 0;
	port->link = false;
	latch(port, HPV_STA_PDC);
}

static inline void delete(struct port *port)
{
	port->deleted++;
	if (!port->asked)
		port->lost++;
	vanish(port);
}

/* device_del: false when QEMU refuses. */
static inline bool unplug_request(struct port *port)
{
	if (!port->device || port->asked || port->indicator == HPV_IND_BLINK)
		return false;
	port->asked = true;
	if (!port->power && port->indicator == HPV_IND_OFF)
		delete(port);
	else
		latch(port, HPV_STA_ABP);
	return true;
}

static inline void write_control(struct port *port, u32 actions)
{
	bool was_off = !port->power && port->indicator == HPV_IND_OFF;

	if (port->params.power_ctrl && actions & (HPV_POWER_ON | HPV_POWER_OFF))
		port->power = actions & HPV_POWER_ON;
	if (actions & (HPV_IND_ON | HPV_IND_BLINK | HPV_IND_OFF))
		port->indicator = actions & (HPV_IND_ON | HPV_IND_BLINK | HPV_IND_OFF);
	if (actions & (HPV_ATTN_ON | HPV_ATTN_OFF))
		port->attention = actions & HPV_ATTN_ON;
	/* Nobody takes a physical device out for that. */
	if (port->device && port->params.virtual_slot && !was_off && !port->power &&
	    port->indicator == HPV_IND_OFF)
		delete(port);
}

static inline enum hpv_event perform(struct port *port, u32 actions)
{
	if (actions & HPV_CONTROLS) {
		if (port->intrude)
			port->intrude(port);
		write_control(port, actions);
	}
	if (actions & HPV_ASK_OCCUPIED)
		return hpv_level(port->device, port->link);
	if (actions & HPV_ASK_READY)
		return port->device && port->power && port->ready ? HPV_EV_READY :
								    HPV_EV_NOT_READY;
	if (actions & HPV_ASK_ADD) {
		if (port->intrude)
			port->intrude(port);
		if (!port->device)
			return HPV_EV_GONE;
		if (!port->power)
			return HPV_EV_ADD_FAILED;
		port->known = port->device;
		return HPV_EV_ADDED;
	}
	if (actions & HPV_ASK_SAME)
		return port->known == port->device ? HPV_EV_SAME : HPV_EV_REPLACED;
	if (actions & (HPV_ASK_REMOVE | HPV_ASK_REMOVE_GONE)) {
		port->known = 0;
		return HPV_EV_REMOVED;
	}
	return HPV_EVENTS;
}

static inline void happen(struct port *port, enum hpv_event event)
{
	while (event != HPV_EVENTS) {
		struct hpv_step s = hpv_step(port->machine, event, &port->params,
					     port->now_ms);

		port->machine = s.next;
		port->saved_ms += s.saved_ms;
		port->unexpected += s.note == HPV_NOTE_UNEXPECTED;
		port->failed += s.note == HPV_NOTE_FAILED;
		port->aborted += s.note == HPV_NOTE_ABORTED;
		event = perform(port, s.actions);
	}
}

/* The consumer's turn. */
static inline void drain(struct port *port)
{
	enum hpv_event events[HPV_DECODE_MAX];
	u16 status;
	int i, n;

	while ((status = hpv_queue_pop(&port->queue))) {
		n = hpv_decode(status, hpv_level(port->device, port->link), events);
		for (i = 0; i < n; i++)
			happen(port, events[i]);
	}
	if (port->machine.wake_ms && port->now_ms >= port->machine.wake_ms)
		happen(port, HPV_EV_TIMER);
}

static inline void pass(struct port *port, u64 ms)
{
	u64 end = port->now_ms + ms;

	drain(port);
	while (port->machine.wake_ms && port->machine.wake_ms <= end) {
		port->now_ms = port->machine.wake_ms;
		drain(port);
	}
	port->now_ms = end;
}

static inline void take_over(struct port *port)
{
	struct hpv_step s = hpv_start(&port->params, port->known, port->device,
				      port->power);

	port->queue.tail = port->queue.head;
	port->machine = s.next;
	write_control(port, s.actions);
	if (s.actions & HPV_ASK_OCCUPIED)
		happen(port, hpv_level(port->device, port->link));
}

static inline void hand_back(struct port *port)
{
	/* As hpv_slot_stop(): what is about to be ejected must still be there. */
	if (port->machine.state == HPV_DISCHARGE)
		drain(port);
	happen(port, HPV_EV_DETACH);
}

/* As QEMU resets an empty port. */
static inline struct port new_port(u32 slot_ms, u32 power_ms, u32 link_ms)
{
	struct port port = {
		.params = { slot_ms, power_ms, link_ms, true, true },
		.indicator = HPV_IND_OFF,
		.now_ms = 1000,
		.seed = 1,
	};

	take_over(&port);
	return port;
}

static inline struct port port_with_device(u32 slot_ms, u32 power_ms, u32 link_ms)
{
	struct port port = new_port(slot_ms, power_ms, link_ms);

	plug(&port);
	pass(&port, 2000);
	return port;
}

#endif /* _PCIEHP_PV_TESTS_PORT_H */
