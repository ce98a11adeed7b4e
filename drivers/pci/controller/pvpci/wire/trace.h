/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: every message, decoded, and every edge of memory-enable.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pvpci

#if !defined(_PVPCI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PVPCI_TRACE_H

#include <linux/pci.h>
#include <linux/pvpci.h>
#include <linux/trace_seq.h>
#include <linux/tracepoint.h>

#define PVPCI_TRACE_BYTES	sizeof(struct pvpci_msg_commit)

const char *pvpci_trace_decode(struct trace_seq *p, const u8 *bytes, bool to_host);

TRACE_EVENT(pvpci_message,
	TP_PROTO(int domain, bool to_host, const struct pvpci_msg *msg),
	TP_ARGS(domain, to_host, msg),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(bool, to_host)
		__array(u8, bytes, PVPCI_TRACE_BYTES)
	),
	TP_fast_assign(
		size_t bytes = min_t(size_t, le16_to_cpu(msg->bytes), PVPCI_TRACE_BYTES);

		__entry->domain = domain;
		__entry->to_host = to_host;
		memset(__entry->bytes, 0, PVPCI_TRACE_BYTES);
		memcpy(__entry->bytes, msg, bytes);
	),
	TP_printk("%04x %s %s", __entry->domain, __entry->to_host ? "to host" : "from host",
		  pvpci_trace_decode(p, __entry->bytes, __entry->to_host))
);

TRACE_EVENT(pvpci_edge,
	TP_PROTO(int domain, u16 devfn, u16 command, unsigned int reason, u64 ns, u64 host_ns,
		 int result),
	TP_ARGS(domain, devfn, command, reason, ns, host_ns, result),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u16, devfn)
		__field(u16, command)
		__field(unsigned int, reason)
		__field(u64, ns)
		__field(u64, host_ns)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->devfn = devfn;
		__entry->command = command;
		__entry->reason = reason;
		__entry->ns = ns;
		__entry->host_ns = host_ns;
		__entry->result = result;
	),
	TP_printk("%04x:00:%02x.%x memory-enable %s reason=%s ns=%llu host_ns=%llu result=%d",
		  __entry->domain, PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  __entry->command & PCI_COMMAND_MEMORY ? "on" : "off",
		  __print_symbolic(__entry->reason, { PVPCI_REASON_ENABLE, "enable" },
				   { PVPCI_REASON_REMOVE, "remove" },
				   { PVPCI_REASON_RESET, "reset" },
				   { PVPCI_REASON_POWER, "power" },
				   { PVPCI_REASON_MOVE, "move" },
				   { PVPCI_REASON_SIZING, "sizing" },
				   { PVPCI_REASON_USER, "user" }),
		  __entry->ns, __entry->host_ns, __entry->result)
);

#endif /* _PVPCI_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH wire
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
