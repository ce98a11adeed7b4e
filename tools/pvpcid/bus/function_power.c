// SPDX-License-Identifier: GPL-2.0
/*
 * Reset and power states of one function.
 */
#include "base/clock.h"
#include "bus/bus.h"
#include "bus/function.h"

uint32_t bus_reset_function(void *context, struct pvpci_change *change)
{
	struct function *fn = bus_function(context, change->row, change->instance);
	uint64_t start;

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	start = function_quiesce(fn, false);
	if (!start)
		return PVPCI_HOST_LATER;
	function_edge(fn, NULL, PVPCI_REASON_RESET, start);
	function_reset(fn);
	fn->stats.resets++;
	change->host_ns = clock_ns() - start;
	log_some(&fn->chatter, LOG_LEVEL_INFO,
		 "%s: %s reset", fn->name,
		 change->value == PVPCI_RESET_SLOT ? "slot" : "function level");
	return PVPCI_STATUS_OK;
}

uint32_t bus_set_power(void *context, struct pvpci_change *change)
{
	struct function *fn = bus_function(context, change->row, change->instance);
	uint64_t start = clock_ns();

	if (!fn)
		return PVPCI_STATUS_FUNCTION;
	if (change->value != fn->power) {
		start = function_quiesce(fn, false);
		if (!start)
			return PVPCI_HOST_LATER;
		function_edge(fn, NULL, PVPCI_REASON_POWER, start);
		if (change->value == PVPCI_POWER_D0 && fn->want.soft_reset)
			function_reset(fn);
		fn->power = change->value;
		fn->stats.power_changes++;
		log_debug("%s: is in %s", fn->name, fn->power ? "D3hot" : "D0");
	}
	change->host_ns = clock_ns() - start;
	return PVPCI_STATUS_OK;
}
