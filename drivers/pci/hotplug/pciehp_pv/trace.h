/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pciehp_pv

#if !defined(_PCIEHP_PV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PCIEHP_PV_TRACE_H

#include <linux/tracepoint.h>

#include "pciehp_pv.h"

#define HPV_NAME_SIZE	32

#define hpv_show_status(bits)						\
	__print_flags(bits, "|",					\
		      { HPV_STA_ABP, "button" },			\
		      { HPV_STA_PFD, "fault" },				\
		      { HPV_STA_PDC, "presence" },			\
		      { HPV_STA_DLLSC, "link" })

#define hpv_show_actions(bits)						\
	__print_flags(bits, "|",					\
		      { HPV_POWER_ON, "power-on" },			\
		      { HPV_POWER_OFF, "power-off" },			\
		      { HPV_IND_ON, "indicator-on" },			\
		      { HPV_IND_BLINK, "indicator-blink" },		\
		      { HPV_IND_OFF, "indicator-off" },			\
		      { HPV_ATTN_ON, "attention-on" },			\
		      { HPV_ATTN_OFF, "attention-off" },		\
		      { HPV_ASK_OCCUPIED, "look" },			\
		      { HPV_ASK_READY, "ask-ready" },			\
		      { HPV_ASK_ADD, "add" },				\
		      { HPV_ASK_SAME, "compare" },			\
		      { HPV_ASK_REMOVE, "remove" },			\
		      { HPV_ASK_REMOVE_GONE, "remove-vanished" })

/* The port latched something; in interrupt context. */
TRACE_EVENT(pciehp_pv_status,
	TP_PROTO(struct hpv_slot *slot, u16 status),
	TP_ARGS(slot, status),
	TP_STRUCT__entry(
		__array(char, port, HPV_NAME_SIZE)
		__array(char, slot, HPV_NAME_SIZE)
		__field(u16, status)
	),
	TP_fast_assign(
		strscpy(__entry->port, pci_name(slot->port), HPV_NAME_SIZE);
		strscpy(__entry->slot, hpv_name(slot), HPV_NAME_SIZE);
		__entry->status = status;
	),
	TP_printk("%s slot %s %s", __entry->port, __entry->slot, hpv_show_status(__entry->status))
);

/* One step of the state machine. */
TRACE_EVENT(pciehp_pv_step,
	TP_PROTO(struct hpv_slot *slot, enum hpv_state from, enum hpv_event event,
		 const struct hpv_step *step),
	TP_ARGS(slot, from, event, step),
	TP_STRUCT__entry(
		__array(char, port, HPV_NAME_SIZE)
		__array(char, slot, HPV_NAME_SIZE)
		__field(unsigned int, from)
		__field(unsigned int, event)
		__field(unsigned int, to)
		__field(u32, actions)
		__field(u32, saved_ms)
	),
	TP_fast_assign(
		strscpy(__entry->port, pci_name(slot->port), HPV_NAME_SIZE);
		strscpy(__entry->slot, hpv_name(slot), HPV_NAME_SIZE);
		__entry->from = from;
		__entry->event = event;
		__entry->to = step->next.state;
		__entry->actions = step->actions;
		__entry->saved_ms = step->saved_ms;
	),
	TP_printk("%s slot %s %s: %s -> %s do %s saved_ms=%u", __entry->port, __entry->slot,
		  hpv_event_name(__entry->event), hpv_state_name(__entry->from),
		  hpv_state_name(__entry->to), hpv_show_actions(__entry->actions),
		  __entry->saved_ms)
);

/* An add or a removal is over. */
TRACE_EVENT(pciehp_pv_done,
	TP_PROTO(struct hpv_slot *slot, bool added, u64 us),
	TP_ARGS(slot, added, us),
	TP_STRUCT__entry(
		__array(char, port, HPV_NAME_SIZE)
		__array(char, slot, HPV_NAME_SIZE)
		__field(bool, added)
		__field(u64, us)
	),
	TP_fast_assign(
		strscpy(__entry->port, pci_name(slot->port), HPV_NAME_SIZE);
		strscpy(__entry->slot, hpv_name(slot), HPV_NAME_SIZE);
		__entry->added = added;
		__entry->us = us;
	),
	TP_printk("%s slot %s %s after %llu us", __entry->port, __entry->slot,
		  __entry->added ? "added" : "removed", __entry->us)
);

#endif /* _PCIEHP_PV_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
