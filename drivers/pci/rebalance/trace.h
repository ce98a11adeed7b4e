/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pci_rebalance

#if !defined(PCI_REBALANCE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PCI_REBALANCE_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

#define DEVICE_NAME_BYTES	20

TRACE_EVENT(rebalance_plan,
	TP_PROTO(struct pci_bus *root, int error, u64 cost, u16 steps, u16 functions,
		 u16 down_at_once, u64 us),
	TP_ARGS(root, error, cost, steps, functions, down_at_once, us),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(int, bus)
		__field(int, error)
		__field(u64, cost)
		__field(u16, steps)
		__field(u16, functions)
		__field(u16, down_at_once)
		__field(u64, us)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(root);
		__entry->bus = root->number;
		__entry->error = error;
		__entry->cost = cost;
		__entry->steps = steps;
		__entry->functions = functions;
		__entry->down_at_once = down_at_once;
		__entry->us = us;
	),
	TP_printk("%04x:%02x error=%d cost=%llu steps=%u functions=%u down_at_once=%u us=%llu",
		  __entry->domain, __entry->bus, __entry->error, __entry->cost, __entry->steps,
		  __entry->functions, __entry->down_at_once, __entry->us)
);

TRACE_EVENT(rebalance_owner,
	TP_PROTO(struct pci_dev *dev, const char *what, int error),
	TP_ARGS(dev, what, error),
	TP_STRUCT__entry(
		__array(char, name, DEVICE_NAME_BYTES)
		__array(char, what, 8)
		__field(int, error)
	),
	TP_fast_assign(
		strscpy(__entry->name, pci_name(dev), DEVICE_NAME_BYTES);
		strscpy(__entry->what, what, sizeof(__entry->what));
		__entry->error = error;
	),
	TP_printk("%s %s error=%d", __entry->name, __entry->what, __entry->error)
);

TRACE_EVENT(rebalance_move,
	TP_PROTO(struct pci_dev *dev, int resno, u64 from, u64 to, u64 bytes),
	TP_ARGS(dev, resno, from, to, bytes),
	TP_STRUCT__entry(
		__array(char, name, DEVICE_NAME_BYTES)
		__field(int, resno)
		__field(u64, from)
		__field(u64, to)
		__field(u64, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->name, pci_name(dev), DEVICE_NAME_BYTES);
		__entry->resno = resno;
		__entry->from = from;
		__entry->to = to;
		__entry->bytes = bytes;
	),
	TP_printk("%s resource=%d from=%#llx to=%#llx bytes=%#llx", __entry->name, __entry->resno,
		  __entry->from, __entry->to, __entry->bytes)
);

TRACE_EVENT(rebalance_result,
	TP_PROTO(struct pci_bus *root, int error, u64 us),
	TP_ARGS(root, error, us),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(int, bus)
		__field(int, error)
		__field(u64, us)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(root);
		__entry->bus = root->number;
		__entry->error = error;
		__entry->us = us;
	),
	TP_printk("%04x:%02x error=%d us=%llu", __entry->domain, __entry->bus, __entry->error,
		  __entry->us)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
